// What a period has cost so far, and what it will have cost at its end.
import { monthSpan, quarterOf, quarterSpan, monthOf, yearSpan, type Span } from '../money/calendar.ts';
import { instalments } from '../money/commitment.ts';
import { format, parse } from '../money/decimal.ts';
import type { Decimal } from '../model/index.ts';
import { converterTo, rateSentences, type Rate } from './convert.ts';
import { expectedAfter, TRAILING_DAYS, type DatedAmount, type MonthlyAmount, type SignedCommitment } from './flow.ts';

export const BURN_PERIODS = ['MONTH', 'QUARTER', 'YEAR'] as const;
/** Calendar periods, UTC. */
export type BurnPeriod = (typeof BURN_PERIODS)[number];

/** The period that a day lies in. */
export function periodOf(kind: BurnPeriod, day: string): Span {
  if (kind === 'MONTH') return monthSpan(monthOf(day));
  return kind === 'QUARTER' ? quarterSpan(quarterOf(day)) : yearSpan(Number(day.slice(0, 4)));
}

/** What burn is made of. */
export interface BurnFacts {
  readonly currency: string;
  readonly today: string;
  readonly span: Span;
  /** Variable spend of the months of the span. */
  readonly spend: readonly MonthlyAmount[];
  /** Variable spend of the days of `trailingSpan`. */
  readonly trailing: readonly DatedAmount[];
  readonly commitments: readonly SignedCommitment[];
  /** Paid of commitments in the span, also of those that are not in `commitments` any more. */
  readonly payments: readonly (DatedAmount & { readonly commitmentId: string })[];
  readonly rates: readonly Rate[];
}

/** What a period costs. */
export interface Burn {
  readonly currency: string;
  readonly span: Span;
  /** Null when a rate is missing. */
  readonly actual: Decimal | null;
  readonly projected: Decimal | null;
  readonly assumptions: readonly string[];
}

/**
 * Actual = variable spend + what was paid of commitments. Projected adds, for each commitment, what falls due in the period
 * and is not paid, and for every day after today the mean of the 28 days before it. A period that is over is projected as it was.
 */
export function projectBurn({ currency, today, span, spend, trailing, commitments, payments, rates }: BurnFacts): Burn {
  const converter = converterTo(currency, rates);
  const worth = (amount: Decimal, from: string, day: string | null) => parse(converter.convert(amount, from, day ?? today) ?? '0');
  const paid = new Map<string, bigint>();
  for (const { commitmentId, amount, currency: from, day } of payments) paid.set(commitmentId, (paid.get(commitmentId) ?? 0n) + worth(amount, from, day));
  let actual = 0n;
  for (const amount of paid.values()) actual += amount;
  for (const { amount, currency: from, day } of spend) actual += worth(amount, from, day);

  const isOver = span.end <= today;
  let projected = actual;
  let open = 0;
  if (!isOver) {
    for (const commitment of commitments) {
      const rest = worth(commitment.amount, commitment.currency, today) * BigInt(instalments(commitment, span).length) - (paid.get(commitment.id) ?? 0n);
      if (rest > 0n) open++;
      if (rest > 0n) projected += rest;
    }
    let lately = 0n;
    for (const { amount, currency: from, day } of trailing) lately += worth(amount, from, day);
    projected += expectedAfter(today, span, format(lately));
  }
  const isComplete = converter.missing.size === 0;
  return {
    currency,
    span,
    actual: isComplete ? format(actual) : null,
    projected: isComplete ? format(projected) : null,
    assumptions: [
      ...(isOver ? ['The period is over: it is projected as it was.'] : [`${open} ${open === 1 ? 'commitment falls' : 'commitments fall'} due from ${span.start} to ${span.end} and ${open === 1 ? 'is' : 'are'} not paid in full.`, `Every day after ${today} costs the mean of the ${TRAILING_DAYS} days before it.`]),
      ...rateSentences(currency, converter),
    ],
  };
}
