import { afterAll, beforeAll, expect, it } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { sample } from '../sample.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
const allocator = as('allocator');
beforeAll(async () => {
  hub = await startTestHub(definition);
  await sample(hub.hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

/** How many statements it takes to resolve references with a selection, and what comes of them. */
async function cost(type: string, selection: string, representations: readonly object[]) {
  hub.counted();
  const { _entities } = await hub.ask(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${type} { ${selection} } } }`, { r: representations.map((one) => ({ __typename: type, ...one })) }, allocator);
  return { statements: hub.counted().length, found: _entities as Record<string, unknown>[] };
}
const many = (key: string, ...known: readonly string[]) => [...known, ...Array.from({ length: 60 }, (_, index) => `other-${index}`)].map((value) => ({ [key]: value }));
const YEAR = new Date().getUTCFullYear();

it.each([
  ['Domain', 'slug', 'infotech', 'custodian', 'budgets(first: 2) { totalCount nodes { name } }'],
  ['Domain', 'slug', 'infotech', 'custodian', 'budgets(first: 2) { nodes { allocated { amount } committed { amount } spent { amount } available { amount } allowedTransitions { verb } history { verb } } }'],
  ['Domain', 'slug', 'infotech', 'custodian', 'runway { status monthsRemaining { low expected high } threshold assumptions version }'],
  ['Domain', 'slug', 'infotech', 'custodian', 'burnRate(period: MONTH) { actual { amount } projected { amount } }'],
  ['Domain', 'slug', 'infotech', 'custodian', `cost(period: { month: "${YEAR}-01" }) { total { amount } byProvider { provider } unallocated { amount } }`],
  ['Service', 'slug', 'core-hub', 'warehouse', 'cost(period: { month: "2024-09" }) { total { amount } byProvider { provider amount { amount } } unallocated { amount } }'],
  ['Workstream', 'code', 'CUST-WP-0025', 'CUST-WP-0002', 'tokenSpend(period: YEAR) { tokens { input } cost { amount } byModel { model } }'],
  ['Workstream', 'code', 'CUST-WP-0025', 'CUST-WP-0002', 'cost(period: { month: "2024-09" }) { total { amount } }'],
])('%s.%s %s: the same statements for many as for two (%s, %s)', async (type, key, one, other, selection) => {
  const few = await cost(type, selection, [{ [key]: one }, { [key]: other }]);
  const all = await cost(type, selection, many(key, one, other));
  expect(all.found.slice(0, 2)).toEqual(few.found);
  expect(all.statements).toBe(few.statements);
});

it.each([
  ['Budget', 'budgets', 'name'], ['Commitment', 'commitments', 'title status'], ['CostRow', 'costRows', 'serviceName'], ['TokenSpend', 'tokenSpends', 'model'], ['Account', 'accounts', 'slug'], ['AttributionRule', 'attributionRules', 'name'],
  ['BillingPeriod', 'billingPeriods', 'month'], ['ExchangeRate', 'exchangeRates', 'rate'], ['CostImport', 'costImports', 'file'], ['RunwayProjection', 'runways', 'status'],
])('%s: references to many are one statement, or as many as for one', async (type, list, selection) => {
  const { nodes } = (await hub.ask(`{ ${list}(first: 100) { nodes { id } } }`, {}, allocator))[list];
  expect(nodes.length).toBeGreaterThan(0);
  const single = await cost(type, selection, [nodes[0]]);
  const all = await cost(type, selection, nodes);
  expect(all.found).toHaveLength(nodes.length);
  expect(all.found).not.toContain(null);
  expect(all.statements).toBe(single.statements);
  if (type !== 'RunwayProjection') expect(all.statements).toBe(1);
});
