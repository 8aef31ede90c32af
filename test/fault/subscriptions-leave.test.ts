import { expect, it } from 'vitest';
import { credentials, startEventGraph, testEventHubs } from '../harness/event-graph.ts';
import { eventPublisher } from '../harness/event-publisher.ts';
import { startNats } from '../harness/nats.ts';
import { leftovers } from '../harness/subscriptions/leftovers.ts';
import { visit } from '../harness/subscriptions/visits.ts';
import { until } from '../harness/until.ts';

const STREAMS = ['EVENTS_GOVERNANCE', 'EVENTS_OPS'];
const VISITS = 2_000;
/** Of heap that may be left by all of them together: what one frees is little, and a leak of one connection each is far more. */
const HEAP = 4 * 1024 * 1024;

it('keeps nothing of two thousand who came and went over all transports, and one consumer per stream', async () => {
  await using nats = await startNats();
  await using publisher = await eventPublisher(nats.url, testEventHubs);
  for (const hub of Object.keys(testEventHubs)) await publisher.createStream(hub);
  await using graph = await startEventGraph({ natsUrl: nats.url, settings: { HUBGRAPH_HTTP_STREAMS: '1000' } });
  // more documents than one, so that groups come and go as well
  const visited = { http: graph.http, authorization: credentials(), query: (number: number) => `subscription S${number % 7} { hubEvents(types: ["org.>"]) { id ${['type', 'time', 'actor'][number % 3]} } }` };
  // what is made once is not what is left behind by everyone
  await visit(visited, 200);
  await until('the first to be gone', () => graph.subscriptions.sockets === 0);
  const before = await leftovers(graph, nats.url, STREAMS);
  expect(before).toMatchObject({ consumers: [1, 1], sockets: 0, subscriptions: 0, seats: 0 });
  await visit(visited, VISITS);
  await until('everybody to be gone', async () => {
    const { heap: _, ...after } = await leftovers(graph, nats.url, STREAMS);
    const { heap: __, ...wanted } = before;
    return JSON.stringify(after) === JSON.stringify(wanted) || Promise.reject(new Error(JSON.stringify(after)));
  }, { deadline: 60_000, every: 250 });
  expect((await leftovers(graph, nats.url, STREAMS)).heap - before.heap).toBeLessThan(HEAP);
});
