import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createChanges } from '@hubgraph/kit/change';
import { heldClock } from '@hubgraph/kit/clock';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { until } from '../../../../test/harness/until.ts';
import { focusFile } from '../import/focus.fixture.ts';
import { events } from '../events.ts';
import { openDatabase, type Database } from '../store/index.ts';
import { rollup } from '../store/rollup.ts';
import { definition } from '../subgraph.ts';
import { reallocate } from './attribution.ts';
import { checkSums, settleSpend, type RollupDeps } from './rollup.ts';

const clock = heldClock('2026-03-20T10:00:00Z');
const [allocator, steward] = [as('allocator'), as('steward')];
const never = new AbortController().signal;
let hub: TestHub;
let door: HubDoor;
let beside: Database;
let deps: RollupDeps;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock, verifier: { verify: async () => allocator }, env: { HUBGRAPH_FINANCE_CONNECTIONS: '10' } });
  door = await openDoor(hub.hub, { host: '127.0.0.1', port: 0 });
  beside = openDatabase(hub.database.url, 4);
  deps = { sql: beside.sql, clock, log: pino({ level: 'silent' }), changes: createChanges({ transactor: beside.transactor, catalogue: events, clock, committed: () => {} }) };
}, 60_000);
afterAll(async () => {
  await beside.close();
  await door.close();
  await hub[Symbol.asyncDispose]();
});
beforeEach(() => clock.set('2026-03-20T10:00:00Z'));

const done = async (verb: string, input: object, fields: string, identity = allocator) => {
  const answer = await hub.change(verb, input, fields, identity);
  expect(answer.errors, verb).toEqual([]);
  return answer;
};
async function send(source: string, file: string): Promise<Record<string, number>> {
  const answer = await fetch(`${door.url}/finance/imports?${new URLSearchParams({ format: 'focus', source })}`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: file });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, number>;
}
const DAYS = ['2026-01-05', '2026-01-20', '2026-02-07', '2026-03-10'];
const row = (key: number, day: string, cost: string, team: string) => ({ BilledCost: cost, ResourceId: `r-${key}`, ChargePeriodStart: `${day}T00:00:00Z`, ChargePeriodEnd: `${day}T01:00:00Z`, BillingPeriodStart: `${day.slice(0, 7)}-01T00:00:00Z`, BillingPeriodEnd: `${day.slice(0, 5)}${String(Number(day.slice(5, 7)) + 1).padStart(2, '0')}-01T00:00:00Z`, Tags: JSON.stringify({ team }) });
const kept = () => beside.sql.query<{ name: string }>(`SELECT "name" FROM "SpendSum" WHERE "noun" = 'DOMAIN' AND "measure" = 'COST' GROUP BY 1 HAVING sum("billedCost") <> 0 ORDER BY 1`);

type Step =
  | { readonly do: 'import'; readonly source: number; readonly rows: readonly { readonly key: number; readonly day: number; readonly cents: number; readonly team: number }[] }
  | { readonly do: 'record'; readonly key: number; readonly day: number; readonly cents: number }
  | { readonly do: 'tokens'; readonly key: number; readonly day: number; readonly cents: number; readonly team: number }
  | { readonly do: 'rule'; readonly team: number; readonly share: boolean }
  | { readonly do: 'retire' | 'merge' | 'rebuild' | 'reallocate' }
  | { readonly do: 'close' | 'reopen'; readonly month: number };
const nat = (max: number) => fc.nat({ max });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('import' as const), source: nat(1), rows: fc.uniqueArray(fc.record({ key: nat(12), day: nat(3), cents: fc.integer({ min: -500, max: 9_999 }), team: nat(2) }), { selector: ({ key }) => key, minLength: 1, maxLength: 10 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('record' as const), key: nat(3), day: nat(3), cents: nat(9_999) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tokens' as const), key: nat(3), day: nat(3), cents: nat(999), team: nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rule' as const), team: nat(2), share: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('retire' as const, 'merge' as const, 'rebuild' as const, 'reallocate' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'reopen' as const), month: nat(1) }) },
);

