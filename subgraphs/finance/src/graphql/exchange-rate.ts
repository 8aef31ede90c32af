import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { recordExchangeRates, type RateInput, type RecordExchangeRatesInput } from '../commands/exchange-rate.ts';
import type * as model from '../model/index.ts';
import { conversionKey, exchangeRates, type ExchangeRateFilter as Filter, type RateOrder as Order } from '../store/index.ts';
import { builder, loadHistory, paging, READ, shared, type FinanceContext } from './builder.ts';
import { ExchangeRate } from './refs.ts';

/** Loads exchange rates by id, batched. */
export const rateById = (context: FinanceContext, id: string | null) => (id !== null && isUuid(id) ? context.loaders.load('ExchangeRate.id', id.toLowerCase(), (ids) => exchangeRates.byIds(context.sql, ids)) : null);

ExchangeRate.implement({
  description: 'What one unit of a currency is worth in another on a day. It counts until the next one.',
  requiresScopes: READ,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    from: t.exposeString('from', { description: 'Currency that is converted, ISO 4217.' }),
    to: t.exposeString('to', { description: 'Currency that it becomes.' }),
    day: t.expose('day', { type: 'Date', description: 'The day from which it counts.' }),
    rate: t.expose('rate', { type: 'Decimal', description: 'How much of `to` one of `from` is worth.' }),
    source: t.exposeString('source', { description: 'Who says so.' }),
    recordedBy: t.exposeString('recordedBy', { description: 'Who recorded it.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When it was recorded.' }),
    history: t.field({ type: [shared.Transition], description: 'How it was corrected, oldest first.', resolve: (rate, _args, context) => loadHistory(context, 'ExchangeRate', rate.id) }),
  }),
});
builder.asEntity(ExchangeRate, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => rateById(context, id) });

const ExchangeRateConnection = connectionOf(builder, ExchangeRate, 'ExchangeRate');
const RateFilter = builder.inputRef<Filter>('ExchangeRateFilter').implement({
  description: 'Narrows a list of exchange rates; what is given is combined by AND.',
  fields: (t) => ({
    from: t.stringList({ description: 'From one of these currencies.' }),
    to: t.stringList({ description: 'To one of these currencies.' }),
    since: t.field({ type: 'Date', description: 'Of this day and later.' }),
    before: t.field({ type: 'Date', description: 'Of days before this one.' }),
  }),
});
const RateOrder = builder.enumType('ExchangeRateOrder', { description: 'Order of a list of exchange rates.', values: { DAY: { description: 'Earliest first.' }, DAY_DESC: { description: 'Latest first.' } } as Record<Order, { description: string }> });

builder.queryField('exchangeRates', (t) =>
  t.field({
    type: ExchangeRateConnection,
    nullable: true,
    description: 'Exchange rates, the latest first unless ordered otherwise.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: RateFilter, description: 'Which ones.' }), orderBy: t.arg({ type: RateOrder, defaultValue: 'DAY_DESC', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => exchangeRates.page(context.sql, filter ?? {}, orderBy ?? 'DAY_DESC', page),
  }),
);
builder.queryField('exchangeRate', (t) =>
  t.field({
    type: ExchangeRate,
    nullable: true,
    description: 'The rate that counts on a day: the newest on or before it; null when there is none.',
    requiresScopes: READ,
    args: { from: t.arg.string({ required: true, description: 'Currency that is converted, ISO 4217.' }), to: t.arg.string({ required: true, description: 'Currency that it becomes.' }), on: t.arg({ type: 'Date', description: 'The day; today when left out.' }) },
    resolve: async (_root, { from, to, on }, context) => {
      const wanted = { from, to, day: on ?? context.now().toISOString().slice(0, 10) };
      return (await exchangeRates.newest(context.sql, [wanted])).get(conversionKey(wanted)) ?? null;
    },
  }),
);

const OneRate = builder.inputRef<RateInput>('ExchangeRateInput').implement({
  description: 'One rate.',
  fields: (t) => ({
    from: t.string({ required: true, description: 'Currency that is converted, ISO 4217, such as EUR.' }),
    to: t.string({ required: true, description: 'Currency that it becomes, such as USD.' }),
    day: t.field({ type: 'Date', required: true, description: 'The day from which it counts; not in the future.' }),
    rate: t.field({ type: 'Decimal', required: true, description: 'How much of `to` one of `from` is worth; greater than 0.' }),
    source: t.string({ required: true, description: 'Who says so, such as ECB.' }),
  }),
});
addMutation<FinanceContext, RecordExchangeRatesInput, { rates: model.ExchangeRate[] }>(builder, {
  verb: 'recordExchangeRates',
  description: 'Records up to 1,000 exchange rates, all or none. The same again changes nothing; another rate for a day that has one needs a reason, and is refused when a commitment or payment was converted by it. None is taken that would change a closed month.',
  scopes: [['finance:write']],
  input: builder.inputRef<RecordExchangeRatesInput>('RecordExchangeRatesInput').implement({
    description: 'The rates.',
    fields: (t) => ({ rates: t.field({ type: [OneRate], required: true, description: '1 to 1,000 rates.' }), reason: t.string({ description: 'Why rates that are there already change.' }), ...changeFields(t) }),
  }),
  payload: { rates: [ExchangeRate] },
  run: (input, verb, context) => context.changes.run<{ rates: model.ExchangeRate[] }>(context.caller, verb, (work) => recordExchangeRates(work, input)),
});
