import { createReadStream, existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChanges } from '@hubgraph/kit/change';
import { heldClock } from '@hubgraph/kit/clock';
import { events } from '../events.ts';
import { SAMPLE_TRUTH, samplePath } from '../import/focus.fixture.ts';
import { add, sum } from '../money/decimal.ts';
import { allocator, startFinance, steward, viewer, type FinanceTest } from './finance.fixture.ts';
import { importCosts } from './import.ts';

let finance: FinanceTest;
const clock = heldClock('2026-03-10T10:00:00Z');
beforeEach(async () => {
  clock.set('2026-03-10T10:00:00Z');
  finance = await startFinance(clock);
});
afterEach(() => finance[Symbol.asyncDispose]());

const change = (verb: string, input: object, fields: string, identity = allocator) => finance.hub.change(verb, input, fields, identity);
const addRule = (rule: object) => change('addAttributionRule', rule, 'rule { id version }');
let keys = 0;
const charge = (billedCost: string, more: object = {}) => ({ sourceKey: `k${++keys}`, provider: 'Hetzner', serviceName: 'Cloud', billedCost, currency: 'USD', start: '2026-02-10', end: '2026-02-11', ...more });
const record = async (...costs: object[]) => expect(await change('recordCost', { source: 'invoices', costs }, 'import { id }')).toMatchObject({ errors: [] });
const SEPTEMBER = { months: ['2024-09', '2024-10'] };
const groupsOf = async (period: object, groupBy: string[], more = '', fields = '') => (await finance.ask(`query ($period: CostPeriodInput!, $groupBy: [CostGrouping!]!) { costs(period: $period, groupBy: $groupBy ${more}) { total { amount currency } totals { amount currency } unallocated { amount } notConverted { amount currency } rates { from to day rate } groupCount rest(first: 1000) { amount } groups(first: 1000) { keys { by value } amount { amount currency } share ${fields} } } }`, { period, groupBy })).costs;
const byValue = (report: Record<string, any>) => Object.fromEntries(report.groups.map((group: any) => [group.keys.map(({ value }: any) => value).join(' '), group.amount.amount])) as Record<string, string>;

