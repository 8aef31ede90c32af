import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { startFinance, viewer, type FinanceTest } from './finance.fixture.ts';

let finance: FinanceTest;
const clock = heldClock('2026-03-10T10:00:00Z');
beforeAll(async () => {
  finance = await startFinance(clock);
});
afterAll(() => finance[Symbol.asyncDispose]());

let domains = 0;
const budget = (more: object = {}) => finance.budget({ domain: `domain-${++domains}`, ...more });
const PROPOSAL = { kind: 'SUBSCRIPTION', title: 'Hosting', supplier: 'A host', amount: '10', cadence: 'MONTHLY', start: '2026-03-01' };
const propose = async (budgetId: string, more: object = {}) => (await finance.done('proposeCommitment', { budgetId, ...PROPOSAL, ...more })).commitment.id as string;
async function sign(budgetId: string, more: object = {}): Promise<string> {
  const id = await propose(budgetId, more);
  await finance.done('signCommitment', { id });
  return id;
}
const numbers = async (id: string) => {
  const { budget: found } = await finance.ask('query ($id: ID!) { budget(id: $id) { committed { amount } spent { amount } available { amount } } }', { id });
  return [found.committed.amount, found.spent.amount, found.available.amount];
};
const statusOf = async (id: string) => (await finance.ask('query ($id: ID!) { commitment(id: $id) { status } }', { id })).commitment.status;
const types = (answer: Record<string, any>) => answer.events.map(({ type }: any) => type.replace('org.finhub.', ''));
const unmet = (errors: Record<string, any>[]) => errors[0]!.unmet.map((rule: any) => rule.code);

