import type { ChangeInput } from '@hubgraph/kit/change';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { recordBalance, registerAccount, type RecordBalanceInput, type RegisterAccountInput } from '../commands/account.ts';
import { endIncome, recordIncome, type EndIncomeInput, type RecordIncomeInput } from '../commands/income.ts';
import type * as model from '../model/index.ts';
import { dayOf } from '../money/calendar.ts';
import { accounts, incomes, type AccountFilter as Filter, type IncomeFilter } from '../store/index.ts';
import { builder, loadHistory, paging, READ, shared, type FinanceContext } from './builder.ts';
import { Account, Domain, Money } from './refs.ts';

const WRITE = [['finance:write']] as const;
const accountById = (context: FinanceContext, id: string) => (isUuid(id) ? context.loaders.load('Account.id', id.toLowerCase(), (ids) => accounts.byIds(context.sql, ids)) : null);
const accountBySlug = (context: FinanceContext, slug: string) => context.loaders.load('Account.slug', slug, (slugs) => accounts.bySlugs(context.sql, slugs));

const AccountBalance = builder.objectRef<model.AccountBalance>('AccountBalance').implement({
  description: 'What an account held on a day.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub; stays when the balance is corrected.' }),
    day: t.field({ type: 'Date', description: 'The day, UTC.', resolve: ({ day }) => day }),
    amount: t.expose('amount', { type: 'Decimal', description: 'In the currency of the account; negative when it is overdrawn.' }),
    source: t.exposeString('source', { description: 'Who says so.' }),
    recordedBy: t.exposeString('recordedBy', { description: 'Who recorded it last.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When.' }),
  }),
});
const BalanceConnection = connectionOf(builder, AccountBalance, 'AccountBalance');

Account.implement({
  description: 'Money that is there, such as a bank account.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key, such as ops-bank.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain whose money it is.', resolve: ({ domain }) => ({ slug: domain }) }),
    currency: t.exposeString('currency', { description: 'Currency, ISO 4217.' }),
    liquid: t.exposeBoolean('liquid', { description: 'Whether it counts for the runway of its domain.' }),
    balance: t.field({
      type: AccountBalance,
      nullable: true,
      description: 'The newest balance of today or before; null when there is none.',
      resolve: ({ id }, _args, context) => context.loaders.load('Account.balance', id, (ids) => accounts.latestBalances(context.sql, ids, dayOf(context.now()))),
    }),
    balances: t.field({
      type: BalanceConnection,
      description: 'Its balances, the newest day first.',
      args: paging,
      resolve: async ({ id }, page, context) => (await context.loaders.load(argsName('Account.balances', page), id, (ids) => accounts.balancePages(context.sql, ids, page)))!,
    }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who registered it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    history: t.field({ type: [shared.Transition], description: 'What was recorded of it, oldest first; a corrected balance is here as it was before.', resolve: (account, _args, context) => loadHistory(context, 'Account', account.id) }),
  }),
});
builder.asEntity(Account, {
  key: [builder.selection<{ slug: string }>('slug'), builder.selection<{ id: string }>('id')],
  resolveReference: (reference: { id?: string; slug?: string }, context) => (reference.slug !== undefined ? accountBySlug(context, reference.slug) : accountById(context, reference.id ?? '')),
});

const AccountFilter = builder.inputRef<Filter>('AccountFilter').implement({
  description: 'Narrows the list of accounts; what is given is combined by AND.',
  fields: (t) => ({
    slugs: t.stringList({ description: 'One of these slugs.' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    currencies: t.stringList({ description: 'In one of these currencies.' }),
    liquid: t.boolean({ description: 'Those that count for runways, or those that do not.' }),
  }),
});
const AccountConnection = connectionOf(builder, Account, 'Account');
builder.queryField('account', (t) =>
  t.field({ type: Account, nullable: true, description: 'One account by its slug; null when there is none.', requiresScopes: READ, args: { slug: t.arg.string({ required: true, description: 'Its slug.' }) }, resolve: (_root, { slug }, context) => accountBySlug(context, slug) }),
);
builder.queryField('accounts', (t) =>
  t.field({
    type: AccountConnection,
    nullable: true,
    description: 'Accounts, by slug.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: AccountFilter, description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => accounts.page(context.sql, filter ?? {}, page),
  }),
);

const Income = builder.objectRef<model.Income>('Income').implement({
  description: 'Money that comes in each month.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it comes in for.', resolve: ({ domain }) => ({ slug: domain }) }),
    title: t.exposeString('title', { description: 'What it is.' }),
    amount: t.field({ type: Money, description: 'A month.', resolve: ({ amount, currency }) => ({ amount, currency }) }),
    start: t.field({ type: 'Date', description: 'From when on it comes in.', resolve: ({ start }) => start }),
    end: t.field({ type: 'Date', nullable: true, description: 'The first day on which it comes in no more; null: without end.', resolve: ({ end }) => end }),
    recordedBy: t.exposeString('recordedBy', { description: 'Who recorded it.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When.' }),
    history: t.field({ type: [shared.Transition], description: 'What was recorded of it, oldest first.', resolve: (income, _args, context) => loadHistory(context, 'Income', income.id) }),
  }),
});
const IncomeConnection = connectionOf(builder, Income, 'Income');
builder.queryField('incomes', (t) =>
  t.field({
    type: IncomeConnection,
    nullable: true,
    description: 'Incomes, those that start last first.',
    requiresScopes: READ,
    args: { domains: t.arg.stringList({ description: 'Of one of these domains (slugs).' }), on: t.arg({ type: 'Date', description: 'That come in on this day.' }), ...paging },
    resolve: (_root, { domains, on, ...page }, context) => incomes.page(context.sql, { domains, on } satisfies IncomeFilter, page),
  }),
);

