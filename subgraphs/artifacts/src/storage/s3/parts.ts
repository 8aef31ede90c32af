import { SourceFailure } from '../gather.ts';

const MIB = 1_048_576;
/** Least size of a part, and of what is stored by one request. S3 wants at least 5 MiB of every part but the last. */
export const PART = 8 * MIB;
/** Most parts that a multipart upload may have. */
const PARTS = 10_000;

/** Bytes of every part but the last of an upload of `size` bytes: 8 MiB, more above 78 GiB. One or two of them are in memory. */
export function partSizeOf(size: number): number {
  return Math.max(PART, Math.ceil(size / PARTS / MIB) * MIB);
}

/** Bytes of an upload from `start` on; all but the last have the size of a part. */
export interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Cuts a stream into pieces of `partSize`, of which the first begins with `head`. The last piece is what is left when the source
 * ends or, before its error, fails: also that is worth keeping.
 *
 * No more bytes may come than `size`; whoever calls it has to see to that.
 *
 * @throws SourceFailure
 */
export async function* pieces(source: AsyncIterable<Uint8Array>, { start, head, size, partSize }: { readonly start: number; readonly head: Uint8Array; readonly size: number; readonly partSize: number }): AsyncGenerator<Piece, void, undefined> {
  let at = start;
  const empty = (): Uint8Array => new Uint8Array(Math.min(partSize, size - at));
  let bytes = empty();
  bytes.set(head);
  let filled = head.length;
  const before = filled;
  let failure: { readonly error: unknown } | undefined;
  const chunks = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => ((failure = { error }), undefined));
      if (next === undefined || next.done) break;
      for (let rest = next.value; rest.length > 0;) {
        const fitting = rest.subarray(0, bytes.length - filled);
        if (fitting.length === 0) throw new RangeError(`more than ${size} bytes`);
        bytes.set(fitting, filled);
        filled += fitting.length;
        rest = rest.subarray(fitting.length);
        if (filled < bytes.length) continue;
        yield { start: at, bytes };
        at += filled;
        bytes = empty();
        filled = 0;
      }
    }
    if (filled > 0 && (at > start || filled > before)) yield { start: at, bytes: bytes.subarray(0, filled) };
  } finally {
    if (failure === undefined) await chunks.return?.();
  }
  if (failure !== undefined) throw new SourceFailure(failure.error);
}
