import { getVariableValues } from 'graphql';
import { nesting, type Limits } from './limit.ts';
import type { Prepared } from './prepared.ts';
import { withoutValue } from './quoting.ts';
import { refuseAll, tooLarge } from './refused.ts';

const MOST_ERRORS = 20;

/** The variables of one request: as they were given, for the hubs, and coerced, for conditions and arguments. */
export interface Variables {
  readonly given: Readonly<Record<string, unknown>>;
  readonly coerced: Readonly<Record<string, unknown>>;
}

/**
 * Reads the variables that the operation declares; others are dropped.
 *
 * @throws Refused `BAD_USER_INPUT` for values of a wrong type, `OPERATION_TOO_LARGE` for values nested too deep.
 */
export function readVariables(prepared: Prepared, variables: Readonly<Record<string, unknown>> | null | undefined, limits: Limits): Variables {
  const definitions = prepared.operation.variableDefinitions ?? [];
  const given: Record<string, unknown> = Object.create(null);
  for (const { variable } of definitions) {
    const name = variable.name.value;
    if (variables && Object.hasOwn(variables, name)) given[name] = variables[name];
  }
  const depth = nesting(given, limits.variablesDepth);
  if (depth > limits.variablesDepth) throw tooLarge('variablesDepth', limits.variablesDepth, depth);
  const { coerced, errors } = getVariableValues(prepared.graph.schema, definitions, given, { maxErrors: MOST_ERRORS });
  if (errors) throw refuseAll('BAD_USER_INPUT', errors.map(withoutValue));
  return { given, coerced: coerced ?? {} };
}
