import { shortestWay } from '@hubgraph/kit/lifecycle';
import { invalidInput, Refused } from '@hubgraph/kit/refusal';
import { taskLifecycle } from '../../lifecycle/task.ts';
import { workstreamLifecycle } from '../../lifecycle/workstream.ts';
import { isOpen, type Task, type Workstream } from '../../model.ts';
import { tasks, workstreams } from '../../store/index.ts';
import { changed, placeOf, recordTask, recordWorkstream, type Work } from '../common.ts';
import { completeWorkstream, openClosureReview, rejectClosureReview } from '../closure.ts';
import { moveTask, type TaskMove } from '../task.ts';
import { cancelWorkstream, moveWorkstream, type PlainMove } from '../workstream.ts';
import { importTasks } from './import.ts';
import type { Placement } from './index.ts';
import { proseOf, type SyncChange, type SyncTask, type SyncWorkplanInput } from './input.ts';

/** Brings a known workstream to what its file says, by the ordinary verbs. States that open come before the tasks, states that close after them. */
export async function updateFromFile(work: Work, before: Workstream, input: SyncWorkplanInput, placement: Placement): Promise<{ workstream: Workstream; changes: SyncChange[] } | Refused> {
  const changes: SyncChange[] = [];
  let workstream = await updateContent(work, before, input, placement, changes);
  const closes = input.status === 'COMPLETED' || input.status === 'CANCELLED' || input.status === 'ARCHIVED' || input.status === 'CLOSING' || input.status === 'PAUSED';
  if (!closes) {
    const moved = await moveTo(work, workstream, input, changes);
    if (moved instanceof Refused) return moved;
    workstream = moved;
  }
  const refused = await updateTasks(work, workstream, input, placement.domain.slug, changes);
  if (refused !== null) return refused;
  if (closes) {
    const moved = await moveTo(work, workstream, input, changes);
    if (moved instanceof Refused) return moved;
    workstream = moved;
  }
  return { workstream, changes };
}

/** Writes what the file says besides states; what the file does not say stays. */
async function updateContent(work: Work, before: Workstream, input: SyncWorkplanInput, placement: Placement, changes: SyncChange[]): Promise<Workstream> {
  const superseding = input.supersededBy == null ? undefined : (await workstreams.byCodes(work.tx, [input.supersededBy])).get(input.supersededBy);
  const differing = changed(before, {
    supersededById: superseding?.id, title: input.title, summary: input.summary ?? undefined, owner: input.owner ?? undefined, domainId: placement.domain.id, repoId: placement.repo?.id, topicId: placement.topic?.id,
    planningPriority: input.planningPriority ?? undefined, planningOrder: input.planningOrder ?? undefined, sourcePath: input.source.path, sourceSha256: input.source.sha256,
  });
  if (differing === null) return before;
  for (const [field, value] of Object.entries(differing)) changes.push({ code: before.code, field, from: text(before[field as keyof Workstream]), to: text(value) });
  const workstream = await workstreams.save(work.tx, before, differing, work.now);
  recordWorkstream(work, 'workstream.updated', workstream, before.status, await placeOf(work.tx, workstream));
  return workstream;
}

async function updateTasks(work: Work, workstream: Workstream, input: SyncWorkplanInput, domain: string, changes: SyncChange[]): Promise<Refused | null> {
  const known = new Map((await tasks.lockOf(work.tx, workstream.id)).map((task) => [task.code, task]));
  const missing = input.tasks.map((task, index) => ({ task, ordinal: index + 1 })).filter(({ task }) => !known.has(task.code));
  const errors: Refused[] = [];
  for (const [index, task] of input.tasks.entries()) {
    const present = known.get(task.code);
    if (present === undefined) continue;
    const saved = await updateTaskContent(work, present, task, index + 1, workstream, domain, changes);
    const refused = await moveTaskTo(work, saved, task, input.source.path, changes, input);
    if (refused !== null) errors.push(refused);
  }
  if (errors.length > 0) return new Refused(errors.flatMap((refused) => refused.errors));
  await importTasks(work, workstream, domain, missing, input.source.path);
  for (const { task } of missing) changes.push({ code: task.code, field: 'created', from: null, to: task.status });
  return null;
}

