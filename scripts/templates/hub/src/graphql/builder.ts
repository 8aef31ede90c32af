import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes, type TransitionRecordRow } from '@hubgraph/kit/graphql/shared';
import type { Sql } from '@hubgraph/kit/sql';
import { historyOf } from '@hubgraph/kit/store';
import type { WorkshopChanges } from '../commands.ts';

/** What workshop resolvers have in hand. */
export interface WorkshopContext extends HubContext {
  /** Reads outside of transactions. */
  readonly sql: Sql;
  readonly changes: WorkshopChanges;
}

/** The hub's schema builder; every file of this folder adds one noun to it. */
export const builder = createHubBuilder<WorkshopContext>();
export const shared = sharedTypes(builder);
export const paging = pageArgs(builder);

/** Reading needs this scope. */
export const READ: ['hub:read'][] = [['hub:read']];

/** The history of one entity, batched over all that a request asks for. */
export async function loadHistory(context: WorkshopContext, noun: string, id: string): Promise<TransitionRecordRow[]> {
  const lines = await context.loaders.load(`${noun}.history`, id, (ids) => historyOf<TransitionRecordRow & { entityId: string }>(context.sql, noun, ids));
  return lines ?? [];
}
