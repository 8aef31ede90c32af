import type { Condition, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Domain } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of domains. */
export interface DomainFilter {
  readonly slugs?: readonly string[] | null;
  readonly text?: string | null;
}

/** Orders of a list of domains. */
export const DOMAIN_ORDERS = {
  SLUG: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type DomainOrder = keyof typeof DOMAIN_ORDERS;

export const domains = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Domain>(sql, 'Domain', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Domain>(sql, 'Domain', 'slug', 'text', slugs),
  lockById: (tx: Tx, id: string) => lockBy<Domain>(tx, 'Domain', 'id', 'uuid', id),

  page(sql: Sql, filter: DomainFilter, order: DomainOrder, args: PageArgs): Promise<Page<Domain>> {
    const where: Condition[] = [];
    if (filter.slugs != null) where.push({ sql: `t."slug" = ANY(?::text[])`, params: [filter.slugs] });
    if (filter.text != null) where.push({ sql: `strpos(lower(t."slug" || ' ' || t."name"), lower(?::text)) > 0`, params: [filter.text] });
    return pageOf(sql, { table: 'Domain', where, order: DOMAIN_ORDERS[order] }, args);
  },

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, domain: Domain): Promise<Domain | null> {
    const [row] = await prismaOf(tx).domain.createManyAndReturn({ data: [{ ...domain }], skipDuplicates: true });
    return row ?? null;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Domain, changes: Partial<Pick<Domain, 'name' | 'description' | 'owner'>>, now: Date): Promise<Domain> {
    return prismaOf(tx).domain.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } });
  },

  async count(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Domain"`);
    return row?.count ?? 0;
  },
};
