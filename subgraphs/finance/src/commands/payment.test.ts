import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { newId } from '@hubgraph/kit/ids';
import { startFinance, steward, type FinanceTest } from './finance.fixture.ts';

let finance: FinanceTest;
const clock = heldClock('2026-03-10T10:00:00Z');
beforeAll(async () => {
  finance = await startFinance(clock);
});
afterAll(() => finance[Symbol.asyncDispose]());

let domains = 0;
async function signed(more: object = {}, budget: object = {}) {
  const domain = `domain-${++domains}`;
  const budgetId = await finance.budget({ domain, ...budget });
  const { commitment } = await finance.done('proposeCommitment', { budgetId, kind: 'CONTRACT', title: 'Hosting', amount: '10', cadence: 'MONTHLY', start: '2026-01-01', end: '2027-01-01', ...more });
  await finance.done('signCommitment', { id: commitment.id });
  return { domain, budgetId, id: commitment.id as string };
}
const budgetOf = async (id: string) => (await finance.ask('query ($id: ID!) { budget(id: $id) { committed { amount } spent { amount } available { amount } lines { kind amount { amount currency } converted { amount } rate { rate day } } } }', { id })).budget;
const numbers = async (id: string) => {
  const { committed, spent, available } = await budgetOf(id);
  return [committed.amount, spent.amount, available.amount];
};

