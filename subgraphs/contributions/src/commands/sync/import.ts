import { newId } from '@hubgraph/kit/ids';
import { duplicate, type Refused } from '@hubgraph/kit/refusal';
import { extensionPointOf } from '../../contrib/slug.ts';
import type { SyncContributionInput } from '../../contrib/sync-input.ts';
import type { Contribution, ContributionStatus } from '../../model.ts';
import { contributions } from '../../store/index.ts';
import { recordContribution, type Work } from '../common.ts';
import { BLANK } from '../contribution.ts';
import { columnsOf } from '../fields.ts';
import { freeSlug } from '../slug.ts';
import type { SyncReport } from './index.ts';

/** The event that tells of a state which a file brought along. */
const EVENT = {
  DRAFT: 'contribution.drafted', SUBMITTED: 'contribution.submitted', ACKNOWLEDGED: 'contribution.acknowledged', ACCEPTED: 'contribution.accepted', REJECTED: 'contribution.rejected', MERGED: 'contribution.merged',
  WITHDRAWN: 'contribution.withdrawn',
} as const satisfies Record<ContributionStatus, string>;

/** Takes over a contribution that the graph does not know. Its state is a past fact: it is recorded as imported, not decided again. */
export async function importContribution(work: Work, input: SyncContributionInput, supersedesId: string | null): Promise<{ contribution: Contribution; sync: SyncReport } | Refused> {
  const { type, status, domain, targetOrg, targetRepo, title, source, answerUrl } = input;
  const createdAt = momentOf(input.createdOn) ?? work.now;
  const slug = input.slug ?? (await freeSlug(work.tx, { type, domain, targetOrg, targetRepo, title, day: createdAt }));
  const numbered = type === 'EP' && input.slug != null ? extensionPointOf(input.slug) : null;
  if (numbered !== null) await contributions.passExtensionPoint(work.tx, numbered.domain, numbered.number);
  const contribution = await contributions.insert(work.tx, {
    ...BLANK, ...columnsOf(input), ...momentsOf(input, work.now), id: newId(), slug, type, status, domain, targetOrg, targetRepo, title, supersedesId, answerUrl: answerUrl ?? null, reason: reasonOf(input),
    sourcePath: source.path, sourceSha256: source.sha256, createdBy: work.caller.sub, createdAt, updatedAt: work.now,
  });
  if (contribution === null) return duplicate('contribution', slug, (await contributions.bySlugs(work.tx, [slug])).get(slug)?.id ?? '', ['slug']);
  work.note({ noun: 'Contribution', entityId: contribution.id, verb: status === 'DRAFT' ? 'draftContribution' : 'import', from: null, to: status, note: `read from ${source.path}`, evidence: contribution.evidence });
  recordContribution(work, EVENT[status], contribution, null, { reason: contribution.reason, imported: true });
  return { contribution, sync: { outcome: 'CREATED', changes: [{ field: 'created', from: null, to: status }] } };
}

/** The moments that a file tells of, as far as its state has them; what it does not tell is now. */
function momentsOf(input: SyncContributionInput, now: Date): Pick<Contribution, 'submittedAt' | 'acknowledgedAt' | 'resolvedAt'> {
  const { status } = input;
  const sent = !['DRAFT', 'WITHDRAWN'].includes(status);
  const ended = ['REJECTED', 'MERGED', 'WITHDRAWN'].includes(status);
  const resolvedAt = ended ? (momentOf(input.resolvedOn) ?? now) : null;
  const acknowledgedAt = status === 'DRAFT' || status === 'SUBMITTED' ? null : (momentOf(input.acknowledgedOn) ?? (status === 'ACKNOWLEDGED' ? now : null));
  const submittedAt = momentOf(input.submittedOn) ?? (sent ? (momentOf(input.createdOn) ?? now) : null);
  return { submittedAt: status === 'DRAFT' ? null : submittedAt, acknowledgedAt, resolvedAt };
}

/** Only an end has a reason. */
export function reasonOf({ status, reason }: SyncContributionInput): string | null {
  return status === 'REJECTED' || status === 'WITHDRAWN' ? (reason ?? null) : null;
}

/** The beginning of a day, UTC. */
export function momentOf(day: string | null | undefined): Date | null {
  return day == null ? null : new Date(`${day}T00:00:00.000Z`);
}
