import { identityOf, type Identity } from '@hubgraph/kit/identity';
import { PublicError } from '@hubgraph/kit/errors';
import { readConfig } from '@hubgraph/kit/config';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { createApp } from '../../gateway/src/http/app.ts';
import { mountGraphql } from '../../gateway/src/http/graphql.ts';
import { createEngine, type Engine } from '../../gateway/src/query/engine.ts';
import { localCaller } from '../../gateway/src/hubs/local.ts';
import type { EventsFile } from '../../gateway/src/subscription/catalogue.ts';
import { attachSubscriptions, type Subscriptions } from '../../gateway/src/subscription/server.ts';
import { subscriptionConfig } from '../../gateway/src/subscription/settings.ts';
import { compose, testHub, type TestSubgraph } from '../../gateway/test/compose.ts';
import type { Revoked } from '../../gateway/src/subscription/tenure.ts';
import type { EventFacts } from './event-publisher.ts';
import { waitingReporter, type WaitingReporter } from './reporter.ts';
import { connectClient, type TestClient, type TestClientOptions } from './subscriber.ts';

/** SDL of the made-up hubs, by name. */
export type TestSchema = Readonly<Record<'governance' | 'ops' | 'events', TestSubgraph>>;

const governance: TestSubgraph = {
  sdl: `
    type Query { workstream(id: ID!): Workstream workstreams: [Workstream!]! }
    type Mutation { rename(id: ID!, title: String!): Workstream! }
    enum WorkstreamStatus { PROPOSED ACTIVE COMPLETED }
    type Workstream @key(fields: "id") { id: ID! title: String! status: WorkstreamStatus! domain: Domain! mine: String }
    type Domain @key(fields: "slug") { slug: String! name: String! }
  `,
};
const ops: TestSubgraph = {
  sdl: `
    type Query { alert(id: ID!): Alert alerts(first: Int, after: String, filter: AlertFilter, orderBy: AlertOrder): AlertConnection @requiresScopes(scopes: [["hub:read"]]) }
    input AlertFilter { severities: [String!] open: Boolean }
    enum AlertOrder { CREATED }
    type AlertConnection { nodes: [Alert!]! pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean! endCursor: String }
    type Workstream @key(fields: "id") { id: ID! openAlerts: Int! cost: Int @requiresScopes(scopes: [["finance:read"]]) }
    type Alert @key(fields: "id") { id: ID! title: String! version: Int! workstream: Workstream! }
  `,
};
const HUB_EVENT = 'id: ID! cursor: EventCursor! type: String! time: DateTime! actor: String! subject: String! domain: Domain replayed: Boolean!';
const events: TestSubgraph = {
  sdl: `
    scalar EventCursor
    scalar DateTime
    type Query { _events: Boolean @inaccessible }
    type Subscription {
      workstreamChanged(filter: WorkstreamEventFilter, after: EventCursor): WorkstreamEvent! @requiresScopes(scopes: [["hub:read"]])
      alertChanged(filter: AlertEventFilter, after: EventCursor, snapshot: Boolean = false): AlertEvent! @requiresScopes(scopes: [["hub:read"]])
      hubEvents(types: [String!]!, domains: [String!], after: EventCursor): HubEvent!
    }
    input WorkstreamEventFilter { domains: [String!] ids: [ID!] statuses: [WorkstreamStatus!] }
    input AlertEventFilter { severities: [String!] ids: [ID!] }
    interface HubEvent { ${HUB_EVENT} }
    type WorkstreamEvent implements HubEvent { ${HUB_EVENT} from: WorkstreamStatus to: WorkstreamStatus workstream: Workstream! }
    type AlertEvent implements HubEvent { ${HUB_EVENT} alert: Alert! }
    type GenericEvent implements HubEvent { ${HUB_EVENT} }
    enum WorkstreamStatus { PROPOSED ACTIVE COMPLETED }
    type Workstream @key(fields: "id", resolvable: false) { id: ID! }
    type Alert @key(fields: "id", resolvable: false) { id: ID! }
    type Domain @key(fields: "slug", resolvable: false) { slug: String! }
  `,
};

/** The hubs' schemas before any change. */
export const testSchema: TestSchema = { governance, ops, events };

const READ = [['hub:read']];
const workstreamEvent = (verb: string) => ({ type: `org.statehub.workstream.${verb}`, version: 1, hub: 'governance', field: 'workstreamChanged', objectType: 'WorkstreamEvent', scopes: READ });

