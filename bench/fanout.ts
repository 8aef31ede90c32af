import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { signCursor } from '@hubgraph/kit/cursor';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { startNats } from '../scripts/embedded/nats.ts';
import { eventPublisher, type EventFacts } from '../test/harness/event-publisher.ts';
import type { ClientsOrder, ClientsReport } from './fanout/clients.ts';
import { measureHive } from './fanout/hive.ts';

// One event to many subscribers: the real gateway with the committed schema in a process of its own, its hubs in another,
// thin clients in a third. In the same run, as the floor, a bare `ws` server sends the same bytes to as many clients.
//
// Then all clients come back at once, so many events behind, with filters that let one in a hundred pass.
//
//   node bench/fanout.ts [--clients 10000] [--rounds 10] [--burst 30] [--behind 10000] [--peer hive] [--json]
//
// With a peer, the same follows against that, installed by npm for the run; docs/fanout.md says what was found.

const { values } = parseArgs({ options: { clients: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '10' }, burst: { type: 'string', default: '30' }, behind: { type: 'string', default: '10000' }, peer: { type: 'string' }, json: { type: 'boolean', default: false } } });
const [clients, rounds, burst, behind] = [Number(values.clients), Number(values.rounds), Number(values.burst), Number(values.behind)];
const CURSOR_KEY = 'a key of the bench, 32 characters';
const SERVICES = 100;
const HUBS = ['governance', 'contributions', 'artifacts', 'ops'];
const EVENT_HUBS = { governance: 'statehub', contributions: 'contribhub', artifacts: 'artifactstore', ops: 'opshub' };

/** Fifty classes: five plans over three hubs, five filters that all let the event pass, two sets of rights. */
const documents = ['title', 'title owner', 'title count', 'title source', 'title detail'].map((fields) => `subscription Watch($filter: AlertEventFilter) { alertChanged(filter: $filter) { cursor type time from to alert { id severity ${fields} workstream { code title status contributions(first: 3) { totalCount } } } } }`);
const filters = [{}, { severities: ['CRITICAL', 'ERROR'] }, { domains: ['custodian'] }, { statuses: ['RAISED'] }, { services: ['service-1', 'service-2'] }];
const raised = (n: number, service = 'service-1'): EventFacts => ({ type: 'org.opshub.alert.raised', domain: 'custodian', data: { id: `alert-${n}`, from: null, to: 'RAISED', version: 1, dedupKey: `key-${n}`, severity: 'CRITICAL', title: 'Disk full', subject: 'SERVICE', service, workstream: 'CUST-WP-0001', count: 1, escalation: 0, suppressed: false } });

const children: ChildProcess[] = [];
const start = (file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = fork(new URL(`fanout/${file}.ts`, import.meta.url), args, { execArgv: ['--expose-gc'], env: { ...process.env, ...env } });
  children.push(child);
  child.once('exit', (code) => {
    if (code) throw new Error(`${file} ended with ${code}`);
  });
  return child;
};
const message = async <Value>(child: ChildProcess): Promise<Value> => ((await once(child, 'message')) as [Value])[0];
const asked = <Value>(child: ChildProcess, order: object = {}): Promise<Value> => {
  const answer = message<Value>(child);
  child.send(order);
  return answer;
};
const now = (): number => performance.timeOrigin + performance.now();
const rounded = (value: number): number => Math.round(value * 10) / 10;
const middle = (list: readonly number[]): number => rounded(list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0);

