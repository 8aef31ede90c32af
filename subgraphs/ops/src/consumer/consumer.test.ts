import { newId } from '@hubgraph/kit/ids';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../../test/harness/event-publisher.ts';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { startNats, type TestNats } from '../../../../test/harness/nats.ts';
import { until } from '../../../../test/harness/until.ts';
import { definition } from '../subgraph.ts';

let nats: TestNats;
let publisher: EventPublisher;
let hub: TestHub;
const hubs = { governance: 'statehub', contributions: 'contribhub', artifacts: 'artifactstore', finance: 'finhub' };

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, hubs);
});
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});
beforeEach(async () => {
  for (const name of Object.keys(hubs)) await publisher.createStream(name);
  hub = await startTestHub(definition, { natsUrl: nats.url, start: true });
  onTestFinished(async () => {
    await hub[Symbol.asyncDispose]();
    for (const name of Object.keys(hubs)) await publisher.deleteStream(name);
  });
});

const alerts = async (): Promise<Record<string, { status: string; severity: string; count: number; title: string; source: string; workstream: { code: string } | null; repo: { slug: string } | null; domain: { slug: string } | null; service: { slug: string } | null }>> => {
  const data = await hub.ask('{ alerts(first: 200) { nodes { dedupKey status severity count title source workstream { code } repo { slug } domain { slug } service { slug } } } }');
  return Object.fromEntries(data.alerts.nodes.map(({ dedupKey, ...alert }: { dedupKey: string }) => [dedupKey, alert]));
};
const caughtUp = (stream: string, position: number) => until(`position ${position} of ${stream}`, async () => (await hub.ask('{ followedStreams { stream position } }')).followedStreams.some((one: { stream: string; position: number }) => one.stream === stream && one.position >= position), { deadline: 60_000 });
const stale = (id: string, code: string) => ({ type: 'org.statehub.task.stale', data: { id, code, workstream: 'CUST-WP-0002', from: 'TODO', to: 'TODO', version: 3, priority: 'HIGH' }, domain: 'custodian' });
const scrub = (verb: 'failed' | 'repaired', id: string, more: object = {}) => ({ type: `org.artifactstore.scrub.${verb}`, data: { id, blake3: `blake3:${'ab'.repeat(32)}`, sha256: 'cd'.repeat(32), backend: 'local', found: verb === 'failed' ? 'CHANGED' : 'STORED', packages: [], packageCount: 2, workstreams: [], repos: [], services: [], ...more } });
const sbom = (repo: string, licenceRisks: string[]) => ({ type: 'org.contribhub.sbom.ingested', data: { id: newId(), repo, previous: null, packageCount: 10, added: 1, removed: 0, changed: 0, licenceRisks, licenceRiskCount: licenceRisks.length } });
const runway = (verb: 'breached' | 'recovered', escalated = false) => ({ type: `org.finhub.runway.${verb}`, data: { id: newId(), escalated, monthsRemaining: { low: '2.5', expected: '3.1', high: '4' }, threshold: '6' }, domain: 'infotech' });

it('raises the alert that each event of another hub asks for, about what it is about', async () => {
  const task = newId();
  const location = newId();
  await publisher.publish('governance', stale(task, 'CUST-WP-0002-T01'));
  await publisher.publish('contributions', sbom('warehouse', ['pkg:pypi/gpl-thing@1.0', 'pkg:npm/agpl-thing@2.0']));
  await publisher.publish('artifacts', scrub('failed', location, { repos: ['state-hub'], workstreams: ['CUST-WP-0002'] }));
  await publisher.publish('finance', runway('breached'));
  const found = await until('four alerts', async () => {
    const all = await alerts();
    return Object.keys(all).length === 4 ? all : undefined;
  });
  expect(found).toMatchObject({
    [`task-stale/${task}`]: { status: 'RAISED', severity: 'WARNING', title: 'Task CUST-WP-0002-T01 is stale', workstream: { code: 'CUST-WP-0002' }, domain: { slug: 'custodian' }, source: '/hubs/governance' },
    'copyleft/warehouse': { severity: 'ERROR', title: 'Copyleft in 2 direct production dependencies of warehouse', repo: { slug: 'warehouse' } },
    [`scrub/${location}`]: { severity: 'CRITICAL', title: 'Stored evidence is changed in local', repo: { slug: 'state-hub' }, workstream: { code: 'CUST-WP-0002' } },
    'runway/infotech': { severity: 'ERROR', title: 'The runway of infotech is below its threshold', domain: { slug: 'infotech' } },
  });
});

