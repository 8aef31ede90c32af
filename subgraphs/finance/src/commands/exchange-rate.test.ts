import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startFinance, viewer, type FinanceTest } from './finance.fixture.ts';

let finance: FinanceTest;
const clock = heldClock('2026-03-10T10:00:00Z');
beforeAll(async () => {
  finance = await startFinance(clock);
});
afterAll(() => finance[Symbol.asyncDispose]());

const rate = (day: string, value: string, more: object = {}) => ({ from: 'EUR', to: 'USD', day, rate: value, source: 'ECB', ...more });
const on = async (day?: string) => (await finance.ask('query ($on: Date) { exchangeRate(from: "EUR", to: "USD", on: $on) { rate day } }', { on: day })).exchangeRate;

describe('exchange rates', () => {
  it('count from their day until the next one', async () => {
    const { rates } = await finance.done('recordExchangeRates', { rates: [rate('2026-03-05', '1.20'), rate('2026-03-01', '1.10')] });
    expect(rates).toMatchObject([{ day: '2026-03-05', rate: '1.2' }, { day: '2026-03-01', rate: '1.1' }]);
    expect([await on('2026-02-28'), await on('2026-03-01'), await on('2026-03-04'), await on('2026-03-05'), await on()]).toEqual([null, { rate: '1.1', day: '2026-03-01' }, { rate: '1.1', day: '2026-03-01' }, { rate: '1.2', day: '2026-03-05' }, { rate: '1.2', day: '2026-03-05' }]);
    expect((await finance.ask('{ exchangeRate(from: "USD", to: "EUR") { rate } }')).exchangeRate).toBeNull();
    expect((await finance.ask('{ exchangeRates(filter: { from: ["EUR"], to: ["USD"], since: "2026-03-02", before: "2026-03-06" }) { nodes { day } } }')).exchangeRates.nodes).toEqual([{ day: '2026-03-05' }]);
  });

  it('are refused when wrong, every one of them named', async () => {
    const errors = await finance.refused('recordExchangeRates', { rates: [rate('2026-03-11', '0'), rate('2026-03-02', '1', { to: 'EUR', source: '' }), rate('2026-03-03', '1', { from: 'euro' }), rate('2026-03-02', '1'), rate('2026-03-02', '2')] });
    expect(errors.map(({ path }) => path.slice(2).join('.'))).toEqual(['0.day', '0.rate', '1.to', '1.source', '2.from', '4.day']);
    expect(await finance.refused('recordExchangeRates', { rates: [] })).toMatchObject([{ path: ['input', 'rates'] }]);
    await expect(finance.refused('recordExchangeRates', { rates: [rate('2026-03-02', '1')] }, viewer)).rejects.toThrow(/finance:write/);
  });

  it('are corrected with a reason, keep what they were, and stay once something was converted by them', async () => {
    const { rates: [before] } = await finance.done('recordExchangeRates', { rates: [rate('2026-03-07', '12')] });
    expect(await finance.refused('recordExchangeRates', { rates: [rate('2026-03-07', '1.2')] })).toMatchObject([{ __typename: 'Duplicate', existingId: before.id }]);
    const { rates: [after] } = await finance.done('recordExchangeRates', { rates: [rate('2026-03-07', '1.2')], reason: 'the point was lost' });
    expect(after).toMatchObject({ id: before.id, rate: '1.2', history: [{ note: null }, { note: '12 of ECB became 1.2: the point was lost' }] });
    expect((await finance.done('recordExchangeRates', { rates: [rate('2026-03-07', '1.200')] })).rates).toMatchObject([{ id: before.id, history: { length: 2 } }]);
    const budgetId = await finance.budget();
    const { commitment } = await finance.done('proposeCommitment', { budgetId, kind: 'CONTRACT', title: 'x', amount: '1', currency: 'EUR', cadence: 'ONCE', start: '2026-04-01' });
    expect(commitment.rate).toEqual({ rate: '1.2', day: '2026-03-07' });
    expect(await finance.refused('recordExchangeRates', { rates: [rate('2026-03-07', '1.3')], reason: 'x' })).toMatchObject([{ path: ['input', 'rates', '0', 'rate'] }]);
  });

  it('of one day that many tell at the same time: one is recorded, the same again is no change, another is refused', async () => {
    const answers = await Promise.all(['1.5', '1.5', '1.6', '1.5', '1.6', '1.5'].map((value) => finance.refused('recordExchangeRates', { rates: [rate('2026-02-14', value)] })));
    const [{ rate: kept }] = (await finance.database.sql.query<{ rate: string }>(`SELECT trim_scale("rate")::text AS "rate" FROM "ExchangeRate" WHERE "day" = '2026-02-14'`)) as [{ rate: string }];
    expect(answers.map((errors) => errors.map(({ __typename }) => __typename))).toEqual(['1.5', '1.5', '1.6', '1.5', '1.6', '1.5'].map((value) => (value === kept ? [] : ['Duplicate'])));
  });

  it('do not change closed months', async () => {
    clock.set('2026-05-10T10:00:00Z');
    await finance.done('closePeriod', { month: '2026-04' });
    expect(await finance.refused('recordExchangeRates', { rates: [rate('2026-04-30', '1.4')] })).toMatchObject([{ path: ['input', 'rates', '0', 'day'] }]);
    expect(await finance.refused('recordExchangeRates', { rates: [rate('2026-03-20', '1.4')] })).toMatchObject([{ path: ['input', 'rates', '0', 'day'], message: expect.stringContaining('2026-04') }]);
    await finance.done('recordExchangeRates', { rates: [rate('2026-03-06', '1.4'), rate('2026-05-01', '1.4')] });
    expect(await finance.done('recordExchangeRates', { rates: [rate('2026-05-02', '1.4')], dryRun: true })).toMatchObject({ rates: [{ day: '2026-05-02' }] });
    expect(await on('2026-05-02')).toEqual({ rate: '1.4', day: '2026-05-01' });
  });
});
