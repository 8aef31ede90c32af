import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';

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

const watch = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { workstream { id title } } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const inSeconds = (seconds: number): number => Date.now() / 1_000 + seconds;

describe('a token that ends', () => {
  it('ends its subscriptions with their cursors and the socket with a code of its own, in time', async () => {
    const graph = await start();
    const expiresAt = inSeconds(3);
    await using client = await graph.client({ expiresAt });
    const idle = client.subscribe('subscription { alertChanged { id } }');
    const live = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready', {}, 2);
    await publisher.publish('governance', activated('w1'));
    await live.next();
    const [error] = await live.error();
    expect(error.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'expired', cursor: expect.any(String) });
    expect((await idle.error())[0].extensions.cursor).toEqual(expect.any(String));
    expect(await client.closed).toEqual({ code: 4440, reason: 'Token expired' });
    expect(inSeconds(0)).toBeGreaterThanOrEqual(expiresAt);
    expect(inSeconds(0)).toBeLessThan(expiresAt + 5);

    await publisher.publish('governance', activated('w2'));
    await using renewed = await graph.client({ expiresAt: inSeconds(3_600) });
    expect(idOf(await renewed.subscribe(watch, { after: error.extensions.cursor }).next())).toBe('w2');
  });

  it('lets a running mutation answer first', async () => {
    const graph = await start();
    let open = (): void => undefined;
    graph.hubs.gate = new Promise((resolve) => (open = resolve));
    await using client = await graph.client({ expiresAt: inSeconds(2.5) });
    const idle = client.subscribe(watch);
    const running = client.subscribe('mutation { rename(id: "w1", title: "Late") { title openAlerts } }');
    await idle.error();
    open();
    expect(await running.next()).toEqual({ data: { rename: { title: 'Late', openAlerts: 3 } } });
    expect((await client.closed).code).toBe(4440);
  });

  it('is not let in when it has ended before', async () => {
    const graph = await start();
    await using client = await graph.client({ expiresAt: inSeconds(-1) });
    expect(await client.closed).toEqual({ code: 4440, reason: 'Token expired' });
  });
});

describe('a client that reads slowly', () => {
  const big = () => ({ ...testHubs(), titles: new Map([['w1', 'x'.repeat(200_000)], ['w2', 'short']]) });

  it('is moved to the log when its queue is full, and loses nothing', async () => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_QUEUE_EVENTS: '4', HUBGRAPH_WS_SLOW_TIME: '60000' } });
    await using client = await graph.client();
    const slow = client.subscribe('subscription { workstreamChanged { subject workstream { title } } }');
    await graph.reporter.reported('subscription.ready');
    client.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')), activated('w2'));
    await graph.reporter.reported('socket.blocked');
    await graph.reporter.reported('subscription.behind');
    client.resume();
    const answers = await slow.nexts(121);
    expect(answers.map(({ data }) => data.workstreamChanged.subject)).toEqual([...Array.from({ length: 120 }, () => 'thing/w1'), 'thing/w2']);
    await graph.reporter.reported('subscription.current', {}, 2);
  });

  it('ends with TOO_SLOW and a cursor that misses nothing; others are not held up', async () => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_SLOW_TIME: '2000' } });
    await using client = await graph.client();
    const slow = client.subscribe(watch);
    await using other = await graph.client();
    const quick = other.subscribe(watch);
    await graph.reporter.reported('subscription.ready', {}, 2);
    client.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')), activated('w2'));
    await graph.reporter.reported('subscription.ended', { reason: 'TOO_SLOW' });
    expect((await quick.nexts(121)).map(idOf).at(-1)).toBe('w2');
    client.resume();
    let got = 0;
    let message = await slow.message();
    for (; message.type === 'next'; message = await slow.message()) got++;
    expect(message.type).toBe('error');
    const { code, cursor, missed } = message.payload[0].extensions;
    expect({ code, missed: missed + got }).toEqual({ code: 'TOO_SLOW', missed: 121 });
    const rest = await client.subscribe(watch, { after: cursor }).nexts(121 - got);
    expect(idOf(rest.at(-1))).toBe('w2');
  });

  it('gets nothing more of what it completed while it did not read', async () => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_SLOW_TIME: '60000' } });
    await using client = await graph.client();
    const slow = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    client.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')));
    await graph.reporter.reported('socket.blocked');
    slow.complete();
    await graph.reporter.reported('subscription.ended', { reason: 'complete' });
    client.resume();
    await client.subscribe('{ workstream(id: "w2") { title } }').next();
    expect(slow.waiting.length).toBeLessThan(120);
    expect(slow.waiting.every(({ type }) => type === 'next')).toBe(true);
  });

  it('is cut when it asks for answers that it does not read', async () => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_SLOW_TIME: '300' } });
    const client = await graph.client();
    client.pause();
    for (let index = 0; index < 90; index++) client.subscribe('{ workstream(id: "w1") { title } }');
    await graph.reporter.reported('socket.closed', { code: 1006 });
  });

  it('is cut when it does not answer pings', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_KEEPALIVE: '150' } });
    const client = await graph.client();
    client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    client.pause();
    await graph.reporter.reported('subscription.ended', { reason: 'socket' });
    expect(graph.subscriptions.sockets).toBe(0);
  });
});

describe('many', () => {
  it('subscriptions go over one socket, but not more than allowed', async () => {
    const graph = await start();
    await using client = await graph.client();
    const watches = Array.from({ length: 100 }, () => client.subscribe(watch));
    await graph.reporter.reported('subscription.ready', {}, 100);
    expect((await client.subscribe(watch).error())[0].extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 100 });
    await publisher.publish('governance', activated('w1'));
    expect((await Promise.all(watches.map((one) => one.next()))).map(idOf)).toEqual(Array.from({ length: 100 }, () => 'w1'));
    watches[0]!.complete();
    await graph.reporter.reported('subscription.ended', {});
    client.subscribe(watch);
    await graph.reporter.reported('subscription.ready', {}, 101);
  });

  it('sockets are served, but not more than allowed', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_MAX_SOCKETS: '2' } });
    await using _one = await graph.client();
    const two = await graph.client();
    await expect(graph.client()).rejects.toThrow('503');
    await two.close();
    await graph.reporter.reported('socket.closed');
    await using _three = await graph.client();
  });

  it('sockets that come and go leave nothing behind', async () => {
    const graph = await start();
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => graph.client()));
      for (const client of clients) {
        client.subscribe(watch);
        client.socket.terminate();
      }
    }
    await graph.reporter.reported('socket.closed', {}, 200);
    await publisher.publish('governance', activated('w1'));
    await graph.reporter.reported('event.dispatched', { seats: 0 });
    expect(graph.subscriptions.sockets).toBe(0);
  });
});

describe('a gateway that stops', () => {
  it('tells each subscription where to resume and closes with 1001', async () => {
    const graph = await start();
    await using client = await graph.client();
    const live = client.subscribe(watch, {}, { id: 'a' });
    client.subscribe('subscription { alertChanged { id } }', {}, { id: 'b' });
    await graph.reporter.reported('subscription.ready', {}, 2);
    await publisher.publish('governance', activated('w1'));
    await live.next();
    await graph.stop();
    const ping = await client.message();
    expect(ping).toEqual({ type: 'ping', payload: { cursors: { a: expect.any(String), b: expect.any(String) }, retryAfter: expect.any(Number) } });
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });

    await publisher.publish('governance', activated('w2'));
    const next = await start();
    await using again = await next.client();
    expect(idOf(await again.subscribe(watch, { after: ping.payload.cursors.a }).next())).toBe('w2');
  });
});
