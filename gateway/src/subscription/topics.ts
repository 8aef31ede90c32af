import { PublicError } from '@hubgraph/kit/errors';
import type { CloudEvent } from '@hubgraph/kit/events';
import { HUB_EVENTS, valueAt, type Catalogue, type FeedFacts } from './catalogue.ts';
import type { Entry, Positions } from './source.ts';

/** What a subscription is about: which events of which hubs. Equal keys mean the same events. */
export interface Topic {
  readonly field: string;
  readonly key: string;
  /** The same in the client's words: equal also where the graph has come to know other event types since. */
  readonly asked: string;
  /** Event types that can match. */
  readonly types: ReadonlySet<string>;
  /** Hubs whose streams must be read, in the order of the catalogue. */
  readonly hubs: readonly string[];
  matches(event: CloudEvent): boolean;
}

/** One matching event on its way to everybody who has a seat at its topic. Shared, so that work on it can be shared. */
export interface Delivery {
  readonly hub: string;
  readonly entry: Entry;
  /** Where a reader of the topic stands once it has this event: what its cursor says. */
  readonly positions: Positions;
  /** Recorded before the subscription began, or the present state of a snapshot. */
  readonly replayed: boolean;
  /** Set when it is no event of the stream but an entity of a snapshot that is not complete yet. */
  readonly snapshot?: FeedFacts;
}

/** Gets the matching events of one hub, in order. Must neither wait nor throw. */
export type Listener = (delivery: Delivery) => void;

/** A listener's place; disposing gives it up. */
export type Seat = Disposable;

/** Patterns that one `hubEvents` may name. */
const MOST_PATTERNS = 32;

/**
 * The topic of a subscription field with coerced arguments.
 *
 * @throws PublicError `BAD_USER_INPUT` when no event could ever match.
 */
export function topicOf(catalogue: Catalogue, field: string, args: Readonly<Record<string, unknown>>): Topic {
  if (field === HUB_EVENTS) return hubEventsTopic(catalogue, args as { types: string[]; domains?: string[] | null });
  const feed = catalogue.feed(field);
  if (!feed) throw new PublicError('BAD_USER_INPUT', `No hub feeds the subscription ${field}.`);
  const types = catalogue.events.filter((event) => event.field === field).map((event) => event.type);
  return topic(field, catalogue, [], types, restrictionsOf(feed, args.filter as Record<string, unknown> | null | undefined));
}

/** Values of which an event must have one at `path`. */
interface Restriction {
  readonly path: string;
  readonly values: ReadonlySet<string>;
}

function topic(field: string, catalogue: Catalogue, patterns: readonly string[], types: readonly string[], restrictions: readonly Restriction[]): Topic {
  const wanted = new Set(types);
  const needed = new Set(types.map((type) => catalogue.event(type)?.hub));
  const narrowed = restrictions.map(({ path, values }) => [path, [...values].sort()]);
  return {
    field,
    key: JSON.stringify([field, [...wanted].sort(), narrowed]),
    asked: JSON.stringify([field, [...patterns].sort(), narrowed]),
    types: wanted,
    hubs: catalogue.streams.filter(({ hub }) => needed.has(hub)).map(({ hub }) => hub),
    matches: (event) => wanted.has(event.type) && restrictions.every((restriction) => allows(restriction, event)),
  };
}

function allows({ path, values }: Restriction, event: CloudEvent): boolean {
  const value = valueAt(event, path);
  if (Array.isArray(value)) return value.some((element) => values.has(String(element)));
  return value !== undefined && value !== null && values.has(String(value));
}

function restrictionsOf(feed: FeedFacts, filter: Readonly<Record<string, unknown>> | null | undefined): Restriction[] {
  return feed.filter.flatMap(({ name, path }) => {
    const given = filter?.[name];
    return given === undefined || given === null ? [] : [restriction(`filter.${name}`, path, given)];
  });
}

function restriction(name: string, path: string, given: unknown): Restriction {
  const values = new Set((Array.isArray(given) ? given : [given]).map(String));
  // neither "everything" nor a stream that stays silent for ever is what the client can have meant for sure
  if (values.size === 0) throw new PublicError('BAD_USER_INPUT', `${name} is empty: nothing could ever match. Leave it out to get all.`);
  return { path, values };
}

