import { PublicError } from '@hubgraph/kit/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { alertNoticed, alertRepeated, startEventGraph, testEventHubs, testHubs, type EventGraph, type TestHubs } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';

let nats: TestNats;
let publisher: EventPublisher;
let hubs: TestHubs;

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
beforeEach(() => {
  hubs = testHubs();
});

async function start(): Promise<EventGraph> {
  const graph = await startEventGraph({ natsUrl: nats.url, hubs });
  onTestFinished(() => graph.stop());
  return graph;
}
const open = (count: number, severity = 'ERROR'): void => {
  for (let index = 0; index < count; index++) hubs.alerts.set(`a${String(index).padStart(5, '0')}`, { version: 1, severity });
};
/** Changes an alert as its hub would; the event is the caller's to publish, sooner or later. */
const change = (id: string) => {
  const alert = { version: (hubs.alerts.get(id)?.version ?? 0) + 1, severity: 'ERROR' };
  hubs.alerts.set(id, alert);
  return alertRepeated(id, alert.severity, alert.version);
};
const watch = 'subscription($filter: AlertEventFilter, $after: EventCursor, $snapshot: Boolean) { alertChanged(filter: $filter, after: $after, snapshot: $snapshot) { id type replayed alert { id } } }';
const eventOf = (frame: any): { id: string; type: string; replayed: boolean; alert: { id: string } } => frame.data.alertChanged;

it('sends what is present, marked as replayed, and then what changes', async () => {
  open(450);
  const graph = await start();
  await using client = await graph.client();
  const operation = client.subscribe(watch, { snapshot: true });
  const present = (await operation.nexts(450)).map(eventOf);
  expect(present.map(({ alert }) => alert.id)).toEqual([...hubs.alerts.keys()]);
  expect(new Set(present.map(({ type, replayed }) => `${type} ${replayed}`))).toEqual(new Set(['org.opshub.alert.snapshot true']));
  await graph.reporter.reported('subscription.ready');
  await publisher.publish('ops', change('a00003'));
  expect(eventOf(await operation.next())).toMatchObject({ type: 'org.opshub.alert.raised', replayed: false, alert: { id: 'a00003' } });
});

it('sends what happens to an entity that stays as it is', async () => {
  open(1);
  const graph = await start();
  await using client = await graph.client();
  const operation = client.subscribe(watch, { snapshot: true });
  await operation.next();
  await graph.reporter.reported('subscription.ready');
  await publisher.publish('ops', alertNoticed('a00000', 'ERROR', 1));
  expect(eventOf(await operation.next())).toMatchObject({ type: 'org.opshub.alert.noticed', replayed: false, alert: { id: 'a00000' } });
});

it('narrows the snapshot as the events, and refuses what the list cannot', async () => {
  open(3);
  hubs.alerts.set('b', { version: 1, severity: 'CRITICAL' });
  const graph = await start();
  await using client = await graph.client();
  expect(eventOf(await client.subscribe(watch, { snapshot: true, filter: { severities: ['CRITICAL'] } }).next()).alert.id).toBe('b');
  const [error] = await client.subscribe(watch, { snapshot: true, filter: { ids: ['b'] } }).error();
  expect(error).toMatchObject({ message: expect.stringContaining('ids'), extensions: { code: 'BAD_USER_INPUT' } });
});

it('loses and doubles nothing at the seam, whatever changes while it is read and however late the events come', async () => {
  await fc.assert(
    fc.asyncProperty(
      // for each page, and after all: which alerts change, and which of their events are published at once
      fc.array(fc.array(fc.tuple(fc.nat(460), fc.boolean()), { maxLength: 60 }), { minLength: 4, maxLength: 4 }),
      async (rounds) => {
        hubs = testHubs();
        open(450);
        const graph = await start();
        const late: ReturnType<typeof change>[] = [];
        const all: ReturnType<typeof change>[] = [];
        const run = async (round: number): Promise<void> => {
          for (const [index, atOnce] of rounds[round] ?? []) {
            const event = change(`a${String(index).padStart(5, '0')}`);
            all.push(event);
            late.push(event);
            // the order of one hub's events is that of its changes
            if (atOnce) await publisher.publish('ops', ...late.splice(0));
          }
        };
        hubs.onPage = run;
        await using client = await graph.client();
        const operation = client.subscribe(watch, { snapshot: true });
        await graph.reporter.reported('subscription.complete');
        await run(3);
        const last = change('last');
        await publisher.publish('ops', ...late.splice(0), last);
        all.push(last);
        const seen: ReturnType<typeof eventOf>[] = [];
        while (seen.at(-1)?.alert.id !== 'last') seen.push(eventOf(await operation.next()));

        const known = new Map<string, number>();
        for (const { id } of seen.filter(({ type }) => type.endsWith('.snapshot'))) known.set(id.split('/')[0]!, Number(id.split('/')[1]));
        const wanted = all.filter(({ data }) => Number(data.version) > (known.get(String(data.id)) ?? 0)).map(({ data }) => data.id);
        expect(seen.filter(({ type }) => !type.endsWith('.snapshot')).map(({ alert }) => alert.id)).toEqual(wanted);
        await graph.stop();
      },
    ),
    { numRuns: 8 },
  );
});

