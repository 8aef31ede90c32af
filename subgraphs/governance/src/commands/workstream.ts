import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { workstreamLifecycle, type WorkstreamFacts } from '../lifecycle/workstream.ts';
import { isOpen, type Classification, type Priority, type Workstream } from '../model.ts';
import { decisions, dependencies, tasks, workstreams } from '../store/index.ts';
import { changed, domainOf, placeOf, recordWorkstream, repoOf, topicOf, workstreamToChange, type Work } from './common.ts';
import { closureRefused, disposeOf } from './disposal.ts';
import { outsideOf } from './outside.ts';
import { WORKSTREAM_CODE } from '../workplan/codes.ts';
import { sizeProblems } from './sizes.ts';

const MAX_TITLE = 500;

export interface ProposeWorkstreamInput {
  readonly code: string;
  readonly title: string;
  readonly domain: string;
  readonly repo?: string | null;
  readonly topic?: string | null;
  readonly summary?: string | null;
  readonly owner?: string | null;
  readonly planningPriority?: Priority | null;
  readonly planningOrder?: number | null;
}

/** Writes a workstream down as PROPOSED. */
export async function proposeWorkstream(work: Work, input: ProposeWorkstreamInput): Promise<{ workstream: Workstream } | Refused> {
  const wrong = [
    ...(WORKSTREAM_CODE.test(input.code) ? [] : [invalidField(['code'], 'A code looks like CUST-WP-0025.')]),
    ...(goodTitle(input.title) ? [] : [invalidField(['title'], `A title has 1 to ${MAX_TITLE} characters.`)]),
    ...sizeProblems({ ...input, title: null, code: null }),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const domain = await domainOf(work.tx, input.domain);
  if (domain instanceof Refused) return domain;
  const repo = await repoOf(work.tx, input.repo, domain);
  if (repo instanceof Refused) return repo;
  const topic = await topicOf(work.tx, input.topic);
  if (topic instanceof Refused) return topic;
  const existing = await workstreams.lockByCode(work.tx, input.code);
  if (existing !== null) return duplicate('workstream', input.code, existing.id, ['code']);

  const workstream = await workstreams.insert(work.tx, {
    id: newId(), code: input.code, title: input.title, summary: input.summary ?? null, domainId: domain.id, repoId: repo?.id ?? null, topicId: topic?.id ?? null,
    status: 'PROPOSED', owner: input.owner ?? null, planningPriority: input.planningPriority ?? null, planningOrder: input.planningOrder ?? null, pauseReason: null, supersededById: null,
    sourcePath: null, sourceSha256: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, closedAt: null, version: 1,
  });
  work.note({ noun: 'Workstream', entityId: workstream.id, verb: 'proposeWorkstream', from: null, to: 'PROPOSED' });
  recordWorkstream(work, 'workstream.proposed', workstream, null, { domain: domain.slug, repo: repo?.slug ?? null });
  return { workstream };
}

/** What may change of a workstream besides its state: what is undefined stays, null clears. */
export interface ChangeWorkstreamInput {
  readonly id: string;
  readonly title?: string | null;
  readonly summary?: string | null;
  readonly owner?: string | null;
  readonly topic?: string | null;
  readonly planningPriority?: Priority | null;
  readonly planningOrder?: number | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is said of a workstream. Nothing to change is no change: no new version, no event. */
export async function changeWorkstream(work: Work, input: ChangeWorkstreamInput): Promise<{ workstream: Workstream } | Refused> {
  const before = await workstreamToChange(work, input);
  if (before instanceof Refused) return before;
  const goodOrLeft = input.title === undefined || (input.title !== null && goodTitle(input.title));
  const wrong = [...(goodOrLeft ? [] : [invalidField(['title'], `A title has 1 to ${MAX_TITLE} characters.`)]), ...sizeProblems({ ...input, title: null })];
  if (wrong.length > 0) return new Refused(wrong);
  const topic = await topicOf(work.tx, input.topic);
  if (topic instanceof Refused) return topic;
  const changes = changed(before, {
    title: input.title ?? undefined, summary: input.summary, owner: input.owner, topicId: input.topic === undefined ? undefined : (topic?.id ?? null), planningPriority: input.planningPriority, planningOrder: input.planningOrder,
  });
  if (changes === null) return { workstream: before };
  const workstream = await workstreams.save(work.tx, before, changes, work.now);
  recordWorkstream(work, 'workstream.updated', workstream, before.status, await placeOf(work.tx, workstream));
  return { workstream };
}

function goodTitle(title: string): boolean {
  return title.trim() !== '' && title.length <= MAX_TITLE;
}

/** What a move of a workstream needs besides its id. */
export interface MoveInput {
  readonly id: string;
  readonly reason?: string | null;
  readonly expectedVersion?: number | null;
}

/** Verbs that change only state and reason; the closing ones are in `closure.ts`. */
export type PlainMove = 'activateWorkstream' | 'pauseWorkstream' | 'resumeWorkstream' | 'archiveWorkstream' | 'reopenWorkstream' | 'cancelWorkstream';

/** Gathers the facts for a verb: those of the row, and those that the verb brings. */
export async function workstreamFacts(work: Work, workstream: Workstream, brought: Partial<WorkstreamFacts>): Promise<WorkstreamFacts> {
  const stored = (await workstreams.facts(work.tx, [workstream.id])).get(workstream.id);
  if (stored === undefined) throw new Error(`workstream ${workstream.id} is locked but has no facts`);
  return { ...stored, unknownDependencies: await dependencies.unknownOf(work.tx, workstream.id), ...brought };
}

/** Decides a verb; a refusal lists every unmet rule and every move that would be known instead. */
export function decideWorkstream(work: Work, verb: Parameters<typeof workstreamLifecycle.decide>[0], workstream: Workstream, facts: WorkstreamFacts) {
  const decided = workstreamLifecycle.decide(verb, workstream.status, facts, work.caller);
  return decided.moved ? decided : transitionRefused(decided, workstreamLifecycle.allowed(workstream.status, facts, work.caller));
}

/** Moves a workstream by a verb that needs nothing but a reason or a named decision. */
export async function moveWorkstream(work: Work, verb: Exclude<PlainMove, 'cancelWorkstream'>, input: MoveInput & { readonly decision?: string | null }): Promise<{ workstream: Workstream } | Refused> {
  const wrong = sizeProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const before = await workstreamToChange(work, input);
  if (before instanceof Refused) return before;
  const accepted = input.decision != null && isUuid(input.decision) && (await decisions.byIds(work.tx, [input.decision])).get(input.decision)?.status === 'ACCEPTED';
  const facts = await workstreamFacts(work, before, { reason: input.reason ?? null, acceptedDecision: accepted ? (input.decision ?? null) : null });
  const decided = decideWorkstream(work, verb, before, facts);
  const outside = verb === 'archiveWorkstream' ? await archiveBlockers(work, before) : [];
  const own = decided instanceof Refused ? decided.errors : [];
  // With only other hubs in the way, their blockers say all there is to say.
  const errors = [...(outside.length > 0 ? own.filter((error) => !onlyOutside(error)) : own), ...outside];
  if (decided instanceof Refused || errors.length > 0) return new Refused(errors);

  const workstream = await workstreams.save(work.tx, before, { status: decided.to, pauseReason: decided.to === 'PAUSED' ? (input.reason ?? null) : null, closedAt: decided.to === 'ARCHIVED' ? before.closedAt : null }, work.now);
  work.note({ noun: 'Workstream', entityId: workstream.id, verb, from: decided.from, to: decided.to, note: input.reason, evidence: accepted && input.decision ? [input.decision] : [] });
  recordWorkstream(work, decided.emits as 'workstream.activated', workstream, decided.from, await placeOf(work.tx, workstream), { reason: input.reason });
  return { workstream };
}

function onlyOutside(error: MutationErrorData): boolean {
  return error.type === 'TransitionRefused' && (error.unmet as readonly { readonly code: string }[]).every(({ code }) => code === 'OTHER_HUBS_WAIT');
}

/** What other hubs have that keeps a closed workstream from being put away. */
async function archiveBlockers(work: Work, workstream: Workstream): Promise<MutationErrorData[]> {
  if (workstream.status !== 'COMPLETED' && workstream.status !== 'CANCELLED') return [];
  const { blockers, sources } = await outsideOf(work, workstream.id);
  return blockers.length === 0 ? [] : [closureRefused(workstream, blockers, sources, 'archived')];
}

/** Gives a workstream up: every open task is disposed of as in a closure review, or another workstream supersedes it (its open tasks are cancelled as superseded). */
export async function cancelWorkstream(work: Work, input: MoveInput & { readonly supersededBy?: string | null; readonly classifications?: readonly Classification[] | null }): Promise<{ workstream: Workstream } | Refused> {
  const wrong = sizeProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const before = await workstreamToChange(work, input);
  if (before instanceof Refused) return before;
  const successor = input.supersededBy == null ? undefined : (await workstreams.byCodes(work.tx, [input.supersededBy])).get(input.supersededBy);
  if (input.supersededBy != null && (successor === undefined || successor.id === before.id)) return new Refused([invalidField(['supersededBy'], `There is no other workstream ${input.supersededBy}.`)]);
  const all = await tasks.lockOf(work.tx, before.id);
  const classified = new Set((input.classifications ?? []).map((line) => line.task));
  const facts = await workstreamFacts(work, before, { reason: input.reason ?? null, undisposedTasks: successor ? [] : all.filter((task) => isOpen(task) && !classified.has(task.code)).map((task) => task.code) });
  const decided = decideWorkstream(work, 'cancelWorkstream', before, facts);
  if (decided instanceof Refused) return decided;

  const place = await placeOf(work.tx, before);
  const remaining = all.filter((task) => isOpen(task) && !classified.has(task.code)).map((task): Classification => ({ task: task.code, as: 'CANCELLED', reason: `superseded by ${successor?.code}` }));
  const disposed = await disposeOf(work, before, all, [...(input.classifications ?? []), ...remaining], place);
  if (disposed instanceof Refused) return disposed;
  const workstream = await workstreams.save(work.tx, before, { status: decided.to, supersededById: successor?.id ?? null, closedAt: work.now }, work.now);
  work.note({ noun: 'Workstream', entityId: workstream.id, verb: 'cancelWorkstream', from: decided.from, to: decided.to, note: input.reason });
  recordWorkstream(work, 'workstream.cancelled', workstream, decided.from, place, { reason: input.reason });
  return { workstream };
}
