import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { activated, credentials, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../../../test/harness/event-graph.ts';
import { eventPublisher, type EventPublisher } from '../../../../test/harness/event-publisher.ts';
import { openHttp, type HttpAsked, type HttpStream } from '../../../../test/harness/http-stream.ts';
import { startNats, type TestNats } from '../../../../test/harness/nats.ts';
import { MULTIPART } from '../../../../test/harness/transport-clients.ts';
import { until } from '../../../../test/harness/until.ts';

/** Streams over HTTP to clients that read slowly, and for as long as a token is good. Numbers are of the catalogue of bad inputs. */

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
const big = () => ({ ...testHubs(), titles: new Map([['w1', 'x'.repeat(200_000)], ['w2', 'short']]) });
const bigQuery = 'subscription { workstreamChanged { workstream { id title } } }';

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

describe('another token', () => {
  const inSeconds = (seconds: number): number => Date.now() / 1_000 + seconds;
  const renew = (graph: EventGraph, token: string, as: string): Promise<Response> => fetch(graph.http, { method: 'POST', headers: { [TOKEN]: token, authorization: as } });

  it.each([['sse', 'text/event-stream'], ['multipart', MULTIPART]])('lets a stream go on in place beyond the end of the first: %s', async (_transport, accept) => {
    const graph = await start();
    const short = credentials({ expiresAt: inSeconds(3) });
    const stream = await open(graph.http, { headers: { accept, authorization: short }, body: { query } });
    const witness = await open(graph.http, { headers: { accept, authorization: short }, body: { query } });
    await graph.reporter.reported('subscription.ready', {}, 2);
    const token = String(stream.headers[TOKEN]);
    const expiresAt = inSeconds(3_600);
    expect((await renew(graph, token, credentials({ sub: 'eve' }))).status).toBe(404);
    const renewed = await renew(graph, token, credentials({ expiresAt }));
    expect([renewed.status, await renewed.json()]).toEqual([200, { renewed: true, expiresAt: new Date(expiresAt * 1_000).toISOString() }]);
    expect((await renew(graph, 'guessed', authorization)).status).toBe(404);
    expect((await renew(graph, token, credentials({ expiresAt: inSeconds(-5) }))).status).toBe(401);
    await witness.ended;
    expect(witness.text).toContain('"reason":"expired"');
    await publisher.publish('governance', activated('w1'));
    await until('the event', () => stream.text.includes('"id":"w1"'));
    expect(stream.text).not.toContain('UNAUTHENTICATED');
  });
});
