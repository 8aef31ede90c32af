import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';
import type { TopLevelCode } from '@hubgraph/kit/errors';

/** An operation that ends before it runs, with the errors that the client gets. */
export class Refused extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message);
    this.name = 'Refused';
    this.errors = errors;
  }

  /** Code of the first error, which decides the HTTP status. */
  get code(): TopLevelCode {
    return this.errors[0]?.extensions.code as TopLevelCode;
  }
}

/** A refusal with one error. */
export function refuse(code: TopLevelCode, message: string, facts: GraphQLErrorExtensions = {}): Refused {
  return new Refused([new GraphQLError(message, { extensions: { code, ...facts } })]);
}

/** A refusal with graphql-js' own errors under one code. */
export function refuseAll(code: TopLevelCode, errors: readonly GraphQLError[]): Refused {
  return new Refused(errors.map((error) => new GraphQLError(error.message, { nodes: error.nodes, source: error.source, positions: error.positions, extensions: { code } })));
}

/**
 * A refusal of an operation that is larger than a limit allows.
 *
 * @param what the thing counted, such as `depth`; `limit` and `value` are numbers in its unit
 */
export function tooLarge(what: string, limit: number, value: number, unit = ''): Refused {
  return refuse('OPERATION_TOO_LARGE', `The operation has ${what} ${value}${unit}; at most ${limit}${unit} are allowed.`, { what, limit, value });
}
