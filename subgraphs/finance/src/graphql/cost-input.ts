// How costs are asked for: period, metric, filter; and how amounts of several currencies become one.
import { PublicError } from '@hubgraph/kit/errors';
import { addDays, addMonths, isDay, isMonth, monthSpan } from '../money/calendar.ts';
import { multiply, sum } from '../money/decimal.ts';
import type { ExchangeRate, Money } from '../model/index.ts';
import { COST_METRICS, type CostFilter as Filter, type CostMetric as Metric, type CostPeriod } from '../store/cost-groups.ts';
import { conversionKey, exchangeRates } from '../store/exchange-rate.ts';
import { builder, type FinanceContext } from './builder.ts';

const MAX_MONTHS = 60;
const CURRENCY = /^[A-Z]{3}$/;

/** A period as a client writes it. */
export interface PeriodInput {
  readonly month?: string | null;
  readonly months?: readonly string[] | null;
  readonly start?: string | null;
  readonly end?: string | null;
}
export const CostPeriodInput = builder.inputRef<PeriodInput>('CostPeriodInput').implement({
  description: 'When: one month, several months, or days. By months charges count in the billing period that they came into, corrections of closed months in the open one; by days they count on the day on which they began.',
  fields: (t) => ({
    month: t.string({ description: 'One month, such as 2024-09.' }),
    months: t.stringList({ description: `Several months, at most ${MAX_MONTHS}.` }),
    start: t.field({ type: 'Date', description: 'First day; goes with end.' }),
    end: t.field({ type: 'Date', description: 'The first day after the last one.' }),
  }),
});

/** @throws PublicError `BAD_USER_INPUT` when it is none of the three, or more than one */
export function periodOf({ month, months, start, end }: PeriodInput): CostPeriod {
  const bad = (message: string): never => {
    throw new PublicError('BAD_USER_INPUT', message);
  };
  if ([month != null, months != null, start != null || end != null].filter(Boolean).length !== 1) return bad('A period is one of month, months, or start with end.');
  const asked = month == null ? months : [month];
  if (asked != null) {
    if (asked.length === 0 || asked.length > MAX_MONTHS) return bad(`A period has 1 to ${MAX_MONTHS} months.`);
    return asked.every(isMonth) ? { months: [...new Set(asked)].sort() } : bad('A month is written like 2024-09.');
  }
  if (start == null || end == null || !isDay(start) || !isDay(end) || end <= start) return bad('A period of days has a start and an end after it.');
  return end <= addDays(`${addMonths(start.slice(0, 7), MAX_MONTHS)}-01`, 31) ? { start, end } : bad(`A period is at most ${MAX_MONTHS} months long.`);
}

/** The last day of a period: amounts are converted by the newest rate up to it. */
export function lastDayOf(period: CostPeriod): string {
  return addDays('months' in period ? monthSpan(period.months.at(-1)!).end : period.end, -1);
}

const METRIC_WORDS: Readonly<Record<Metric, string>> = { BILLED: 'What is invoiced (BilledCost).', EFFECTIVE: 'What was used, with prepayments spread over their use (EffectiveCost).' };
export const CostMetric = builder.enumType('CostMetric', { description: 'Which cost of a charge is summed.', values: Object.fromEntries(COST_METRICS.map((metric) => [metric, { description: METRIC_WORDS[metric] }])) as Record<Metric, { description: string }> });

export const CostTagInput = builder.inputType('CostTagInput', {
  description: 'A tag of a charge.',
  fields: (t) => ({ key: t.string({ required: true, description: 'Its key, as it is stored: without spaces around it.' }), values: t.stringList({ description: 'One of these values; any when left out.' }) }),
});
export const CostFilter = builder.inputRef<Filter>('CostFilter').implement({
  description: 'Narrows the charges that are summed; what is given is combined by AND.',
  fields: (t) => ({
    services: t.stringList({ description: 'Allocated to one of these services (slugs).' }),
    domains: t.stringList({ description: 'Allocated to one of these domains (slugs).' }),
    workstreams: t.stringList({ description: 'Allocated to one of these workstreams (codes).' }),
    providers: t.stringList({ description: 'Of one of these providers.' }),
    providerServices: t.stringList({ description: 'Of one of these services of a provider, as it calls them.' }),
    accounts: t.stringList({ description: 'Of one of these billing accounts or sub-accounts.' }),
    chargeCategories: t.stringList({ description: 'Of one of these categories: Usage, Purchase, Tax, Credit, Adjustment.' }),
    sources: t.stringList({ description: 'Brought by imports of one of these sources.' }),
    tag: t.field({ type: CostTagInput, description: 'With this tag.' }),
    unallocated: t.boolean({ description: 'True: only what belongs to nobody; false: only what belongs to somebody.' }),
  }),
});

/** @throws PublicError `BAD_USER_INPUT` when it is no currency */
export function currencyOf(currency: string | null | undefined): string | null {
  if (currency == null) return null;
  if (!CURRENCY.test(currency)) throw new PublicError('BAD_USER_INPUT', 'A currency has three capital letters, such as USD.');
  return currency;
}

/** Amounts of several currencies as one. */
export interface Converted {
  /** Null: several currencies, and none was asked for. */
  readonly money: Money | null;
  readonly rates: readonly ExchangeRate[];
  /** What no rate converts, so it is not in the money. */
  readonly missing: readonly Money[];
}

/**
 * Sums amounts; those of other currencies by the newest rate up to `day`, rounded half to even at the 18th place. Without a
 * currency asked for they stay as they are, and are summed when they have the same.
 */
export async function convert(context: FinanceContext, amounts: readonly Money[], currency: string | null, day: string): Promise<Converted> {
  const found = [...new Set(amounts.map((money) => money.currency))];
  const to = currency ?? (found.length === 1 ? found[0]! : null);
  if (to === null) return { money: null, rates: [], missing: [] };
  const rates = new Map<string, ExchangeRate>();
  await Promise.all(found.filter((from) => from !== to).map(async (from) => {
    const rate = await rateOf(context, { from, to, day });
    if (rate !== null) rates.set(from, rate);
  }));
  const of = (money: Money) => (money.currency === to ? money.amount : rates.has(money.currency) ? multiply(money.amount, rates.get(money.currency)!.rate) : '0');
  return { money: { currency: to, amount: sum(amounts.map(of)) }, rates: [...rates.values()], missing: amounts.filter((money) => money.currency !== to && !rates.has(money.currency)) };
}

/** Loads the newest rate up to a day, batched. */
function rateOf(context: FinanceContext, wanted: { readonly from: string; readonly to: string; readonly day: string }): Promise<ExchangeRate | null> {
  return context.loaders.load('ExchangeRate.newest', conversionKey(wanted), (keys) =>
    exchangeRates.newest(context.sql, keys.map((key) => {
      const [from = '', to = '', day = ''] = key.split(' ');
      return { from, to, day };
    })),
  );
}
