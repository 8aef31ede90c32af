import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, startEventGraph, testEventHubs, type EventGraph } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import type { Message, TestClient } from '../../../test/harness/subscriber.ts';

/** An id may be used again as soon as the client has completed it. */

let nats: TestNats;
let publisher: EventPublisher;
let graph: EventGraph;
let client: TestClient;
beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, testEventHubs);
  await publisher.createStream('governance');
  await publisher.createStream('ops');
  graph = await startEventGraph({ natsUrl: nats.url });
});
afterAll(async () => {
  await graph.stop();
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});

const open = async (): Promise<void> => {
  client = await graph.client();
  onTestFinished(() => client[Symbol.asyncDispose]());
};
const subscribe = (id: string, query: string): void => client.send({ id, type: 'subscribe', payload: { query } });
const complete = (id: string): void => client.send({ id, type: 'complete' });
/** All that came for `id` up to the pong that answers a ping. */
const told = async (id: string): Promise<Message[]> => {
  client.send({ type: 'ping', payload: { mark: id } });
  const messages: Message[] = [];
  for (let message = await client.message(); message.payload?.mark !== id; message = await client.message()) if (message.id === id) messages.push(message);
  return messages;
};
const watch = (alias: string): string => `subscription { ${alias}: workstreamChanged { workstream { id } } }`;

it('by a subscription: what was completed before it began sends nothing', async () => {
  await open();
  subscribe('a', watch('first'));
  complete('a');
  subscribe('a', watch('second'));
  complete('a');
  subscribe('a', watch('third'));
  await graph.reporter.reported('subscription.ready');
  await publisher.publish('governance', activated('w1'));
  const next = await client.message();
  expect(next).toMatchObject({ id: 'a', type: 'next', payload: { data: { third: { workstream: { id: 'w1' } } } } });
  expect(await told('a')).toEqual([]);
  expect(graph.subscriptions.path.live.size).toBe(1);
});

it('by a subscription: the end of the one before is not taken for its end', async () => {
  await open();
  subscribe('b', watch('first'));
  await client.place();
  complete('b');
  subscribe('b', watch('second'));
  await client.place();
  await publisher.publish('governance', activated('w2'));
  expect(await client.message()).toMatchObject({ id: 'b', type: 'next', payload: { data: { second: {} } } });
  expect(await told('b')).toEqual([]);
});

it('by a query: it is answered once and ends once', async () => {
  await open();
  subscribe('c', '{ first: __typename }');
  complete('c');
  subscribe('c', '{ second: __typename }');
  const next = await client.message();
  expect(next).toMatchObject({ type: 'next', payload: { data: { second: 'Query' } } });
  expect(await client.message()).toMatchObject({ type: 'complete' });
  expect(await told('c')).toEqual([]);
});

it('but not twice at once', async () => {
  await open();
  subscribe('d', watch('first'));
  complete('d');
  subscribe('d', watch('second'));
  subscribe('d', watch('third'));
  expect(await client.closed).toMatchObject({ code: 4409 });
});

it('and not after it was given up again', async () => {
  await open();
  subscribe('e', watch('first'));
  complete('e');
  subscribe('e', watch('second'));
  complete('e');
  expect(await told('e')).toEqual([]);
  subscribe('e', '{ __typename }');
  expect(await client.message()).toMatchObject({ id: 'e', type: 'next', payload: { data: { __typename: 'Query' } } });
});