it('gives three thousand entities exactly once while changes come all the time', async () => {
  open(3_000);
  const graph = await start();
  await using client = await graph.client();
  const versions = new Map<string, number>();
  let changing = true;
  let changes = 0;
  const busy = (async () => {
    for (let round = 0; changing; round++) {
      const events = Array.from({ length: 20 }, (_, index) => change(`a${String((round * 997 + index * 131) % 3_000).padStart(5, '0')}`));
      await publisher.publish('ops', ...events);
      changes += events.length;
    }
  })();
  const calls = graph.hubCalls();
  const operation = client.subscribe(watch, { snapshot: true });
  const seen: ReturnType<typeof eventOf>[] = [];
  let present = 0;
  while (present < 3_000) {
    const event = eventOf(await operation.next());
    seen.push(event);
    if (event.type.endsWith('.snapshot')) present++;
  }
  const asked = graph.hubCalls() - calls;
  changing = false;
  await busy;
  await publisher.publish('ops', change('last'));
  while (seen.at(-1)?.alert.id !== 'last') seen.push(eventOf(await operation.next()));
  // of each entity: its state once, then every later version once and in order
  for (const { id, type, alert } of seen) {
    if (type.endsWith('.snapshot')) versions.set(alert.id, Number(id.split('/')[1]));
    else versions.set(alert.id, (versions.get(alert.id) ?? 0) + 1);
  }
  expect(changes).toBeGreaterThan(0);
  expect(seen.filter(({ type }) => type.endsWith('.snapshot')).map(({ alert }) => alert.id)).toHaveLength(new Set([...hubs.alerts.keys()]).size - 1);
  expect(Object.fromEntries(versions)).toEqual(Object.fromEntries([...hubs.alerts].map(([id, { version }]) => [id, version])));
  // fifteen pages, and entities a hundred at a time, not one by one
  expect(asked).toBeLessThan(300);
});

it('begins anew for a client that was cut off in the middle, and goes on from a cursor behind it', async () => {
  open(450);
  const graph = await start();
  const client = await graph.client();
  const cut = await client.subscribe(watch, { snapshot: true }).nexts(10);
  await client.close();
  await using again = await graph.client();
  const whole = again.subscribe(watch, { after: cut.at(-1)!.extensions.cursor });
  expect((await whole.nexts(450)).map((frame) => eventOf(frame).alert.id)).toEqual([...hubs.alerts.keys()]);
  await publisher.publish('ops', change('a00007'));
  const event = await whole.next();
  await publisher.publish('ops', change('a00008'));
  const resumed = again.subscribe(watch, { after: event.extensions.cursor, snapshot: true });
  expect(eventOf(await resumed.next())).toMatchObject({ type: 'org.opshub.alert.raised', replayed: true, alert: { id: 'a00008' } });
});

it('waits for a hub that is down for a while', async () => {
  open(2);
  hubs.down = new PublicError('HUB_UNAVAILABLE', 'away', { hub: 'ops' });
  let asked = 0;
  hubs.onPage = async () => {
    if (++asked === 3) hubs.down = undefined;
  };
  const graph = await start();
  await using client = await graph.client();
  expect((await client.subscribe(watch, { snapshot: true }).nexts(2)).map((frame) => eventOf(frame).alert.id)).toEqual([...hubs.alerts.keys()]);
});

it('ends with a fault of the hub and does not take it for an empty snapshot', async () => {
  open(2);
  hubs.down = new Error('broken');
  const graph = await start();
  await using client = await graph.client();
  const [error] = await client.subscribe(watch, { snapshot: true }).error();
  expect(error.extensions).toMatchObject({ code: 'INTERNAL' });
});

it('is refused to those who may not read the list', async () => {
  const graph = await start();
  await using client = await graph.client({ roles: [], scopes: ['finance:read'] });
  const [error] = await client.subscribe(watch, { snapshot: true }).error();
  expect(error.extensions).toMatchObject({ code: 'FORBIDDEN' });
});
