import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { isUuid } from '@hubgraph/kit/ids';
import type { PageArgs } from '@hubgraph/kit/page';
import { factsOf } from '../commands/budget.ts';
import { budgetLifecycle } from '../lifecycle/budget.ts';
import type * as model from '../model/index.ts';
import { budgetNumbers, type BudgetLine, type BudgetNumbers, type LineKind } from '../money/budget.ts';
import { dayOf } from '../money/calendar.ts';
import { budgetFacts, budgetLines, budgets, type BudgetFilter as Filter, type BudgetOrder as Order } from '../store/index.ts';
import { BudgetStatus, builder, loadHistory, paging, READ, shared, type FinanceContext } from './builder.ts';
import { rateById } from './exchange-rate.ts';
import { Budget, Domain, ExchangeRate, Money } from './refs.ts';

/** Loads budgets by id, batched. */
export const budgetById = (context: FinanceContext, id: string | null) => (id !== null && isUuid(id) ? context.loaders.load('Budget.id', id.toLowerCase(), (ids) => budgets.byIds(context.sql, ids)) : null);

/** What is committed, spent and available of a budget today; one statement for all that a request asks for. */
export async function numbersOf(context: FinanceContext, budget: model.Budget): Promise<BudgetNumbers> {
  return budgetNumbers(budget.allocated, (await context.loaders.load('Budget.lines', budget.id, (ids) => budgetLines.of(context.sql, ids, dayOf(context.now())))) ?? []);
}

async function allowedOf(context: FinanceContext, budget: model.Budget) {
  const [figures, numbers] = await Promise.all([context.loaders.load('Budget.facts', budget.id, (ids) => budgetFacts.of(context.sql, ids)), numbersOf(context, budget)]);
  return budgetLifecycle.allowed(budget.status, factsOf(budget, figures!, numbers, null), context.identity);
}

