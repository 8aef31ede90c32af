import type { z } from 'zod';
import type { HubManifest } from './hub.ts';

/** A CloudEvents 1.0 envelope in structured JSON mode, with our extension attributes. */
export interface CloudEvent<Data = Record<string, unknown>> {
  readonly specversion: '1.0';
  /** UUIDv7, made when the event was recorded. */
  readonly id: string;
  /** `/hubs/<name>` */
  readonly source: string;
  /** `org.<eventHub>.<noun>.<verb>`; also the NATS subject. */
  readonly type: string;
  /** `<noun>/<id>` of the entity that changed. */
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** `/schema/events/<type>/<version>` */
  readonly dataschema: string;
  readonly actor: string;
  /** Slug of the domain that the change belongs to, when it has one. */
  readonly domain?: string;
  readonly traceparent?: string;
  readonly data: Data;
}

/** One field of a subscription's filter: matches when the event's value at `path` is among the values given. */
export interface FilterField {
  /** SDL type of the argument, such as `[String!]` or `[WorkstreamStatus!]`. */
  readonly type: string;
  /** Where the value stands in the CloudEvent, such as `domain`, `type`, `data.code`. */
  readonly path: string;
  readonly description: string;
}

/** A subscription field: which entity its events carry and how clients may narrow it. */
export interface Feed {
  /** Entity type in the graph, such as `Workstream`; the event object is `<Noun>Event` with a field of the noun's name. */
  readonly noun: string;
  readonly description: string;
  /** Enum of `from` and `to`, when the noun has a lifecycle. */
  readonly status?: string;
  /** OR of ANDs, as in `@requiresScopes`. */
  readonly scopes: readonly (readonly string[])[];
  readonly filter: Readonly<Record<string, FilterField>>;
  /** How the present entities are listed for `snapshot: true`; without it there is no such argument. */
  readonly snapshot?: FeedSnapshot;
}

/** Where the present entities of a feed stand in the graph, for subscribers who begin with a snapshot. */
export interface FeedSnapshot {
  /** Root field with Relay paging, `filter` and `orderBy`; its nodes have `id`, and `version` when they can change. */
  readonly list: string;
  /** An order of the list by what never changes: whoever moves in the list while it is read would be missed. */
  readonly order: string;
  /** The list's own filter field for each of the feed's; a snapshot cannot be narrowed by the others. */
  readonly filter: Readonly<Record<string, string>>;
  /** What the list's filter says unless the subscriber says otherwise, such as the states that count as present. */
  readonly unless?: Readonly<Record<string, readonly string[] | boolean>>;
  /**
   * For nouns that never change but are replaced: that of which the list has the present one each, as a path in the node
   * (of fields without arguments) and in the event. Their versions count on from one to the next, so that an event of one
   * that was replaced before the snapshot is not told after it.
   */
  readonly per?: { readonly node: string; readonly event: string };
}

/** One event type that others may rely on. */
export interface EventType {
  readonly version: number;
  readonly description: string;
  /** Name of the {@link Feed} it reaches clients by, besides `hubEvents`. */
  readonly feed?: string;
  /** OR of ANDs: who may see it by `hubEvents` when no feed carries it; whoever may read hubs when left out. */
  readonly scopes?: readonly (readonly string[])[];
  /** The entity stays as it is, its version too: no state of it ever says what the event says. */
  readonly changesNothing?: boolean;
  /** Shape of `data`; always an object with `id`, the key of the entity. */
  readonly data: z.ZodObject;
}

/** All events of one hub. Keys of `types` are `<noun>.<verb>`, without the hub. */
export interface EventCatalogue<Types extends Readonly<Record<string, EventType>> = Readonly<Record<string, EventType>>> {
  readonly manifest: HubManifest;
  readonly feeds: Readonly<Record<string, Feed>>;
  readonly types: Types;
}

/** The `data` of one event type of a catalogue. */
export type EventData<Types extends Readonly<Record<string, EventType>>, Name extends keyof Types> = z.input<Types[Name]['data']>;

const NAME = /^[a-z_]+(\.[a-z_]+)+$/;

/** Declares a hub's events; a bad declaration throws at load. */
export function defineEvents<const Types extends Readonly<Record<string, EventType>>>(catalogue: EventCatalogue<Types>): EventCatalogue<Types> {
  for (const [name, type] of Object.entries(catalogue.types)) {
    if (!NAME.test(name)) throw new Error(`event ${name}: a name is noun.verb in lower case`);
    if (type.feed !== undefined && !(type.feed in catalogue.feeds)) throw new Error(`event ${name}: there is no feed ${type.feed}`);
    if (type.feed !== undefined && type.scopes !== undefined) throw new Error(`event ${name}: its scopes are those of its feed`);
    if (!('id' in type.data.shape)) throw new Error(`event ${name}: data must carry the entity's id`);
  }
  return catalogue;
}

/** The full type of an event, which is also its NATS subject. */
export function typeOf(manifest: HubManifest, name: string): string {
  return `org.${manifest.eventHub}.${name}`;
}
