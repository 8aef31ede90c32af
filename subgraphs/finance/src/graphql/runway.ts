import type { ChangeInput } from '@hubgraph/kit/change';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { pageOfRows } from '@hubgraph/kit/page';
import { setRunwayPolicy, type SetRunwayPolicyInput } from '../commands/runway.ts';
import { periodOf, projectBurn, type Burn, type BurnPeriod as Period } from '../forecast/burn.ts';
import { projectRunway, type MonthRange, type Runway } from '../forecast/runway.ts';
import type * as model from '../model/index.ts';
import { dayOf, type Span } from '../money/calendar.ts';
import { budgetAlerts, budgets, flows, runwayPolicies } from '../store/index.ts';
import { builder, paging, READ, RunwayStatus, ThresholdKind, type FinanceContext } from './builder.ts';
import { Budget, Domain, Money, RunwayProjection, StateSummary } from './refs.ts';

/** The runway of a domain as it stands now, batched; null when it has neither policy nor account that counts. */
const runwayOf = (context: FinanceContext, domain: string) =>
  context.loaders.load('RunwayProjection', domain, async (domains) => new Map([...(await flows.runwayFacts(context.sql, domains, dayOf(context.now())))].map(([slug, facts]) => [slug, projectRunway(facts)])));
const allRunways = async (context: FinanceContext): Promise<Runway[]> => (await Promise.all((await runwayPolicies.domains(context.sql)).map((domain) => runwayOf(context, domain)))).filter((runway) => runway !== null);

const Months = builder.objectRef<MonthRange>('RunwayMonths').implement({
  description: 'Months as a range; each rounded down to two places, and at most 9999.99.',
  fields: (t) => ({
    low: t.expose('low', { type: 'Decimal', nullable: true, description: 'When every month costs what the most costly of the last three did.' }),
    expected: t.expose('expected', { type: 'Decimal', description: 'When every month costs the mean of the last three; thresholds are compared with this.' }),
    high: t.expose('high', { type: 'Decimal', nullable: true, description: 'When every month costs what the cheapest of the last three did; null: not limited then.' }),
  }),
});
const MonthlyBurn = builder.objectRef<Record<'fixed' | 'variable' | 'income' | 'total', model.Money>>('MonthlyBurn').implement({
  description: 'What goes out and comes in each month.',
  fields: (t) => ({
    fixed: t.field({ type: Money, description: 'Signed commitments in force: a quarterly one counts a third, a yearly one a twelfth, one that is paid once nothing.', resolve: ({ fixed }) => fixed }),
    variable: t.field({ type: Money, description: 'Mean of the variable spend of the three whole months before this one.', resolve: ({ variable }) => variable }),
    income: t.field({ type: Money, description: 'Incomes that come in now.', resolve: ({ income }) => income }),
    total: t.field({ type: Money, description: 'Fixed and variable without income; negative when more comes in.', resolve: ({ total }) => total }),
  }),
});

RunwayProjection.implement({
  description: 'For how many months the money of a domain lasts: balance / (fixed commitments a month + three-month mean of variable spend - income a month). Computed when it is asked for.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Slug of the domain.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain.', resolve: ({ id }) => ({ slug: id }) }),
    status: t.field({ type: RunwayStatus, description: 'Where it stands. It leaves BREACHED and ESCALATED only more than a tenth above the threshold.', resolve: ({ status }) => status }),
    monthsRemaining: t.field({ type: Months, nullable: true, description: 'Null when it is not limited or not known, as the status says.', resolve: ({ months }) => months }),
    threshold: t.expose('threshold', { type: 'Decimal', nullable: true, description: 'Months below which it is told; null without a policy.' }),
    secondThreshold: t.expose('secondThreshold', { type: 'Decimal', nullable: true, description: 'Months below which the steward is told.' }),
    balance: t.field({ type: Money, nullable: true, description: 'Sum of the newest balances of the accounts that count; null when not known.', resolve: ({ balance, currency }) => (balance === null ? null : { amount: balance, currency }) }),
    monthlyBurn: t.field({
      type: MonthlyBurn,
      nullable: true,
      description: 'What goes out and comes in; null when an exchange rate is missing.',
      resolve: ({ burn, currency }) => {
        const money = (amount: model.Decimal) => ({ amount, currency });
        return burn === null ? null : { fixed: money(burn.fixed), variable: money(burn.variable), income: money(burn.income), total: money(burn.total) };
      },
    }),
    assumptions: t.stringList({ description: 'What it stands on, in sentences: balances, months, rates, and what is not counted.', resolve: ({ assumptions }) => [...assumptions] }),
    asOf: t.field({ type: 'Date', description: 'The day that it is computed for, UTC.', resolve: ({ today }) => today }),
    version: t.int({
      nullable: true,
      description: 'Version of the policy, which rises when it is changed or a crossing is told; hand it back as `expectedVersion`. Null without a policy.',
      resolve: async ({ id }, _args, context) => (await context.loaders.load('RunwayPolicy', id, (domains) => runwayPolicies.byDomains(context.sql, domains)))?.version ?? null,
    }),
  }),
});
builder.asEntity(RunwayProjection, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => runwayOf(context, id) });