async function updateTaskContent(work: Work, before: Task, file: SyncTask, ordinal: number, workstream: Workstream, domain: string, changes: SyncChange[]): Promise<Task> {
  const differing = changed(before, { title: file.title, description: file.description ?? undefined, priority: file.priority ?? undefined, acceptance: file.acceptance ?? undefined, ordinal, waitingOn: before.status === 'WAITING' && file.status === 'WAITING' ? (file.waitingOn ?? undefined) : undefined });
  if (differing === null) return before;
  for (const [field, value] of Object.entries(differing)) changes.push({ code: before.code, field, from: text(before[field as keyof Task]), to: text(value) });
  const task = await tasks.save(work.tx, before, differing, work.now);
  recordTask(work, 'task.updated', task, before.status, workstream.code, domain);
  return task;
}

/** Moves a task by its verbs along the shortest way to the file's state. */
async function moveTaskTo(work: Work, task: Task, file: SyncTask, path: string, changes: SyncChange[], input: SyncWorkplanInput): Promise<Refused | null> {
  // A closure review in the file closes its open tasks itself, with the successors that it makes.
  if (task.status === file.status || (file.status === 'CARRIED_FORWARD' && isOpen(task) && input.closureReview)) return null;
  const way = shortestWay(taskLifecycle.table.rows.filter((row) => row.verb !== 'carryTask'), task.status, file.status);
  if (way === null) return invalidInput(['tasks', task.code, 'status'], `${task.code} is ${task.status} in the graph; no verb leads from there to ${file.status}, which the file says.`);
  for (const step of way) {
    const moved = await moveTask(work, step.verb as TaskMove, { id: task.id, to: step.to, reason: file.note ?? `${file.status} in ${path}`, note: file.note ?? `done in ${path}`, waitingOn: file.waitingOn ?? `as ${path} says` });
    if (moved instanceof Refused) return moved;
  }
  changes.push({ code: task.code, field: 'status', from: task.status, to: file.status });
  return null;
}

/** Moves a workstream by its verbs along the shortest way to the file's state. */
async function moveTo(work: Work, before: Workstream, input: SyncWorkplanInput, changes: SyncChange[]): Promise<Workstream | Refused> {
  if (before.status === input.status) return before;
  const way = shortestWay(workstreamLifecycle.table.rows, before.status, input.status);
  if (way === null) return invalidInput(['status'], `${before.code} is ${before.status} in the graph; no verb leads from there to ${input.status}, which the file says.`);
  let workstream = before;
  for (const step of way) {
    const moved = await makeMove(work, step.verb, workstream, input);
    if (moved instanceof Refused) return moved;
    workstream = moved.workstream;
  }
  changes.push({ code: before.code, field: 'status', from: before.status, to: input.status });
  return workstream;
}

async function makeMove(work: Work, verb: string, workstream: Workstream, input: SyncWorkplanInput): Promise<{ workstream: Workstream } | Refused> {
  const { id } = workstream;
  const reason = `${input.status} in ${input.source.path}`;
  const review = input.closureReview;
  switch (verb) {
    case 'openClosureReview':
      return openClosureReview(work, { id, context: (review && proseOf(review)) || reason });
    case 'rejectClosureReview':
      return rejectClosureReview(work, { id, reason });
    case 'completeWorkstream':
      if (!review) return invalidInput(['closureReview'], `The file says ${input.status} but has no "## Closure Review" section; a workstream is completed by its review.`);
      return completeWorkstream(work, { id, review: { ...review, context: proseOf(review) }, reviewer: review.reviewer ?? undefined });
    case 'cancelWorkstream':
      return cancelWorkstream(work, { id, reason: (review && proseOf(review)) || reason, supersededBy: input.supersededBy, classifications: review?.classifications });
    default:
      return moveWorkstream(work, verb as Exclude<PlainMove, 'cancelWorkstream'>, { id, reason });
  }
}

function text(value: unknown): string | null {
  return value == null ? null : typeof value === 'string' ? value : JSON.stringify(value);
}
