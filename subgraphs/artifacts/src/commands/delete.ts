import { textProblems } from '@hubgraph/kit/fields';
import { Refused } from '@hubgraph/kit/refusal';
import type { ArtifactPackage } from '../model.ts';
import { packages } from '../store/index.ts';
import { audit } from './audit.ts';
import { factsOf, lockedPackage, recordPackage, type Work } from './common.ts';
import { decide } from './package.ts';

export interface DeleteArtifactPackageInput {
  readonly id: string;
  readonly reason: string;
  readonly expectedVersion?: number | null;
}

/**
 * Deletes a package: one that never came to its end, or a finalized one whose retention has ended and that nothing holds.
 * Its record, its files' and its manifest stay; a job removes the bytes later, those that no other package needs.
 */
export async function deleteArtifactPackage(work: Work, input: DeleteArtifactPackageInput): Promise<{ package: ArtifactPackage } | Refused> {
  const before = await lockedPackage(work, input);
  if (before instanceof Refused) return before;
  const { reason } = input;
  const wrong = textProblems({ reason });
  const decided = decide(work, 'deleteArtifactPackage', before, await factsOf(work.tx, before, work.now, { reason }));
  if (decided instanceof Refused || wrong.length > 0) return new Refused([...wrong, ...(decided instanceof Refused ? decided.errors : [])]);
  const gone = await packages.save(work.tx, before, { status: decided.to, reason, deletedAt: work.now, deletedBy: work.caller.sub }, work.now);
  work.note({ noun: 'ArtifactPackage', entityId: gone.id, verb: 'deleteArtifactPackage', from: decided.from, to: decided.to, note: reason });
  recordPackage(work, decided.emits as 'package.deleted', gone, decided.from, { reason });
  const { manifestDigest, fileCount, byteCount, expiresAt } = gone;
  await audit(work, { action: 'deleteArtifactPackage', packageId: gone.id, data: { from: decided.from, reason, manifestDigest, fileCount, byteCount: Number(byteCount), expiresAt } });
  return { package: gone };
}
