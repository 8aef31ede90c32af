import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { GovernanceCode } from '../errors.ts';
import type { WorkstreamStatus } from '../model.ts';

/** What the guards of a workstream look at; gathered with the row locked. */
export interface WorkstreamFacts {
  readonly owner: string | null;
  /** Codes or ids that the workstream names as dependencies and that do not exist. */
  readonly unknownDependencies: readonly string[];
  /** Reason or note given with the verb. */
  readonly reason: string | null;
  readonly openTasks: readonly string[];
  /** Ids of things of other hubs that wait for it. */
  readonly waitsOutside: readonly string[];
  /** Open tasks that neither a classification nor a superseding workstream disposes of. */
  readonly undisposedTasks: readonly string[];
  /** Whether a closure review is open and nothing blocks it; its blockers are listed by `ClosureRefused`. */
  readonly closureAccepted: boolean;
  /** Id of the accepted decision named with the verb. */
  readonly acceptedDecision: string | null;
}

type WorkstreamGuard = Guard<WorkstreamFacts> & { readonly code: GovernanceCode };

const met: readonly [] = [];
const hasOwner: WorkstreamGuard = { code: 'OWNER_REQUIRED', about: 'an owner is set', unmet: (facts) => (facts.owner ? met : [{ message: 'The workstream has no owner; name one by updateWorkstream.' }]) };
const dependenciesKnown: WorkstreamGuard = {
  code: 'DEPENDENCIES_KNOWN',
  about: 'every dependency exists',
  unmet: (facts) => (facts.unknownDependencies.length === 0 ? met : [{ message: `Unknown dependencies: ${facts.unknownDependencies.join(', ')}.`, refs: facts.unknownDependencies }]),
};
const hasReason: WorkstreamGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? met : [{ message: 'A reason is needed.' }]) };
const noOpenTask: WorkstreamGuard = {
  code: 'OPEN_TASKS',
  about: 'no task is open',
  unmet: (facts) => (facts.openTasks.length === 0 ? met : [{ message: `Open tasks: ${facts.openTasks.join(', ')}.`, refs: facts.openTasks }]),
};
const nothingOutside: WorkstreamGuard = {
  code: 'OTHER_HUBS_WAIT',
  about: 'nothing in other hubs waits for it',
  unmet: ({ waitsOutside }) => (waitsOutside.length === 0 ? met : [{ message: `${waitsOutside.length} thing${waitsOutside.length === 1 ? '' : 's'} of other hubs wait for it; \`closureBlockers\` lists them.`, refs: waitsOutside }]),
};
const reviewedOrSuperseded: WorkstreamGuard = {
  code: 'SUCCESSOR_OR_REVIEW_REQUIRED',
  input: true,
  about: 'every open task is disposed of, or a superseding workstream is named',
  unmet: (facts) => (facts.undisposedTasks.length === 0 ? met : [{ message: `Open tasks without a disposition: ${facts.undisposedTasks.join(', ')}.`, refs: facts.undisposedTasks }]),
};
const closureAccepted: WorkstreamGuard = { code: 'CLOSURE_ACCEPTED', input: true, about: 'a closure review is open and nothing blocks it', unmet: (facts) => (facts.closureAccepted ? met : [{ message: 'The closure review is not accepted; `closureBlockers` lists what stands in the way.' }]) };
const hasDecision: WorkstreamGuard = { code: 'DECISION_REQUIRED', input: true, about: 'an accepted decision names why', unmet: (facts) => (facts.acceptedDecision ? met : [{ message: 'An accepted decision must say why it is reopened; give its id as decision.' }]) };

/** The workstream lifecycle and closure protocol. */
export const workstreamLifecycle = defineLifecycle({
  noun: 'Workstream',
  states: {
    PROPOSED: { about: 'written down, not begun' },
    ACTIVE: { about: 'being worked on' },
    PAUSED: { about: 'set aside with a reason' },
    CLOSING: { about: 'a closure review is open' },
    COMPLETED: { about: 'closed by an accepted review' },
    CANCELLED: { about: 'given up or superseded' },
    ARCHIVED: { about: 'kept for the record', terminal: true },
  },
  births: [{ verb: 'proposeWorkstream', to: 'PROPOSED', who: ['author', 'maintainer'], emits: 'workstream.proposed' }],
  rows: [
    { verb: 'activateWorkstream', from: ['PROPOSED'], to: 'ACTIVE', who: ['maintainer'], when: [hasOwner, dependenciesKnown], emits: 'workstream.activated' },
    { verb: 'pauseWorkstream', from: ['ACTIVE'], to: 'PAUSED', who: ['maintainer'], when: [hasReason], emits: 'workstream.paused' },
    { verb: 'resumeWorkstream', from: ['PAUSED'], to: 'ACTIVE', who: ['maintainer'], when: [hasReason], emits: 'workstream.resumed' },
    { verb: 'openClosureReview', from: ['ACTIVE'], to: 'CLOSING', who: ['author', 'maintainer'], emits: 'workstream.closing', about: 'takes a snapshot of all tasks' },
    { verb: 'completeWorkstream', from: ['CLOSING'], to: 'COMPLETED', who: ['maintainer', 'steward'], when: [closureAccepted], emits: 'workstream.completed' },
    { verb: 'rejectClosureReview', from: ['CLOSING'], to: 'ACTIVE', who: ['maintainer'], when: [hasReason], emits: 'workstream.reopened', about: 'the review is sent back' },
    { verb: 'cancelWorkstream', from: ['PROPOSED', 'ACTIVE', 'PAUSED'], to: 'CANCELLED', who: ['maintainer'], when: [hasReason, reviewedOrSuperseded], emits: 'workstream.cancelled' },
    { verb: 'archiveWorkstream', from: ['COMPLETED', 'CANCELLED'], to: 'ARCHIVED', who: ['maintainer'], when: [noOpenTask, nothingOutside], emits: 'workstream.archived' },
    { verb: 'reopenWorkstream', from: ['COMPLETED'], to: 'ACTIVE', who: ['steward'], when: [hasDecision], emits: 'workstream.reopened', about: 'a new review is then needed' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<WorkstreamStatus, string, WorkstreamFacts>>[0]);
