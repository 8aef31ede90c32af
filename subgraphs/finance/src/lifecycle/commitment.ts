import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { FinanceCode } from '../errors.ts';
import type { BudgetStatus, CommitmentStatus } from '../model/index.ts';

/** What the guards of a commitment look at; the budget's row is locked with it. */
export interface CommitmentFacts {
  readonly budgetStatus: BudgetStatus;
  /** One sentence when the budget has not that much left. */
  readonly noRoom: string | null;
  readonly overrideDecision: string | null;
  /** One sentence when an amount cannot be converted. */
  readonly rateMissing: string | null;
  readonly reason: string | null;
  readonly end: string | null;
  readonly successorId: string | null;
}

type CommitmentGuard = Guard<CommitmentFacts> & { readonly code: FinanceCode };

const budgetActive: CommitmentGuard = { code: 'BUDGET_NOT_ACTIVE', about: 'its budget takes commitments', unmet: ({ budgetStatus }) => (budgetStatus === 'ACTIVE' ? [] : [{ message: `The budget is ${budgetStatus}.` }]) };
const convertible: CommitmentGuard = { code: 'RATE_MISSING', about: 'its amount can be converted into the currency of the budget by a dated rate', unmet: ({ rateMissing }) => (rateMissing === null ? [] : [{ message: rateMissing }]) };
const hasRoom: CommitmentGuard = { code: 'NO_ROOM', about: 'the budget has room for it, or a decision overrides it', unmet: ({ noRoom, overrideDecision }) => (noRoom === null || overrideDecision?.trim() ? [] : [{ message: noRoom }]) };
const hasReason: CommitmentGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: ({ reason }) => (reason?.trim() ? [] : [{ message: 'A reason is needed.' }]) };
const hasEnd: CommitmentGuard = { code: 'END_REQUIRED', input: true, about: 'the day of its end is given', unmet: ({ end }) => (end === null ? [{ message: 'The day on which it ends is needed.' }] : []) };
const hasSuccessor: CommitmentGuard = { code: 'SUCCESSOR_REQUIRED', input: true, about: 'the one that takes its place is named', unmet: ({ successorId }) => (successorId === null ? [{ message: 'The id of the commitment that takes its place is needed.' }] : []) };

/**
 * The commitment lifecycle, in the words of FOCUS 1.4. PENDING, ACTIVE, EXHAUSTED and EXPIRED follow from dates and
 * payments at every moment; `settleCommitment` is how the hub tells of such computed moves.
 */
export const commitmentLifecycle = defineLifecycle({
  noun: 'Commitment',
  states: {
    PROPOSED: { about: 'written, not signed' },
    PENDING: { about: 'signed, before its start' },
    ACTIVE: { about: 'in force' },
    EXHAUSTED: { about: 'its whole value is paid' },
    EXPIRED: { about: 'its end has passed', terminal: true },
    CANCELED: { about: 'ended early', terminal: true },
    SUPERSEDED: { about: 'another took its place', terminal: true },
  },
  births: [{ verb: 'proposeCommitment', to: 'PROPOSED', who: ['allocator'], emits: 'commitment.proposed' }],
  rows: [
    { verb: 'signCommitment', from: ['PROPOSED'], to: 'PENDING', who: ['allocator'], when: [budgetActive, convertible, hasRoom], emits: 'commitment.signed', about: 'ACTIVE at once when its start has come' },
    { verb: 'settleCommitment', from: ['PENDING'], to: 'ACTIVE', who: ['system'], emits: 'commitment.activated', about: 'computed: its start has come' },
    { verb: 'settleCommitment', from: ['ACTIVE'], to: 'EXHAUSTED', who: ['system'], emits: 'commitment.exhausted', about: 'computed: its value is paid' },
    { verb: 'settleCommitment', from: ['ACTIVE', 'EXHAUSTED'], to: 'EXPIRED', who: ['system'], emits: 'commitment.expired', about: 'computed: its end has passed' },
    { verb: 'cancelCommitment', from: ['PROPOSED', 'PENDING', 'ACTIVE'], to: 'CANCELED', who: ['allocator'], when: [hasReason, hasEnd], emits: 'commitment.canceled' },
    { verb: 'supersedeCommitment', from: ['ACTIVE'], to: 'SUPERSEDED', who: ['allocator'], when: [hasSuccessor], emits: 'commitment.superseded' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<CommitmentStatus, string, CommitmentFacts>>[0]);
