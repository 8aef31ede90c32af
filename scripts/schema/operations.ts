import { GraphQLError, parse, validate, type GraphQLSchema } from 'graphql';

/** What is wrong with the hand-written operations, one line per fault: `file:line: sentence`. */
export function operationFaults(api: GraphQLSchema, operations: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  for (const [path, text] of operations) {
    try {
      for (const error of validate(api, parse(text))) faults.push(worded(path, error));
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      faults.push(worded(path, error));
    }
  }
  return faults;
}

function worded(path: string, error: GraphQLError): string {
  return `${path}:${error.locations?.[0]?.line ?? 1}: ${error.message}`;
}
