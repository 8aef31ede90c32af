import { typeOf } from '@hubgraph/kit/events';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { z } from 'zod';
import { entityFieldOf, feedsOf, objectTypeOf, READ_SCOPES } from './events-subgraph.ts';

/** Object type of events that no feed carries. */
const GENERIC = 'GenericEvent';

/** `schema/events.json`: all that the gateway needs to know to answer a subscription from the event streams. */
export function printEventsJson(definitions: readonly HubDefinition[]): string {
  const byName = [...definitions].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  const streams = byName.map(({ manifest }) => ({ hub: manifest.name, stream: manifest.stream, eventHub: manifest.eventHub }));
  const events = byName.flatMap(({ manifest, events: catalogue }) => Object.entries(catalogue.types).map(([name, type]) => {
    const feed = type.feed === undefined ? undefined : catalogue.feeds[type.feed];
    return {
      type: typeOf(manifest, name), version: type.version, hub: manifest.name, description: type.description,
      field: type.feed ?? null, objectType: feed === undefined ? GENERIC : objectTypeOf(feed), scopes: feed?.scopes ?? type.scopes ?? READ_SCOPES,
      ...(type.changesNothing && { changesNothing: true }),
      schema: z.toJSONSchema(type.data),
    };
  })).sort((a, b) => (a.type < b.type ? -1 : 1));
  const subscriptions = feedsOf(definitions).map(({ field, feed, definition }) => ({
    field, hub: definition.manifest.name, objectType: objectTypeOf(feed),
    entity: { field: entityFieldOf(feed), type: feed.noun, key: 'id', path: 'data.id' },
    scopes: feed.scopes, hasStatus: feed.status !== undefined,
    filter: Object.entries(feed.filter).map(([name, { path, type }]) => ({ name, path, type })),
    snapshot: feed.snapshot ?? null,
  }));
  return `${JSON.stringify({ streams, events, subscriptions }, null, 2)}\n`;
}
