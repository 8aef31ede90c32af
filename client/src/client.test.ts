import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDoor, type Door } from '../../test/harness/door.ts';
import { activated, alertRaised, completed, credentials, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../test/harness/event-graph.ts';
import { eventPublisher, type EventPublisher } from '../../test/harness/event-publisher.ts';
import { startNats, type TestNats } from '../../test/harness/nats.ts';
import { until } from '../../test/harness/until.ts';
import { createClient, watch, type Client, type ClientOptions, type Report, type Subscription, type SubscriptionValue } from './client.ts';

interface Changed {
  readonly workstreamChanged: { readonly replayed: boolean; readonly workstream: { readonly id: string } };
}
type Value = SubscriptionValue<Changed>;

const changes = 'subscription Changes($after: EventCursor, $filter: WorkstreamEventFilter) { workstreamChanged(after: $after, filter: $filter) { replayed workstream { id } } }';
const alerts = 'subscription($snapshot: Boolean, $filter: AlertEventFilter) { alertChanged(snapshot: $snapshot, filter: $filter) { type alert { id version } } }';
const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `w${from + index}`);
const many = () => ({ ...testHubs(), titles: new Map(ids(0, 5_000).map((id) => [id, id])) });
const token = (facts = {}): string => credentials(facts).replace('Bearer ', '');

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
  const graph = await startEventGraph({ natsUrl: nats.url, hubs: many(), ...options, settings: { HUBGRAPH_STOP_TIME: '0', ...options.settings } });
  onTestFinished(() => graph.stop());
  return graph;
}

/** The door before a gateway. */
async function before(graph: EventGraph): Promise<Door> {
  const door = await openDoor(portOf(graph));
  onTestFinished(() => door[Symbol.asyncDispose]());
  return door;
}
const portOf = ({ http }: EventGraph): number => Number(new URL(http).port);
const behind = ({ port }: Door): string => `http://127.0.0.1:${port}/graphql`;

/** A client with short pauses, and what it reported. */
function connect(url: string | string[], options: Partial<ClientOptions> = {}): Client & { readonly reports: Report[] } {
  const reports: Report[] = [];
  const client = createClient({ url, token: () => token(), backoff: { base: 20, longest: 200 }, observe: (report) => reports.push(report), ...options });
  onTestFinished(() => client.close());
  return { ...client, reports };
}

/** The next value of a kind, and all that came before it. */
async function taken(subscription: Subscription<Changed>, kind: Value['kind']): Promise<Value[]> {
  const values: Value[] = [];
  for (;;) {
    const { value } = await subscription.next();
    if (!value) throw new Error(`the subscription ended before a value of kind ${kind}`);
    values.push(value);
    if (value.kind === kind) return values;
  }
}
/** The ids of the next events. */
async function events(subscription: Subscription<Changed>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push(idOf((await taken(subscription, 'event')).at(-1)!));
  return found;
}
const idOf = (value: Value): string => (value.kind === 'event' ? (value.data?.workstreamChanged.workstream.id ?? '') : '');

