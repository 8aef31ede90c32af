import { PublicError } from '@hubgraph/kit/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, alertRaised, billPaid, completed, progressRecorded, startEventGraph, testEventHubs, type EventGraph } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';

let nats: TestNats;
let publisher: EventPublisher;
let graph: EventGraph;

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
beforeEach(() => graph.reporter.forget());

const watchTitles = 'subscription($filter: WorkstreamEventFilter) { workstreamChanged(filter: $filter) { type workstream { id title openAlerts } } }';

describe('a live subscription', () => {
  it('answers an event with entities of two hubs', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { changed: workstreamChanged { __typename id cursor type actor subject replayed domain { slug name } from to workstream { title openAlerts } } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const { data, errors, extensions } = await watch.next();
    expect(errors).toBeUndefined();
    expect(data.changed).toMatchObject({
      __typename: 'WorkstreamEvent', type: 'org.statehub.workstream.activated', actor: 'tester', subject: 'thing/w1', replayed: false, from: 'PROPOSED', to: 'ACTIVE',
      domain: { slug: 'custodian', name: 'CUSTODIAN' }, workstream: { title: 'Workstream 1', openAlerts: 3 },
    });
    expect(data.changed.cursor).toBe(extensions.cursor);
  });

  it('follows an entity to a third of another hub', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { alertChanged { alert { title workstream { title domain { name } } } } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('ops', alertRaised('a1', 'HIGH'));
    expect((await watch.next()).data.alertChanged.alert).toEqual({ title: 'Alert a1', workstream: { title: 'Workstream 1', domain: { name: 'Custodian' } } });
  });

  it('keeps the order of a burst', async () => {
    await using client = await graph.client();
    const watch = client.subscribe(watchTitles);
    await graph.reporter.reported('subscription.ready');
    const ids = Array.from({ length: 200 }, (_, index) => `w${index % 10}`);
    await publisher.publish('governance', ...ids.map((id) => activated(id)));
    expect((await watch.nexts(200)).map(({ data }) => data.workstreamChanged.workstream.id)).toEqual(ids);
  });

  it('ends with complete, and nothing comes after', async () => {
    await using client = await graph.client();
    const watch = client.subscribe(watchTitles);
    await graph.reporter.reported('subscription.ready');
    watch.complete();
    await graph.reporter.reported('subscription.ended', { reason: 'complete' });
    await publisher.publish('governance', activated('w1'));
    await graph.reporter.reported('event.dispatched', { seats: 0 });
    const answer = client.subscribe('{ workstream(id: "w1") { id } }');
    await answer.next();
    expect(watch.waiting).toEqual([]);
  });

  it('ends when the socket goes', async () => {
    const client = await graph.client();
    client.subscribe(watchTitles);
    await graph.reporter.reported('subscription.ready');
    client.socket.terminate();
    await graph.reporter.reported('subscription.ended', { reason: 'socket' });
  });
});

