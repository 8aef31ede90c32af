import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { openDoor, type Door } from '../../test/harness/door.ts';
import { credentials, startEventGraph, testEventHubs, testHubs, type EventGraph, type EventGraphOptions } from '../../test/harness/event-graph.ts';
import { eventPublisher, type EventPublisher } from '../../test/harness/event-publisher.ts';
import { startNats, type TestNats } from '../../test/harness/nats.ts';
import { createClient, type Client, type ClientOptions, type Report, type Subscription, type SubscriptionValue } from './client.ts';

/** Data of {@link changes}. */
export interface Changed {
  readonly workstreamChanged: { readonly replayed: boolean; readonly workstream: { readonly id: string } };
}
export type Value = SubscriptionValue<Changed>;

export const changes = 'subscription Changes($after: EventCursor, $filter: WorkstreamEventFilter) { workstreamChanged(after: $after, filter: $filter) { replayed workstream { id } } }';
export const alerts = 'subscription($snapshot: Boolean, $filter: AlertEventFilter) { alertChanged(snapshot: $snapshot, filter: $filter) { type alert { id version } } }';
/** Ids of workstreams. */
export const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `w${from + index}`);
const many = () => ({ ...testHubs(), titles: new Map(ids(0, 5_000).map((id) => [id, id])) });
/** What the harness takes for the token of somebody. */
export const token = (facts = {}): string => credentials(facts).replace('Bearer ', '');

/** NATS with its streams, and who publishes into them, for the tests of one file. */
export interface World {
  readonly nats: TestNats;
  readonly publisher: EventPublisher;
}

/** Sets one up before the tests of a file, and takes it down after them. */
export function world(): World {
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
  return { get nats() { return nats; }, get publisher() { return publisher; } };
}

/** A gateway for one test. */
export async function start({ nats }: World, options: EventGraphOptions = {}): Promise<EventGraph> {
  const graph = await startEventGraph({ natsUrl: nats.url, hubs: many(), ...options, settings: { HUBGRAPH_STOP_TIME: '0', ...options.settings } });
  onTestFinished(() => graph.stop());
  return graph;
}

/** The door before a gateway. */
export async function before(graph: EventGraph): Promise<Door> {
  const door = await openDoor(portOf(graph));
  onTestFinished(() => door[Symbol.asyncDispose]());
  return door;
}
/** The port of a gateway. */
export const portOf = ({ http }: EventGraph): number => Number(new URL(http).port);
/** The address of a gateway through its door. */
export const behind = ({ port }: Door): string => `http://127.0.0.1:${port}/graphql`;

/** A client with short pauses, and what it reported. */
export function connect(url: string | string[], options: Partial<ClientOptions> = {}): Client & { readonly reports: Report[] } {
  const reports: Report[] = [];
  const client = createClient({ url, token: () => token(), backoff: { base: 20, longest: 200 }, observe: (report) => reports.push(report), ...options });
  onTestFinished(() => client.close());
  return { ...client, reports };
}

/** The next value of a kind, and all that came before it. */
export async function taken(subscription: Subscription<Changed>, kind: Value['kind']): Promise<Value[]> {
  const values: Value[] = [];
  for (;;) {
    const { value } = await subscription.next();
    if (!value) throw new Error(`the subscription ended before a value of kind ${kind}`);
    values.push(value);
    if (value.kind === kind) return values;
  }
}
/** The ids of the next events. */
export async function events(subscription: Subscription<Changed>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push(idOf((await taken(subscription, 'event')).at(-1)!));
  return found;
}
/** The workstream of an event. */
export const idOf = (value: Value): string => (value.kind === 'event' ? (value.data?.workstreamChanged.workstream.id ?? '') : '');