addMutation<FinanceContext, RegisterAccountInput & ChangeInput, { account: model.Account }>(builder, {
  verb: 'registerAccount',
  description: 'Registers an account, under a slug that is free. Its currency stays.',
  scopes: WRITE,
  input: builder.inputRef<RegisterAccountInput & ChangeInput>('RegisterAccountInput').implement({
    description: 'A new account.',
    fields: (t) => ({
      slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes.' }),
      name: t.string({ description: 'What it is called; the slug when left out.' }),
      domain: t.string({ required: true, description: 'Slug of the domain whose money it is.' }),
      currency: t.string({ required: true, description: 'Currency, ISO 4217, such as USD.' }),
      liquid: t.boolean({ defaultValue: true, description: 'Whether it counts for the runway of its domain.' }),
      ...changeFields(t),
    }),
  }),
  payload: { account: Account },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => registerAccount(work, input)),
});
addMutation<FinanceContext, RecordBalanceInput & ChangeInput, { account: model.Account; balance: model.AccountBalance }>(builder, {
  verb: 'recordBalance',
  description: 'Says what an account holds on a day, and tells of the runway of its domain when it crosses a threshold. The same again changes nothing; another amount for a day that has one needs a reason, and the old one stays in the history of the account.',
  scopes: WRITE,
  input: builder.inputRef<RecordBalanceInput & ChangeInput>('RecordBalanceInput').implement({
    description: 'A balance.',
    fields: (t) => ({
      account: t.string({ required: true, description: 'Slug of the account.' }),
      day: t.field({ type: 'Date', required: true, description: 'The day, today or before.' }),
      amount: t.field({ type: 'Decimal', required: true, description: 'In the currency of the account; negative when it is overdrawn.' }),
      source: t.string({ required: true, description: 'Who says so, such as a bank statement.' }),
      reason: t.string({ description: 'Why the balance of the day changes; needed when it has one.' }),
      ...changeFields(t),
    }),
  }),
  payload: { account: Account, balance: AccountBalance },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordBalance(work, input)),
});
addMutation<FinanceContext, RecordIncomeInput & ChangeInput, { income: model.Income }>(builder, {
  verb: 'recordIncome',
  description: 'Says that money comes in each month, and tells of the runway of the domain when it crosses a threshold. Give an idempotency key: an income has no other.',
  scopes: WRITE,
  input: builder.inputRef<RecordIncomeInput & ChangeInput>('RecordIncomeInput').implement({
    description: 'A new income.',
    fields: (t) => ({
      domain: t.string({ required: true, description: 'Slug of the domain.' }),
      title: t.string({ required: true, description: 'What it is.' }),
      amount: t.field({ type: 'Decimal', required: true, description: 'A month; more than 0.' }),
      currency: t.string({ required: true, description: 'Currency, ISO 4217, such as USD.' }),
      start: t.field({ type: 'Date', required: true, description: 'From when on it comes in.' }),
      end: t.field({ type: 'Date', description: 'The first day on which it comes in no more; without end when left out.' }),
      ...changeFields(t),
    }),
  }),
  payload: { income: Income },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordIncome(work, input)),
});
addMutation<FinanceContext, EndIncomeInput & ChangeInput, { income: model.Income }>(builder, {
  verb: 'endIncome',
  description: 'Says from which day on an income comes in no more. Its start as the end means that it never came.',
  scopes: WRITE,
  input: builder.inputRef<EndIncomeInput & ChangeInput>('EndIncomeInput').implement({
    description: 'Which income, and when.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the income.' }),
      end: t.field({ type: 'Date', required: true, description: 'The first day on which it comes in no more; not before its start.' }),
      reason: t.string({ description: 'Why.' }),
      ...changeFields(t),
    }),
  }),
  payload: { income: Income },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => endIncome(work, input)),
});