describe.each(['ws', 'sse'] as const)('a subscription over %s', (transport) => {
  it('says when it is current, before there is any event, and hands out what happens then', async () => {
    const { http } = await start();
    const client = connect(http, { transport });
    const watching = client.subscribe<Changed>(changes);
    expect((await watching.next()).value).toEqual({ kind: 'ready', cursor: expect.any(String) });
    await publisher.publish('governance', activated('w1'), completed('w2'));
    expect((await watching.next()).value).toEqual({ kind: 'event', data: { workstreamChanged: { replayed: false, workstream: { id: 'w1' } } }, cursor: expect.any(String), replayed: false });
    expect(await events(watching, 1)).toEqual(['w2']);
    expect(watching.cursor).toEqual(expect.any(String));
  });

  it('that got no event yet misses none of what happens while it is cut off', async () => {
    const graph = await start();
    const door = await before(graph);
    const client = connect(behind(door), { transport });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    await door.lock();
    await publisher.publish('governance', activated('w3'));
    expect((await watching.next()).value).toMatchObject({ kind: 'interrupted', reason: expect.stringMatching(/^CONNECTION/) });
    await graph.reporter.reported('event.dispatched');
    await door.unlock();
    const next = await taken(watching, 'event');
    expect(next.map(idOf)).toEqual(['w3']);
    expect(next[0]).toMatchObject({ replayed: true });
  });

  it('gets every event once and in order, over cuts, a restart at the same port, another gateway, and a restart of NATS', async () => {
    const one = await start();
    const two = await start();
    const [first, second] = [await before(one), await before(two)];
    await second.lock();
    const client = connect([behind(first), behind(second)], { transport, random: () => 0 });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    const wanted = ids(0, 400);
    const publish = async (from: number): Promise<unknown> => publisher.publish('governance', ...wanted.slice(from, from + 50).map((id) => activated(id)));
    const seen: string[] = [];
    const see = async (count: number): Promise<unknown> => seen.push(...(await events(watching, count)));

    await publish(0);
    await see(20);
    first.cut();
    await publish(50);
    await see(60);
    // killed, and another one in its place at the same port
    await first.lock();
    await publish(100);
    await one.stop();
    first.leadTo(portOf(await start()));
    await first.unlock();
    await see(70);
    // stopped in order, with another gateway at another port
    await publish(150);
    await second.unlock();
    await first.lock();
    await publish(200);
    await see(90);
    await nats.kill();
    const publishing = publish(250);
    await nats.restart();
    await publishing;
    await publish(300);
    await first.unlock();
    await two.stop();
    await publish(350);
    await see(160);
    expect(seen).toEqual(wanted);
  });

  it('goes on at another gateway when one stops in order', async () => {
    const one = await start();
    const two = await start();
    const client = connect([one.http, two.http], { transport, random: () => 0 });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    await publisher.publish('governance', activated('w1'));
    expect(await events(watching, 1)).toEqual(['w1']);
    await one.stop();
    await publisher.publish('governance', activated('w2'));
    const next = await taken(watching, 'event');
    expect(next.map(({ kind }) => kind)).toEqual(['interrupted', 'event']);
    expect(next.map(idOf).at(-1)).toBe('w2');
  });

  it('notices a gateway whose machine is gone', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_KEEPALIVE: '100' } });
    const door = await before(graph);
    const client = connect(behind(door), { transport, silence: 300 });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    door.freeze();
    await publisher.publish('governance', activated('w4'));
    expect(await events(watching, 1)).toEqual(['w4']);
    expect(client.reports.filter(({ kind }) => kind === 'lost')).toMatchObject([{ reason: 'CONNECTION_LOST' }]);
  }, 30_000);

  it('lets a slow consumer take its time, with bounded memory and without loss', async () => {
    const graph = await start();
    const door = await before(graph);
    const client = connect(behind(door), { transport, buffer: { values: 20 } });
    const [slow, quick] = [client.subscribe<Changed>(changes), client.subscribe<Changed>(changes)];
    await Promise.all([taken(slow, 'ready'), taken(quick, 'ready')]);
    const wanted = ids(0, 300);
    await publisher.publish('governance', ...wanted.map((id) => activated(id)));
    // the slow one's stream ends when 20 events wait for it; the other is not held up
    expect(await events(quick, 300)).toEqual(wanted);
    await graph.reporter.reported('subscription.ended');
    expect(await events(slow, 300)).toEqual(wanted);
  });

  it('hands out a gap for events that are no longer kept, and goes on behind it', async () => {
    const graph = await start();
    const client = connect(graph.http, { transport });
    const first = client.subscribe<Changed>(changes);
    await taken(first, 'ready');
    await publisher.publish('governance', activated('w0'));
    await events(first, 1);
    const after = first.cursor!;
    await first.return();
    const [, position] = publisher.position('governance');
    await publisher.publish('governance', ...ids(1, 5).map((id) => activated(id)));
    await publisher.purge('governance', position + 3);

    const fresh = connect((await start()).http, { transport });
    const stopping = fresh.subscribe<Changed>(changes, {}, { after, onGap: 'stop' });
    expect((await stopping.next()).value).toMatchObject({ kind: 'gap', reason: 'CURSOR_EXPIRED', hub: 'governance', missed: 3, next: 'end' });
    expect(await stopping.next()).toEqual({ done: true, value: undefined });
    const going = fresh.subscribe<Changed>(changes, {}, { after });
    const values = await taken(going, 'event');
    expect(values).toMatchObject([{ kind: 'gap', reason: 'CURSOR_EXPIRED', missed: 3, next: 'firstAvailable' }, { kind: 'event' }]);
    expect([idOf(values[1]!), ...(await events(going, 1))]).toEqual(['w4', 'w5']);
  });

  it('hands out a gap when the stream began anew, or when the cursor is of another subscription', async () => {
    await publisher.deleteStream('governance');
    await publisher.createStream('governance');
    const graph = await start();
    const client = connect(graph.http, { transport });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    await publisher.publish('governance', activated('w1'));
    await events(watching, 1);
    await publisher.deleteStream('governance');
    await publisher.createStream('governance');
    expect((await taken(watching, 'gap')).at(-1)).toMatchObject({ reason: 'STREAM_RESET', hub: 'governance', next: 'present' });
    await taken(watching, 'ready');
    await publisher.publish('governance', activated('w2'));
    expect(await events(watching, 1)).toEqual(['w2']);

    const other = client.subscribe<Changed>(changes, { filter: { ids: ['w3'] } }, { after: watching.cursor });
    expect((await other.next()).value).toMatchObject({ kind: 'gap', reason: 'CURSOR_INVALID', next: 'present' });
    await taken(other, 'ready');
    await publisher.publish('governance', activated('w3'));
    expect(await events(other, 1)).toEqual(['w3']);
  });

  it('is refused with a typed error, and so is a token', async () => {
    const { http } = await start();
    const client = connect(http, { transport });
    await expect(client.subscribe('subscription { hubEvents(types: ["org.opshub.bill.paid"]) { type } }').next()).rejects.toMatchObject({ name: 'HubgraphError', code: 'FORBIDDEN', facts: { missingScopes: ['finance:read'] } });
    await expect(client.subscribe('subscription { nothing }').next()).rejects.toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
    await expect(client.subscribe('subscription {').next()).rejects.toMatchObject({ code: 'GRAPHQL_PARSE_FAILED' });
    let asked = 0;
    const stranger = connect(http, { transport, token: () => `nobody${asked++}` });
    const refused = stranger.subscribe(changes);
    expect((await refused.next()).value).toMatchObject({ kind: 'interrupted', reason: 'UNAUTHENTICATED' });
    await expect(refused.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toBe(2);
  });

  it('goes on with new tokens when the old ones end', async () => {
    const { http } = await start();
    let asked = 0;
    const client = connect(http, { transport, token: () => token({ expiresAt: Date.now() / 1_000 + 2, sub: 'ada', roles: ['viewer'], count: asked++ }) });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    const wanted = ids(0, 40);
    for (const id of wanted) {
      await publisher.publish('governance', activated(id));
      expect(await events(watching, 1)).toEqual([id]);
      await until('a tenth of a second to pass', () => true, { every: 1 });
    }
    await until('a third token', async () => {
      await publisher.publish('governance', activated('w9'));
      await events(watching, 1);
      return asked > 2;
    }, { every: 100 });
  });

  it('ends at once by return and by abort, and leaves nothing behind at the gateway', async () => {
    const graph = await start();
    const client = connect(graph.http, { transport });
    const abort = new AbortController();
    const [one, two] = [client.subscribe<Changed>(changes), client.subscribe<Changed>(changes, {}, { signal: abort.signal })];
    await Promise.all([taken(one, 'ready'), taken(two, 'ready')]);
    const waiting = [one.next(), two.next()];
    await one.return();
    abort.abort();
    expect(await Promise.all(waiting)).toEqual([{ done: true, value: undefined }, { done: true, value: undefined }]);
    await graph.reporter.reported('subscription.ended', {}, 2);
    await until('connections to be gone', () => graph.subscriptions.sockets === 0);
  });
});

