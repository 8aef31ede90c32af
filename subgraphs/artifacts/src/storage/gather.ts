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

/** The same batches, while the next is already gathered during the work on the one before: source and storage work at once. */
export async function forEachAhead(source: AsyncGenerator<Batch, void, undefined>, work: (batch: Batch) => Promise<void>): Promise<void> {
  let working: Promise<void> = Promise.resolve();
  try {
    for await (const batch of source) {
      await working;
      working = work(batch);
      // its failure is thrown by the await of it above or below, which may come a while later
      working.catch(() => undefined);
    }
  } finally {
    await working;
  }
}