describe('the sums of what is spent', () => {
  const rules: string[] = [];
  let names = 0;
  const happened = new Set<string>();
  const cents = (value: number) => (value / 100).toFixed(2);
  async function take(one: Step): Promise<void> {
    switch (one.do) {
      case 'import': {
        const { corrected } = await send(`source-${one.source}`, focusFile(one.rows.map(({ key, day, cents: cost, team }) => row(key, DAYS[day]!, cents(cost), `team-${team}`))));
        if (corrected! > 0) happened.add('corrected');
        return;
      }
      case 'record':
        await done('recordCost', { source: 'paper', costs: [{ sourceKey: `p-${one.key}`, provider: 'Host', billedCost: cents(one.cents), currency: 'EUR', start: DAYS[one.day], tags: [{ key: 'team', value: 'team-1' }] }] }, 'import { new }');
        return;
      case 'tokens':
        await done('recordTokenSpend', { source: 'agent', spend: [{ sourceKey: `t-${one.key}`, provider: 'Anthropic', model: 'm', at: `${DAYS[one.day]}T10:00:00Z`, input: 1, output: 1, cost: cents(one.cents), currency: 'USD', domain: `team-${one.team}` }] }, 'batch { recorded }');
        return;
      case 'rule': {
        const targets = one.share ? [{ domain: `team-${one.team}` }, { domain: 'shared', service: 'core' }] : [{ domain: `team-${one.team}`, service: 'web', workstream: 'W-1' }];
        const { rule } = await done('addAttributionRule', { name: `rule ${++names}`, priority: names, kind: one.share ? 'SHARE' : 'TAG', match: { tag: 'team', values: [`team-${one.team}`] }, targets, ...(one.share ? { measure: { of: 'COST' } } : {}) }, 'rule { id }');
        rules.push(rule.id);
        return;
      }
      case 'retire': {
        const id = rules.pop();
        if (id !== undefined) await done('retireAttributionRule', { id }, 'rule { id }');
        return;
      }
      case 'merge':
        await settleSpend(deps, never);
        expect(await beside.sql.query(`SELECT 1 AS "one" FROM "SpendSum" WHERE NOT "merged"`)).toEqual([]);
        return;
      case 'rebuild':
        await deps.changes.run({ identity: allocator }, { name: 'test', scopes: [], input: {} }, async ({ tx }) => {
          await rollup.rebuild(tx, ['2026-01']);
          return {};
        });
        return;
      case 'reallocate':
        await deps.changes.run({ identity: allocator }, { name: 'test', scopes: [], input: {} }, reallocate);
        return;
      case 'close':
      case 'reopen': {
        const errors = (await hub.change(`${one.do}Period`, { month: `2026-0${one.month + 1}`, ...(one.do === 'reopen' ? { reason: 'x' } : {}) }, 'period { id }', one.do === 'close' ? allocator : steward)).errors;
        for (const { __typename } of errors) expect(['TransitionRefused', 'NotFound']).toContain(__typename);
        if (errors.length === 0) happened.add(one.do);
      }
    }
  }

  it('are what the rows say, whatever is done', async () => {
    const run = async (steps: readonly Step[]) => {
      for (const one of steps) {
        await take(one);
        expect(await rollup.differences(beside.sql), JSON.stringify(one)).toEqual([]);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 40, size: 'max' }), run), { numRuns: 4, endOnFailure: true });
    expect(happened).toContain('corrected');
    expect(happened).toContain('close');
    expect(await checkSums(deps, never)).toEqual([]);
  }, 300_000);

  it('are made anew where they differ, and nowhere else', async () => {
    await beside.sql.query(`DELETE FROM "SpendSum" WHERE "month" = '2026-02'`);
    await beside.sql.query(`INSERT INTO "SpendSum" ("measure", "noun", "name", "month", "day", "providerName", "currency", "billedCost", "effectiveCost") VALUES ('COST', 'DOMAIN', 'ghost', '2026-02', '2026-02-01', 'x', 'USD', 5, 5)`);
    expect((await rollup.differences(beside.sql)).map(({ month }) => month)).toEqual(['2026-02']);
    expect(await checkSums(deps, never)).toEqual(['2026-02']);
    expect(await rollup.differences(beside.sql)).toEqual([]);
  });

  it('stay right while many import into the same domain and month, merge and recount at the same time', async () => {
    for (const id of rules.splice(0)) await done('retireAttributionRule', { id }, 'rule { id }');
    await done('addAttributionRule', { name: 'by team', kind: 'TAG', match: { tag: 'team' }, targets: [{ domain: '{value}' }] }, 'rule { id }');
    const rows = (seed: number) => focusFile(Array.from({ length: 300 }, (_, index) => row(index, '2026-03-10', `1.${String((index * seed) % 100).padStart(2, '0')}`, `race-${(index * seed) % 5}`)));
    let isOver = false;
    const upkeep = (async () => {
      while (!isOver) {
        await settleSpend(deps, never);
        expect(await checkSums(deps, never)).toEqual([]);
      }
    })();
    await Promise.all(Array.from({ length: 8 }, async (_, index) => {
      await send(`race-${index}`, rows(index + 1));
      await send(`race-${index}`, rows(index + 3));
    })).finally(() => (isOver = true));
    await upkeep;
    expect(await rollup.differences(beside.sql)).toEqual([]);
    expect((await kept()).filter(({ name }) => name.startsWith('race-'))).toHaveLength(5);
  }, 120_000);
});

