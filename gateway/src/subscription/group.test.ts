import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { until } from '../../../test/harness/until.ts';

let nats: TestNats;
let publisher: EventPublisher;

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, testEventHubs);
  await publisher.createStream('governance');
  await publisher.createStream('ops');
});
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});

async function start(options: EventGraphOptions = {}): Promise<EventGraph> {
  const graph = await startEventGraph({ natsUrl: nats.url, ...options });
  onTestFinished(() => graph.stop());
  return graph;
}

const watch = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { subject replayed workstream { title } } }';
const subjectOf = (frame: any): string => frame.data.workstreamChanged.subject;

it('gives every member the same gapless sequence, whoever stops reading, falls behind or comes back meanwhile', async () => {
  const count = 200;
  const titles = new Map(Array.from({ length: count }, (_, index) => [`g${index}`, 'x'.repeat(60_000)]));
  const graph = await start({ hubs: { ...testHubs(), titles }, settings: { HUBGRAPH_WS_SLOW_BYTES: '65536', HUBGRAPH_WS_SLOW_TIME: '60000', HUBGRAPH_WS_QUEUE_EVENTS: '8' } });
  const clients = await Promise.all(Array.from({ length: 5 }, () => graph.client()));
  const watches = clients.map((client) => client.subscribe(watch));
  await graph.reporter.reported('subscription.ready', {}, 5);
  // two read all the time, two stop and go on, one goes and comes back with its cursor
  const [, , stopper, pauser, leaver] = clients;
  stopper!.pause();
  const wanted = [...titles.keys()];
  const publishing = (async () => {
    for (let index = 0; index < count; index += 10) {
      if (index % 40 === 0) pauser!.pause();
      else if (index % 40 === 20) pauser!.resume();
      await publisher.publish('governance', ...wanted.slice(index, index + 10).map((id) => activated(id)));
    }
    pauser!.resume();
  })();
  const first = await watches[4]!.nexts(50);
  await leaver!.close();
  await using again = await graph.client();
  const rest = again.subscribe(watch, { after: first.at(-1).extensions.cursor });
  const [quick, other] = await Promise.all([watches[0]!.nexts(count), watches[1]!.nexts(count)]);
  await publishing;
  await graph.reporter.reported('subscription.behind');
  stopper!.resume();
  const [stopped, paused, returned] = await Promise.all([watches[2]!.nexts(count), watches[3]!.nexts(count), rest.nexts(count - 50)]);
  const expected = wanted.map((id) => `thing/${id}`);
  for (const got of [quick, other, stopped, paused, [...first, ...returned]]) expect(got.map(subjectOf)).toEqual(expected);
  // who was subscribed all the time got nothing from before
  for (const got of [quick, stopped, paused]) expect(new Set(got.map((frame: any) => frame.data.workstreamChanged.replayed))).toEqual(new Set([false]));
  expect([watches[0], watches[1], watches[2], watches[3], rest].flatMap((one) => one!.waiting)).toEqual([]);
  await Promise.all(clients.map((client) => client.close()));
});

it('takes in one that comes back while there is always an answer in the making', async () => {
  const hubs = testHubs();
  const graph = await start({ hubs });
  const counting = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { subject workstream { openAlerts } } }';
  await using member = await graph.client();
  const first = member.subscribe(counting);
  await graph.reporter.reported('subscription.ready');
  await publisher.publish('governance', activated('m0'));
  const { cursor } = (await first.next()).extensions;
  await using comer = await graph.client();
  let gate = Promise.withResolvers<void>();
  let published = 0;
  /** The answer to each event comes only when the next one is being made. */
  const publishOne = async (): Promise<void> => {
    const calls = graph.hubCalls();
    const before = gate;
    gate = Promise.withResolvers();
    hubs.gate = gate.promise;
    await publisher.publish('governance', activated(`m${++published}`));
    await until('the hub to be asked', () => graph.hubCalls() > calls);
    before.resolve();
  };
  await publishOne();
  const second = comer.subscribe(counting, { after: cursor });
  let isIn = false;
  const joined = comer.place().then(() => (isIn = true));
  while (!isIn && published < 30) await publishOne();
  expect(published).toBeLessThan(30);
  await joined;
  await publishOne();
  hubs.gate = undefined;
  gate.resolve();
  const wanted = Array.from({ length: published }, (_, index) => `thing/m${index + 1}`);
  expect((await first.nexts(published)).map(subjectOf)).toEqual(wanted);
  expect((await second.nexts(published)).map(subjectOf)).toEqual(wanted);
  expect([...first.waiting, ...second.waiting]).toEqual([]);
});

it('asks a hub a few times for a burst, not once for each event', async () => {
  const hubs = testHubs();
  const graph = await start({ hubs });
  await using client = await graph.client();
  const operation = client.subscribe('subscription { workstreamChanged { subject workstream { title openAlerts } } }');
  await graph.reporter.reported('subscription.ready');
  const before = graph.hubCalls();
  const wanted = Array.from({ length: 1_000 }, (_, index) => `w${index % 10}`);
  await publisher.publish('governance', ...wanted.map((id) => activated(id)));
  expect((await operation.nexts(1_000)).map(subjectOf)).toEqual(wanted.map((id) => `thing/${id}`));
  // events come in over several turns, so how many go together is not fixed; alone it would be two calls each
  expect(graph.hubCalls() - before).toBeLessThan(500);
});

it('has one consumer per stream, whatever came and went, and keeps nothing of it', async () => {
  const graph = await start();
  await graph.reporter.reported('stream.following', { hub: 'governance' });
  const { host, username, password } = new URL(nats.url);
  await using connection = Object.assign(await connect({ servers: host, user: username, pass: password }), { async [Symbol.asyncDispose]() { await connection.close(); } });
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const consumers = async (): Promise<number> => (await manager.streams.info('EVENTS_GOVERNANCE')).state.consumer_count;
  const before = await consumers();
  await publisher.publish('governance', activated('w1'));
  await using watcher = await graph.client();
  const first = watcher.subscribe(watch);
  await graph.reporter.reported('subscription.ready');
  await publisher.publish('governance', activated('w2'));
  const { cursor } = (await first.next()).extensions;
  for (let round = 0; round < 15; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => graph.client()));
    for (const [index, client] of clients.entries()) {
      client.subscribe(watch, index % 2 === 0 ? { after: cursor } : {});
      client.socket.terminate();
    }
    await turn();
  }
  await graph.reporter.reported('socket.closed', {}, 300);
  expect(await consumers()).toBe(before);
  await publisher.publish('governance', activated('w3'));
  await graph.reporter.reported('event.dispatched', { seats: 1 });
});