it('resolves each when its cause is gone, and counts what comes again', async () => {
  const task = newId();
  const location = newId();
  await publisher.publish('governance', stale(task, 'CUST-WP-0002-T01'), { ...stale(task, 'CUST-WP-0002-T01'), type: 'org.statehub.task.done' });
  await publisher.publish('contributions', sbom('warehouse', ['pkg:pypi/gpl-thing@1.0']), sbom('warehouse', ['pkg:pypi/gpl-thing@1.1']), sbom('warehouse', []));
  await publisher.publish('artifacts', scrub('failed', location), scrub('repaired', location));
  await publisher.publish('finance', runway('breached'), runway('breached', true), runway('recovered'), runway('breached'));
  await Promise.all([caughtUp('EVENTS_GOVERNANCE', 2), caughtUp('EVENTS_CONTRIBUTIONS', 3), caughtUp('EVENTS_ARTIFACTS', 2), caughtUp('EVENTS_FINANCE', 4)]);
  const { nodes } = (await hub.ask('{ alerts(first: 200, orderBy: CREATED) { nodes { dedupKey status severity count service { slug } previous { status severity count } } } }')).alerts;
  const of = (key: string) => nodes.filter((alert: { dedupKey: string }) => alert.dedupKey === key);
  expect(of(`task-stale/${task}`)).toMatchObject([{ status: 'RESOLVED' }]);
  expect(of('copyleft/warehouse')).toMatchObject([{ status: 'RESOLVED', count: 2 }]);
  expect(of(`scrub/${location}`)).toMatchObject([{ status: 'RESOLVED' }]);
  expect(of('runway/infotech')).toMatchObject([{ status: 'RESOLVED', severity: 'CRITICAL', count: 2 }, { status: 'RAISED', severity: 'ERROR', count: 1, previous: { status: 'RESOLVED' } }]);
});

it('keeps the thresholds of a budget apart', async () => {
  const id = newId();
  const budget = (verb: 'reached' | 'left', threshold: string) => ({ type: `org.finhub.budget.threshold_${verb}`, data: { id, kind: 'ACTUAL', threshold, used: '104' }, domain: 'infotech' });
  await publisher.publish('finance', budget('reached', '80'), budget('reached', '100'), budget('left', '100'));
  await caughtUp('EVENTS_FINANCE', 3);
  expect(await alerts()).toMatchObject({ [`budget/${id}/actual/80`]: { status: 'RAISED' }, [`budget/${id}/actual/100`]: { status: 'RESOLVED' } });
});

it('warns of a day that cost far more by service or provider, and ends when it is corrected; no number of finance gets out', async () => {
  const anomaly = (verb: 'anomaly' | 'anomaly_left', what: object, day = '2026-03-02') => ({ type: `org.finhub.cost.${verb}`, data: { id: `${day}/x`, day, service: null, provider: null, factor: '7.31', ...what } });
  await publisher.publish('finance', anomaly('anomaly', { service: 'core-hub' }), anomaly('anomaly', { provider: 'AWS' }), anomaly('anomaly', { provider: 'AWS' }, '2026-03-03'), anomaly('anomaly_left', { provider: 'AWS' }), runway('breached'));
  await caughtUp('EVENTS_FINANCE', 5);
  const found = await alerts();
  expect(found).toMatchObject({
    'cost-anomaly/service/core-hub/2026-03-02': { status: 'RAISED', severity: 'WARNING', title: 'core-hub cost far more than usual on 2026-03-02' },
    'cost-anomaly/provider/AWS/2026-03-02': { status: 'RESOLVED' },
    'cost-anomaly/provider/AWS/2026-03-03': { status: 'RAISED' },
  });
  expect(await hub.ask('{ finance: alerts(filter: { services: ["finance"] }) { totalCount } coreHub: alerts(filter: { services: ["core-hub"] }) { totalCount } }')).toEqual({ finance: { totalCount: 2 }, coreHub: { totalCount: 1 } });
  expect(JSON.stringify(await hub.ask('{ alerts { nodes { title detail labels { name value } timeline { note } } } }'))).not.toMatch(/7\.31|3\.1 |2\.5/);
});

