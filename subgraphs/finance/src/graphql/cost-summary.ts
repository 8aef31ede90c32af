// What one service, domain or workstream costs: fields on nouns of other hubs.
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { sum } from '../money/decimal.ts';
import type * as model from '../model/index.ts';
import { costGroupRows, nounSums, unallocatedSums, type CostFilter, type CostMetric as Metric, type CostPeriod, type NounColumn } from '../store/cost-groups.ts';
import { builder, paging, READ, type FinanceContext } from './builder.ts';
import { convert, CostMetric, CostPeriodInput, currencyOf, lastDayOf, periodOf, type Converted } from './cost-input.ts';
import { CostRowConnection, CostRowOrder } from './cost-row.ts';
import { Domain, ExchangeRate, Money, Service, Workstream } from './refs.ts';

interface Summary {
  readonly period: CostPeriod;
  readonly metric: Metric;
  readonly currency: string | null;
  readonly filter: CostFilter;
  readonly sums: readonly { readonly provider: string; readonly currency: string; readonly amount: string }[];
}
interface ProviderCost {
  readonly provider: string;
  readonly amount: model.Money;
}

const ProviderCost = builder.objectRef<ProviderCost>('ProviderCost').implement({
  description: 'What of a cost is of one provider.',
  fields: (t) => ({ provider: t.exposeString('provider', { description: 'The provider.' }), amount: t.field({ type: Money, description: 'The amount.', resolve: ({ amount }) => amount }) }),
});

const inOne = (context: FinanceContext, { currency, period }: Summary, amounts: readonly model.Money[]): Promise<Converted> => convert(context, amounts, currency, lastDayOf(period));
const unallocated = async (context: FinanceContext, { period, metric }: Summary): Promise<model.Money[]> => (await context.loaders.load(argsName('cost.unallocated', { period, metric }), '', async (keys) => new Map([[keys[0]!, await unallocatedSums(context.sql, { period, metric, filter: {} })]]))) ?? [];

/** The currency of the answer when nothing is allocated to the noun: that of what belongs to nobody. */
async function totalOf(context: FinanceContext, summary: Summary): Promise<Converted> {
  if (summary.sums.length > 0 || summary.currency !== null) return inOne(context, summary, summary.sums);
  return inOne(context, summary, (await unallocated(context, summary)).map(({ currency }) => ({ currency, amount: '0' })));
}

const CostSummary = builder.objectRef<Summary>('CostSummary').implement({
  description: 'What is allocated to one service, domain or workstream in a period. Currencies are never mixed but by the rates that it names.',
  fields: (t) => ({
    total: t.field({ type: Money, nullable: true, description: 'All of it; null when there are several currencies and none was asked for, or nothing is known of the period.', resolve: async (summary, _args, context) => (await totalOf(context, summary)).money }),
    totals: t.field({ type: [Money], description: 'All of it as it was billed, by currency.', resolve: ({ sums }) => [...Map.groupBy(sums, ({ currency }) => currency)].map(([currency, lines]) => ({ currency, amount: sum(lines.map(({ amount }) => amount)) })) }),
    byProvider: t.field({
      type: [ProviderCost],
      description: 'All of it by provider, the largest first; a line for each currency when none was asked for.',
      resolve: async (summary, _args, context) => {
        const lines = [...Map.groupBy(summary.sums, ({ provider, currency }) => JSON.stringify(summary.currency === null ? [provider, currency] : [provider])).values()];
        const costs = await Promise.all(lines.map(async (same) => ({ provider: same[0]!.provider, converted: await inOne(context, summary, same), all: same.length })));
        return costs.flatMap(({ provider, converted, all }) => (converted.money === null || converted.missing.length === all ? [] : [{ provider, amount: converted.money }]));
      },
    }),
    unallocated: t.field({
      type: Money,
      nullable: true,
      description: 'What all charges of the period leave to nobody, in the currency of total: some of it may belong here. It is not in total.',
      resolve: async (summary, _args, context) => {
        const currency = (await totalOf(context, summary)).money?.currency;
        return currency === undefined ? null : (await convert(context, await unallocated(context, summary), currency, lastDayOf(summary.period))).money;
      },
    }),
    rates: t.field({ type: [ExchangeRate], description: 'The rates that other currencies were converted by: the newest up to the last day of the period.', resolve: async (summary, _args, context) => [...(await inOne(context, summary, summary.sums)).rates] }),
    notConverted: t.field({ type: [Money], description: 'What no rate converts: it is in totals, but not in total.', resolve: async (summary, _args, context) => [...(await inOne(context, summary, summary.sums)).missing] }),
    rows: t.field({
      type: CostRowConnection,
      description: 'The charges behind it, whole.',
      args: { orderBy: t.arg({ type: CostRowOrder, defaultValue: 'CHARGED_DESC', description: 'In which order.' }), ...paging },
      resolve: ({ period, metric, filter }, { orderBy, ...page }, context) => costGroupRows(context.sql, { period, metric, filter }, [], orderBy ?? 'CHARGED_DESC', page),
    }),
  }),
});

const args = builder.args((t) => ({
  period: t.field({ type: CostPeriodInput, required: true, description: 'When.' }),
  currency: t.string({ description: 'In this currency, converted by dated rates; as it was billed when left out.' }),
  metric: t.field({ type: CostMetric, defaultValue: 'BILLED', description: 'Which cost.' }),
}));

async function summaryOf(context: FinanceContext, column: NounColumn, key: string, filter: CostFilter, asked: { period: Parameters<typeof periodOf>[0]; currency?: string | null; metric?: Metric | null }): Promise<Summary> {
  const period = periodOf(asked.period);
  const metric = asked.metric ?? 'BILLED';
  const sums = await context.loaders.load(argsName(`cost.${column}`, { period, metric }), key, (keys) => nounSums(context.sql, column, keys, period, metric));
  return { period, metric, currency: currencyOf(asked.currency), filter, sums: sums ?? [] };
}

builder.objectField(Service, 'cost', (t) => t.field({ type: CostSummary, nullable: true, description: 'What the service costs, as charges are allocated to it.', requiresScopes: READ, args, resolve: ({ slug }, asked, context) => summaryOf(context, 'service', slug, { services: [slug] }, asked) }));
builder.objectField(Domain, 'cost', (t) => t.field({ type: CostSummary, nullable: true, description: 'What the domain costs: charges that rules allocate to it by name.', requiresScopes: READ, args, resolve: ({ slug }, asked, context) => summaryOf(context, 'domain', slug, { domains: [slug] }, asked) }));
builder.objectField(Workstream, 'cost', (t) => t.field({ type: CostSummary, nullable: true, description: 'What the workstream costs, as charges are allocated to it; what its models cost is in tokenSpend.', requiresScopes: READ, args, resolve: ({ code }, asked, context) => summaryOf(context, 'workstream', code, { workstreams: [code] }, asked) }));
