import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Repo } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of repos. */
export interface RepoFilter {
  readonly slugs?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly ecosystems?: readonly string[] | null;
  readonly text?: string | null;
}

/** Orders of a list of repos. */
export const REPO_ORDERS = {
  SLUG: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type RepoOrder = keyof typeof REPO_ORDERS;

function list(filter: RepoFilter, order: RepoOrder): List {
  const where: Condition[] = [];
  if (filter.slugs != null) where.push({ sql: `t."slug" = ANY(?::text[])`, params: [filter.slugs] });
  if (filter.domains != null) where.push({ sql: `t."domainId" IN (SELECT "id" FROM "Domain" WHERE "slug" = ANY(?::text[]))`, params: [filter.domains] });
  if (filter.ecosystems != null) where.push({ sql: `t."ecosystem" = ANY(?::text[])`, params: [filter.ecosystems] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."slug" || ' ' || t."name" || ' ' || coalesce(t."description", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Repo', where, order: REPO_ORDERS[order] };
}

export const repos = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Repo>(sql, 'Repo', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Repo>(sql, 'Repo', 'slug', 'text', slugs),
  lockById: (tx: Tx, id: string) => lockBy<Repo>(tx, 'Repo', 'id', 'uuid', id),

  page: (sql: Sql, filter: RepoFilter, order: RepoOrder, args: PageArgs): Promise<Page<Repo>> => pageOf(sql, list(filter, order), args),
  pagesOf: (sql: Sql, domainIds: readonly string[], filter: RepoFilter, order: RepoOrder, args: PageArgs): Promise<Map<string, Page<Repo>>> => pagesOf(sql, list(filter, order), 'domainId', domainIds, args),

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, repo: Repo): Promise<Repo | null> {
    const [row] = await prismaOf(tx).repo.createManyAndReturn({ data: [{ ...repo }], skipDuplicates: true });
    return row ?? null;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Repo, changes: Partial<Omit<Repo, 'id' | 'slug' | 'version' | 'createdAt'>>, now: Date): Promise<Repo> {
    return prismaOf(tx).repo.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } });
  },

  async count(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Repo"`);
    return row?.count ?? 0;
  },
};
