import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { topLevelCodes, type TopLevelCode } from './errors.ts';
import { newId } from './ids.ts';

/** Where a masked error is told in full. */
export interface MaskOptions {
  readonly log: Logger;
  readonly requestId?: string;
}

/** More errors than this in one answer help nobody and cost the client memory. */
const MOST_ERRORS = 100;
/** In characters: graphql-js puts the offending value into its messages, whatever its size. */
const LONGEST_MESSAGE = 500;
const MASKED = 'Something went wrong on our side; extensions.id finds it in the log.';

/** Keys of `extensions` that tell about the inside. */
const INSIDE = new Set(['stacktrace', 'exception', 'serviceName', 'http', 'originalError']);

/**
 * Errors as a client may see them: a code of `topLevelCodes` with its facts passes, a wrong value of a variable or
 * argument becomes `BAD_USER_INPUT`, everything else becomes `INTERNAL` with an id and is logged under that id.
 */
export function maskErrors(errors: readonly GraphQLError[], options: MaskOptions): GraphQLError[] {
  const shown: GraphQLError[] = [];
  let id: string | undefined;
  for (const error of errors.slice(0, MOST_ERRORS)) {
    const code = codeOf(error);
    if (code !== 'INTERNAL') {
      shown.push(shownError(error, code));
      continue;
    }
    const masked = error.extensions?.code === 'INTERNAL' && typeof error.extensions.id === 'string' ? error.extensions.id : undefined;
    if (!masked) {
      id ??= newId();
      options.log.error({ id, requestId: options.requestId, path: error.path, err: rootCause(error) }, 'masked error');
    }
    shown.push(new GraphQLError(MASKED, { path: error.path, extensions: { code: 'INTERNAL', id: masked ?? id } }));
  }
  return shown;
}

/** The same for a whole result; one without errors is returned as it is. */
export function maskResult(result: ExecutionResult, options: MaskOptions): ExecutionResult {
  if (!result.errors || result.errors.length === 0) return result;
  return { ...result, errors: maskErrors(result.errors, options) };
}

function shownError(error: GraphQLError, code: TopLevelCode): GraphQLError {
  const extensions: Record<string, unknown> = { code };
  for (const [key, value] of Object.entries(error.extensions ?? {})) if (key !== 'code' && !INSIDE.has(key)) extensions[key] = value;
  const { message } = error;
  return new GraphQLError(message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions,
  });
}

function codeOf(error: GraphQLError): TopLevelCode {
  const code = error.extensions?.code;
  if (typeof code === 'string' && Object.hasOwn(topLevelCodes, code)) return code as TopLevelCode;
  // graphql-js gives no code to a value that a scalar or input type refuses; these beginnings are its only ones.
  if (/^(Variable "\$|Argument "|Too many errors processing variables)/.test(error.message)) return 'BAD_USER_INPUT';
  return 'INTERNAL';
}

/** The innermost error, which says what happened; wrappers only say where. */
export function rootCause(error: Error): unknown {
  let inner: unknown = error;
  for (let depth = 0; depth < 8; depth++) {
    const next: unknown = inner instanceof GraphQLError ? inner.originalError : undefined;
    if (next === undefined) break;
    inner = next;
  }
  return inner;
}
