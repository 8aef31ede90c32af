import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { isUuid } from '@hubgraph/kit/ids';
import type { PageArgs } from '@hubgraph/kit/page';
import { conversionOf, priceOf, signingFacts } from '../commands/commitment-facts.ts';
import { NO_COMMITMENT_FACTS } from '../commands/commitment-settle.ts';
import { commitmentLifecycle } from '../lifecycle/commitment.ts';
import type * as model from '../model/index.ts';
import { dayOf } from '../money/calendar.ts';
import { commitmentState, instalments } from '../money/commitment.ts';
import { subtract } from '../money/decimal.ts';
import { budgetLines, budgets, commitments, conversionKey, costRows, exchangeRates, type CommitmentFilter as Filter, type CommitmentOrder as Order } from '../store/index.ts';
import { builder, Cadence, CommitmentKind, CommitmentStatus, loadHistory, paging, READ, shared, type FinanceContext } from './builder.ts';
import { budgetById } from './budget.ts';
import { rateById } from './exchange-rate.ts';
import { Budget, Commitment, CostRow, Domain, ExchangeRate, Money, Payment, Workstream } from './refs.ts';

/** Loads commitments by id, batched. */
export const commitmentById = (context: FinanceContext, id: string | null) => (id !== null && isUuid(id) ? context.loaders.load('Commitment.id', id.toLowerCase(), (ids) => commitments.byIds(context.sql, ids)) : null);

const stateOf = (context: FinanceContext, commitment: model.Commitment) => commitmentState(commitment, dayOf(context.now()));

/** Every move, by the same facts as the command; those of signing are loaded only for what is not signed, batched. */
async function allowedOf(context: FinanceContext, commitment: model.Commitment) {
  const status = stateOf(context, commitment);
  if (status !== 'PROPOSED') return commitmentLifecycle.allowed(status, NO_COMMITMENT_FACTS, context.identity);
  const today = dayOf(context.now());
  const chain = (await context.loaders.load('Budget.chain', commitment.budgetId, (ids) => budgets.chainsOf(context.sql, ids)))!;
  const lines = new Map(await Promise.all(chain.map(async ({ id }) => [id, (await context.loaders.load('Budget.lines', id, (ids) => budgetLines.of(context.sql, ids, today))) ?? []] as const)));
  const conversion = conversionOf(commitment, chain.at(-1)!, today);
  const rate = conversion === null ? null : await context.loaders.load('ExchangeRate.newest', conversionKey(conversion), (keys) => exchangeRates.newest(context.sql, keys.map((key) => key.split(' ')).map(([from, to, day]) => ({ from: from!, to: to!, day: day! }))));
  const price = priceOf(commitment, chain.at(-1)!, today, new Map(rate === null ? [] : [[conversionKey(conversion!), rate]]));
  return commitmentLifecycle.allowed(status, signingFacts(chain, lines, price, null), context.identity);
}

const Instalment = builder.objectRef<model.Money & { readonly day: string }>('CommitmentInstalment').implement({
  description: 'One day on which an amount is to be paid.',
  requiresScopes: READ,
  fields: (t) => ({ day: t.expose('day', { type: 'Date', description: 'The day.' }), amount: t.field({ type: Money, description: 'The amount.', resolve: ({ amount, currency }) => ({ amount, currency }) }) }),
});