describe('a commitment', () => {
  it('is proposed without taking anything, and takes its instalments of the period once signed', async () => {
    const budgetId = await budget();
    const proposed = await finance.done('proposeCommitment', { budgetId, ...PROPOSAL });
    expect([proposed.commitment, types(proposed)]).toMatchObject([{ status: 'PROPOSED', total: { amount: '100', currency: 'USD' }, value: null, instalments: { length: 10 }, allowedTransitions: [{ verb: 'signCommitment', to: 'PENDING', allowed: true }, { verb: 'cancelCommitment', allowed: true }] }, ['commitment.proposed']]);
    expect(await numbers(budgetId)).toEqual(['0', '0', '1000']);
    const signed = await finance.done('signCommitment', { id: proposed.commitment.id });
    expect([signed.commitment, types(signed)]).toMatchObject([{ status: 'ACTIVE', open: { amount: '100' }, history: [{ verb: 'proposeCommitment' }, { verb: 'signCommitment', from: 'PROPOSED', to: 'PENDING' }, { verb: 'settleCommitment', from: 'PENDING', to: 'ACTIVE' }] }, ['commitment.signed', 'commitment.activated']]);
    expect(await numbers(budgetId)).toEqual(['100', '0', '900']);
  });

  it('names the workstream that it is for, in the graph and in every event', async () => {
    const budgetId = await budget();
    const id = await propose(budgetId, { workstream: 'CUST-WP-0025' });
    expect((await finance.ask('query ($id: ID!) { commitment(id: $id) { workstream { code } } }', { id })).commitment).toEqual({ workstream: { code: 'CUST-WP-0025' } });
    await finance.done('signCommitment', { id });
    const rows = await finance.hub.database.sql.query<{ type: string; workstream: string }>(`SELECT "type", "event"->'data'->>'workstream' AS "workstream" FROM "outbox" WHERE "aggregate" = $1 ORDER BY "id"`, [`commitment/${id}`]);
    expect(rows.map(({ type, workstream }) => [type.replace('org.finhub.', ''), workstream])).toEqual(['proposed', 'signed', 'activated'].map((verb) => [`commitment.${verb}`, 'CUST-WP-0025']));
    await expect(propose(budgetId, { workstream: 'a workstream' })).rejects.toThrow(/by its code/);
  });

  it('is not proposed with wrong input, and every fault is named', async () => {
    const budgetId = await budget();
    const errors = await finance.refused('proposeCommitment', { ...PROPOSAL, budgetId, title: '', amount: '0', currency: 'dollar', start: '1900-01-01', end: '1899-01-01' });
    expect(errors.map(({ path }) => path[1])).toEqual(['title', 'amount', 'currency', 'start', 'end', 'end']);
    expect(await finance.refused('proposeCommitment', { ...PROPOSAL, budgetId: 'x' })).toMatchObject([{ __typename: 'NotFound', path: ['input', 'budgetId'] }]);
    expect(await finance.refused('proposeCommitment', { ...PROPOSAL, budgetId, start: '2027-01-01' })).toMatchObject([{ path: ['input', 'start'] }]);
    expect(await finance.refused('proposeCommitment', { ...PROPOSAL, budgetId, amount: '99999999999999999999' })).toMatchObject([{ path: ['input', 'amount'] }]);
    await expect(finance.refused('proposeCommitment', { ...PROPOSAL, budgetId }, viewer)).rejects.toThrow(/finance:write/);
  });

  it('needs a budget in force with room, or a decision; every reason is told at once', async () => {
    const budgetId = await budget({ allocated: '99.99' });
    const id = await propose(budgetId);
    expect(await finance.refused('signCommitment', { id })).toMatchObject([{ from: 'PROPOSED', to: 'PENDING', unmet: [{ code: 'NO_ROOM', message: 'A budget has 99.99 USD left; it needs 100.' }] }]);
    await finance.done('freezeBudget', { id: budgetId, reason: 'x' });
    expect(unmet(await finance.refused('signCommitment', { id }))).toEqual(['BUDGET_NOT_ACTIVE', 'NO_ROOM']);
    expect(unmet(await finance.refused('signCommitment', { id, overrideDecision: 'DEC-4' }))).toEqual(['BUDGET_NOT_ACTIVE']);
    const { commitments } = await finance.ask('{ commitments(first: 1) { nodes { allowedTransitions { verb unmet { code } } } } }');
    expect(commitments.nodes[0].allowedTransitions[0]).toEqual({ verb: 'signCommitment', unmet: [{ code: 'BUDGET_NOT_ACTIVE' }, { code: 'NO_ROOM' }] });
    await finance.done('unfreezeBudget', { id: budgetId, reason: 'x' });
    const { commitment } = await finance.done('signCommitment', { id, overrideDecision: 'DEC-4' });
    expect(commitment).toMatchObject({ status: 'ACTIVE', overrideDecision: 'DEC-4', history: [{}, { evidence: ['DEC-4'] }, {}] });
    expect(await numbers(budgetId)).toEqual(['100', '0', '-0.01']);
  });

  it('needs room in all that its budget is a part of, and none of that frozen', async () => {
    const parentId = await budget({ allocated: '100' });
    const part = await budget({ parentId, allocated: '80' });
    await sign(parentId, { cadence: 'ONCE', amount: '50' });
    const id = await propose(part, { cadence: 'ONCE', amount: '51' });
    expect(await finance.refused('signCommitment', { id })).toMatchObject([{ unmet: [{ code: 'NO_ROOM', message: 'A budget has 50 USD left; it needs 51.' }] }]);
    await sign(part, { cadence: 'ONCE', amount: '50' });
    expect([await numbers(parentId), await numbers(part)]).toEqual([['100', '0', '0'], ['50', '0', '30']]);
    await finance.done('freezeBudget', { id: parentId, reason: 'x' });
    expect(unmet(await finance.refused('signCommitment', { id }))).toContain('BUDGET_NOT_ACTIVE');
  });

  it('is converted by a dated rate that it names, or not signed', async () => {
    const budgetId = await budget();
    const id = await propose(budgetId, { currency: 'CHF', cadence: 'ONCE', amount: '10' });
    expect(unmet(await finance.refused('signCommitment', { id }))).toEqual(['RATE_MISSING']);
    await finance.done('recordExchangeRates', { rates: [{ from: 'CHF', to: 'USD', day: '2026-03-09', rate: '1.125', source: 'SNB' }, { from: 'CHF', to: 'USD', day: '2026-03-01', rate: '1.5', source: 'SNB' }] });
    const { commitment } = await finance.done('signCommitment', { id });
    expect(commitment).toMatchObject({ total: { amount: '11.25', currency: 'USD' }, rate: { rate: '1.125', day: '2026-03-09' } });
  });

  it('follows dates and payments at every moment, and the job tells of it', async () => {
    clock.set('2026-03-10T10:00:00Z');
    const budgetId = await budget();
    const soon = await sign(budgetId, { start: '2026-03-11', end: '2026-05-11' });
    const paidUp = await sign(budgetId, { start: '2026-03-11', end: '2026-05-11' });
    await finance.done('recordPayment', { id: paidUp, amount: '20' });
    expect([await statusOf(soon), await statusOf(paidUp)]).toEqual(['PENDING', 'PENDING']);
    clock.set('2026-03-11T00:00:00Z');
    expect([await statusOf(soon), await statusOf(paidUp)]).toEqual(['ACTIVE', 'EXHAUSTED']);
    const exhausted = await finance.ask('{ commitments(filter: { statuses: [EXHAUSTED] }) { nodes { id } } }');
    expect(exhausted.commitments.nodes).toEqual([{ id: paidUp }]);
    await finance.run('settle-commitments');
    const history = async (id: string) => (await finance.ask('query ($id: ID!) { commitment(id: $id) { version history { verb from to actor } } }', { id })).commitment;
    expect((await history(paidUp)).history.slice(-2)).toEqual([{ verb: 'settleCommitment', from: 'PENDING', to: 'ACTIVE', actor: 'system:finance' }, { verb: 'settleCommitment', from: 'ACTIVE', to: 'EXHAUSTED', actor: 'system:finance' }]);
    clock.set('2026-05-10T23:59:59Z');
    expect([await statusOf(soon), await numbers(budgetId)]).toEqual(['ACTIVE', ['20', '20', '960']]);
    clock.set('2026-05-11T00:00:00Z');
    expect([await statusOf(soon), await statusOf(paidUp), await numbers(budgetId)]).toEqual(['EXPIRED', 'EXPIRED', ['0', '20', '980']]);
    expect(unmet(await finance.refused('cancelCommitment', { id: soon, reason: 'x', end: '2026-05-01' }))).toEqual(['WRONG_STATE']);
    await finance.run('settle-commitments');
    const settled = await history(soon);
    expect(settled.history.at(-1)).toMatchObject({ from: 'ACTIVE', to: 'EXPIRED' });
    await finance.run('settle-commitments');
    expect(await history(soon)).toEqual(settled);
    clock.set('2026-05-11T10:00:00Z');
  });

  it('ends early with a reason and a day; what is due before stays committed until then', async () => {
    const budgetId = await budget();
    const id = await sign(budgetId, { start: '2026-04-01' });
    expect(await numbers(budgetId)).toEqual(['90', '0', '910']);
    expect(unmet(await finance.refused('cancelCommitment', { id }))).toEqual(['REASON_REQUIRED', 'END_REQUIRED']);
    await finance.done('recordPayment', { id, amount: '15' });
    const canceled = await finance.done('cancelCommitment', { id, reason: 'moved', end: '2026-07-01', penalty: 'one month' });
    expect([canceled.commitment, types(canceled)]).toMatchObject([{ status: 'CANCELED', end: '2026-07-01', penalty: 'one month', reason: 'moved', open: { amount: '15' } }, ['commitment.canceled']]);
    expect(await numbers(budgetId)).toEqual(['15', '15', '970']);
    expect(await finance.refused('recordPayment', { id, amount: '15.01' })).toMatchObject([{ path: ['input', 'amount'] }]);
    await finance.done('recordPayment', { id, amount: '15' });
    expect(await numbers(budgetId)).toEqual(['0', '30', '970']);
    const proposed = await propose(budgetId, { end: '2026-12-01' });
    expect(await finance.refused('cancelCommitment', { id: proposed, reason: 'x', end: '2026-12-02' })).toMatchObject([{ path: ['input', 'end'] }]);
    expect((await finance.done('cancelCommitment', { id: proposed, reason: 'x', end: '2026-05-11' })).commitment).toMatchObject({ status: 'CANCELED', total: { amount: '0' } });
  });

  it('is superseded by another of its domain, which finds its room', async () => {
    const budgetId = await budget({ allocated: '120' });
    const id = await sign(budgetId, { start: '2026-01-01' });
    const successor = await propose(budgetId, { amount: '15', start: '2026-07-01' });
    expect(unmet(await finance.refused('signCommitment', { id: successor }))).toEqual(['NO_ROOM']);
    expect(unmet(await finance.refused('supersedeCommitment', { id }))).toEqual(['SUCCESSOR_REQUIRED']);
    expect(await finance.refused('supersedeCommitment', { id, successorId: id })).toMatchObject([{ path: ['input', 'successorId'] }]);
    expect(await finance.refused('supersedeCommitment', { id, successorId: 'x' })).toMatchObject([{ __typename: 'NotFound' }]);
    expect(await finance.refused('supersedeCommitment', { id, successorId: await propose(await budget()) })).toMatchObject([{ message: expect.stringContaining('domain') }]);
    expect((await finance.done('supersedeCommitment', { id, successorId: successor })).commitment).toMatchObject({ status: 'SUPERSEDED', successor: { id: successor }, end: '2026-07-01', total: { amount: '60' } });
    expect(unmet(await finance.refused('signCommitment', { id: successor }))).toEqual(['NO_ROOM']);
    await finance.done('reviseBudget', { id: budgetId, allocated: '150', reason: 'dearer' });
    await finance.done('signCommitment', { id: successor });
    expect(await numbers(budgetId)).toEqual(['150', '0', '0']);
  });

  it('keeps to versions, idempotency keys and dry runs', async () => {
    const budgetId = await budget();
    const id = await propose(budgetId);
    expect(await finance.refused('signCommitment', { id, expectedVersion: 2 })).toMatchObject([{ __typename: 'VersionConflict', expected: 2, actual: 1 }]);
    expect((await finance.done('signCommitment', { id, dryRun: true })).events).toEqual([]);
    expect(await numbers(budgetId)).toEqual(['0', '0', '1000']);
    const twice = [await finance.done('signCommitment', { id, idempotencyKey: 's' }), await finance.done('signCommitment', { id, idempotencyKey: 's' })];
    expect(twice[0]!.commitment.version).toBe(twice[1]!.commitment.version);
    expect(await numbers(budgetId)).toEqual(['100', '0', '900']);
    expect(await finance.refused('signCommitment', { id: 'x' })).toMatchObject([{ __typename: 'NotFound' }]);
  });
});