builder.queryField('runway', (t) =>
  t.field({ type: RunwayProjection, nullable: true, description: 'The runway of a domain; null when it has neither policy nor account that counts.', requiresScopes: READ, args: { domain: t.arg.string({ required: true, description: 'Slug of the domain.' }) }, resolve: (_root, { domain }, context) => runwayOf(context, domain) }),
);
const RunwayConnection = connectionOf(builder, RunwayProjection, 'RunwayProjection');
const RunwayFilter = builder.inputRef<{ domains?: readonly string[] | null; statuses?: readonly model.RunwayStatus[] | null }>('RunwayProjectionFilter').implement({
  description: 'Narrows a list of runways; what is given is combined by AND.',
  fields: (t) => ({ domains: t.stringList({ description: 'Slugs of domains.' }), statuses: t.field({ type: [RunwayStatus], description: 'Standing at one of these.' }) }),
});
const RunwayOrder = builder.enumType('RunwayProjectionOrder', { description: 'Order of a list of runways.', values: { DOMAIN: { description: 'By slug of the domain.' } } });
builder.queryField('runways', (t) =>
  t.field({
    type: RunwayConnection,
    nullable: true,
    description: 'The runways of all domains that have a policy or an account that counts.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: RunwayFilter, description: 'Which ones.' }), orderBy: t.arg({ type: RunwayOrder, defaultValue: 'DOMAIN', description: 'In which order.' }), ...paging },
    resolve: async (_root, { filter, orderBy: _order, ...page }, context) => {
      const runways = await allRunways(context);
      return pageOfRows('RunwayProjection', 'id', runways.filter(({ id, status }) => (filter?.domains?.includes(id) ?? true) && (filter?.statuses?.includes(status) ?? true)), page);
    },
  }),
);
builder.objectField(Domain, 'runway', (t) => t.field({ type: RunwayProjection, nullable: true, requiresScopes: READ, description: 'For how many months its money lasts; null when it has neither policy nor account that counts.', resolve: ({ slug }, _args, context) => runwayOf(context, slug) }));
const DomainMonths = builder.objectRef<Runway>('DomainRunwayMonths').implement({
  description: 'For how many months the money of a domain lasts, in short.',
  fields: (t) => ({
    domain: t.exposeString('id', { description: 'Slug of the domain.' }),
    low: t.field({ type: 'Decimal', nullable: true, description: 'As in RunwayMonths; null when not limited or not known.', resolve: ({ months }) => months?.low ?? null }),
    expected: t.field({ type: 'Decimal', nullable: true, description: 'As in RunwayMonths; null when not limited or not known.', resolve: ({ months }) => months?.expected ?? null }),
    high: t.field({ type: 'Decimal', nullable: true, description: 'As in RunwayMonths; null when not limited or not known.', resolve: ({ months }) => months?.high ?? null }),
    status: t.field({ type: RunwayStatus, description: 'Where it stands.', resolve: ({ status }) => status }),
    runway: t.field({ type: RunwayProjection, nullable: true, description: 'All that is known of it.', resolve: (runway) => runway }),
  }),
});
builder.objectField(StateSummary, 'runwayMonths', (t) => t.field({ type: [DomainMonths], nullable: true, requiresScopes: READ, description: 'The runways of all domains that have a policy or an account that counts, by slug.', resolve: (_state, _args, context) => allRunways(context) }));

