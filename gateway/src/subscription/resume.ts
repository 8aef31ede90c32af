import { CursorAhead, CursorExpired, StreamReset } from '@hubgraph/kit/bus/outcomes';
import { signCursor, verifyCursor } from '@hubgraph/kit/cursor';
import { PublicError } from '@hubgraph/kit/errors';
import { createHash } from 'node:crypto';
import type { Position, Positions } from './source.ts';
import type { Topic } from './topics.ts';

/** What a subscription's cursors are bound to: the events it asks for and the class of who asks. */
export function bindingOf(topic: Topic, authorisation: string): string {
  return createHash('sha256').update(`${topic.asked}\n${authorisation}`).digest('base64url').slice(0, 22);
}

/** Writes and reads the cursors of one binding. */
export interface Cursors {
  /** Signed text for these positions; `partial` when a snapshot before them is not complete. */
  write(positions: Positions, partial?: boolean): string;
  /**
   * Where to begin after `text`: a position for each of the topic's hubs that the cursor has one of; the others begin
   * at their tails.
   *
   * @throws PublicError `CURSOR_INVALID`
   */
  read(text: string): { readonly positions: Positions; readonly partial: boolean };
}

/** The first key signs, all verify. */
export function cursorsOf(keys: readonly string[], topic: Topic, binding: string): Cursors {
  const [key] = keys;
  if (key === undefined) throw new Error('there is no key to sign cursors with');
  return {
    write: (positions, partial = false) => signCursor(key, { p: positions, b: binding, ...(partial && { s: true }) }),
    read(text) {
      const { p, b, s } = verifyCursor(keys, text);
      if (b !== undefined && b !== binding) {
        throw new PublicError('CURSOR_INVALID', 'This event cursor belongs to another subscription or to a caller with other rights.', { reason: 'binding' });
      }
      const known = topic.hubs.flatMap((hub) => (p[hub] ? [[hub, p[hub]] as const] : []));
      if (known.length === 0) throw new PublicError('CURSOR_INVALID', 'This event cursor is of a hub that the subscription does not read.', { reason: 'hub' });
      return { positions: Object.fromEntries(known), partial: s === true };
    },
  };
}

/** An outcome of reading a stream as the client gets it; other errors are handed back as they are. */
export function outcomeFor(error: unknown, hub: string, place: { readonly position?: Position; readonly positions: Positions; readonly cursors: Cursors }): unknown {
  if (error instanceof CursorExpired) {
    const { missed, firstAvailable } = error;
    const epoch = place.position?.[0];
    // a cursor as well: from there on the client can go on, in full knowledge of what it missed
    const from = epoch === undefined ? undefined : place.cursors.write({ ...place.positions, [hub]: [epoch, firstAvailable - 1] });
    return new PublicError('CURSOR_EXPIRED', `${missed} events of ${hub} after this cursor are no longer kept.`, { hub, missed, firstAvailable: from }, { cause: error });
  }
  if (error instanceof StreamReset) return streamReset(hub, error);
  if (error instanceof CursorAhead) {
    return new PublicError('CURSOR_INVALID', `This event cursor is ahead of the events of ${hub}.`, { hub, reason: 'ahead' }, { cause: error });
  }
  return error;
}

/** The error for positions of a stream's former generation. */
export function streamReset(hub: string, cause?: unknown): PublicError {
  return new PublicError('STREAM_RESET', `The event stream of ${hub} began anew; what happened meanwhile cannot be replayed.`, { hub }, { cause });
}