describe('200 at the same time', () => {
  it('never overspend a budget', async () => {
    const budgetId = await budget({ allocated: '100' });
    const ids: string[] = [];
    for (let done = 0; done < 200; done += 20) ids.push(...(await Promise.all(Array.from({ length: 20 }, () => propose(budgetId, { cadence: 'ONCE', amount: '1.5' })))));
    // each gets an answer at its first try, and who reads or changes something else is not held up
    let others = 0;
    let isOver = false;
    const beside = (async () => {
      while (!isOver) {
        await finance.done('openPeriod', { month: `20${String(30 + Math.floor(others / 12))}-${String((others % 12) + 1).padStart(2, '0')}` });
        others++;
      }
    })();
    const refusals = await Promise.all(ids.map((id) => finance.refused('signCommitment', { id }))).finally(() => (isOver = true));
    await beside;
    expect(others).toBeGreaterThan(5);
    expect(refusals.filter((errors) => errors.length === 0)).toHaveLength(66);
    for (const errors of refusals.filter((some) => some.length > 0)) expect(unmet(errors)).toEqual(['NO_ROOM']);
    expect(await numbers(budgetId)).toEqual(['99', '0', '1']);
  }, 120_000);
});

describe('lists of commitments', () => {
  it.each([
    ['statuses: [ACTIVE, PENDING]', (one: any) => ['ACTIVE', 'PENDING'].includes(one.status)], ['kinds: [SUBSCRIPTION]', (one: any) => one.kind === 'SUBSCRIPTION'], ['cadences: [ONCE]', (one: any) => one.cadence === 'ONCE'],
    ['suppliers: ["A host"], statuses: [CANCELED]', (one: any) => one.status === 'CANCELED'], ['domains: ["domain-1"]', (one: any) => one.domain.slug === 'domain-1'],
  ])('are narrowed by %s', async (filter, fits) => {
    const list = async (args: string) => {
      const nodes: any[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { commitments } = await finance.ask(`query ($after: String) { commitments(first: 100, after: $after, orderBy: START${args}) { totalCount nodes { id status kind cadence domain { slug } } pageInfo { hasNextPage endCursor } } }`, { after });
        nodes.push(...commitments.nodes);
        [after, more] = [commitments.pageInfo.endCursor, commitments.pageInfo.hasNextPage];
        expect(commitments.totalCount).toBeGreaterThanOrEqual(nodes.length);
      }
      return nodes;
    };
    const expected = (await list('')).filter(fits);
    expect(expected.length).toBeGreaterThan(0);
    expect(await list(`, filter: { ${filter} }`)).toEqual(expected);
  });

  it('stand on budgets, with everything about them, at a statement a field', async () => {
    finance.hub.counted();
    await finance.ask('{ budgets(first: 10, orderBy: CREATED) { nodes { commitments(first: 5) { nodes { status open { amount } instalments { day } payments { amount { amount } spent { amount } } history { verb } rate { rate } } } } } }');
    // budgets, commitments, the budgets of their amounts, payments, the commitments of these, rates, history
    expect(finance.hub.counted().length).toBeLessThanOrEqual(7);
    finance.hub.counted();
    await finance.ask('{ commitments(first: 100) { nodes { allowedTransitions { verb allowed } } } }');
    expect(finance.hub.counted().length).toBeLessThanOrEqual(4);
  });
});
