import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Hub } from '@hubgraph/kit/hub';
import { as, startTestHub, type TestHub } from '../../../test/harness/hub.ts';
import { sample } from './sample.ts';
import { definition } from './subgraph.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
});
afterAll(() => hub[Symbol.asyncDispose]());

const allocator = as('allocator');
const MONEY = `query ($r: [_Any!]!) { _entities(representations: $r) {
  ... on Domain { runway { monthsRemaining { low expected high } threshold status assumptions } budgets(first: 3) { nodes { period { start end } allocated { amount currency } committed { amount } spent { amount } available { amount } status } } burnRate(period: MONTH) { actual { amount } projected { amount } } }
  ... on Service { cost(period: { month: "2024-09" }) { total { amount currency } byProvider { provider amount { amount } } unallocated { amount } } }
  ... on Workstream { tokenSpend(period: MONTH) { tokens { input cachedInput cacheWrite output } cost { amount currency } byModel { model cost { amount } } } }
  ... on StateSummary { runwayMonths { domain low expected high status } budgetAlerts { kind threshold budget { name } } }
} }`;

it('answers the acceptance query sensibly, and is the same again when it is made twice', async () => {
  await sample(hub.hub);
  const variables = { r: [{ __typename: 'Domain', slug: 'infotech' }, { __typename: 'Service', slug: 'core-hub' }, { __typename: 'Workstream', code: 'CUST-WP-0025' }, { __typename: 'StateSummary', id: 'state' }] };
  const once = await hub.ask(MONEY, variables, allocator);
  const [domain, service, workstream, state] = once._entities;
  expect(domain.runway).toMatchObject({ status: 'OK', threshold: '10', monthsRemaining: { low: expect.stringMatching(/^1[01]/), expected: expect.stringMatching(/^1[01]/), high: expect.stringMatching(/^1[01]/) } });
  expect(domain.runway.assumptions.join(' ')).toMatch(/1 EUR is 1.1087 USD, by the rate of 2024-09-02 \(ECB\)/);
  expect(domain.budgets.nodes).toHaveLength(3);
  for (const { allocated, committed, spent, available } of domain.budgets.nodes) expect(Number(committed.amount) + Number(spent.amount) + Number(available.amount)).toBeCloseTo(Number(allocated.amount), 6);
  expect(Number(domain.burnRate.projected.amount)).toBeGreaterThanOrEqual(Number(domain.burnRate.actual.amount));
  // 812.4056102 + 240.7532270852 + 158.088 + 60 of what is shared
  expect(service.cost.total).toEqual({ amount: '1271.2468372852', currency: 'USD' });
  expect(Number(workstream.tokenSpend.tokens.output)).toBeGreaterThan(0);
  expect(state.runwayMonths).toEqual([{ domain: 'infotech', status: 'OK', ...domain.runway.monthsRemaining }]);
  await sample(hub.hub);
  expect(await hub.ask(MONEY, variables, allocator)).toEqual(once);
});

it('is the same wherever a first start was cut off before', async () => {
  await using again = await startTestHub(definition);
  let left = 0;
  const cut: Hub = { ...again.hub, execute: (request) => (left-- > 0 ? again.hub.execute(request) : Promise.reject(new Error('cut off'))) };
  let starts = 0;
  for (let steps = 1, done = false; !done; steps += 3, starts++) {
    left = steps;
    done = await sample(cut).then(() => true, ({ message }: Error) => (expect(message).toBe('cut off'), false));
  }
  expect(starts).toBeGreaterThan(8);
  const all = '{ budgets(first: 50, orderBy: CREATED) { nodes { name status version allocated { amount } committed { amount } spent { amount } available { amount } } } commitments(first: 50, orderBy: CREATED) { nodes { title status version } } costRows(first: 1) { totalCount } tokenSpends(first: 1) { totalCount } accounts { nodes { slug version balances { totalCount } } } incomes { totalCount } attributionRules { totalCount } runways { nodes { status version monthsRemaining { expected } } } }';
  expect(await again.ask(all, {}, allocator)).toEqual(await hub.ask(all, {}, allocator));
}, 60_000);