describe('a payment', () => {
  it('moves from committed to spent, until all of it is paid', async () => {
    const { id, budgetId } = await signed();
    const answer = await finance.done('recordPayment', { id, amount: '33.33', paidOn: '2026-03-09', reference: 'INV-1' });
    expect([answer.commitment, answer.payment, answer.events]).toMatchObject([{ status: 'ACTIVE', paid: { amount: '33.33' }, open: { amount: '86.67' }, payments: [{ amount: { amount: '33.33' }, reference: 'INV-1', paidOn: '2026-03-09' }] }, { month: '2026-03' }, [{ type: 'org.finhub.period.opened' }, { type: 'org.finhub.commitment.paid' }]]);
    expect(await numbers(budgetId)).toEqual(['86.67', '33.33', '880']);
    const last = await finance.done('recordPayment', { id, amount: '86.67' });
    expect([last.commitment.status, last.events.map(({ type }: any) => type)]).toEqual(['EXHAUSTED', ['org.finhub.commitment.paid', 'org.finhub.commitment.exhausted']]);
    expect(await numbers(budgetId)).toEqual(['0', '120', '880']);
    expect(await finance.refused('recordPayment', { id, amount: '0.01' })).toMatchObject([{ path: ['input', 'amount'] }]);
  });

  it('is refused with every reason', async () => {
    const { id, budgetId } = await signed();
    expect((await finance.refused('recordPayment', { id, amount: '0', paidOn: '2026-03-11', source: '', reference: ' ' })).map(({ path }) => path[1])).toEqual(['amount', 'paidOn', 'source', 'reference']);
    expect(await finance.refused('recordPayment', { id: newId(), amount: '1' })).toMatchObject([{ __typename: 'NotFound' }]);
    await finance.done('closePeriod', { month: '2026-02' });
    const errors = await finance.refused('recordPayment', { id, amount: '120.01', paidOn: '2026-02-28', costRowId: newId() });
    expect(errors.map(({ path }) => path[1])).toEqual(['amount', 'paidOn', 'costRowId']);
    const { commitment } = await finance.done('proposeCommitment', { budgetId, kind: 'CONTRACT', title: 'x', amount: '1', cadence: 'ONCE', start: '2026-04-01' });
    expect(await finance.refused('recordPayment', { id: commitment.id, amount: '1' })).toMatchObject([{ path: ['input', 'id'], message: expect.stringContaining('PROPOSED') }]);
    await finance.done('reopenPeriod', { month: '2026-02', reason: 'late' }, steward);
    await finance.done('recordPayment', { id, amount: '1', paidOn: '2026-02-28' });
  });

  it('is recorded once by its reference', async () => {
    const { id } = await signed();
    const { payment } = await finance.done('recordPayment', { id, amount: '1', source: 'books', reference: 'INV-7' });
    expect(await finance.refused('recordPayment', { id, amount: '1', source: 'books', reference: 'INV-7' })).toMatchObject([{ __typename: 'Duplicate', existingId: payment.id }]);
    await finance.done('recordPayment', { id, amount: '1', source: 'other books', reference: 'INV-7' });
    const twice = [await finance.done('recordPayment', { id, amount: '1', idempotencyKey: 'p' }), await finance.done('recordPayment', { id, amount: '1', idempotencyKey: 'p' })];
    expect(twice[0]!.payment.id).toBe(twice[1]!.payment.id);
    expect((await finance.done('recordPayment', { id, amount: '1', dryRun: true })).commitment.paid.amount).toBe('4');
    expect((await finance.done('recordPayment', { id, amount: '117' })).commitment.status).toBe('EXHAUSTED');
  });

  it('is recorded once by its reference, also when many commitments are paid by it at the same time', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => signed()));
    const errors = await Promise.all(many.map(({ id }) => finance.refused('recordPayment', { id, amount: '1', source: 'books', reference: 'INV-99' })));
    const [payment] = await finance.database.sql.query<{ id: string }>(`SELECT "id"::text AS "id" FROM "Payment" WHERE "sourceKey" = 'INV-99'`);
    expect(errors.filter((some) => some.length === 0)).toHaveLength(1);
    for (const [error] of errors.filter((some) => some.length > 0)) expect(error).toMatchObject({ __typename: 'Duplicate', path: ['input', 'reference'], existingId: payment!.id });
  });

  it('counts a charge that is it only once, and what replaces that in its month', async () => {
    const { id, budgetId, domain } = await signed();
    const costRowId = await finance.charge({ domain, month: '2026-03', amount: '10.50' });
    await finance.charge({ domain, month: '2026-03', amount: '4' });
    expect(await numbers(budgetId)).toEqual(['120', '14.5', '865.5']);
    await finance.done('recordPayment', { id, amount: '10', costRowId });
    expect(await numbers(budgetId)).toEqual(['110', '14', '876']);
    const replacement = await finance.charge({ domain, month: '2026-03', amount: '10.60' });
    await finance.database.sql.query(`UPDATE "CostRow" SET "current" = false WHERE "id" = $1::uuid`, [costRowId]);
    await finance.database.sql.query(`DELETE FROM "Allocation" WHERE "rowId" = $1::uuid`, [costRowId]);
    await finance.database.sql.query(`UPDATE "CostRow" n SET "rowKey" = o."rowKey" FROM "CostRow" o WHERE o."id" = $1::uuid AND n."id" = $2::uuid`, [costRowId, replacement]);
    expect(await numbers(budgetId)).toEqual(['110', '14', '876']);
  });

  it('in another currency settles as the commitment was converted, and spends by the rate of its day', async () => {
    const rate = (day: string, value: string) => ({ from: 'EUR', to: 'USD', day, rate: value, source: 'ECB' });
    await finance.done('recordExchangeRates', { rates: [rate('2026-01-01', '1.1'), rate('2026-03-10', '1.2')] });
    clock.set('2026-03-09T10:00:00Z');
    const { id, budgetId } = await signed({ currency: 'EUR' });
    expect(await numbers(budgetId)).toEqual(['132', '0', '868']);
    clock.set('2026-03-10T10:00:00Z');
    const { commitment } = await finance.done('recordPayment', { id, amount: '40' });
    expect(commitment.payments).toMatchObject([{ amount: { amount: '40', currency: 'EUR' }, settled: { amount: '44', currency: 'USD' }, spent: { amount: '48', currency: 'USD' }, rate: { rate: '1.2' } }]);
    expect(await numbers(budgetId)).toEqual(['88', '48', '864']);
    for (let part = 0; part < 3; part++) await finance.done('recordPayment', { id, amount: part < 2 ? '26.666666666666666667' : '26.666666666666666666' });
    // each payment is converted by itself; that of what is left settles all of it
    expect(await numbers(budgetId)).toEqual(['0', '143.999999999999999999', '856.000000000000000001']);
    expect((await budgetOf(budgetId)).lines).toEqual([{ kind: 'COMMITTED', amount: { amount: '0', currency: 'USD' }, converted: { amount: '0' }, rate: null }, { kind: 'PAYMENT', amount: { amount: '120', currency: 'EUR' }, converted: { amount: '143.999999999999999999' }, rate: { rate: '1.2', day: '2026-03-10' } }]);
  });
});