describe('filters', () => {
  it('pass what they name, and only that, before anything is asked of a hub', async () => {
    await using client = await graph.client();
    const byDomain = client.subscribe(watchTitles, { filter: { domains: ['stack', 'custodian'] } });
    const byStatus = client.subscribe(watchTitles, { filter: { statuses: ['COMPLETED'], domains: ['infotech'] } });
    const byId = client.subscribe('subscription { workstreamChanged(filter: { ids: ["w3"] }) { workstream { id } } }');
    await graph.reporter.reported('subscription.ready', {}, 3);
    const before = graph.hubs.entityCalls;
    await publisher.publish('governance', activated('w1', 'infotech'), activated('w2', 'stack'), completed('w3', 'infotech'), completed('w4', 'custodian'));
    expect((await byDomain.nexts(2)).map(({ data }) => data.workstreamChanged.workstream.id)).toEqual(['w2', 'w4']);
    expect((await byStatus.next()).data.workstreamChanged.workstream.id).toBe('w3');
    expect((await byId.next()).data.workstreamChanged.workstream.id).toBe('w3');
    // w2 and w4 once each, w3 for the one class; `{ id }` alone asks no hub
    expect(graph.hubs.entityCalls - before).toBe(3);
    expect([byDomain, byStatus, byId].flatMap(({ waiting }) => waiting)).toEqual([]);
  });

  it.each([
    ['an empty list', watchTitles, { filter: { domains: [] } }, 'filter.domains is empty'],
    ['no types', 'subscription { hubEvents(types: []) { id } }', {}, 'types is empty'],
    ['a type of no hub', 'subscription { hubEvents(types: ["org.nohub.>"]) { id } }', {}, 'No hub has events'],
    ['a type that no hub records', 'subscription { hubEvents(types: ["org.statehub.workstream.vanished"]) { id } }', {}, 'No hub has events'],
    ['a pattern that is none', 'subscription { hubEvents(types: ["org.>.x"]) { id } }', {}, 'is not made of words'],
    ['a wrong enum', watchTitles, { filter: { statuses: ['GONE'] } }, '"filter.statuses[0]"; the value does not exist in the enum "WorkstreamStatus"'],
  ])('refuses %s', async (_, query, variables, words) => {
    await using client = await graph.client();
    const [error] = await client.subscribe(query, variables).error();
    expect(error.message).toContain(words);
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('hubEvents', () => {
  it('takes patterns over several hubs and gives each event its type', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { hubEvents(types: ["org.statehub.*.recorded", "org.opshub.>", "org.statehub.workstream.completed"]) { __typename type domain { slug } ... on WorkstreamEvent { workstream { title } } ... on AlertEvent { alert { title } } } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'), progressRecorded('p1'), completed('w2'));
    const first = await watch.nexts(2);
    await publisher.publish('ops', alertRaised('a2', 'LOW'));
    const all = [...first, await watch.next()].map(({ data }) => data.hubEvents);
    expect(all).toEqual([
      { __typename: 'GenericEvent', type: 'org.statehub.progress.recorded', domain: null },
      { __typename: 'WorkstreamEvent', type: 'org.statehub.workstream.completed', domain: { slug: 'custodian' }, workstream: { title: 'Workstream 2' } },
      { __typename: 'AlertEvent', type: 'org.opshub.alert.raised', domain: null, alert: { title: 'Alert a2' } },
    ]);
  });

  it('shows only events that the token may see', async () => {
    await using viewer = await graph.client();
    await using allocator = await graph.client({ roles: ['allocator'] });
    const query = 'subscription { hubEvents(types: ["org.opshub.>"]) { type } }';
    const seen = viewer.subscribe(query);
    const all = allocator.subscribe(query);
    await graph.reporter.reported('subscription.ready', {}, 2);
    await publisher.publish('ops', billPaid('b1'), alertRaised('a3', 'LOW'));
    expect((await all.nexts(2)).map(({ data }) => data.hubEvents.type)).toEqual(['org.opshub.bill.paid', 'org.opshub.alert.raised']);
    expect((await seen.next()).data.hubEvents.type).toBe('org.opshub.alert.raised');
    const [error] = await viewer.subscribe('subscription { hubEvents(types: ["org.opshub.bill.paid"]) { type } }').error();
    expect(error.extensions).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
  });

  it('narrows by domain', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { hubEvents(types: ["org.>"], domains: ["stack"]) { subject } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'), progressRecorded('p2'), activated('w2', 'stack'));
    expect((await watch.next()).data.hubEvents.subject).toBe('thing/w2');
  });
});

describe('what cannot be answered', () => {
  it('gives null and HUB_UNAVAILABLE for a hub that is down, and goes on', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { workstreamChanged { type workstream { id } } alias: workstreamChanged { type } }');
    expect((await watch.error())[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    const alerts = client.subscribe('subscription { alertChanged { type alert { title } } }');
    await graph.reporter.reported('subscription.ready');
    graph.hubs.down = new PublicError('HUB_UNAVAILABLE', 'away', { hub: 'ops' });
    await publisher.publish('ops', alertRaised('a1', 'LOW'));
    const broken = await alerts.next();
    expect(broken.data).toBeNull();
    expect(broken.errors[0].extensions).toMatchObject({ code: 'HUB_UNAVAILABLE' });
    expect(broken.extensions.cursor).toEqual(expect.any(String));
    graph.hubs.down = undefined;
    await publisher.publish('ops', alertRaised('a2', 'LOW'));
    expect((await alerts.next()).data.alertChanged.alert.title).toBe('Alert a2');
  });

  it('gives an error for an entity that is gone, and goes on', async () => {
    await using client = await graph.client();
    const watch = client.subscribe(watchTitles);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('nobody'), activated('w1'));
    const gone = await watch.next();
    expect(gone.data).toBeNull();
    expect(gone.errors.length).toBeGreaterThan(0);
    expect((await watch.next()).data.workstreamChanged.workstream.title).toBe('Workstream 1');
  });

  it('keeps the rest when a field is withheld', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { workstreamChanged { workstream { title cost } } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const { data, errors } = await watch.next();
    expect(data.workstreamChanged.workstream).toEqual({ title: 'Workstream 1', cost: null });
    expect(errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'] });
  });

  it('says that events are off where there is no NATS', async () => {
    await using offline = await startEventGraph({});
    await using client = await offline.client();
    const [error] = await client.subscribe(watchTitles).error();
    expect(error.extensions).toMatchObject({ code: 'HUB_UNAVAILABLE', hub: 'governance' });
    expect((await client.subscribe('{ workstream(id: "w1") { title } }').next()).data.workstream.title).toBe('Workstream 1');
  });
});

describe('equal subscribers', () => {
  it('share one execution per event and get the same frame, without anybody\'s name in it', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, (_, index) => graph.client({ sub: `viewer ${index}` })));
    const query = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { cursor workstream { title mine } } }';
    const watches = clients.map((client) => client.subscribe(query));
    await using other = await graph.client({ roles: ['allocator'] });
    const otherWatch = other.subscribe(query);
    await graph.reporter.reported('subscription.ready', {}, 11);
    await publisher.publish('governance', activated('w1'));
    const answers = await Promise.all(watches.map((watch) => watch.next()));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0].data.workstreamChanged.workstream.mine).toMatch(/^class:/);
    expect((await otherWatch.next()).extensions.cursor).not.toBe(answers[0].extensions.cursor);
    expect(graph.reporter.heard('event.hydrated')).toHaveLength(2);
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe('queries and mutations over the socket', () => {
  it('answer with the same stages as over HTTP', async () => {
    await using client = await graph.client();
    const query = client.subscribe('query($id: ID!) { workstream(id: $id) { title openAlerts } }', { id: 'w2' });
    expect(await query.next()).toEqual({ data: { workstream: { title: 'Workstream 2', openAlerts: 3 } } });
    expect((await query.message()).type).toBe('complete');
    const mutation = client.subscribe('mutation { rename(id: "w9", title: "New") { title } }');
    expect(await mutation.next()).toEqual({ data: { rename: { title: 'New' } } });
    expect((await mutation.message()).type).toBe('complete');
    const named = client.subscribe('query A { a: __typename } query B { b: __typename }', {}, { operationName: 'B' });
    expect(await named.next()).toEqual({ data: { b: 'Query' } });
    const missing = client.subscribe('query($id: ID!) { workstream(id: $id) { title } }');
    expect((await missing.next()).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it('may have large answers', async () => {
    await using client = await graph.client();
    graph.hubs.titles.set('large', 'x'.repeat(5_000_000));
    const large = client.subscribe('{ workstream(id: "large") { title } }');
    expect((await large.next()).data.workstream.title).toHaveLength(5_000_000);
    expect((await large.message()).type).toBe('complete');
    graph.hubs.titles.delete('large');
  });

  it('may be given up by the client, and the id used again', async () => {
    await using client = await graph.client();
    let open = (): void => undefined;
    graph.hubs.gate = new Promise((resolve) => (open = resolve));
    const slow = client.subscribe('{ workstream(id: "w1") { openAlerts } }', {}, { id: 'same' });
    slow.complete();
    const again = client.subscribe('{ workstream(id: "w1") { title } }', {}, { id: 'same' });
    expect(await again.next()).toEqual({ data: { workstream: { title: 'Workstream 1' } } });
    open();
    graph.hubs.gate = undefined;
    expect((await again.message()).type).toBe('complete');
  });
});
