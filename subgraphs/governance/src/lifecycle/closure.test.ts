import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISPOSITIONS, TASK_STATUSES, type Classification, type Task, type TaskStatus, type WorkstreamStatus } from '../model.ts';
import { closureBlockers, type ClosureFacts } from './closure.ts';

const task = (code: string, status: TaskStatus): Task => ({
  id: code, code, workstreamId: 'w', ordinal: 1, title: code, description: null, status, priority: 'MEDIUM', assignee: null, waitingOn: null, waitingFrom: null, acceptance: [], completionNote: null,
  cancelReason: null, supersededBy: null, successorId: null, createdBy: 'a', createdAt: new Date(0), updatedAt: new Date(0), staleAt: null, version: 1,
});
const decision = (title: string) => ({ id: title, title, createdAt: new Date(0) });
const facts = (more: Partial<ClosureFacts>): ClosureFacts => ({ tasks: [], classifications: [], targets: new Map([['B-WP-0001', 'ACTIVE']]), self: 'A-WP-0001', openBlockingDecisions: [], reviewOpen: true, authors: ['ada', 'bob'], reviewer: 'bob', ...more });
const codes = (more: Partial<ClosureFacts>) => closureBlockers(facts(more)).map((blocker) => blocker.code);

describe('the closure protocol', () => {
  it.each<[string, Partial<ClosureFacts>, string[]]>([
    ['lets an empty workstream be closed by a second person', {}, []],
    ['needs an open review', { reviewOpen: false }, ['REVIEW_NOT_OPEN']],
    ['refuses the only author as reviewer', { authors: ['bob', 'bob'] }, ['SOLE_AUTHOR']],
    ['refuses a reviewer when nobody is known as author', { authors: [] }, ['SOLE_AUTHOR']],
    ['waits for blocking decisions, each by name', { openBlockingDecisions: [decision('x'), decision('y')] }, ['BLOCKING_DECISION_OPEN', 'BLOCKING_DECISION_OPEN']],
    ['misses a task that is not classified', { tasks: [task('T1', 'DONE')] }, ['TASK_UNCLASSIFIED']],
    ['refuses a task that is classified twice', { tasks: [task('T1', 'DONE')], classifications: [{ task: 'T1', as: 'DONE' }, { task: 'T1', as: 'CANCELLED', reason: 'x' }] }, ['TASK_CLASSIFIED_TWICE']],
    ['refuses a task of another workstream', { classifications: [{ task: 'T9', as: 'DONE' }] }, ['TASK_UNKNOWN']],
    ['refuses done for what is not done', { tasks: [task('T1', 'IN_PROGRESS')], classifications: [{ task: 'T1', as: 'DONE' }] }, ['TASK_NOT_DONE']],
    ['refuses another word for what is closed already', { tasks: [task('T1', 'DONE')], classifications: [{ task: 'T1', as: 'CANCELLED', reason: 'x' }] }, ['TASK_ALREADY_CLOSED']],
    ['asks why a task is cancelled', { tasks: [task('T1', 'TODO')], classifications: [{ task: 'T1', as: 'CANCELLED', reason: ' ' }] }, ['CANCEL_REASON_MISSING']],
    ['asks where a task is carried', { tasks: [task('T1', 'TODO')], classifications: [{ task: 'T1', as: 'CARRY_FORWARD' }] }, ['CARRY_TARGET_MISSING']],
    ['refuses a receiver that does not exist', { tasks: [task('T1', 'TODO')], classifications: [{ task: 'T1', as: 'CARRY_FORWARD', carryTo: 'C-WP-0001' }] }, ['CARRY_TARGET_CLOSED']],
    ['refuses to carry a task into its own workstream', { tasks: [task('T1', 'TODO')], targets: new Map([['A-WP-0001', 'ACTIVE']]), classifications: [{ task: 'T1', as: 'CARRY_FORWARD', carryTo: 'A-WP-0001' }] }, ['CARRY_TARGET_CLOSED']],
    ['carries into a workstream that is under way', { tasks: [task('T1', 'WAITING')], classifications: [{ task: 'T1', as: 'CARRY_FORWARD', carryTo: 'B-WP-0001' }] }, []],
    ['lists every reason at once', { tasks: [task('T1', 'TODO'), task('T2', 'TODO')], openBlockingDecisions: [decision('x')], authors: ['bob'], reviewOpen: false }, ['REVIEW_NOT_OPEN', 'TASK_UNCLASSIFIED', 'TASK_UNCLASSIFIED', 'BLOCKING_DECISION_OPEN', 'SOLE_AUTHOR']],
  ])('%s', (_name, more, expected) => {
    expect(codes(more)).toEqual(expected);
  });

  const receiving: WorkstreamStatus[] = ['PROPOSED', 'ACTIVE', 'PAUSED'];
  it.each<WorkstreamStatus>(['PROPOSED', 'ACTIVE', 'PAUSED', 'CLOSING', 'COMPLETED', 'CANCELLED', 'ARCHIVED'])('decides whether a workstream that is %s may receive tasks', (status) => {
    const blockers = codes({ tasks: [task('T1', 'TODO')], targets: new Map([['B-WP-0001', status]]), classifications: [{ task: 'T1', as: 'CARRY_FORWARD', carryTo: 'B-WP-0001' }] });
    expect(blockers).toEqual(receiving.includes(status) ? [] : ['CARRY_TARGET_CLOSED']);
  });

  it('passes exactly when every task is classified once and each line fits its task (property, against a naive reading)', () => {
    const codesOfTasks = ['T1', 'T2', 'T3', 'T4'];
    const line = fc.record({ task: fc.constantFrom(...codesOfTasks, 'T9'), as: fc.constantFrom(...DISPOSITIONS), reason: fc.option(fc.constantFrom('', 'why')), carryTo: fc.option(fc.constantFrom('B-WP-0001', 'C-WP-0001')) });
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...codesOfTasks)), fc.array(fc.constantFrom(...TASK_STATUSES), { minLength: 4, maxLength: 4 }), fc.array(line, { maxLength: 6 }), (present, statuses, classifications: Classification[]) => {
        const tasks = present.map((code, index) => task(code, statuses[index]!));
        const fits = (one: Task): boolean => {
          const lines = classifications.filter((candidate) => candidate.task === one.code);
          if (lines.length !== 1) return false;
          const { as, reason, carryTo } = lines[0]!;
          if (one.status === 'DONE' || one.status === 'CANCELLED') return as === one.status;
          if (one.status === 'CARRIED_FORWARD') return as === 'CARRY_FORWARD';
          return as === 'CANCELLED' ? Boolean(reason) : as === 'CARRY_FORWARD' && carryTo === 'B-WP-0001';
        };
        const good = tasks.every(fits) && classifications.every((candidate) => present.includes(candidate.task));
        expect(codes({ tasks, classifications }).length === 0).toBe(good);
      }),
      { numRuns: 2_000 },
    );
  });
});
