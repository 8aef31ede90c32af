import { PublicError } from '@hubgraph/kit/errors';

/** The error for a hub that gave no usable answer. `reason` is for the log; clients get the hub's name only. */
export function unavailable(hub: string, reason: string, cause?: unknown): PublicError {
  return new PublicError('HUB_UNAVAILABLE', `The hub ${hub} cannot answer now.`, { hub }, { cause: new Error(reason, { cause }) });
}

/** The error for an answer that nobody waits for any longer. */
export function outOfTime(cause?: unknown): PublicError {
  return new PublicError('TIMEOUT', 'The request took too long or was given up.', {}, { cause });
}