describe('many subscriptions', () => {
  it('share sockets, as many as the gateway lets each have', async () => {
    const graph = await start();
    const client = connect(graph.http, { transport: 'ws' });
    const all = Array.from({ length: 150 }, (_, index) => client.subscribe<Changed>(changes, { filter: { ids: [`w${index}`] } }));
    await Promise.all(all.map((one) => taken(one, 'ready')));
    expect(graph.subscriptions.sockets).toBe(2);
    await publisher.publish('governance', activated('w149'));
    expect(await events(all[149]!, 1)).toEqual(['w149']);
  });
});

describe('a quiet subscription', () => {
  it('moves on in the log although nothing in it passes its filter', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_KEEPALIVE: '100' } });
    const client = connect(graph.http, { transport: 'ws' });
    const watching = client.subscribe<Changed>(changes, { filter: { ids: ['w7'] } });
    const [ready] = await taken(watching, 'ready');
    const waiting = watching.next();
    await publisher.publish('governance', activated('w1'));
    await until('the place to move', () => watching.cursor !== (ready as { cursor: string }).cursor);
    const after = watching.cursor!;
    await watching.return();
    expect(await waiting).toMatchObject({ done: true });
    const [, position] = publisher.position('governance');
    await publisher.publish('governance', activated('w7'));
    await publisher.purge('governance', position);
    const again = connect((await start()).http, { transport: 'ws' }).subscribe<Changed>(changes, { filter: { ids: ['w7'] } }, { after });
    expect((await taken(again, 'event')).map(idOf)).toEqual(['w7']);
  });
});

