import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { isUuid } from '@hubgraph/kit/ids';
import { movePeriod, openPeriod, periodFacts, type MovePeriodInput, type OpenPeriodInput, type PeriodMove } from '../commands/period.ts';
import { periodLifecycle } from '../lifecycle/period.ts';
import type * as model from '../model/index.ts';
import { monthSpan } from '../money/calendar.ts';
import { periods, type PeriodFilter as Filter, type PeriodOrder as Order } from '../store/index.ts';
import { reallocations } from '../store/reallocation.ts';
import { builder, loadHistory, paging, PeriodStatus, READ, shared, type FinanceContext } from './builder.ts';
import { BillingPeriod } from './refs.ts';

const WRITE: ['finance:write'][] = [['finance:write']];
const REOPEN: ['periods:reopen'][] = [['periods:reopen']];

/** By month that is noted to be allocated anew, itself. */
const reallocated = async (context: FinanceContext, months: readonly string[]) => new Map([...(await reallocations.among(context.sql, months))].map((month) => [month, new Set([month])]));

BillingPeriod.implement({
  description: 'A calendar month, in which charges, uses of models and payments count. What changes in a closed one is corrected in the open one.',
  requiresScopes: READ,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    month: t.exposeString('month', { description: 'The month, such as `2024-09`.' }),
    start: t.field({ type: 'Date', description: 'Its first day.', resolve: ({ month }) => monthSpan(month).start }),
    end: t.field({ type: 'Date', description: 'The first day after it.', resolve: ({ month }) => monthSpan(month).end }),
    status: t.field({ type: PeriodStatus, description: 'Whether rows may come in.', resolve: (period) => period.status }),
    closedAt: t.expose('closedAt', { type: 'DateTime', nullable: true, description: 'When it was closed; null while it is open.' }),
    closedBy: t.exposeString('closedBy', { nullable: true, description: 'Who closed it.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it was last closed or reopened.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the first row needed it.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: async (period, _args, context) => periodLifecycle.allowed(period.status, periodFacts(period, context.now(), null, (await context.loaders.load('BillingPeriod.reallocated', period.month, (months) => reallocated(context, months))) ?? new Set()), context.identity) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (period, _args, context) => loadHistory(context, 'BillingPeriod', period.id) }),
  }),
});
builder.asEntity(BillingPeriod, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => (isUuid(id) ? context.loaders.load('BillingPeriod.id', id.toLowerCase(), (ids) => periods.byIds(context.sql, ids)) : null) });

const BillingPeriodConnection = connectionOf(builder, BillingPeriod, 'BillingPeriod');
const PeriodFilter = builder.inputRef<Filter>('BillingPeriodFilter').implement({
  description: 'Narrows a list of billing periods; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [PeriodStatus], description: 'In one of these states.' }),
    since: t.string({ description: 'This month, such as `2024-09`, and later ones.' }),
    before: t.string({ description: 'Before this month.' }),
  }),
});
const PeriodOrder = builder.enumType('BillingPeriodOrder', { description: 'Order of a list of billing periods.', values: { MONTH: { description: 'Earliest first.' }, MONTH_DESC: { description: 'Latest first.' } } as Record<Order, { description: string }> });

builder.queryField('billingPeriod', (t) =>
  t.field({ type: BillingPeriod, nullable: true, description: 'One month; null when nothing needed it yet.', requiresScopes: READ, args: { month: t.arg.string({ required: true, description: 'Such as `2024-09`.' }) }, resolve: (_root, { month }, context) => context.loaders.load('BillingPeriod.month', month, (months) => periods.byMonths(context.sql, months)) }),
);
builder.queryField('billingPeriods', (t) =>
  t.field({
    type: BillingPeriodConnection,
    nullable: true,
    description: 'Months that something counts in, the latest first unless ordered otherwise.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: PeriodFilter, description: 'Which ones.' }), orderBy: t.arg({ type: PeriodOrder, defaultValue: 'MONTH_DESC', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => periods.page(context.sql, filter ?? {}, orderBy ?? 'MONTH_DESC', page),
  }),
);

addMutation<FinanceContext, OpenPeriodInput, { period: model.BillingPeriod }>(builder, {
  verb: 'openPeriod',
  description: 'Makes a month before anything needs it. Otherwise the first row that counts in it does.',
  scopes: WRITE,
  input: builder.inputRef<OpenPeriodInput>('OpenPeriodInput').implement({ description: 'Which month.', fields: (t) => ({ month: t.string({ required: true, description: 'Such as `2024-09`.' }), ...changeFields(t) }) }),
  payload: { period: BillingPeriod },
  run: (input, verb, context) => context.changes.run<{ period: model.BillingPeriod }>(context.caller, verb, (work) => openPeriod(work, input)),
});
const moves: readonly { readonly verb: PeriodMove; readonly description: string; readonly scopes: typeof WRITE | typeof REOPEN }[] = [
  { verb: 'closePeriod', description: 'Closes a month that is over: charges that change in it become corrections in the open one, and payments into it are refused. Waits for what is being written into it.', scopes: WRITE },
  { verb: 'reopenPeriod', description: 'Opens a closed month again, with a reason. For a steward: corrections normally go into the next open one.', scopes: REOPEN },
];
for (const { verb, description, scopes } of moves) {
  addMutation<FinanceContext, MovePeriodInput, { period: model.BillingPeriod }>(builder, {
    verb,
    description,
    scopes,
    input: builder.inputRef<MovePeriodInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which month, and why.',
      fields: (t) => ({ month: t.string({ required: true, description: 'Such as `2024-09`.' }), reason: t.string({ description: 'Why.' }), ...changeFields(t) }),
    }),
    payload: { period: BillingPeriod },
    run: (input, call, context) => context.changes.run<{ period: model.BillingPeriod }>(context.caller, call, (work) => movePeriod(work, verb, input)),
  });
}
