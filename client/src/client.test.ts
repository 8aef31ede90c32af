import { describe, expect, it } from 'vitest';
import { activated, completed } from '../../test/harness/event-graph.ts';
import { until } from '../../test/harness/until.ts';
import { before, behind, changes, connect, events, idOf, ids, portOf, start, taken, token, world, type Changed } from './world.fixture.ts';

const here = world();

describe.each(['ws', 'sse'] as const)('a subscription over %s', (transport) => {
  it('says when it is current, before there is any event, and hands out what happens then', async () => {
    const { http } = await start(here);
    const client = connect(http, { transport });
    const watching = client.subscribe<Changed>(changes);
    expect((await watching.next()).value).toEqual({ kind: 'ready', cursor: expect.any(String) });
    await here.publisher.publish('governance', activated('w1'), completed('w2'));
    expect((await watching.next()).value).toEqual({ kind: 'event', data: { workstreamChanged: { replayed: false, workstream: { id: 'w1' } } }, cursor: expect.any(String), replayed: false });
    expect(await events(watching, 1)).toEqual(['w2']);
    expect(watching.cursor).toEqual(expect.any(String));
  });

  it('that got no event yet misses none of what happens while it is cut off', async () => {
    const graph = await start(here);
    const door = await before(graph);
    const client = connect(behind(door), { transport });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    await door.lock();
    await here.publisher.publish('governance', activated('w3'));
    expect((await watching.next()).value).toMatchObject({ kind: 'interrupted', reason: expect.stringMatching(/^CONNECTION/) });
    await graph.reporter.reported('event.dispatched');
    await door.unlock();
    const next = await taken(watching, 'event');
    expect(next.map(idOf)).toEqual(['w3']);
    expect(next[0]).toMatchObject({ replayed: true });
  });

  it('gets every event once and in order, over cuts, a restart at the same port, another gateway, and a restart of NATS', async () => {
    const one = await start(here);
    const two = await start(here);
    const [first, second] = [await before(one), await before(two)];
    await second.lock();
    const client = connect([behind(first), behind(second)], { transport, random: () => 0 });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    const wanted = ids(0, 400);
    const publish = async (from: number): Promise<unknown> => here.publisher.publish('governance', ...wanted.slice(from, from + 50).map((id) => activated(id)));
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
    first.leadTo(portOf(await start(here)));
    await first.unlock();
    await see(70);
    // stopped in order, with another gateway at another port
    await publish(150);
    await second.unlock();
    await first.lock();
    await publish(200);
    await see(90);
    await here.nats.kill();
    const publishing = publish(250);
    await here.nats.restart();
    await publishing;
    await publish(300);
    await first.unlock();
    await two.stop();
    await publish(350);
    await see(160);
    expect(seen).toEqual(wanted);
  });

  it('goes on at another gateway when one stops in order', async () => {
    const one = await start(here);
    const two = await start(here);
    const client = connect([one.http, two.http], { transport, random: () => 0 });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    await here.publisher.publish('governance', activated('w1'));
    expect(await events(watching, 1)).toEqual(['w1']);
    await one.stop();
    await here.publisher.publish('governance', activated('w2'));
    const next = await taken(watching, 'event');
    // it may be current before the event comes
    expect(next.map(({ kind }) => kind).filter((kind) => kind !== 'ready')).toEqual(['interrupted', 'event']);
    expect(next.map(idOf).at(-1)).toBe('w2');
  });

  it('notices a gateway whose machine is gone', async () => {
    const graph = await start(here, { settings: { HUBGRAPH_WS_KEEPALIVE: '100' } });
    const door = await before(graph);
    const client = connect(behind(door), { transport, silence: 300 });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    door.freeze();
    await here.publisher.publish('governance', activated('w4'));
    expect(await events(watching, 1)).toEqual(['w4']);
    expect(client.reports.filter(({ kind }) => kind === 'lost')).toMatchObject([{ reason: 'CONNECTION_LOST' }]);
  }, 30_000);

  it('lets a slow consumer take its time, with bounded memory and without loss', async () => {
    const graph = await start(here);
    const door = await before(graph);
    const client = connect(behind(door), { transport, buffer: { values: 20 } });
    const [slow, quick] = [client.subscribe<Changed>(changes), client.subscribe<Changed>(changes)];
    await Promise.all([taken(slow, 'ready'), taken(quick, 'ready')]);
    const wanted = ids(0, 300);
    await here.publisher.publish('governance', ...wanted.map((id) => activated(id)));
    // the slow one's stream ends when 20 events wait for it; the other is not held up
    expect(await events(quick, 300)).toEqual(wanted);
    await graph.reporter.reported('subscription.ended');
    expect(await events(slow, 300)).toEqual(wanted);
  });

  it('hands out a gap for events that are no longer kept, and goes on behind it', async () => {
    const graph = await start(here);
    const client = connect(graph.http, { transport });
    const first = client.subscribe<Changed>(changes);
    await taken(first, 'ready');
    await here.publisher.publish('governance', activated('w0'));
    await events(first, 1);
    const after = first.cursor!;
    await first.return();
    const [, position] = here.publisher.position('governance');
    await here.publisher.publish('governance', ...ids(1, 5).map((id) => activated(id)));
    await here.publisher.purge('governance', position + 3);

    const fresh = connect((await start(here)).http, { transport });
    const stopping = fresh.subscribe<Changed>(changes, {}, { after, onGap: 'stop' });
    expect((await stopping.next()).value).toMatchObject({ kind: 'gap', reason: 'CURSOR_EXPIRED', hub: 'governance', missed: 3, next: 'end' });
    expect(await stopping.next()).toEqual({ done: true, value: undefined });
    const going = fresh.subscribe<Changed>(changes, {}, { after });
    const values = await taken(going, 'event');
    expect(values).toMatchObject([{ kind: 'gap', reason: 'CURSOR_EXPIRED', missed: 3, next: 'firstAvailable' }, { kind: 'event' }]);
    expect([idOf(values[1]!), ...(await events(going, 1))]).toEqual(['w4', 'w5']);
  });

  it('hands out a gap when the stream began anew, or when the cursor is of another subscription', async () => {
    await here.publisher.deleteStream('governance');
    await here.publisher.createStream('governance');
    const graph = await start(here);
    const client = connect(graph.http, { transport });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    await here.publisher.publish('governance', activated('w1'));
    await events(watching, 1);
    await here.publisher.deleteStream('governance');
    await here.publisher.createStream('governance');
    expect((await taken(watching, 'gap')).at(-1)).toMatchObject({ reason: 'STREAM_RESET', hub: 'governance', next: 'present' });
    await taken(watching, 'ready');
    await here.publisher.publish('governance', activated('w2'));
    expect(await events(watching, 1)).toEqual(['w2']);

    const other = client.subscribe<Changed>(changes, { filter: { ids: ['w3'] } }, { after: watching.cursor });
    expect((await other.next()).value).toMatchObject({ kind: 'gap', reason: 'CURSOR_INVALID', next: 'present' });
    await taken(other, 'ready');
    await here.publisher.publish('governance', activated('w3'));
    expect(await events(other, 1)).toEqual(['w3']);
  });

  it('is refused with a typed error, and so is a token', async () => {
    const { http } = await start(here);
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
    const { http } = await start(here);
    let asked = 0;
    const client = connect(http, { transport, token: () => token({ expiresAt: Date.now() / 1_000 + 2, sub: 'ada', roles: ['viewer'], count: asked++ }) });
    const watching = client.subscribe<Changed>(changes);
    await taken(watching, 'ready');
    const wanted = ids(0, 40);
    for (const id of wanted) {
      await here.publisher.publish('governance', activated(id));
      expect(await events(watching, 1)).toEqual([id]);
      await until('a tenth of a second to pass', () => true, { every: 1 });
    }
    await until('a third token', async () => {
      await here.publisher.publish('governance', activated('w9'));
      await events(watching, 1);
      return asked > 2;
    }, { every: 100 });
  });

  it('ends at once by return and by abort, and leaves nothing behind at the gateway', async () => {
    const graph = await start(here);
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
