import type { Logger } from 'pino';
import type { Sql } from '@hubgraph/kit/sql';
import { keyOf, StorageError, type BlobFacts, type StorageBackend } from '../../storage/backend.ts';
import { locations } from '../../store/index.ts';
import type { Pace } from './pace.ts';

/** What copying takes. */
export interface CopyDeps {
  readonly sql: Sql;
  readonly backends: readonly StorageBackend[];
  readonly pace: Pace;
  readonly log: Logger;
}

/**
 * Stores bytes in a backend from the first other one that has a good copy; the target compares them with their digests while they
 * pass. Gives the name of the other one; null when none could help. Marks nothing.
 *
 * @throws StorageError `full` when the target has no space; what the signal aborts with
 */
export async function copyFromElsewhere({ sql, backends, pace, log }: CopyDeps, target: StorageBackend, blob: BlobFacts, { replace, signal }: { readonly replace: boolean; readonly signal: AbortSignal }): Promise<string | null> {
  const copies = ((await locations.ofBlobs(sql, [blob.blake3])).get(blob.blake3) ?? []).filter((copy) => copy.status === 'STORED' && copy.backend !== target.name);
  for (const copy of copies) {
    const source = backends.find((backend) => backend.name === copy.backend);
    if (source === undefined) continue;
    try {
      await target.store(blob, pace.through(await source.read(copy.key), signal), { replace });
      return source.name;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StorageError && error.kind === 'full') throw error;
      // a copy that is not good itself is found by the scrub of its own backend
      log.warn({ error, blake3: blob.blake3, from: source.name, to: target.name }, 'a copy of stored bytes could not be made');
    }
  }
  return null;
}

/** The key and facts of a blob row. */
export function factsOfBlob(row: { readonly blake3: string; readonly sha256: string; readonly size: bigint }): BlobFacts & { readonly key: string } {
  return { blake3: row.blake3, sha256: row.sha256, size: Number(row.size), key: keyOf(row.blake3) };
}
