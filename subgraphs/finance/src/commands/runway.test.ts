import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChanges } from '@hubgraph/kit/change';
import { heldClock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { config } from '../config.ts';
import { events } from '../events.ts';
import { jobs } from '../jobs.ts';
import { openDatabase, type Database } from '../store/index.ts';
import { definition } from '../subgraph.ts';

const clock = heldClock('2026-11-21T09:00:00Z');
const allocator = as('allocator');
let hub: TestHub;
let beside: Database;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  beside = openDatabase(hub.database.url, 2);
});
afterAll(async () => {
  await beside.close();
  await hub[Symbol.asyncDispose]();
});

const change = (verb: string, input: object, fields: string) => hub.change(verb, input, fields, allocator);
/** Runs a job as another replica would, and gives the events that it recorded. */
async function run(name: string): Promise<string[]> {
  const [before] = await beside.sql.query<{ id: bigint }>(`SELECT coalesce(max("id"), 0) AS "id" FROM "outbox"`);
  const changes = createChanges({ transactor: beside.transactor, catalogue: events, clock, committed: () => {} });
  const job = jobs({ sql: beside.sql, changes, clock, log: pino({ level: 'silent' }), settings: readConfig(config, {}) }).find((one) => one.name === name)!;
  await job.run(new AbortController().signal);
  const rows = await beside.sql.query<{ type: string }>(`SELECT "type" FROM "outbox" WHERE "id" > $1 ORDER BY "id"`, [before!.id]);
  return rows.map(({ type }) => type.replace('org.finhub.', ''));
}
const typesOf = (answer: { events: { type: string }[] }) => answer.events.map(({ type }) => type.replace('org.finhub.', ''));
const balance = async (amount: string, more: object = {}) => change('recordBalance', { account: 'bank', day: '2026-11-21', amount, source: 'statement', ...more }, 'account { version balance { day amount } balances { totalCount nodes { day amount } } history { verb note } } balance { amount }');
const spend = (key: string, amount: string, start: string) => change('recordCost', { source: 'test', costs: [{ sourceKey: key, provider: 'Host', billedCost: amount, currency: 'USD', start, tags: [{ key: 'team', value: 'infotech' }] }] }, 'import { new }');

it('registers an account once, and corrects a balance only with a reason, keeping the old one', async () => {
  expect(await change('registerAccount', { slug: 'bank', domain: 'infotech', currency: 'USD' }, 'account { slug name currency liquid version }')).toMatchObject({ errors: [], account: { slug: 'bank', name: 'bank', liquid: true, version: 1 } });
  expect((await change('registerAccount', { slug: 'bank', domain: 'infotech', currency: 'USD' }, 'account { id }')).errors).toMatchObject([{ code: 'DUPLICATE' }]);
  expect((await change('registerAccount', { slug: 'B B', domain: '', currency: 'usd' }, 'account { id }')).errors.map(({ path }) => path.join('.'))).toEqual(['input.slug', 'input.domain', 'input.currency']);
  expect(await balance('100.50')).toMatchObject({ errors: [], balance: { amount: '100.5' }, account: { version: 2, balance: { day: '2026-11-21' }, balances: { totalCount: 1 } } });
  expect(await balance('100.5')).toMatchObject({ errors: [], account: { version: 2 } });
  expect((await balance('90000')).errors).toMatchObject([{ code: 'DUPLICATE', message: expect.stringContaining('100.5') }]);
  const corrected = await balance('90000', { reason: 'a digit was missing' });
  expect(corrected).toMatchObject({ account: { version: 3, balances: { totalCount: 1, nodes: [{ amount: '90000' }] } } });
  expect(corrected.account.history.at(-1).note).toMatch(/100\.5 of statement became 90000 of statement: a digit was missing/);
  expect((await balance('1', { day: '2026-11-22' })).errors).toMatchObject([{ path: ['input', 'day'] }]);
});

