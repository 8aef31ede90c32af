import { maskErrors } from '@hubgraph/kit/mask';
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Logger } from 'pino';

/** The last step: only what clients may see of errors leaves the gateway. */
export function mask(result: ExecutionResult, log: Logger, requestId: string): ExecutionResult {
  if (!result.errors || result.errors.length === 0) return result;
  return { ...result, errors: maskErrors(result.errors.map(graphqlError), { log, requestId }) };
}

// The executor hands on whatever a fetch threw, GraphQLError or not.
function graphqlError(error: Error): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error });
}
