import { signCursor } from '@hubgraph/kit/cursor';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, alertRaised, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import type { TestOperation } from '../../../test/harness/subscriber.ts';

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

const watch = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { cursor replayed workstream { id } } }';
const both = 'subscription($after: EventCursor) { hubEvents(types: ["org.>"], after: $after) { type replayed subject } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `w${from + index}`);
const many = () => ({ ...testHubs(), titles: new Map(ids(0, 5_000).map((id) => [id, id])) });

/** The errors that a subscription with this cursor ends with. */
async function refusal(graph: EventGraph, query: string, after: string, facts = {}): Promise<any> {
  const client = await graph.client(facts);
  const [error] = await client.subscribe(query, { after }).error();
  await client.close();
  return error.extensions;
}

describe('a client that comes back with its cursor', () => {
  it('gets what it missed, once, marked as replayed, and then what happens', async () => {
    const graph = await start();
    const client = await graph.client();
    const first = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', ...ids(0, 4).map((id) => activated(id)));
    const seen = await first.nexts(2);
    await client.close();
    await publisher.publish('governance', ...ids(4, 3).map((id) => activated(id)));
    await graph.reporter.reported('event.dispatched', {}, 7);

    await using again = await graph.client();
    const second = again.subscribe(watch, { after: seen[1].extensions.cursor });
    const missed = await second.nexts(5);
    await graph.reporter.reported('subscription.ready', { resumed: true });
    await publisher.publish('governance', activated('w7'));
    const live = await second.next();
    expect([...seen, ...missed, live].map(idOf)).toEqual(ids(0, 8));
    expect(missed.map(({ data }) => data.workstreamChanged.replayed)).toEqual([true, true, true, true, true]);
    expect(live.data.workstreamChanged.replayed).toBe(false);
  });

  it('may give the cursor beside the operation, as it got it; that one is younger than the argument', async () => {
    const graph = await start();
    await using client = await graph.client();
    const first = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w0'), activated('w1'), activated('w2'));
    const seen = await first.nexts(3);
    const again = client.subscribe(watch, { after: seen[0].extensions.cursor }, { extensions: { cursor: seen[1].extensions.cursor } });
    expect(idOf(await again.next())).toBe('w2');
  });

  it('goes on at another gateway, and over a restart of NATS by kill -9', async () => {
    const options = { hubs: many() };
    const one = await start(options);
    const client = await one.client();
    const first = client.subscribe(watch);
    await one.reporter.reported('subscription.ready');
    const wanted = ids(0, 60);
    const publishing = (async () => {
      for (const id of wanted.slice(0, 20)) await publisher.publish('governance', activated(id));
      await nats.kill();
      await nats.restart();
      for (const id of wanted.slice(20)) await publisher.publish('governance', activated(id));
    })();
    const seen = await first.nexts(30);
    await one.stop();
    const two = await start(options);
    await using again = await two.client();
    const second = again.subscribe(watch, { after: seen.at(-1).extensions.cursor });
    const rest = await second.nexts(30);
    await publishing;
    expect([...seen, ...rest].map(idOf)).toEqual(wanted);
    expect(second.waiting).toEqual([]);
  });

  it('finds the way from deep in the log to the tail while events keep coming', async () => {
    const graph = await start({ hubs: many() });
    const position = publisher.position('governance');
    const wanted = ids(0, 3_000);
    await publisher.publish('governance', ...wanted.slice(0, 2_000).map((id) => activated(id)));
    const fresh = await start({ hubs: many() });
    await fresh.reporter.reported('stream.following', { hub: 'governance' });
    await using client = await fresh.client();
    const resumed = client.subscribe(watch, { after: signCursor('test-key', { p: { governance: position } }) });
    const publishing = publisher.publish('governance', ...wanted.slice(2_000).map((id) => activated(id)));
    const answers = await resumed.nexts(3_000);
    await publishing;
    expect(answers.map(idOf)).toEqual(wanted);
    await graph.stop();
  });

  it('has a place in every hub of hubEvents', async () => {
    const graph = await start();
    const client = await graph.client();
    const first = client.subscribe(both);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const [seen] = await first.nexts(1);
    await publisher.publish('ops', alertRaised('a1', 'LOW'));
    await first.next();
    await client.close();
    await publisher.publish('governance', activated('w2'));
    await publisher.publish('ops', alertRaised('a2', 'LOW'));
    await using again = await graph.client();
    const second = again.subscribe(both, { after: seen.extensions.cursor });
    const subjects = (await second.nexts(3)).map(({ data }) => data.hubEvents.subject);
    expect(subjects.filter((subject) => subject.startsWith('thing/a'))).toEqual(['thing/a1', 'thing/a2']);
    expect(subjects).toContain('thing/w2');
    expect(second.waiting).toEqual([]);
  });

  it('gets all of a hub whose stream did not exist when the cursor was given', async () => {
    await publisher.deleteStream('ops');
    const graph = await start();
    await using client = await graph.client();
    const first = client.subscribe(both);
    await graph.reporter.reported('subscription.current', { hub: 'governance' });
    await publisher.publish('governance', activated('w1'));
    const { cursor } = (await first.next()).extensions;
    await graph.stop();
    await publisher.createStream('ops');
    await publisher.publish('ops', alertRaised('a1', 'LOW'));
    const next = await start();
    await using again = await next.client();
    expect((await again.subscribe(both, { after: cursor }).next()).data.hubEvents).toMatchObject({ subject: 'thing/a1', replayed: true });
  });

  it('may use the cursor of a mutation, also before its event has arrived', async () => {
    const graph = await start();
    await graph.reporter.reported('stream.following', { hub: 'governance' });
    const [epoch, pos] = publisher.position('governance');
    await using client = await graph.client();
    const resumed = client.subscribe(watch, { after: signCursor('test-key', { p: { governance: [epoch, pos + 1] } }) });
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'), activated('w2'));
    expect(idOf(await resumed.next())).toBe('w2');
  });
});