describe('what is spent', () => {
  it('is charges of the domain in the months of the budget, converted day by day; what has no rate is shown and not counted', async () => {
    const domain = `domain-${++domains}`;
    const budgetId = await finance.budget({ domain, periodStart: '2026-02-01', periodEnd: '2026-04-01' });
    await finance.done('recordExchangeRates', { rates: [{ from: 'GBP', to: 'USD', day: '2026-02-10', rate: '1.3', source: 'BoE' }, { from: 'GBP', to: 'USD', day: '2026-02-12', rate: '1.25', source: 'BoE' }] });
    for (const [month, amount, currency, day] of [['2026-01', '1'], ['2026-02', '0.000000000000000001'], ['2026-03', '-0.5'], ['2026-04', '1'], ['2026-02', '10', 'GBP', '2026-02-11'], ['2026-02', '10', 'GBP', '2026-02-12'], ['2026-02', '3', 'GBP', '2026-02-09'], ['2026-03', '7', 'JPY']] as const) await finance.charge({ domain, month, amount, ...(currency === undefined ? {} : { currency }), ...(day === undefined ? {} : { day }) });
    await finance.charge({ domain: 'another', month: '2026-02', amount: '5' });
    await finance.charge({ domain: null, month: '2026-02', amount: '5' });
    const found = await budgetOf(budgetId);
    expect([found.spent.amount, found.available.amount]).toEqual(['25.000000000000000001', '974.999999999999999999']);
    expect(found.lines).toEqual(expect.arrayContaining([
      { kind: 'COST', amount: { amount: '10', currency: 'GBP' }, converted: { amount: '13' }, rate: { rate: '1.3', day: '2026-02-10' } }, { kind: 'COST', amount: { amount: '10', currency: 'GBP' }, converted: { amount: '12.5' }, rate: { rate: '1.25', day: '2026-02-12' } },
      { kind: 'COST', amount: { amount: '3', currency: 'GBP' }, converted: null, rate: null }, { kind: 'COST', amount: { amount: '7', currency: 'JPY' }, converted: null, rate: null },
    ]));
  });

  it('is uses of models only where their provider has no charges in the month', async () => {
    const domain = `domain-${++domains}`;
    const budgetId = await finance.budget({ domain });
    await finance.tokens({ domain, month: '2026-01', amount: '2' });
    await finance.tokens({ domain, month: '2026-02', amount: '3' });
    await finance.tokens({ domain, month: '2026-02', amount: '4', provider: 'openai' });
    await finance.charge({ domain: null, month: '2026-02', amount: '50', provider: 'OpenAI' });
    expect(await numbers(budgetId)).toEqual(['0', '5', '995']);
  });

  it('of a budget is that of its parts too, each charge once', async () => {
    const [domain, part] = [`domain-${++domains}`, `domain-${++domains}`];
    const parentId = await finance.budget({ domain });
    const same = await finance.budget({ domain, parentId, periodEnd: '2026-04-01', allocated: '100' });
    const other = await finance.budget({ domain: part, parentId, periodEnd: '2026-04-01', allocated: '100' });
    await finance.charge({ domain, month: '2026-01', amount: '10' });
    await finance.charge({ domain, month: '2026-05', amount: '20' });
    await finance.charge({ domain: part, month: '2026-01', amount: '1' });
    await finance.charge({ domain: part, month: '2026-05', amount: '2' });
    expect([await numbers(parentId), await numbers(same), await numbers(other)]).toEqual([['0', '31', '969'], ['0', '10', '90'], ['0', '1', '99']]);
  });
});