function hubEventsTopic(catalogue: Catalogue, { types, domains }: { types: readonly string[]; domains?: readonly string[] | null }): Topic {
  if (types.length === 0) throw new PublicError('BAD_USER_INPUT', 'types is empty: nothing could ever match. "org.>" stands for all types.');
  if (types.length > MOST_PATTERNS) throw new PublicError('BAD_USER_INPUT', `types has ${types.length} patterns; at most ${MOST_PATTERNS} are allowed.`);
  const matching = types.flatMap((pattern) => typesOf(catalogue, pattern));
  const restrictions = domains === undefined || domains === null ? [] : [restriction('domains', 'domain', domains)];
  return topic(HUB_EVENTS, catalogue, types, matching, restrictions);
}

function typesOf(catalogue: Catalogue, pattern: string): string[] {
  const words = pattern.split('.');
  if (words.some((word, index) => !/^([a-z0-9_]+|\*|>)$/.test(word) || (word === '>' && index < words.length - 1))) {
    throw new PublicError('BAD_USER_INPUT', `The type ${JSON.stringify(pattern.slice(0, 200))} is not made of words, "*" for one word and a last ">" for all the rest.`);
  }
  const matching = catalogue.events.map(({ type }) => type).filter((type) => fits(words, type.split('.')));
  if (matching.length === 0) {
    const hubs = catalogue.streams.map(({ eventHub }) => `org.${eventHub}.>`).join(', ');
    throw new PublicError('BAD_USER_INPUT', `No hub has events of type ${JSON.stringify(pattern)}. Known are: ${hubs}.`);
  }
  return matching;
}

/** Whether the words of a type fit a pattern, as NATS matches subjects. */
function fits(pattern: readonly string[], words: readonly string[]): boolean {
  const open = pattern.at(-1) === '>';
  if (open ? words.length < pattern.length : words.length !== pattern.length) return false;
  return pattern.every((word, index) => word === '*' || word === '>' || word === words[index]);
}

/** The listeners of all clients, by hub and event type: an event meets each topic once, whatever the number of clients. */
export interface Topics {
  /** Gives `listener` a seat for the events of `hub` that match `topic`. */
  take(hub: string, topic: Topic, listener: Listener): Seat;
  /** Hands an event to every seat it matches; answers how many. `positionsOf` says where readers of these hubs stand. */
  dispatch(hub: string, entry: Entry, positionsOf: (hubs: readonly string[]) => Positions): number;
  /** Seats taken at present. */
  readonly seats: number;
}

interface Row {
  readonly topic: Topic;
  readonly listeners: Set<Listener>;
}

/** Makes an empty index. */
export function createTopics(): Topics {
  // first key: hub and type, which leaves few topics to be matched one by one
  const byType = new Map<string, Map<string, Row>>();
  let seats = 0;
  const placesOf = (hub: string, topic: Topic): string[] => [...topic.types].map((type) => `${hub} ${type}`);
  return {
    get seats() { return seats; },
    take(hub, topic, listener) {
      let row = firstRow(byType, placesOf(hub, topic), topic.key);
      if (!row) {
        row = { topic, listeners: new Set() };
        for (const place of placesOf(hub, topic)) {
          let rows = byType.get(place);
          if (!rows) byType.set(place, (rows = new Map()));
          rows.set(topic.key, row);
        }
      }
      const { listeners } = row;
      listeners.add(listener);
      seats++;
      return {
        [Symbol.dispose]() {
          if (!listeners.delete(listener)) return;
          seats--;
          if (listeners.size > 0) return;
          for (const place of placesOf(hub, topic)) {
            const rows = byType.get(place);
            // an equal topic may have come anew since
            if (rows?.get(topic.key)?.listeners === listeners) rows.delete(topic.key);
            if (rows?.size === 0) byType.delete(place);
          }
        },
      };
    },
    dispatch(hub, entry, positionsOf) {
      let offered = 0;
      for (const { topic, listeners } of byType.get(`${hub} ${entry.event.type}`)?.values() ?? []) {
        if (!topic.matches(entry.event)) continue;
        const delivery: Delivery = { hub, entry, positions: positionsOf(topic.hubs), replayed: false };
        for (const listener of listeners) listener(delivery);
        offered += listeners.size;
      }
      return offered;
    },
  };
}

function firstRow(byType: ReadonlyMap<string, ReadonlyMap<string, Row>>, places: readonly string[], key: string): Row | undefined {
  const [place] = places;
  return place === undefined ? undefined : byType.get(place)?.get(key);
}
