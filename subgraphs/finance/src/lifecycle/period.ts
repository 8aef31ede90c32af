import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { FinanceCode } from '../errors.ts';
import type { PeriodStatus } from '../model/index.ts';

/** What the guards of a billing period look at. */
export interface PeriodFacts {
  readonly now: Date;
  /** The first moment after the month, UTC. */
  readonly end: Date;
  readonly reason: string | null;
  /** Whether its charges are noted to be allocated anew. */
  readonly isReallocated: boolean;
}

type PeriodGuard = Guard<PeriodFacts> & { readonly code: FinanceCode };

const over: PeriodGuard = { code: 'PERIOD_NOT_OVER', about: 'the month is over', unmet: ({ now, end }) => (now >= end ? [] : [{ message: `The month ends at ${end.toISOString()}.` }]) };
const settled: PeriodGuard = { code: 'REALLOCATION_PENDING', about: 'no charge of it is to be allocated anew', unmet: ({ isReallocated }) => (isReallocated ? [{ message: 'Charges of the month are to be allocated anew first, by rules that changed or by shares.' }] : []) };
const hasReason: PeriodGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: ({ reason }) => (reason?.trim() ? [] : [{ message: 'A reason is needed.' }]) };

/** The billing period lifecycle. A period is there from the first row or budget that needs it. */
export const periodLifecycle = defineLifecycle({
  noun: 'BillingPeriod',
  states: { OPEN: { about: 'rows may come in' }, CLOSED: { about: 'no row changes it any more; corrections go into the open one' } },
  births: [{ verb: 'openPeriod', to: 'OPEN', who: ['allocator'], emits: 'period.opened' }],
  rows: [
    { verb: 'closePeriod', from: ['OPEN'], to: 'CLOSED', who: ['allocator'], when: [over, settled], emits: 'period.closed' },
    { verb: 'reopenPeriod', from: ['CLOSED'], to: 'OPEN', who: ['steward'], when: [hasReason], emits: 'period.reopened', about: 'corrections normally go into the next open one' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<PeriodStatus, string, PeriodFacts>>[0]);
