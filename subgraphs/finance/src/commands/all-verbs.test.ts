import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { focusFile } from '../import/focus.fixture.ts';
import { sum } from '../money/decimal.ts';
import { definition } from '../subgraph.ts';

// Every verb that moves money and every way in, in random order, each through the hub's own doors.

const clock = heldClock('2026-03-20T10:00:00Z');
const [allocator, steward] = [as('allocator'), as('steward')];
let hub: TestHub;
let door: HubDoor;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock, verifier: { verify: async () => allocator }, env: { HUBGRAPH_FINANCE_CONNECTIONS: '10' } });
  door = await openDoor(hub.hub, { host: '127.0.0.1', port: 0 });
}, 60_000);
afterAll(async () => {
  await door.close();
  await hub[Symbol.asyncDispose]();
});

const MONTHS = ['2026-01', '2026-02', '2026-03'];
const cents = (value: number) => (value / 100).toFixed(2);
const charge = (key: number, month: string, cost: string, team: string) => ({ BilledCost: cost, ResourceId: `r-${key}`, ProviderName: `provider-${key % 3}`, ChargePeriodStart: `${month}-07T00:00:00Z`, ChargePeriodEnd: `${month}-07T01:00:00Z`, BillingPeriodStart: `${month}-01T00:00:00Z`, BillingPeriodEnd: `2026-0${Number(month.slice(5)) + 1}-01T00:00:00Z`, Tags: JSON.stringify({ team }) });
async function send(source: string, file: string): Promise<void> {
  const answer = await fetch(`${door.url}/finance/imports?${new URLSearchParams({ format: 'focus', source })}`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: file });
  expect(answer.status, await answer.text()).toBe(200);
}

/** What a budget and its parts spent in USD, counted from the rows themselves. */
const SPENT = `
WITH RECURSIVE tree AS (SELECT * FROM "Budget" WHERE "id" = $1::uuid UNION ALL SELECT b.* FROM tree t JOIN "Budget" b ON b."parentId" = t."id" AND b."status" <> 'DRAFT'),
scope AS (SELECT DISTINCT t."domain", p."month" FROM tree t JOIN (SELECT DISTINCT "month" FROM "BillingPeriod") p ON p."month" >= to_char(t."periodStart", 'YYYY-MM') AND p."month" < to_char(t."periodEnd", 'YYYY-MM')),
matched AS (SELECT c."id" FROM "Payment" p JOIN "CostRow" m ON m."id" = p."costRowId" JOIN "CostRow" c ON c."source" = m."source" AND c."rowKey" = m."rowKey" AND c."current" AND c."month" = m."month")
SELECT trim_scale(
  coalesce((SELECT sum(a."billedCost") FROM scope s JOIN "Allocation" a ON a."domain" = s."domain" AND a."month" = s."month" WHERE a."rowId" NOT IN (SELECT "id" FROM matched)), 0)
  + coalesce((SELECT sum(k."cost") FROM scope s JOIN "TokenSpend" k ON k."current" AND k."domain" = s."domain" AND k."month" = s."month" WHERE NOT EXISTS (SELECT 1 FROM "CostRow" c WHERE c."current" AND c."month" = k."month" AND c."providerName" = k."provider")), 0)
  + coalesce((SELECT sum(p."spent") FROM tree t JOIN "Payment" p ON p."budgetId" = t."id"), 0))::text AS "spent"`;

interface Step {
  readonly verb: string;
  readonly a: number;
  readonly b: number;
  readonly amount: number;
}
const VERBS = ['import', 'import', 'import', 'recordCost', 'recordTokenSpend', 'propose', 'propose', 'sign', 'sign', 'override', 'pay', 'pay', 'payCharge', 'payCharge', 'cancel', 'supersede', 'revise', 'freeze', 'unfreeze', 'closeMonth', 'reopenMonth', 'rule', 'retire', 'wait'] as const;
const step: fc.Arbitrary<Step> = fc.record({ verb: fc.constantFrom(...VERBS), a: fc.nat({ max: 99 }), b: fc.nat({ max: 99 }), amount: fc.integer({ min: 1, max: 20_000 }) });
const happened = new Map<string, number>();
let runs = 0;