it('sets aside what it cannot take in with all behind it of the same subject, says so, and takes it in order when told to', async () => {
  const task = newId();
  const other = newId();
  const unfit = { ...stale(task, 'X'), data: { id: task } };
  await publisher.publish('governance', unfit, stale(task, 'CUST-WP-0002-T01'), stale(other, 'CUST-WP-0002-T02'));
  await caughtUp('EVENTS_GOVERNANCE', 3);
  const list = async () => (await hub.ask('{ poisonMessages(filter: { waiting: true }) { nodes { id position type subject reason attempts message } } }')).poisonMessages.nodes;
  const waiting = await list();
  expect(waiting).toMatchObject([{ position: 1, type: 'org.statehub.task.stale', subject: `thing/${task}` }, { position: 2, reason: 'It waits for position 1 of the same subject.' }]);
  expect(JSON.parse(waiting[0].message)).toMatchObject({ data: { id: task } });
  expect(await alerts()).toMatchObject({ 'poison/EVENTS_GOVERNANCE': { status: 'RAISED', severity: 'ERROR' }, [`task-stale/${other}`]: { status: 'RAISED' } });

  const operator = as('operator');
  const replay = (id: string, dryRun = false) => hub.change('replayPoison', { id, dryRun }, 'poisonMessage { outcome settledBy }', operator);
  expect((await replay(waiting[1].id)).errors).toMatchObject([{ code: 'INVALID_INPUT', message: expect.stringContaining(waiting[0].id) }]);
  expect((await replay(waiting[0].id)).errors).toMatchObject([{ code: 'INVALID_INPUT', message: expect.stringContaining('still cannot be taken in') }]);
  expect((await hub.change('discardPoison', { id: waiting[0].id, reason: ' ' }, 'poisonMessage { id }', operator)).errors).toMatchObject([{ path: ['input', 'reason'] }]);
  expect(await hub.change('discardPoison', { id: waiting[0].id, reason: 'sent by hand' }, 'poisonMessage { outcome }', operator)).toMatchObject({ errors: [], poisonMessage: { outcome: 'DISCARDED' } });
  expect(await replay(waiting[1].id, true)).toMatchObject({ errors: [], poisonMessage: { outcome: 'REPLAYED' } });
  expect(await list()).toHaveLength(1);
  expect(await replay(waiting[1].id)).toMatchObject({ errors: [], poisonMessage: { outcome: 'REPLAYED', settledBy: 'operator' } });
  expect((await replay(waiting[1].id)).errors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  expect(await list()).toEqual([]);
  expect(await alerts()).toMatchObject({ 'poison/EVENTS_GOVERNANCE': { status: 'RESOLVED' }, [`task-stale/${task}`]: { status: 'RAISED' } });
});

it('does each event once, however many replicas follow', async () => {
  const { hub: second } = { hub: await definition.create({ databaseUrl: hub.database.url, natsUrl: nats.url, cursorKeys: ['k'], clock: { now: () => new Date() }, log: (await import('pino')).pino({ level: 'silent' }), env: {} }) };
  onTestFinished(() => second.stop());
  await second.start();
  const ids = Array.from({ length: 20 }, () => newId());
  await publisher.publish('artifacts', ...Array.from({ length: 200 }, (_, index) => scrub('failed', ids[index % 20]!)));
  await caughtUp('EVENTS_ARTIFACTS', 200);
  expect(Object.values(await alerts()).map(({ count }) => count)).toEqual(Array.from({ length: 20 }, () => 10));
}, 90_000);

it('says that events were gone before it read them', async () => {
  await hub.hub.stop();
  await publisher.publish('finance', ...Array.from({ length: 5 }, () => runway('breached')));
  await publisher.purge('finance', 3);
  const again = await definition.create({ databaseUrl: hub.database.url, natsUrl: nats.url, cursorKeys: ['k'], clock: { now: () => new Date() }, log: (await import('pino')).pino({ level: 'silent' }), env: {} });
  onTestFinished(() => again.stop());
  await again.start();
  const rows = await until('the alert', async () => {
    const found = await hub.database.sql.query<{ title: string }>(`SELECT "title" FROM "Alert" WHERE "dedupKey" = 'gap/EVENTS_FINANCE'`);
    return found.length > 0 ? found : undefined;
  });
  expect(rows).toEqual([{ title: '3 events of EVENTS_FINANCE were gone before they were read' }]);
});
