// What a budget has left, from the lines that its rows sum to. Pure.
import type { Decimal } from '../model/index.ts';
import { subtract, sum } from './decimal.ts';

/** From what a line of a budget is summed. */
export const LINE_KINDS = ['COMMITTED', 'PAYMENT', 'COST', 'TOKENS'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** What rows of one kind and currency sum to, converted by one rate. */
export interface BudgetLine {
  readonly kind: LineKind;
  readonly currency: string;
  readonly amount: Decimal;
  /** In the budget's currency; null: there is no rate, so it counts nowhere. */
  readonly converted: Decimal | null;
  /** Of the exchange rate; null in the budget's own currency. */
  readonly rateId: string | null;
}

/** Committed, spent and available sum to what is allocated, to the last digit. */
export interface BudgetNumbers {
  readonly committed: Decimal;
  readonly spent: Decimal;
  /** Negative when more is committed and spent than there is. */
  readonly available: Decimal;
  readonly lines: readonly BudgetLine[];
}

/** Sums the lines of a budget. */
export function budgetNumbers(allocated: Decimal, lines: readonly BudgetLine[]): BudgetNumbers {
  const of = (counts: (kind: LineKind) => boolean) => sum(lines.filter((line) => counts(line.kind)).map((line) => line.converted ?? '0'));
  const committed = of((kind) => kind === 'COMMITTED');
  const spent = of((kind) => kind !== 'COMMITTED');
  return { committed, spent, available: subtract(subtract(allocated, committed), spent), lines };
}
