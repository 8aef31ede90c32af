import { afterAll, beforeAll, expect, test } from 'vitest';
import { pino } from 'pino';
import type { Clock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { SECRETS } from '../evidence/secret.fixture.ts';
import { EVIDENCE_KINDS } from '../model.ts';
import { definition } from '../subgraph.ts';

const NOW = new Date('2026-03-02T09:30:00.000Z');
const clock: Clock = { now: () => NOW };
const operator = as('operator');
const FIELDS = 'batch { recorded unchanged evidence { id kind environment result service { slug } workstream { code } domain { slug } migrationRun releaseDigest observedAt recordedAt recordedBy source sourceKey report } }';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const lines: string[] = [];

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition, { clock, log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) });
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', owner: 'ops', tier: 'TIER_1' }, 'service { id }', as('maintainer'));
});
afterAll(() => hub[Symbol.asyncDispose]());

const smoke = (sourceKey: string, more: object = {}) => ({ kind: 'SMOKE', environment: 'STAGING', service: 'core-hub', result: 'PASS', observedAt: '2026-03-02T09:00:00Z', source: 'ci/smoke', sourceKey, releaseDigest: DIGEST, report: { routes: [{ route: '/health', status: 200 }], passed: 12 }, ...more });
const record = (...evidence: object[]) => hub.change('recordEvidence', { evidence }, FIELDS, operator);
const rows = async () => (await hub.database.sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Evidence"`))[0]!.count;

test('a batch is recorded with what the registry knows, and told once', async () => {
  const answer = await record(smoke('first', { workstream: 'CUST-WP-0025', migrationRun: 'MIG-1' }), smoke('second', { service: null, domain: 'elsewhere', environment: 'LOCAL', result: 'FAIL', report: null }));
  expect(answer).toMatchObject({ errors: [], events: [{ type: 'org.opshub.evidence.recorded' }, { type: 'org.opshub.evidence.recorded' }], batch: { recorded: 2, unchanged: 0 } });
  expect(answer.batch.evidence).toMatchObject([
    { kind: 'SMOKE', environment: 'STAGING', result: 'PASS', service: { slug: 'core-hub' }, workstream: { code: 'CUST-WP-0025' }, domain: { slug: 'infotech' }, migrationRun: 'MIG-1', releaseDigest: DIGEST, observedAt: '2026-03-02T09:00:00.000Z', recordedAt: NOW.toISOString(), recordedBy: 'operator', report: { routes: [{ route: '/health', status: 200 }], passed: 12 } },
    { environment: 'LOCAL', result: 'FAIL', service: null, domain: { slug: 'elsewhere' }, report: {} },
  ]);
  const again = await record(smoke('first', { workstream: 'CUST-WP-0025', migrationRun: 'MIG-1', report: { passed: 12, routes: [{ status: 200, route: '/health' }] } }), smoke('third'), smoke('third'));
  expect(again).toMatchObject({ errors: [], batch: { recorded: 1, unchanged: 2 } });
  expect(again.events).toHaveLength(1);
  expect(again.batch.evidence[0].id).toBe(answer.batch.evidence[0].id);
});

test('all or nothing, with every reason at once and no value in any', async () => {
  const before = await rows();
  const { errors, batch } = await record(
    smoke('first', { result: 'FAIL' }), smoke('new-1'), smoke('new-1', { result: 'FAIL' }), smoke('new-2', { service: 'nobody' }), smoke('new-3', { observedAt: '2026-03-02T09:36:00Z' }),
    smoke('new 4', { workstream: 'what a sentence', releaseDigest: 'v1' }), smoke('new-5', { report: { passed: -1, notes: 'free text of somebody', routes: [{ route: '/users?email=me@example.org' }] } }), smoke('new-6', { report: 'text' }),
  );
  expect(batch).toBeNull();
  expect(errors.map(({ path, code }) => `${path.slice(2).join('.')} ${code}`).sort()).toEqual([
    '0.sourceKey INVALID_INPUT', '2.sourceKey INVALID_INPUT', '3.service NOT_FOUND', '4.observedAt INVALID_INPUT', '5.releaseDigest INVALID_INPUT', '5.sourceKey INVALID_INPUT', '5.workstream INVALID_INPUT',
    '6.report.notes INVALID_INPUT', '6.report.passed INVALID_INPUT', '6.report.routes.0.route INVALID_INPUT', '7.report INVALID_INPUT',
  ]);
  expect(JSON.stringify(errors)).not.toMatch(/sentence|free text|me@|nobody|"v1"/);
  expect(await rows()).toBe(before);
  expect((await record()).errors).toMatchObject([{ path: ['input', 'evidence'] }]);
  expect((await record(...Array.from({ length: 1_001 }, (_, index) => smoke(`many-${index}`)))).errors).toMatchObject([{ path: ['input', 'evidence'] }]);
});

test('what is refused is nowhere: not in the answer, the log, an event or the database', async () => {
  const before = await rows();
  for (const [name, secret] of SECRETS) {
    const oneLine = secret.replaceAll('\n', '');
    const places: readonly object[] = [{ report: { ids: [oneLine] } }, { report: { [oneLine]: 1 } }, { report: { checks: [{ code: 'a', status: oneLine }] } }, { report: { keyPrefixes: [oneLine] } }, { source: oneLine }, { sourceKey: oneLine }, { service: oneLine }, { releaseDigest: oneLine }, { migrationRun: oneLine }];
    const answer = await hub.change('recordEvidence', { evidence: places.map((place, index) => smoke(`s-${index}`, place)), idempotencyKey: `try ${name}` }, FIELDS, operator);
    expect([name, new Set(answer.errors.map(({ path }) => path[2])).size]).toEqual([name, places.length]);
    expect(JSON.stringify(answer).includes(oneLine)).toBe(false);
  }
  expect(await rows()).toBe(before);
  const kept = `${JSON.stringify(await everything())}\n${lines.join('\n')}`;
  expect(kept).toContain('core-hub');
  expect(SECRETS.filter(([, secret]) => kept.includes(secret.replaceAll('\n', ''))).map(([name]) => name)).toEqual([]);
}, 60_000);

/** Every row of every table. */
async function everything(): Promise<unknown[]> {
  const tables = await hub.database.sql.query<{ name: string }>(`SELECT c.relname AS "name" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = $1`, [hub.database.schema]);
  return Promise.all(tables.map(({ name }) => hub.database.sql.query(`SELECT t::text FROM "${name}" t`)));
}

test('a thousand are recorded in one transaction within a second or so, by a handful of statements', async () => {
  hub.counted();
  const from = performance.now();
  const { batch, events, errors } = await hub.change('recordEvidence', { evidence: Array.from({ length: 1_000 }, (_, index) => smoke(`batch-${index}`, { kind: EVIDENCE_KINDS[index % EVIDENCE_KINDS.length], report: { passed: index } })) }, 'batch { recorded }', operator);
  expect([errors, batch.recorded, events.length]).toEqual([[], 1_000, 1_000]);
  expect(performance.now() - from).toBeLessThan(5_000);
  const [{ count }] = (await hub.database.sql.query<{ count: number }>(`SELECT count(DISTINCT xmin::text)::int AS "count" FROM "Evidence" WHERE "sourceKey" LIKE 'batch-%'`)) as [{ count: number }];
  expect(count).toBe(1);
}, 30_000);

test('the same batch from many at once is recorded once, and other content under its keys is refused', async () => {
  const batch = Array.from({ length: 100 }, (_, index) => smoke(`race-${index}`));
  const answers = await Promise.all(Array.from({ length: 8 }, (_, turn) => record(...(turn % 2 === 0 ? batch : batch.toReversed()))));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect(answers.reduce((sum, { batch: { recorded } }) => sum + recorded, 0)).toBe(100);
  const clash = await Promise.all([record(smoke('clash', { result: 'PASS' })), record(smoke('clash', { result: 'FAIL' }))]);
  expect(clash.map(({ errors }) => errors.length).sort()).toEqual([0, 1]);
});

test('a dry run keeps nothing, and only who may writes', async () => {
  const { batch, events } = await hub.change('recordEvidence', { evidence: [smoke('dry')], dryRun: true }, 'batch { recorded }', operator);
  expect([batch.recorded, events]).toEqual([1, []]);
  expect(await hub.database.sql.query(`SELECT 1 FROM "Evidence" WHERE "sourceKey" = 'dry'`)).toEqual([]);
  await expect(hub.change('recordEvidence', { evidence: [smoke('dry')] }, 'batch { recorded }', as('viewer'))).rejects.toThrow('ops:write');
});

test('evidence is listed at the top and below services and workstreams, in one statement each', async () => {
  const { evidences, evidence } = await hub.ask(`{ evidences(filter: { results: [FAIL], environments: [LOCAL] }) { totalCount nodes { id result } } evidence(id: "nothing") { id } }`);
  expect([evidences.totalCount, evidences.nodes[0].result, evidence]).toEqual([1, 'FAIL', null]);
  hub.counted();
  const { _entities } = await hub.ask(`{ _entities(representations: [{ __typename: "Workstream", code: "CUST-WP-0025" }, { __typename: "Workstream", code: "CUST-WP-0026" }]) { ... on Workstream { evidence(first: 5) { nodes { sourceKey } } } } }`);
  expect(_entities).toEqual([{ evidence: { nodes: [{ sourceKey: 'first' }] } }, { evidence: { nodes: [] } }]);
  expect(hub.counted().filter((text) => text.includes('"Evidence"'))).toHaveLength(1);
  const { service } = await hub.ask(`{ service(slug: "core-hub") { evidence(first: 2, filter: { kinds: [SMOKE] }) { nodes { kind } pageInfo { hasNextPage } } } }`);
  expect(service.evidence).toMatchObject({ nodes: [{ kind: 'SMOKE' }, { kind: 'SMOKE' }], pageInfo: { hasNextPage: true } });
  const found = await hub.ask(`query ($id: ID!) { evidence(id: $id) { id } }`, { id: evidences.nodes[0].id });
  expect(found.evidence.id).toBe(evidences.nodes[0].id);
});
