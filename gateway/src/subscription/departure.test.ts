import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, startEventGraph, testEventHubs, type EventGraph, type EventGraphOptions } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { connectClient } from '../../../test/harness/subscriber.ts';
import { serveGateway } from '../../test/serve.ts';

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

const watch = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { workstream { id } } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;

describe('a gateway that stops', () => {
  it('lets its clients go one after the other, and another goes on where it stopped', async () => {
    const CLIENTS = 40;
    // 40 of 10,000 clients take a 250th of it: 2 s
    const leaving = await start({ settings: { HUBGRAPH_STOP_TIME: '500000' } });
    const staying = await start();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => leaving.client()));
    const watches = clients.map((client) => client.subscribe(watch, {}, { id: 'w' }));
    await leaving.reporter.reported('subscription.ready', {}, CLIENTS);
    await publisher.publish('governance', activated('w0'));
    await Promise.all(watches.map((one) => one.next()));

    const begun = performance.now();
    const moments: number[] = [];
    const wandering = clients.map(async (client, index) => {
      const ping = await client.message();
      expect(ping).toMatchObject({ type: 'ping', payload: { cursors: { w: expect.any(String) }, retryAfter: expect.any(Number) } });
      expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
      moments.push(performance.now() - begun);
      const got: string[] = [];
      while (watches[index]!.waiting.length > 0) got.push(idOf(await watches[index]!.next()));
      const again = await staying.client();
      onTestFinished(async () => void (await again.close()));
      return { got, rest: again.subscribe(watch, { after: ping.payload.cursors.w }) };
    });
    const stopped = leaving.stop();
    await expect(leaving.client()).rejects.toThrow('503');
    const ids = Array.from({ length: 60 }, (_, index) => `w${index % 10}`);
    for (const id of ids) await publisher.publish('governance', activated(id));
    const arrived = await Promise.all(wandering);
    await stopped;
    for (const { got, rest } of arrived) expect([...got, ...(await rest.nexts(ids.length - got.length)).map(idOf)]).toEqual(ids);
    moments.sort((one, other) => one - other);
    expect(moments.at(-1)! - moments[0]!).toBeGreaterThan(1_000);
    // each has its own slot of 50 ms: no second holds nearly all of them
    expect(Math.max(...moments.map((from) => moments.filter((moment) => moment >= from && moment < from + 1_000).length))).toBeLessThan(CLIENTS * 0.8);
  });

  it('is quick with few', async () => {
    const graph = await start();
    await using client = await graph.client();
    client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    const begun = performance.now();
    await graph.stop();
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect((await client.closed).code).toBe(1001);
  });

  it('is not ready from the beginning of the stop, and answers until it has stopped', async () => {
    let answer = (_text: string): void => undefined;
    const reached = Promise.withResolvers<void>();
    const gateway = await serveGateway({ works: { sdl: 'type Query { slow: String }', resolvers: { Query: { slow: () => new Promise<string>((resolve) => (reached.resolve(), (answer = resolve))) } } } }, { env: { HUBGRAPH_STOP_TIME: '600000' } });
    const clients = await Promise.all(Array.from({ length: 10 }, async () => connectClient(gateway.url.replace('http', 'ws'), { authorization: `Bearer ${await gateway.token('viewer')}` })));
    const health = async () => (await fetch(new URL('/health/ready', gateway.url))).status;
    const asked = fetch(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${await gateway.token('viewer')}` }, body: '{"query":"{ slow }"}' });
    await reached.promise;
    expect(await health()).toBe(200);
    const ready = fetch(new URL('/health/ready', gateway.url));
    const closed = gateway.close();
    expect((await ready).status).toBe(503);
    answer('done');
    expect(await (await asked).json()).toEqual({ data: { slow: 'done' } });
    await closed;
    for (const client of clients) expect((await client.closed).code).toBe(1001);
  });
});