describe('the FOCUS sample', () => {
  it('is attributed to the last digit, with its unallocated rest', async () => {
    if (!existsSync(samplePath)) return; // the data is not part of the repository
    const changes = createChanges({ transactor: finance.database.transactor, catalogue: events, clock, committed: () => {} });
    await importCosts(changes, { identity: allocator }, { source: 'focus', file: 'sample.csv', format: 'focus' }, createReadStream(samplePath), () => '');
    expect(await groupsOf(SEPTEMBER, [])).toMatchObject({ total: { amount: SAMPLE_TRUTH.all.billed, currency: 'USD' }, unallocated: { amount: SAMPLE_TRUTH.all.billed }, groups: [{ keys: [], share: '1' }], rest: [{ amount: '0' }] });

    expect(await addRule({ name: 'by application', kind: 'TAG', match: { tag: 'application' }, targets: [{ service: '{value}', domain: 'infotech' }] })).toMatchObject({ rule: { version: 1 }, errors: [] });
    expect((await finance.ask('{ reallocations { month } }')).reallocations).toEqual([]);
    const services = await groupsOf(SEPTEMBER, ['SERVICE']);
    expect(byValue(services).brightpathmatrix).toBe('15.9580993182');
    expect(byValue(services)['']).toBe('0.27416448666');
    expect(services.unallocated.amount).toBe('0.27416448666');
    expect(sum(Object.values(byValue(services)))).toBe(SAMPLE_TRUTH.all.billed);
    expect(byValue(await groupsOf(SEPTEMBER, ['PROVIDER']))).toEqual(SAMPLE_TRUTH.byProvider);
    const providerServices = await groupsOf(SEPTEMBER, ['PROVIDER_SERVICE']);
    expect(providerServices.groupCount).toBe(33);
    expect(byValue(providerServices)).toMatchObject(SAMPLE_TRUTH.byService);
    expect(byValue(await groupsOf(SEPTEMBER, ['TAG'], 'tagKey: "application"'))).toMatchObject({ BrightPathMatrix: '15.9580993182', '': '0.27416448666' });
    expect((await groupsOf(SEPTEMBER, ['DAY', 'ACCOUNT', 'MONTH'], 'metric: EFFECTIVE')).total.amount).toBe(SAMPLE_TRUTH.all.effective);

    const drill = await groupsOf({ start: '2024-09-01', end: '2024-11-01' }, ['SERVICE', 'PROVIDER'], 'filter: { services: ["brightpathmatrix"] }', 'rows(first: 200) { totalCount nodes { billed { amount } day tags { key value } allocations { ratio service { slug } rule { name } } } }');
    expect(drill.groups).toHaveLength(1);
    const { totalCount, nodes } = drill.groups[0].rows;
    expect(totalCount).toBe(nodes.length);
    expect(sum(nodes.map((row: any) => row.billed.amount))).toBe('15.9580993182');
    expect(nodes[0].allocations).toEqual([{ ratio: '1', service: { slug: 'brightpathmatrix' }, rule: { name: 'by application' } }]);
    const rest = await finance.ask('{ costRows(filter: { unallocated: true }) { totalCount } }');
    expect(rest.costRows.totalCount).toBe(340);

    const representations = ['brightpathmatrix', 'nothing', 'greenpathvista'].map((slug) => ({ __typename: 'Service', slug }));
    finance.hub.counted();
    const { _entities: [matrix, nothing] } = await finance.ask('query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Service { cost(period: { month: "2024-09" }) { total { amount currency } byProvider { provider amount { amount } } unallocated { amount } } } } }', { representations });
    expect(finance.hub.counted()).toHaveLength(2);
    expect(matrix.cost).toMatchObject({ total: { currency: 'USD' }, byProvider: [{ provider: 'AWS' }] });
    expect(matrix.cost.total.amount).toBe(sum(matrix.cost.byProvider.map((line: any) => line.amount.amount)));
    expect(nothing.cost).toEqual({ total: { amount: '0', currency: 'USD' }, byProvider: [], unallocated: matrix.cost.unallocated });
  });
});

