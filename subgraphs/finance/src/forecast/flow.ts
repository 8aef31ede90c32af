// What comes in and goes out, as forecasts need it.
import { addDays, daysBetween, type Span } from '../money/calendar.ts';
import { parse, quotient } from '../money/decimal.ts';
import type { Cadence, Commitment, Decimal } from '../model/index.ts';

/** What some rows of a month sum to. */
export interface MonthlyAmount {
  readonly month: string;
  readonly currency: string;
  /** The day whose rate converts it; null: it needs none. */
  readonly day: string | null;
  readonly amount: Decimal;
}

/** What rows of some days sum to. */
export type DatedAmount = Omit<MonthlyAmount, 'month'>;

/** A signed commitment. */
export type SignedCommitment = Pick<Commitment, 'id' | 'title' | 'amount' | 'currency' | 'cadence' | 'start' | 'end'>;

/** How many days before today say what a day costs. */
export const TRAILING_DAYS = 28;

/** Times a year; what is paid once is in no month's burn. */
export const TIMES_A_YEAR: Readonly<Record<Cadence, bigint>> = { ONCE: 0n, MONTHLY: 12n, QUARTERLY: 4n, YEARLY: 1n };

/** Whether something that starts and may end is there on a day. */
export function holdsOn({ start, end }: { readonly start: string; readonly end: string | null }, day: string): boolean {
  return start <= day && (end === null || day < end);
}

/** The days before today that say what a day costs. */
export function trailingSpan(today: string): Span {
  return { start: addDays(today, -TRAILING_DAYS), end: today };
}

/** What is to be expected after today until the end of a span, scaled, when the days go on as those before today; nothing when the span has not begun or is over. Half to even. */
export function expectedAfter(today: string, span: Span, trailing: Decimal): bigint {
  const days = today < span.start ? 0 : Math.max(0, daysBetween(addDays(today, 1), span.end));
  // credits of the days before are no income of the days to come
  const spent = parse(trailing);
  return spent <= 0n ? 0n : quotient(spent * BigInt(days), BigInt(TRAILING_DAYS), 'half-even');
}
