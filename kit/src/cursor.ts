import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { PublicError } from './errors.ts';

/** What an `EventCursor` says; its names are short because it travels with every event. */
export interface EventPosition {
  /** For every hub that the subscription reads: the epoch of its stream and the last position seen. */
  readonly p: Readonly<Record<string, readonly [epoch: string, pos: number]>>;
  /** Binding: hash of filter and authorisation class. Absent in cursors of mutations, which fit any subscription. */
  readonly b?: string;
  /** The snapshot before these positions was not complete: whoever resumes gets it anew. */
  readonly s?: true;
}

/** Why a cursor was refused; in `extensions.reason` of the error. */
export type CursorFault = 'malformed' | 'signature' | 'content';

const VERSION = 'v1';
const MAX_LENGTH = 4096;
const shape = z.strictObject({
  p: z.record(z.string(), z.tuple([z.uuid(), z.int().nonnegative()])),
  b: z.string().optional(),
  s: z.literal(true).optional(),
});

/** Writes a position as the text that clients keep: opaque to them, and nobody without `key` can make one. */
export function signCursor(key: string, position: EventPosition): string {
  const body = `${VERSION}.${Buffer.from(JSON.stringify(position)).toString('base64url')}`;
  return `${body}.${signatureOf(key, body)}`;
}

/**
 * Reads a cursor that any of `keys` signed: with two keys, the old one stays good while cursors made with it are about.
 *
 * @throws PublicError `CURSOR_INVALID` with a {@link CursorFault} in `facts.reason`.
 */
export function verifyCursor(keys: readonly string[], text: string): EventPosition {
  const [version, content, signature, ...rest] = text.length <= MAX_LENGTH ? text.split('.') : [];
  if (version !== VERSION || !content || !signature || rest.length > 0) throw refused('malformed', 'This is not an event cursor.');
  const given = Buffer.from(signature);
  const genuine = keys.some((key) => {
    const wanted = Buffer.from(signatureOf(key, `${VERSION}.${content}`));
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  });
  if (!genuine) throw refused('signature', 'This event cursor was not made by this graph, or its key is no longer in use.');
  const position = shape.safeParse(parse(content));
  if (!position.success) throw refused('content', 'This event cursor is of another version of the graph.');
  return position.data;
}

function signatureOf(key: string, body: string): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}

function parse(content: string): unknown {
  try {
    return JSON.parse(Buffer.from(content, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function refused(reason: CursorFault, message: string): PublicError {
  return new PublicError('CURSOR_INVALID', message, { reason });
}
