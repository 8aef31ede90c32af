import type { Sql } from '@hubgraph/kit/sql';
import { converterTo } from '../forecast/convert.ts';
import { expectedAfter } from '../forecast/flow.ts';
import { crossings, usedPercent } from '../forecast/threshold.ts';
import { budgetNumbers } from '../money/budget.ts';
import { dayOf } from '../money/calendar.ts';
import { add, format, parse } from '../money/decimal.ts';
import { THRESHOLD_KINDS, type Budget, type BudgetAlert, type Decimal, type ThresholdKind } from '../model/index.ts';
import { budgetAlerts, budgetLines, conversionKey, exchangeRates } from '../store/index.ts';
import type { Work } from './common.ts';

/** A threshold that was reached, or left. */
export interface Crossing {
  readonly budget: Budget;
  readonly kind: ThresholdKind;
  readonly threshold: number;
  readonly isReached: boolean;
  /** What is used, or forecast to be. */
  readonly used: Decimal;
}

/** How many budgets are looked at by one round of statements. */
const BATCH = 200;

/**
 * The crossings of budgets that were not told. ACTUAL is what is spent; FORECAST adds what is committed and, for every day
 * after today, the mean of the variable spend of the 28 days before it; it begins with the period. A budget that is not in
 * force has left every threshold.
 */
async function crossingsOf(sql: Sql, budgets: readonly Budget[], now: Date): Promise<Crossing[]> {
  const today = dayOf(now);
  const ids = budgets.map(({ id }) => id);
  const [lines, told, trailing] = [await budgetLines.of(sql, ids, today), await budgetAlerts.of(sql, ids), await budgetAlerts.trailing(sql, ids, today)];
  const conversions = budgets.flatMap(({ id, currency: to }) => (trailing.get(id) ?? []).flatMap(({ currency: from, day }) => (from === to || day === null ? [] : [{ from, to, day }])));
  const rates = conversions.length === 0 ? [] : [...(await exchangeRates.newest(sql, [...new Map(conversions.map((conversion) => [conversionKey(conversion), conversion])).values()])).values()];
  return budgets.flatMap((budget) => {
    const { spent, committed } = budgetNumbers(budget.allocated, lines.get(budget.id) ?? []);
    const converter = converterTo(budget.currency, rates);
    // what cannot be converted counts nowhere, as in the budget's own numbers
    const lately = (trailing.get(budget.id) ?? []).reduce((all, { amount, currency, day }) => all + parse(converter.convert(amount, currency, day ?? today) ?? '0'), 0n);
    const expected = format(expectedAfter(today, { start: budget.periodStart, end: budget.periodEnd }, format(lately)));
    const isInForce = budget.status === 'ACTIVE' || budget.status === 'FROZEN';
    const of: Readonly<Record<ThresholdKind, { used: Decimal; thresholds: readonly number[] }>> = {
      ACTUAL: { used: spent, thresholds: isInForce ? budget.actualThresholds : [] },
      FORECAST: { used: add(add(spent, committed), expected), thresholds: isInForce && budget.periodStart <= today ? budget.forecastThresholds : [] },
    };
    return THRESHOLD_KINDS.flatMap((kind) => {
      const { used, thresholds } = of[kind];
      const { reached, left } = crossings(used, budget.allocated, thresholds, (told.get(budget.id) ?? []).filter((alert) => alert.kind === kind).map(({ threshold }) => threshold));
      return [...left.map((threshold) => ({ budget, kind, threshold, isReached: false, used })), ...reached.map((threshold) => ({ budget, kind, threshold, isReached: true, used }))];
    });
  });
}

/** Ids of budgets with a crossing that was not told, read without locks: most of the time none. Of some domains, and of what these are parts of, unless null. */
export async function crossedBudgets(sql: Sql, now: Date, domains: readonly string[] | null = null): Promise<string[]> {
  const found = new Set<string>();
  for (let after: string | null = null; ; ) {
    const batch = await budgetAlerts.watched(sql, after, BATCH, domains);
    for (const { budget } of await crossingsOf(sql, batch, now)) found.add(budget.id);
    if (batch.length < BATCH) return [...found];
    after = batch.at(-1)!.id;
  }
}

/** Looks at a budget with its row locked, and tells of each crossing of its thresholds once. */
export async function settleBudget(work: Work, id: string): Promise<{ crossings: Crossing[] }> {
  const budget = await budgetAlerts.lockBudget(work.tx, id);
  return { crossings: budget === null ? [] : await settleLockedBudgets(work, [budget]) };
}

/** Looks at budgets whose rows are locked, as they are now, and tells of each crossing of their thresholds once. */
export async function settleLockedBudgets(work: Work, budgets: readonly Budget[]): Promise<Crossing[]> {
  const found = await crossingsOf(work.tx, budgets, work.now);
  for (const { budget: { id, domain, allocated }, kind, threshold, isReached, used } of found) {
    const alert: BudgetAlert = { budgetId: id, kind, threshold, since: work.now, used };
    await (isReached ? budgetAlerts.insert(work.tx, alert) : budgetAlerts.remove(work.tx, alert));
    work.record(isReached ? 'budget.threshold_reached' : 'budget.threshold_left', { subject: `budget/${id}`, domain, data: { id, kind, threshold: String(threshold), used: usedPercent(used, allocated) } });
  }
  return found;
}
