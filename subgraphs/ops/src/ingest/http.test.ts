import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CloudEvent, HTTP } from 'cloudevents';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@hubgraph/kit/clock';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { createVerifier } from '@hubgraph/kit/identity/verify';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { SECRETS } from '../evidence/secret.fixture.ts';
import { definition } from '../subgraph.ts';

const DIGEST = `sha256:${'b'.repeat(64)}`;
const lines: string[] = [];
let [hub, server, folder, base, operator, viewer] = [undefined as unknown as TestHub, undefined as unknown as Server, '', '', '', ''];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-ingest-'));
  const issuer = await openDevIssuer(join(folder, 'issuer.json'));
  [operator, viewer] = await Promise.all([issuer.sign({ sub: 'pipeline', roles: ['operator'], ttlSeconds: 600 }), issuer.sign({ sub: 'viewer', roles: ['viewer'], ttlSeconds: 600 })]);
  hub = await startTestHub(definition, { verifier: createVerifier({ issuer: issuer.issuer, jwks: issuer.jwks }), env: { HUBGRAPH_OPS_MAX_EVENT_BODY: '65536' }, log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) });
  server = createServer((request, response) => void hub.hub.http!.handle(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await hub.change('registerService', { slug: 'core-hub', name: 'Core hub', domain: 'infotech', owner: 'ops', tier: 'TIER_1' }, 'service { id }', as('maintainer'));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => void (lines.length = 0));

async function post(path: string, body: BodyInit, headers: Record<string, string> = {}, token: string | null = operator) {
  const response = await fetch(`${base}${path}`, { method: 'POST', body, headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever was answered
}
const structured = (event: object) => post('/events', JSON.stringify({ specversion: '1.0', source: '/ci', time: new Date().toISOString(), datacontenttype: 'application/json', ...event }), { 'content-type': 'application/cloudevents+json' });
const observation = { kind: 'SMOKE', environment: 'STAGING', service: 'core-hub', result: 'PASS', releaseDigest: DIGEST, report: { passed: 3 } };
const cd = (kind: string, id: string, subject: object, more: object = {}) => structured({ id, type: `dev.cdevents.${kind}.0.2.0`, data: { context: { version: '0.4.1', id, source: '/ci', type: `dev.cdevents.${kind}.0.2.0`, timestamp: '2026-03-02T09:30:00Z' }, subject: { id: 'x', type: kind.split('.')[0], content: {}, ...subject }, ...more } });
const count = async (table: string) => (await hub.database.sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "${table}"`))[0]!.count;

test('one observation by each of the three modes of CloudEvents, and never twice', async () => {
  const event = new CloudEvent({ id: 'binary-1', source: '/ci', type: 'org.hubgraph.evidence.observed', data: observation });
  const binary = HTTP.binary(event);
  const first = await post('/events', binary.body as string, binary.headers as Record<string, string>);
  expect([first.status, first.body]).toEqual([200, { results: [{ id: 'binary-1', source: '/ci', status: 'recorded' }] }]);
  const again = await post('/events', binary.body as string, binary.headers as Record<string, string>);
  expect(again.body.results).toMatchObject([{ status: 'unchanged' }]);
  expect((await structured({ id: 'structured-1', type: 'org.hubgraph.evidence.observed', data: observation })).body.results).toMatchObject([{ status: 'recorded' }]);
  const batch = ['batch-1', 'batch-2', 'batch-1'].map((id) => ({ specversion: '1.0', id, source: '/ci', type: 'org.hubgraph.evidence.observed', time: '2026-03-02T09:30:00Z', data: observation }));
  const answer = await post('/events', gzipSync(JSON.stringify([...batch, { ...batch[0], id: 'batch-3', data: { ...observation, service: 'nobody' } }])), { 'content-type': 'application/cloudevents-batch+json; charset=utf-8', 'content-encoding': 'gzip' });
  expect([answer.status, answer.body.results.map(({ status }: { status: string }) => status)]).toEqual([207, ['recorded', 'recorded', 'unchanged', 'refused']]);
  expect(answer.body.results[3]).toMatchObject({ id: 'batch-3', code: 'NOT_FOUND', errors: [{ path: ['service'] }] });
  const { evidences } = await hub.ask('{ evidences { nodes { source sourceKey recordedBy } } }');
  expect(evidences.nodes.map(({ sourceKey }: { sourceKey: string }) => sourceKey).sort()).toEqual(['batch-1', 'batch-2', 'binary-1', 'structured-1']);
  expect(evidences.nodes[0]).toMatchObject({ source: '/ci', recordedBy: 'pipeline' });
});

test('CDEvents are deployments, evidence, alerts and environments', async () => {
  const artifactId = `pkg:oci/core-hub@${DIGEST.replace(':', '%3A')}?repository_url=ghcr.io/acme`;
  const deployed = { id: '/services/core-hub', content: { environment: { id: 'production' }, artifactId } };
  expect((await cd('service.deployed', 'd-1', deployed)).body.results).toMatchObject([{ status: 'recorded' }]);
  expect((await cd('service.deployed', 'd-1', deployed)).body.results).toMatchObject([{ status: 'unchanged' }]);
  expect((await cd('service.rolledback', 'd-2', deployed)).body.results).toMatchObject([{ status: 'recorded' }]);
  expect((await cd('service.published', 'd-3', deployed)).body.results).toMatchObject([{ status: 'ignored' }]);
  expect((await cd('environment.created', 'e-1', { id: 'staging', content: { name: 'Staging', uri: 'https://staging.example.org' } })).body.results).toMatchObject([{ status: 'recorded' }]);
  expect((await cd('service.upgraded', 'd-4', { id: 'core-hub', content: { environment: { id: 'staging' }, artifactId } })).body.results).toMatchObject([{ status: 'recorded' }]);
  const { service } = await hub.ask('{ service(slug: "core-hub") { deployments { nodes { environment releaseDigest result } } } }');
  expect(service.deployments.nodes).toHaveLength(3);
  expect(service.deployments.nodes[0]).toMatchObject({ releaseDigest: DIGEST, result: 'SUCCEEDED' });

  const run = (id: string, outcome: string) => cd('testsuiterun.finished', id, { id: 'run-7', content: { environment: { id: 'staging' }, outcome, testSuite: { id: 'smoke' } } }, { customData: { service: 'core-hub', releaseDigest: DIGEST, kind: 'DUAL_RUN' } });
  expect((await run('t-1', 'fail')).body.results).toMatchObject([{ status: 'recorded' }]);
  expect((await run('t-2', 'cancel')).body.results).toMatchObject([{ status: 'ignored' }]);
  expect((await hub.ask('{ evidences(filter: { kinds: [DUAL_RUN] }) { nodes { result environment report } } }')).evidences.nodes).toEqual([{ result: 'FAIL', environment: 'STAGING', report: { runId: 'run-7', checks: [{ code: 'smoke', status: 'fail' }] } }]);

  const incident = (kind: string, id: string) => cd(`incident.${kind}`, id, { id: 'incident-9', content: { environment: { id: 'production' }, service: { id: 'core-hub' }, description: 'Errors above 5 percent\nsince the release' } });
  expect((await incident('detected', 'i-1')).body.results).toMatchObject([{ status: 'recorded' }]);
  expect((await incident('detected', 'i-1')).body.results).toMatchObject([{ status: 'unchanged' }]);
  expect((await incident('reported', 'i-2')).body.results).toMatchObject([{ status: 'recorded' }]);
  const alerts = () => hub.database.sql.query('SELECT "status", "severity", "title", "count", "service", "domain" FROM "Alert"');
  expect(await alerts()).toEqual([{ status: 'RAISED', severity: 'CRITICAL', title: 'Errors above 5 percent', count: 2, service: 'core-hub', domain: 'infotech' }]);
  expect((await incident('resolved', 'i-3')).body.results).toMatchObject([{ status: 'recorded' }]);
  expect(await alerts()).toMatchObject([{ status: 'RESOLVED' }]);
});

test('what is not known or does not fit is refused with the list of what is', async () => {
  const unknown = await structured({ id: 'u-1', type: 'com.example.thing', data: {} });
  expect(unknown.status).toBe(422);
  expect(unknown.body.results).toMatchObject([{ status: 'refused', code: 'UNKNOWN_TYPE', message: expect.stringContaining('dev.cdevents.service.deployed') }]);
  for (const [event, code] of [
    [{ type: 'org.hubgraph.evidence.observed', data: observation }, 'BAD_EVENT'], [{ id: 'x', type: 'dev.cdevents.service.deployed.0.2.0', data: {} }, 'INVALID_INPUT'], [{ id: 'x', specversion: '0.3', type: 'a', data: {} }, 'BAD_EVENT'],
    [{ id: 'x', type: 'org.hubgraph.evidence.observed', data: { ...observation, kind: 'RUMOUR' } }, 'INVALID_INPUT'], [{ id: 'x', type: 'org.hubgraph.evidence.observed', data: { ...observation, report: { note: 1 } } }, 'INVALID_INPUT'],
    [{ id: 'x', type: 'org.hubgraph.evidence.observed', Upper: 1, data: observation }, 'BAD_EVENT'],
  ] as const) {
    const answer = await structured(event);
    expect([answer.status, answer.body.results[0].code]).toEqual([422, code]);
    expect(JSON.stringify(answer.body)).not.toContain('RUMOUR');
  }
});

test('whoever has no token, or not the scope, learns nothing', async () => {
  const body = JSON.stringify({ specversion: '1.0' });
  const type = { 'content-type': 'application/cloudevents+json' };
  const refusals = [await post('/events', body, type, null), await post('/events', body, type, 'x.y.z'), await post('/events', 'not even json', {}, `${operator.slice(0, -4)}AAAA`)];
  expect(refusals.map(({ status, body: said }) => [status, said])).toEqual(refusals.map(() => [401, { code: 'UNAUTHENTICATED', message: 'The bearer token is missing or not valid.' }]));
  expect(await post('/webhooks/alertmanager', body, type, viewer)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN', message: 'This needs the scope ops:write.' } });
  const before = await startTestHub(definition);
  const closed = createServer((request, response) => void before.hub.http!.handle(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const answer = await fetch(`http://127.0.0.1:${(closed.address() as AddressInfo).port}/events`, { method: 'POST', headers: { authorization: `Bearer ${operator}`, ...type }, body });
  expect(answer.status).toBe(401);
  await answer.text();
  closed.closeAllConnections();
  closed.close();
  await before[Symbol.asyncDispose]();
});

test('requests that cannot be read are answered by a code', async () => {
  const type = { 'content-type': 'application/cloudevents+json' };
  const codes = async (...args: Parameters<typeof post>) => ((answer) => [answer.status, answer.body.code])(await post(...args));
  expect(await codes('/events', '{', type)).toEqual([400, 'BAD_JSON']);
  expect(await codes('/events', '[]', { 'content-type': 'application/json' })).toEqual([400, 'BAD_EVENT']);
  expect(await codes('/events', 'x', { 'content-type': 'text/plain' })).toEqual([415, 'UNSUPPORTED_TYPE']);
  expect(await codes('/events', '{}', { ...type, 'content-encoding': 'br' })).toEqual([415, 'UNSUPPORTED_ENCODING']);
  expect(await codes('/events', '{}', { ...type, 'content-encoding': 'gzip' })).toEqual([400, 'BAD_ENCODING']);
  expect(await codes('/events', Buffer.from([0x22, 0xff, 0x22]), type)).toEqual([400, 'BAD_TEXT']);
  expect(await codes('/events', 'x'.repeat(70_000), type)).toEqual([413, 'TOO_LARGE']);
  expect(await codes('/events', gzipSync('x'.repeat(10_000_000)), { ...type, 'content-encoding': 'gzip' })).toEqual([413, 'TOO_LARGE']);
  expect(await codes('/events', JSON.stringify(Array.from({ length: 501 }, () => ({}))), { 'content-type': 'application/cloudevents-batch+json' })).toEqual([413, 'TOO_MANY']);
  expect(await codes('/events', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, { 'content-type': 'application/cloudevents-batch+json' })).toEqual([422, undefined]);
  expect(await codes('/webhooks/other', '{}', type)).toEqual([404, 'NOT_FOUND']);
  expect(await codes('/webhooks/alertmanager', '{}', { 'content-type': 'application/json' })).toEqual([422, 'BAD_PAYLOAD']);
  const get = await fetch(`${base}/events`);
  expect([get.status, get.headers.get('allow'), ((await get.json()) as { code: string }).code]).toEqual([405, 'POST', 'METHOD_NOT_ALLOWED']);
});

test('a body that does not come is not waited for', async () => {
  const { ingestHttp } = await import('./http.ts');
  const quick = ingestHttp({ sql: hub.database.sql, changes: undefined as never, verifier: { verify: async () => as('operator') }, clock: systemClock, log: pino({ level: 'silent' }), largestBody: 1_000, bodyTime: 100 });
  const slow = createServer((request, response) => void quick.handle(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => slow.once('listening', resolve));
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest({ port: (slow.address() as AddressInfo).port, method: 'POST', path: '/events', headers: { authorization: 'Bearer x', 'content-length': '500', 'content-type': 'application/cloudevents+json' } }, (response) => {
      resolve(response.statusCode);
      response.resume();
    });
    request.on('error', reject);
    request.write('{');
  });
  expect(status).toBe(408);
  slow.closeAllConnections();
  slow.close();
});

const firing = (fingerprint: string, more: { labels?: object; annotations?: object; status?: string } = {}) => ({ status: more.status ?? 'firing', labels: { alertname: 'HighErrorRate', service: 'core-hub', severity: 'page', instance: '10.0.0.1:9090', ...more.labels }, annotations: { summary: 'Errors above 5 percent', description: 'For ten minutes.', ...more.annotations }, startsAt: '2026-03-02T09:30:00Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://prometheus/graph', fingerprint });
const alertmanager = (alerts: object[], query = '') => post(`/webhooks/alertmanager${query}`, JSON.stringify({ version: '4', groupKey: '{}:{}', status: 'firing', receiver: 'hubgraph', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://alertmanager', alerts }), { 'content-type': 'application/json' });
const alertOf = async (dedupKey: string) => (await hub.database.sql.query<Record<string, unknown>>('SELECT * FROM "Alert" WHERE "dedupKey" = $1', [dedupKey]))[0];

test('alerts of Alertmanager are raised, counted up and resolved by their fingerprint', async () => {
  expect(await alertmanager([firing('0a1b2c3d4e5f6071'), firing('0a1b2c3d4e5f6072', { labels: { service: 'Not A Slug', severity: 'odd' } })], '?domain=infotech')).toMatchObject({ status: 200, body: { results: [{ status: 'recorded' }, { status: 'recorded' }] } });
  await alertmanager([firing('0a1b2c3d4e5f6071')]);
  expect(await alertOf('alertmanager 0a1b2c3d4e5f6071')).toMatchObject({ status: 'RAISED', severity: 'CRITICAL', title: 'Errors above 5 percent', detail: 'For ten minutes.', count: 2, service: 'core-hub', source: 'alertmanager', labels: { alertname: 'HighErrorRate', instance: '10.0.0.1:9090' } });
  expect(await alertOf('alertmanager 0a1b2c3d4e5f6072')).toMatchObject({ severity: 'WARNING', service: null, domain: 'infotech' });
  expect(await alertmanager([firing('0a1b2c3d4e5f6071', { status: 'resolved' }), firing('ffffffffffffffff', { status: 'resolved' })])).toMatchObject({ status: 200 });
  expect(await alertOf('alertmanager 0a1b2c3d4e5f6071')).toMatchObject({ status: 'RESOLVED', resolvedBy: 'alertmanager' });
  expect((await alertmanager([firing('0a1b2c3d4e5f6073', { labels: { service: '' } })])).body.results).toMatchObject([{ status: 'refused', code: 'INVALID_INPUT' }]);
});

test('an alert is not lost for what is long about it', async () => {
  const long = `a${'💥 '.repeat(3_400)}`;
  expect((await alertmanager([firing('0a1b2c3d4e5f6074', { labels: { instance: long.slice(0, 900), 'any words': 'x' }, annotations: { summary: long, description: long } })])).body.results).toMatchObject([{ status: 'recorded' }]);
  expect(await alertOf('alertmanager 0a1b2c3d4e5f6074')).toMatchObject({ title: long.slice(0, 300).toWellFormed(), detail: long.slice(0, 5_000).toWellFormed() });
});

test('of a storm of logs the worst kinds are raised, and the rest is told as rejected', async () => {
  const before = await count('Alert');
  const logRecords = [...Array.from({ length: 250 }, (_, index) => [13, `slow${index}`] as const), [21, 'storm'] as const].map(([severityNumber, eventName]) => ({ severityNumber, eventName, body: { stringValue: 'many' } }));
  const answer = await post('/webhooks/otel', JSON.stringify({ resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'core-hub' } }] }, scopeLogs: [{ logRecords }] }] }), { 'content-type': 'application/json' });
  expect([answer.status, answer.body]).toEqual([200, { partialSuccess: { rejectedLogRecords: '51', errorMessage: expect.stringContaining('TOO_MANY') } }]);
  expect(await count('Alert')).toBe(before + 200);
  expect(await alertOf('otel core-hub storm')).toMatchObject({ severity: 'CRITICAL' });
}, 60_000);

