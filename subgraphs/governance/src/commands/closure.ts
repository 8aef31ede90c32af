import { isUuid, newId } from '@hubgraph/kit/ids';
import { Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { closureBlockers } from '../lifecycle/closure.ts';
import { workstreamLifecycle } from '../lifecycle/workstream.ts';
import type { Classification, ClosureReview, Outcome, Workstream } from '../model.ts';
import { decisions, reviews, tasks, workstreams } from '../store/index.ts';
import { placeOf, recordWorkstream, workstreamToChange, type Work } from './common.ts';
import { closureRefused, disposeOf } from './disposal.ts';
import { outsideOf } from './outside.ts';
import { sizeProblems } from './sizes.ts';
import { decideWorkstream, workstreamFacts, type MoveInput } from './workstream.ts';

/** Opens the closure review of an active workstream: a snapshot of all tasks is taken. */
export async function openClosureReview(work: Work, input: MoveInput & { readonly context: string }): Promise<{ workstream: Workstream; review: ClosureReview } | Refused> {
  const wrong = sizeProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const before = await workstreamToChange(work, input);
  if (before instanceof Refused) return before;
  const decided = decideWorkstream(work, 'openClosureReview', before, await workstreamFacts(work, before, { reason: input.context }));
  if (decided instanceof Refused) return decided;

  const all = await tasks.lockOf(work.tx, before.id);
  const review = await reviews.insert(work.tx, {
    id: newId(), workstreamId: before.id, status: 'OPEN', context: input.context, outcome: null, snapshot: all.map((task) => ({ code: task.code, status: task.status })),
    classifications: [], openedBy: work.caller.sub, openedAt: work.now, reviewer: null, closedAt: null, reason: null,
  });
  const workstream = await workstreams.save(work.tx, before, { status: decided.to }, work.now);
  work.note({ noun: 'Workstream', entityId: workstream.id, verb: 'openClosureReview', from: decided.from, to: decided.to, note: input.context });
  recordWorkstream(work, 'workstream.closing', workstream, decided.from, await placeOf(work.tx, workstream));
  return { workstream, review };
}

/** Sends an open closure review back with a reason; the workstream is active again. */
export async function rejectClosureReview(work: Work, input: MoveInput): Promise<{ workstream: Workstream; review: ClosureReview } | Refused> {
  const wrong = sizeProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const before = await workstreamToChange(work, input);
  if (before instanceof Refused) return before;
  const decided = decideWorkstream(work, 'rejectClosureReview', before, await workstreamFacts(work, before, { reason: input.reason ?? null }));
  if (decided instanceof Refused) return decided;
  const open = await reviews.lockOpen(work.tx, before.id);
  if (open === null) throw new Error(`workstream ${before.code} is CLOSING without an open review`);

  const review = await reviews.close(work.tx, open.id, { ...open, status: 'REJECTED', reviewer: work.caller.sub, reason: input.reason ?? null }, work.now);
  const workstream = await workstreams.save(work.tx, before, { status: decided.to }, work.now);
  work.note({ noun: 'Workstream', entityId: workstream.id, verb: 'rejectClosureReview', from: decided.from, to: decided.to, note: input.reason });
  recordWorkstream(work, 'workstream.reopened', workstream, decided.from, await placeOf(work.tx, workstream), { reason: input.reason });
  return { workstream, review };
}

/** The review that completes a workstream. */
export interface ReviewInput {
  readonly outcome: Outcome;
  readonly context: string;
  readonly classifications: readonly Classification[];
}

/** Completes a workstream by the closure protocol; every blocker is listed in one `ClosureRefused`. */
export async function completeWorkstream(work: Work, input: Omit<MoveInput, 'reason'> & { readonly review: ReviewInput; readonly reviewer?: string }): Promise<{ workstream: Workstream; review: ClosureReview } | Refused> {
  const wrong = sizeProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const targets = await lockWithTargets(work, input.id, input.review.classifications);
  const before = await workstreamToChange(work, input);
  if (before instanceof Refused) return before;
  const reviewer = input.reviewer ?? work.caller.sub;
  const open = await reviews.lockOpen(work.tx, before.id);
  const all = await tasks.lockOf(work.tx, before.id);
  const outside = await outsideOf(work, before.id);
  const blockers = [...closureBlockers({
    tasks: all, classifications: input.review.classifications, targets: new Map([...targets].map(([code, target]) => [code, target.status])), self: before.code,
    openBlockingDecisions: await decisions.openBlockingOf(work.tx, before.id), reviewOpen: open !== null, reviewer,
    authors: [before.createdBy, before.owner, open?.openedBy].filter((author) => author != null),
  }), ...outside.blockers];
  const facts = await workstreamFacts(work, before, { closureAccepted: blockers.length === 0 });
  const decided = workstreamLifecycle.decide('completeWorkstream', before.status, facts, work.caller);
  const errors: MutationErrorData[] = [];
  // With only the closure rule unmet, the blockers say all there is to say.
  if (!decided.moved && decided.unmet.some((rule) => rule.code !== 'CLOSURE_ACCEPTED')) errors.push(...transitionRefused(decided, workstreamLifecycle.allowed(before.status, facts, work.caller)).errors);
  if (blockers.length > 0 && before.status === 'CLOSING') errors.push(closureRefused(before, blockers, outside.sources));
  if (!decided.moved || open === null) return new Refused(errors);

  const place = await placeOf(work.tx, before);
  const classifications = await disposeOf(work, before, all, input.review.classifications, place);
  if (classifications instanceof Refused) return classifications;
  const review = await reviews.close(work.tx, open.id, { status: 'ACCEPTED', outcome: input.review.outcome, context: input.review.context, classifications, reviewer, reason: null }, work.now);
  const workstream = await workstreams.save(work.tx, before, { status: decided.to, closedAt: work.now }, work.now);
  work.note({ noun: 'Workstream', entityId: workstream.id, verb: 'completeWorkstream', from: decided.from, to: decided.to, note: input.review.context, evidence: [review.id] });
  recordWorkstream(work, 'workstream.completed', workstream, decided.from, place);
  return { workstream, review };
}

/** Locks the workstream and all that receive tasks in the order of their ids, so that two closings that carry into each other do not deadlock. */
async function lockWithTargets(work: Work, id: string, classifications: readonly Classification[]): Promise<Map<string, Workstream>> {
  const codes = [...new Set(classifications.flatMap((line) => (line.carryTo ? [line.carryTo] : [])))];
  if (codes.length === 0 || !isUuid(id)) return new Map();
  const targets = await workstreams.byCodes(work.tx, codes);
  const locked = await workstreams.lockAll(work.tx, [id, ...[...targets.values()].map((target) => target.id)]);
  return new Map(locked.filter((workstream) => codes.includes(workstream.code)).map((workstream) => [workstream.code, workstream]));
}
