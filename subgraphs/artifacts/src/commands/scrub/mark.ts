import type { LocationStatus, StorageLocation } from '../../model.ts';
import { locations, type DueLocation } from '../../store/index.ts';
import type { StorageBackend } from '../../storage/backend.ts';
import { audit } from '../audit.ts';
import type { Work } from '../common.ts';
import type { Finding } from './look.ts';

/**
 * What became of a finding under the lock of the blob: it is written; nobody needs the bytes any more; or something moved since
 * they were read (an upload, a removal), so that they must be read again before anything can be said.
 */
export interface Marked {
  readonly outcome: 'written' | 'unneeded' | 'moved';
  /** How the location stood. */
  readonly status: LocationStatus;
}

/** Locks the blob and gives the location as it is now; what is not to be judged any more is answered at once. */
async function judged(work: Work, location: DueLocation): Promise<StorageLocation | Marked> {
  await locations.lockBlob(work.tx, location.blake3);
  const now = await locations.inBackend(work.tx, location.blake3, location.backend);
  if (now === null || now.status === 'REMOVED' || !(await locations.needed(work.tx, location.blake3))) return { outcome: 'unneeded', status: 'REMOVED' };
  return now.status === location.status ? now : { outcome: 'moved', status: now.status };
}

/** Marks a location as lost or changed; `scrub.failed` tells of it once, not again while it stays damaged. */
export async function markDamaged(work: Work, { location, finding, backend }: { readonly location: DueLocation; readonly finding: Exclude<Finding, { status: 'STORED' }>; readonly backend: StorageBackend }): Promise<Marked> {
  const before = await judged(work, location);
  if ('outcome' in before) return before;
  // bytes are put there before their row is written, so what is lost now may just have come
  if (finding.status === 'LOST' && (await backend.stat(location.key)) !== null) return { outcome: 'moved', status: before.status };
  const fresh = before.status === 'STORED';
  await locations.mark(work.tx, location.id, { status: finding.status, checkedAt: work.now, damagedAt: fresh ? work.now : undefined, note: finding.note });
  if (fresh) await tell(work, 'scrub.failed', { location, found: finding.status, note: finding.note });
  return { outcome: 'written', status: finding.status };
}

/** Marks a damaged location as good again, by a repair or because somebody put the bytes back. */
export async function markSound(work: Work, { location, repairedFrom }: { readonly location: DueLocation; readonly repairedFrom: string | null }): Promise<Marked> {
  const before = await judged(work, location);
  if ('outcome' in before) return before;
  await locations.mark(work.tx, location.id, { status: 'STORED', checkedAt: work.now, note: null, renewed: repairedFrom !== null });
  await tell(work, 'scrub.repaired', { location, found: 'STORED', note: repairedFrom === null ? 'found good again' : `taken from ${repairedFrom}`, repairedFrom });
  return { outcome: 'written', status: 'STORED' };
}

async function tell(work: Work, type: 'scrub.failed' | 'scrub.repaired', { location, found, note, repairedFrom = null }: { readonly location: DueLocation; readonly found: LocationStatus; readonly note: string; readonly repairedFrom?: string | null }): Promise<void> {
  const { id, blake3, sha256, backend } = location;
  const { domain, packages, packageCount, repos, workstreams, services } = await locations.needers(work.tx, blake3);
  work.record(type, { subject: `storagelocation/${id}`, domain, data: { id, blake3, sha256, backend, found, repairedFrom, packages: [...packages], packageCount, repos: [...repos], workstreams: [...workstreams], services: [...services] } });
  // of one package it is part of its own trail, of several it is in none's more than in another's
  await audit(work, { action: type === 'scrub.failed' ? 'scrubFailed' : 'scrubRepaired', packageId: packageCount === 1 ? packages[0] : null, data: { location: id, blake3, backend, found, note, packages, packageCount } });
}
