import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { allocator, startFinance, steward, viewer, type FinanceTest } from './finance.fixture.ts';

let finance: FinanceTest;
const clock = heldClock('2026-03-10T10:00:00Z');
beforeAll(async () => {
  finance = await startFinance(clock);
});
afterAll(() => finance[Symbol.asyncDispose]());

let domains = 0;
/** A domain of its own for each test, so that budgets do not overlap by accident. */
const fresh = () => `domain-${++domains}`;
const DRAFT = { name: 'Cloud', periodStart: '2026-01-01', periodEnd: '2026-04-01', currency: 'USD', allocated: '1000.50' };
const draft = async (more: object = {}) => (await finance.done('draftBudget', { ...DRAFT, domain: fresh(), ...more })).budget.id as string;
const types = (answer: Record<string, any>) => answer.events.map(({ type }: any) => type.replace('org.finhub.', ''));
const unmet = (errors: Record<string, any>[]) => errors[0]!.unmet.map((rule: any) => rule.code);

describe('a budget', () => {
  it('is drafted with what is available computed, and told', async () => {
    const domain = fresh();
    const answer = await finance.done('draftBudget', { ...DRAFT, domain, actualThresholds: [90, 50, 90] });
    expect(types(answer)).toEqual(['budget.drafted']);
    expect(answer.budget).toMatchObject({
      status: 'DRAFT', version: 1, period: { start: '2026-01-01', end: '2026-04-01' }, allocated: { amount: '1000.5' }, committed: { amount: '0' }, spent: { amount: '0' }, available: { amount: '1000.5' }, owner: 'allocator', thresholds: { actual: [50, 90], forecast: [100] },
      domain: { slug: domain }, revisions: [], history: [{ verb: 'draftBudget', from: null, to: 'DRAFT', actor: 'allocator' }], allowedTransitions: [{ verb: 'activateBudget', allowed: true, unmet: [] }],
    });
  });

  it('is not drafted with wrong input, and every fault is named', async () => {
    const errors = await finance.refused('draftBudget', { name: ' ', domain: 'No Slug', periodStart: '2026-01-02', periodEnd: '2026-04-30', currency: 'usd', allocated: '-1', actualThresholds: [0], forecastThresholds: [1001], owner: '' });
    expect(errors.map(({ path }) => path[1])).toEqual(['name', 'domain', 'periodStart', 'periodEnd', 'currency', 'allocated', 'actualThresholds', 'forecastThresholds', 'owner']);
    expect(await finance.refused('draftBudget', { ...DRAFT, domain: fresh(), periodEnd: '2026-01-01' })).toMatchObject([{ path: ['input', 'periodEnd'] }]);
    expect(await finance.refused('draftBudget', { ...DRAFT, domain: fresh(), parentId: 'x' })).toMatchObject([{ __typename: 'NotFound', path: ['input', 'parentId'] }]);
    await expect(finance.refused('draftBudget', { ...DRAFT, domain: fresh() }, viewer)).rejects.toThrow(/finance:write/);
  });

  it('goes through its whole life', async () => {
    const id = await draft();
    expect((await finance.done('activateBudget', { id })).budget).toMatchObject({ status: 'ACTIVE', revisions: [{ from: null, to: { amount: '1000.5' } }] });
    expect((await finance.done('reviseBudget', { id, allocated: '1200', reason: 'more users' })).budget).toMatchObject({ status: 'ACTIVE', allocated: { amount: '1200' }, revisions: [{}, { from: { amount: '1000.5' }, to: { amount: '1200' }, reason: 'more users' }] });
    expect((await finance.done('freezeBudget', { id, reason: 'review' })).budget.status).toBe('FROZEN');
    expect((await finance.done('unfreezeBudget', { id, reason: 'reviewed' })).budget.status).toBe('ACTIVE');
    const [refused] = await finance.refused('closeBudget', { id });
    expect(refused).toMatchObject({ code: 'TRANSITION_REFUSED', unmet: [{ code: 'PERIOD_OPEN', refs: ['2026-01', '2026-02', '2026-03'] }] });
    clock.set('2026-04-01T00:00:00Z');
    for (const month of ['2026-01', '2026-02', '2026-03']) await finance.done('closePeriod', { month });
    const closed = await finance.done('closeBudget', { id });
    expect([closed.budget.status, types(closed)]).toEqual(['CLOSED', ['budget.closed']]);
    expect(unmet(await finance.refused('reopenBudget', { id }, steward))).toEqual(['REASON_REQUIRED']);
    await expect(finance.refused('reopenBudget', { id, reason: 'x' }, allocator)).rejects.toThrow(/periods:reopen/);
    const reopened = await finance.done('reopenBudget', { id, reason: 'an invoice came late' }, steward);
    expect(reopened.budget).toMatchObject({ status: 'ACTIVE', history: [{ verb: 'draftBudget' }, { verb: 'activateBudget' }, { verb: 'reviseBudget', from: 'ACTIVE', to: 'ACTIVE' }, { verb: 'freezeBudget' }, { verb: 'unfreezeBudget' }, { verb: 'closeBudget' }, { verb: 'reopenBudget', note: 'an invoice came late', actor: 'steward' }] });
  });

  it('overlaps no other of its domain and currency in force', async () => {
    const domain = fresh();
    const first = await finance.budget({ domain, periodStart: '2026-01-01', periodEnd: '2026-07-01' });
    const inside = await draft({ domain, periodStart: '2026-06-01', periodEnd: '2026-09-01' });
    expect(await finance.refused('activateBudget', { id: inside })).toMatchObject([{ unmet: [{ code: 'BUDGET_OVERLAPS', refs: [first] }] }]);
    const other = await draft({ domain, periodStart: '2026-06-01', periodEnd: '2026-09-01', currency: 'EUR' });
    const after = await draft({ domain, periodStart: '2026-07-01', periodEnd: '2026-09-01' });
    const part = await draft({ domain, periodStart: '2026-01-01', periodEnd: '2026-04-01', parentId: first, allocated: '10' });
    for (const id of [other, after, part]) expect((await finance.done('activateBudget', { id })).budget.status).toBe('ACTIVE');
    const sibling = await draft({ domain, periodStart: '2026-03-01', periodEnd: '2026-04-01', parentId: first, allocated: '10' });
    expect(await finance.refused('activateBudget', { id: sibling })).toMatchObject([{ unmet: [{ code: 'BUDGET_OVERLAPS', refs: [part] }] }]);
  });

  it('is activated once, however many try at the same time with overlapping periods', async () => {
    const domain = fresh();
    const drafts = await Promise.all(Array.from({ length: 8 }, () => draft({ domain })));
    const refusals = await Promise.all(drafts.map((id) => finance.refused('activateBudget', { id })));
    expect(refusals.filter((errors) => errors.length === 0)).toHaveLength(1);
    for (const errors of refusals.filter((some) => some.length > 0)) expect(unmet(errors)).toEqual(['BUDGET_OVERLAPS']);
  });

  it('has parts that sum to at most what it has', async () => {
    const parentId = await finance.budget({ domain: fresh(), allocated: '100' });
    const parts = await Promise.all([draft({ parentId, allocated: '60' }), draft({ parentId, allocated: '40.000000000000000001' }), draft({ parentId, allocated: '40' })]);
    await finance.done('activateBudget', { id: parts[0] });
    expect(unmet(await finance.refused('activateBudget', { id: parts[1] }))).toEqual(['PARENT_TOO_SMALL']);
    await finance.done('activateBudget', { id: parts[2] });
    expect(unmet(await finance.refused('reviseBudget', { id: parts[0], allocated: '61', reason: 'x' }))).toEqual(['PARENT_TOO_SMALL']);
    expect(unmet(await finance.refused('reviseBudget', { id: parentId, allocated: '99' }))).toEqual(['REASON_REQUIRED', 'CHILDREN_TOO_LARGE']);
    const { budget } = await finance.ask('query ($id: ID!) { budget(id: $id) { children(orderBy: CREATED) { totalCount nodes { parent { id } } } } }', { id: parentId });
    expect(budget.children).toEqual({ totalCount: 3, nodes: Array(3).fill({ parent: { id: parentId } }) });
  });

  it('lies within what it is a part of, in its currency, and in no circle', async () => {
    const parentId = await draft({ periodEnd: '2026-03-01' });
    expect(await finance.refused('draftBudget', { ...DRAFT, domain: fresh(), parentId, currency: 'EUR' })).toMatchObject([{ path: ['input', 'currency'] }, { path: ['input', 'parentId'] }]);
    const part = await draft({ parentId, periodEnd: '2026-02-01' });
    expect(await finance.refused('updateBudget', { id: parentId, parentId: part })).toMatchObject([{ path: ['input', 'parentId'] }, { path: ['input', 'parentId'] }]);
    expect(await finance.refused('updateBudget', { id: parentId, currency: 'EUR' })).toMatchObject([{ path: ['input', 'id'] }]);
    const [a, b] = [await draft(), await draft()];
    const both = await Promise.all([finance.refused('updateBudget', { id: a, parentId: b }), finance.refused('updateBudget', { id: b, parentId: a })]);
    expect(both.filter((errors) => errors.length === 0)).toHaveLength(1);
  });

  it('is updated as a draft; in force only its name, owner and thresholds', async () => {
    const id = await draft();
    const updated = await finance.done('updateBudget', { id, name: 'Hosting', allocated: '5', periodEnd: '2026-05-01', owner: 'mara' });
    expect([updated.budget, types(updated)]).toMatchObject([{ name: 'Hosting', allocated: { amount: '5' }, period: { end: '2026-05-01' }, owner: 'mara', version: 2 }, ['budget.updated']]);
    expect((await finance.done('updateBudget', { id, name: 'Hosting' })).budget.version).toBe(2);
    await finance.done('activateBudget', { id });
    expect((await finance.refused('updateBudget', { id, allocated: '6', domain: 'x' })).map(({ path }) => path[1])).toEqual(['domain', 'allocated']);
    expect((await finance.done('updateBudget', { id, actualThresholds: [75] })).budget.thresholds.actual).toEqual([75]);
  });

  it('is not revised below what is used, nor to what it has', async () => {
    const domain = fresh();
    const id = await finance.budget({ domain });
    await finance.charge({ domain, month: '2026-05', amount: '100.01' });
    expect(unmet(await finance.refused('reviseBudget', { id, allocated: '100', reason: 'x' }))).toEqual(['BELOW_USED']);
    expect(await finance.refused('reviseBudget', { id, allocated: '1000.0', reason: 'x' })).toMatchObject([{ path: ['input', 'allocated'] }]);
    expect((await finance.done('reviseBudget', { id, allocated: '100.01', reason: 'x' })).budget.available.amount).toBe('0');
    expect(await finance.refused('reviseBudget', { id, allocated: '-5', reason: 'x' })).toMatchObject([{ path: ['input', 'allocated'] }]);
  });

  it('keeps to versions, idempotency keys and dry runs', async () => {
    const id = await draft();
    expect(await finance.refused('activateBudget', { id, expectedVersion: 7 })).toMatchObject([{ __typename: 'VersionConflict', expected: 7, actual: 1 }]);
    const dry = await finance.done('activateBudget', { id, dryRun: true });
    expect([dry.budget.status, dry.events]).toEqual(['ACTIVE', []]);
    const twice = [await finance.done('activateBudget', { id, idempotencyKey: 'a' }), await finance.done('activateBudget', { id, idempotencyKey: 'a' })];
    expect(twice.map((answer) => answer.budget.version)).toEqual([2, 2]);
    expect(await finance.refused('freezeBudget', { id: 'nothing' })).toMatchObject([{ __typename: 'NotFound' }]);
    expect(await finance.refused('unfreezeBudget', { id, reason: 'x' })).toMatchObject([{ unmet: [{ code: 'WRONG_STATE' }] }]);
  });
});

