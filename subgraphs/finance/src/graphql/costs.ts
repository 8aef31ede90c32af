import { PublicError } from '@hubgraph/kit/errors';
import { compare, divide, isZero, subtract, sum } from '../money/decimal.ts';
import type * as model from '../model/index.ts';
import { COST_GROUPINGS, costGroupRows, costSums, MAX_SUMS, unallocatedSums, type CostGrouping as Grouping, type CostKey, type CostQuery } from '../store/cost-groups.ts';
import { builder, paging, READ, type FinanceContext } from './builder.ts';
import { CostFilter, CostMetric, CostPeriodInput, convert, currencyOf, lastDayOf, periodOf, type Converted } from './cost-input.ts';
import { CostRowConnection, CostRowOrder } from './cost-row.ts';
import './cost-anomaly.ts';
import './cost-summary.ts';
import { Domain, ExchangeRate, Money, Service, Workstream } from './refs.ts';

const MAX_GROUPINGS = 4;
const DEFAULT_GROUPS = 50;
const MAX_GROUPS = 1_000;
const SHARE_PLACES = 6;

const WORDS: Readonly<Record<Grouping, string>> = {
  SERVICE: 'By the service that charges are allocated to.', DOMAIN: 'By the domain that charges are allocated to.', WORKSTREAM: 'By the workstream that charges are allocated to.', PROVIDER: 'By provider.',
  PROVIDER_SERVICE: 'By the service of the provider, as it calls it.', ACCOUNT: 'By sub-account, or by billing account where there is none.', TAG: 'By the value of the tag that `tagKey` names.', DAY: 'By the day on which charges began.', MONTH: 'By the month that charges count in.',
};
const CostGrouping = builder.enumType('CostGrouping', { description: 'What charges are grouped by.', values: Object.fromEntries(COST_GROUPINGS.map((by) => [by, { description: WORDS[by] }])) as Record<Grouping, { description: string }> });

interface Answer {
  readonly query: CostQuery;
  readonly by: readonly Pick<CostKey, 'by' | 'tag'>[];
  readonly currency: string | null;
  readonly totals: readonly model.Money[];
  readonly total: Converted;
  readonly groups: readonly Group[];
}
interface Group {
  readonly query: CostQuery;
  readonly keys: readonly CostKey[];
  readonly amount: model.Money;
  readonly share: string | null;
}

const CostGroupKey = builder.objectRef<CostKey>('CostGroupKey').implement({
  description: 'What all charges of a group have in common.',
  fields: (t) => ({
    by: t.field({ type: CostGrouping, description: 'What they are grouped by.', resolve: ({ by }) => by }),
    tag: t.exposeString('tag', { nullable: true, description: 'Of a tag, its key.' }),
    value: t.exposeString('value', { nullable: true, description: 'What it is; null when they have nothing there: are not allocated, have no such tag.' }),
    service: t.field({ type: Service, nullable: true, description: 'By SERVICE, the service.', resolve: ({ by, value }) => (by === 'SERVICE' && value !== null ? { slug: value } : null) }),
    domain: t.field({ type: Domain, nullable: true, description: 'By DOMAIN, the domain.', resolve: ({ by, value }) => (by === 'DOMAIN' && value !== null ? { slug: value } : null) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'By WORKSTREAM, the workstream.', resolve: ({ by, value }) => (by === 'WORKSTREAM' && value !== null ? { code: value } : null) }),
  }),
});
const rowArgs = builder.args((t) => ({ orderBy: t.field({ type: CostRowOrder, defaultValue: 'CHARGED_DESC', description: 'In which order.' }) }));
const CostGroup = builder.objectRef<Group>('CostGroup').implement({
  description: 'Charges that belong together.',
  fields: (t) => ({
    keys: t.field({ type: [CostGroupKey], description: 'What they have in common, in the order asked for.', resolve: ({ keys }) => [...keys] }),
    amount: t.field({ type: Money, description: 'What they sum to, exactly; parts of charges when grouped or narrowed by whom they are allocated to.', resolve: ({ amount }) => amount }),
    share: t.expose('share', { type: 'Decimal', nullable: true, description: `Of the total in the same currency, 0 to 1, rounded to ${SHARE_PLACES} places; null when the total is 0.` }),
    rows: t.field({ type: CostRowConnection, description: 'The charges behind it, whole.', args: { ...rowArgs, ...paging }, resolve: ({ query, keys }, { orderBy, ...page }, context) => costGroupRows(context.sql, query, keys, orderBy ?? 'CHARGED_DESC', page) }),
  }),
});

