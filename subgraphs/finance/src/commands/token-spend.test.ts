import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

const NOW = new Date('2024-10-05T12:00:00Z');
const allocator = as('allocator');
const agent = as('author', 'agent');
let hub: TestHub;
beforeEach(async () => {
  hub = await startTestHub(definition, { clock: { now: () => NOW } as never });
});
afterEach(() => hub[Symbol.asyncDispose]());

const use = (more: object = {}) => ({ sourceKey: 'a', provider: 'Anthropic', model: 'claude-sonnet-4-5', at: '2024-10-01T10:00:00Z', input: 100, cachedInput: 9_000_000_000, cacheWrite: 5, output: 7, cost: '0.000000000000000001', currency: 'USD', workstream: 'CUST-WP-0025', ...more });
const record = (spend: object[], identity = agent) => hub.change('recordTokenSpend', { source: 'agent/one', spend }, 'batch { recorded unchanged corrected ids }', identity);
const SPEND = `{ _entities(representations: [{ __typename: "Workstream", code: "CUST-WP-0025" }]) { ... on Workstream { tokenSpend(period: MONTH) { tokens { input cachedInput cacheWrite output } cost { amount currency } costs { amount currency } byModel { model cost { amount } } } } } }`;
const spent = async () => (await hub.ask(SPEND, {}, allocator))._entities[0].tokenSpend;

describe('token spend', () => {
  it('is recorded by agents once, and summed by model, exactly', async () => {
    expect(await record([use(), use({ sourceKey: 'b', model: 'other', cost: '0.2' })])).toMatchObject({ errors: [], batch: { recorded: 2, unchanged: 0 }, events: [{ type: 'org.finhub.period.opened' }, { type: 'org.finhub.tokens.recorded' }] });
    expect(await record([use(), use({ sourceKey: 'b', model: 'other', cost: '0.20' })])).toMatchObject({ batch: { recorded: 0, unchanged: 2 }, events: [] });
    expect(await spent()).toEqual({ tokens: { input: 200, cachedInput: 18_000_000_000, cacheWrite: 10, output: 14 }, cost: { amount: '0.200000000000000001', currency: 'USD' }, costs: [{ amount: '0.200000000000000001', currency: 'USD' }], byModel: [{ model: 'claude-sonnet-4-5', cost: { amount: '0.000000000000000001' } }, { model: 'other', cost: { amount: '0.2' } }] });
  });

  it('is replaced in an open month, and corrected by its difference after a closed one', async () => {
    await record([use({ at: '2024-09-30T10:00:00Z', cost: '5' })]);
    await record([use({ at: '2024-09-30T10:00:00Z', cost: '3', output: 6 })]);
    expect((await hub.ask(`{ tokenSpends { totalCount nodes { month cost { amount } } } }`, {}, allocator)).tokenSpends).toEqual({ totalCount: 1, nodes: [{ month: '2024-09', cost: { amount: '3' } }] });
    await hub.change('closePeriod', { month: '2024-09' }, 'period { status }', allocator);
    expect(await record([use({ at: '2024-09-30T10:00:00Z', cost: '1', output: 6 })])).toMatchObject({ batch: { corrected: 1 } });
    expect(await spent()).toMatchObject({ tokens: { input: 0, output: 0 }, cost: { amount: '-2' } });
  });

  it('is corrected by who recorded it, or by who may write of finance', async () => {
    await record([use()]);
    const forged = await record([use({ sourceKey: 'b' }), use({ cost: '0' })], as('author', 'another'));
    expect(forged).toMatchObject({ batch: null, errors: [{ path: ['input', 'spend', '1'], message: expect.stringContaining('finance:write') }], events: [] });
    expect(await spent()).toMatchObject({ cost: { amount: '0.000000000000000001' } });
    expect(await record([use()], as('author', 'another'))).toMatchObject({ batch: { unchanged: 1 } });
    expect(await record([use({ cost: '2' })], allocator)).toMatchObject({ batch: { corrected: 1 } });
  });

  it('keeps its currency in a closed month', async () => {
    const at = '2024-09-30T10:00:00Z';
    await record([use({ at, cost: '5' })]);
    expect(await record([use({ at, cost: '5', currency: 'EUR' })])).toMatchObject({ batch: { corrected: 1 } });
    await hub.change('closePeriod', { month: '2024-09' }, 'period { status }', allocator);
    expect(await record([use({ at, cost: '6' })])).toMatchObject({ batch: null, errors: [{ message: expect.stringContaining('2024-09, which is closed, in EUR') }] });
    expect(await record([use({ at, cost: '6', currency: 'EUR' })])).toMatchObject({ batch: { corrected: 1 } });
    expect(await spent()).toMatchObject({ costs: [{ amount: '1', currency: 'EUR' }] });
  });

  it('refuses all of a batch with every reason', async () => {
    const { errors, batch } = await record([use(), use({ cost: '-1', at: '2025-01-01T00:00:00Z', currency: 'dollar', input: -1 }), use({ sourceKey: ' ', domain: 'Not A Slug' })]);
    expect(batch).toBeNull();
    expect(errors.map(({ path }) => path.join('.'))).toEqual(['input.spend.1.sourceKey', 'input.spend.1.input', 'input.spend.1.at', 'input.spend.1.cost', 'input.spend.1.currency', 'input.spend.2.sourceKey', 'input.spend.2.domain']);
    expect((await record([])).errors).toHaveLength(1);
    await expect(record([use()], as('viewer'))).rejects.toThrow('scope');
  });
});