Payment.implement({
  description: 'A part of a commitment that was paid: it moved from committed to spent.',
  requiresScopes: READ,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    commitment: t.field({ type: Commitment, nullable: true, description: 'What it is a payment of.', resolve: ({ commitmentId }, _args, context) => commitmentById(context, commitmentId) }),
    amount: t.field({ type: Money, nullable: true, description: 'What was paid, in the currency of the commitment.', resolve: async ({ amount, commitmentId }, _args, context) => money(amount, (await commitmentById(context, commitmentId))?.currency) }),
    settled: t.field({ type: Money, nullable: true, description: 'By how much it lowered what is committed: converted as the commitment was.', resolve: async ({ settled, budgetId }, _args, context) => money(settled, (await budgetById(context, budgetId))?.currency) }),
    spent: t.field({ type: Money, nullable: true, description: 'What is spent: converted by the rate of the day.', resolve: async ({ spent, budgetId }, _args, context) => money(spent, (await budgetById(context, budgetId))?.currency) }),
    rate: t.field({ type: ExchangeRate, nullable: true, description: 'The rate of `spent`; null in the currency of the budget.', resolve: ({ rateId }, _args, context) => rateById(context, rateId) }),
    paidOn: t.expose('paidOn', { type: 'Date', description: 'The day.' }),
    month: t.exposeString('month', { description: 'The billing period that it was written into.' }),
    costRow: t.field({ type: CostRow, nullable: true, description: 'The charge that is this payment: it is not counted a second time.', resolve: ({ costRowId }, _args, context) => (costRowId === null ? null : context.loaders.load('CostRow.id', costRowId, (ids) => costRows.byIds(context.sql, ids))) }),
    source: t.exposeString('source', { description: 'Who brought it.' }),
    reference: t.exposeString('sourceKey', { description: 'Its key there.' }),
    actor: t.exposeString('actor', { description: 'Who recorded it.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was recorded.' }),
  }),
});
const money = (amount: string, currency: string | undefined): model.Money | null => (currency === undefined ? null : { amount, currency });

/** An amount in the currency of the budget. */
const inBudget = async (context: FinanceContext, { budgetId }: model.Commitment, amount: string | null) => (amount === null ? null : money(amount, (await budgetById(context, budgetId))?.currency));

Commitment.implement({
  description: 'What is promised to be paid. Once signed it takes its instalments from the budget whose period they fall into.',
  requiresScopes: READ,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    budget: t.field({ type: Budget, nullable: true, description: 'The budget that it takes from.', resolve: ({ budgetId }, _args, context) => budgetById(context, budgetId) }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain of the budget.', resolve: ({ domain }) => ({ slug: domain }) }),
    kind: t.field({ type: CommitmentKind, description: 'What it is.', resolve: (commitment) => commitment.kind }),
    title: t.exposeString('title', { description: 'For what.' }),
    supplier: t.exposeString('supplier', { nullable: true, description: 'To whom.' }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it is for.', resolve: ({ workstream }) => (workstream === null ? null : { code: workstream }) }),
    amount: t.field({ type: Money, description: 'What is to be paid each time.', resolve: ({ amount, currency }) => ({ amount, currency }) }),
    cadence: t.field({ type: Cadence, description: 'How often.', resolve: (commitment) => commitment.cadence }),
    start: t.expose('start', { type: 'Date', description: 'The first day, on which the first instalment is to be paid.' }),
    end: t.expose('end', { type: 'Date', nullable: true, description: 'The first day after the last one; null: without end.' }),
    status: t.field({ type: CommitmentStatus, description: 'Where it stands today: PENDING, ACTIVE, EXHAUSTED and EXPIRED follow from dates and payments at every moment.', resolve: (commitment, _args, context) => stateOf(context, commitment) }),
    instalments: t.field({
      type: [Instalment],
      description: 'What is to be paid in the period of the budget, by day.',
      resolve: async (commitment, _args, context) => {
        const budget = (await budgetById(context, commitment.budgetId))!;
        return instalments(commitment, { start: budget.periodStart, end: budget.periodEnd }).map((day) => ({ day, amount: commitment.amount, currency: commitment.currency }));
      },
    }),
    total: t.field({ type: Money, nullable: true, description: 'What it takes of its budget: its instalments there, in the currency of the budget. Of what is PROPOSED, by the rate at that time.', resolve: (commitment, _args, context) => inBudget(context, commitment, commitment.total) }),
    paid: t.field({ type: Money, nullable: true, description: 'What of it is paid.', resolve: (commitment, _args, context) => inBudget(context, commitment, commitment.paid) }),
    open: t.field({ type: Money, nullable: true, description: 'What of it is not paid.', resolve: (commitment, _args, context) => inBudget(context, commitment, subtract(commitment.total, commitment.paid)) }),
    value: t.field({ type: Money, nullable: true, description: 'What all its instalments sum to, wherever they fall; null: without end.', resolve: (commitment, _args, context) => inBudget(context, commitment, commitment.value) }),
    rate: t.field({ type: ExchangeRate, nullable: true, description: 'The rate that it was converted by; null in the currency of its budget.', resolve: ({ rateId }, _args, context) => rateById(context, rateId) }),
    payments: t.field({ type: [Payment], description: 'What was paid, in the order of the days.', resolve: async ({ id }, _args, context) => (await context.loaders.load('Commitment.payments', id, (ids) => commitments.paymentsOf(context.sql, ids))) ?? [] }),
    overrideDecision: t.exposeString('overrideDecision', { nullable: true, description: 'Id or code of the decision to take it though its budget had no room.' }),
    successor: t.field({ type: Commitment, nullable: true, description: 'What took its place.', resolve: ({ successorId }, _args, context) => commitmentById(context, successorId) }),
    penalty: t.exposeString('penalty', { nullable: true, description: 'What ending early costs, in words.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it ended early.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who proposed it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was proposed.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: (commitment, _args, context) => allowedOf(context, commitment) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition and payment so far, oldest first.', resolve: (commitment, _args, context) => loadHistory(context, 'Commitment', commitment.id) }),
  }),
});
builder.asEntity(Commitment, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => commitmentById(context, id) });

