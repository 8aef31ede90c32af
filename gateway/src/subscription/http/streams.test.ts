import { signCursor } from '@hubgraph/kit/cursor';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { activated, credentials, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../../../test/harness/event-graph.ts';
import { eventPublisher, type EventPublisher } from '../../../../test/harness/event-publisher.ts';
import { openHttp, type HttpAsked, type HttpStream } from '../../../../test/harness/http-stream.ts';
import { startNats, type TestNats } from '../../../../test/harness/nats.ts';
import { addressOf, eventSource, MULTIPART } from '../../../../test/harness/transport-clients.ts';

/** Streams over HTTP: what is of their own beside the contract of all transports. Numbers are of the catalogue of bad inputs. */

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
async function open(url: string, asked: HttpAsked = {}): Promise<HttpStream> {
  const stream = await openHttp(url, asked);
  onTestFinished(() => stream.close());
  return stream;
}

const authorization = credentials();
const SSE = { accept: 'text/event-stream', authorization };
const TOKEN = 'x-graphql-event-stream-token';
const query = 'subscription { workstreamChanged { workstream { id } } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const sse = (graph: EventGraph, body: object = { query }, headers: Record<string, string> = {}): Promise<HttpStream> => open(graph.http, { headers: { ...SSE, ...headers }, body });
const told = async (stream: HttpStream): Promise<any> => {
  await stream.ended;
  return JSON.parse(stream.text).errors[0].extensions;
};
const big = () => ({ ...testHubs(), titles: new Map([['w1', 'x'.repeat(200_000)], ['w2', 'short']]) });
const bigQuery = 'subscription { workstreamChanged { workstream { id title } } }';

describe('an EventSource', () => {
  const listen = (url: string, as?: string) => {
    const source = eventSource(url, as);
    onTestFinished(() => source.close());
    const answers: any[] = [];
    const waiting: (() => void)[] = [];
    source.addEventListener('next', (event) => {
      answers.push({ ...JSON.parse(event.data), lastEventId: event.lastEventId });
      for (const wake of waiting.splice(0)) wake();
    });
    const nexts = async (count: number): Promise<any[]> => {
      while (answers.length < count) await new Promise<void>((resolve) => void waiting.push(resolve));
      return answers.splice(0, count);
    };
    return { source, nexts };
  };

  it('has the cursor as the id of each event', async () => {
    const graph = await start();
    const { nexts } = listen(addressOf(graph.http, { query }), authorization);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const [answer] = await nexts(1);
    expect(answer.lastEventId).toBe(answer.extensions.cursor);
  });

  it('comes back by itself where it was, also to another gateway, and also when it had no event yet', async () => {
    const one = await start();
    const port = Number(new URL(one.http).port);
    const { nexts } = listen(addressOf(one.http, { query }), authorization);
    await one.reporter.reported('subscription.ready');
    await one.stop();
    await publisher.publish('governance', activated('w1'), activated('w2'));
    const two = await start({ port });
    expect((await nexts(2)).map(idOf)).toEqual(['w1', 'w2']);
    await two.reporter.reported('subscription.ready', { resumed: true });
    await two.stop();
    await publisher.publish('governance', activated('w3'));
    await start({ port });
    expect((await nexts(1)).map(idOf)).toEqual(['w3']);
  });

  it('of a page, which has no header to say who it is, has a reservation do that', async () => {
    const graph = await start();
    const reserved = await fetch(graph.http, { method: 'PUT', headers: { authorization } });
    expect(reserved.status).toBe(201);
    const address = addressOf(graph.http, { query }, await reserved.text());
    const { nexts } = listen(address);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    expect((await nexts(1)).map(idOf)).toEqual(['w1']);
    // the younger connection takes the place of the older one
    const again = listen(address);
    await graph.reporter.reported('response.closed', { transport: 'sse' });
    await graph.reporter.reported('subscription.ready', {}, 2);
    await publisher.publish('governance', activated('w2'));
    expect((await again.nexts(1)).map(idOf)).toEqual(['w2']);
  });

  it('is told to stay away after an end, so that one that nobody closes does not ask for ever', async () => {
    const graph = await start();
    const stream = await sse(graph, { query: '{ workstream(id: "w1") { title } }' });
    await stream.ended;
    expect(stream.text).toBe('retry: 1000\n\nevent: next\ndata: {"data":{"workstream":{"title":"Workstream 1"}}}\n\nretry: 10000\nevent: complete\ndata:\n\n');
  });
});

describe('what a stream says of itself', () => {
  it('is neither kept nor packed', async () => {
    const graph = await start();
    const stream = await sse(graph, { query }, { 'accept-encoding': 'gzip, br' });
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff', 'x-request-id': expect.any(String) });
    expect(stream.headers['content-encoding']).toBeUndefined();
  });

  it('moves the place of a client whose events are not for it, with its heartbeats', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_KEEPALIVE: '100' } });
    const stream = await sse(graph, { query: 'subscription { workstreamChanged(filter: { ids: ["w9"] }) { id workstream { id } } }' });
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    await graph.reporter.reported('event.dispatched');
    const seen = new Set<string>();
    while (seen.size < 2) {
      const { id, event } = await stream.block();
      expect(event).toBeUndefined();
      if (id) seen.add(id);
    }
    const again = await sse(graph, { query: 'subscription { workstreamChanged(filter: { ids: ["w9"] }) { id workstream { id } } }' }, { 'last-event-id': [...seen][1]! });
    await publisher.publish('governance', activated('w9'));
    expect(idOf((await again.event('next')).data)).toBe('w9');
  });

  it('has heartbeats as parts without anything', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_KEEPALIVE: '100' } });
    const stream = await open(graph.http, { headers: { accept: MULTIPART, authorization }, body: { query } });
    expect(stream.headers['content-type']).toBe('multipart/mixed;boundary="graphql";subscriptionSpec="1.0"');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    await graph.reporter.reported('event.hydrated');
    await graph.stop();
    await stream.ended;
    expect(stream.text).toMatch(/^\r\n--graphql(\r\ncontent-type: application\/json\r\n\r\n\{.*\}\r\n--graphql)+--\r\n$/);
    expect(stream.text).toContain('\r\n\r\n{"payload":{"data":{"workstreamChanged"');
  });

  it('101 nothing that is asked or answered can make an event of its own', async () => {
    const evil = 'a\n\nevent: complete\ndata: x\r\rid: y\u2028';
    const graph = await start({ hubs: { ...testHubs(), titles: new Map([['w1', evil]]) } });
    const stream = await sse(graph, { query: `subscription { workstreamChanged { workstream { id title } } }` });
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    expect((await stream.event('next')).data.data.workstreamChanged.workstream.title).toBe(evil);
    const refused = await sse(graph, { query: '{ workstream(id: "\\n\\nevent: x") { nothing } }\n\n#\n\nevent: y' });
    await refused.ended;
    expect(refused.text.match(/^event: .*$/gm)).toEqual(['event: next', 'event: complete']);
  });
});

