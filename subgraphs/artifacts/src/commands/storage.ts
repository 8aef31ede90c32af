import type { Refused } from '@hubgraph/kit/refusal';
import type { Sql, Transactor } from '@hubgraph/kit/sql';
import { PATIENCE } from '../lifecycle/package.ts';
import { keyOf, StorageError, type StorageBackend } from '../storage/backend.ts';
import { healthOf } from '../storage/health.ts';
import { locations } from '../store/index.ts';
import { audit } from './audit.ts';
import { lockedPackage, type Work } from './common.ts';
import { failArtifactPackage } from './package.ts';
import { copyFromElsewhere, factsOfBlob, type CopyDeps } from './scrub/repair.ts';
import type { ArtifactPackage } from '../model.ts';

/** What a removal did. */
export interface Removal {
  /** Digests of the bytes that are gone. */
  readonly removed: readonly string[];
  /** The first error of those that the storage did not let go, such as by a retention of its own; null: none. */
  readonly fault: unknown;
  /** Whether it gave up before the last of them, because the storage let nothing go. */
  readonly stopped: boolean;
}

/** In milliseconds: transactions end after 30 s, and uploads of the same bytes wait for this one. */
const PATIENT = 5_000;
/** So many failures in a row are the storage's and not the objects'. */
const MANY = 3;

/**
 * Removes bytes that no package needs from one backend. Each blob is locked before its needers are looked for: an upload that
 * refers to it waits for the end of this and then finds the bytes gone, or was first and keeps them.
 */
export async function removeBytes(work: Work, { backend, blake3s }: { readonly backend: StorageBackend; readonly blake3s: readonly string[] }): Promise<Removal> {
  const removed: string[] = [];
  const from = performance.now();
  let fault: unknown = null;
  let inRow = 0;
  for (const blake3 of [...blake3s].sort()) {
    if (inRow === MANY || performance.now() - from > PATIENT) break;
    await locations.lockBlob(work.tx, blake3);
    if (await locations.needed(work.tx, blake3)) continue;
    const key = keyOf(blake3);
    try {
      const known = await locations.inBackend(work.tx, blake3, backend.name);
      if ((known !== null && known.status !== 'REMOVED') || (await backend.stat(key)) !== null) {
        await backend.remove(key);
        removed.push(blake3);
      }
      inRow = 0;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      fault ??= error;
      inRow++;
      continue;
    }
    await locations.removed(work.tx, { blake3, backend: backend.name, key, now: work.now });
  }
  if (removed.length > 0) await audit(work, { action: 'removeBytes', data: { backend: backend.name, blake3s: removed } });
  return { removed, fault, stopped: inRow === MANY };
}

/**
 * Copies one blob into a backend that lacks it, verified while it passes. False when no other backend had a good copy, or no
 * package needs it any more.
 *
 * @throws StorageError `full` or `unavailable` when the backend takes nothing
 */
export async function replicate(deps: CopyDeps & { readonly transactor: Transactor; readonly now: () => Date }, target: StorageBackend, row: { readonly blake3: string; readonly sha256: string; readonly size: bigint }, signal: AbortSignal): Promise<boolean> {
  const { key, ...blob } = factsOfBlob(row);
  await deps.transactor.transaction(async (tx) => {
    await locations.lockBlob(tx, blob.blake3);
    await locations.expect(tx, blob.blake3, target.name);
  });
  if ((await copyFromElsewhere(deps, target, blob, { replace: false, signal })) === null) {
    const { ready, reason } = await healthOf(target);
    if (!ready) throw new StorageError('unavailable', reason ?? 'it does not answer');
    return false;
  }
  return deps.transactor.transaction(async (tx) => {
    await locations.lockBlob(tx, blob.blake3);
    const needed = await locations.needed(tx, blob.blake3);
    const place = { blake3: blob.blake3, backend: target.name, key, now: deps.now() };
    if (needed) await locations.stored(tx, place);
    else {
      // deleted while it was copied
      await target.remove(key);
      await locations.removed(tx, place);
    }
    return needed;
  });
}

/** Fails a package into which nothing has come for 24 hours. Null when something came while it was looked for. */
export async function failStalled(work: Work, id: string): Promise<{ package: ArtifactPackage | null } | Refused> {
  const before = await lockedPackage(work, { id });
  if (!('progressAt' in before)) return before;
  const stalled = (before.status === 'CREATED' || before.status === 'UPLOADING') && work.now.getTime() - before.progressAt.getTime() >= PATIENCE;
  return stalled ? failArtifactPackage(work, { id, reason: `No progress since ${before.progressAt.toISOString()}, for 24 hours.` }) : { package: null };
}

/** Discards staged uploads of long ago that nobody can go on with; gives their number. Those of open packages stay. */
export async function discardAbandoned({ sql, backend, now, signal }: { readonly sql: Sql; readonly backend: StorageBackend; readonly now: Date; readonly signal: AbortSignal }): Promise<number> {
  const staged = await backend.stagedBefore(new Date(now.getTime() - HOUR));
  let discarded = 0;
  for (let at = 0; at < staged.length; at += BATCH) {
    signal.throwIfAborted();
    const ids = staged.slice(at, at + BATCH);
    const known = await locations.uploadsOf(sql, ids, new Date(now.getTime() - PATIENCE));
    for (const id of ids) {
      const upload = known.get(id);
      if (upload?.alive) continue;
      await backend.discard({ id, size: Number(upload?.size ?? 0), state: upload?.uploadState ?? null, save: async () => {} });
      discarded++;
    }
  }
  return discarded;
}

const HOUR = 3_600_000;
const BATCH = 500;
