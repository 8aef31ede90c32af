import type { CloudEvent } from '@hubgraph/kit/events';
import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { getNamedType, isObjectType, type GraphQLSchema } from 'graphql';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../query/engine.ts';
import { valueAt, type FeedFacts } from './catalogue.ts';
import type { Entry } from './source.ts';

/** The present entities of a feed, and the seam between them and the events that follow. */
export interface Snapshot {
  readonly feed: FeedFacts;
  /**
   * The entities, oldest first, each as an entry that is no event of the stream (its `seq` is 0). Ends with the last one;
   * what changes meanwhile is left to the events behind the position that was taken before the first.
   *
   * @throws PublicError `HUB_UNAVAILABLE` when the hub does not answer for {@link PATIENCE_MS}.
   */
  read(signal: AbortSignal): AsyncIterable<Entry>;
  /** Whether an event behind the snapshot's position says something that the snapshot did not say already. */
  isNews(event: CloudEvent): boolean;
  /** Whether every event from now on is news. */
  isOver(): boolean;
}

export interface SnapshotOptions {
  readonly engine: Engine;
  readonly feed: FeedFacts;
  /** Second word of the hub's event types. */
  readonly eventHub: string;
  /** Whether the events of a type leave the entity as it is. */
  changesNothing(type: string): boolean;
  /** The subscription's own `filter`, coerced. */
  readonly filter: Readonly<Record<string, unknown>> | null | undefined;
  /** Whom the hubs are asked for. */
  readonly identity: Identity;
}

/** Entities that are asked for at once. */
const PAGE = 200;
const PATIENCE_MS = 15_000;
const RETRY_MS = 250;
/** Hubs' clocks may differ by this much from ours, and a change may take as long from its moment to its commit. */
const MARGIN_MS = 120_000;

interface Listed {
  readonly id: string;
  readonly version?: number;
  readonly status?: string;
  readonly domain?: { readonly slug: string } | null;
}

/** What versions are counted by: the entity, or what it is the present one of. */
const keyOf = (node: Listed, { snapshot }: FeedFacts): string => String(snapshot?.per ? valueAt(node, snapshot.per.node) : node.id);

/**
 * Prepares a snapshot; nothing is read before {@link Snapshot.read}.
 *
 * Exactly once at the seam without a lock: the position in the stream is taken first, then the entities are read page by
 * page, then the events behind the position follow. What changed in between is in both, so the version of each entity that
 * was read is kept until no event can be as old: an event that says no later version is not sent.
 *
 * @throws PublicError `BAD_USER_INPUT` when the feed has none, or cannot be narrowed so.
 */
export function createSnapshot({ engine, feed, eventHub, changesNothing, filter, identity }: SnapshotOptions): Snapshot {
  const { snapshot, entity } = feed;
  if (!snapshot) throw new PublicError('BAD_USER_INPUT', `${feed.field} has no snapshot.`);
  const wanted = filterOf(feed, filter);
  const source = documentOf(engine.schema, feed);
  const type = `org.${eventHub}.${entity.type.replace(/(?<=.)([A-Z])/g, '.$1').toLowerCase()}.snapshot`;
  let versions: Map<string, number | undefined> | undefined = new Map();
  let readAt = Number.POSITIVE_INFINITY;

  const page = async (after: string | null, signal: AbortSignal): Promise<{ nodes: Listed[]; next: string | null }> => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const prepared = await engine.prepare({ source, identity });
      const result = 'errors' in prepared ? prepared : await engine.execute(prepared, { variables: { after, filter: wanted }, identity, signal });
      const list = 'data' in result ? (result.data as { list: { nodes: Listed[]; pageInfo: { hasNextPage: boolean; endCursor: string } } | null } | null | undefined)?.list : undefined;
      if (list && !result.errors?.length) return { nodes: list.nodes, next: list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null };
      signal.throwIfAborted();
      const [error] = result.errors ?? [];
      const code = error?.extensions?.code;
      const isOutage = code === 'HUB_UNAVAILABLE' || code === 'TIMEOUT';
      if (!isOutage || performance.now() > deadline) throw new PublicError(isOutage ? 'HUB_UNAVAILABLE' : 'INTERNAL', `The snapshot of ${feed.field} could not be read.`, { hub: feed.hub }, { cause: error });
      await delay(RETRY_MS, undefined, { signal });
    }
  };

  return {
    feed,
    isOver: () => versions === undefined,
    async *read(signal) {
      for (let after: string | null = null, more = true; more; ) {
        const { nodes, next } = await page(after, signal);
        for (const node of nodes) {
          versions?.set(keyOf(node, feed), node.version);
          yield entryOf(type, entity.type, node);
        }
        after = next;
        more = next !== null;
      }
      readAt = Date.now();
    },
    isNews(event) {
      if (versions === undefined || changesNothing(event.type)) return true;
      if (Date.parse(event.time) > readAt + MARGIN_MS) {
        versions = undefined;
        return true;
      }
      const key = String(valueAt(event, snapshot.per?.event ?? entity.path));
      if (!versions.has(key)) return true;
      const [said, known] = [event.data.version, versions.get(key)];
      // what has no version never changes: the snapshot said it all
      return typeof said === 'number' && known !== undefined && said > known;
    },
  };
}

function entryOf(type: string, noun: string, { id, version, status, domain }: Listed): Entry {
  const event: CloudEvent = {
    specversion: '1.0', id: `${id}/${version ?? 1}`, source: '/gateway', type, subject: `${noun.toLowerCase()}/${id}`, time: new Date().toISOString(), datacontenttype: 'application/json', dataschema: '',
    actor: 'system:gateway', ...(domain && { domain: domain.slug }), data: { id, version, from: null, to: status ?? null },
  };
  return { seq: 0, event, raw: EMPTY };
}
/** Stands for the size that one waiting entity counts with. */
const EMPTY = new Uint8Array(512);

/** The list's filter for a subscription's filter. */
function filterOf({ field, snapshot }: FeedFacts, filter: Readonly<Record<string, unknown>> | null | undefined): Record<string, unknown> {
  const given = Object.entries(filter ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const missing = given.filter(([name]) => snapshot?.filter[name] === undefined).map(([name]) => name);
  if (missing.length > 0) throw new PublicError('BAD_USER_INPUT', `A snapshot of ${field} cannot be narrowed by ${missing.join(', ')}.`);
  return { ...snapshot?.unless, ...Object.fromEntries(given.map(([name, value]) => [snapshot?.filter[name] as string, value])) };
}

/** Asks for a page of the list with what every entity's event says of it. */
function documentOf(schema: GraphQLSchema, { snapshot, entity }: FeedFacts): string {
  const list = schema.getQueryType()?.getFields()[snapshot?.list ?? ''];
  const node = schema.getType(entity.type);
  const filter = list?.args.find(({ name }) => name === 'filter');
  if (!list || !filter || !isObjectType(node)) throw new Error(`there is no list ${snapshot?.list} of ${entity.type} to take a snapshot from`);
  const fields = node.getFields();
  const scalars = ['version', 'status'].filter((name) => fields[name]);
  const domain = fields.domain && isObjectType(getNamedType(fields.domain.type)) ? ' domain { slug }' : '';
  const per = snapshot?.per?.node.split('.').reduceRight((inner, name) => (inner ? `${name} { ${inner} }` : name), '') ?? '';
  return `query Snapshot($after: String, $filter: ${filter.type}) { list: ${list.name}(first: ${PAGE}, after: $after, filter: $filter, orderBy: ${snapshot?.order}) { nodes { id ${scalars.join(' ')}${domain} ${per} } pageInfo { hasNextPage endCursor } } }`;
}