const BudgetPeriod = builder.objectRef<{ readonly start: string; readonly end: string }>('BudgetPeriod').implement({
  description: 'The months that a budget is for.',
  requiresScopes: READ,
  fields: (t) => ({ start: t.expose('start', { type: 'Date', description: 'The first day.' }), end: t.expose('end', { type: 'Date', description: 'The first day after the last one.' }) }),
});
const BudgetRevision = builder.objectRef<model.BudgetRevision & { readonly currency: string }>('BudgetRevision').implement({
  description: 'How what a budget has changed.',
  requiresScopes: READ,
  fields: (t) => ({
    from: t.field({ type: Money, nullable: true, description: 'What it had before; null when it came in force.', resolve: ({ from, currency }) => (from === null ? null : { amount: from, currency }) }),
    to: t.field({ type: Money, description: 'What it had from then on.', resolve: ({ to, currency }) => ({ amount: to, currency }) }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    actor: t.exposeString('actor', { description: 'Who.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
  }),
});
const BudgetThresholds = builder.objectRef<model.Budget>('BudgetThresholds').implement({
  description: 'Percent of what is allocated at which it is told; each once, until it is left.',
  requiresScopes: READ,
  fields: (t) => ({
    actual: t.intList({ description: 'Of what is spent and committed, rising.', resolve: ({ actualThresholds }) => [...actualThresholds] }),
    forecast: t.intList({ description: 'Of what is forecast until the end of the period, rising.', resolve: ({ forecastThresholds }) => [...forecastThresholds] }),
  }),
});
const BudgetLineKind = builder.enumType('BudgetLineKind', {
  description: 'From what a line of a budget is summed.',
  values: { COMMITTED: { description: 'What is not paid of signed commitments.' }, PAYMENT: { description: 'Payments of commitments.' }, COST: { description: 'Charges that are no payment of a commitment.' }, TOKENS: { description: 'Recorded uses of models, of providers without charges in the month.' } } satisfies Record<LineKind, object>,
});
const Line = builder.objectRef<BudgetLine & { readonly to: string }>('BudgetLine').implement({
  description: 'What the rows of one kind and currency sum to, and by which rate they were converted.',
  requiresScopes: READ,
  fields: (t) => ({
    kind: t.field({ type: BudgetLineKind, description: 'From what it is summed.', resolve: (line) => line.kind }),
    amount: t.field({ type: Money, description: 'The sum in the currency of the rows.', resolve: ({ amount, currency }) => ({ amount, currency }) }),
    converted: t.field({ type: Money, nullable: true, description: 'The sum in the currency of the budget; null when there is no exchange rate of the day or before: it counts nowhere until one is recorded.', resolve: ({ converted, to }) => (converted === null ? null : { amount: converted, currency: to }) }),
    rate: t.field({ type: ExchangeRate, nullable: true, description: 'The rate that converted it; null in the currency of the budget, and for what each commitment was converted by on its own.', resolve: (line, _args, context) => rateById(context, line.rateId) }),
  }),
});

Budget.implement({
  description: 'What a domain may spend in a period, in one currency. What is committed, spent and available is computed from rows at every moment and sums to what is allocated; a budget contains what its parts contain.',
  requiresScopes: READ,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that spends it.', resolve: ({ domain }) => ({ slug: domain }) }),
    period: t.field({ type: BudgetPeriod, description: 'The months that it is for.', resolve: ({ periodStart, periodEnd }) => ({ start: periodStart, end: periodEnd }) }),
    currency: t.exposeString('currency', { description: 'Currency, ISO 4217.' }),
    allocated: t.field({ type: Money, description: 'What it has.', resolve: ({ allocated, currency }) => ({ amount: allocated, currency }) }),
    committed: t.field({ type: Money, description: 'What of its signed commitments is to be paid in its period and is not paid.', resolve: async (budget, _args, context) => ({ amount: (await numbersOf(context, budget)).committed, currency: budget.currency }) }),
    spent: t.field({ type: Money, description: 'Payments of its commitments; charges of its domain in its months that are no such payment; and uses of models that agents recorded, where their provider has no charges in the month.', resolve: async (budget, _args, context) => ({ amount: (await numbersOf(context, budget)).spent, currency: budget.currency }) }),
    available: t.field({ type: Money, description: 'What is allocated less what is committed and spent; negative when that is more.', resolve: async (budget, _args, context) => ({ amount: (await numbersOf(context, budget)).available, currency: budget.currency }) }),
    lines: t.field({ type: [Line], description: 'What committed and spent are summed from, by kind, currency and rate.', resolve: async (budget, _args, context) => (await numbersOf(context, budget)).lines.map((line) => ({ ...line, to: budget.currency })) }),
    status: t.field({ type: BudgetStatus, description: 'Where it stands in its lifecycle.', resolve: (budget) => budget.status }),
    parent: t.field({ type: Budget, nullable: true, description: 'The budget that it is a part of.', resolve: (budget, _args, context) => budgetById(context, budget.parentId) }),
    revisions: t.field({ type: [BudgetRevision], description: 'How what it has changed since it came in force, oldest first.', resolve: async (budget, _args, context) => ((await context.loaders.load('Budget.revisions', budget.id, (ids) => budgets.revisionsOf(context.sql, ids))) ?? []).map((line) => ({ ...line, currency: budget.currency })) }),
    thresholds: t.field({ type: BudgetThresholds, description: 'When it is told how much of it is used.', resolve: (budget) => budget }),
    owner: t.exposeString('owner', { description: 'Who answers for it.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who drafted it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was drafted.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its own row last changed.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: (budget, _args, context) => allowedOf(context, budget) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (budget, _args, context) => loadHistory(context, 'Budget', budget.id) }),
  }),
});
builder.asEntity(Budget, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => budgetById(context, id) });

const BudgetConnection = connectionOf(builder, Budget, 'Budget');
const BudgetFilter = builder.inputRef<Filter>('BudgetFilter').implement({
  description: 'Narrows a list of budgets; what is given is combined by AND.',
  fields: (t) => ({
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    currencies: t.stringList({ description: 'In one of these currencies.' }),
    statuses: t.field({ type: [BudgetStatus], description: 'In one of these states.' }),
    owners: t.stringList({ description: 'Owned by one of these.' }),
    at: t.field({ type: 'Date', description: 'Whose period has this day.' }),
  }),
});
const BudgetOrder = builder.enumType('BudgetOrder', {
  description: 'Order of a list of budgets.',
  values: { CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' }, PERIOD: { description: 'Earliest period first.' }, PERIOD_DESC: { description: 'Latest period first.' } } as Record<Order, { description: string }>,
});
const budgetArgs = builder.args((t) => ({
  filter: t.field({ type: BudgetFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: BudgetOrder, defaultValue: 'PERIOD_DESC', description: 'In which order.' }),
}));

interface ListArgs extends PageArgs {
  readonly filter?: Filter | null;
  readonly orderBy?: Order | null;
}

/** The budgets of one of many domains or parents: one statement, whatever their number. */
function budgetsOf(context: FinanceContext, parent: 'domain' | 'parentId', key: string, { filter, orderBy, ...page }: ListArgs) {
  return context.loaders.load(argsName(`budgets of ${parent}`, { filter, orderBy, page }), key, (keys) => budgets.pagesOf(context.sql, parent, keys, { filter: filter ?? {}, order: orderBy ?? 'PERIOD_DESC' }, page));
}

builder.queryField('budget', (t) =>
  t.field({ type: Budget, nullable: true, description: 'One budget by id; null when there is none.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => budgetById(context, id) }),
);
builder.queryField('budgets', (t) =>
  t.field({
    type: BudgetConnection,
    nullable: true,
    description: 'Budgets of the organisation, the latest period first unless ordered otherwise.',
    requiresScopes: READ,
    args: { ...budgetArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => budgets.page(context.sql, { filter: filter ?? {}, order: orderBy ?? 'PERIOD_DESC' }, page),
  }),
);
builder.objectField(Budget, 'children', (t) =>
  t.field({ type: BudgetConnection, nullable: true, description: 'The budgets that are parts of it.', args: { ...budgetArgs, ...paging }, resolve: ({ id }, args, context) => budgetsOf(context, 'parentId', id, args) }),
);
builder.objectField(Domain, 'budgets', (t) =>
  t.field({ type: BudgetConnection, nullable: true, description: 'What the domain may spend, the latest period first unless ordered otherwise.', requiresScopes: READ, args: { ...budgetArgs, ...paging }, resolve: ({ slug }, args, context) => budgetsOf(context, 'domain', slug, args) }),
);
