import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes } from '@hubgraph/kit/graphql/shared';
import type { Sql } from '@hubgraph/kit/sql';
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

export { loadHistory } from '@hubgraph/kit/graphql/history';
