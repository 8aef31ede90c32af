import type { Caller } from '@hubgraph/kit/change';
import type { ScrubProgress, DueLocation } from '../../store/index.ts';
import { locations } from '../../store/index.ts';
import { StorageError, type StorageBackend } from '../../storage/backend.ts';
import type { ArtifactsChanges, Work } from '../common.ts';
import { look, type Finding } from './look.ts';
import { markDamaged, markSound, type Marked } from './mark.ts';
import { copyFromElsewhere, factsOfBlob, type CopyDeps } from './repair.ts';

export interface VisitDeps extends CopyDeps {
  readonly changes: ArtifactsChanges;
  readonly caller: Caller;
}

/** What a visit adds to the counts of its run, and whether the location was sound all along and only its date is to be noted. */
export type Visited = Omit<ScrubProgress, 'bytes'> & { readonly sound: boolean };

/** Times that bytes are read when uploads and removals keep moving them under the reader. */
const ATTEMPTS = 5;
const nothing: Visited = { checked: 1, lost: 0, changed: 0, repaired: 0, sound: false };

/**
 * Reads one location, writes what was found, and repairs it from another backend when there is a good copy. What uploads or
 * removals moved meanwhile is read again and never taken for damage; what is damaged is read twice before it is said.
 *
 * @throws StorageError `unavailable` when the backend does not answer: nothing is marked
 */
export async function visit(deps: VisitDeps, backend: StorageBackend, seen: DueLocation, { signal, passed }: { readonly signal: AbortSignal; readonly passed: (bytes: number) => Promise<void> }): Promise<Visited> {
  const blob = factsOfBlob(seen);
  const read = () => look(backend, seen.key, blob, { pace: deps.pace, signal, passed });
  let location = seen;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const finding = await confirmed(read);
    if (finding.status === 'STORED') {
      // what an upload has put in the place of damaged bytes is told of when it was read
      const renewed = location.damagedAt !== null && location.checkedAt === null;
      if (location.status === 'STORED' && !renewed) return { ...nothing, sound: true };
      const marked = await change(deps, (work) => markSound(work, { location, repairedFrom: null }));
      if (marked.outcome !== 'moved') return marked.outcome === 'written' ? { ...nothing, repaired: 1 } : nothing;
      location = { ...location, status: marked.status };
      continue;
    }
    const marked = await change(deps, (work) => markDamaged(work, { location, finding, backend }));
    if (marked.outcome === 'unneeded') return nothing;
    location = { ...location, status: marked.status };
    if (marked.outcome === 'moved') continue;
    const repaired = await repair(deps, backend, location, { read, signal });
    return { ...nothing, lost: finding.status === 'LOST' ? 1 : 0, changed: finding.status === 'CHANGED' ? 1 : 0, repaired: repaired ? 1 : 0 };
  }
  deps.log.warn({ location: seen.id, blake3: seen.blake3 }, 'stored bytes moved each time that a scrub read them; the next one reads them again');
  return nothing;
}

/** A second look at what seems damaged: a reader's own mishap is not the storage's. */
async function confirmed(read: () => Promise<Finding>): Promise<Finding> {
  const first = await read();
  return first.status === 'STORED' ? first : read();
}

async function repair(deps: VisitDeps, backend: StorageBackend, location: DueLocation, { read, signal }: { readonly read: () => Promise<Finding>; readonly signal: AbortSignal }): Promise<boolean> {
  let from: string | null;
  try {
    from = await copyFromElsewhere(deps, backend, factsOfBlob(location), { replace: true, signal });
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'full') throw error;
    deps.log.error({ error, location: location.id, backend: backend.name }, 'damaged bytes cannot be repaired: the storage is full');
    return false;
  }
  // what was just written is read back, because this place has failed before
  if (from === null || (await read()).status !== 'STORED') return false;
  const marked = await change(deps, async (work) => {
    const answer = await markSound(work, { location, repairedFrom: from });
    // a removal came in between, and the repair has put the bytes back behind it
    if (answer.outcome === 'unneeded' && !(await locations.needed(work.tx, location.blake3))) await backend.remove(location.key);
    return answer;
  });
  return marked.outcome === 'written';
}

/** One change of the hub itself; it is never refused. */
async function change(deps: VisitDeps, command: (work: Work) => Promise<Marked>): Promise<Marked> {
  const { result } = await deps.changes.run(deps.caller, { name: 'scrub', scopes: [['retention:manage']], input: {} }, command);
  if (result === null) throw new Error('a scrub was refused, although nothing refuses it');
  return result;
}
