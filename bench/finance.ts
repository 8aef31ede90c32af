import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, type DocumentNode } from 'graphql';
import { createChanges } from '@hubgraph/kit/change';
import { heldClock } from '@hubgraph/kit/clock';
import { identityOf } from '@hubgraph/kit/identity';
import { silentLog } from '@hubgraph/kit/log';
import { definition } from '@hubgraph/finance';
import { startPostgres } from '../scripts/embedded/postgres.ts';
import { settleSpend } from '../subgraphs/finance/src/commands/rollup.ts';
import { events } from '../subgraphs/finance/src/events.ts';
import { openDatabase } from '../subgraphs/finance/src/store/index.ts';
import { rollup } from '../subgraphs/finance/src/store/rollup.ts';
import { makeDatabase } from '../test/harness/postgres-pool.ts';

// How long the money questions take over a large number of charges, with the product's own PostgreSQL: through the hub, without
// the gateway. The floor is one hand-written statement of the same sums over the same table.
//
//   node bench/finance.ts [--rows 1000000] [--runs 200] [--json]

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '200' }, json: { type: 'boolean', default: false } } });
const [rows, runs] = [Number(values.rows), Number(values.runs)];
const TODAY = '2024-09-20T12:00:00Z';
const [DOMAINS, SERVICES, WORKSTREAMS, SIGNERS] = [20, 100, 200, 200];
const identity = identityOf({ sub: 'bench', roles: ['allocator'] });
const clock = heldClock(TODAY);
const query = (text: string) => parse(text, { noLocation: true });

const RUNWAY = 'runway { monthsRemaining { low expected high } threshold status assumptions }';
const BUDGETS = 'budgets(first: 3) { nodes { period { start end } allocated { amount currency } committed { amount } spent { amount } available { amount } status } }';
const BURN = 'burnRate(period: MONTH) { actual { amount } projected { amount } }';
const COST = 'cost(period: { month: "2024-09" }) { total { amount currency } byProvider { provider amount { amount } } unallocated { amount } }';
const TOKENS = 'tokenSpend(period: MONTH) { tokens { input cachedInput cacheWrite output } cost { amount currency } byModel { model cost { amount } } }';
const of = (...selections: string[]) => query(`query ($r: [_Any!]!) { _entities(representations: $r) { ${selections.join(' ')} } }`);
const ASKED: Readonly<Record<string, DocumentNode>> = {
  runway: of(`... on Domain { ${RUNWAY} }`),
  budgets: of(`... on Domain { ${BUDGETS} }`),
  burnRate: of(`... on Domain { ${BURN} }`),
  serviceCost: of(`... on Service { ${COST} }`),
  money: of(`... on Domain { ${RUNWAY} ${BUDGETS} ${BURN} }`, `... on Service { ${COST} }`, `... on Workstream { ${TOKENS} }`),
};
const representations = (run: number) => ({
  domain: { __typename: 'Domain', slug: `domain-${run % DOMAINS}` }, service: { __typename: 'Service', slug: `service-${run % SERVICES}` }, workstream: { __typename: 'Workstream', code: `W-${run % WORKSTREAMS}` },
});

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-bench-'));
const postgres = await startPostgres({ dir: join(folder, 'postgres'), password: 'bench', log: join(folder, 'postgres.log') });
const database = await makeDatabase(postgres.url(), definition.manifest.name);
const store = openDatabase(database.url, 2);
let statements = 0;
const hub = await definition.create({ databaseUrl: database.url, cursorKeys: ['x'.repeat(32)], clock, log: silentLog(), env: {}, observeSql: () => void (statements += 1) });
try {
  const filled = performance.now();
  await fill();
  const fillSeconds = seconds(filled);
  const fresh = (await database.sql.query<{ n: number }>(`SELECT count(*)::int AS n FROM "SpendSum"`))[0]!.n;
  const deps = { sql: store.sql, clock, log: silentLog(), changes: createChanges({ transactor: store.transactor, catalogue: events, clock, committed: () => {} }) };
  const [budgetIds, commitmentIds] = await budgets();
  const unmerged = await measured(ASKED.budgets!, ({ domain }) => [domain], Math.min(runs, 20));
  const merging = performance.now();
  await settleSpend(deps, new AbortController().signal);
  const mergeSeconds = seconds(merging);
  await database.sql.query('VACUUM ANALYZE');
  const sums = (await database.sql.query<{ n: number }>(`SELECT count(*)::int AS n FROM "SpendSum"`))[0]!.n;
  const counting = performance.now();
  const differences = await rollup.differences(store.sql);
  const recountSeconds = seconds(counting);
  const report = {
    rows, fillSeconds, sumsWritten: fresh, sums, mergeSeconds, recountSeconds, differences: differences.length,
    floorMs: await floor(),
    budgetsBeforeMerge: unmerged,
    runway: await measured(ASKED.runway!, ({ domain }) => [domain]),
    budgets: await measured(ASKED.budgets!, ({ domain }) => [domain]),
    burnRate: await measured(ASKED.burnRate!, ({ domain }) => [domain]),
    serviceCost: await measured(ASKED.serviceCost!, ({ service }) => [service]),
    money: await measured(ASKED.money!, ({ domain, service, workstream }) => [domain, service, workstream]),
    signing: await signing(commitmentIds.slice(0, 100)),
    signingAtOnce: await atOnce(commitmentIds.slice(100)),
    committed: (await change('budget', `query { budget(id: "${budgetIds[0]}") { committed { amount } available { amount } } }`, {})),
  };
  console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, null, 1));
} finally {
  await hub.stop();
  await store.close();
  await database.drop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}

