import { changed } from '@hubgraph/kit/entity';
import { shortestWay } from '@hubgraph/kit/lifecycle';
import { invalidInput, Refused } from '@hubgraph/kit/refusal';
import type { SyncContributionInput } from '../../contrib/sync-input.ts';
import { contributionLifecycle } from '../../lifecycle.ts';
import type { Contribution, ContributionStatus } from '../../model.ts';
import { contributions } from '../../store/index.ts';
import { recordContribution, type Work } from '../common.ts';
import { moveContribution, type ContributionMove } from '../contribution.ts';
import { columnsOf } from '../fields.ts';
import { momentOf, reasonOf } from './import.ts';
import type { SyncChange, SyncReport } from './index.ts';

/** Brings a known contribution to what its file says: first its text, then its state by the ordinary verbs, then what remains of the facts that verbs bring. */
export async function updateFromFile(work: Work, before: Contribution, input: SyncContributionInput, supersedesId: string | null): Promise<{ contribution: Contribution; sync: SyncReport } | Refused> {
  const changes: SyncChange[] = [];
  const { evidence: _evidence, ...text } = columnsOf(given(input));
  const moves = before.status !== input.status;
  const written = await write(work, before, {
    ...text, title: input.title, targetOrg: input.targetOrg, targetRepo: input.targetRepo, supersedesId: supersedesId ?? undefined, sourcePath: input.source.path, sourceSha256: input.source.sha256,
    ...(moves ? {} : outcomeOf(before, input)),
  }, changes);
  const moved = moves ? await moveTo(work, written, input, changes) : written;
  if (moved instanceof Refused) return moved;
  const contribution = moves ? await write(work, moved, outcomeOf(moved, input), changes) : moved;
  return { contribution, sync: { outcome: changes.length > 0 ? 'UPDATED' : 'UNCHANGED', changes } };
}

/** What the file does not say stays, so null and undefined are the same here. */
function given(input: SyncContributionInput): SyncContributionInput {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as unknown as SyncContributionInput;
}

/** What verbs bring, as the file says it. Evidence is only added: verbs may have brought more. */
function outcomeOf(stored: Contribution, input: SyncContributionInput): Partial<Contribution> {
  const { status } = stored;
  return {
    answerUrl: input.answerUrl ?? undefined,
    evidence: [...new Set([...stored.evidence, ...(input.evidence ?? [])])],
    reason: reasonOf(input) ?? undefined,
    submittedAt: status === 'DRAFT' ? undefined : (momentOf(input.submittedOn) ?? undefined),
    acknowledgedAt: status === 'DRAFT' || status === 'SUBMITTED' ? undefined : (momentOf(input.acknowledgedOn) ?? undefined),
    resolvedAt: stored.resolvedAt === null ? undefined : (momentOf(input.resolvedOn) ?? undefined),
  };
}

async function write(work: Work, before: Contribution, wanted: Partial<Contribution>, changes: SyncChange[]): Promise<Contribution> {
  const differing = changed(before, wanted);
  if (differing === null) return before;
  for (const [field, value] of Object.entries(differing)) changes.push({ field, from: text(before[field as keyof Contribution]), to: text(value) });
  const contribution = await contributions.save(work.tx, before, differing, work.now);
  recordContribution(work, 'contribution.updated', contribution, before.status);
  return contribution;
}

/** Moves a contribution by its verbs along the shortest way to the file's state. */
async function moveTo(work: Work, before: Contribution, input: SyncContributionInput, changes: SyncChange[]): Promise<Contribution | Refused> {
  // No way may lead through a rejection that nobody tells of, nor take a step that is only for pull requests.
  const rows = contributionLifecycle.table.rows.filter((row) => !(row.verb === 'reopenContribution' && before.status !== 'REJECTED') && !(row.verb === 'mergeContribution' && before.type !== 'UPR' && !(row.from as readonly string[]).includes('ACCEPTED')));
  const way = shortestWay(rows, before.status, input.status);
  if (way === null) return invalidInput(['status'], `${before.slug} is ${before.status} in the graph; no verb leads from there to ${input.status}, which the file says.`);
  let contribution = before;
  for (const step of way) {
    const at = momentOf(DAYS[step.to].map((field) => input[field]).find((day) => day != null)) ?? work.now;
    const moved = await moveContribution(work, step.verb as ContributionMove, { id: before.id, ...broughtBy(step.verb as ContributionMove, input) }, at);
    if (moved instanceof Refused) return moved;
    contribution = moved.contribution;
  }
  changes.push({ field: 'status', from: before.status, to: input.status });
  return contribution;
}

/** Which days of a file tell when a state began. */
const DAYS: Readonly<Record<ContributionStatus, readonly ('submittedOn' | 'acknowledgedOn' | 'resolvedOn')[]>> = {
  DRAFT: [], SUBMITTED: ['submittedOn'], ACKNOWLEDGED: ['acknowledgedOn'], ACCEPTED: [], REJECTED: ['resolvedOn'], MERGED: ['resolvedOn'], WITHDRAWN: ['resolvedOn'],
};

function broughtBy(verb: ContributionMove, { upstreamUrl, answerUrl, evidence, reason, source }: SyncContributionInput) {
  const note = `as ${source.path} says`;
  switch (verb) {
    case 'submitContribution':
      return { upstreamUrl, note };
    case 'acknowledgeContribution':
    case 'reopenContribution':
      return { answerUrl, note };
    case 'rejectContribution':
    case 'withdrawContribution':
      return { evidence, reason };
    default:
      return { evidence, note };
  }
}

function text(value: unknown): string | null {
  return value == null ? null : typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : JSON.stringify(value);
}
