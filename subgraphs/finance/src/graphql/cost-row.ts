import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { PublicError } from '@hubgraph/kit/errors';
import { isUuid } from '@hubgraph/kit/ids';
import type * as model from '../model/index.ts';
import { allocations, costRows } from '../store/index.ts';
import { attributionRules } from '../store/attribution-rule.ts';
import { COST_ROW_ORDERS, type CostRowFilter as Filter, type CostRowOrder as Order } from '../store/cost-row.ts';
import { builder, paging, READ, type FinanceContext } from './builder.ts';
import { CostTagInput } from './cost-input.ts';
import { costImportById } from './cost-import.ts';
import { AttributionRule, CostImport, CostRow, Domain, Money, Service, Workstream } from './refs.ts';

/** Loads a charge by id, batched. */
export const costRowById = (context: FinanceContext, id: string) => (isUuid(id) ? context.loaders.load('CostRow.id', id.toLowerCase(), (ids) => costRows.byIds(context.sql, ids)) : null);
/** Loads a rule by id, batched. */
export const ruleById = (context: FinanceContext, id: string) => (isUuid(id) ? context.loaders.load('AttributionRule.id', id.toLowerCase(), (ids) => attributionRules.byIds(context.sql, ids)) : null);

const CostAllocation = builder.objectRef<model.Allocation>('CostAllocation').implement({
  description: 'How much of a charge belongs to whom. The parts of a charge sum to it, to the last digit.',
  fields: (t) => ({
    domain: t.field({ type: Domain, nullable: true, description: 'The domain.', resolve: ({ domain }) => (domain === null ? null : { slug: domain }) }),
    service: t.field({ type: Service, nullable: true, description: 'The service.', resolve: ({ service }) => (service === null ? null : { slug: service }) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream.', resolve: ({ workstream }) => (workstream === null ? null : { code: workstream }) }),
    allocated: t.boolean({ description: 'False: it belongs to nobody.', resolve: ({ domain, service, workstream }) => (domain ?? service ?? workstream) !== null }),
    rule: t.field({ type: AttributionRule, nullable: true, description: 'The rule that said so; null when none fits.', resolve: ({ ruleId }, _args, context) => (ruleId === null ? null : ruleById(context, ruleId)) }),
    ratio: t.expose('ratio', { type: 'Decimal', description: 'Its ratio of the charge; those of a charge sum to exactly 1.' }),
    billed: t.field({ type: Money, description: 'Its part of what is invoiced.', resolve: ({ billedCost, currency }) => ({ amount: billedCost, currency }) }),
    effective: t.field({ type: Money, description: 'Its part of the effective cost.', resolve: ({ effectiveCost, currency }) => ({ amount: effectiveCost, currency }) }),
  }),
});

interface Tag {
  readonly key: string;
  readonly value: string | null;
}
const CostTag = builder.objectRef<Tag>('CostTag').implement({
  description: 'A name with a value.',
  fields: (t) => ({ key: t.exposeString('key', { description: 'Its name.' }), value: t.exposeString('value', { nullable: true, description: 'Its value.' }) }),
});
const tagsOf = (values: Readonly<Record<string, string | null>>): Tag[] => Object.keys(values).sort().map((key) => ({ key, value: values[key] ?? null }));

const TEXTS = {
  chargeClass: 'ChargeClass: Correction, or null.', chargeFrequency: 'ChargeFrequency: One-Time, Recurring or Usage-Based.', chargeDescription: 'ChargeDescription.', publisherName: 'PublisherName: who made what was used.',
  invoiceIssuerName: 'InvoiceIssuerName: who writes the invoice.', billingAccountId: 'BillingAccountId.', billingAccountName: 'BillingAccountName.', subAccountId: 'SubAccountId.', subAccountName: 'SubAccountName.',
  serviceCategory: 'ServiceCategory, such as Compute.', resourceId: 'ResourceId.', resourceName: 'ResourceName.', resourceType: 'ResourceType.', regionId: 'RegionId.', regionName: 'RegionName.', availabilityZone: 'AvailabilityZone.',
  skuId: 'SkuId.', skuPriceId: 'SkuPriceId.', pricingCategory: 'PricingCategory.', pricingUnit: 'PricingUnit.', consumedUnit: 'ConsumedUnit.', commitmentDiscountId: 'CommitmentDiscountId.', commitmentDiscountName: 'CommitmentDiscountName.',
  commitmentDiscountCategory: 'CommitmentDiscountCategory.', commitmentDiscountType: 'CommitmentDiscountType.', commitmentDiscountStatus: 'CommitmentDiscountStatus: Used or Unused.',
} as const;
const NUMBERS = {
  listCost: 'ListCost: at list prices.', contractedCost: 'ContractedCost: at negotiated prices.', listUnitPrice: 'ListUnitPrice.', contractedUnitPrice: 'ContractedUnitPrice.', pricingQuantity: 'PricingQuantity.', consumedQuantity: 'ConsumedQuantity.',
} as const;

CostRow.implement({
  description: 'One charge, by the columns of FOCUS. It is never changed: what changes is a row that takes its place, or in a closed month a correction that names it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    source: t.exposeString('source', { description: 'Where it comes from.' }),
    rowKey: t.exposeString('rowKey', { description: 'Its key within the source.' }),
    current: t.exposeBoolean('current', { description: 'Whether it counts; false when another row took its place.' }),
    import: t.field({ type: CostImport, nullable: true, description: 'What brought it.', resolve: ({ importId }, _args, context) => costImportById(context, importId) }),
    correctionOf: t.field({ type: CostRow, nullable: true, description: 'The row whose amounts it corrects or whose place it took; its amounts are the difference when that one counts still.', resolve: ({ correctionOfId }, _args, context) => (correctionOfId === null ? null : costRowById(context, correctionOfId)) }),
    corrections: t.field({ type: [CostRow], description: 'Rows that correct it or took its place, oldest first.', resolve: async ({ id }, _args, context) => (await context.loaders.load('CostRow.corrections', id, (ids) => costRows.correctionsOf(context.sql, ids))) ?? [] }),
    allocations: t.field({ type: [CostAllocation], description: 'To whom it belongs; empty when it does not count.', resolve: async ({ id }, _args, context) => (await context.loaders.load('CostRow.allocations', id, (ids) => allocations.ofRows(context.sql, ids))) ?? [] }),
    month: t.exposeString('month', { description: 'The month that it counts in, such as 2024-09.' }),
    billed: t.field({ type: Money, description: 'BilledCost: what is invoiced.', resolve: ({ billedCost, billingCurrency }) => ({ amount: billedCost, currency: billingCurrency }) }),
    effective: t.field({ type: Money, description: 'EffectiveCost: with prepayments spread over their use.', resolve: ({ effectiveCost, billingCurrency }) => ({ amount: effectiveCost, currency: billingCurrency }) }),
    billingPeriodStart: t.expose('billingPeriodStart', { type: 'DateTime', description: 'BillingPeriodStart.' }),
    billingPeriodEnd: t.expose('billingPeriodEnd', { type: 'DateTime', description: 'BillingPeriodEnd, not part of it.' }),
    chargePeriodStart: t.expose('chargePeriodStart', { type: 'DateTime', description: 'ChargePeriodStart.' }),
    chargePeriodEnd: t.expose('chargePeriodEnd', { type: 'DateTime', description: 'ChargePeriodEnd, not part of it.' }),
    day: t.expose('day', { type: 'Date', description: 'Day of chargePeriodStart, UTC.' }),
    chargeCategory: t.exposeString('chargeCategory', { description: 'ChargeCategory: Usage, Purchase, Tax, Credit or Adjustment.' }),
    providerName: t.exposeString('providerName', { description: 'ProviderName.' }),
    serviceName: t.exposeString('serviceName', { description: 'ServiceName, as the provider calls it.' }),
    ...(Object.fromEntries(Object.entries(TEXTS).map(([name, description]) => [name, t.exposeString(name as keyof typeof TEXTS, { nullable: true, description })])) as Record<keyof typeof TEXTS, ReturnType<typeof t.exposeString>>),
    ...(Object.fromEntries(Object.entries(NUMBERS).map(([name, description]) => [name, t.expose(name as keyof typeof NUMBERS, { type: 'Decimal', nullable: true, description })])) as Record<keyof typeof NUMBERS, ReturnType<typeof t.exposeString>>),
    tags: t.field({ type: [CostTag], description: 'Tags, by key; the keys without spaces around them.', resolve: ({ tags }) => tagsOf(tags) }),
    more: t.field({ type: [CostTag], description: 'Columns that FOCUS 1.0 does not have, by their names in the file.', resolve: ({ more }) => tagsOf(more) }),
  }),
});
builder.asEntity(CostRow, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => costRowById(context, id) });