describe('auto', () => {
  it('takes server-sent events where sockets do not get through', async () => {
    const { http } = await start();
    class Blocked extends EventTarget {
      constructor() {
        super();
        queueMicrotask(() => this.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' })));
      }
      send(): void {}
      close(): void {}
    }
    const client = connect(http, { webSocket: Blocked as never });
    const watching = client.subscribe<Changed>(changes);
    expect((await taken(watching, 'ready')).map(({ kind }) => kind)).toEqual(['interrupted', 'ready']);
    expect(client.reports.map(({ kind, transport }) => `${kind} ${transport}`)).toEqual(['connecting ws', 'lost ws', 'connecting sse', 'connected sse']);
  });
});

describe('a watched map', () => {
  it('holds what is present, follows what changes, and is made anew after a gap', async () => {
    const graph = await start();
    const door = await before(graph);
    const hubs = graph.hubs;
    for (let index = 0; index < 450; index++) hubs.alerts.set(`a${index}`, { version: 1, severity: 'HIGH' });
    const client = connect(behind(door), { transport: 'ws' });
    interface Alerts { readonly alertChanged: { readonly alert: { readonly id: string; readonly version: number } } }
    let changed = (): void => undefined;
    const watched = watch(client.subscribe<Alerts>(alerts, {}, { snapshot: true }), { key: ({ alertChanged }) => alertChanged.alert.id, entity: ({ alertChanged }) => alertChanged.alert, changed: () => changed() });
    await watched.ready;
    expect(watched.entities.size).toBe(450);
    expect(watched.isCurrent).toBe(true);

    hubs.alerts.set('a450', { version: 1, severity: 'HIGH' });
    await publisher.publish('ops', alertRaised('a450', 'HIGH'));
    await until('the new alert', () => watched.entities.has('a450'));

    await door.lock();
    await until('the interruption', () => !watched.isCurrent);
    hubs.alerts.delete('a0');
    await publisher.deleteStream('ops');
    await publisher.createStream('ops');
    await graph.reporter.reported('stream.reset', { hub: 'ops' });
    const current = new Promise<void>((resolve) => (changed = () => !watched.entities.has('a0') && resolve()));
    await door.unlock();
    await current;
    expect(watched.entities.size).toBe(450);
    await watched.stop();
    await watched.ended;
  });

  it('cannot be asked of a document that has no variable for it', async () => {
    const { http } = await start();
    expect(() => connect(http).subscribe(changes, {}, { snapshot: true })).toThrow('no variable $snapshot');
  });
});
