// When commitments are to be paid, and where they stand on a day. Pure.
import type { Cadence, Commitment, CommitmentStatus } from '../model/index.ts';
import { addMonthsToDay, type Span } from './calendar.ts';
import { compare } from './decimal.ts';

const MONTHS: Readonly<Record<Exclude<Cadence, 'ONCE'>, number>> = { MONTHLY: 1, QUARTERLY: 3, YEARLY: 12 };

/** What says when a commitment is to be paid. */
export type Terms = Pick<Commitment, 'start' | 'end' | 'cadence'>;

/**
 * The days on which it is to be paid that lie in a span: its start, then every so many months the same day, or the last one
 * of a month that has no such day. Days from its end on are none.
 */
export function instalments({ start, end, cadence }: Terms, within: Span): string[] {
  const before = end !== null && end < within.end ? end : within.end;
  if (cadence === 'ONCE') return start >= within.start && start < before ? [start] : [];
  const days: string[] = [];
  // counted from the start each time: 31 January, 28 February, 31 March
  for (let count = 0, day = start; day < before; count++, day = addMonthsToDay(start, count * MONTHS[cadence])) if (day >= within.start) days.push(day);
  return days;
}

/** How many times it is to be paid in all; null: it has no end. */
export function instalmentCount(terms: Terms): number | null {
  if (terms.cadence === 'ONCE') return 1;
  return terms.end === null ? null : instalments(terms, { start: terms.start, end: terms.end }).length;
}

/** States that follow from dates and payments. */
const COMPUTED: readonly CommitmentStatus[] = ['PENDING', 'ACTIVE', 'EXHAUSTED'];

/**
 * Where a commitment stands on a day: PENDING before its start, EXPIRED from its end on, EXHAUSTED when all its value is
 * paid, else ACTIVE; what people decided stays as it is stored.
 */
export function commitmentState({ status, start, end, paid, value }: Pick<Commitment, 'status' | 'start' | 'end' | 'paid' | 'value'>, today: string): CommitmentStatus {
  if (!COMPUTED.includes(status)) return status;
  if (end !== null && end <= today) return 'EXPIRED';
  if (start > today) return 'PENDING';
  return value !== null && compare(paid, value) >= 0 ? 'EXHAUSTED' : 'ACTIVE';
}