describe('rules', () => {
  it('divide, follow shares in a second pass, and give back what they took', async () => {
    await record(charge('30', { tags: [{ key: 'team', value: 'a' }] }), charge('10', { tags: [{ key: 'Team', value: 'B' }] }), charge('0.1', { subAccount: 'shared' }), charge('5'));
    for (const team of ['a', 'b']) await addRule({ name: team, kind: 'TAG', match: { tag: 'team', values: [team], anyCase: true }, targets: [{ service: team, domain: 'infotech' }] });
    const share = await addRule({ name: 'shared', kind: 'SHARE', match: { accounts: ['shared'] }, targets: [{ service: 'a' }, { service: 'b' }], measure: { of: 'COST' } });
    const february = { month: '2026-02' };
    expect(byValue(await groupsOf(february, ['SERVICE']))).toEqual({ a: '30.075', b: '10.025', '': '5' });
    // a charge that comes later waits without target until the sweep, and moves the shares of all
    await record(charge('20', { tags: [{ key: 'team', value: 'b' }] }), charge('0.2', { subAccount: 'shared' }));
    expect(byValue(await groupsOf(february, ['SERVICE']))['']).toBe('5.2');
    await finance.run('reallocate');
    expect(byValue(await groupsOf(february, ['SERVICE']))).toEqual({ a: '30.15', b: '30.15', '': '5' });
    expect(byValue(await groupsOf(february, ['DOMAIN']))).toEqual({ infotech: '60', '': '5.3' });

    const preview = `previewAttribution(month: "2026-02", replaces: "${share['rule'].id}", rule: { name: "x", kind: RATIO, priority: 200, targets: [{ domain: "d", ratio: "0.25" }, { ratio: "0.75" }] }) { errors { code } fitting takenBefore changing complete parts { target { domain { slug } } amount { amount } } }`;
    expect((await finance.ask(`{ ${preview} }`)).previewAttribution).toEqual({ errors: [], fitting: 6, takenBefore: 3, changing: 3, complete: true, parts: [{ target: { domain: null }, amount: { amount: '3.975' } }, { target: { domain: { slug: 'd' } }, amount: { amount: '1.325' } }] });

    const tried = await change('retireAttributionRule', { id: share['rule'].id, dryRun: true }, 'rule { retiredAt }');
    expect(tried).toMatchObject({ rule: { retiredAt: clock.now().toISOString() }, errors: [] });
    expect(await change('retireAttributionRule', { id: share['rule'].id, expectedVersion: 2 }, 'rule { id }')).toMatchObject({ errors: [{ code: 'VERSION_CONFLICT' }] });
    expect(await change('retireAttributionRule', { id: share['rule'].id, expectedVersion: 1 }, 'rule { version history { verb to } }')).toMatchObject({ rule: { version: 2, history: [{ verb: 'addAttributionRule', to: 'IN_FORCE' }, { verb: 'retireAttributionRule', to: 'RETIRED' }] } });
    expect(byValue(await groupsOf(february, ['SERVICE']))).toEqual({ a: '30', b: '30', '': '5.3' });
    expect(await change('updateAttributionRule', { id: share['rule'].id, priority: 1 }, 'rule { id }')).toMatchObject({ errors: [{ path: ['input', 'id'] }] });
    const { nodes } = (await finance.ask('{ attributionRules(filter: { retired: false }) { nodes { name kind match { tag values anyCase } targets { service { slug } } } } }')).attributionRules;
    expect(nodes.map(({ name }: any) => name)).toEqual(['a', 'b']);
  });

  it('leave closed months as they are, until these are reopened', async () => {
    await record(charge('7'));
    await finance.done('closePeriod', { month: '2026-02' });
    await addRule({ name: 'all', kind: 'RATIO', targets: [{ domain: 'infotech', ratio: '1' }] });
    expect((await groupsOf({ month: '2026-02' }, [])).unallocated.amount).toBe('7');
    expect(await change('reallocateCosts', { months: ['2026-02', '2026-2'] }, 'reallocations { months }')).toMatchObject({ errors: [{ path: ['input', 'months', '1'] }] });
    expect(await change('reallocateCosts', { months: ['2026-02'] }, 'reallocations { months }')).toMatchObject({ errors: [{ path: ['input', 'months', '0'] }] });
    await finance.done('reopenPeriod', { month: '2026-02', reason: 'A rule was missing.' }, steward);
    expect(await change('reallocateCosts', {}, 'reallocations { months }')).toMatchObject({ reallocations: { months: ['2026-02'] }, errors: [] });
    expect((await groupsOf({ month: '2026-02' }, [])).unallocated.amount).toBe('0');
  });

  it('are refused with every reason, and need the scopes', async () => {
    const wrong = await addRule({ name: ' ', kind: 'TAG', targets: [{ service: 'No Slug', ratio: '0.3' }, { service: 'b', ratio: '0.6' }] });
    expect(wrong.errors.map(({ path }) => path.slice(1).join('.'))).toEqual(['name', 'match.tag', 'targets', 'targets.0.service']);
    await addRule({ name: 'one', kind: 'RATIO', targets: [{ domain: 'a', ratio: '1' }] });
    expect(await addRule({ name: 'one', kind: 'RATIO', targets: [{ domain: 'a', ratio: '1' }] })).toMatchObject({ rule: null, errors: [{ code: 'DUPLICATE' }] });
    await expect(change('addAttributionRule', { name: 'x', kind: 'RATIO', targets: [] }, 'rule { id }', viewer)).rejects.toThrow(/finance:write/);
  });

  it('follow charges that are corrected and replaced', async () => {
    await addRule({ name: 'all', kind: 'RATIO', targets: [{ domain: 'a', ratio: '0.5' }, { domain: 'b', ratio: '0.5' }] });
    const first = charge('0.01');
    await record(first);
    await record({ ...first, billedCost: '0.03' });
    expect(byValue(await groupsOf({ month: '2026-02' }, ['DOMAIN']))).toEqual({ a: '0.015', b: '0.015' });
    const parts = await finance.database.sql.query(`SELECT count(*)::int AS n FROM "Allocation"`);
    expect(parts).toEqual([{ n: 2 }]);
  });
});

