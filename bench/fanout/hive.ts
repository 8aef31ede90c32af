import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventPosition } from '@hubgraph/kit/cursor';
import type { EventFacts, EventPublisher } from '../../test/harness/event-publisher.ts';
import type { ClientsOrder } from './clients.ts';
import { installHive, PACKAGES } from './hive-install.ts';
import { comparable, told, watch, type Side } from './told.ts';

// The same load against Hive Gateway with its JetStream pubsub: first what clients of both gateways receive, then what they
// are told when they come back, then the load. Its stream sources ours, because its subjects have the form `prefix:topic`:
// both gateways get the very same events.

const STREAM = 'HIVE';
const PREFIX = 'hive';
const TOPIC = 'org.opshub.alert.raised';
/** A step that takes longer is given up, in milliseconds. */
const PATIENCE = 180_000;

/** What the bench lends. */
export interface Bench {
  readonly folder: string;
  readonly natsUrl: string;
  readonly publisher: EventPublisher;
  readonly hubs: readonly string[];
  readonly devIssuerPath: string;
  readonly token: string;
  readonly documents: readonly string[];
  readonly filters: readonly object[];
  readonly clients: number;
  readonly rounds: number;
  readonly burst: number;
  readonly behind: number;
  readonly services: number;
  sign(position: EventPosition): string;
  start(file: string, args?: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  message<Value>(child: ChildProcess): Promise<Value>;
  asked<Value>(child: ChildProcess, order?: object): Promise<Value>;
  raised(n: number, service?: string): EventFacts;
}

interface Sides<Value> { readonly ours: Value; readonly peer: Value }
interface State { readonly executions: number; readonly rss: number; readonly cpu: number }
interface Arrived { readonly last: number }
interface Peer { readonly port: number; readonly clients: ChildProcess; state(gc?: boolean): Promise<State>; hubCalls(): Promise<number>; consumers(): Promise<number>; last(): Promise<number> }

const now = (): number => performance.timeOrigin + performance.now();
/** The same document with the place to resume from as an argument: this gateway reads no `extensions.cursor`. */
const withAfter = (query: string): string => query.replace('($filter: AlertEventFilter) { alertChanged(filter: $filter)', '($filter: AlertEventFilter, $after: EventCursor) { alertChanged(filter: $filter, after: $after)');

/** Runs all of it; the peer's packages are installed into the bench's folder before. */
export async function measureHive(bench: Bench) {
  const folder = join(bench.folder, 'hive');
  await installHive(folder);
  const { host, username, password } = new URL(bench.natsUrl);
  const nats = await connect({ servers: host, user: username, pass: password });
  try {
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: STREAM, sources: [{ name: 'EVENTS_OPS', opt_start_seq: bench.publisher.position('ops')[1] + 1, subject_transforms: [{ src: 'org.opshub.alert.>', dest: `${PREFIX}:org.opshub.alert.>` }] }] });
    const hubs = bench.start('hubs', bench.hubs);
    const ports = await bench.message<Record<string, number>>(hubs);
    const gateway = bench.start('hive-gateway', [JSON.stringify({ folder, natsUrl: bench.natsUrl, hubs: ports, stream: STREAM, prefix: PREFIX, topic: TOPIC })], { NODE_ENV: 'production' });
    const { url } = await bench.message<{ url: string }>(gateway);
    const peer: Peer = {
      port: Number(new URL(url).port), clients: bench.start('clients'),
      state: (gc = false) => bench.asked(gateway, { gc }),
      hubCalls: async () => Object.values((await bench.asked<{ calls: Record<string, { calls: number }> }>(hubs)).calls).reduce((sum, { calls }) => sum + calls, 0),
      consumers: async () => (await manager.streams.info(STREAM)).state.consumer_count,
      last: async () => (await manager.streams.info(STREAM)).state.last_seq,
    };
    const startOurs = async (): Promise<{ ours: ChildProcess; url: string }> => {
      const ours = bench.start('gateway', [JSON.stringify({ devIssuerPath: bench.devIssuerPath, natsUrl: bench.natsUrl, hubs: ports })]);
      return { ours, url: `ws://127.0.0.1:${new URL((await bench.message<{ url: string }>(ours)).url).port}/graphql` };
    };
    let { ours, url: oursUrl } = await startOurs();
    const sides = {
      ours: { url: oursUrl, init: { authorization: `Bearer ${bench.token}` }, payload: (query, filter, cursor) => ({ query, variables: { filter }, extensions: { cursor } }) },
      peer: { url: `ws://127.0.0.1:${peer.port}/graphql`, init: {}, payload: (query, filter, after) => ({ query: withAfter(query), variables: { filter, after } }) },
    } satisfies Sides<Side>;
    const cursors = await compare(bench, sides, peer, ours);
    // ours still has in memory what the stream no longer keeps: it is begun anew, to be asked as the peer is
    const told = await comeBack(bench, sides, cursors, peer, async (seq) => {
      await manager.streams.purge(STREAM, { seq });
      ours.kill();
      ({ ours, url: oursUrl } = await startOurs());
      return { ...sides.ours, url: oursUrl };
    });
    ours.kill();
    return { name: `@graphql-hive/gateway-runtime ${PACKAGES['@graphql-hive/gateway-runtime']}, @graphql-hive/pubsub ${PACKAGES['@graphql-hive/pubsub']}`, sameData: true, told, ...(await load(bench, peer)) };
  } finally {
    await nats.close();
  }
}