test('warnings and errors in logs of OpenTelemetry are one alert per kind', async () => {
  const log = (severityNumber: number, text: string, attributes: Record<string, string> = {}) => ({ timeUnixNano: '1', severityNumber, body: { stringValue: text }, attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } })) });
  const send = (logRecords: object[]) => post('/webhooks/otel', JSON.stringify({ resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'core-hub' } }, { key: 'host.name', value: { stringValue: 'h1' } }] }, scopeLogs: [{ logRecords }] }] }), { 'content-type': 'application/json' });
  const before = await count('Alert');
  const answer = await send([log(9, 'fine'), log(17, 'order 17 failed after 3 s'), log(17, 'order 99 failed after 12 s'), log(21, 'boom', { 'exception.type': 'java.lang.OutOfMemoryError', 'db.statement': 'SELECT 1' }), log(13, 'slow')]);
  expect([answer.status, answer.body]).toEqual([200, {}]);
  expect(await count('Alert')).toBe(before + 3);
  expect(await alertOf('otel core-hub java.lang.OutOfMemoryError')).toMatchObject({ severity: 'CRITICAL', title: 'boom', service: 'core-hub', labels: { 'service.name': 'core-hub', 'exception.type': 'java.lang.OutOfMemoryError' } });
  const secret = SECRETS[0]![1];
  const refused = await send([log(17, `cannot use ${secret}`), log(17, `cannot use ${secret}`), log(17, 'another matter')]);
  expect([refused.status, refused.body.partialSuccess.rejectedLogRecords]).toEqual([200, '2']);
  expect(JSON.stringify(refused.body)).not.toContain(secret);
});

