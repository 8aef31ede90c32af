import { lineProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, notFound, Refused, transitionRefused } from '@hubgraph/kit/refusal';
import { goalLifecycle } from '../lifecycle/goal.ts';
import type { Domain, Goal } from '../model.ts';
import { domains, goals } from '../store/index.ts';
import { checkVersion, domainOf, type Work } from './common.ts';

export interface SetGoalInput {
  readonly domain: string;
  readonly title: string;
  readonly description?: string | null;
  /** `YYYY-MM-DD` */
  readonly targetDate?: string | null;
}

/** Writes a goal of a domain down as SET. */
export async function setGoal(work: Work, input: SetGoalInput): Promise<{ goal: Goal } | Refused> {
  const wrong = [...lineProblems('title', input.title), ...textProblems({ description: input.description }), ...(input.targetDate == null || isDay(input.targetDate) ? [] : [invalidField(['targetDate'], 'A date looks like 2026-03-02.')])];
  if (wrong.length > 0) return new Refused(wrong);
  const domain = await domainOf(work.tx, input.domain);
  if (domain instanceof Refused) return domain;
  const goal = await goals.insert(work.tx, {
    id: newId(), domainId: domain.id, title: input.title, description: input.description ?? null, status: 'SET', targetDate: input.targetDate ?? null,
    createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  work.note({ noun: 'Goal', entityId: goal.id, verb: 'setGoal', from: null, to: 'SET' });
  recordGoal(work, 'domain.goal.set', goal, null, domain);
  return { goal };
}

export type GoalMove = 'activateGoal' | 'retireGoal';

export interface MoveGoalInput {
  readonly id: string;
  readonly reason?: string | null;
  readonly expectedVersion?: number | null;
}

/** Moves a goal by one of its verbs. */
export async function moveGoal(work: Work, verb: GoalMove, input: MoveGoalInput): Promise<{ goal: Goal } | Refused> {
  const before = isUuid(input.id) ? await goals.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('goal', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  const wrong = textProblems({ reason: input.reason });
  if (wrong.length > 0) return new Refused(wrong);
  const facts = { reason: input.reason ?? null };
  const decided = goalLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, goalLifecycle.allowed(before.status, facts, work.caller));

  const goal = await goals.save(work.tx, before, { status: decided.to }, work.now);
  work.note({ noun: 'Goal', entityId: goal.id, verb, from: decided.from, to: decided.to, note: input.reason });
  recordGoal(work, decided.emits as GoalEvent, goal, decided.from, (await domains.byIds(work.tx, [goal.domainId])).get(goal.domainId));
  return { goal };
}

type GoalEvent = 'domain.goal.set' | 'domain.goal.activated' | 'domain.goal.retired';

function recordGoal(work: Work, name: GoalEvent, goal: Goal, from: Goal['status'] | null, domain: Domain | undefined): void {
  work.record(name, { subject: `goal/${goal.id}`, domain: domain?.slug, data: { id: goal.id, title: goal.title, from, to: goal.status, version: goal.version } });
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
