import { addAbortSignal } from 'node:stream';
import { createHasher } from '../../content/digest.ts';
import { StorageError, type BlobFacts, type StorageBackend } from '../../storage/backend.ts';
import type { Pace } from './pace.ts';

/** What reading an object showed. */
export type Finding = { readonly status: 'STORED' } | { readonly status: 'LOST' | 'CHANGED'; readonly note: string };

/** Codes of file systems for one object that cannot be read while the rest can: a bad sector, or something else in its place. */
const UNREADABLE = ['EIO', 'EBADMSG', 'EUCLEAN', 'EILSEQ', 'EISDIR', 'ENOTDIR', 'ELOOP'];

/**
 * Reads an object to its end and compares size and both digests.
 *
 * @throws StorageError `unavailable` when the backend does not answer, which tells nothing about the object; what the signal aborts with
 */
export async function look(backend: StorageBackend, key: string, blob: BlobFacts, { pace, signal, passed }: { readonly pace: Pace; readonly signal: AbortSignal; readonly passed?: (bytes: number) => Promise<void> }): Promise<Finding> {
  const hasher = createHasher();
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(signal, await backend.read(key)) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > blob.size) break; // it is another one, however long
      hasher.update(chunk);
      await pace.take(chunk.byteLength, signal);
      await passed?.(chunk.byteLength);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StorageError && error.kind === 'missing') return { status: 'LOST', note: 'not found' };
    const code = unreadable(error);
    if (code !== null) return { status: 'CHANGED', note: `cannot be read: ${code} after ${size} bytes` };
    throw error;
  }
  if (size > blob.size) return { status: 'CHANGED', note: `has more than ${blob.size} bytes` };
  if (size < blob.size) return { status: 'CHANGED', note: `has ${size} instead of ${blob.size} bytes` };
  const { sha256, blake3 } = hasher.digest();
  const differs = [...(sha256 === blob.sha256 ? [] : [`sha256 is ${sha256}`]), ...(blake3 === blob.blake3 ? [] : [`blake3 is ${blake3.replace(/^blake3:/, '')}`])];
  return differs.length === 0 ? { status: 'STORED' } : { status: 'CHANGED', note: differs.join(', ') };
}

function unreadable(error: unknown): string | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && UNREADABLE.includes(code)) return code;
  }
  return null;
}