describe('what is refused', () => {
  it.each([
    ['98a', 'a subscription as JSON', { accept: 'application/json' }],
    ['98b', 'a subscription as anything', { accept: '*/*' }],
    ['98c', 'parts of another protocol', { accept: 'multipart/mixed; deferSpec=20220824, application/json' }],
    ['98d', 'parts of another version', { accept: 'multipart/mixed; subscriptionSpec="2.0", application/json' }],
    ['98e', 'events with no wish for them', { accept: 'text/event-stream;q=0, application/json' }],
  ])('%s %s', async (_number, _what, headers) => {
    const graph = await start();
    const stream = await open(graph.http, { headers: { authorization, ...headers }, body: { query } });
    expect([stream.status, await told(stream)]).toEqual([406, { code: 'BAD_USER_INPUT', accept: ['text/event-stream', 'multipart/mixed;subscriptionSpec="1.0"'] }]);
  });

  it('103 a mutation by GET, as a stream or not', async () => {
    const graph = await start();
    const stream = await open(addressOf(graph.http, { query: 'mutation { rename(id: "w1", title: "x") { title } }' }), { method: 'GET', headers: SSE });
    expect([stream.status, await told(stream)]).toEqual([405, { code: 'BAD_USER_INPUT' }]);
    const reserved = await fetch(graph.http, { method: 'PUT', headers: { authorization } });
    const vouched = await open(addressOf(graph.http, { query: 'mutation { rename(id: "w1", title: "x") { title } }' }, await reserved.text()), { method: 'GET', headers: { accept: 'text/event-stream' } });
    expect(vouched.status).toBe(405);
    expect(graph.hubs.titles.get('w1')).toBe('Workstream 1');
  });

  it('what any web page could send', async () => {
    const graph = await start();
    expect((await open(addressOf(graph.http, { query }), { method: 'GET', headers: { accept: 'text/event-stream' } })).status).toBe(400);
    expect((await open(addressOf(graph.http, { query }, 'guessed'), { method: 'GET', headers: { accept: 'text/event-stream' } })).status).toBe(404);
    expect((await open(addressOf(graph.http, { query: '{ __typename }' }, 'guessed'), { method: 'GET', headers: { accept: 'application/json' } })).status).toBe(400);
  });

  it('who does not say who it is: without a stream, so that an EventSource gives up', async () => {
    const graph = await start();
    for (const accept of ['text/event-stream', MULTIPART]) {
      const stream = await open(graph.http, { headers: { accept }, body: { query } });
      expect([stream.status, stream.headers['www-authenticate'], await told(stream)]).toEqual([401, 'Bearer realm="hubgraph"', { code: 'UNAUTHENTICATED' }]);
    }
  });

  it('99 a Last-Event-ID that is none, and one that is ahead, by the stream', async () => {
    const graph = await start();
    const [epoch, pos] = publisher.position('governance');
    for (const [id, reason] of [['garbage', 'malformed'], [signCursor('test-key', { p: { governance: [epoch, pos + 1_000] } }), 'ahead']] as const) {
      const stream = await sse(graph, { query }, { 'last-event-id': id });
      expect((await stream.event('next')).data.errors[0].extensions).toMatchObject({ code: 'CURSOR_INVALID', reason });
      await stream.event('complete');
    }
  });

  it.each([
    ['no query', {}],
    ['a query that is no text', { query: 1 }],
    ['variables in a list', { query, variables: [] }],
    ['extensions that are none', { query, extensions: 'x' }],
  ])('%s', async (_what, body) => {
    const graph = await start();
    const stream = await sse(graph, body);
    expect([stream.status, await told(stream)]).toEqual([400, { code: 'BAD_USER_INPUT' }]);
  });

  it('102 more streams of one caller than allowed; those of others are not touched', async () => {
    const graph = await start({ settings: { HUBGRAPH_HTTP_STREAMS: '8' } });
    const streams: HttpStream[] = [];
    for (let count = 0; count < 8; count++) streams.push(await sse(graph));
    const many = await sse(graph);
    expect([many.status, many.headers['retry-after'], await told(many)]).toEqual([429, '1', { code: 'RATE_LIMITED', limit: 8, retryAfter: 1_000 }]);
    expect((await fetch(graph.http, { method: 'PUT', headers: { authorization } })).status).toBe(429);
    expect((await sse(graph, { query }, { authorization: credentials({ sub: 'eve' }) })).status).toBe(200);
    streams[0]!.close();
    await graph.reporter.reported('response.closed');
    expect((await sse(graph)).status).toBe(200);
  });

  it('more connections than the gateway has room for', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_MAX_SOCKETS: '2' } });
    await using _socket = await graph.client();
    await sse(graph);
    const full = await sse(graph);
    expect([full.status, full.headers['retry-after'], await told(full)]).toMatchObject([503, '1', { code: 'HUB_UNAVAILABLE' }]);
  });
});

