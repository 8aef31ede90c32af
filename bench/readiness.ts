import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'graphql';
import { systemClock } from '@hubgraph/kit/clock';
import { identityOf } from '@hubgraph/kit/identity';
import { silentLog } from '@hubgraph/kit/log';
import type { Sql } from '@hubgraph/kit/sql';
import { definition } from '@hubgraph/ops';
import { startPostgres } from '../scripts/embedded/postgres.ts';
import { evidences, type RequirementAsk } from '../subgraphs/ops/src/store/evidence.ts';
import { makeDatabase } from '../test/harness/postgres-pool.ts';

// How long the readiness of a domain takes over a large number of observations, with the product's own PostgreSQL: the one
// statement that gates ask the evidence by, and the whole query as a client asks it (through the hub, without the gateway).
//
//   node bench/readiness.ts [--rows 1000000] [--services 200] [--gates 4] [--runs 200] [--explain] [--json]

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, services: { type: 'string', default: '200' }, gates: { type: 'string', default: '4' }, runs: { type: 'string', default: '200' }, explain: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } });
const [rows, services, gates, runs] = [Number(values.rows), Number(values.services), Number(values.gates), Number(values.runs)];
/** Ten services each; one of them, the busy one, has a tenth of all rows under one kind and environment. */
const domains = Math.max(1, Math.round(services / 10));
const identity = identityOf({ sub: 'bench', roles: ['maintainer'] });
/** The hub's own part of what an operator asks first; repos, workstreams and their tasks are other hubs'. */
const READINESS = parse(
  `query ($domain: String, $service: String!) {
    readiness(domain: $domain) { ready gates { code status requirements { kind met evidence { id environment observedAt } missing } } openAlerts { severity subject { __typename ... on Service { slug } } workstream { code } } actionRequired { who what since } }
    service(slug: $service) { repo { slug } domain { slug } deployments(first: 3) { nodes { environment releaseDigest result } } openAlerts { nodes { severity title } } }
  }`,
  { noLocation: true },
);
const DEFINE = parse('mutation ($input: DefineGateInput!) { defineGate(input: $input) { gate { id } errors { message path } } }', { noLocation: true });

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-bench-'));
const postgres = await startPostgres({ dir: join(folder, 'postgres'), password: 'bench', log: join(folder, 'postgres.log') });
const database = await makeDatabase(postgres.url(), definition.manifest.name);
let statements = 0;
const hub = await definition.create({ databaseUrl: database.url, cursorKeys: ['x'.repeat(32)], clock: systemClock, log: silentLog(), env: {}, observeSql: () => void (statements += 1) });
try {
  const filled = performance.now();
  await fill(database.sql);
  const fillSeconds = Math.round((performance.now() - filled) / 100) / 10;
  const asks = asksOf(0);
  if (values.explain) console.log(await explained(database.sql, asks));
  const statement = await measured((run) => evidences.forRequirements(database.sql, asksOf(run % domains)));
  if (!values.json) console.log({ asksPerDomain: asks.length, fillSeconds, statementMs: statement });
  const codes = await defineGates();
  const readiness = codes === 0 ? null : await measured(async (run) => {
    statements = 0;
    const result = await hub.execute({ document: READINESS, variables: { domain: `domain-${run % domains}`, service: `service-${run % domains}` }, identity });
    if (result.errors) throw new AggregateError(result.errors, result.errors[0]?.message);
  });
  const report = { rows, services, domains, gatesPerService: gates, asksPerDomain: asks.length, fillSeconds, statementMs: statement, readinessMs: readiness, readinessStatements: statements };
  console.log(values.json ? JSON.stringify(report) : report);
} finally {
  await hub.stop();
  await database.drop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Services, deployments and observations of the last hundred days. One in twenty fails; one in ten is LOCAL. */
async function fill(sql: Sql): Promise<void> {
  await sql.query(`INSERT INTO "Service" ("id", "slug", "name", "domain", "owner", "tier", "createdAt", "updatedAt") SELECT gen_random_uuid(), 'service-' || n, 'Service ' || n, 'domain-' || n % $2, 'bench', 'TIER_2', now(), now() FROM generate_series(0, $1::int - 1) n`, [services, domains]);
  await sql.query(`INSERT INTO "Deployment" ("id", "service", "environment", "releaseDigest", "startedAt", "finishedAt", "result", "actor", "source", "sourceKey", "domain", "createdAt", "updatedAt")
    SELECT gen_random_uuid(), 'service-' || n, 'PRODUCTION', 'sha256:' || repeat('9', 64), now() - interval '1 day', now() - interval '1 day', 'SUCCEEDED', 'bench', 'bench', 'deployment-' || n, 'domain-' || n % $2, now(), now() FROM generate_series(0, $1::int - 1) n`, [services, domains]);
  await sql.query(
    `INSERT INTO "Evidence" ("id", "kind", "environment", "service", "workstream", "domain", "releaseDigest", "result", "observedAt", "recordedAt", "recordedBy", "source", "sourceKey", "report")
     SELECT gen_random_uuid(), CASE WHEN n % 10 = 0 THEN 'SMOKE' ELSE ('{SMOKE,PROBE,DUAL_RUN,IMPORT,BUNDLE_VALIDATION,READINESS_REPORT,ROLLBACK_REHEARSAL,BACKUP_RESTORE}'::text[])[1 + hash % 8] END,
       CASE WHEN n % 10 = 0 THEN 'STAGING' ELSE ('{LOCAL,STAGING,STAGING,STAGING,STAGING,PRODUCTION,PRODUCTION,PRODUCTION,PRODUCTION,PRODUCTION}'::text[])[1 + hash / 8 % 10] END,
       'service-' || s, CASE WHEN n % 4 = 0 THEN 'BENCH-WP-' || lpad((s % 50)::text, 4, '0') END, 'domain-' || s % $3,
       'sha256:' || repeat((n * 9 / $1::int)::text, 64), CASE WHEN hash % 20 = 7 THEN 'FAIL' ELSE 'PASS' END, t, t, 'bench', 'bench', 'row-' || n, '{"passed": 12, "failed": 0, "routes": [{"route": "/health/ready", "status": 200}]}'
     FROM (SELECT n, abs(hashint4(n)) AS hash, CASE WHEN n % 10 = 0 THEN 0 ELSE abs(hashint4(n + 7)) % $2 END AS s, now() - interval '100 days' * (1 - n::float / $1::int) AS t FROM generate_series(1, $1::int) n) r`,
    [rows, services, domains],
  );
  // as autovacuum does a while after such a load: reads then need the index alone
  await sql.query('VACUUM (ANALYZE) "Evidence"');
  await sql.query(
    `INSERT INTO "Alert" ("id", "dedupKey", "status", "severity", "severityRank", "title", "subject", "service", "domain", "source", "labels", "firstAt", "lastAt", "waitsSince", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), 'alert-' || n, CASE WHEN n % 2 = 0 THEN 'RESOLVED' ELSE 'RAISED' END, ('{INFO,WARNING,ERROR,CRITICAL}'::text[])[1 + n / 2 % 4], n / 2 % 4, 'Alert ' || n, 'SERVICE', 'service-' || n % $1, 'domain-' || n % $1 % $2, 'bench', '{}', now(), now(), now(), now(), now() FROM generate_series(1, $1::int * 10) n`,
    [services, domains],
  );
  await sql.query('ANALYZE');
}

/** What the gates of one domain ask: of every service four requirements a gate, some of a release that was never observed. */
function asksOf(domain: number): RequirementAsk[] {
  const since = new Date(Date.now() - 30 * 86_400_000);
  return Array.from({ length: services }, (_, service) => service).filter((service) => service % domains === domain).flatMap((service) =>
    Array.from({ length: gates }, (_, gate) => (['SMOKE', 'PROBE', 'DUAL_RUN', 'BACKUP_RESTORE'] as const).map((kind, index): RequirementAsk => ({
      key: `${service} ${gate} ${kind}`, scope: 'service', of: `service-${service}`, kind, environment: gate % 2 === 0 ? 'STAGING' : 'PRODUCTION',
      since: index === 3 ? null : since, releaseDigest: gate === 1 ? `sha256:${'f'.repeat(64)}` : gate === 2 ? `sha256:${'8'.repeat(64)}` : null, take: 20,
    }))).flat(),
  );
}

/** Gates over every service, where this version has the command for it; how many. */
async function defineGates(): Promise<number> {
  let made = 0;
  for (let service = 0; service < services; service++) {
    for (let gate = 0; gate < gates; gate++) {
      const requirements = (['SMOKE', 'PROBE', 'DUAL_RUN'] as const).map((kind, index) => ({ key: kind.toLowerCase(), kind, environments: gate % 2 === 0 ? ['STAGING'] : ['STAGING', 'PRODUCTION'], freshnessHours: index === 2 ? null : 720, minimum: 1 + index, sameRelease: gate === 1 }));
      const result = await hub.execute({ document: DEFINE, variables: { input: { code: `SERVICE-${service}-GATE-${gate}`, title: `Gate ${gate}`, domain: `domain-${service % domains}`, service: `service-${service}`, owner: 'bench', requirements } }, identity });
      const answer = result.data?.defineGate as { errors: { message: string }[] } | undefined;
      if (result.errors || answer === undefined || answer.errors.length > 0) throw new Error(`defineGate: ${result.errors?.[0]?.message ?? answer?.errors[0]?.message}`);
      made += 1;
    }
  }
  return made;
}

async function measured(run: (index: number) => Promise<unknown>): Promise<{ p50: number; p95: number; max: number; cpu: number }> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let index = 0; index < runs; index++) {
    const from = performance.now();
    await run(index);
    times.push(performance.now() - from);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10;
  // What this process computed itself, each time: says more than the clock while others keep the machine busy.
  return { p50: at(0.5), p95: at(0.95), max: at(1), cpu: Math.round((user + system) / runs / 100) / 10 };
}

async function explained(sql: Sql, asks: readonly RequirementAsk[]): Promise<string> {
  let text = '';
  await evidences.forRequirements({ query: async (statement, params) => ((text = (await sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, BUFFERS) ${statement}`, params)).map((row) => row['QUERY PLAN']).join('\n')), []) }, asks);
  return text;
}
