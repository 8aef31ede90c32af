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
const query = 'subscription { workstreamChanged { workstream { id } } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const sse = (graph: EventGraph, body: object = { query }, headers: Record<string, string> = {}): Promise<HttpStream> => open(graph.http, { headers: { ...SSE, ...headers }, body });
const told = async (stream: HttpStream): Promise<any> => {
  await stream.ended;
  return JSON.parse(stream.text).errors[0].extensions;
};

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