it('committed + spent + available is what is allocated, and spent is what the rows say, whatever is done', async () => {
  const run = async (steps: readonly Step[]) => {
    clock.set('2026-03-20T10:00:00Z');
    const name = `run-${++runs}`;
    const teams = [`${name}-whole`, `${name}-part`];
    const commitments: string[] = [];
    const rules: string[] = [];
    const change = async (verb: string, input: object, fields: string, identity = allocator) => {
      const answer = await hub.change(verb, input, fields, identity);
      if (answer.errors.length === 0) happened.set(verb, (happened.get(verb) ?? 0) + 1);
      return answer;
    };
    const draft = async (more: object) => {
      const { budget } = await change('draftBudget', { name, periodStart: '2026-01-01', periodEnd: '2026-07-01', currency: 'USD', allocated: '2000', ...more }, 'budget { id }');
      expect((await change('activateBudget', { id: budget.id }, 'budget { id }')).errors).toEqual([]);
      return budget.id as string;
    };
    const whole = await draft({ domain: teams[0] });
    const budgets = [whole, await draft({ domain: teams[1], parentId: whole, periodStart: '2026-02-01', allocated: '500' })];
    const pick = (of: readonly string[], index: number) => of[index % of.length] ?? '00000000-0000-7000-8000-000000000000';
    const take = async ({ verb, a, b, amount }: Step): Promise<unknown> => {
      const [budgetId, team, month, commitment] = [pick(budgets, a), pick(teams, a), pick(MONTHS, b), pick(commitments, a)];
      switch (verb) {
        case 'import':
          return send(`${name}-${a % 2}`, focusFile(Array.from({ length: 1 + (b % 5) }, (_, index) => charge((a + index) % 9, MONTHS[(b + index) % 3]!, cents(amount * (index + 1) - 5_000), pick(teams, b + index)))));
        case 'recordCost':
          return change('recordCost', { source: name, costs: [{ sourceKey: `k${a % 4}`, provider: 'Host', billedCost: cents(amount), currency: 'USD', start: `${month}-09`, tags: [{ key: 'team', value: team }] }] }, 'import { new }');
        case 'recordTokenSpend':
          return change('recordTokenSpend', { source: name, spend: [{ sourceKey: `k${a % 4}`, provider: `provider-${b % 6}`, model: 'm', at: `${month}-09T10:00:00Z`, input: 1, output: 1, cost: cents(amount), currency: 'USD', domain: team }] }, 'batch { recorded }');
        case 'propose': {
          const { commitment: made } = await change('proposeCommitment', { budgetId, kind: 'CONTRACT', title: 'x', amount: cents(amount), cadence: b % 2 === 0 ? 'ONCE' : 'MONTHLY', start: '2026-03-01', end: b % 3 === 0 ? '2026-06-01' : null }, 'commitment { id }');
          return commitments.push(made.id);
        }
        case 'sign':
          return change('signCommitment', { id: commitment }, 'commitment { id }');
        case 'override':
          return change('signCommitment', { id: commitment, overrideDecision: 'D-1' }, 'commitment { id }');
        case 'pay':
          return change('recordPayment', { id: commitment, amount: cents(1 + (amount % 700)), paidOn: `${month}-15`, reference: b % 4 === 0 ? `${name}-${b % 8}` : null }, 'payment { id }');
        case 'payCharge': {
          const { costRows } = await hub.ask('query ($domains: [String!]) { costRows(first: 20, filter: { domains: $domains }) { nodes { id } } }', { domains: teams }, allocator);
          return change('recordPayment', { id: commitment, amount: cents(1 + (amount % 700)), costRowId: costRows.nodes.length === 0 ? null : costRows.nodes[b % costRows.nodes.length].id }, 'payment { id }');
        }
        case 'cancel':
          return change('cancelCommitment', { id: commitment, reason: 'x', end: `2026-0${3 + (b % 3)}-20` }, 'commitment { id }');
        case 'supersede':
          return change('supersedeCommitment', { id: commitment, successorId: pick(commitments, b) }, 'commitment { id }');
        case 'revise':
          return change('reviseBudget', { id: budgetId, allocated: cents(amount * 10), reason: 'x' }, 'budget { id }');
        case 'freeze':
          return change('freezeBudget', { id: budgetId, reason: 'x' }, 'budget { id }');
        case 'unfreeze':
          return change('unfreezeBudget', { id: budgetId, reason: 'x' }, 'budget { id }');
        case 'closeMonth':
          return change('closePeriod', { month: MONTHS[b % 2] }, 'period { id }');
        case 'reopenMonth':
          return change('reopenPeriod', { month: MONTHS[b % 2], reason: 'x' }, 'period { id }', steward);
        case 'rule': {
          const targets = b % 2 === 0 ? [{ domain: '{value}' }] : [{ domain: teams[0], ratio: '0.333333333333333333' }, { domain: teams[1], ratio: '0.666666666666666667' }];
          const { rule, errors } = await change('addAttributionRule', { name: `${name} ${rules.length} ${a}`, priority: a, kind: b % 2 === 0 ? 'TAG' : 'RATIO', match: { tag: 'team', values: b % 2 === 0 ? null : [team] }, targets }, 'rule { id }');
          return errors.length === 0 && rules.push(rule.id);
        }
        case 'retire':
          return change('retireAttributionRule', { id: rules.pop() ?? commitment }, 'rule { id }');
        default:
          return clock.advance(86_400_000);
      }
    };
    for (const verb of ['rule', 'propose', 'sign']) await take({ verb, a: 0, b: 0, amount: 1_000 });
    for (const one of steps) {
      await take(one);
      for (const id of budgets) {
        const { budget } = await hub.ask('query ($id: ID!) { budget(id: $id) { allocated { amount } committed { amount } spent { amount } available { amount } } }', { id }, allocator);
        expect(sum([budget.committed.amount, budget.spent.amount, budget.available.amount]), JSON.stringify(one)).toBe(budget.allocated.amount);
        expect([{ spent: budget.spent.amount }], JSON.stringify(one)).toEqual(await hub.database.sql.query(SPENT, [id]));
      }
    }
    const wrong = await hub.database.sql.query(`SELECT 1 FROM "CostRow" c LEFT JOIN (SELECT "rowId", sum("billedCost") AS "billed", sum("effectiveCost") AS "effective" FROM "Allocation" GROUP BY 1) a ON a."rowId" = c."id" WHERE c."current" AND (a."billed" IS DISTINCT FROM c."billedCost" OR a."effective" IS DISTINCT FROM c."effectiveCost")`);
    expect(wrong, 'the parts of a charge sum to it').toEqual([]);
    for (const id of rules) await change('retireAttributionRule', { id }, 'rule { id }');
    for (const month of MONTHS) await hub.change('reopenPeriod', { month, reason: 'x' }, 'period { id }', steward);
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 60, size: 'max' }), run), { numRuns: 4, endOnFailure: true });
  for (const verb of ['signCommitment', 'recordPayment', 'closePeriod', 'recordCost', 'recordTokenSpend', 'addAttributionRule']) expect(happened.get(verb) ?? 0, verb).toBeGreaterThan(0);
}, 300_000);

