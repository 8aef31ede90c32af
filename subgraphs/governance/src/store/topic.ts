import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { Topic } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of topics. */
export interface TopicFilter {
  readonly slugs?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly text?: string | null;
}

/** Orders of a list of topics. */
export const TOPIC_ORDERS = {
  SLUG: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type TopicOrder = keyof typeof TOPIC_ORDERS;

function list(filter: TopicFilter, order: TopicOrder): List {
  const where: Condition[] = [];
  if (filter.slugs != null) where.push({ sql: `t."slug" = ANY(?::text[])`, params: [filter.slugs] });
  if (filter.domains != null) where.push({ sql: `t."domainId" IN (SELECT "id" FROM "Domain" WHERE "slug" = ANY(?::text[]))`, params: [filter.domains] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."slug" || ' ' || t."title" || ' ' || coalesce(t."description", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Topic', where, order: TOPIC_ORDERS[order] };
}

export const topics = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Topic>(sql, 'Topic', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Topic>(sql, 'Topic', 'slug', 'text', slugs),

  page: (sql: Sql, filter: TopicFilter, order: TopicOrder, args: PageArgs): Promise<Page<Topic>> => pageOf(sql, list(filter, order), args),
  pagesOf: (sql: Sql, domainIds: readonly string[], filter: TopicFilter, order: TopicOrder, args: PageArgs): Promise<Map<string, Page<Topic>>> => pagesOf(sql, list(filter, order), 'domainId', domainIds, args),

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, topic: Topic): Promise<Topic | null> {
    const [row] = await prismaOf(tx).topic.createManyAndReturn({ data: [{ ...topic }], skipDuplicates: true });
    return row ?? null;
  },
};