export const CostRowConnection = connectionOf(builder, CostRow, 'CostRow');
const CostRowFilter = builder.inputRef<Filter>('CostRowFilter').implement({
  description: 'Narrows a list of charges; what is given is combined by AND. Those that count, unless it says otherwise.',
  fields: (t) => ({
    months: t.stringList({ description: 'Counting in one of these months, such as 2024-09.' }),
    since: t.field({ type: 'Date', description: 'Begun on this day or later.' }),
    before: t.field({ type: 'Date', description: 'Begun before this day.' }),
    providers: t.stringList({ description: 'Of one of these providers.' }),
    serviceNames: t.stringList({ description: 'Of one of these services of a provider, as it calls them.' }),
    accounts: t.stringList({ description: 'Of one of these billing accounts or sub-accounts.' }),
    chargeCategories: t.stringList({ description: 'Of one of these categories.' }),
    sources: t.stringList({ description: 'From one of these sources.' }),
    importId: t.id({ description: 'Brought by this import.' }),
    tag: t.field({ type: CostTagInput, description: 'With this tag.' }),
    domains: t.stringList({ description: 'With a part of one of these domains (slugs).' }),
    services: t.stringList({ description: 'With a part of one of these services (slugs).' }),
    workstreams: t.stringList({ description: 'With a part of one of these workstreams (codes).' }),
    unallocated: t.boolean({ description: 'True: with a part that belongs to nobody; false: without one.' }),
    corrections: t.boolean({ description: 'True: only corrections; false: only others.' }),
    replaced: t.boolean({ description: 'True: those too whose place another took.' }),
  }),
});
const ORDER_WORDS: Readonly<Record<Order, string>> = { CHARGED: 'Earliest charge first.', CHARGED_DESC: 'Latest charge first.' };
export const CostRowOrder = builder.enumType('CostRowOrder', { description: 'Order of a list of charges.', values: Object.fromEntries(Object.keys(COST_ROW_ORDERS).map((order) => [order, { description: ORDER_WORDS[order as Order] }])) as Record<Order, { description: string }> });

builder.queryField('costRow', (t) =>
  t.field({ type: CostRow, nullable: true, description: 'One charge by its id; null when there is none.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => costRowById(context, id) }),
);
builder.queryField('costRows', (t) =>
  t.field({
    type: CostRowConnection,
    nullable: true,
    description: 'Charges.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: CostRowFilter, description: 'Which ones.' }), orderBy: t.arg({ type: CostRowOrder, defaultValue: 'CHARGED_DESC', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => {
      if (filter?.importId != null && !isUuid(filter.importId)) throw new PublicError('BAD_USER_INPUT', 'importId is no id.');
      return costRows.page(context.sql, filter ?? {}, orderBy ?? 'CHARGED_DESC', page);
    },
  }),
);
