import { newId } from '@hubgraph/kit/ids';
import { Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { classificationBlockers, type ClosureBlocker } from '../lifecycle/closure.ts';
import type { ClosureSource } from '../lifecycle/outside.ts';
import { taskLifecycle } from '../lifecycle/task.ts';
import { isOpen, type Classification, type Task, type Workstream } from '../model.ts';
import { tasks, workstreams } from '../store/index.ts';
import { placeOf, recordTask, type Place, type Work } from './common.ts';
import { nextTaskCode } from './task-code.ts';

/** A closure that is refused, with all that stands in its way. */
export function closureRefused(workstream: Workstream, blockers: readonly ClosureBlocker[], sources: readonly ClosureSource[] = [], verb: 'completed' | 'archived' = 'completed'): MutationErrorData {
  return { type: 'ClosureRefused', code: 'CLOSURE_REFUSED', message: `${workstream.code} cannot be ${verb}: ${blockers.length} blocker${blockers.length === 1 ? '' : 's'}.`, path: ['input', ...(verb === 'completed' ? ['review'] : [])], blockers, sources };
}


/**
 * Does what classifications say: open tasks are cancelled, or carried into the receiving workstream where their
 * successor is made. Refuses with `ClosureRefused` when a line does not fit. Answers the lines with their successors.
 */
export async function disposeOf(work: Work, workstream: Workstream, all: readonly Task[], classifications: readonly Classification[], place: Place): Promise<readonly Classification[] | Refused> {
  const codes = [...new Set(classifications.flatMap((line) => (line.carryTo ? [line.carryTo] : [])))];
  const targets = await workstreams.byCodes(work.tx, codes);
  const disposed = all.filter((task) => isOpen(task) || classifications.some((line) => line.task === task.code));
  const blockers = classificationBlockers({ tasks: disposed, classifications, targets: new Map([...targets].map(([code, target]) => [code, target.status])), self: workstream.code });
  if (blockers.length > 0) return new Refused([closureRefused(workstream, blockers)]);

  const byCode = new Map(all.map((task) => [task.code, task]));
  const done: Classification[] = [];
  for (const line of classifications) {
    const task = byCode.get(line.task);
    const target = line.carryTo ? targets.get(line.carryTo) : undefined;
    if (task === undefined || !isOpen(task)) done.push(line);
    else if (target === undefined) done.push(await cancelInReview(work, task, line, workstream, place));
    else done.push(await carry(work, task, line, workstream, target, place));
  }
  return done;
}

async function cancelInReview(work: Work, task: Task, line: Classification, workstream: Workstream, place: Place): Promise<Classification> {
  const cancelled = await tasks.save(work.tx, task, { status: 'CANCELLED', cancelReason: line.reason ?? null }, work.now);
  work.note({ noun: 'Task', entityId: task.id, verb: 'cancelTask', from: task.status, to: 'CANCELLED', note: line.reason });
  recordTask(work, 'task.cancelled', cancelled, task.status, workstream.code, place.domain, { reason: line.reason });
  return line;
}

async function carry(work: Work, task: Task, line: Classification, workstream: Workstream, target: Workstream, place: Place): Promise<Classification> {
  const next = await nextTaskCode(work.tx, target);
  const successor: Task = {
    ...task, id: newId(), code: next.code, workstreamId: target.id, ordinal: next.ordinal, status: 'TODO', waitingOn: null, waitingFrom: null, completionNote: null, cancelReason: null, supersededBy: null,
    successorId: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, staleAt: null, version: 1,
  };
  const facts = (await tasks.facts(work.tx, [task.id])).get(task.id);
  const decided = facts && taskLifecycle.decide('carryTask', task.status, { ...facts, successor: successor.code }, work.caller);
  // The protocol let it through, so a refusal here is a contradiction between two tables.
  if (!decided?.moved) throw new Error(`${task.code} cannot be carried forward from ${task.status}`);
  await tasks.insert(work.tx, [successor]);
  const carried = await tasks.save(work.tx, task, { status: decided.to, successorId: successor.id }, work.now);
  work.note({ noun: 'Task', entityId: task.id, verb: 'carryTask', from: decided.from, to: decided.to, note: line.reason, evidence: [successor.code] });
  work.note({ noun: 'Task', entityId: successor.id, verb: 'createTask', from: null, to: 'TODO', note: `carries on ${task.code}` });
  recordTask(work, 'task.carried', carried, task.status, workstream.code, place.domain, { successor: successor.code, reason: line.reason });
  recordTask(work, 'task.created', successor, null, target.code, (await placeOf(work.tx, target)).domain);
  return { ...line, successor: successor.code };
}
