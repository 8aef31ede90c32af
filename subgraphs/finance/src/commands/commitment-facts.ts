// What decides whether a commitment can be signed: how the command and the preview of the allowed moves see it alike.
import type { CommitmentFacts } from '../lifecycle/commitment.ts';
import type { Budget, BudgetStatus, Commitment, Decimal, ExchangeRate } from '../model/index.ts';
import { budgetNumbers, type BudgetLine } from '../money/budget.ts';
import { instalmentCount, instalments, type Terms } from '../money/commitment.ts';
import { compare, multiply, storable } from '../money/decimal.ts';
import { conversionKey, type Conversion } from '../store/index.ts';
import { NO_COMMITMENT_FACTS } from './commitment-settle.ts';

/** What a commitment takes of its budget. */
export interface Price {
  /** How many times it is to be paid in the period of the budget. */
  readonly count: number;
  /** In the budget's currency; 0 without a rate. */
  readonly total: Decimal;
  readonly value: Decimal | null;
  readonly rate: ExchangeRate | null;
  /** One sentence when there is no rate. */
  readonly rateMissing: string | null;
}

/** The conversion that pricing needs; null in the budget's own currency. */
export function conversionOf({ currency }: Pick<Commitment, 'currency'>, budget: Pick<Budget, 'currency'>, day: string): Conversion | null {
  return currency === budget.currency ? null : { from: currency, to: budget.currency, day };
}

/**
 * Prices a commitment by the rates given: every instalment converted by itself, so that they sum to the total.
 *
 * @throws DecimalError when it is more than a number holds
 */
export function priceOf(terms: Terms & Pick<Commitment, 'amount' | 'currency'>, budget: Budget, day: string, rates: ReadonlyMap<string, ExchangeRate>): Price {
  const count = instalmentsWithin(terms, budget);
  const all = instalmentCount(terms);
  const conversion = conversionOf(terms, budget, day);
  const rate = conversion === null ? null : (rates.get(conversionKey(conversion)) ?? null);
  if (conversion !== null && rate === null) return { count, total: '0', value: all === null ? null : '0', rate, rateMissing: `There is no exchange rate from ${conversion.from} to ${conversion.to} of ${day} or before.` };
  const each = rate === null ? terms.amount : multiply(terms.amount, rate.rate);
  return { count, total: storable(multiply(each, String(count))), value: all === null ? null : storable(multiply(each, String(all))), rate, rateMissing: null };
}

/** How many instalments fall into the period of the budget. */
export const instalmentsWithin = (terms: Terms, { periodStart, periodEnd }: Pick<Budget, 'periodStart' | 'periodEnd'>): number => instalments(terms, { start: periodStart, end: periodEnd }).length;

/** What the lifecycle asks before signing; `chain` is the budget and, before it, all that it is a part of. A frozen or closed budget freezes its parts too. */
export function signingFacts(chain: readonly Budget[], lines: ReadonlyMap<string, readonly BudgetLine[]>, { total, rateMissing }: Pick<Price, 'total' | 'rateMissing'>, overrideDecision: string | null): CommitmentFacts {
  const short = chain.flatMap(({ id, name, allocated, currency }) => {
    const { available } = budgetNumbers(allocated, lines.get(id) ?? []);
    return compare(total, available) > 0 ? [`${name} has ${available} ${currency} left; it needs ${total}.`] : [];
  });
  const own = chain.at(-1)!.status;
  const above = chain.slice(0, -1).find(({ status }) => status === 'FROZEN' || status === 'CLOSED')?.status;
  const budgetStatus: BudgetStatus = own === 'ACTIVE' ? (above ?? 'ACTIVE') : own;
  return { ...NO_COMMITMENT_FACTS, budgetStatus, rateMissing, overrideDecision, noRoom: short.length === 0 ? null : short.join(' ') };
}