it('a month that is closed while files come in: each row is wholly on one side', async () => {
  clock.set('2026-03-20T10:00:00Z');
  for (let turn = 0; turn < 4; turn++) {
    const [month, next] = [`2025-0${turn * 2 + 1}`, `2025-0${turn * 2 + 2}`];
    const file = (cost: string) => focusFile(Array.from({ length: 3_000 }, (_, index) => ({ ...charge(index, '2026-01', cost, 'x'), ChargePeriodStart: `${month}-07T00:00:00Z`, ChargePeriodEnd: `${month}-07T01:00:00Z`, BillingPeriodStart: `${month}-01T00:00:00Z`, BillingPeriodEnd: `${next}-01T00:00:00Z` })));
    const close = async () => expect((await hub.change('closePeriod', { month }, 'period { closedAt }', allocator)).errors).toEqual([]);
    await Promise.all([send(`side-${turn}-a`, file('1.5')), send(`side-${turn}-b`, file('2.5')), ...(turn % 2 === 0 ? [close()] : [send(`side-${turn}-c`, file('0.25')).then(close)])]);
    const sides = await hub.database.sql.query<{ month: string; rows: number; allocated: string }>(`SELECT c."month", count(*)::int AS "rows", trim_scale(sum(a."billedCost"))::text AS "allocated" FROM "CostRow" c JOIN "Allocation" a ON a."rowId" = c."id" AND a."month" = c."month" WHERE c."source" LIKE $1 AND c."current" GROUP BY 1 ORDER BY 1`, [`side-${turn}-%`]);
    expect(sides.every((side) => [month, next].includes(side.month))).toBe(true);
    expect(sides.reduce((all, { rows }) => all + rows, 0)).toBe(turn % 2 === 0 ? 6_000 : 9_000);
    // nothing comes into a closed month: a correction of all rows leaves its sum as it is
    const before = sides.find((side) => side.month === month);
    await send(`side-${turn}-a`, file('1.75'));
    const after = await hub.database.sql.query<{ rows: number; allocated: string }>(`SELECT count(*)::int AS "rows", trim_scale(sum("billedCost"))::text AS "allocated" FROM "CostRow" WHERE "source" LIKE $1 AND "current" AND "month" = $2`, [`side-${turn}-%`, month]);
    expect(after).toEqual([{ rows: before?.rows ?? 0, allocated: before?.allocated ?? null }]);
    expect(await hub.database.sql.query(`SELECT 1 FROM "Allocation" a JOIN "CostRow" c ON c."id" = a."rowId" WHERE a."month" <> c."month"`)).toEqual([]);
  }
}, 120_000);
