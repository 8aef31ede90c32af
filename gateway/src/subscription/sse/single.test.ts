import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { activated, credentials, startEventGraph, testEventHubs, type EventGraph, type EventGraphOptions } from '../../../../test/harness/event-graph.ts';
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