describe('a cursor that cannot be resumed from', () => {
  it.each([
    ['garbage', () => 'garbage', 'malformed'],
    ['signed with another key', () => signCursor('other', { p: { governance: publisher.position('governance') } }), 'signature'],
    ['of a hub that is not read', () => signCursor('test-key', { p: { ops: publisher.position('ops') } }), 'hub'],
    ['of another binding', () => signCursor('test-key', { p: { governance: publisher.position('governance') }, b: 'x' }), 'binding'],
  ])('is CURSOR_INVALID when %s', async (_, cursor, reason) => {
    expect(await refusal(await start(), watch, cursor())).toMatchObject({ code: 'CURSOR_INVALID', reason });
  });

  it.each([['a number', 5], ['a list', ['v1']], ['false', false], ['an object', {}]])('is CURSOR_INVALID when extensions.cursor is %s: nothing is passed over in silence', async (_, cursor) => {
    const graph = await start();
    await using client = await graph.client();
    const [error] = await client.subscribe(watch, {}, { extensions: { cursor } }).error();
    expect(error.extensions).toMatchObject({ code: 'CURSOR_INVALID', reason: 'malformed' });
  });

  it('is CURSOR_INVALID for another filter or other rights, not for another person', async () => {
    const graph = await start();
    await using client = await graph.client();
    const first = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const { cursor } = (await first.next()).extensions;
    const filtered = 'subscription($after: EventCursor) { workstreamChanged(after: $after, filter: { ids: ["w1"] }) { id } }';
    expect(await refusal(graph, filtered, cursor)).toMatchObject({ code: 'CURSOR_INVALID', reason: 'binding' });
    expect(await refusal(graph, watch, cursor, { roles: ['allocator'] })).toMatchObject({ code: 'CURSOR_INVALID', reason: 'binding' });
    graph.reporter.forget();
    await using other = await graph.client({ sub: 'eve' });
    other.subscribe(watch, { after: cursor });
    await graph.reporter.reported('subscription.ready', { resumed: true });
  });

  it('is CURSOR_INVALID when the stream never gets there', async () => {
    const graph = await start();
    const [epoch, pos] = publisher.position('governance');
    expect(await refusal(graph, watch, signCursor('test-key', { p: { governance: [epoch, pos + 1_000] } }))).toMatchObject({ code: 'CURSOR_INVALID', reason: 'ahead', hub: 'governance' });
  });

  it('is CURSOR_EXPIRED when the events are no longer kept; firstAvailable resumes with the first that is', async () => {
    const graph = await start();
    const [epoch, pos] = publisher.position('governance');
    await publisher.publish('governance', ...ids(0, 5).map((id) => activated(id)));
    await publisher.purge('governance', pos + 3);
    const fresh = await start();
    const facts = await refusal(fresh, watch, signCursor('test-key', { p: { governance: [epoch, pos] } }));
    expect(facts).toMatchObject({ code: 'CURSOR_EXPIRED', hub: 'governance', missed: 3 });
    await using client = await fresh.client();
    const resumed = client.subscribe(watch, { after: facts.firstAvailable });
    expect((await resumed.nexts(2)).map(idOf)).toEqual(['w3', 'w4']);
    await graph.stop();
  });

  it('is STREAM_RESET for another generation of the stream, for those who watch and those who come back', async () => {
    const graph = await start();
    await using client = await graph.client();
    const live: TestOperation = client.subscribe('subscription($after: EventCursor) { alertChanged(after: $after) { id } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('ops', alertRaised('a1', 'LOW'));
    const { cursor } = (await live.next()).extensions;
    await publisher.deleteStream('ops');
    await publisher.createStream('ops');
    expect((await live.error())[0].extensions).toMatchObject({ code: 'STREAM_RESET', hub: 'ops' });
    await graph.reporter.reported('stream.following', { hub: 'ops', tail: 0 });
    expect(await refusal(graph, 'subscription($after: EventCursor) { alertChanged(after: $after) { id } }', cursor)).toMatchObject({ code: 'STREAM_RESET', hub: 'ops' });
    const anew = client.subscribe('subscription { alertChanged { alert { id } } }');
    await graph.reporter.reported('subscription.ready', {}, 2);
    await publisher.publish('ops', alertRaised('a2', 'LOW'));
    expect((await anew.next()).data.alertChanged.alert.id).toBe('a2');
  });
});

describe('NATS away', () => {
  it('lets a new subscription wait, and picks it up', async () => {
    await nats.kill();
    const graph = await start();
    await using client = await graph.client();
    const waiting = client.subscribe(watch);
    await graph.reporter.reported('subscription.waiting', { hub: 'governance' });
    expect(graph.subscriptions.health()).toContainEqual(expect.objectContaining({ part: 'gateway.events.governance', ready: false }));
    await nats.restart();
    await graph.reporter.reported('subscription.ready');
    expect(graph.subscriptions.health()).toContainEqual({ part: 'gateway.events.governance', ready: true, reason: undefined });
    await publisher.publish('governance', activated('w1'));
    expect(idOf(await waiting.next())).toBe('w1');
  });

  it('interrupts a subscription without a gap', async () => {
    const graph = await start();
    await using client = await graph.client();
    const live = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    expect(idOf(await live.next())).toBe('w1');
    await nats.kill();
    await nats.restart();
    await publisher.publish('governance', activated('w2'), activated('w3'));
    expect((await live.nexts(2)).map(idOf)).toEqual(['w2', 'w3']);
  });
});
