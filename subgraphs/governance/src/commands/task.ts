import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, notFound, Refused, transitionRefused } from '@hubgraph/kit/refusal';
import { taskLifecycle, type TaskFacts } from '../lifecycle/task.ts';
import type { AcceptancePoint, Priority, Task, TaskStatus, Workstream } from '../model.ts';
import { domains, tasks, workstreams } from '../store/index.ts';
import { changed, checkVersion, lockedWorkstream, recordTask, type Work } from './common.ts';
import { sizeProblems } from './sizes.ts';
import { isTaskCode, nextTaskCode } from './task-code.ts';

const MAX_TITLE = 500;

export interface CreateTaskInput {
  /** Id of the workstream. */
  readonly workstream: string;
  readonly code?: string | null;
  readonly title: string;
  readonly description?: string | null;
  readonly priority?: Priority | null;
  readonly assignee?: string | null;
  readonly acceptance?: readonly string[] | null;
}

/** Makes a task in a workstream that is not closed. Its code is the next free one unless given. */
export async function createTask(work: Work, input: CreateTaskInput): Promise<{ task: Task; workstream: Workstream } | Refused> {
  const workstream = await lockedWorkstream(work, input.workstream, ['workstream']);
  if (workstream instanceof Refused) return workstream;
  const wrong = [
    ...titleProblems(input.title),
    ...sizeProblems({ ...input, title: null }),
    ...(input.code == null || isTaskCode(input.code, workstream.code) ? [] : [invalidField(['code'], `A code looks like ${workstream.code}-T01.`)]),
    ...(['PROPOSED', 'ACTIVE', 'PAUSED'].includes(workstream.status) ? [] : [invalidField(['workstream'], `${workstream.code} is ${workstream.status} and takes no new task.`)]),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const next = await nextTaskCode(work.tx, workstream);
  const code = input.code ?? next.code;
  const existing = (await tasks.byCodes(work.tx, [code])).get(code);
  if (existing !== undefined) return duplicate('task', code, existing.id, ['code']);

  const task: Task = {
    id: newId(), code, workstreamId: workstream.id, ordinal: next.ordinal, title: input.title, description: input.description ?? null, status: 'TODO', priority: input.priority ?? 'MEDIUM', assignee: input.assignee ?? null,
    waitingOn: null, waitingFrom: null, acceptance: (input.acceptance ?? []).map((text) => ({ text, done: false })), completionNote: null, cancelReason: null, supersededBy: null, successorId: null,
    createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, staleAt: null, version: 1,
  };
  await tasks.insert(work.tx, [task]);
  work.note({ noun: 'Task', entityId: task.id, verb: 'createTask', from: null, to: 'TODO' });
  recordTask(work, 'task.created', task, null, workstream.code, await domainSlug(work, workstream));
  return { task, workstream };
}

/** What may change of a task besides its state: what is undefined stays, null clears. */
export interface UpdateTaskInput {
  readonly id: string;
  readonly title?: string | null;
  readonly description?: string | null;
  readonly priority?: Priority | null;
  readonly assignee?: string | null;
  readonly acceptance?: readonly AcceptancePoint[] | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is said of a task. Nothing to change is no change: no new version, no event. */
export async function updateTask(work: Work, input: UpdateTaskInput): Promise<{ task: Task; workstream: Workstream } | Refused> {
  const locked = await lockTask(work, input);
  if (locked instanceof Refused) return locked;
  const { task: before, workstream } = locked;
  if (input.title === null) return new Refused([invalidField(['title'], 'A title cannot be cleared.')]);
  const wrong = [...(input.title === undefined ? [] : titleProblems(input.title)), ...sizeProblems({ ...input, title: null })];
  if (wrong.length > 0) return new Refused(wrong);
  const changes = changed(before, { title: input.title, description: input.description, priority: input.priority ?? undefined, assignee: input.assignee, acceptance: input.acceptance ?? undefined });
  if (changes === null) return { task: before, workstream };
  const task = await tasks.save(work.tx, before, changes, work.now);
  recordTask(work, 'task.updated', task, before.status, workstream.code, await domainSlug(work, workstream));
  return { task, workstream };
}

export type TaskMove = 'startTask' | 'waitTask' | 'unblockTask' | 'completeTask' | 'cancelTask' | 'reopenTask';

export interface MoveTaskInput {
  readonly id: string;
  readonly waitingOn?: string | null;
  readonly reason?: string | null;
  readonly note?: string | null;
  readonly supersededBy?: string | null;
  readonly evidence?: readonly string[] | null;
  readonly to?: TaskStatus | null;
  readonly expectedVersion?: number | null;
}

/** Moves a task by one of its verbs. */
export async function moveTask(work: Work, verb: TaskMove, input: MoveTaskInput): Promise<{ task: Task; workstream: Workstream } | Refused> {
  const wrong = sizeProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const locked = await lockTask(work, input);
  if (locked instanceof Refused) return locked;
  const { task: before, workstream } = locked;
  const facts = taskFacts(await storedFacts(work, before), before, verb, input);
  const to = verb === 'unblockTask' ? (input.to ?? (before.waitingFrom === 'IN_PROGRESS' ? 'IN_PROGRESS' : 'TODO')) : undefined;
  const decided = taskLifecycle.decide(verb, before.status, facts, work.caller, to);
  if (!decided.moved) return transitionRefused(decided, taskLifecycle.allowed(before.status, facts, work.caller));

  const task = await tasks.save(work.tx, before, { status: decided.to, ...consequences(verb, before, input) }, work.now);
  const reason = input.reason ?? input.note ?? input.waitingOn;
  work.note({ noun: 'Task', entityId: task.id, verb, from: decided.from, to: decided.to, note: reason, evidence: input.evidence ?? [] });
  recordTask(work, decided.emits as 'task.started', task, decided.from, workstream.code, await domainSlug(work, workstream), { reason });
  return { task, workstream };
}

/** The facts of a row together with those that the verb brings. */
export function taskFacts(stored: TaskFacts, task: Task, verb: TaskMove, input: MoveTaskInput): TaskFacts {
  return {
    ...stored,
    waitingOn: verb === 'waitTask' ? (input.waitingOn ?? null) : task.waitingOn,
    blockerMetOrOverruled: stored.blockerMetOrOverruled || Boolean(input.reason?.trim()),
    reason: input.reason ?? null,
    completionNote: input.note ?? null,
  };
}

/** What a verb writes besides the state. */
export function consequences(verb: TaskMove, before: Task, input: MoveTaskInput): Partial<Task> {
  switch (verb) {
    case 'startTask':
      return {};
    case 'waitTask':
      return { waitingOn: input.waitingOn ?? null, waitingFrom: before.status };
    case 'unblockTask':
      return { waitingOn: null, waitingFrom: null };
    case 'completeTask':
      return { completionNote: input.note ?? null, waitingOn: null, waitingFrom: null };
    case 'cancelTask':
      return { cancelReason: input.reason ?? null, supersededBy: input.supersededBy ?? null, waitingOn: null, waitingFrom: null };
    case 'reopenTask':
      return { completionNote: null, cancelReason: null, supersededBy: null };
  }
}

/** Holds the task's workstream against a change of state, then locks the task: the order in which everybody locks them. */
async function lockTask(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ task: Task; workstream: Workstream } | Refused> {
  const seen = isUuid(input.id) ? (await tasks.byIds(work.tx, [input.id])).get(input.id) : undefined;
  if (seen === undefined) return notFound('task', input.id);
  const workstream = await workstreams.share(work.tx, seen.workstreamId);
  const task = await tasks.lockById(work.tx, seen.id);
  if (workstream === null || task === null) throw new Error(`task ${seen.code} vanished; rows are never deleted`);
  return checkVersion(task, input.expectedVersion) ?? { task, workstream };
}

async function storedFacts(work: Work, task: Task): Promise<TaskFacts> {
  const facts = (await tasks.facts(work.tx, [task.id])).get(task.id);
  if (facts === undefined) throw new Error(`task ${task.code} is locked but has no facts`);
  return facts;
}

async function domainSlug(work: Work, workstream: Workstream): Promise<string> {
  return (await domains.byIds(work.tx, [workstream.domainId])).get(workstream.domainId)?.slug ?? '';
}

function titleProblems(title: string) {
  return title.trim() !== '' && title.length <= MAX_TITLE ? [] : [invalidField(['title'], `A title has 1 to ${MAX_TITLE} characters.`)];
}
