import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { FinanceCode } from '../errors.ts';
import type { BudgetStatus } from '../model/index.ts';

/** What the guards of a budget look at; amounts are compared before, exactly. */
export interface BudgetFacts {
  /** Ids of active or frozen budgets of the same domain and currency whose period meets this one, and that are neither its parent nor its children. */
  readonly overlapping: readonly string[];
  /** One sentence when the parent has not that much, or its children sum to more than it is to have. */
  readonly parentTooSmall: string | null;
  readonly childrenTooLarge: string | null;
  /** One sentence when more is committed and spent than it is to have. */
  readonly belowUsed: string | null;
  /** Months of its period that are not closed. */
  readonly openMonths: readonly string[];
  readonly reason: string | null;
}

type BudgetGuard = Guard<BudgetFacts> & { readonly code: FinanceCode };

const noOverlap: BudgetGuard = { code: 'BUDGET_OVERLAPS', about: 'no other budget of its domain and currency covers any of its days', unmet: ({ overlapping }) => (overlapping.length === 0 ? [] : [{ message: `${overlapping.length} other ${overlapping.length === 1 ? 'budget covers' : 'budgets cover'} some of its days.`, refs: overlapping }]) };
const said = (code: FinanceCode, about: string, sentence: (facts: BudgetFacts) => string | null): BudgetGuard => ({ code, about, unmet: (facts) => (sentence(facts) === null ? [] : [{ message: sentence(facts)! }]) });
const fitsParent = said('PARENT_TOO_SMALL', 'with it, the children of its parent sum to at most what the parent has', ({ parentTooSmall }) => parentTooSmall);
const holdsChildren = said('CHILDREN_TOO_LARGE', 'it has at least what its children sum to', ({ childrenTooLarge }) => childrenTooLarge);
const holdsUsed = said('BELOW_USED', 'it has at least what is committed and spent', ({ belowUsed }) => belowUsed);
const hasReason: BudgetGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: ({ reason }) => (reason?.trim() ? [] : [{ message: 'A reason is needed.' }]) };
const monthsClosed: BudgetGuard = { code: 'PERIOD_OPEN', about: 'every billing period of it is closed', unmet: ({ openMonths }) => (openMonths.length === 0 ? [] : [{ message: `Not closed: ${openMonths.join(', ')}.`, refs: openMonths }]) };

/** The budget lifecycle. */
export const budgetLifecycle = defineLifecycle({
  noun: 'Budget',
  states: {
    DRAFT: { about: 'written, not in force' },
    ACTIVE: { about: 'commitments may be made' },
    FROZEN: { about: 'in force, without new commitments' },
    CLOSED: { about: 'its period is over and reconciled' },
  },
  births: [{ verb: 'draftBudget', to: 'DRAFT', who: ['allocator'], emits: 'budget.drafted' }],
  rows: [
    { verb: 'activateBudget', from: ['DRAFT'], to: 'ACTIVE', who: ['allocator'], when: [noOverlap, fitsParent, holdsChildren], emits: 'budget.activated' },
    { verb: 'reviseBudget', from: ['ACTIVE'], to: 'ACTIVE', who: ['allocator'], when: [hasReason, fitsParent, holdsChildren, holdsUsed], emits: 'budget.revised', about: 'the old revision is kept' },
    { verb: 'freezeBudget', from: ['ACTIVE'], to: 'FROZEN', who: ['allocator'], when: [hasReason], emits: 'budget.frozen' },
    { verb: 'unfreezeBudget', from: ['FROZEN'], to: 'ACTIVE', who: ['allocator'], when: [hasReason], emits: 'budget.unfrozen' },
    { verb: 'closeBudget', from: ['ACTIVE', 'FROZEN'], to: 'CLOSED', who: ['allocator'], when: [monthsClosed], emits: 'budget.closed' },
    { verb: 'reopenBudget', from: ['CLOSED'], to: 'ACTIVE', who: ['steward'], when: [hasReason, noOverlap], emits: 'budget.reopened', about: 'explicit approval; corrections normally go into the next open period' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<BudgetStatus, string, BudgetFacts>>[0]);