it('tells of a runway once for each crossing, by balances, charges and days', async () => {
  await change('addAttributionRule', { name: 'team', kind: 'TAG', match: { tag: 'team', values: ['infotech'] }, targets: [{ domain: 'infotech' }] }, 'rule { id }');
  for (const month of ['08', '09', '10']) expect((await spend(month, '9000', `2026-${month}-01`)).errors).toEqual([]);
  expect((await change('setRunwayPolicy', { domain: 'infotech', currency: 'USD', threshold: '6', secondThreshold: '7' }, 'runway { status }')).errors).toMatchObject([{ path: ['input', 'secondThreshold'] }]);
  const set = await change('setRunwayPolicy', { domain: 'infotech', currency: 'USD', threshold: '9', secondThreshold: '3' }, 'runway { status version monthsRemaining { low expected high } monthlyBurn { fixed { amount } variable { amount } income { amount } total { amount currency } } balance { amount } }');
  expect(set).toMatchObject({ errors: [], runway: { status: 'OK', version: 1, monthsRemaining: { low: '10', expected: '10', high: '10' }, monthlyBurn: { fixed: { amount: '0' }, variable: { amount: '9000' }, total: { amount: '9000', currency: 'USD' } }, balance: { amount: '90000' } } });
  expect(typesOf(set)).toEqual(['runway.changed']);
  expect(await run('settle-runways')).toEqual([]);
  // charges come in by themselves, and the job tells
  await spend('more', '9000', '2026-10-01');
  expect(await run('settle-runways')).toEqual(['runway.breached']);
  expect(await run('settle-runways')).toEqual([]);
  // 12,000 a month: 9.5 months are not yet a tenth above 9
  expect(typesOf(await balance('114000', { reason: 'again' }))).toEqual([]);
  expect((await hub.ask('{ runway(domain: "infotech") { status monthsRemaining { expected } } }', {}, allocator)).runway).toEqual({ status: 'BREACHED', monthsRemaining: { expected: '9.5' } });
  expect(typesOf(await balance('120000', { reason: 'again' }))).toEqual(['runway.recovered']);
  expect(typesOf(await balance('30000', { reason: 'again' }))).toEqual(['runway.breached']);
  expect((await hub.ask('{ runways(filter: { statuses: [ESCALATED] }) { nodes { status domain { slug } } } ok: runways(filter: { statuses: [OK] }) { totalCount } }', {}, allocator))).toEqual({ runways: { nodes: [{ status: 'ESCALATED', domain: { slug: 'infotech' } }] }, ok: { totalCount: 0 } });
  const income = await change('recordIncome', { domain: 'infotech', title: 'Grant', amount: '12000', currency: 'USD', start: '2026-11-01' }, 'income { id end }');
  expect(typesOf(income)).toEqual(['runway.recovered']);
  expect((await hub.ask('{ runway(domain: "infotech") { status monthsRemaining { expected } } }', {}, allocator)).runway).toEqual({ status: 'NOT_LIMITED', monthsRemaining: null });
  expect(typesOf(await change('endIncome', { id: income.income.id, end: '2026-11-20', reason: 'it is over' }, 'income { end }'))).toEqual(['runway.breached']);
});

it('tells of the thresholds of budgets once, and takes it back', async () => {
  const { budget } = await change('draftBudget', { name: 'November', domain: 'infotech', periodStart: '2026-11-01', periodEnd: '2026-12-01', currency: 'USD', allocated: '1000', actualThresholds: [50, 80], forecastThresholds: [100] }, 'budget { id }');
  await change('activateBudget', { id: budget.id }, 'budget { id }');
  expect(await run('settle-budget-thresholds')).toEqual([]);
  await spend('nov', '820', '2026-11-10');
  // 820 in 28 days, and 9 to come: 1,083.57
  expect(await run('settle-budget-thresholds')).toEqual(['budget.threshold_reached', 'budget.threshold_reached', 'budget.threshold_reached']);
  expect(await run('settle-budget-thresholds')).toEqual([]);
  const state = await hub.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on StateSummary { budgetAlerts { kind threshold used budget { name } } runwayMonths { domain status } } } }', { r: [{ __typename: 'StateSummary', id: 'state' }] }, allocator);
  expect(state._entities[0].budgetAlerts).toEqual(expect.arrayContaining([{ kind: 'ACTUAL', threshold: 80, used: '820', budget: { name: 'November' } }, { kind: 'FORECAST', threshold: 100, used: '1083.571428571428571429', budget: { name: 'November' } }]));
  expect(typesOf(await change('reviseBudget', { id: budget.id, allocated: '1100', reason: 'more' }, 'budget { id }'))).toEqual(['budget.revised', 'budget.threshold_left', 'budget.threshold_left']);
  expect(await run('settle-budget-thresholds')).toEqual([]);
});

it('knows burn by month, quarter and year, in the same number of statements for one domain and many', async () => {
  const ask = (domains: string[]) => hub.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Domain { runway { status } month: burnRate(period: MONTH) { actual { amount currency } projected { amount } period { start end } } quarter: burnRate(period: QUARTER) { actual { amount } } year: burnRate(period: YEAR) { actual { amount } projected { amount } } past: burnRate(period: MONTH, on: "2026-09-15") { actual { amount } projected { amount } } } } }', { r: domains.map((slug) => ({ __typename: 'Domain', slug })) }, allocator);
  hub.counted();
  const { _entities: [one] } = await ask(['infotech']);
  const statements = hub.counted().length;
  expect(one).toMatchObject({ month: { actual: { amount: '820', currency: 'USD' }, period: { start: '2026-11-01', end: '2026-12-01' } }, quarter: { actual: { amount: '18820' } }, year: { actual: { amount: '36820' } }, past: { actual: { amount: '9000' }, projected: { amount: '9000' } } });
  const many = await ask(['infotech', ...Array.from({ length: 40 }, (_, index) => `unknown-${index}`)]);
  expect(many._entities[1]).toEqual({ runway: null, month: null, quarter: null, year: null, past: null });
  expect(hub.counted().length).toBe(statements);
});

