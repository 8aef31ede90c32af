import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { periodLifecycle, type PeriodFacts } from './period.ts';

const base: PeriodFacts = { now: new Date('2026-02-01T00:00:00Z'), end: new Date('2026-02-01T00:00:00Z'), reason: 'because', isReallocated: false };

lifecycleContract('BillingPeriod', periodLifecycle, base, {
  PERIOD_NOT_OVER: { met: { now: new Date('2026-02-01T00:00:00Z') }, unmet: { now: new Date('2026-01-31T23:59:59.999Z') } },
  REALLOCATION_PENDING: { met: { isReallocated: false }, unmet: { isReallocated: true } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: null } },
});
