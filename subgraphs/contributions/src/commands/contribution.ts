import { changed } from '@hubgraph/kit/entity';
import { linkProblems, textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { invalidInput, Refused, transitionRefused } from '@hubgraph/kit/refusal';
import { contributionLifecycle, type ContributionFacts } from '../lifecycle.ts';
import type { Contribution, ContributionStatus, ContributionType } from '../model.ts';
import { contributions } from '../store/index.ts';
import { lockedContribution, namedContribution, recordContribution, type ContributionEvent, type Work } from './common.ts';
import { columnsOf, contentProblems, evidenceProblems, placeProblems, type ContributionContent } from './fields.ts';
import { freeSlug } from './slug.ts';

/** A contribution with nothing written and nothing happened yet. */
export const BLANK = {
  repo: null, body: null, bodyPath: null, workstream: null, topic: null, package: null, upstreamUrl: null, answerUrl: null, reason: null, notes: null, evidence: [], supersedesId: null,
  sourcePath: null, sourceSha256: null, submittedAt: null, acknowledgedAt: null, resolvedAt: null, version: 1,
} as const;

export interface DraftContributionInput extends ContributionContent {
  readonly type: ContributionType;
  /** Slug. */
  readonly domain: string;
  readonly targetOrg: string;
  readonly targetRepo: string;
  readonly title: string;
  /** Id or slug of the contribution that this one reworks. */
  readonly supersedes?: string | null;
}

/** Writes a contribution down as DRAFT, under a slug that the hub gives. */
export async function draftContribution(work: Work, input: DraftContributionInput): Promise<{ contribution: Contribution } | Refused> {
  const wrong = [...placeProblems(input), ...contentProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const superseded = await namedContribution(work, input.supersedes, ['supersedes']);
  if (superseded instanceof Refused) return superseded;
  const { type, domain, targetOrg, targetRepo, title } = input;
  const draft = {
    ...BLANK, ...columnsOf(input), id: newId(), type, status: 'DRAFT', domain, targetOrg, targetRepo, title, supersedesId: superseded?.id ?? null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now,
  } as const;
  let contribution: Contribution | null = null;
  // Only a file that brings the same slug along can take a free one meanwhile; the next look sees it.
  while (contribution === null) contribution = await contributions.insert(work.tx, { ...draft, slug: await freeSlug(work.tx, { ...draft, day: work.now }) });
  work.note({ noun: 'Contribution', entityId: contribution.id, verb: 'draftContribution', from: null, to: 'DRAFT' });
  recordContribution(work, 'contribution.drafted', contribution, null);
  return { contribution };
}

/** What may change of a contribution: what is undefined stays, null clears. Its type, domain and slug stay for ever. */
export interface UpdateContributionInput extends ContributionContent {
  readonly id: string;
  readonly title?: string | null;
  readonly targetOrg?: string | null;
  readonly targetRepo?: string | null;
  readonly supersedes?: string | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is written of a contribution, in any state. Nothing to change is no change: no new version, no event. */
export async function updateContribution(work: Work, input: UpdateContributionInput): Promise<{ contribution: Contribution } | Refused> {
  const before = await lockedContribution(work, input);
  if (before instanceof Refused) return before;
  const wrong = [...placeProblems(input), ...contentProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const superseded = await namedContribution(work, input.supersedes, ['supersedes']);
  if (superseded instanceof Refused) return superseded;
  if (superseded?.id === before.id) return invalidInput(['supersedes'], 'A contribution cannot supersede itself.');
  const changes = changed(before, {
    title: input.title ?? undefined, targetOrg: input.targetOrg ?? undefined, targetRepo: input.targetRepo ?? undefined,
    supersedesId: input.supersedes === undefined ? undefined : (superseded?.id ?? null), ...columnsOf(input),
  });
  if (changes === null) return { contribution: before };
  const contribution = await contributions.save(work.tx, before, changes, work.now);
  recordContribution(work, 'contribution.updated', contribution, before.status);
  return { contribution };
}

export const CONTRIBUTION_MOVES = ['submitContribution', 'acknowledgeContribution', 'acceptContribution', 'rejectContribution', 'mergeContribution', 'withdrawContribution', 'reopenContribution'] as const;
export type ContributionMove = (typeof CONTRIBUTION_MOVES)[number];

export interface MoveContributionInput {
  readonly id: string;
  readonly upstreamUrl?: string | null;
  readonly answerUrl?: string | null;
  readonly evidence?: readonly string[] | null;
  readonly reason?: string | null;
  readonly note?: string | null;
  readonly expectedVersion?: number | null;
}

/** Moves a contribution by one of its verbs. `at` is when it happened, if a file says; otherwise now. */
export async function moveContribution(work: Work, verb: ContributionMove, input: MoveContributionInput, at: Date = work.now): Promise<{ contribution: Contribution } | Refused> {
  const before = await lockedContribution(work, input);
  if (before instanceof Refused) return before;
  const { upstreamUrl, answerUrl, reason, note } = input;
  const evidence = input.evidence ?? [];
  const wrong = [...linkProblems({ upstreamUrl, answerUrl }), ...evidenceProblems(evidence), ...textProblems({ reason, note })];
  if (wrong.length > 0) return new Refused(wrong);
  const facts = factsOf({ ...before, upstreamUrl: upstreamUrl ?? before.upstreamUrl }, { answerUrl: answerUrl ?? null, evidence, reason: reason ?? null });
  const decided = contributionLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, contributionLifecycle.allowed(before.status, facts, work.caller));

  const contribution = await contributions.save(work.tx, before, {
    status: decided.to, ...momentsOf(decided.to, at, before), upstreamUrl: facts.upstreamUrl, answerUrl: answerUrl ?? before.answerUrl,
    // A reason belongs to the end that it explains; what is taken up again has none.
    reason: reason ?? (decided.to === 'REJECTED' || decided.to === 'WITHDRAWN' ? before.reason : null),
    evidence: [...new Set([...before.evidence, ...evidence])],
  }, work.now);
  const said = [reason ?? note, skipped(decided.from, decided.to)].filter(Boolean).join('\n') || null;
  const links = [...(verb === 'submitContribution' ? [facts.upstreamUrl] : []), answerUrl ?? null, ...evidence].filter((link) => link !== null);
  work.note({ noun: 'Contribution', entityId: contribution.id, verb, from: decided.from, to: decided.to, note: said, evidence: links });
  recordContribution(work, decided.emits as ContributionEvent, contribution, decided.from, { reason: said });
  return { contribution };
}

/** The facts of a contribution for its guards, with those that the verb brings. */
export function factsOf(contribution: Pick<Contribution, 'type' | 'body' | 'bodyPath' | 'upstreamUrl'>, brought: Partial<ContributionFacts> = {}): ContributionFacts {
  const { type, body, bodyPath, upstreamUrl } = contribution;
  return { type, body, bodyPath, upstreamUrl, answerUrl: null, evidence: [], reason: null, ...brought };
}

/** The moments that a state sets. */
function momentsOf(to: ContributionStatus, at: Date, before: Contribution): Partial<Contribution> {
  switch (to) {
    case 'SUBMITTED':
      return { submittedAt: at };
    case 'ACKNOWLEDGED':
      return { acknowledgedAt: before.acknowledgedAt ?? at, resolvedAt: null };
    case 'REJECTED':
    case 'MERGED':
    case 'WITHDRAWN':
      return { resolvedAt: at };
    default:
      return {};
  }
}

const STEPS: readonly ContributionStatus[] = ['SUBMITTED', 'ACKNOWLEDGED', 'ACCEPTED', 'MERGED'];

/** Which steps of the ordinary way a move leaves out, as a sentence for its history. */
function skipped(from: ContributionStatus, to: ContributionStatus): string | null {
  const steps = STEPS.slice(STEPS.indexOf(from) + 1, Math.max(STEPS.indexOf(to), 0));
  return STEPS.includes(from) && steps.length > 0 ? `Skipped: ${steps.join(', ')}.` : null;
}
