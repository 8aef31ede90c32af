import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, alertRaised, completed, startEventGraph, testEventHubs, testEvents, testHubs, testSchema, type EventGraph, type EventGraphOptions, type TestSchema } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { compose } from '../../test/compose.ts';
import type { EventsFile } from './catalogue.ts';

let nats: TestNats;
let publisher: EventPublisher;

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, { ...testEventHubs, finance: 'finhub' });
  for (const hub of ['governance', 'ops', 'finance']) await publisher.createStream(hub);
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

/** The schema with a part of one hub's text in another's place, wherever it stands. */
function changed(hub: keyof TestSchema, from: string, to: string, schema: TestSchema = testSchema): TestSchema {
  expect(schema[hub].sdl).toContain(from);
  return { ...schema, [hub]: { sdl: schema[hub].sdl.replaceAll(from, to) } };
}
const withEvents = (change: (file: EventsFile) => Partial<EventsFile>): EventsFile => ({ ...testEvents, ...change(testEvents) });

/** With an event type more, and its event. */
const withPaused = withEvents(({ events }) => ({ events: [...events, { ...events[0]!, type: 'org.statehub.workstream.paused' }] }));
const paused = (id: string) => ({ ...activated(id), type: 'org.statehub.workstream.paused' });

const watched = {
  title: 'subscription($after: EventCursor) { workstreamChanged(after: $after) { cursor workstream { id title } } }',
  alerts: 'subscription($after: EventCursor) { workstreamChanged(after: $after) { workstream { id openAlerts } } }',
  filtered: 'subscription($after: EventCursor) { workstreamChanged(filter: { domains: ["custodian"] }, after: $after) { workstream { id } } }',
  alert: 'subscription($after: EventCursor) { alertChanged(after: $after) { alert { id } } }',
  all: 'subscription($after: EventCursor) { hubEvents(types: ["org.>"], after: $after) { type } }',
  few: 'subscription($after: EventCursor) { hubEvents(types: ["org.statehub.workstream.*"], after: $after) { type domain { slug } } }',
};
type Name = keyof typeof watched;
const everything = Object.keys(watched) as Name[];

const edits: [name: string, schema: TestSchema, file: EventsFile, ended: Name[]][] = [
  ['nothing changes', testSchema, testEvents, []],
  ['a field is added', changed('governance', 'title: String! status', 'title: String! colour: String status'), testEvents, []],
  ['an unused field is removed', changed('governance', ' mine: String', ''), testEvents, []],
  ['the type of an unused field changes', changed('governance', 'mine: String', 'mine: [String!]'), testEvents, []],
  ['a used field is removed', changed('governance', ' title: String!', ''), testEvents, ['title']],
  ['the type of a used field changes', changed('ops', 'openAlerts: Int!', 'openAlerts: String'), testEvents, ['alerts']],
  ['a scope that the caller lacks is added to a used field', changed('ops', 'openAlerts: Int!', 'openAlerts: Int @requiresScopes(scopes: [["finance:read"]])'), testEvents, ['alerts']],
  ['a filter field is added', changed('events', 'input WorkstreamEventFilter {', 'input WorkstreamEventFilter { owners: [String!]'), testEvents, []],
  ['a filter field is removed', changed('events', 'domains: [String!] ids', 'ids'), withEvents(({ subscriptions }) => ({ subscriptions: subscriptions.map((feed) => ({ ...feed, filter: feed.filter.filter(({ name }) => name !== 'domains') })) })), ['filtered']],
  ['a feed is removed', changed('events', 'alertChanged(filter: AlertEventFilter, after: EventCursor, snapshot: Boolean = false): AlertEvent! @requiresScopes(scopes: [["hub:read"]])', ''),
    withEvents(({ subscriptions, events }) => ({ subscriptions: subscriptions.filter(({ field }) => field !== 'alertChanged'), events: events.filter(({ field }) => field !== 'alertChanged') })), ['alert', 'all']],
  ['an event type is added to a feed', testSchema, withEvents(({ events }) => ({ events: [...events, { ...events[0]!, type: 'org.statehub.workstream.paused' }] })), []],
  ['the scopes of an event that nobody watches by name change', testSchema, withEvents(({ events }) => ({ events: events.map((event) => (event.type.endsWith('bill.paid') ? { ...event, scopes: [['hub:read']] } : event)) })), ['all']],
  ['the feed asks for a scope that the caller lacks', testSchema, withEvents(({ subscriptions }) => ({ subscriptions: subscriptions.map((feed) => (feed.field === 'alertChanged' ? { ...feed, scopes: [['finance:read']] } : feed)) })), ['alert']],
  ['a type is renamed', { governance: { sdl: testSchema.governance.sdl.replaceAll(/\bWorkstream\b/g, 'Project') }, ops: { sdl: testSchema.ops.sdl.replaceAll(/\bWorkstream\b/g, 'Project') }, events: { sdl: testSchema.events.sdl.replaceAll(/\bWorkstream\b/g, 'Project') } },
    withEvents(({ subscriptions }) => ({ subscriptions: subscriptions.map((feed) => (feed.entity.type === 'Workstream' ? { ...feed, entity: { ...feed.entity, type: 'Project' } } : feed)) })), ['title', 'alerts', 'filtered']],
];

