import { argsName } from '@hubgraph/kit/graphql/loaders';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { MOST_SPEND, recordTokenSpend, type TokenBatch as Batch } from '../commands/token-spend.ts';
import { monthOf, monthsIn, quarterOf, quarterSpan, yearSpan } from '../money/calendar.ts';
import { sum } from '../money/decimal.ts';
import type { Money as Amount } from '../model/index.ts';
import { tokenSpends, type TokenSpendFilter as Filter, type TokenSpendOrder as Order, type TokenSum } from '../store/token-spend.ts';
import { builder, paging, READ, type FinanceContext } from './builder.ts';
import { Domain, Money, Service, TokenSpend, Workstream } from './refs.ts';

interface Classes {
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly cacheWrite: bigint;
  readonly output: bigint;
}

const Tokens = builder.objectRef<Classes>('Tokens').implement({
  description: 'Tokens by the four classes that are priced differently; no token is in two of them.',
  fields: (t) => ({
    input: t.field({ type: 'SafeInt', description: 'Read, not from a cache.', resolve: ({ input }) => Number(input) }),
    cachedInput: t.field({ type: 'SafeInt', description: 'Read from a cache.', resolve: ({ cachedInput }) => Number(cachedInput) }),
    cacheWrite: t.field({ type: 'SafeInt', description: 'Written to a cache.', resolve: ({ cacheWrite }) => Number(cacheWrite) }),
    output: t.field({ type: 'SafeInt', description: 'Made.', resolve: ({ output }) => Number(output) }),
  }),
});

const byId = (context: FinanceContext, id: string) => (isUuid(id) ? context.loaders.load('TokenSpend.id', id.toLowerCase(), (ids) => tokenSpends.byIds(context.sql, ids)) : null);

TokenSpend.implement({
  description: 'What a model was used for: tokens, cost, session, and to whom it belongs. A correction holds the difference to what it corrects.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    provider: t.exposeString('provider', { description: 'Who runs the model, such as Anthropic.' }),
    model: t.exposeString('model', { description: 'Name of the model as its provider writes it.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When, or the start of the time that it sums up.' }),
    tokens: t.field({ type: Tokens, description: 'The tokens.', resolve: (spend) => spend }),
    cost: t.field({ type: Money, description: 'What they cost; 0 when nobody told: the provider\'s cost report brings it as charges.', resolve: ({ cost, currency }) => ({ amount: cost, currency }) }),
    session: t.exposeString('session', { nullable: true, description: 'The session of the agent.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it is for.', resolve: ({ domain }) => (domain === null ? null : { slug: domain }) }),
    service: t.field({ type: Service, nullable: true, description: 'The service that it is for.', resolve: ({ service }) => (service === null ? null : { slug: service }) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it is for.', resolve: ({ workstream }) => (workstream === null ? null : { code: workstream }) }),
    source: t.exposeString('source', { description: 'Who told it.' }),
    sourceKey: t.exposeString('sourceKey', { description: 'The source\'s own key of it; told again under the same key, nothing is doubled.' }),
    month: t.exposeString('month', { description: 'Month that it counts in: its own, or the open one for a correction of a closed one.' }),
    correctionOf: t.field({ type: TokenSpend, nullable: true, description: 'What it corrects.', resolve: ({ correctionOfId }, _args, context) => (correctionOfId === null ? null : byId(context, correctionOfId)) }),
    recordedBy: t.exposeString('recordedBy', { description: 'Who recorded it.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When the hub was told.' }),
  }),
});
builder.asEntity(TokenSpend, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => byId(context, id) });

const TokenSpendFilter = builder.inputRef<Filter>('TokenSpendFilter').implement({
  description: 'Narrows a list of token spend; what is given is combined by AND.',
  fields: (t) => ({
    providers: t.stringList({ description: 'Of one of these providers.' }),
    models: t.stringList({ description: 'Of one of these models.' }),
    domains: t.stringList({ description: 'For one of these domains (slugs).' }),
    services: t.stringList({ description: 'For one of these services (slugs).' }),
    workstreams: t.stringList({ description: 'For one of these workstreams (codes).' }),
    sessions: t.stringList({ description: 'Of one of these sessions.' }),
    sources: t.stringList({ description: 'Told by one of these sources.' }),
    months: t.stringList({ description: 'Counting in one of these months, such as 2024-09.' }),
    since: t.field({ type: 'DateTime', description: 'Used then or later.' }),
    before: t.field({ type: 'DateTime', description: 'Used before that.' }),
  }),
});
const TokenSpendOrder = builder.enumType('TokenSpendOrder', {
  description: 'Order of a list of token spend.',
  values: { AT: { description: 'Oldest first.' }, AT_DESC: { description: 'Newest first.' } } as Record<Order, { description: string }>,
});
const TokenSpendConnection = connectionOf(builder, TokenSpend, 'TokenSpend');

builder.queryField('tokenSpends', (t) =>
  t.field({
    type: TokenSpendConnection,
    nullable: true,
    description: 'What models were used for, as it counts: replaced rows are left out.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: TokenSpendFilter, description: 'Which.' }), orderBy: t.arg({ type: TokenSpendOrder, defaultValue: 'AT_DESC', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => tokenSpends.page(context.sql, filter ?? {}, orderBy ?? 'AT_DESC', page),
  }),
);

const ModelTokenSpend = builder.objectRef<TokenSum>('ModelTokenSpend').implement({
  description: 'What one model was used for in a period, in one currency.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'Who runs the model.' }),
    model: t.exposeString('model', { description: 'The model.' }),
    tokens: t.field({ type: Tokens, description: 'Its tokens.', resolve: (of) => of }),
    cost: t.field({ type: Money, description: 'Their cost.', resolve: ({ cost, currency }) => ({ amount: cost, currency }) }),
  }),
});

