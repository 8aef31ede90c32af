import type { Sql, Transactor } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import { StorageError, type StorageBackend } from '../storage/backend.ts';
import { holds, locations } from '../store/index.ts';

/** What came of one look at the legal holds of the backends. */
export interface LegalHolds {
  readonly set: number;
  readonly lifted: number;
  /** To be tried again next time. */
  readonly failed: number;
}

export interface LegalHoldDeps {
  readonly sql: Sql;
  readonly transactor: Transactor;
  readonly backends: readonly StorageBackend[];
  readonly log: Logger;
}

/**
 * Sets the backends' own legal holds where an active hold needs the bytes, and lifts them where none does any more. What is
 * wanted follows from holds and files as they are now, so this may run at any time, again and again, after a crash too;
 * each blob is looked at under its lock, as by uploads and removals. Backends that cannot, or are not told to, are left alone.
 */
export async function settleLegalHolds(deps: LegalHoldDeps): Promise<LegalHolds> {
  const done = { set: 0, lifted: 0, failed: 0 };
  for (const backend of deps.backends) if (backend.legalHold !== undefined) await settleBackend(deps, backend, done);
  return done;
}

async function settleBackend({ sql, transactor, log }: LegalHoldDeps, backend: StorageBackend, done: { -readonly [Key in keyof LegalHolds]: number }): Promise<void> {
  let after = '';
  for (let digests = await holds.unsettled(sql, backend.name, after); digests.length > 0; digests = await holds.unsettled(sql, backend.name, after)) {
    for (const blake3 of digests) {
      after = blake3;
      try {
        const on = await settle(transactor, backend, blake3);
        if (on !== null) done[on ? 'set' : 'lifted']++;
      } catch (error) {
        done.failed++;
        log.warn({ error, backend: backend.name, blake3 }, 'a legal hold could not be set or lifted; it is tried again');
        if (error instanceof StorageError && error.kind === 'unavailable') return;
      }
    }
  }
}

/** Whether the legal hold is on after this; null when it was as it should be. */
async function settle(transactor: Transactor, backend: StorageBackend, blake3: string): Promise<boolean | null> {
  return transactor.transaction(async (tx) => {
    await locations.lockBlob(tx, blake3);
    const location = await locations.inBackend(tx, blake3, backend.name);
    if (location === null || location.status === 'REMOVED') return null;
    const wanted = await holds.needs(tx, blake3);
    if (wanted === location.held) return null;
    try {
      await backend.legalHold?.(location.key, wanted);
    } catch (error) {
      // what is not there needs nothing to be lifted
      if (wanted || !(error instanceof StorageError && error.kind === 'missing')) throw error;
    }
    await holds.settled(tx, location.id, wanted);
    return wanted;
  });
}