const BurnPeriod = builder.enumType('BurnPeriod', { description: 'A calendar period, UTC.', values: { MONTH: { description: 'A month.' }, QUARTER: { description: 'Three months from January, April, July or October on.' }, YEAR: { description: 'A year.' } } satisfies Record<Period, object> });
const BurnSpan = builder.objectRef<Span>('BurnSpan').implement({
  description: 'The days of a period.',
  fields: (t) => ({ start: t.field({ type: 'Date', description: 'Its first day.', resolve: ({ start }) => start }), end: t.field({ type: 'Date', description: 'The first day after it.', resolve: ({ end }) => end }) }),
});
const BurnRate = builder.objectRef<Burn>('BurnRate').implement({
  description: 'What a domain spends in a period.',
  fields: (t) => ({
    period: t.field({ type: BurnSpan, description: 'The period.', resolve: ({ span }) => span }),
    actual: t.field({ type: Money, nullable: true, description: 'Spent so far: charges, uses of models without a bill, and payments of commitments. Null when an exchange rate is missing.', resolve: ({ actual, currency }) => (actual === null ? null : { amount: actual, currency }) }),
    projected: t.field({ type: Money, nullable: true, description: 'At its end: with what falls due of commitments, and for each day after today the mean of the 28 days before it. Null when an exchange rate is missing.', resolve: ({ projected, currency }) => (projected === null ? null : { amount: projected, currency }) }),
    assumptions: t.stringList({ description: 'What the projection stands on, in sentences.', resolve: ({ assumptions }) => [...assumptions] }),
  }),
});
builder.objectField(Domain, 'burnRate', (t) =>
  t.field({
    type: BurnRate,
    nullable: true,
    requiresScopes: READ,
    description: 'What it spends in a period, in its currency; null when nothing is known of its money.',
    args: { period: t.arg({ type: BurnPeriod, required: true, description: 'Which kind of period.' }), on: t.arg({ type: 'Date', description: 'A day that lies in it; today when left out.' }) },
    resolve: ({ slug }, { period, on }, context) => {
      const today = dayOf(context.now());
      const span = periodOf(period, on ?? today);
      return context.loaders.load(argsName('Domain.burnRate', span), slug, async (domains) => new Map([...(await flows.burnFacts(context.sql, domains, span, today))].map(([domain, facts]) => [domain, projectBurn(facts)])));
    },
  }),
);

const BudgetAlert = builder.objectRef<model.BudgetAlert>('BudgetAlert').implement({
  description: 'That a threshold of a budget is reached; told once until it is left.',
  fields: (t) => ({
    budget: t.field({ type: Budget, nullable: true, description: 'The budget.', resolve: ({ budgetId }, _args, context) => context.loaders.load('Budget.id', budgetId, (ids) => budgets.byIds(context.sql, ids)) }),
    kind: t.field({ type: ThresholdKind, description: 'What is compared with the threshold.', resolve: ({ kind }) => kind }),
    threshold: t.exposeInt('threshold', { description: 'Percent of what is allocated.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When it was reached.' }),
    used: t.expose('used', { type: 'Decimal', description: 'What was used, or forecast to be, when it was reached; in the currency of the budget.' }),
  }),
});
builder.objectField(StateSummary, 'budgetAlerts', (t) => t.field({ type: [BudgetAlert], nullable: true, requiresScopes: READ, description: 'Thresholds of budgets that are reached, the newest first.', resolve: (_state, _args, context) => budgetAlerts.all(context.sql) }));

addMutation<FinanceContext, SetRunwayPolicyInput & ChangeInput, { runway: Runway }>(builder, {
  verb: 'setRunwayPolicy',
  description: 'Says in which currency a domain reckons and below how many months its runway is told of, once for each crossing; below the second threshold the steward is told.',
  scopes: [['finance:write']],
  input: builder.inputRef<SetRunwayPolicyInput & ChangeInput>('SetRunwayPolicyInput').implement({
    description: 'The policy of a domain; it takes the place of the one that is there.',
    fields: (t) => ({
      domain: t.string({ required: true, description: 'Slug of the domain.' }),
      currency: t.string({ required: true, description: 'Currency, ISO 4217; what is in others is converted by dated rates.' }),
      threshold: t.field({ type: 'Decimal', required: true, description: 'Months, more than 0.' }),
      secondThreshold: t.field({ type: 'Decimal', description: 'Months, below the threshold; none when left out.' }),
      ...changeFields(t),
    }),
  }),
  payload: { runway: RunwayProjection },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => setRunwayPolicy(work, input)),
});
