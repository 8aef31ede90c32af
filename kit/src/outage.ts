import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { rootCause } from './mask.ts';

/** What Prisma calls a database that is not there, closed the connection, or has none left for us; raw statements have the kind alone. */
const PRISMA = new Set(['P1001', 'P1002', 'P1017', 'P2024', 'P2037']);
const KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError', 'TooManyConnections']);
/** What node-postgres says, by no code, when the connection of a transaction broke between or during two statements. */
const BROKEN = /^(Client has encountered a connection error|Connection terminated)/;
/**
 * SQLSTATE: connection lost (08), out of disk, memory or connections (53), shut down or starting (57P0), failed over to a
 * server that only reads (25006), a disk that fails (58030).
 */
const SQLSTATE = /^(08|53|57P0|25006|58030)/;

/** Whether PostgreSQL could not do what was asked for a reason of its own, so that the same may succeed later. */
export function isOutage(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false;
  const { code, message, meta } = error as { code?: unknown; message?: unknown; meta?: { driverAdapterError?: { cause?: { kind?: unknown; originalCode?: unknown } } } };
  // no connection came free in time: the code alone also stands for transactions that took too long
  if (code === 'P2028') return typeof message === 'string' && message.includes('Unable to start a transaction');
  if (code === undefined && typeof message === 'string' && BROKEN.test(message)) return true;
  const { kind, originalCode: state = code } = meta?.driverAdapterError?.cause ?? {};
  return (typeof code === 'string' && PRISMA.has(code)) || (typeof kind === 'string' && KINDS.has(kind)) || (typeof state === 'string' && SQLSTATE.test(state));
}

/** Calls every error of an {@link isOutage} `HUB_UNAVAILABLE`, which tells the caller to try again and is nobody's mistake. */
export function markOutages(result: ExecutionResult, { hub, log, requestId }: { readonly hub: string; readonly log: Logger; readonly requestId?: string }): ExecutionResult {
  if (!result.errors?.some((error) => isOutage(rootCause(error)))) return result;
  let told = false;
  const errors = result.errors.map((error) => {
    const cause = rootCause(error);
    if (!isOutage(cause)) return error;
    if (!told) log.warn({ requestId, reason: (cause as Error).message.trim().split('\n').at(-1) }, 'the database could not answer');
    told = true;
    return new GraphQLError(`The hub ${hub} cannot answer now.`, { path: error.path, extensions: { code: 'HUB_UNAVAILABLE', hub } });
  });
  return { ...result, errors };
}
