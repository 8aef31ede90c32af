import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { GovernanceCode } from '../errors.ts';
import type { AcceptancePoint, TaskStatus, WorkstreamStatus } from '../model.ts';

/** What the guards of a task look at; gathered with workstream and task locked. */
export interface TaskFacts {
  readonly workstreamStatus: WorkstreamStatus;
  /** Codes of what it depends on and that is not done. */
  readonly openDependencies: readonly string[];
  readonly waitingOn: string | null;
  /** Whether the gate, task or decision it waits on is met, or the caller overrules it with a reason. */
  readonly blockerMetOrOverruled: boolean;
  readonly reason: string | null;
  readonly completionNote: string | null;
  readonly acceptance: readonly AcceptancePoint[];
  /** Code of the successor that a closure review made in another workstream. */
  readonly successor: string | null;
}

type TaskGuard = Guard<TaskFacts> & { readonly code: GovernanceCode };

const met: readonly [] = [];
const workstreamActive: TaskGuard = { code: 'WORKSTREAM_ACTIVE', about: 'the workstream is active', unmet: (facts) => (facts.workstreamStatus === 'ACTIVE' ? met : [{ message: `The workstream is ${facts.workstreamStatus}.` }]) };
const notBlocked: TaskGuard = {
  code: 'NOT_BLOCKED',
  about: 'everything it depends on is done',
  unmet: (facts) => (facts.openDependencies.length === 0 ? met : [{ message: `Not done yet: ${facts.openDependencies.join(', ')}.`, refs: facts.openDependencies }]),
};
const saysWhatFor: TaskGuard = { code: 'WAITING_ON_REQUIRED', input: true, about: 'it is said what the task waits for', unmet: (facts) => (facts.waitingOn?.trim() ? met : [{ message: 'Say what the task waits for: a text, or the code of a task, gate or decision.' }]) };
const blockerMet: TaskGuard = { code: 'BLOCKER_MET', about: 'the blocker is met, or overruled with a reason', unmet: (facts) => (facts.blockerMetOrOverruled ? met : [{ message: `Still waiting on ${facts.waitingOn ?? 'something'}; give a reason to overrule it.` }]) };
const hasNote: TaskGuard = { code: 'COMPLETION_NOTE_REQUIRED', input: true, about: 'a completion note says what was done', unmet: (facts) => (facts.completionNote?.trim() ? met : [{ message: 'A completion note is needed.' }]) };
const acceptanceTicked: TaskGuard = {
  code: 'ACCEPTANCE_TICKED',
  about: 'every point of the acceptance list is ticked',
  unmet: (facts) => facts.acceptance.filter((point) => !point.done).map((point) => ({ message: `Not accepted yet, tick it by updateTask: ${point.text}`, refs: [] })),
};
const hasReason: TaskGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? met : [{ message: 'A reason is needed.' }]) };
const hasSuccessor: TaskGuard = { code: 'IN_CLOSURE_REVIEW', about: 'a closure review made its successor', unmet: (facts) => (facts.successor ? met : [{ message: 'Only a closure review carries a task forward.' }]) };

/** The task lifecycle. */
export const taskLifecycle = defineLifecycle({
  noun: 'Task',
  states: {
    TODO: { about: 'not begun' },
    IN_PROGRESS: { about: 'being worked on' },
    WAITING: { about: 'blocked by something named' },
    DONE: { about: 'finished, with a note' },
    CANCELLED: { about: 'given up, with a reason' },
    CARRIED_FORWARD: { about: 'goes on in another workstream', terminal: true },
  },
  births: [
    { verb: 'createTask', to: 'TODO', who: ['author', 'maintainer'], emits: 'task.created' },
  ],
  rows: [
    { verb: 'startTask', from: ['TODO'], to: 'IN_PROGRESS', who: ['author', 'maintainer'], when: [workstreamActive, notBlocked], emits: 'task.started' },
    { verb: 'waitTask', from: ['TODO', 'IN_PROGRESS'], to: 'WAITING', who: ['author', 'maintainer'], when: [saysWhatFor], emits: 'task.waiting' },
    { verb: 'unblockTask', from: ['WAITING'], to: 'TODO', who: ['author', 'maintainer'], when: [blockerMet], emits: 'task.unblocked' },
    { verb: 'unblockTask', from: ['WAITING'], to: 'IN_PROGRESS', who: ['author', 'maintainer'], when: [blockerMet], emits: 'task.unblocked' },
    { verb: 'completeTask', from: ['TODO', 'IN_PROGRESS', 'WAITING'], to: 'DONE', who: ['author', 'maintainer'], when: [hasNote, acceptanceTicked], emits: 'task.done' },
    { verb: 'cancelTask', from: ['TODO', 'IN_PROGRESS', 'WAITING'], to: 'CANCELLED', who: ['maintainer'], when: [hasReason], emits: 'task.cancelled' },
    { verb: 'carryTask', from: ['TODO', 'IN_PROGRESS', 'WAITING'], to: 'CARRIED_FORWARD', who: ['maintainer', 'steward'], when: [hasSuccessor], emits: 'task.carried', about: 'only inside a closure review' },
    { verb: 'reopenTask', from: ['DONE', 'CANCELLED'], to: 'TODO', who: ['maintainer'], when: [workstreamActive, hasReason], emits: 'task.reopened' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<TaskStatus, string, TaskFacts>>[0]);