function spread(times: number[]): { p50: number; p95: number } {
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]! * 100) / 100;
  return { p50: at(0.5), p95: at(0.95) };
}

/** A year of charges until today in the order of days, of 20 domains, 100 services at a provider each, 7 providers and 2 currencies; and a tenth as many uses of models. */
async function fill(): Promise<void> {
  const part = 20_000;
  for (let from = 0; from < rows; from += part) {
    await database.sql.query(
      `WITH r AS (
         SELECT i, gen_random_uuid() AS id, date '2023-09-26' + (i * 360 / $3::bigint)::int AS day, (i * 7919 % 100000)::numeric / 100000 AS cost, 'provider-' || i % ${SERVICES} % 7 AS provider, CASE WHEN i % ${SERVICES} % 7 = 6 THEN 'EUR' ELSE 'USD' END AS currency
         FROM generate_series($1::bigint, $2::bigint) i
       ), written AS (
         INSERT INTO "CostRow" ("id", "source", "rowKey", "contentHash", "current", "importId", "month", "billedCost", "effectiveCost", "billingCurrency", "billingPeriodStart", "billingPeriodEnd", "chargePeriodStart", "chargePeriodEnd", "day", "chargeCategory", "providerName", "serviceName", "tags", "more")
         SELECT id, 'bench', 'k' || i, 'h', true, '00000000-0000-0000-0000-000000000000', to_char(day, 'YYYY-MM'), cost, cost, currency, date_trunc('month', day), date_trunc('month', day) + interval '1 month', day, day + 1, day, 'Usage', provider, 'EC2', '{}', '{}' FROM r
       )
       INSERT INTO "Allocation" ("rowId", "part", "domain", "service", "ratio", "billedCost", "effectiveCost", "month", "day", "providerName", "currency")
       SELECT id, 0, CASE WHEN i % 50 <> 0 THEN 'domain-' || i % ${DOMAINS} END, CASE WHEN i % 50 <> 0 THEN 'service-' || i % ${SERVICES} END, 1, cost, cost, to_char(day, 'YYYY-MM'), day, provider, currency FROM r`,
      [from, Math.min(from + part, rows) - 1, rows],
    );
  }
  await database.sql.query(
    `INSERT INTO "TokenSpend" ("id", "provider", "model", "at", "input", "cachedInput", "cacheWrite", "output", "cost", "currency", "domain", "workstream", "source", "sourceKey", "contentHash", "current", "month", "recordedBy", "recordedAt")
     SELECT gen_random_uuid(), 'Anthropic', 'model-' || i % 4, timestamptz '2024-09-20 10:00Z' - (i % 360) * interval '1 day', 10, 20, 5, 7, 0.001, 'USD', 'domain-' || i % ${DOMAINS}, 'W-' || i % ${WORKSTREAMS}, 'bench', 'k' || i, 'h', true, to_char(timestamptz '2024-09-20 10:00Z' - (i % 360) * interval '1 day', 'YYYY-MM'), 'bench', now()
     FROM generate_series(1, $1::bigint) i`,
    [Math.round(rows / 10)],
  );
}