describe('a single connection', () => {
  const reserve = async (graph: EventGraph, as = authorization): Promise<string> => (await fetch(graph.http, { method: 'PUT', headers: { authorization: as } })).text();
  const attach = (graph: EventGraph, token: string, headers: Record<string, string> = {}): Promise<HttpStream> => open(`${graph.http}?token=${token}`, { method: 'GET', headers: { accept: 'text/event-stream', ...headers } });
  const operate = (graph: EventGraph, token: string, operationId: unknown, more: object = { query }, headers: Record<string, string> = { authorization }): Promise<HttpStream> =>
    open(graph.http, { headers: { [TOKEN]: token, ...headers }, body: { ...more, extensions: { operationId } } });
  const complete = (graph: EventGraph, token: string, operationId: string, headers: Record<string, string> = { authorization }): Promise<Response> =>
    fetch(`${graph.http}?operationId=${operationId}`, { method: 'DELETE', headers: { [TOKEN]: token, ...headers } });

  it('carries the answers of many operations, also of those that began before it', async () => {
    const graph = await start();
    const token = await reserve(graph);
    expect((await operate(graph, token, 'early', { query: '{ workstream(id: "w1") { title } }' })).status).toBe(202);
    expect((await operate(graph, token, 'live')).status).toBe(202);
    const stream = await attach(graph, token);
    expect((await stream.event('next')).data).toEqual({ id: 'early', payload: { data: { workstream: { title: 'Workstream 1' } } } });
    expect((await stream.event('complete')).data).toEqual({ id: 'early' });
    expect((await operate(graph, token, 'change', { query: 'mutation { rename(id: "w2", title: "New") { title } }' })).status).toBe(202);
    expect((await stream.event('next')).data.payload).toEqual({ data: { rename: { title: 'New' } } });
    await stream.event('complete');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const { data, id } = await stream.event('next');
    expect([data.id, idOf(data.payload), id]).toEqual(['live', 'w1', undefined]);
    expect((await complete(graph, token, 'live')).status).toBe(200);
    expect((await stream.event('complete')).data).toEqual({ id: 'live' });
    await graph.reporter.reported('subscription.ended', { id: 'live', reason: 'complete' });
    expect((await complete(graph, token, 'live')).status).toBe(200);
  });

  it('belongs to who reserved it, is opened once, and is gone when it ends', async () => {
    const graph = await start();
    const token = await reserve(graph);
    const eve = { authorization: credentials({ sub: 'eve' }) };
    expect((await attach(graph, token, eve)).status).toBe(404);
    expect((await operate(graph, token, 'a', { query }, eve)).status).toBe(404);
    expect((await operate(graph, token, 'a', { query }, {})).status).toBe(401);
    expect((await complete(graph, token, 'a', eve)).status).toBe(404);
    expect((await complete(graph, token, 'a', {})).status).toBe(401);
    const stream = await attach(graph, token);
    expect(stream.status).toBe(200);
    expect((await attach(graph, token)).status).toBe(409);
    await operate(graph, token, 'a');
    await graph.reporter.reported('subscription.ready');
    stream.close();
    await graph.reporter.reported('subscription.ended', { id: 'a', reason: 'socket' });
    expect((await attach(graph, token)).status).toBe(404);
    expect(graph.subscriptions.sockets).toBe(0);
  });

  it('lapses when it is not opened in time, with what it runs', async () => {
    const graph = await start({ settings: { HUBGRAPH_SSE_RESERVATION_TIME: '1500' } });
    const token = await reserve(graph);
    await operate(graph, token, 'a');
    await graph.reporter.reported('subscription.ended', { id: 'a', reason: 'socket' });
    expect((await attach(graph, token)).status).toBe(404);
    expect(graph.subscriptions.sockets).toBe(0);
  });

  it.each([
    ['no operationId', undefined, 400], ['an empty one', '', 400], ['a number', 7, 400], ['one of 129 characters', 'x'.repeat(129), 400], ['one in use', 'used', 409],
  ])('refuses an operation with %s', async (_what, id, status) => {
    const graph = await start();
    const token = await reserve(graph);
    await operate(graph, token, 'used');
    expect((await operate(graph, token, id)).status).toBe(status);
  });

  it.each(['__proto__', 'constructor', '"\\\n\u0000'])('takes the operationId %j', async (id) => {
    const graph = await start();
    const token = await reserve(graph);
    const stream = await attach(graph, token);
    expect((await operate(graph, token, id, { query: '{ __typename }' })).status).toBe(202);
    expect((await stream.event('next')).data).toEqual({ id, payload: { data: { __typename: 'Query' } } });
  });

  it('has at most 100 operations', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_MAX_OPERATIONS: '3' } });
    const token = await reserve(graph);
    for (const id of ['a', 'b', 'c']) expect((await operate(graph, token, id)).status).toBe(202);
    const many = await operate(graph, token, 'd');
    expect([many.status, await told(many)]).toEqual([429, { code: 'RATE_LIMITED', limit: 3 }]);
  });
});

