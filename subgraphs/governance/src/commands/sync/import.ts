import { newId } from '@hubgraph/kit/ids';
import type { Refused } from '@hubgraph/kit/refusal';
import { workstreamLifecycle } from '../../lifecycle/workstream.ts';
import type { Task, TaskStatus, Workstream, WorkstreamStatus } from '../../model.ts';
import { reviews, tasks, workstreams } from '../../store/index.ts';
import { recordTask, recordWorkstream, type Work } from '../common.ts';
import type { Placement } from './index.ts';
import { proseOf, type SyncChange, type SyncTask, type SyncWorkplanInput } from './input.ts';

/** The event that tells of a state which a file brought along. */
const WORKSTREAM_EVENT = {
  PROPOSED: 'workstream.proposed', ACTIVE: 'workstream.activated', PAUSED: 'workstream.paused', CLOSING: 'workstream.closing', COMPLETED: 'workstream.completed', CANCELLED: 'workstream.cancelled', ARCHIVED: 'workstream.archived',
} as const satisfies Record<WorkstreamStatus, string>;
const TASK_EVENT = { TODO: 'task.created', IN_PROGRESS: 'task.started', WAITING: 'task.waiting', DONE: 'task.done', CANCELLED: 'task.cancelled', CARRIED_FORWARD: 'task.carried' } as const satisfies Record<TaskStatus, string>;

/** Takes over a workplan that the graph does not know. Its states are past facts: they are recorded as imported, not decided again. */
export async function importWorkplan(work: Work, input: SyncWorkplanInput, placement: Placement): Promise<{ workstream: Workstream; changes: SyncChange[] } | Refused> {
  const closed = input.status === 'COMPLETED' || input.status === 'CANCELLED' || input.status === 'ARCHIVED';
  const successor = input.supersededBy == null ? undefined : (await workstreams.byCodes(work.tx, [input.supersededBy])).get(input.supersededBy);
  const workstream = await workstreams.insert(work.tx, {
    id: newId(), code: input.code, title: input.title, summary: input.summary ?? null, domainId: placement.domain.id, repoId: placement.repo?.id ?? null, topicId: placement.topic?.id ?? null,
    status: input.status, owner: input.owner ?? null, planningPriority: input.planningPriority ?? null, planningOrder: input.planningOrder ?? null, pauseReason: null, supersededById: successor?.id ?? null,
    sourcePath: input.source.path, sourceSha256: input.source.sha256, createdBy: work.caller.sub, createdAt: input.createdOn ? new Date(input.createdOn) : work.now, updatedAt: work.now,
    closedAt: closed ? new Date(input.closureReview?.date ?? work.now) : null, version: 1,
  });
  const born = workstreamLifecycle.table.births.some((birth) => birth.to === input.status);
  work.note({ noun: 'Workstream', entityId: workstream.id, verb: born ? 'proposeWorkstream' : 'import', from: null, to: input.status, note: `read from ${input.source.path}` });
  recordWorkstream(work, WORKSTREAM_EVENT[input.status], workstream, null, { domain: placement.domain.slug, repo: placement.repo?.slug ?? null }, { imported: true });
  await importTasks(work, workstream, placement.domain.slug, input.tasks.map((task, index) => ({ task, ordinal: index + 1 })), input.source.path);
  if (input.status === 'CLOSING' || input.closureReview) await importReview(work, workstream, input);
  return { workstream, changes: [{ code: input.code, field: 'created', from: null, to: input.status }, ...input.tasks.map((task) => ({ code: task.code, field: 'created', from: null, to: task.status }))] };
}

/** Takes over tasks that the graph does not know, in one statement for all. */
export async function importTasks(work: Work, workstream: Workstream, domain: string, entries: readonly { readonly task: SyncTask; readonly ordinal: number }[], path: string): Promise<void> {
  const rows = entries.map(({ task, ordinal }): Task => ({
    id: newId(), code: task.code, workstreamId: workstream.id, ordinal, title: task.title, description: task.description ?? null, status: task.status, priority: task.priority ?? 'MEDIUM', assignee: null,
    waitingOn: task.status === 'WAITING' ? (task.waitingOn ?? `as ${path} says`) : null, waitingFrom: task.status === 'WAITING' ? 'TODO' : null, acceptance: task.acceptance ?? [],
    completionNote: task.status === 'DONE' ? (task.note ?? `done in ${path}`) : null, cancelReason: task.status === 'CANCELLED' ? (task.note ?? `cancelled in ${path}`) : null, supersededBy: null, successorId: null,
    createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, staleAt: null, version: 1,
  }));
  await tasks.insert(work.tx, rows);
  for (const task of rows) {
    work.note({ noun: 'Task', entityId: task.id, verb: task.status === 'TODO' ? 'createTask' : 'import', from: null, to: task.status, note: `read from ${path}` });
    recordTask(work, TASK_EVENT[task.status], task, null, workstream.code, domain, { imported: true });
  }
}

async function importReview(work: Work, workstream: Workstream, input: SyncWorkplanInput): Promise<void> {
  const review = input.closureReview;
  const at = review ? new Date(review.date) : work.now;
  await reviews.insert(work.tx, {
    id: newId(), workstreamId: workstream.id, status: review ? 'ACCEPTED' : 'OPEN', context: review ? proseOf(review) : `read from ${input.source.path}`, outcome: review?.outcome ?? null,
    snapshot: input.tasks.map((task) => ({ code: task.code, status: task.status })), classifications: review?.classifications ?? [], openedBy: work.caller.sub, openedAt: at,
    reviewer: review ? (review.reviewer ?? input.owner ?? work.caller.sub) : null, closedAt: review ? at : null, reason: null,
  });
}