async function change(answer: string, text: string, variables: Record<string, unknown>): Promise<Record<string, any>> { // eslint-disable-line @typescript-eslint/no-explicit-any -- a benchmark reads what it asked for
  const result = await hub.execute({ document: query(text), variables, identity });
  if (result.errors) throw new AggregateError(result.errors, result.errors[0]?.message);
  return (result.data as Record<string, Record<string, unknown>>)[answer]!;
}

function mutation(verb: string, input: object, fields: string): ReturnType<typeof change> {
  return change('answer', `mutation ($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { answer: ${verb}(input: $input) { ${fields} errors { code message } } }`, { input });
}

/** A budget of the year, an account, a policy and rates for every domain; commitments of the first, to be signed. */
async function budgets(): Promise<[string[], string[]]> {
  await mutation('recordExchangeRates', { rates: ['2023-09-01', '2024-01-01', '2024-06-01'].map((day, index) => ({ from: 'EUR', to: 'USD', day, rate: `1.0${index + 5}`, source: 'bench' })) }, 'rates { id }');
  const ids: string[] = [];
  for (let index = 0; index < DOMAINS; index++) {
    const domain = `domain-${index}`;
    const { budget } = await mutation('draftBudget', { name: domain, domain, periodStart: '2024-01-01', periodEnd: '2025-01-01', currency: 'USD', allocated: '1000000' }, 'budget { id }');
    await mutation('activateBudget', { id: budget.id }, 'budget { id }');
    await mutation('registerAccount', { slug: domain, domain, currency: 'USD' }, 'account { id }');
    await mutation('recordBalance', { account: domain, day: '2024-09-19', amount: '100000', source: 'bench' }, 'account { id }');
    await mutation('setRunwayPolicy', { domain, currency: 'USD', threshold: '3' }, 'runway { status }');
    ids.push(budget.id);
  }
  const commitmentIds: string[] = [];
  for (let index = 0; index < 100 + SIGNERS; index++) {
    const { commitment } = await mutation('proposeCommitment', { budgetId: ids[0], kind: 'CONTRACT', title: `c ${index}`, amount: index < 100 ? '1' : '5000', cadence: 'ONCE', start: '2024-10-01' }, 'commitment { id }');
    commitmentIds.push(commitment.id);
  }
  return [ids, commitmentIds];
}

async function measured(document: DocumentNode, asked: (one: ReturnType<typeof representations>) => object[], times = runs): Promise<object> {
  const took: number[] = [];
  let before = 0;
  for (let run = -5; run < times; run++) {
    before = statements;
    const from = performance.now();
    const result = await hub.execute({ document, variables: { r: asked(representations(run + 5)) }, identity });
    const milliseconds = performance.now() - from;
    if (result.errors) throw new AggregateError(result.errors, result.errors[0]?.message);
    if (run >= 0) took.push(milliseconds);
  }
  return { ...spread(took), statements: statements - before };
}

/** What the sums of burn rate, runway and a budget cost when one statement asks for all of them, by a client that waits for it. */
async function floor(): Promise<object> {
  const text = `SELECT sum("billedCost") FILTER (WHERE "month" = '2024-09')::text AS burn, sum("billedCost") FILTER (WHERE "month" IN ('2024-06', '2024-07', '2024-08'))::text AS runway, sum("billedCost") FILTER (WHERE "month" >= '2024-01')::text AS spent, sum("billedCost") FILTER (WHERE "day" >= '2024-08-23')::text AS trailing
    FROM "SpendSum" WHERE "noun" = 'DOMAIN' AND "name" = $1 AND "month" >= '2024-01'`;
  const took: number[] = [];
  for (let run = -5; run < runs; run++) {
    const from = performance.now();
    await store.sql.query(text, [`domain-${(run + 5) % DOMAINS}`]);
    if (run >= 0) took.push(performance.now() - from);
  }
  return spread(took);
}

async function signing(ids: readonly string[]): Promise<object> {
  const took: number[] = [];
  let before = 0;
  for (const id of ids) {
    before = statements;
    const from = performance.now();
    const { errors } = await mutation('signCommitment', { id }, 'commitment { status }');
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    took.push(performance.now() - from);
  }
  return { ...spread(took), statements: statements - before };
}

/** All at once against one budget, which has room for some of them. */
async function atOnce(ids: readonly string[]): Promise<object> {
  const from = performance.now();
  const answers = await Promise.all(ids.map((id) => mutation('signCommitment', { id }, 'commitment { status }')));
  const refused = answers.filter(({ errors }) => errors.length > 0).length;
  return { callers: ids.length, signed: ids.length - refused, refused, seconds: seconds(from) };
}