/** One event to one client of each plan and filter at both gateways; each pair must have got the same. Answers two cursors of it. */
async function compare({ asked, documents, filters, publisher, raised }: Bench, sides: Sides<Side>, peer: Peer, ours: ChildProcess): Promise<Sides<string>> {
  using open = new DisposableStack();
  const pairs = await Promise.all(filters.flatMap((filter) => documents.map(async (query) => [open.use(await watch(sides.ours, query, filter)), open.use(await watch(sides.peer, query, filter))] as const)));
  await until('all to watch', async () => (await peer.consumers()) === pairs.length && (await asked<{ counts: Record<string, number> }>(ours)).counts['subscription.ready'] === pairs.length);
  await publisher.publish('ops', raised(1));
  for (const [mine, theirs] of pairs) {
    await Promise.all([mine.arrived(1, 10_000), theirs.arrived(1, 10_000)]);
    if (mine.events.length !== 1 || comparable(mine.events[0]) !== comparable(theirs.events[0])) throw new Error(`The gateways send different data: ${comparable(mine.events[0]) ?? mine.ended} and ${comparable(theirs.events[0]) ?? theirs.ended}`);
  }
  return { ours: pairs[0]![0].events[0]!.cursor, peer: pairs[0]![1].events[0]!.cursor };
}

/** What a client gets that comes back 30 events later: all are kept; ten no longer are; its place has never been. */
async function comeBack({ documents, publisher, raised, sign }: Bench, sides: Sides<Side>, cursors: Sides<string>, peer: Peer, purge: (seq: number) => Promise<Side>) {
  const due = Array.from({ length: 30 }, (_, n) => 2 + n);
  await publisher.publish('ops', ...due.map((n) => raised(n)));
  const [epoch, pos] = publisher.position('ops');
  await until('the events', async () => (await peer.last()) === Number(cursors.peer) + due.length);
  const both = async (from: Sides<string>, numbers: readonly number[], ms: number): Promise<Sides<string>> => {
    const ids = numbers.map((n) => `alert-${n}`);
    const [ours, theirs] = await Promise.all([told(sides.ours, documents[0]!, from.ours, ids, ms), told(sides.peer, documents[0]!, from.peer, ids, ms)]);
    return { ours, peer: theirs };
  };
  const kept = await both(cursors, due, 5_000);
  await publisher.purge('ops', pos - 20);
  sides = { ...sides, ours: await purge(Number(cursors.peer) + 11) };
  const purged = await both(cursors, due, 5_000);
  const ahead = both({ ours: sign({ p: { ops: [epoch, pos + 1_000] } }), peer: `${Number(cursors.peer) + 1_000}` }, [99], 15_000);
  await delay(1_000);
  await publisher.publish('ops', raised(99));
  return { kept, tenNoLongerKept: purged, ahead: await ahead };
}

