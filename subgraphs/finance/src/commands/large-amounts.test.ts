import { heldClock } from '@hubgraph/kit/clock';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allocator, startFinance, type FinanceTest } from './finance.fixture.ts';

// Amounts of 38 digits are taken in; what they sum to has more, and is told exactly all the same.

const MOST = '99999999999999999999.999999999999999999';
let test: FinanceTest;
beforeAll(async () => void (test = await startFinance(heldClock('2026-06-15T12:00:00Z'))));
afterAll(() => test[Symbol.asyncDispose]());

const make = async (verb: string, fields: string, input: object) => expect((await test.hub.change(verb, input, fields, allocator)).errors).toEqual([]);
const charge = (sourceKey: string, billedCost: string) => ({ sourceKey, provider: 'AWS', billedCost, currency: 'USD', start: '2026-04-01', end: '2026-04-02', tags: [{ key: 'domain', value: 'large' }] });

it('sums, corrects and holds budgets against the largest amounts that are taken in', async () => {
  await make('addAttributionRule', 'rule { id }', { name: 'large', kind: 'TAG', priority: 1, match: { tag: 'domain', values: ['large'] }, targets: [{ domain: 'large', service: 'giant' }] });
  await make('recordCost', 'import { new corrected }', { source: 's', costs: [charge('1', MOST), charge('2', MOST), charge('3', `-${MOST}`), charge('4', MOST)] });
  const ask = () => test.ask('{ costs(period: { month: "2026-04" }, groupBy: [PROVIDER]) { total { amount } groups { amount { amount } } } _entities(representations: [{ __typename: "Service", slug: "giant" }]) { ... on Service { cost(period: { month: "2026-04" }) { total { amount } } } } }');
  const twice = '199999999999999999999.999999999999999998';
  expect(await ask()).toEqual({ costs: { total: { amount: twice }, groups: [{ amount: { amount: twice } }] }, _entities: [{ cost: { total: { amount: twice } } }] });

  // in a closed month, as a difference that has more digits than an amount
  await test.done('closePeriod', { month: '2026-04' });
  await make('recordCost', 'import { new corrected }', { source: 's', costs: [charge('1', `-${MOST}`)] });
  const { costs } = await test.ask('{ costs(period: { month: "2026-05" }) { total { amount } } }');
  expect(costs.total.amount).toBe(`-${twice}`);

  const { budget } = await test.done('draftBudget', { name: 'large', domain: 'large', periodStart: '2026-04-01', periodEnd: '2026-05-01', currency: 'USD', allocated: MOST });
  await test.done('activateBudget', { id: budget.id });
  const read = await test.ask('query ($id: ID!) { budget(id: $id) { spent { amount } available { amount } } }', { id: budget.id });
  expect(read.budget).toEqual({ spent: { amount: twice }, available: { amount: '-99999999999999999999.999999999999999999' } });
  await test.done('closePeriod', { month: '2026-05' });
  await test.run('settle-spend');
  await test.run('find-anomalies');
});

it('refuses parts of a budget, commitments and payments that are too much, with a reason', async () => {
  const frame = { domain: 'parts', periodStart: '2026-06-01', periodEnd: '2026-12-01', currency: 'USD', allocated: MOST };
  const { budget } = await test.done('draftBudget', { name: 'whole', ...frame });
  await test.done('activateBudget', { id: budget.id });
  const parts = await Promise.all(['one', 'two'].map(async (domain) => (await test.done('draftBudget', { name: domain, ...frame, domain, parentId: budget.id })).budget.id));
  await test.done('activateBudget', { id: parts[0] });
  expect(await test.refused('activateBudget', { id: parts[1] })).toMatchObject([{ unmet: [{ code: 'PARENT_TOO_SMALL' }] }]);

  const commitment = { budgetId: budget.id, kind: 'CONTRACT', title: 'c', cadence: 'MONTHLY', start: '2026-06-01' };
  expect(await test.refused('proposeCommitment', { ...commitment, amount: MOST })).toMatchObject([{ message: expect.stringContaining('20 digits before the point') }]);
});

it('says why a decimal is not taken', async () => {
  const message = (amount: string) => test.refused('proposeCommitment', { budgetId: 'x', kind: 'CONTRACT', title: 'c', cadence: 'ONCE', start: '2026-06-01', amount }).then(() => '', (error: Error) => error.message);
  expect(await message('1.0000000000000000001')).toContain('at most 18 digits behind the point; this has 19');
  expect(await message('100000000000000000000')).toContain('at most 20 digits before the point; this has 21');
  expect(await message('1e5')).toContain('without exponent');
});
