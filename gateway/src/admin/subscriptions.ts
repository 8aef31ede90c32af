import { PublicError } from '@hubgraph/kit/errors';
import { MAX_PAGE, type PageArgs } from '@hubgraph/kit/page';
import type { Observed } from '../observe/metrics/metrics.ts';
import type { Client } from '../subscription/clients.ts';
import { NOWHERE } from '../subscription/source.ts';
import type { Subscriber } from '../subscription/subscribe.ts';
import { windowOf } from './window.ts';

/** Arguments of `Query.subscriptions`. */
export interface SubscriptionsArgs extends PageArgs {
  readonly filter?: {
    readonly fields?: readonly string[] | null;
    readonly transports?: readonly string[] | null;
    readonly states?: readonly string[] | null;
    readonly subjects?: readonly string[] | null;
  } | null;
}

/** A subscription with its client, which may be gone in this moment. */
interface Row {
  readonly key: string;
  readonly subscriber: Subscriber;
  readonly client: Client;
}

/** What `Query.subscriptions` answers, as its resolvers want it. */
export function subscriptionsOf({ path, clients }: Observed, args: SubscriptionsArgs) {
  const byName = new Map<string, Client>();
  for (const client of clients) byName.set(client.session.name, client);
  const rows = rowsOf(path.live, byName).filter(fitting(args.filter ?? {})).sort((one, other) => (one.key < other.key ? -1 : 1));
  const { edges, pageInfo } = windowOf(rows, ({ key }) => key, args);
  const shown = edges.map(({ cursor, node }) => ({ cursor, node: shownOf(node, path) }));
  return {
    edges: shown, pageInfo,
    nodes: shown.map(({ node }) => node),
    totalCount: rows.length,
    clients: byName.size,
    classes: ({ first }: { readonly first: number }) => classesOf(rows, first),
    streams: () => [...path.sources.values()].map((source) => {
      const { ready, reason } = source.health();
      const { ringEvents, ringBytes, readers, catchUps, catchUpsWaiting, opens } = source.stats();
      return { hub: source.hub, ready, reason, epoch: source.tail?.[0], tail: source.tail?.[1], ringEvents, ringBytes, readers, catchUps, catchUpsWaiting, consumersOpened: opens };
    }),
  };
}

function rowsOf(live: Iterable<Subscriber>, clients: ReadonlyMap<string, Client>): Row[] {
  const rows: Row[] = [];
  for (const subscriber of live) {
    const client = clients.get(subscriber.socket);
    // names of sessions sort by the time they were made
    if (client) rows.push({ key: `${subscriber.socket}/${subscriber.id}`, subscriber, client });
  }
  return rows;
}

function fitting({ fields, transports, states, subjects }: NonNullable<SubscriptionsArgs['filter']>): (row: Row) => boolean {
  const among = (values: readonly string[] | null | undefined, value: string): boolean => !values || values.includes(value);
  return ({ subscriber, client }) =>
    among(fields, subscriber.field) && among(transports, client.transport.toUpperCase()) && among(subjects, client.session.identity?.sub ?? '') && among(states, subscriber.state);
}

function shownOf({ key, subscriber, client }: Row, path: Observed['path']) {
  const { positions, backlog, ...view } = subscriber.view();
  return {
    ...view,
    id: key,
    client: { id: client.session.name, subject: client.session.identity?.sub, transport: client.transport.toUpperCase(), since: momentOf(client.session.name), subscriptions: client.session.subscribers.size },
    positions: Object.entries(positions).map(([hub, [epoch, position]]) => {
      const tail = path.sources.get(hub)?.tail;
      return { hub, epoch: epoch === NOWHERE[0] ? null : epoch, position, behind: tail?.[0] === epoch ? Math.max(0, tail[1] - position) : 0 };
    }),
    queuedEvents: backlog.events,
    queuedBytes: backlog.bytes,
  };
}

function classesOf(rows: readonly Row[], first: number) {
  if (first < 0 || first > MAX_PAGE) throw new PublicError('BAD_USER_INPUT', `first is ${first}; at most ${MAX_PAGE} classes are told.`, { limit: MAX_PAGE, value: first });
  const classes = [...Map.groupBy(rows, ({ subscriber }) => subscriber.classKey).values()].sort((one, other) => other.length - one.length).slice(0, first);
  return classes.map((members) => {
    const [{ subscriber }] = members as [Row, ...Row[]];
    const { class: id, field, filter } = subscriber.view();
    return {
      id, field, filter,
      subscriptions: members.length,
      live: members.filter((member) => member.subscriber.state === 'LIVE').length,
      delivered: members.reduce((sum, member) => sum + member.subscriber.delivered, 0),
    };
  });
}

/** When a UUIDv7 was made. */
function momentOf(uuid: string): Date {
  return new Date(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16));
}