describe('thresholds', () => {
  const told = async (after: bigint) => (await beside.sql.query<{ type: string }>(`SELECT "type" FROM "outbox" WHERE "id" > $1 AND ("type" LIKE '%.threshold_%' OR "type" LIKE '%.runway.%') ORDER BY "id"`, [after])).map(({ type }) => type.replace('org.finhub.', ''));
  const last = async () => (await beside.sql.query<{ id: bigint }>(`SELECT coalesce(max("id"), 0) AS "id" FROM "outbox"`))[0]!.id;
  const budget = async (domain: string, more: object = {}) => {
    const { budget: made } = await done('draftBudget', { name: 'B', domain, periodStart: '2026-03-01', periodEnd: '2026-04-01', currency: 'USD', allocated: '100', actualThresholds: [50], forecastThresholds: [], ...more }, 'budget { id }');
    await done('activateBudget', { id: made.id }, 'budget { id }');
    return made.id as string;
  };
  const use = (domain: string, key: string, cost: string) => done('recordTokenSpend', { source: 'agent', spend: [{ sourceKey: key, provider: 'Nobody bills', model: 'm', at: '2026-03-10T10:00:00Z', input: 1, output: 1, cost, currency: 'USD', domain }] }, 'batch { recorded }');

  it('are told of once by what changes the spending of a domain, to whatever its budget is a part of', async () => {
    const whole = await budget('above', { allocated: '200', actualThresholds: [30] });
    await budget('below', { parentId: whole });
    await settleSpend(deps, never);
    let before = await last();
    await use('below', 'a', '49.99');
    await settleSpend(deps, never);
    expect(await told(before)).toEqual([]);
    await use('below', 'b', '10.01');
    await settleSpend(deps, never);
    expect(await told(before)).toEqual(['budget.threshold_reached', 'budget.threshold_reached']);
    before = await last();
    await use('below', 'c', '1');
    await settleSpend(deps, never);
    expect(await told(before)).toEqual([]);
    await use('below', 'b', '0');
    await settleSpend(deps, never);
    expect((await told(before)).every((type) => type === 'budget.threshold_left')).toBe(true);
  });

  it('are told of in the transaction that signs, pays and revises', async () => {
    const id = await budget('signer', { forecastThresholds: [90] });
    const { commitment } = await done('proposeCommitment', { budgetId: id, kind: 'CONTRACT', title: 'c', amount: '95', cadence: 'ONCE', start: '2026-03-21' }, 'commitment { id }');
    const types = (answer: { events: readonly { type: string }[] }) => answer.events.map(({ type }) => type.replace('org.finhub.', '')).filter((type) => type.startsWith('budget.threshold'));
    expect(types(await done('signCommitment', { id: commitment.id }, 'commitment { id }'))).toEqual(['budget.threshold_reached']);
    expect(types(await done('recordPayment', { id: commitment.id, amount: '50' }, 'payment { id }'))).toEqual(['budget.threshold_reached']);
    expect(types(await done('recordPayment', { id: commitment.id, amount: '45' }, 'payment { id }'))).toEqual([]);
    expect(types(await done('reviseBudget', { id, allocated: '1000', reason: 'more' }, 'budget { id }'))).toEqual(['budget.threshold_left', 'budget.threshold_left']);
  });

  it('are told of by a running hub soon after the commit, without any job', async () => {
    const other = await startTestHub(definition, { clock, start: true });
    try {
      const change = (verb: string, input: object, fields: string) => other.change(verb, input, fields, allocator);
      const { budget: made } = await change('draftBudget', { name: 'B', domain: 'prompt', periodStart: '2026-03-01', periodEnd: '2026-04-01', currency: 'USD', allocated: '10', actualThresholds: [50], forecastThresholds: [] }, 'budget { id }');
      await change('activateBudget', { id: made.id }, 'budget { id }');
      await change('recordTokenSpend', { source: 'agent', spend: [{ sourceKey: 'x', provider: 'p', model: 'm', at: '2026-03-10T10:00:00Z', input: 1, output: 1, cost: '6', currency: 'USD', domain: 'prompt' }] }, 'batch { recorded }');
      await until('the threshold is told', async () => (await other.database.sql.query(`SELECT 1 FROM "outbox" WHERE "type" = 'org.finhub.budget.threshold_reached'`)).length === 1);
      await until('the sums are merged', async () => (await other.database.sql.query(`SELECT 1 FROM "SpendSum" WHERE NOT "merged"`)).length === 0);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});