describe('another token', () => {
  const inSeconds = (seconds: number): number => Date.now() / 1_000 + seconds;
  const renew = (graph: EventGraph, token: string, as: string): Promise<Response> => fetch(graph.http, { method: 'POST', headers: { [TOKEN]: token, authorization: as } });

  it.each([['sse', 'text/event-stream'], ['multipart', MULTIPART]])('lets a stream go on in place: %s', async (_transport, accept) => {
    const graph = await start();
    const stream = await open(graph.http, { headers: { accept, authorization: credentials({ expiresAt: inSeconds(2) }) }, body: { query } });
    await graph.reporter.reported('subscription.ready');
    const token = String(stream.headers[TOKEN]);
    const expiresAt = inSeconds(3_600);
    expect((await renew(graph, token, credentials({ sub: 'eve' }))).status).toBe(404);
    const renewed = await renew(graph, token, credentials({ expiresAt }));
    expect([renewed.status, await renewed.json()]).toEqual([200, { renewed: true, expiresAt: new Date(expiresAt * 1_000).toISOString() }]);
    expect((await renew(graph, 'guessed', authorization)).status).toBe(404);
    expect((await renew(graph, token, credentials({ expiresAt: inSeconds(-5) }))).status).toBe(401);
  });
});

describe('a client that reads slowly', () => {
  it.each([['sse', 'text/event-stream'], ['multipart', MULTIPART]])('100 is told TOO_SLOW with a cursor that misses nothing, and others are not held up: %s', async (_transport, accept) => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_SLOW_TIME: '1500', HUBGRAPH_WS_KEEPALIVE: '10000' } });
    const ask = () => open(graph.http, { headers: { accept, authorization }, body: { query: bigQuery } });
    const slow = await ask();
    const quick = await sse(graph, { query: bigQuery });
    await graph.reporter.reported('subscription.ready', {}, 2);
    slow.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')), activated('w2'));
    for (let count = 0; count < 121; count++) await quick.event('next');
    await graph.reporter.reported('subscription.ended', { reason: 'TOO_SLOW' });
    slow.resume();
    await slow.ended;
    const got = slow.text.match(/"extensions":\{"cursor"/g)?.length ?? 0;
    const error = JSON.parse(/"errors":(\[.*?\])\}/.exec(slow.text.slice(-2_000))?.[1] ?? '[]')[0];
    expect(error.extensions).toMatchObject({ code: 'TOO_SLOW', cursor: expect.any(String) });
    const rest = await sse(graph, { query: bigQuery }, { 'last-event-id': error.extensions.cursor });
    for (let count = got; count < 121; count++) {
      const { data } = await rest.event('next');
      expect(idOf(data)).toBe(count === 120 ? 'w2' : 'w1');
    }
  });

  it('100b is cut when it takes nothing for two periods, and forgotten', async () => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_SLOW_TIME: '60000', HUBGRAPH_WS_KEEPALIVE: '200' } });
    const slow = await sse(graph, { query: bigQuery });
    await graph.reporter.reported('subscription.ready');
    slow.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')));
    await graph.reporter.reported('response.closed', { transport: 'sse' });
    await graph.reporter.reported('subscription.ended', { reason: 'socket' });
    expect(graph.subscriptions.sockets).toBe(0);
  });

  it('does not hold up the heartbeats of others', async () => {
    const graph = await start({ hubs: big(), settings: { HUBGRAPH_WS_SLOW_TIME: '60000', HUBGRAPH_WS_KEEPALIVE: '300' } });
    const slow = await sse(graph, { query: bigQuery });
    const other = await sse(graph, { query: 'subscription { alertChanged { id } }' });
    await graph.reporter.reported('subscription.ready', {}, 2);
    slow.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')));
    await graph.reporter.reported('socket.blocked');
    const since = performance.now();
    let beats = 0;
    while (beats < 3) if ((await other.block()).comment !== undefined) beats++;
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});