describe('currencies', () => {
  it('are never mixed but by a rate that the answer names', async () => {
    await record(charge('10'), charge('20', { currency: 'EUR' }), charge('30', { currency: 'GBP' }));
    const february = { month: '2026-02' };
    expect(await groupsOf(february, ['PROVIDER'])).toMatchObject({ total: null, unallocated: null, totals: [{ amount: '20', currency: 'EUR' }, { amount: '30', currency: 'GBP' }, { amount: '10', currency: 'USD' }], groups: [{ amount: { amount: '30', currency: 'GBP' }, share: '1' }, {}, {}] });
    await finance.done('recordExchangeRates', { rates: [{ from: 'EUR', to: 'USD', day: '2026-02-20', rate: '1.1', source: 'ECB' }, { from: 'EUR', to: 'USD', day: '2026-03-05', rate: '9', source: 'ECB' }] });
    expect(await groupsOf(february, ['PROVIDER'], 'currency: "USD"')).toMatchObject({ total: { amount: '32', currency: 'USD' }, unallocated: { amount: '32' }, notConverted: [{ amount: '30', currency: 'GBP' }], rates: [{ from: 'EUR', day: '2026-02-20', rate: '1.1' }], groups: [{ amount: { amount: '32', currency: 'USD' }, share: '1' }] });
  });
});

describe('anomalies', () => {
  it('are told once for a day and a subject, and once more when the day is corrected', async () => {
    clock.set('2026-03-01T03:20:00Z');
    const day = (index: number) => new Date(Date.UTC(2026, 0, 31 + index)).toISOString().slice(0, 10);
    for (let index = 0; index < 28; index++) await finance.charge({ domain: null, month: '2026-02', day: day(index), amount: index % 2 === 0 ? '1' : '1.5', provider: 'AWS' });
    await finance.charge({ domain: null, month: '2026-02', day: '2026-02-28', amount: '3.75', provider: 'AWS' });
    await finance.charge({ domain: null, month: '2026-02', day: '2026-02-28', amount: '300', provider: 'New' });
    const ask = async () => (await finance.ask('{ costAnomalies(period: { month: "2026-02" }) { day kind provider service { slug } amount { amount } mean { amount } deviation { amount } factor } }')).costAnomalies;
    expect(await ask()).toEqual([{ day: '2026-02-28', kind: 'PROVIDER', provider: 'AWS', service: null, amount: { amount: '3.75' }, mean: { amount: '1.25' }, deviation: { amount: '0.25' }, factor: '3' }]);
    await finance.run('find-anomalies');
    await finance.charge({ domain: null, month: '2026-02', day: '2026-02-28', amount: '1', provider: 'AWS' });
    await finance.run('find-anomalies');
    const told = await finance.database.sql.query(`SELECT "event" -> 'data' AS "data" FROM "outbox" WHERE "type" = 'org.finhub.cost.anomaly'`);
    expect(told).toMatchObject([{ data: { id: '2026-02-28/AWS', day: '2026-02-28', provider: 'AWS', factor: '3' } }]);
    expect((await ask())[0].amount.amount).toBe(add('3.75', '1'));
    await finance.charge({ domain: null, month: '2026-02', day: '2026-02-28', amount: '-3', provider: 'AWS' });
    for (let again = 0; again < 2; again++) await finance.run('find-anomalies');
    expect(await finance.database.sql.query(`SELECT "event" -> 'data' AS "data" FROM "outbox" WHERE "type" = 'org.finhub.cost.anomaly_left'`)).toEqual([{ data: { id: '2026-02-28/AWS', day: '2026-02-28', service: null, provider: 'AWS' } }]);
  });
});
