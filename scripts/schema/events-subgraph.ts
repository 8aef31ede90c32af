import type { Feed, FilterField } from '@hubgraph/kit/events';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { type DefinitionNode, isEnumType, isScalarType, isSpecifiedScalarType, Kind, parse, parseType, print, printType, type GraphQLNamedType, type GraphQLSchema, type TypeNode } from 'graphql';
import { GENERATED } from './sdl.ts';

/** Name of the generated subgraph that has every subscription; the gateway answers its fetches from JetStream. */
export const EVENTS_SUBGRAPH = 'events';

/** Scopes of `hubEvents`, and of events that no feed carries. */
export const READ_SCOPES = [['hub:read']] as const;

const HEAD = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])`;

const FIELDS = {
  id: ['ID!', 'CloudEvents id: the same event never comes twice under another id.'],
  cursor: ['EventCursor!', 'Position of this event: subscribe again with `after: <this>` and nothing is lost or doubled.'],
  type: ['String!', 'CloudEvents type such as `org.statehub.workstream.completed`; docs/events.md lists all.'],
  time: ['DateTime!', 'When the change was made.'],
  actor: ['String!', 'Who made it: the subject of the token.'],
  subject: ['String!', 'What changed, as `<noun>/<id>`.'],
  domain: ['Domain', 'The domain that the change belongs to; null when it has none.'],
  replayed: ['Boolean!', 'Whether the event comes from the past, because the subscription resumed behind it, or stands for the present state in a snapshot.'],
} as const satisfies Record<string, readonly [type: string, description: string]>;

/** A feed with the name of its subscription field and its hub. */
export interface NamedFeed {
  readonly field: string;
  readonly feed: Feed;
  readonly definition: HubDefinition;
}

/** The feeds of all hubs in the order of their names. @throws Error when two hubs claim one field or one event type object. */
export function feedsOf(definitions: readonly HubDefinition[]): NamedFeed[] {
  const feeds = definitions.flatMap((definition) => Object.entries(definition.events.feeds).map(([field, feed]) => ({ field, feed, definition })));
  for (const unique of [(feed: NamedFeed) => feed.field, (feed: NamedFeed) => objectTypeOf(feed.feed)]) {
    const seen = new Map<string, string>();
    for (const named of feeds) {
      const other = seen.get(unique(named));
      if (other !== undefined) throw new Error(`subscriptions: ${unique(named)} is declared twice, by ${other} and ${named.definition.manifest.name}`);
      seen.set(unique(named), named.definition.manifest.name);
    }
  }
  return feeds.sort((a, b) => (a.field < b.field ? -1 : 1));
}

/** The object type of a feed's events, such as `WorkstreamEvent`. */
export function objectTypeOf(feed: Feed): string {
  return `${feed.noun}Event`;
}

/** The field of an event object that holds the entity, such as `workstream`. */
export function entityFieldOf(feed: Feed): string {
  return feed.noun.charAt(0).toLowerCase() + feed.noun.slice(1);
}

/** The SDL of the subgraph that turns the hubs' events into subscriptions over entities of the graph. */
export function printEventsSubgraph(definitions: readonly HubDefinition[]): string {
  const feeds = feedsOf(definitions);
  const stubs = [...new Set(feeds.map(({ feed }) => feed.noun))].filter((noun) => noun !== 'Domain').sort();
  const parts = [
    HEAD,
    ...copiedTypes(feeds),
    described('What every event of every hub has.', `interface HubEvent {\n${commonFields()}\n}`),
    described('An event that has no subscription of its own; `type` and `subject` say what happened to what.', `type GenericEvent implements HubEvent {\n${commonFields()}\n}`),
    entityStub('Domain', 'slug', 'String!'),
    ...stubs.map((noun) => entityStub(noun, 'id', 'ID!')),
    ...feeds.flatMap(({ feed }) => [eventObject(feed), filterInput(feed)]),
    described('What can be watched. Order is total within a hub; between hubs it is the order of arrival.', `type Subscription {\n${[...feeds.map(subscriptionField), hubEventsField()].join('\n')}\n}`),
  ];
  return `${GENERATED}\n${print(parse(parts.join('\n\n')))}\n`;
}

function described(description: string, rest: string): string {
  return `${JSON.stringify(description)}\n${rest}`;
}

function commonFields(): string {
  return Object.entries(FIELDS).map(([name, [type, description]]) => described(description, `${name}: ${type}`)).join('\n');
}

/** Without descriptions: those of the hub that owns the noun count. */
function entityStub(noun: string, key: string, type: string): string {
  return `type ${noun} @key(fields: "${key}", resolvable: false) {\n${key}: ${type}\n}`;
}

/** What its events have besides the common fields asks for the scopes of the feed: `hubEvents` leads to it too. */
function eventObject(feed: Feed): string {
  const scopes = JSON.stringify(feed.scopes) === JSON.stringify(READ_SCOPES) ? '' : requiresScopes(feed.scopes);
  const status = feed.status === undefined ? '' : [
    described('State before; null when it was made or when the event changed no state.', `from: ${feed.status} ${scopes}`),
    described('State after; null when the event changed no state.', `to: ${feed.status} ${scopes}`),
  ].join('\n');
  const entity = described('The entity, resolved when the event is delivered: what is below may be newer than the event.', `${entityFieldOf(feed)}: ${feed.noun}!`);
  return described(`An event of ${feed.noun}.`, `type ${objectTypeOf(feed)} implements HubEvent {\n${commonFields()}\n${status}\n${entity}\n}`);
}

function filterInput(feed: Feed): string {
  const fields = Object.entries(feed.filter).map(([name, field]) => described(field.description, `${name}: ${field.type}`));
  return described(`Narrows events of ${feed.noun}: every field given must fit, by any of its values.`, `input ${feed.noun}EventFilter {\n${fields.join('\n')}\n}`);
}

const AFTER = described('Resume behind this cursor, without loss or repetition; without it, only what happens from now on.', 'after: EventCursor');

const SNAPSHOT = described('Begin with the present entities that fit (`replayed: true`, type `....snapshot`), then go on with what changes: nothing is lost or doubled between. A cursor of an incomplete snapshot begins it anew.', 'snapshot: Boolean = false');

function subscriptionField({ field, feed }: NamedFeed): string {
  const filter = Object.keys(feed.filter).length === 0 ? '' : described('Only events that fit.', `filter: ${feed.noun}EventFilter`);
  return described(feed.description, `${field}(${filter} ${AFTER} ${feed.snapshot ? SNAPSHOT : ''}): ${objectTypeOf(feed)}! ${requiresScopes(feed.scopes)}`);
}

function hubEventsField(): string {
  const args = [
    described('Full event types; NATS wildcards are allowed: `org.statehub.task.*`, `org.statehub.>`.', 'types: [String!]!'),
    described('Only events of these domains, by slug.', 'domains: [String!]'),
    AFTER,
  ];
  return described('Events of any type, as they happen.', `hubEvents(${args.join(' ')}): HubEvent! ${requiresScopes(READ_SCOPES)}`);
}

function requiresScopes(scopes: readonly (readonly string[])[]): string {
  return scopes.length === 0 ? '' : `@requiresScopes(scopes: ${JSON.stringify(scopes)})`;
}

/**
 * The scalars and enums that the events need, word for word as their hub declares them: composition wants an enum that
 * stands in both inputs and outputs to be the same everywhere.
 */
function copiedTypes(feeds: readonly NamedFeed[]): string[] {
  const printed = new Map<string, string>([
    ['DateTime', described('A moment: RFC 3339, UTC, such as "2026-03-02T09:30:00.000Z".', 'scalar DateTime')],
    ['EventCursor', described('An opaque, signed position in the event streams. Hand it back as it is.', 'scalar EventCursor')],
  ]);
  for (const { field, feed, definition } of feeds) {
    const wanted = Object.entries(feed.filter).map(([name, filter]) => ({ name: leafOf(filter), where: `filter ${name}` }));
    if (feed.status !== undefined) wanted.push({ name: feed.status, where: 'status' });
    for (const { name, where } of wanted) {
      const text = copy(name, definition.schema, `${definition.manifest.name}: ${field}: ${where}`);
      const other = printed.get(name);
      if (text === undefined || name === 'DateTime' || name === 'EventCursor') continue;
      if (other !== undefined && other !== text) throw new Error(`${definition.manifest.name}: ${field}: ${name} differs from the one of another hub`);
      printed.set(name, text);
    }
  }
  return [...printed.keys()].sort().map((name) => printed.get(name) as string);
}

function copy(name: string, schema: GraphQLSchema, where: string): string | undefined {
  const type: GraphQLNamedType | undefined = schema.getType(name);
  if (isScalarType(type) && isSpecifiedScalarType(type)) return undefined;
  if (['String', 'Int', 'Float', 'Boolean', 'ID'].includes(name)) return undefined;
  if (type === undefined) throw new Error(`${where} names the type ${name}, which the hub's schema does not have`);
  if (!isEnumType(type) && !isScalarType(type)) throw new Error(`${where} names ${name}, which is neither an enum nor a scalar`);
  // directives of the hub's schema stay there: they need not be imported here
  const [definition] = parse(printType(type), { noLocation: true }).definitions as [DefinitionNode];
  return print(definition);
}

function leafOf(filter: FilterField): string {
  let type: TypeNode = parseType(filter.type);
  while (type.kind !== Kind.NAMED_TYPE) type = type.type;
  return type.name.value;
}
