import { readFile } from 'node:fs/promises';
import { isAbstractType, isObjectType, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import type { EventsFile } from '../subscription/catalogue.ts';

const scopes = z.array(z.array(z.string()));
const shape = z.object({
  streams: z.array(z.object({ hub: z.string(), stream: z.string(), eventHub: z.string() })),
  events: z.array(z.object({ type: z.string(), version: z.number(), hub: z.string(), field: z.string().nullable(), objectType: z.string(), scopes, changesNothing: z.boolean().optional() })),
  subscriptions: z.array(z.looseObject({
    field: z.string(), hub: z.string(), objectType: z.string(), scopes, hasStatus: z.boolean(),
    entity: z.object({ field: z.string(), type: z.string(), key: z.string(), path: z.string() }),
    filter: z.array(z.object({ name: z.string(), path: z.string(), type: z.string() })),
  })),
});

/** The text at `path`; without one, that of a graph without events. */
export async function readEventsText(path: string | undefined): Promise<string> {
  return path === undefined ? '{"streams":[],"events":[],"subscriptions":[]}' : readFile(path, 'utf8');
}

/**
 * Reads `schema/events.json` for a supergraph.
 *
 * @throws Error when it is none, or speaks of subscriptions and types that the supergraph does not have: the two were not
 * written together
 */
export function readEvents(text: string, schema: GraphQLSchema): EventsFile {
  const read = shape.safeParse(JSON.parse(text));
  if (!read.success) throw new Error(`the events file is not one: ${z.prettifyError(read.error)}`);
  const { streams, events, subscriptions } = read.data;
  const hubs = new Set(streams.map(({ hub }) => hub));
  const fields = schema.getSubscriptionType()?.getFields() ?? {};
  for (const { type, hub, field, objectType } of events) {
    if (!hubs.has(hub)) throw new Error(`the event ${type} is of ${hub}, which has no stream`);
    if (field !== null && !fields[field]) throw new Error(`the supergraph has no subscription ${field} for the event ${type}`);
    if (!isObjectType(schema.getType(objectType))) throw new Error(`the supergraph has no type ${objectType} for the event ${type}`);
  }
  for (const { field, objectType, entity } of subscriptions) {
    const type = schema.getType(objectType);
    if (!fields[field] || !isObjectType(type) || !type.getFields()[entity.field]) throw new Error(`the supergraph has no subscription ${field} with ${objectType}.${entity.field}`);
    const entityType = schema.getType(entity.type);
    if (!isObjectType(entityType) && !isAbstractType(entityType)) throw new Error(`the supergraph has no type ${entity.type} for the subscription ${field}`);
  }
  // checked above as far as it is relied on; the rest is carried along
  return JSON.parse(text) as EventsFile;
}