/** Sums by model with the months that they are of. */
interface Summary {
  readonly months: readonly string[];
  readonly sums: readonly TokenSum[];
}
const total = (sums: readonly TokenSum[], of: keyof Classes) => sums.reduce((all, each) => all + each[of], 0n);
const costsOf = ({ sums }: Summary): Amount[] => [...Map.groupBy(sums, ({ currency }) => currency)].map(([currency, of]) => ({ currency, amount: sum(of.map(({ cost }) => cost)) }));

const TokenSpendSummary = builder.objectRef<Summary>('TokenSpendSummary').implement({
  description: 'What models were used for in a period.',
  fields: (t) => ({
    months: t.stringList({ description: 'The months of the period, such as 2024-09.', resolve: ({ months }) => [...months] }),
    tokens: t.field({ type: Tokens, description: 'All tokens.', resolve: ({ sums }) => ({ input: total(sums, 'input'), cachedInput: total(sums, 'cachedInput'), cacheWrite: total(sums, 'cacheWrite'), output: total(sums, 'output') }) }),
    cost: t.field({ type: Money, nullable: true, description: 'Their cost; null when there was none, and when it is in more than one currency (see costs).', resolve: (summary) => (costsOf(summary).length === 1 ? costsOf(summary)[0]! : null) }),
    costs: t.field({ type: [Money], description: 'Their cost, one for each currency.', resolve: costsOf }),
    byModel: t.field({ type: [ModelTokenSpend], description: 'By provider, model and currency.', resolve: ({ sums }) => [...sums] }),
  }),
});
const TokenPeriod = builder.enumType('TokenPeriod', {
  description: 'A calendar period, UTC.',
  values: { MONTH: { description: 'A month.' }, QUARTER: { description: 'Three months, from January, April, July or October on.' }, YEAR: { description: 'A year.' } } as const,
});

builder.objectField(Workstream, 'tokenSpend', (t) =>
  t.field({
    type: TokenSpendSummary,
    nullable: true,
    description: 'What models were used for in its name.',
    requiresScopes: READ,
    args: {
      period: t.arg({ type: TokenPeriod, defaultValue: 'MONTH', description: 'How long.' }),
      at: t.arg({ type: 'Date', description: 'A day of the period; today when left out.' }),
    },
    resolve: async ({ code }, { period, at }, context) => {
      const month = monthOf(at == null ? context.now() : String(at));
      const months = period === 'YEAR' ? monthsIn(yearSpan(Number(month.slice(0, 4)))) : period === 'QUARTER' ? monthsIn(quarterSpan(quarterOf(month))) : [month];
      const sums = await context.loaders.load(argsName('tokenSpend of workstream', { months }), code, (codes) => tokenSpends.sums(context.sql, 'workstream', codes, months));
      return { months, sums: sums ?? [] };
    },
  }),
);

const TokenSpendInput = builder.inputType('TokenSpendInput', {
  description: 'One use of a model.',
  fields: (t) => ({
    sourceKey: t.string({ required: true, description: 'The source\'s own key of it, such as the id of the answer: the same key and content again changes nothing, another content corrects.' }),
    provider: t.string({ required: true, description: 'Who runs the model, such as Anthropic.' }),
    model: t.string({ required: true, description: 'Name of the model as its provider writes it.' }),
    at: t.field({ type: 'DateTime', required: true, description: 'When.' }),
    input: t.field({ type: 'SafeInt', required: true, description: 'Tokens read, without those from a cache.' }),
    cachedInput: t.field({ type: 'SafeInt', description: 'Tokens read from a cache.' }),
    cacheWrite: t.field({ type: 'SafeInt', description: 'Tokens written to a cache.' }),
    output: t.field({ type: 'SafeInt', required: true, description: 'Tokens made.' }),
    cost: t.field({ type: 'Decimal', required: true, description: 'What they cost; 0 when it is not known.' }),
    currency: t.string({ required: true, description: 'Currency of the cost, such as USD.' }),
    session: t.string({ description: 'The session of the agent.' }),
    domain: t.string({ description: 'Slug of the domain that it is for.' }),
    service: t.string({ description: 'Slug of the service that it is for.' }),
    workstream: t.string({ description: 'Code of the workstream that it is for, such as CUST-WP-0025.' }),
  }),
});
const TokenBatch = builder.objectRef<Batch>('TokenBatch').implement({
  description: 'What came of a batch of token spend.',
  fields: (t) => ({
    recorded: t.exposeInt('recorded', { description: 'How many are new.' }),
    unchanged: t.exposeInt('unchanged', { description: 'How many were there already.' }),
    corrected: t.exposeInt('corrected', { description: 'How many were there with another content.' }),
    ids: t.field({ type: ['ID'], description: 'Ids of the rows, in the order of the input.', resolve: ({ spend }) => spend.map(({ id }) => id) }),
  }),
});
addMutation(builder, {
  verb: 'recordTokenSpend',
  description: `Records 1 to ${MOST_SPEND} uses of models, as agents report their own: all or none, with every reason at once. Safe to repeat. What is told for a closed month counts in the open one.`,
  scopes: [['finance:write'], ['ops:write']],
  input: builder.inputType('RecordTokenSpendInput', {
    description: 'A batch of uses of models.',
    fields: (t) => ({ source: t.string({ required: true, description: 'Who tells it, such as agent/claude-code: keys are unique within a source.' }), spend: t.field({ type: [TokenSpendInput], required: true, description: `1 to ${MOST_SPEND} uses.` }), ...changeFields(t) }),
  }),
  payload: { batch: TokenBatch },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordTokenSpend(work, input)),
});