const CostReport = builder.objectRef<Answer>('CostReport').implement({
  description: 'What charges sum to, exactly. Currencies are never mixed but by the rates that it names.',
  fields: (t) => ({
    total: t.field({ type: Money, nullable: true, description: 'All of it; null when there are several currencies and none was asked for, or nothing at all.', resolve: ({ total }) => total.money }),
    totals: t.field({ type: [Money], description: 'All of it as it was billed, by currency.', resolve: ({ totals }) => [...totals] }),
    rates: t.field({ type: [ExchangeRate], description: 'The rates that other currencies were converted by: the newest up to the last day of the period. Converted amounts are rounded at the 18th place.', resolve: ({ total }) => [...total.rates] }),
    notConverted: t.field({ type: [Money], description: 'What no rate converts: it is in totals, but not in total and not in groups.', resolve: ({ total }) => [...total.missing] }),
    unallocated: t.field({ type: Money, nullable: true, description: 'What of the total belongs to nobody; null when total is.', resolve: async (answer, _args, context) => (await unallocatedOf(context, answer))?.money ?? null }),
    groups: t.field({ type: [CostGroup], description: 'The groups, the largest amount first.', args: { first: t.arg.int({ description: `How many; ${DEFAULT_GROUPS} by default, at most ${MAX_GROUPS}.` }) }, resolve: ({ groups }, { first }) => groups.slice(0, groupLimit(first)) }),
    groupCount: t.int({ description: `How many groups there are; ${MAX_SUMS} at most are counted.`, resolve: ({ groups }) => groups.length }),
    rest: t.field({
      type: [Money],
      description: 'By currency, what the groups behind the first ones sum to.',
      args: { first: t.arg.int({ description: 'As in groups.' }) },
      resolve: ({ groups, totals, total, currency }, { first }) => {
        const shown = groups.slice(0, groupLimit(first)).map(({ amount }) => amount);
        const whole = currency === null || total.money === null ? totals : [total.money];
        return whole.map((all) => ({ currency: all.currency, amount: subtract(all.amount, sum(shown.filter((one) => one.currency === all.currency).map(({ amount }) => amount))) }));
      },
    }),
    rows: t.field({ type: CostRowConnection, description: 'The charges behind it, whole.', args: { ...rowArgs, ...paging }, resolve: ({ query }, { orderBy, ...page }, context) => costGroupRows(context.sql, query, [], orderBy ?? 'CHARGED_DESC', page) }),
  }),
});

builder.queryField('costs', (t) =>
  t.field({
    type: CostReport,
    nullable: true,
    description: 'What charges sum to in a period, grouped as asked. By SERVICE, DOMAIN or WORKSTREAM charges are divided as they are allocated, with what belongs to nobody as the group without a value.',
    requiresScopes: READ,
    args: {
      period: t.arg({ type: CostPeriodInput, required: true, description: 'When.' }),
      groupBy: t.arg({ type: [CostGrouping], description: `What to group by, at most ${MAX_GROUPINGS}; one group of everything when left out.` }),
      tagKey: t.arg.string({ description: 'With TAG, the key of the tag.' }),
      filter: t.arg({ type: CostFilter, description: 'Which charges.' }),
      currency: t.arg.string({ description: 'In this currency, converted by dated rates; as they were billed when left out.' }),
      metric: t.arg({ type: CostMetric, defaultValue: 'BILLED', description: 'Which cost.' }),
    },
    resolve: async (_root, { period, groupBy, tagKey, filter, currency, metric }, context) => {
      const by = [...new Set(groupBy ?? [])].map((one) => ({ by: one, tag: one === 'TAG' ? (tagKey ?? null) : null }));
      if (by.length > MAX_GROUPINGS) throw new PublicError('BAD_USER_INPUT', `Charges are grouped by at most ${MAX_GROUPINGS} things.`, { limit: MAX_GROUPINGS, value: by.length });
      if (by.some((one) => one.by === 'TAG') !== (tagKey != null)) throw new PublicError('BAD_USER_INPUT', 'TAG and tagKey go together.');
      return answer(context, { period: periodOf(period), filter: filter ?? {}, metric: metric ?? 'BILLED' }, by, currencyOf(currency));
    },
  }),
);

async function answer(context: FinanceContext, query: CostQuery, by: Answer['by'], currency: string | null): Promise<Answer> {
  const { sums, totals } = await costSums(context.sql, query, by);
  const day = lastDayOf(query.period);
  const total = await convert(context, totals, currency, day);
  const alike = [...Map.groupBy(sums, ({ values, currency: of }) => JSON.stringify(currency === null ? [values, of] : values)).values()];
  const groups = await Promise.all(alike.map(async (same): Promise<Group | null> => {
    const { money, missing } = await convert(context, same, currency, day);
    // all of it is in a currency that nothing converts: said in notConverted
    if (money === null || missing.length === same.length) return null;
    const whole = currency === null ? totals.find((one) => one.currency === money.currency)?.amount : total.money?.amount;
    return { query, keys: by.map((one, index) => ({ ...one, value: same[0]!.values[index] ?? null })), amount: money, share: whole === undefined || isZero(whole) ? null : divide(money.amount, whole, SHARE_PLACES, 'half-even') };
  }));
  return { query, by, currency, totals, total, groups: groups.filter((group) => group !== null).sort((a, b) => compare(b.amount.amount, a.amount.amount)) };
}

async function unallocatedOf(context: FinanceContext, { query, currency, total }: Answer): Promise<Converted | null> {
  return total.money === null ? null : convert(context, await unallocatedSums(context.sql, query), currency ?? total.money.currency, lastDayOf(query.period));
}

function groupLimit(first: number | null | undefined): number {
  const limit = first ?? DEFAULT_GROUPS;
  if (limit < 0 || limit > MAX_GROUPS) throw new PublicError('BAD_USER_INPUT', `first is ${limit}; it may be 0 to ${MAX_GROUPS}.`, { limit: MAX_GROUPS, value: limit });
  return limit;
}
