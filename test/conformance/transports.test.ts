import { signCursor } from '@hubgraph/kit/cursor';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { activated, alertRaised, credentials, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../harness/event-graph.ts';
import { eventPublisher, type EventPublisher } from '../harness/event-publisher.ts';
import { startNats, type TestNats } from '../harness/nats.ts';
import { transportClients, type Watch, type Watched } from '../harness/transport-clients.ts';

/** The contract of subscriptions, the same over every transport, held to by clients that nobody here wrote. */

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

const query = 'subscription { workstreamChanged { replayed workstream { id title } } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `w${from + index}`);
const events = (from: number, count: number) => ids(from, count).map((id) => activated(id));

describe.each(transportClients.map((client) => [client.name, client] as const))('%s', (_name, client) => {
  const watch = (graph: EventGraph, more: Partial<Watched> = {}): Watch => {
    const watching = client.watch(graph.http, { query, authorization: credentials(), ...more });
    onTestFinished(() => watching.close());
    return watching;
  };
  const refusal = async (watching: Watch): Promise<any> => {
    const end = await watching.end();
    if (!('errors' in end)) throw new Error(`expected errors, got ${JSON.stringify(end)}`);
    return end.errors[0].extensions;
  };

  it('gets events in order, each with its cursor, and is forgotten when it goes', async () => {
    const graph = await start();
    const watching = watch(graph);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', ...events(0, 5));
    const answers = await watching.nexts(5);
    expect(answers.map(idOf)).toEqual(ids(0, 5));
    expect(new Set(answers.map(({ extensions }) => extensions.cursor)).size).toBe(5);
    watching.close();
    await graph.reporter.reported('subscription.ended', {});
  });

  it('resumes at another gateway without loss, gap or double', async () => {
    const one = await start();
    const first = watch(one);
    await one.reporter.reported('subscription.ready');
    await publisher.publish('governance', ...events(0, 3));
    const seen = await first.nexts(2);
    first.close();
    await publisher.publish('governance', ...events(3, 2));
    const two = await start();
    const second = watch(two, { cursor: seen[1].extensions.cursor });
    const missed = await second.nexts(3);
    await two.reporter.reported('subscription.ready', { resumed: true });
    await publisher.publish('governance', ...events(5, 1));
    expect([...seen, ...missed, await second.next()].map(idOf)).toEqual(ids(0, 6));
    expect(missed.map(({ data }) => data.workstreamChanged.replayed)).toEqual([true, true, true]);
  });

  it.each([
    ['garbage', (): string => 'garbage', { code: 'CURSOR_INVALID', reason: 'malformed' }],
    ['another key', (): string => signCursor('other', { p: { governance: publisher.position('governance') } }), { code: 'CURSOR_INVALID', reason: 'signature' }],
    ['the stream before this one', (): string => signCursor('test-key', { p: { governance: [crypto.randomUUID(), 1] } }), { code: 'STREAM_RESET' }],
  ] as const)('is told what is wrong with a cursor: %s', async (_what, cursor, expected) => {
    const graph = await start();
    expect(await refusal(watch(graph, { cursor: cursor() }))).toMatchObject(expected);
  });

  it('is told what it missed when its events are no longer kept', async () => {
    const [epoch, pos] = publisher.position('governance');
    await publisher.publish('governance', ...events(0, 5));
    await publisher.purge('governance', pos + 3);
    const graph = await start();
    const facts: { firstAvailable: string } = await refusal(watch(graph, { cursor: signCursor('test-key', { p: { governance: [epoch, pos] } }) }));
    expect(facts).toMatchObject({ code: 'CURSOR_EXPIRED', hub: 'governance', missed: 3 });
    expect((await watch(graph, { cursor: facts.firstAvailable }).nexts(2)).map(idOf)).toEqual(ids(3, 2));
  });

  it('gets the present first, then what changes', async () => {
    const hubs = { ...testHubs(), alerts: new Map([['a1', { version: 1, severity: 'HIGH' }], ['a2', { version: 1, severity: 'HIGH' }]]) };
    const graph = await start({ hubs });
    const watching = watch(graph, { query: 'subscription { alertChanged(snapshot: true) { replayed alert { id } } }' });
    const present = await watching.nexts(2);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('ops', alertRaised('a3', 'LOW'));
    const all = [...present, await watching.next()].map(({ data }) => [data.alertChanged.alert.id, data.alertChanged.replayed]);
    expect(all).toEqual([['a1', true], ['a2', true], ['a3', false]]);
  });

  it('does not get what its scopes do not cover, and is told so', async () => {
    const graph = await start();
    const watching = watch(graph, { query: 'subscription { workstreamChanged { workstream { id cost } } }' });
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', ...events(0, 1));
    const { data, errors } = await watching.next();
    expect(data.workstreamChanged.workstream).toMatchObject({ id: 'w0', cost: null });
    expect(errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
    expect(await refusal(watch(graph, { query: 'subscription { hubEvents(types: ["org.opshub.bill.*"]) { id } }' }))).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
  });

  it.each([
    ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['too much', `subscription { workstreamChanged { ${Array.from({ length: 400 }, (_, index) => `a${index}: id`).join(' ')} } }`, 'OPERATION_TOO_LARGE'],
  ])('is refused with a code for %s', async (what, text, code) => {
    // Apollo Client parses before it asks
    if (client.name === 'Apollo Client' && what === 'a syntax error') return;
    const graph = await start();
    expect(await refusal(watch(graph, { query: text }))).toMatchObject({ code });
  });

  it('ends with its token, and resumes with another', async () => {
    const graph = await start();
    const watching = watch(graph, { authorization: credentials({ expiresAt: Date.now() / 1_000 + 2 }) });
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', ...events(0, 1));
    await watching.next();
    const facts = await refusal(watching);
    expect(facts).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'expired', cursor: expect.any(String) });
    await publisher.publish('governance', ...events(1, 1));
    expect(idOf(await watch(graph, { cursor: facts.cursor }).next())).toBe('w1');
  });

  it('ends when the gateway stops, and goes on at the next', async () => {
    const one = await start();
    const watching = watch(one);
    await one.reporter.reported('subscription.ready');
    await publisher.publish('governance', ...events(0, 1));
    const { cursor }: { cursor: string } = (await watching.next()).extensions;
    await one.stop();
    const end = await watching.end();
    if ('errors' in end) expect(end.errors[0].extensions).toMatchObject({ code: 'HUB_UNAVAILABLE', cursor, retryAfter: expect.any(Number) });
    await publisher.publish('governance', ...events(1, 1));
    expect(idOf(await watch(await start(), { cursor }).next())).toBe('w1');
  });
});