interface GatewayState { readonly counts: Record<string, number>; readonly rss: number; readonly cpu: number }
interface Arrived { readonly last: number; readonly p50: number; readonly bytes: number; readonly sample: string }

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-fanout-'));
const nats = await startNats({ dir: join(folder, 'nats'), password: 'bench', log: join(folder, 'nats.log') });
const publisher = await eventPublisher(nats.url, EVENT_HUBS);
try {
  for (const hub of HUBS) await publisher.createStream(hub);
  const ours = await measureGateway();
  const bare = await measureBare(ours.frame);
  const peer = values.peer === 'hive' ? await measurePeer().catch((error: Error) => {
    process.exitCode = 1;
    return error;
  }) : undefined;
  const report = {
    clients, classes: documents.length * filters.length * 2, frameBytes: ours.frame.length, load: loadavg().map(rounded),
    lastClientMs: { gateway: middle(ours.single), bare: middle(bare.single), ratio: rounded(middle(ours.single) / middle(bare.single)), all: ours.single.map(rounded), allBare: bare.single.map(rounded) },
    gatewayCpuMsPerEvent: rounded(ours.cpuPerEvent),
    deliveriesPerSecond: { gateway: ours.rate, bare: bare.rate },
    executionsPerEvent: ours.executions, hubCallsPerEvent: ours.calls, hubCallsPerBurst: ours.burstCalls,
    comeBack: ours.storm,
    idleKiBPerSubscriber: { gateway: ours.memory, bare: bare.memory },
    ...(peer && { peer: peer instanceof Error ? { failed: peer.message } : besideOurs(ours, peer) }),
  };
  console.log(values.json ? JSON.stringify(report) : report);
} finally {
  for (const child of children) child.kill();
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measureGateway() {
  const devIssuerPath = join(folder, 'issuer.json');
  const issuer = await openDevIssuer(devIssuerPath);
  const tokens = await Promise.all(['viewer', 'allocator'].map((role) => issuer.sign({ sub: role, roles: [role as 'viewer'], ttlSeconds: 3_600 })));
  const hubs = start('hubs', HUBS);
  const ports = await message<Record<string, number>>(hubs);
  const gateway = start('gateway', [JSON.stringify({ devIssuerPath, natsUrl: nats.url, hubs: ports })]);
  const { url } = await message<{ url: string }>(gateway);
  const state = (gc = false): Promise<GatewayState> => asked<GatewayState>(gateway, { gc });
  const hubCalls = async (): Promise<number> => Object.values((await asked<{ calls: Record<string, { calls: number }> }>(hubs)).calls).reduce((sum, { calls }) => sum + calls, 0);

  const watchers = start('clients');
  const subscribes = filters.flatMap((filter) => documents.map((query) => JSON.stringify({ id: 'w', type: 'subscribe', payload: { query, variables: { filter } } })));
  const connect = (count: number): Promise<ClientsReport> => asked(watchers, { order: 'connect', port: Number(new URL(url).port), path: '/graphql', count, atOnce: 50, first: tokens.map((token) => JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })), second: subscribes } satisfies ClientsOrder);
  // what is made once for a class is not counted as a subscriber's
  await connect(100);
  await until(async () => (await state()).counts['subscription.ready'] === 100);
  await oneEvent(watchers, 0);
  const before = await state(true);
  await connect(clients - 100);
  await until(async () => (await state()).counts['subscription.ready'] === clients);
  await delay(1_000);
  const idle = await state(true);

  let frame = '';
  for (let n = 0; n < 3; n++) frame = (await oneEvent(watchers, n)).arrived.sample;
  const [counted, called] = [await state(), await hubCalls()];
  const single: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const { begun, arrived } = await oneEvent(watchers, 100 + n);
    single.push(arrived.last - begun);
  }
  const [after, calledAfter] = [await state(), await hubCalls()];
  const done = asked<Arrived>(watchers, { order: 'expect', frames: burst });
  const begun = now();
  await publisher.publish('ops', ...Array.from({ length: burst }, (_, n) => raised(1_000 + n)));
  const { last } = await done;
  const burstCalls = (await hubCalls()) - calledAfter;
  await asked(watchers, { order: 'close' });
  const storm = await measureStorm(watchers, Number(new URL(url).port), tokens, state);
  return {
    storm, frame, single, burstCalls, rate: Math.round((clients * burst) / ((last - begun) / 1_000)),
    memory: rounded((idle.rss - before.rss) / (clients - 100) / 1_024),
    executions: ((after.counts['event.hydrated'] ?? 0) - (counted.counts['event.hydrated'] ?? 0)) / rounds,
    calls: (calledAfter - called) / rounds, cpuPerEvent: (after.cpu - counted.cpu) / rounds,
  };
}

async function measurePeer() {
  for (const child of children.splice(0)) child.kill();
  const devIssuerPath = join(folder, 'issuer.json');
  const token = await (await openDevIssuer(devIssuerPath)).sign({ sub: 'viewer', roles: ['viewer'], ttlSeconds: 3_600 });
  return measureHive({ folder, natsUrl: nats.url, publisher, hubs: HUBS, devIssuerPath, token, documents, filters, clients, rounds, burst, behind, services: SERVICES, start, message, asked, raised, sign: (position) => signCursor(CURSOR_KEY, position) });
}