describe('lists of budgets', () => {
  it.each([
    ['statuses: [FROZEN, ACTIVE]', (budget: any) => ['FROZEN', 'ACTIVE'].includes(budget.status)], ['currencies: ["EUR"]', (budget: any) => budget.currency === 'EUR'], ['domains: ["domain-1", "domain-2"]', (budget: any) => ['domain-1', 'domain-2'].includes(budget.domain.slug)],
    ['owners: ["mara"]', (budget: any) => budget.owner === 'mara'], ['at: "2026-06-30"', (budget: any) => budget.period.start <= '2026-06-30' && budget.period.end > '2026-06-30'],
  ])('are narrowed by %s', async (filter, fits) => {
    const list = async (args: string) => (await finance.ask(`{ budgets(first: 200${args}) { totalCount nodes { id status currency owner period { start end } domain { slug } } } }`)).budgets;
    const [all, some] = [await list(''), await list(`, filter: { ${filter} }`)];
    const expected = all.nodes.filter(fits);
    expect(expected.length).toBeGreaterThan(0);
    expect([some.nodes, some.totalCount]).toEqual([expected, expected.length]);
  });

  it('are paged by every order without loss', async () => {
    const all = (await finance.ask('{ budgets(first: 200) { totalCount } }')).budgets.totalCount;
    for (const order of ['CREATED', 'CREATED_DESC', 'PERIOD', 'PERIOD_DESC']) {
      const seen: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { budgets } = await finance.ask(`query ($after: String) { budgets(first: 7, after: $after, orderBy: ${order}) { nodes { id } pageInfo { hasNextPage endCursor } } }`, { after });
        seen.push(...budgets.nodes.map(({ id }: any) => id));
        [after, more] = [budgets.pageInfo.endCursor, budgets.pageInfo.hasNextPage];
      }
      expect([order, seen.length, new Set(seen).size]).toEqual([order, all, all]);
    }
  });

  it('stand on domains, with all numbers, at a statement a field', async () => {
    const representations = [1, 4, 5, 6, 7, 8, 9].map((count) => ({ __typename: 'Domain', slug: `domain-${count}` }));
    finance.hub.counted();
    const { _entities: found } = await finance.ask('query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Domain { budgets { nodes { id committed { amount } spent { amount } available { amount } lines { kind } } } } } }', { representations });
    expect(found.filter((domain: any) => domain.budgets.nodes.length > 0).length).toBeGreaterThan(1);
    expect(finance.hub.counted()).toHaveLength(2);
    const { budgets } = await finance.ask('{ budgets(first: 20) { nodes { id } } }');
    finance.hub.counted();
    const { _entities: again } = await finance.ask('query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Budget { name revisions { reason } history { verb } allowedTransitions { verb } } } }', { representations: [...budgets.nodes.map(({ id }: any) => ({ __typename: 'Budget', id })), { __typename: 'Budget', id: 'x' }] });
    expect([again.length, again.at(-1)]).toEqual([21, null]);
    expect(finance.hub.counted()).toHaveLength(5);
  });
});
