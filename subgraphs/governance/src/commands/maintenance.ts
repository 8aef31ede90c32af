import { newId } from '@hubgraph/kit/ids';
import { Refused, transitionRefused } from '@hubgraph/kit/refusal';
import { taskLifecycle } from '../lifecycle/task.ts';
import type { Task, TaskStatus } from '../model.ts';
import { progress, tasks } from '../store/index.ts';
import { recordTask, type Work } from './common.ts';
import { consequences, taskFacts, type MoveTaskInput, type TaskMove } from './task.ts';

/** What was found stale. */
export interface StaleReport {
  readonly flagged: readonly string[];
  /** Whether more are left for another run. */
  readonly more: boolean;
}

const STALE_BATCH = 1_000;

/**
 * Reports open tasks that nobody touched for `days`: one `task.stale` event per staleness, at most 1,000 tasks a run. No
 * state changes, so neither do version and `updatedAt`; a touch makes the task fresh, and it may go stale again.
 */
export async function flagStaleTasks(work: Work, input: { readonly days: number }): Promise<{ report: StaleReport }> {
  const before = new Date(work.now.getTime() - input.days * 86_400_000);
  const found = await tasks.lockUntouched(work.tx, before, STALE_BATCH);
  await tasks.markStale(work.tx, found.map((task) => task.id), work.now);
  for (const task of found) recordTask(work, 'task.stale', task, task.status, task.workstreamCode, task.domainSlug);
  return { report: { flagged: found.map((task) => task.code), more: found.length === STALE_BATCH } };
}

/** A workplan file as it was read again just before the clean-up. */
export interface ReadAgain {
  /** Code of the workstream. */
  readonly code: string;
  readonly path: string;
  readonly sha256: string;
  readonly tasks: readonly { readonly code: string; readonly status: TaskStatus }[];
}

/** A task whose file and graph disagreed. */
export interface TaskDrift {
  readonly code: string;
  readonly file: TaskStatus;
  readonly graph: TaskStatus;
}

/** What a clean-up did. */
export interface CleanupReport {
  /** Done in the file, so done now. */
  readonly completed: readonly string[];
  readonly cancelled: readonly string[];
  readonly drift: readonly TaskDrift[];
  /** Workstreams that have a file which was not read again; their tasks were left alone. */
  readonly unread: readonly string[];
}

/**
 * Cleans up open tasks of closed workstreams. The file is the authority: what it calls done becomes done, with the drift
 * reported; what is left is cancelled. A workstream whose file was not read again is left alone, because cancelling what
 * the file says is done is the very accident that this avoids. One journal entry tells of the whole run.
 */
export async function cleanupTasks(work: Work, input: { readonly files: readonly ReadAgain[] }): Promise<{ report: CleanupReport } | Refused> {
  const files = new Map(input.files.map((file) => [file.code, file]));
  const open = await tasks.lockOpenOfClosed(work.tx);
  const report = { completed: [] as string[], cancelled: [] as string[], drift: [] as TaskDrift[], unread: new Set<string>() };
  const stored = await tasks.facts(work.tx, open.map((task) => task.id));
  const errors: Refused[] = [];
  for (const task of open) {
    const file = files.get(task.workstreamCode);
    if (file === undefined && task.sourcePath !== null) {
      report.unread.add(task.workstreamCode);
      continue;
    }
    const inFile = file?.tasks.find((line) => line.code === task.code)?.status;
    if (inFile !== undefined && inFile !== task.status) report.drift.push({ code: task.code, file: inFile, graph: task.status });
    const verb: TaskMove = inFile === 'DONE' ? 'completeTask' : 'cancelTask';
    const move: MoveTaskInput = { id: task.id, note: `done in ${file?.path}`, reason: `${task.workstreamCode} is ${task.workstreamStatus}; the clean-up found the task still open` };
    const facts = stored.get(task.id);
    if (facts === undefined) throw new Error(`task ${task.code} is locked but has no facts`);
    // The file vouches for the acceptance list.
    const decided = taskLifecycle.decide(verb, task.status, { ...taskFacts(facts, task, verb, move), acceptance: [] }, work.caller);
    if (!decided.moved) {
      errors.push(transitionRefused(decided, taskLifecycle.allowed(task.status, facts, work.caller)));
      continue;
    }
    await close(work, task, verb, decided.to, move);
    (verb === 'completeTask' ? report.completed : report.cancelled).push(task.code);
  }
  if (errors.length > 0) return new Refused(errors.flatMap((refused) => refused.errors));
  const answer: CleanupReport = { ...report, unread: [...report.unread].sort() };
  if (answer.completed.length + answer.cancelled.length > 0) await journal(work, answer);
  return { report: answer };
}

async function close(work: Work, task: Task & { workstreamCode: string; domainSlug: string }, verb: TaskMove, to: TaskStatus, move: MoveTaskInput): Promise<void> {
  const { workstreamCode, domainSlug, ...before } = task;
  const saved = await tasks.save(work.tx, before, { status: to, ...consequences(verb, before, move) }, work.now);
  const reason = verb === 'completeTask' ? move.note : move.reason;
  work.note({ noun: 'Task', entityId: task.id, verb, from: task.status, to, note: reason });
  recordTask(work, verb === 'completeTask' ? 'task.done' : 'task.cancelled', saved, task.status, workstreamCode, domainSlug, { reason });
}

async function journal(work: Work, report: CleanupReport): Promise<void> {
  const summary = `Clean-up: ${report.completed.length} tasks done as their files say, ${report.cancelled.length} cancelled, ${report.unread.length} workstreams left alone because their files were not read.`;
  const entry = { id: newId(), at: work.now, actor: work.caller.sub, eventType: 'maintenance.cleanup', summary, details: report, domainId: null, repoId: null, workstreamId: null, taskId: null };
  await progress.insert(work.tx, [entry]);
  work.record('progress.recorded', { subject: `progress/${entry.id}`, data: { id: entry.id, eventType: entry.eventType, summary } });
}
