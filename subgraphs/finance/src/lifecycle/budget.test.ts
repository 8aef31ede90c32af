import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { budgetLifecycle, type BudgetFacts } from './budget.ts';

const base: BudgetFacts = { overlapping: [], parentTooSmall: null, childrenTooLarge: null, belowUsed: null, openMonths: [], reason: 'because' };

lifecycleContract('Budget', budgetLifecycle, base, {
  BUDGET_OVERLAPS: { met: { overlapping: [] }, unmet: { overlapping: ['a'] } },
  PARENT_TOO_SMALL: { met: { parentTooSmall: null }, unmet: { parentTooSmall: 'too small' } },
  CHILDREN_TOO_LARGE: { met: { childrenTooLarge: null }, unmet: { childrenTooLarge: 'too large' } },
  BELOW_USED: { met: { belowUsed: null }, unmet: { belowUsed: 'used' } },
  PERIOD_OPEN: { met: { openMonths: [] }, unmet: { openMonths: ['2026-01'] } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: ' ' } },
});
