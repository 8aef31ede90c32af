import { StorageError } from './backend.ts';

/** Chunks that go into storage by one call. */
export interface Batch {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

/** The source of an upload failed, and not the storage; `cause` is what it threw. */
export class SourceFailure extends Error {
  constructor(cause: unknown) {
    super('the source failed', { cause });
  }
}

/**
 * Gathers the small chunks of a stream into batches of at least `least` bytes (the last may be smaller) without copying them: chunks
 * of HTTP have 64 KiB or less, and a system call or a request for each would cost more than the bytes. When the source fails,
 * what it gave before still comes as a batch, then the error.
 *
 * @throws SourceFailure
 */
export async function* batches(source: AsyncIterable<Uint8Array>, least: number): AsyncGenerator<Batch, void, undefined> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let failure: { readonly error: unknown } | undefined;
  const chunksOf = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunksOf.next().catch((error: unknown) => ((failure = { error }), undefined));
      if (next === undefined || next.done) break;
      if (next.value.length === 0) continue;
      chunks.push(next.value);
      size += next.value.length;
      if (size < least) continue;
      yield { chunks, size };
      chunks = [];
      size = 0;
    }
    if (size > 0) yield { chunks, size };
  } finally {
    // whoever stops taking batches lets go of the source too
    if (failure === undefined) await chunksOf.return?.();
  }
  if (failure !== undefined) throw new SourceFailure(failure.error);
}

/** The same bytes, of which no more may come than `left`. @throws StorageError `offset` instead of the first chunk too many */
export async function* bounded(source: AsyncIterable<Uint8Array>, left: number): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = left;
  for await (const chunk of source) {
    rest -= chunk.length;
    if (rest < 0) throw new StorageError('offset', 'more bytes came than were announced');
    yield chunk;
  }
}

/** Works on each item while the next is already made: source and storage are busy at once. */
export async function forEachAhead<Item>(source: AsyncGenerator<Item, void, undefined>, work: (item: Item) => Promise<void>): Promise<void> {
  let working: Promise<void> = Promise.resolve();
  try {
    for await (const item of source) {
      await working;
      working = work(item);
      // its failure is thrown by the await of it above or below, which may come a while later
      working.catch(() => undefined);
    }
  } finally {
    await working;
  }
}
