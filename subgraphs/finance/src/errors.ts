import { defineCodes } from '@hubgraph/kit/errors';

/** Codes of the guards that only this hub has. */
export const codes = defineCodes({
  BUDGET_OVERLAPS: { kind: 'refused', retry: 'after-reading', say: 'Another budget of this domain and currency covers some of these days: change one of the periods, or make this one its child.' },
  PARENT_TOO_SMALL: { kind: 'refused', retry: 'after-reading', say: 'The children of the parent would sum to more than it has: revise the parent first.' },
  CHILDREN_TOO_LARGE: { kind: 'refused', retry: 'after-reading', say: 'Its children already sum to more: revise them first.' },
  BELOW_USED: { kind: 'refused', retry: 'after-reading', say: 'More is committed and spent already.' },
  REASON_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a reason.' },
  PERIOD_OPEN: { kind: 'refused', retry: 'later', say: 'Close the billing periods named in refs first.' },
  REALLOCATION_PENDING: { kind: 'refused', retry: 'later', say: 'Charges of the month are being allocated anew: wait until reallocations names it no more.' },
  PERIOD_NOT_OVER: { kind: 'refused', retry: 'later', say: 'Wait until the month is over.' },
  IMPORT_RUNNING: { kind: 'refused', retry: 'later', say: 'An import into this period is running: wait for its end.' },
  BUDGET_NOT_ACTIVE: { kind: 'refused', retry: 'after-reading', say: 'Activate or unfreeze the budget first.' },
  NO_ROOM: { kind: 'refused', retry: 'after-reading', say: 'The budget has not that much left: take less, revise the budget, or name the decision that overrides it.' },
  RATE_MISSING: { kind: 'refused', retry: 'after-reading', say: 'Record an exchange rate of that day or before it.' },
  SUCCESSOR_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name the commitment that takes its place.' },
  END_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give the day on which it ends.' },
});

export type FinanceCode = keyof typeof codes;