/** The load of the bench, step by step as for ours. */
async function load({ asked, message, raised, publisher, documents, filters, clients, rounds, burst, behind, services }: Bench, peer: Peer) {
  const none = await peer.consumers();
  const subscribes = (after?: string): string[] => filters.flatMap((filter) => documents.map((query) => JSON.stringify({ id: 'w', type: 'subscribe', payload: { query: withAfter(query), variables: { filter, after } } })));
  const order = (count: number, atOnce: number, second: readonly string[]): ClientsOrder => ({ order: 'connect', port: peer.port, path: '/graphql', count, atOnce, first: [JSON.stringify({ type: 'connection_init' })], second });
  const watching = (count: number): Promise<void> => until(`${count} consumers`, async () => (await peer.consumers()) >= none + count);
  const oneEvent = async (n: number): Promise<number> => {
    const arrived = asked<Arrived>(peer.clients, { order: 'expect', frames: 1 });
    const begun = now();
    await publisher.publish('ops', raised(n));
    return (await inTime('one event', arrived)).last - begun;
  };
  await asked(peer.clients, order(100, 50, subscribes()));
  await watching(100);
  await oneEvent(0);
  const before = await peer.state(true);
  await asked(peer.clients, order(clients - 100, 50, subscribes()));
  await watching(clients);
  await delay(1_000);
  const idle = await peer.state(true);
  for (let n = 0; n < 3; n++) await oneEvent(n);
  const [counted, called] = [await peer.state(), await peer.hubCalls()];
  const single: number[] = [];
  for (let n = 0; n < rounds; n++) single.push(await oneEvent(100 + n));
  const [after, calledAfter] = [await peer.state(), await peer.hubCalls()];
  const done = asked<Arrived>(peer.clients, { order: 'expect', frames: burst });
  const begun = now();
  await publisher.publish('ops', ...Array.from({ length: burst }, (_, n) => raised(1_000 + n)));
  const { last } = await inTime('a burst', done);
  await asked(peer.clients, { order: 'close' });
  for (let n = 0; n < 100 && (await peer.consumers()) > none; n++) await delay(100);
  const left = await peer.consumers();

  const from = await peer.last();
  for (let n = 0; n < behind; n += 500) await publisher.publish('ops', ...Array.from({ length: Math.min(500, behind - n) }, (_, index) => raised(n + index, `service-${(n + index) % services}`)));
  await until('the events', async () => (await peer.last()) === from + behind);
  const back = Array.from({ length: 50 }, (_, service) => JSON.stringify({ id: 'w', type: 'subscribe', payload: { query: withAfter(documents[0]!), variables: { filter: { services: [`service-${service}`] }, after: `${from}` } } }));
  const stormed = await peer.state();
  const current = asked<Partial<Arrived>>(peer.clients, { order: 'expect', frames: behind / services, clients });
  const begunBack = now();
  peer.clients.send(order(clients, 200, back));
  const allBack = async (): Promise<void> => {
    for (let report = await current; report.last === undefined; report = await message(peer.clients));
  };
  // some of its clients may be refused, since making so many consumers takes longer than it waits for one: then not all come
  const seconds = await inTime('all to be current', allBack(), 60_000).then(() => (now() - begunBack) / 1_000, () => undefined);
  const { complete } = await asked<{ complete: number }>(peer.clients, { order: 'count' });
  const calm = await peer.state();
  return {
    single, rate: Math.round((clients * burst) / ((last - begun) / 1_000)), memory: (idle.rss - before.rss) / (clients - 100) / 1_024,
    executions: (after.executions - counted.executions) / rounds, calls: (calledAfter - called) / rounds, cpuPerEvent: (after.cpu - counted.cpu) / rounds, consumers: clients, consumersLeft: left,
    storm: { seconds, current: complete, cpuSeconds: (calm.cpu - stormed.cpu) / 1_000, executions: calm.executions - stormed.executions },
  };
}

async function inTime<Value>(what: string, promise: Promise<Value>, patience = PATIENCE): Promise<Value> {
  const late = new AbortController();
  try {
    return await Promise.race([promise, delay(patience, undefined, { signal: late.signal }).then(() => {
      throw new Error(`Waited ${patience / 1_000} s for ${what}.`);
    })]);
  } finally {
    late.abort();
  }
}

async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  const end = now() + PATIENCE;
  while (!(await met())) {
    if (now() > end) throw new Error(`Waited ${PATIENCE / 1_000} s for ${what}.`);
    await delay(100);
  }
}
