import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { activated, alertRaised, credentials, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../../../test/harness/event-graph.ts';
import { eventPublisher, type EventPublisher } from '../../../../test/harness/event-publisher.ts';
import { openHttp, type HttpAsked, type HttpStream } from '../../../../test/harness/http-stream.ts';
import { startNats, type TestNats } from '../../../../test/harness/nats.ts';

/** GraphQL over SSE, single connection mode. */

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
const TOKEN = 'x-graphql-event-stream-token';
const query = 'subscription { workstreamChanged { workstream { id } } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const told = async (stream: HttpStream): Promise<any> => {
  await stream.ended;
  return JSON.parse(stream.text).errors[0].extensions;
};
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

  it('tells the operation of a slow client TOO_SLOW with a cursor that misses nothing, and stays for the others', async () => {
    const graph = await start({ hubs: { ...testHubs(), titles: new Map([['w1', 'x'.repeat(200_000)], ['w2', 'short']]) }, settings: { HUBGRAPH_WS_SLOW_TIME: '1500', HUBGRAPH_WS_KEEPALIVE: '10000' } });
    const large = 'subscription { workstreamChanged { workstream { id title } } }';
    const [token, other] = [await reserve(graph), await reserve(graph)];
    const [slow, quick] = [await attach(graph, token), await attach(graph, other)];
    await operate(graph, token, 'slow', { query: large });
    await operate(graph, token, 'quiet', { query: 'subscription { alertChanged { alert { id } } }' });
    await operate(graph, other, 'quick', { query: large });
    await graph.reporter.reported('subscription.ready', {}, 3);
    slow.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')), activated('w2'));
    for (let count = 0; count < 121; count++) await quick.event('next');
    await graph.reporter.reported('subscription.ended', { id: 'slow', reason: 'TOO_SLOW' });
    slow.resume();
    let got = 0;
    let { data } = await slow.event('next');
    for (; data.payload.data; { data } = await slow.event('next')) got++;
    const { code, cursor } = data.payload.errors[0].extensions;
    expect([data.id, code]).toEqual(['slow', 'TOO_SLOW']);
    expect((await slow.event('complete')).data).toEqual({ id: 'slow' });
    await publisher.publish('ops', alertRaised('a1', 'ERROR'));
    expect((await slow.event('next')).data).toMatchObject({ id: 'quiet', payload: { data: { alertChanged: {} } } });

    const rest = await open(graph.http, { headers: { accept: 'text/event-stream', authorization, 'last-event-id': cursor }, body: { query: large } });
    for (let count = got; count < 121; count++) expect(idOf((await rest.event('next')).data)).toBe(count === 120 ? 'w2' : 'w1');
  });

  it('goes on beyond the end of its token when another was posted, and ends with the last', async () => {
    const graph = await start();
    const inSeconds = (seconds: number): number => Date.now() / 1_000 + seconds;
    const short = credentials({ expiresAt: inSeconds(3) });
    const [token, witness] = [await reserve(graph, short), await reserve(graph, short)];
    const [stream, other] = [await attach(graph, token), await attach(graph, witness)];
    for (const of of [token, witness]) await operate(graph, of, 'a');
    await graph.reporter.reported('subscription.ready', {}, 2);
    const renewed = await fetch(graph.http, { method: 'POST', headers: { [TOKEN]: token, authorization: credentials({ expiresAt: inSeconds(6) }) } });
    expect([renewed.status, await renewed.json()]).toMatchObject([200, { renewed: true }]);
    expect((await other.event('next')).data.payload.errors[0].extensions).toMatchObject({ reason: 'expired', cursor: expect.any(String) });
    await other.ended;
    await publisher.publish('governance', activated('w3'));
    expect(idOf((await stream.event('next')).data.payload)).toBe('w3');
    expect((await stream.event('next')).data).toMatchObject({ id: 'a', payload: { errors: [{ extensions: { reason: 'expired', cursor: expect.any(String) } }] } });
    await stream.ended;
  });

  it('is cut when nothing of what waits for it is taken for two periods, with all its operations', async () => {
    const graph = await start({ hubs: { ...testHubs(), titles: new Map([['w1', 'x'.repeat(200_000)]]) }, settings: { HUBGRAPH_WS_SLOW_TIME: '20000', HUBGRAPH_WS_KEEPALIVE: '300' } });
    const token = await reserve(graph);
    const slow = await attach(graph, token);
    await operate(graph, token, 'one', { query: 'subscription { workstreamChanged { workstream { title } } }' });
    await operate(graph, token, 'two');
    await graph.reporter.reported('subscription.ready', {}, 2);
    slow.pause();
    await publisher.publish('governance', ...Array.from({ length: 120 }, () => activated('w1')));
    await graph.reporter.reported('subscription.ended', { id: 'one', reason: 'socket' });
    await graph.reporter.reported('subscription.ended', { id: 'two', reason: 'socket' });
    expect((await operate(graph, token, 'three')).status).toBe(404);
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