/** What `npm run schema` would write for these hubs. */
export const testEvents: EventsFile = {
  streams: [{ hub: 'governance', stream: 'EVENTS_GOVERNANCE', eventHub: 'statehub' }, { hub: 'ops', stream: 'EVENTS_OPS', eventHub: 'opshub' }],
  events: [
    workstreamEvent('proposed'), workstreamEvent('activated'), workstreamEvent('completed'),
    { type: 'org.statehub.progress.recorded', version: 1, hub: 'governance', field: null, objectType: 'GenericEvent', scopes: READ },
    { type: 'org.opshub.alert.raised', version: 1, hub: 'ops', field: 'alertChanged', objectType: 'AlertEvent', scopes: READ },
    { type: 'org.opshub.alert.noticed', version: 1, hub: 'ops', field: 'alertChanged', objectType: 'AlertEvent', scopes: READ, changesNothing: true },
    { type: 'org.opshub.bill.paid', version: 1, hub: 'ops', field: null, objectType: 'GenericEvent', scopes: [['finance:read']] },
  ],
  subscriptions: [
    { field: 'workstreamChanged', hub: 'governance', objectType: 'WorkstreamEvent', entity: { field: 'workstream', type: 'Workstream', key: 'id', path: 'data.id' }, scopes: READ, hasStatus: true,
      filter: [{ name: 'domains', path: 'domain', type: '[String!]' }, { name: 'ids', path: 'data.id', type: '[ID!]' }, { name: 'statuses', path: 'data.to', type: '[WorkstreamStatus!]' }],
      snapshot: null },
    { field: 'alertChanged', hub: 'ops', objectType: 'AlertEvent', entity: { field: 'alert', type: 'Alert', key: 'id', path: 'data.id' }, scopes: READ, hasStatus: false,
      filter: [{ name: 'severities', path: 'data.severity', type: '[String!]' }, { name: 'ids', path: 'data.id', type: '[ID!]' }],
      snapshot: { list: 'alerts', order: 'CREATED', filter: { severities: 'severities' }, unless: { open: true } } },
  ],
};
export const testEventHubs = { governance: 'statehub', ops: 'opshub' };

/** Knobs of the made-up hubs. */
export interface TestHubs {
  /** Workstreams that exist; others are null. */
  readonly titles: Map<string, string>;
  /** Alerts that are open, by id, oldest first. */
  readonly alerts: Map<string, { version: number; severity: string }>;
  /** Called before each page of alerts is read. */
  onPage?: (page: number) => Promise<void>;
  /** The ops hub throws this instead of answering. */
  down?: Error;
  /** Awaited by the ops hub before it answers. */
  gate?: Promise<void>;
  /** `_entities` calls that reached the governance hub. */
  entityCalls: number;
}

/** A gateway over two made-up hubs. */
export interface EventGraph extends AsyncDisposable {
  /** For sockets. */
  readonly url: string;
  /** For requests. */
  readonly http: string;
  readonly engine: Engine;
  readonly hubs: TestHubs;
  readonly reporter: WaitingReporter;
  readonly subscriptions: Subscriptions;
  /** Calls that the hubs got so far. */
  hubCalls(): number;
  /** Goes over to another schema and events; the hubs themselves stay as they are. */
  enter(schema: TestSchema, events?: EventsFile): Promise<{ readonly kept: number; readonly ended: number }>;
  client(identity?: Partial<Parameters<typeof identityOf>[0]>, options?: TestClientOptions): Promise<TestClient>;
  stop(): Promise<void>;
}

/** How a test wants its gateway. */
export interface EventGraphOptions {
  readonly natsUrl?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly cursorKeys?: readonly string[];
  readonly development?: boolean;
  readonly hubs?: TestHubs;
  /** Of the gateway before it, for clients that come back. */
  readonly port?: number;
  readonly revocations?: Revoked;
}

/** The credentials of tests: the identity's facts themselves. */
export function credentials(facts: Partial<Parameters<typeof identityOf>[0]> = {}): string {
  return `Bearer ${Buffer.from(JSON.stringify({ sub: 'ada', roles: ['viewer'], ...facts })).toString('base64url')}`;
}

/** Whose {@link credentials} they are. */
export async function identify(authorization: string | undefined): Promise<Identity | undefined> {
  if (authorization === undefined) return undefined;
  try {
    return identityOf(JSON.parse(Buffer.from(authorization.replace(/^Bearer /, ''), 'base64url').toString()));
  } catch {
    throw new PublicError('UNAUTHENTICATED', 'no');
  }
}

/** Workstreams `w0` to `w9` exist. */
export function testHubs(): TestHubs {
  return { titles: new Map(Array.from({ length: 10 }, (_, index) => [`w${index}`, `Workstream ${index}`])), alerts: new Map(), entityCalls: 0 };
}