describe('recordCost', () => {
  it('records an invoice once and corrects it', async () => {
    const cost = { sourceKey: 'R1/1', provider: 'Hoster', billedCost: '12.50', currency: 'EUR', start: '2024-09-01', tags: [{ key: 'application', value: 'core' }] };
    const send = (more: object = {}) => hub.change('recordCost', { source: 'invoices', costs: [{ ...cost, ...more }] }, 'import { new unchanged corrected }', allocator);
    expect(await send()).toMatchObject({ errors: [], import: { new: 1 } });
    expect(await send()).toMatchObject({ import: { unchanged: 1, new: 0 } });
    expect(await send({ billedCost: '13' })).toMatchObject({ import: { corrected: 1 } });
    expect(await hub.database.sql.query(`SELECT trim_scale("billedCost")::text AS cost, "current", "month" FROM "CostRow" ORDER BY "id"`)).toEqual([{ cost: '12.5', current: false, month: '2024-09' }, { cost: '13', current: true, month: '2024-09' }]);
    expect(await send({ end: '2024-08-01' })).toMatchObject({ errors: [{ path: ['input', 'costs', '0'] }] });
    await expect(hub.change('recordCost', { source: 'invoices', costs: [cost] }, 'import { new }', agent)).rejects.toThrow('scope');
  });

  it('refuses another currency for a key of a closed month, and tells what it sums to by source', async () => {
    const send = (source: string, ...costs: object[]) => hub.change('recordCost', { source, costs: costs.map((more) => ({ sourceKey: 'R1/1', provider: 'Hoster', billedCost: '10', currency: 'USD', start: '2024-09-01', ...more })) }, 'import { new corrected }', allocator);
    await send('one', {});
    await send('two', { billedCost: '4' });
    await hub.change('closePeriod', { month: '2024-09' }, 'period { status }', allocator);
    expect(await send('one', { sourceKey: 'R1/2' }, { billedCost: '12', currency: 'EUR' })).toMatchObject({ import: null, errors: [{ path: ['input', 'costs', '1', 'currency'], message: expect.stringContaining('2024-09, which is closed, in USD') }] });
    const sums = async (filter: object, groupBy: string[] = []) => (await hub.ask('query ($filter: CostFilter, $groupBy: [CostGrouping!]) { costs(period: { month: "2024-09" }, filter: $filter, groupBy: $groupBy) { total { amount currency } groups { amount { amount } } } }', { filter, groupBy }, allocator)).costs;
    expect(await sums({})).toMatchObject({ total: { amount: '14', currency: 'USD' } });
    expect(await sums({ sources: ['two'] }, ['DOMAIN'])).toMatchObject({ total: { amount: '4' }, groups: [{ amount: { amount: '4' } }] });
    expect(await sums({ sources: ['two', 'one'], unallocated: true })).toMatchObject({ total: { amount: '14' } });
    expect(await sums({ sources: [] })).toMatchObject({ total: null });
  });

  it('is recorded once when the same batch comes several times at once', async () => {
    const cost = { sourceKey: 'R1/1', provider: 'Hoster', serviceName: 'a\tb\\N', billedCost: '12.50', currency: 'EUR', start: '2024-09-01' };
    const costs = await Promise.all(Array.from({ length: 5 }, () => hub.change('recordCost', { source: 'invoices', costs: [cost] }, 'import { new unchanged }', allocator)));
    expect(costs.flatMap(({ errors }) => errors)).toEqual([]);
    expect(costs.map((answer) => answer.import.new).sort()).toEqual([0, 0, 0, 0, 1]);
    expect(await hub.database.sql.query(`SELECT "serviceName" FROM "CostRow"`)).toEqual([{ serviceName: cost.serviceName }]);
    const uses = await Promise.all(Array.from({ length: 5 }, () => record([use()])));
    expect(uses.flatMap(({ errors }) => errors)).toEqual([]);
    expect(uses.map(({ batch }) => batch.recorded).sort()).toEqual([0, 0, 0, 0, 1]);
  });
});