const CommitmentConnection = connectionOf(builder, Commitment, 'Commitment');
const CommitmentFilter = builder.inputRef<Filter>('CommitmentFilter').implement({
  description: 'Narrows a list of commitments; what is given is combined by AND.',
  fields: (t) => ({
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    kinds: t.field({ type: [CommitmentKind], description: 'Of one of these kinds.' }),
    cadences: t.field({ type: [Cadence], description: 'Paid in one of these rhythms.' }),
    statuses: t.field({ type: [CommitmentStatus], description: 'In one of these states today.' }),
    suppliers: t.stringList({ description: 'To one of these.' }),
  }),
});
const CommitmentOrder = builder.enumType('CommitmentOrder', { description: 'Order of a list of commitments.', values: { CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' }, START: { description: 'Earliest start first.' } } as Record<Order, { description: string }> });
const commitmentArgs = builder.args((t) => ({
  filter: t.field({ type: CommitmentFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: CommitmentOrder, defaultValue: 'CREATED_DESC', description: 'In which order.' }),
}));

interface ListArgs extends PageArgs {
  readonly filter?: Filter | null;
  readonly orderBy?: Order | null;
}
const wanted = (context: FinanceContext, filter: Filter | null | undefined, order: Order | null | undefined) => ({ filter: filter ?? {}, order: order ?? ('CREATED_DESC' as const), today: dayOf(context.now()) });

builder.queryField('commitment', (t) =>
  t.field({ type: Commitment, nullable: true, description: 'One commitment by id; null when there is none.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => commitmentById(context, id) }),
);
builder.queryField('commitments', (t) =>
  t.field({
    type: CommitmentConnection,
    nullable: true,
    description: 'Commitments of the organisation, the newest first unless ordered otherwise.',
    requiresScopes: READ,
    args: { ...commitmentArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => commitments.page(context.sql, wanted(context, filter, orderBy), page),
  }),
);
builder.objectField(Budget, 'commitments', (t) =>
  t.field({
    type: CommitmentConnection,
    nullable: true,
    description: 'What is promised to be paid from it; not those of its parts.',
    args: { ...commitmentArgs, ...paging },
    resolve: ({ id }, { filter, orderBy, ...page }: ListArgs, context) => context.loaders.load(argsName('commitments', { filter, orderBy, page }), id, (ids) => commitments.pagesOf(context.sql, 'budgetId', ids, wanted(context, filter, orderBy), page)),
  }),
);