/** Starts a gateway on a free port of the loopback. */
export async function startEventGraph(options: EventGraphOptions): Promise<EventGraph> {
  const { hubs = testHubs(), development = true, cursorKeys = ['test-key'] } = options;
  const workstream = (id: string, context?: { identity?: Identity }) => {
    const title = hubs.titles.get(id);
    return title === undefined ? null : { __typename: 'Workstream', id, title, status: 'ACTIVE', domain: { slug: 'custodian', name: 'Custodian' }, mine: context?.identity?.sub };
  };
  const answers = async <Value>(value: Value): Promise<Value> => {
    await hubs.gate;
    if (hubs.down) throw hubs.down;
    return value;
  };
  const resolvers = {
    governance: {
      Query: { workstream: (_: unknown, { id }: { id: string }, context: object) => workstream(id, context), workstreams: () => [...hubs.titles.keys()].map((id) => workstream(id)) },
      Mutation: {
        rename: (_: unknown, { id, title }: { id: string; title: string }) => {
          hubs.titles.set(id, title);
          return workstream(id);
        },
      },
      Workstream: { __resolveReference: ({ id }: { id: string }, context: object) => (hubs.entityCalls++, workstream(id, context)) },
      Domain: { __resolveReference: ({ slug }: { slug: string }) => ({ slug, name: slug.toUpperCase() }) },
    },
    ops: {
      Query: {
        alert: () => null,
        async alerts(_: unknown, { first, after, filter }: { first: number; after?: string; filter: { severities?: string[]; open?: boolean } }) {
          if (filter.open !== true) throw new Error('the list is asked for open alerts only');
          const from = Number(after ?? 0);
          await hubs.onPage?.(from / first);
          const wanted = [...hubs.alerts].filter(([, { severity }]) => filter.severities?.includes(severity) ?? true);
          const nodes = wanted.slice(from, from + first).map(([id, { version }]) => ({ id, version, title: `Alert ${id}`, workstream: { id: 'w1' } }));
          return answers({ nodes, pageInfo: { hasNextPage: from + first < wanted.length, endCursor: String(from + first) } });
        },
      },
      Workstream: { __resolveReference: ({ id }: { id: string }) => answers({ id, openAlerts: 3, cost: 7 }) },
      Alert: { __resolveReference: ({ id }: { id: string }) => answers({ id, title: `Alert ${id}`, version: hubs.alerts.get(id)?.version ?? 1, workstream: { id: 'w1' } }) },
    },
  };
  const running = [testHub('governance', { ...governance, resolvers: resolvers.governance }), testHub('ops', { ...ops, resolvers: resolvers.ops })];
  const log = pino({ level: 'silent' });
  const engine = createEngine({ supergraphSdl: compose({ governance, ops, events }), callers: new Map(running.map((hub) => [hub.definition.manifest.name, localCaller(hub)])), log, development: true });
  const reporter = waitingReporter();
  const identifyBy = async (authorization: string | undefined): Promise<Identity | undefined> => {
    const identity = await identify(authorization);
    if (identity) options.revocations?.check(identity);
    return identity;
  };
  const app = createApp({ log, largestBody: { ordinary: 262_144, ingest: 262_144 }, identify: identifyBy });
  const { server } = app;
  const settings = readConfig(subscriptionConfig, options.settings ?? {});
  const subscriptions = attachSubscriptions(server, { engine, identify: identifyBy, revocations: options.revocations, events: testEvents, natsUrl: options.natsUrl, cursorKeys, settings, development, log, reporter });
  mountGraphql(app, { engine, streams: subscriptions.streams, identify: identifyBy });
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const stop = async (): Promise<void> => {
    await subscriptions.stop();
    server.closeAllConnections();
    await app.close();
  };
  return {
    url, http: url.replace('ws:', 'http:'), engine, hubs, reporter, subscriptions, stop,
    hubCalls: () => running.reduce((sum, { received }) => sum + received.length, 0),
    enter: async (schema, file = testEvents) => subscriptions.enter(await engine.stage(compose(schema)), file),
    client: (facts, more) => connectClient(url, { authorization: credentials(facts), ...more }),
    [Symbol.asyncDispose]: stop,
  };
}

const event = (type: string, data: Record<string, unknown>, domain?: string): EventFacts => ({ type, data, ...(domain === undefined ? {} : { domain }) });

/** Events of the made-up hubs. */
export const activated = (id: string, domain = 'custodian'): EventFacts => event('org.statehub.workstream.activated', { id, from: 'PROPOSED', to: 'ACTIVE' }, domain);
export const completed = (id: string, domain = 'custodian'): EventFacts => event('org.statehub.workstream.completed', { id, from: 'ACTIVE', to: 'COMPLETED' }, domain);
export const progressRecorded = (id: string): EventFacts => event('org.statehub.progress.recorded', { id });
export const alertRaised = (id: string, severity: string): EventFacts => event('org.opshub.alert.raised', { id, severity });
export const alertRepeated = (id: string, severity: string, version: number): EventFacts => event('org.opshub.alert.raised', { id, severity, version });
export const alertNoticed = (id: string, severity: string, version: number): EventFacts => event('org.opshub.alert.noticed', { id, severity, version });
export const billPaid = (id: string): EventFacts => event('org.opshub.bill.paid', { id });
