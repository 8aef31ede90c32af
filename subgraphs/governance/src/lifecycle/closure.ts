import type { GovernanceCode } from '../errors.ts';
import { isOpen, type Classification, type Decision, type ForeignItem, type Task, type WorkstreamStatus } from '../model.ts';
import type { ClosureSource } from './outside.ts';

/** At most so many things of other hubs are listed for one workstream, the oldest first: the closing is refused anyway. */
export const OUTSIDE_LIMIT = 500;

/** One thing that stands in the way of closing a workstream. */
export interface ClosureBlocker {
  readonly code: GovernanceCode;
  readonly message: string;
  /** The task it is about. */
  readonly task: Task | null;
  /** Codes or ids that it names. */
  readonly refs: readonly string[];
  /** The decision that is open. */
  readonly decision?: OpenDecision;
  /** The thing of another hub that it is about. */
  readonly item?: ForeignItem;
  /** The hub that is not known well enough. */
  readonly source?: ClosureSource;
}

/** A blocking decision that nobody has made yet. */
export type OpenDecision = Pick<Decision, 'id' | 'title' | 'createdAt'>;

/** All that the closure protocol looks at. */
export interface ClosureFacts {
  readonly tasks: readonly Task[];
  readonly classifications: readonly Classification[];
  /** State of each workstream that a carry-forward names; a code that is missing does not exist. */
  readonly targets: ReadonlyMap<string, WorkstreamStatus>;
  /** Code of the workstream itself: nothing can be carried into it. */
  readonly self: string;
  readonly openBlockingDecisions: readonly OpenDecision[];
  readonly reviewOpen: boolean;
  /** Who proposed the workstream, owns it, and opened the review. */
  readonly authors: readonly string[];
  readonly reviewer: string;
}

const RECEIVING: readonly WorkstreamStatus[] = ['PROPOSED', 'ACTIVE', 'PAUSED'];

/**
 * The closure protocol: every reason at once why a workstream may not be completed, or none. Each task is classified
 * exactly once; what is classified done is done; a cancellation has a reason; a carry-forward names a receiving
 * workstream; no blocking decision is open; the reviewer is not the only author.
 */
export function closureBlockers(facts: ClosureFacts): ClosureBlocker[] {
  return [...reviewBlockers(facts), ...classificationBlockers(facts), ...decisionBlockers(facts), ...authorBlockers(facts)];
}

function reviewBlockers(facts: ClosureFacts): ClosureBlocker[] {
  return facts.reviewOpen ? [] : [{ code: 'REVIEW_NOT_OPEN', message: 'No closure review is open; open one by openClosureReview.', task: null, refs: [] }];
}

/** The part of the protocol that concerns tasks; a cancelled workstream goes through it too. */
export function classificationBlockers(facts: Pick<ClosureFacts, 'tasks' | 'classifications' | 'targets' | 'self'>): ClosureBlocker[] {
  const byTask = Map.groupBy(facts.classifications, (line) => line.task);
  const known = new Set(facts.tasks.map((task) => task.code));
  const blockers = facts.tasks.flatMap((task): ClosureBlocker[] => {
    const lines = byTask.get(task.code) ?? [];
    const [line] = lines;
    if (line === undefined) return [{ code: 'TASK_UNCLASSIFIED', message: `${task.code} is ${task.status} and not classified; give one classification for each task.`, task, refs: [task.code] }];
    if (lines.length > 1) return [{ code: 'TASK_CLASSIFIED_TWICE', message: `${task.code} is classified ${lines.length} times.`, task, refs: [task.code] }];
    return lineBlockers(facts, task, line);
  });
  for (const code of byTask.keys()) if (!known.has(code)) blockers.push({ code: 'TASK_UNKNOWN', message: `${code} is not a task of this workstream.`, task: null, refs: [code] });
  return blockers;
}

function lineBlockers(facts: Pick<ClosureFacts, 'targets' | 'self'>, task: Task, line: Classification): ClosureBlocker[] {
  const blocker = (code: GovernanceCode, message: string): ClosureBlocker[] => [{ code, message, task, refs: [task.code] }];
  if (!isOpen(task)) {
    const is = task.status === 'CARRIED_FORWARD' ? 'CARRY_FORWARD' : task.status;
    return line.as === is ? [] : blocker('TASK_ALREADY_CLOSED', `${task.code} is ${task.status} already and cannot be classified ${line.as}.`);
  }
  if (line.as === 'DONE') return blocker('TASK_NOT_DONE', `${task.code} is classified done but is ${task.status}; complete it first by completeTask, or classify it otherwise.`);
  if (line.as === 'CANCELLED') return line.reason?.trim() ? [] : blocker('CANCEL_REASON_MISSING', `${task.code} is to be cancelled without a reason.`);
  if (!line.carryTo) return blocker('CARRY_TARGET_MISSING', `${task.code} is carried forward, but no workstream receives it; name its code in carryTo.`);
  const target = facts.targets.get(line.carryTo);
  if (line.carryTo === facts.self || target === undefined || !RECEIVING.includes(target)) {
    return blocker('CARRY_TARGET_CLOSED', `${task.code} cannot be carried into ${line.carryTo}, which is ${line.carryTo === facts.self ? 'the workstream itself' : (target ?? 'unknown')}.`);
  }
  return [];
}

function decisionBlockers(facts: ClosureFacts): ClosureBlocker[] {
  return facts.openBlockingDecisions.map((decision) => ({ code: 'BLOCKING_DECISION_OPEN', message: `The decision "${decision.title}" is open and blocks the closing.`, task: null, refs: [decision.id], decision }));
}

function authorBlockers(facts: ClosureFacts): ClosureBlocker[] {
  const others = facts.authors.filter((author) => author !== facts.reviewer);
  return others.length > 0 ? [] : [{ code: 'SOLE_AUTHOR', message: `${facts.reviewer} is the only author of this workstream and cannot be its only reviewer; another maintainer or steward is to complete it.`, task: null, refs: [facts.reviewer] }];
}
