import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { credentials, startEventGraph, testEventHubs } from '../test/harness/event-graph.ts';
import { eventPublisher } from '../test/harness/event-publisher.ts';
import { startNats } from '../test/harness/nats.ts';
import { leftovers } from '../test/harness/subscriptions/leftovers.ts';
import { visit } from '../test/harness/subscriptions/visits.ts';

// What a gateway keeps of many who connect, subscribe and go again, over all transports in turn: test/fault/
// subscriptions-leave.test.ts at any size. One line of JSON.
//
//   node bench/connects.ts [--visits 10000]

const { values } = parseArgs({ options: { visits: { type: 'string', default: '10000' } } });
const visits = Number(values.visits);
const STREAMS = ['EVENTS_GOVERNANCE', 'EVENTS_OPS'];
/** In milliseconds: a connection is gone a moment after its client. */
const SETTLING = 2_000;

await using nats = await startNats();
await using publisher = await eventPublisher(nats.url, testEventHubs);
for (const hub of Object.keys(testEventHubs)) await publisher.createStream(hub);
await using graph = await startEventGraph({ natsUrl: nats.url, settings: { HUBGRAPH_HTTP_STREAMS: '1000' } });
const visited = { http: graph.http, authorization: credentials(), query: () => 'subscription { hubEvents(types: ["org.>"]) { id } }' };
await visit(visited, 500);
await delay(SETTLING);
const before = await leftovers(graph, nats.url, STREAMS);
const begun = performance.now();
await visit(visited, visits);
const seconds = Math.round((performance.now() - begun) / 100) / 10;
await delay(SETTLING);
const after = await leftovers(graph, nats.url, STREAMS);
console.log(JSON.stringify({ visits, seconds, before, after, heapPerVisit: Math.round((after.heap - before.heap) / visits), load: loadavg().map((one) => Math.round(one * 10) / 10) }));