test('no secret passes by any door, and no body is in the log', async () => {
  const before = [await count('Evidence'), await count('Deployment'), await count('Alert')];
  for (const [name, value] of SECRETS) {
    const secret = value.replaceAll('\n', '');
    const answers = [
      await structured({ id: 's-1', type: 'org.hubgraph.evidence.observed', data: { ...observation, report: { ids: [secret] } } }),
      await structured({ id: secret, type: 'org.hubgraph.evidence.observed', data: observation }),
      await alertmanager([firing('0a1b2c3d4e5f6099', { annotations: { description: `look: ${secret}` } }), firing('0a1b2c3d4e5f6098', { labels: { note: secret } })]),
    ];
    expect([name, answers.map(({ status }) => status)]).toEqual([name, [422, 422, 422]]);
    expect([name, JSON.stringify(answers.map(({ body }) => body)).includes(JSON.stringify(secret).slice(1, -1))]).toEqual([name, false]);
  }
  expect([await count('Evidence'), await count('Deployment'), await count('Alert')]).toEqual(before);
  const log = lines.join('\n');
  expect(log).toContain('"path":"/events"');
  expect(SECRETS.filter(([, secret]) => log.includes(JSON.stringify(secret).slice(1, -1))).map(([name]) => name)).toEqual([]);
  expect(log).not.toMatch(/HighErrorRate|core-hub/);
}, 60_000);
