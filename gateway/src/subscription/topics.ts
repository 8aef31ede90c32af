import { PublicError } from '@hubgraph/kit/errors';
import type { CloudEvent } from '@hubgraph/kit/events';
import { HUB_EVENTS, valueAt, type Catalogue, type FeedFacts } from './catalogue.ts';
import type { Entry, Positions } from './source.ts';
import { createTopicIndex, type TopicIndex } from './topic-index.ts';

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
  /** What an event must have besides, all of it. */
  readonly restrictions: readonly Restriction[];
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
  const filter = args.filter as Record<string, unknown> | null | undefined;
  const fed = catalogue.events.filter((event) => event.field === field).map((event) => event.type);
  const patterns = patternsOf(feed, filter);
  const types = patterns ? patterns.flatMap((pattern) => typesOf(fed, pattern, `${field} has no events`)) : fed;
  return topic(field, catalogue, patterns ?? [], types, restrictionsOf(feed, filter));
}

/** Values of which an event must have one at `path`. */
export interface Restriction {
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
    types: wanted, restrictions,
    hubs: catalogue.streams.filter(({ hub }) => needed.has(hub)).map(({ hub }) => hub),
    matches: (event) => wanted.has(event.type) && restrictions.every((restriction) => allows(restriction, event)),
  };
}

function allows({ path, values }: Restriction, event: CloudEvent): boolean {
  const value = valueAt(event, path);
  if (Array.isArray(value)) return value.some((element) => values.has(String(element)));
  return value !== undefined && value !== null && values.has(String(value));
}

/** Event types that the filter asks for; undefined when it leaves that open. */
function patternsOf(feed: FeedFacts, filter: Readonly<Record<string, unknown>> | null | undefined): readonly string[] | undefined {
  const name = feed.filter.find(({ path }) => path === 'type')?.name;
  const given = name === undefined ? undefined : filter?.[name];
  if (given === undefined || given === null) return undefined;
  const { values } = restriction(`filter.${name}`, 'type', given);
  if (values.size > MOST_PATTERNS) throw new PublicError('BAD_USER_INPUT', `filter.${name} has ${values.size} patterns; at most ${MOST_PATTERNS} are allowed.`);
  return [...values];
}

function restrictionsOf(feed: FeedFacts, filter: Readonly<Record<string, unknown>> | null | undefined): Restriction[] {
  return feed.filter.flatMap(({ name, path }) => {
    const given = filter?.[name];
    return given === undefined || given === null || path === 'type' ? [] : [restriction(`filter.${name}`, path, given)];
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
  const known = catalogue.events.map(({ type }) => type);
  const hubs = catalogue.streams.map(({ eventHub }) => `org.${eventHub}.>`).join(', ');
  const matching = types.flatMap((pattern) => typesOf(known, pattern, `Known are ${hubs}. No hub has events`));
  const restrictions = domains === undefined || domains === null ? [] : [restriction('domains', 'domain', domains)];
  return topic(HUB_EVENTS, catalogue, types, matching, restrictions);
}

function typesOf(known: readonly string[], pattern: string, who: string): string[] {
  const words = pattern.split('.');
  if (words.some((word, index) => !/^([a-z0-9_]+|\*|>)$/.test(word) || (word === '>' && index < words.length - 1))) {
    throw new PublicError('BAD_USER_INPUT', `The type ${JSON.stringify(pattern.slice(0, 200))} is not made of words, "*" for one word and a last ">" for all the rest.`);
  }
  const matching = known.filter((type) => fits(words, type.split('.')));
  if (matching.length === 0) throw new PublicError('BAD_USER_INPUT', `${who} of type ${JSON.stringify(pattern)}.`);
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
  /** Gives `listener` a seat for the events of `hub` that match `topic`; `sitting` says for how many subscribers, default one. */
  take(hub: string, topic: Topic, listener: Listener, sitting?: () => number): Seat;
  /** Hands an event to every seat it matches; answers how many. `positionsOf` says where readers of these hubs stand. */
  dispatch(hub: string, entry: Entry, positionsOf: (hubs: readonly string[]) => Positions): number;
  /** Seats taken at present. */
  readonly seats: number;
}

/** The events of one hub at the tail for all who ask for the same. */
interface Row {
  readonly topic: Topic;
  /** With how many subscribers each stands for. */
  readonly listeners: Map<Listener, () => number>;
}

const ONE = (): number => 1;

/** Empty topics. */
export function createTopics(): Topics {
  const indexes = new Map<string, TopicIndex<Row>>();
  const rows = new Map<string, Row>();
  let seats = 0;
  const indexOf = (hub: string): TopicIndex<Row> => {
    let index = indexes.get(hub);
    if (!index) indexes.set(hub, (index = createTopicIndex()));
    return index;
  };
  return {
    get seats() { return seats; },
    take(hub, topic, listener, sitting = ONE) {
      const key = `${hub} ${topic.key}`;
      let row = rows.get(key);
      if (!row) {
        rows.set(key, (row = { topic, listeners: new Map() }));
        indexOf(hub).add(row);
      }
      const taken = row;
      taken.listeners.set(listener, sitting);
      seats++;
      return {
        [Symbol.dispose]() {
          if (!taken.listeners.delete(listener)) return;
          seats--;
          if (taken.listeners.size > 0) return;
          indexOf(hub).delete(taken);
          rows.delete(key);
        },
      };
    },
    dispatch(hub, entry, positionsOf) {
      let offered = 0;
      for (const { topic, listeners } of indexOf(hub).matching(entry.event)) {
        const delivery = deliveryOf(hub, entry, positionsOf(topic.hubs), false);
        for (const [listener, sitting] of [...listeners]) {
          if (!listeners.has(listener)) continue;
          offered += sitting();
          listener(delivery);
        }
      }
      return offered;
    },
  };
}

/** Deliveries of events that somebody still holds, by whether they are from the past. */
const shared = new WeakMap<Entry, [live?: Delivery, replayed?: Delivery]>();

/**
 * The delivery of an event to those who stand at these positions. Of a topic that reads one hub it is one object for all of
 * them, so that work can be shared; readers of several hubs seldom stand at the same places.
 */
export function deliveryOf(hub: string, entry: Entry, positions: Positions, replayed: boolean): Delivery {
  if (Object.keys(positions).length > 1) return { hub, entry, positions, replayed };
  let known = shared.get(entry);
  if (!known) shared.set(entry, (known = []));
  return (known[replayed ? 1 : 0] ??= { hub, entry, positions, replayed });
}