describe('subscriptions, when', () => {
  it.each(edits)('%s', async (_name, schema, file, ended) => {
    const graph = await start();
    await using client = await graph.client();
    const operations = Object.fromEntries(everything.map((name) => [name, client.subscribe(watched[name], {}, { id: name })]));
    await graph.reporter.reported('subscription.ready', {}, everything.length);
    expect(await graph.enter(schema, file)).toEqual({ kept: everything.length - ended.length, ended: ended.length });
    for (const name of ended) {
      const [error] = await operations[name]!.error();
      expect(error.extensions).toEqual({ code: 'SUPERGRAPH_CHANGED', retryAfter: expect.any(Number), cursor: expect.any(String) });
    }
    await publisher.publish('governance', activated('w1'));
    await publisher.publish('ops', alertRaised('a1', 'ERROR'));
    for (const name of everything.filter((one) => !ended.includes(one))) {
      const { data, errors } = await operations[name]!.next();
      expect(errors).toBeUndefined();
      expect(data).not.toBeNull();
    }
  });
});

describe('a change of the supergraph', () => {
  it('loses and doubles nothing for those who go on and for those who come back, while events keep coming', async () => {
    const graph = await start();
    await using client = await graph.client();
    const kept = client.subscribe(watched.filtered);
    const ended = client.subscribe(watched.title);
    await graph.reporter.reported('subscription.ready', {}, 2);
    const ids = Array.from({ length: 300 }, (_, index) => `w${index % 10}`);
    const publishing = (async () => {
      for (const id of ids) await publisher.publish('governance', activated(id));
    })();
    await kept.nexts(20);
    const without = changed('governance', ' title: String!', '');
    await graph.enter(without);
    let got = 0;
    let message = await ended.message();
    for (; message.type === 'next'; message = await ended.message()) got++;
    const { code, cursor } = message.payload[0].extensions;
    expect(code).toBe('SUPERGRAPH_CHANGED');
    // the same events under a selection that the new graph has
    const rest = client.subscribe('subscription($after: EventCursor) { workstreamChanged(after: $after) { workstream { id status } } }', { after: cursor });
    await publishing;
    const seen = await rest.nexts(ids.length - got);
    expect(seen.map(({ data }) => data.workstreamChanged.workstream.id)).toEqual(ids.slice(got));
    expect((await kept.nexts(ids.length - 20)).map(({ data }) => data.workstreamChanged.workstream.id)).toEqual(ids.slice(20));
  });

  it('lets queries under way end on the old one', async () => {
    const graph = await start();
    const [reached, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    Object.defineProperty(graph.hubs, 'gate', {
      get() {
        reached.resolve();
        return open.promise;
      },
    });
    await using client = await graph.client();
    const asked = client.subscribe('{ workstream(id: "w1") { title openAlerts } }');
    await reached.promise;
    await graph.enter(changed('governance', ' title: String!', ''));
    open.resolve();
    expect(await asked.next()).toEqual({ data: { workstream: { title: 'Workstream 1', openAlerts: 3 } } });
    expect((await client.subscribe('{ workstream(id: "w1") { title } }').error())[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('brings new feeds and follows the streams that are added', async () => {
    const graph = await start();
    const schema = changed('events', 'alertChanged(', 'budgetChanged(after: EventCursor): BudgetEvent! alertChanged(', changed('events', 'type GenericEvent', 'type BudgetEvent implements HubEvent { id: ID! cursor: EventCursor! type: String! time: DateTime! actor: String! subject: String! domain: Domain replayed: Boolean! workstream: Workstream! } type GenericEvent'));
    const file = withEvents(({ streams, events, subscriptions }) => ({
      streams: [...streams, { hub: 'finance', stream: 'EVENTS_FINANCE', eventHub: 'finhub' }],
      events: [...events, { type: 'org.finhub.budget.frozen', version: 1, hub: 'finance', field: 'budgetChanged', objectType: 'BudgetEvent', scopes: [['hub:read']] }],
      subscriptions: [...subscriptions, { ...subscriptions[0]!, field: 'budgetChanged', hub: 'finance', objectType: 'BudgetEvent', filter: [], hasStatus: false }],
    }));
    await using client = await graph.client();
    const old = client.subscribe(watched.title);
    await graph.reporter.reported('subscription.ready');
    expect(await graph.enter(schema, file)).toEqual({ kept: 1, ended: 0 });
    const budgets = client.subscribe('subscription { budgetChanged { type workstream { title } } }', {}, { id: 'b' });
    await graph.reporter.reported('subscription.ready', { id: 'b' });
    await publisher.publish('finance', { type: 'org.finhub.budget.frozen', data: { id: 'w4' } });
    expect(await budgets.next()).toMatchObject({ data: { budgetChanged: { type: 'org.finhub.budget.frozen', workstream: { title: 'Workstream 4' } } } });
    await publisher.publish('governance', completed('w2'));
    expect((await old.next()).data.workstreamChanged.workstream.id).toBe('w2');
    expect(graph.subscriptions.health().map(({ part }) => part)).toContain('gateway.events.finance');
    await graph.enter(testSchema);
    expect((await budgets.error())[0].extensions.code).toBe('SUPERGRAPH_CHANGED');
    expect(graph.subscriptions.health().map(({ part }) => part)).not.toContain('gateway.events.finance');
  });

  it('leaves the cursors of a feed good that has another event type since', async () => {
    const graph = await start();
    await using client = await graph.client();
    const live = client.subscribe(watched.title);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const { cursor } = (await live.next()).data.workstreamChanged;
    await publisher.publish('governance', activated('w5'));
    await live.next();
    await graph.enter(testSchema, withPaused);
    await publisher.publish('governance', paused('w6'));
    expect((await live.next()).data.workstreamChanged.workstream.id).toBe('w6');
    expect((await client.subscribe(watched.title, { after: cursor }).next()).data.workstreamChanged.workstream.id).toBe('w5');
  });

  it('gives a subscription the event types that are added, from then on, in order with the others', async () => {
    const graph = await start();
    await using client = await graph.client();
    const kept = client.subscribe(watched.all);
    await graph.reporter.reported('subscription.ready');
    const batch = Array.from({ length: 100 }, (_, index) => (index % 3 === 2 ? paused('w1') : activated('w2')));
    await publisher.publish('governance', ...batch);
    await kept.nexts(10);
    expect(await graph.enter(testSchema, withPaused)).toEqual({ kept: 1, ended: 0 });
    await publisher.publish('governance', ...batch, completed('w3'));
    const types: string[] = [];
    while (types.at(-1) !== 'org.statehub.workstream.completed') types.push((await kept.next()).data.hubEvents.type);
    // of those before the change, the new type was not asked for
    expect(types.slice(-101)).toEqual([...batch.map(({ type }) => type), 'org.statehub.workstream.completed']);
    expect(types.slice(0, -101).filter((type) => type.endsWith('activated'))).toHaveLength(67 - 10);
  });

  it('ends one that is in a snapshot when event types are added', async () => {
    const graph = await start({ hubs: { ...testHubs(), alerts: new Map([['a1', { version: 1, severity: 'ERROR' }]]) } });
    await using client = await graph.client();
    const operation = client.subscribe('subscription { alertChanged(snapshot: true) { alert { id } } }');
    await operation.next();
    await graph.reporter.reported('subscription.ready');
    const file = withEvents(({ events }) => ({ events: [...events, { ...events.find(({ field }) => field === 'alertChanged')!, type: 'org.opshub.alert.muted' }] }));
    expect(await graph.enter(testSchema, file)).toEqual({ kept: 0, ended: 1 });
    expect((await operation.error())[0].extensions).toMatchObject({ code: 'SUPERGRAPH_CHANGED', cursor: expect.any(String) });
  });

  it('gives them also to one that is reading the log, and nothing twice', async () => {
    const graph = await start({ settings: { HUBGRAPH_WS_QUEUE_EVENTS: '5' } });
    await using client = await graph.client();
    const before = client.subscribe(watched.title);
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w0'));
    const { cursor } = (await before.next()).data.workstreamChanged;
    const ids = Array.from({ length: 400 }, (_, index) => `w${index % 10}`);
    await publisher.publish('governance', ...ids.map((id) => activated(id)));
    await before.nexts(ids.length);
    const behind = client.subscribe(watched.title, { after: cursor });
    const seen = (await behind.nexts(7)).map(({ data }) => data.workstreamChanged.workstream.id);
    expect(await graph.enter(testSchema, withPaused)).toEqual({ kept: 2, ended: 0 });
    await publisher.publish('governance', paused('w7'));
    seen.push(...(await behind.nexts(ids.length - 7 + 1)).map(({ data }) => data.workstreamChanged.workstream.id));
    expect(seen).toEqual([...ids, 'w7']);
  });

  it('finds prepared what was asked before, and what the new graph refuses is refused', async () => {
    const graph = await start();
    await using client = await graph.client();
    for (const source of ['{ workstreams { title } }', '{ workstreams { id } }', '{ workstream(id: "w1") { id } }']) await client.subscribe(source).next();
    const { schema } = graph.engine;
    expect((await graph.engine.stage(compose(testSchema))).warmed).toBe(3);
    expect((await graph.engine.stage(compose(changed('governance', ' title: String!', '')))).warmed).toBe(2);
    expect(graph.engine.schema).toBe(schema);
  });
});