/** All clients at once, each with a cursor from before the events. */
async function measureStorm(watchers: ChildProcess, port: number, tokens: readonly string[], state: () => Promise<GatewayState>) {
  const cursor = signCursor(CURSOR_KEY, { p: { ops: publisher.position('ops') } });
  for (let n = 0; n < behind; n += 500) await publisher.publish('ops', ...Array.from({ length: 500 }, (_, index) => raised(n + index, `service-${(n + index) % SERVICES}`)));
  const subscribes = Array.from({ length: 50 }, (_, service) => JSON.stringify({ id: 'w', type: 'subscribe', payload: { query: documents[0], variables: { filter: { services: [`service-${service}`] } }, extensions: { cursor } } }));
  const before = await state();
  const current = asked<Arrived>(watchers, { order: 'expect', frames: behind / SERVICES, clients });
  const begun = now();
  watchers.send({ order: 'connect', port, path: '/graphql', count: clients, atOnce: 200, first: tokens.map((token) => JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })), second: subscribes } satisfies ClientsOrder);
  for (let report = await current as Partial<Arrived>; report.last === undefined; report = await message(watchers));
  const seconds = rounded((now() - begun) / 1_000);
  const after = await state();
  return { eventsBehind: behind, seconds, cpuSeconds: rounded((after.cpu - before.cpu) / 1_000), executions: (after.counts['event.hydrated'] ?? 0) - (before.counts['event.hydrated'] ?? 0) };
}

async function oneEvent(watchers: ChildProcess, n: number): Promise<{ begun: number; arrived: Arrived }> {
  const arrived = asked<Arrived>(watchers, { order: 'expect', frames: 1 });
  const begun = now();
  await publisher.publish('ops', raised(n));
  return { begun, arrived: await arrived };
}

async function measureBare(frame: string) {
  const server = start('bare');
  const { port, rss } = await message<{ port: number; rss: number }>(server);
  const watchers = start('clients');
  await asked(watchers, { order: 'connect', port, path: '/', count: clients, atOnce: 50 });
  await delay(500);
  const idle = await asked<{ rss: number }>(server);
  const broadcast = async (times: number): Promise<number> => {
    const arrived = asked<Arrived>(watchers, { order: 'expect', frames: times });
    const { begun } = await asked<{ begun: number }>(server, { broadcast: frame, times });
    return (await arrived).last - begun;
  };
  for (let n = 0; n < 3; n++) await broadcast(1);
  const single: number[] = [];
  for (let n = 0; n < rounds; n++) single.push(await broadcast(1));
  const rate = Math.round((clients * burst) / ((await broadcast(burst)) / 1_000));
  return { single, rate, memory: rounded((idle.rss - rss) / clients / 1_024) };
}

/** The peer's numbers and how many times ours they are. */
function besideOurs(ours: Awaited<ReturnType<typeof measureGateway>>, { name, sameData, told, ...peer }: Awaited<ReturnType<typeof measureHive>>) {
  const beside = (mine: number, theirs: number | undefined) => ({ ours: mine, peer: theirs === undefined ? null : rounded(theirs), ratio: theirs === undefined ? null : Math.round((theirs / mine) * 100) / 100 });
  return {
    name, sameData, told,
    lastClientMs: beside(middle(ours.single), middle(peer.single)), deliveriesPerSecond: beside(ours.rate, peer.rate), gatewayCpuMsPerEvent: beside(rounded(ours.cpuPerEvent), peer.cpuPerEvent),
    executionsPerEvent: beside(ours.executions, peer.executions), hubCallsPerEvent: beside(ours.calls, peer.calls), idleKiBPerSubscriber: beside(ours.memory, peer.memory), natsConsumers: beside(1, peer.consumers), natsConsumersLeft: peer.consumersLeft,
    comeBackSeconds: beside(ours.storm.seconds, peer.storm.seconds), comeBackCurrentWithin60s: beside(clients, peer.storm.current), comeBackCpuSeconds: beside(ours.storm.cpuSeconds, peer.storm.cpuSeconds), comeBackExecutions: beside(ours.storm.executions, peer.storm.executions),
  };
}

async function until(met: () => Promise<boolean>): Promise<void> {
  while (!(await met())) await delay(100);
}
