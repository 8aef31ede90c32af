import { describe, expect, it } from 'vitest';
import { activated, alertRaised } from '../../test/harness/event-graph.ts';
import { until } from '../../test/harness/until.ts';
import { watch } from './client.ts';
import { alerts, before, behind, changes, connect, events, idOf, start, taken, world, type Changed } from './world.fixture.ts';

const here = world();

describe('many subscriptions', () => {
  it('share sockets, as many as the gateway lets each have', async () => {
    const graph = await start(here);
    const client = connect(graph.http, { transport: 'ws' });
    const all = Array.from({ length: 150 }, (_, index) => client.subscribe<Changed>(changes, { filter: { ids: [`w${index}`] } }));
    await Promise.all(all.map((one) => taken(one, 'ready')));
    expect(graph.subscriptions.sockets).toBe(2);
    await here.publisher.publish('governance', activated('w149'));
    expect(await events(all[149]!, 1)).toEqual(['w149']);
  });
});

describe('a quiet subscription', () => {
  it('moves on in the log although nothing in it passes its filter', async () => {
    const graph = await start(here, { settings: { HUBGRAPH_WS_KEEPALIVE: '100' } });
    const client = connect(graph.http, { transport: 'ws' });
    const watching = client.subscribe<Changed>(changes, { filter: { ids: ['w7'] } });
    const [ready] = await taken(watching, 'ready');
    const waiting = watching.next();
    await here.publisher.publish('governance', activated('w1'));
    await until('the place to move', () => watching.cursor !== (ready as { cursor: string }).cursor);
    const after = watching.cursor!;
    await watching.return();
    expect(await waiting).toMatchObject({ done: true });
    const [, position] = here.publisher.position('governance');
    await here.publisher.publish('governance', activated('w7'));
    await here.publisher.purge('governance', position);
    const again = connect((await start(here)).http, { transport: 'ws' }).subscribe<Changed>(changes, { filter: { ids: ['w7'] } }, { after });
    expect((await taken(again, 'event')).map(idOf)).toEqual(['w7']);
  });
});

describe('auto', () => {
  it('takes server-sent events where sockets do not get through', async () => {
    const { http } = await start(here);
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
    const graph = await start(here);
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
    await here.publisher.publish('ops', alertRaised('a450', 'HIGH'));
    await until('the new alert', () => watched.entities.has('a450'));

    await door.lock();
    await until('the interruption', () => !watched.isCurrent);
    hubs.alerts.delete('a0');
    await here.publisher.deleteStream('ops');
    await here.publisher.createStream('ops');
    await graph.reporter.reported('stream.reset', { hub: 'ops' });
    const current = new Promise<void>((resolve) => (changed = () => !watched.entities.has('a0') && resolve()));
    await door.unlock();
    await current;
    expect(watched.entities.size).toBe(450);
    await watched.stop();
    await watched.ended;
  });

  it('cannot be asked of a document that has no variable for it', async () => {
    const { http } = await start(here);
    expect(() => connect(http).subscribe(changes, {}, { snapshot: true })).toThrow('no variable $snapshot');
  });
});