it('counts what agents report only where nobody bills, and no charge that is a payment', async () => {
  const actual = async () => (await hub.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Domain { burnRate(period: MONTH) { actual { amount } projected { amount } } } } }', { r: [{ __typename: 'Domain', slug: 'infotech' }] }, allocator))._entities[0].burnRate;
  await change('recordTokenSpend', { source: 'agent', spend: [['host', '5'], ['Anthropic', '0.7']].map(([provider, cost]) => ({ sourceKey: provider, provider, model: 'm', at: '2026-11-20T10:00:00Z', input: 1, output: 1, cost, currency: 'USD', domain: 'infotech' })) }, 'batch { recorded }');
  expect((await actual()).actual).toEqual({ amount: '820.7' });
  const [budget] = (await hub.ask('{ budgets(filter: { domains: ["infotech"] }) { nodes { id spent { amount } } } }', {}, allocator)).budgets.nodes;
  expect(budget.spent.amount).toBe('820.7');
  const { commitment } = await change('proposeCommitment', { budgetId: budget.id, kind: 'CONTRACT', title: 'host', amount: '200', cadence: 'MONTHLY', start: '2026-11-01' }, 'commitment { id }');
  await change('signCommitment', { id: commitment.id }, 'commitment { id }');
  // 820.7 + 200 due + 9 days of 820.7 / 28
  expect(await actual()).toEqual({ actual: { amount: '820.7' }, projected: { amount: '1284.496428571428571429' } });
  const [row] = (await beside.sql.query<{ id: string }>(`SELECT "id"::text AS "id" FROM "CostRow" WHERE "rowKey" = 'nov'`));
  await change('recordPayment', { id: commitment.id, amount: '200', paidOn: '2026-11-12', costRowId: row!.id }, 'payment { id }');
  expect(await actual()).toEqual({ actual: { amount: '200.7' }, projected: { amount: '200.925' } });
});

it('is written by nobody without finance:write', async () => {
  await expect(hub.change('recordBalance', { account: 'bank', day: '2026-11-21', amount: '1', source: 's' }, 'account { id }', as('maintainer'))).rejects.toThrow(/finance:write/);
});

it('tells once when many record balances at the same time', async () => {
  await change('registerAccount', { slug: 'race', domain: 'racing', currency: 'USD' }, 'account { id }');
  await change('recordIncome', { domain: 'racing', title: 'none', amount: '0.01', currency: 'USD', start: '2026-01-01', end: '2026-02-01' }, 'income { id }');
  const { budget } = await change('draftBudget', { name: 'Racing', domain: 'racing', periodStart: '2026-11-01', periodEnd: '2026-12-01', currency: 'USD', allocated: '1000' }, 'budget { id }');
  await change('activateBudget', { id: budget.id }, 'budget { id }');
  const { commitment } = await change('proposeCommitment', { budgetId: budget.id, kind: 'CONTRACT', title: 'c', amount: '100', cadence: 'MONTHLY', start: '2026-11-01' }, 'commitment { id }');
  await change('signCommitment', { id: commitment.id }, 'commitment { id }');
  await change('recordBalance', { account: 'race', day: '2026-11-01', amount: '5000', source: 's' }, 'account { id }');
  await change('setRunwayPolicy', { domain: 'racing', currency: 'USD', threshold: '6' }, 'runway { status }');
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => change('recordBalance', { account: 'race', day: `2026-11-${String(index + 2).padStart(2, '0')}`, amount: String(100 + index), source: 's' }, 'account { id }')));
  expect(answers.flatMap(typesOf)).toEqual(['runway.breached']);
});

it('lists runways by slug, a page at a time in both directions', async () => {
  const slugs = ['a', 'a-b', 'ab', 'b-1', 'b2'];
  for (const domain of slugs.toReversed()) await change('setRunwayPolicy', { domain, currency: 'USD', threshold: '1' }, 'runway { id }');
  const page = async (args: string) => (await hub.ask(`{ runways(${args}) { totalCount nodes { id version } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, {}, allocator)).runways;
  const filter = `filter: { domains: ${JSON.stringify(slugs)} }`;
  const seen: string[] = [];
  for (let after = ''; ; ) {
    const { nodes, pageInfo, totalCount } = await page(`${filter}, first: 2${after}`);
    expect(totalCount).toBe(5);
    seen.push(...nodes.map(({ id }: { id: string }) => id));
    if (!pageInfo.hasNextPage) break;
    after = `, after: "${pageInfo.endCursor}"`;
  }
  expect(seen).toEqual(slugs);
  const last = await page(`${filter}, last: 2`);
  expect(last).toMatchObject({ nodes: [{ id: 'b-1', version: 1 }, { id: 'b2' }], pageInfo: { hasPreviousPage: true, hasNextPage: false } });
  expect(await page(`${filter}, last: 9, before: "${last.pageInfo.startCursor}"`)).toMatchObject({ nodes: [{ id: 'a' }, { id: 'a-b' }, { id: 'ab' }], pageInfo: { hasPreviousPage: false, hasNextPage: true } });
});
