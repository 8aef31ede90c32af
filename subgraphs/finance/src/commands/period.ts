import type { ChangeInput } from '@hubgraph/kit/change';
import { checkVersion } from '@hubgraph/kit/entity';
import { textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { duplicate, invalidInput, notFound, Refused, transitionRefused } from '@hubgraph/kit/refusal';
import type { FinanceEvents } from '../events.ts';
import { periodLifecycle, type PeriodFacts } from '../lifecycle/period.ts';
import { addMonths, isMonth, startOfMonth } from '../money/calendar.ts';
import type { BillingPeriod } from '../model/index.ts';
import { periods } from '../store/index.ts';
import { reallocations } from '../store/reallocation.ts';
import type { Work } from './common.ts';

const MAX_REASON = 10_000;

/**
 * Holds months as they are until the transaction ends, and makes those that are not there, OPEN: what is written into a month
 * is on one side of its closing. By month; look at the `status` of each.
 */
export async function holdMonths(work: Work, months: readonly string[]): Promise<Map<string, BillingPeriod>> {
  const wanted = [...new Set(months)].sort();
  let held = await periods.share(work.tx, wanted);
  if (held.length < wanted.length) {
    const there = new Set(held.map(({ month }) => month));
    const made = await periods.insertMissing(work.tx, wanted.filter((month) => !there.has(month)).map((month) => ({ id: newId(), month })), work.now);
    for (const period of made) recordOpened(work, period);
    held = await periods.share(work.tx, wanted);
  }
  return new Map(held.map((period) => [period.month, period]));
}

export interface OpenPeriodInput extends ChangeInput {
  /** `2024-09` */
  readonly month: string;
}

/** Makes a month before anything needs it. */
export async function openPeriod(work: Work, { month }: OpenPeriodInput): Promise<{ period: BillingPeriod } | Refused> {
  if (!isMonth(month)) return badMonth();
  const [made] = await periods.insertMissing(work.tx, [{ id: newId(), month }], work.now);
  if (made === undefined) return duplicate('billing period', month, (await periods.byMonths(work.tx, [month])).get(month)?.id ?? month, ['month']);
  recordOpened(work, made);
  return { period: made };
}

export type PeriodMove = 'closePeriod' | 'reopenPeriod';

export interface MovePeriodInput {
  readonly month: string;
  readonly reason?: string | null;
  readonly expectedVersion?: number | null;
}

/** Closes a month, after whatever is being written into it, or opens a closed one again. A month that nothing needed yet is made first to be closed. */
export async function movePeriod(work: Work, verb: PeriodMove, { month, reason = null, expectedVersion }: MovePeriodInput): Promise<{ period: BillingPeriod } | Refused> {
  const wrong = textProblems({ reason }, MAX_REASON);
  if (!isMonth(month)) return new Refused([...badMonth().errors, ...wrong]);
  if (wrong.length > 0) return new Refused(wrong);
  if (verb === 'closePeriod') for (const made of await periods.insertMissing(work.tx, [{ id: newId(), month }], work.now)) recordOpened(work, made);
  const found = (await periods.byMonths(work.tx, [month])).get(month);
  const before = found === undefined ? null : await periods.lockById(work.tx, found.id);
  if (before === null) return notFound('billing period', month, ['month']);
  const stale = checkVersion(before, expectedVersion);
  if (stale !== null) return stale;
  // with the month locked: whoever notes it for reallocation holds it meanwhile
  const facts = periodFacts(before, work.now, reason, await reallocations.among(work.tx, [month]));
  const decided = periodLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, periodLifecycle.allowed(before.status, facts, work.caller));
  const closed = decided.to === 'CLOSED';
  const period = await periods.save(work.tx, before, { status: decided.to, closedAt: closed ? work.now : null, closedBy: closed ? work.caller.sub : null, reason }, work.now);
  work.note({ noun: 'BillingPeriod', entityId: period.id, verb, from: decided.from, to: decided.to, note: reason });
  record(work, decided.emits as 'period.closed' | 'period.reopened', period, reason);
  return { period };
}

/** What the lifecycle asks of a month; `reallocated`: months that are noted to be allocated anew. */
export function periodFacts({ month }: Pick<BillingPeriod, 'month'>, now: Date, reason: string | null, reallocated: ReadonlySet<string>): PeriodFacts {
  return { now, end: startOfMonth(addMonths(month, 1)), reason, isReallocated: reallocated.has(month) };
}

function recordOpened(work: Work, period: BillingPeriod): void {
  work.note({ noun: 'BillingPeriod', entityId: period.id, verb: 'openPeriod', from: null, to: 'OPEN' });
  record(work, 'period.opened', period, null);
}

function record(work: Work, name: Extract<keyof FinanceEvents, `period.${string}`>, { id, month, version }: BillingPeriod, reason: string | null): void {
  work.record(name, { subject: `billingperiod/${id}`, data: { id, month, version, reason } });
}

const badMonth = (): Refused => invalidInput(['month'], 'A month is like 2024-09.');
