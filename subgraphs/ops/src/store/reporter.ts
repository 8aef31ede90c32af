import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Reporter, ReporterKind } from '../model.ts';
import { type Prisma } from '../../../../prisma/ops/generated/client.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of hubs, API consumers or widgets. */
export interface ReporterFilter {
  readonly slugs?: readonly string[] | null;
  readonly services?: readonly string[] | null;
}

function list(kind: ReporterKind, { slugs, services }: ReporterFilter): List {
  const where: Condition[] = [{ sql: `t."kind" = ?::text`, params: [kind] }];
  if (slugs != null) where.push({ sql: `t."slug" = ANY(?::text[])`, params: [slugs] });
  if (services != null) where.push({ sql: `t."service" = ANY(?::text[])`, params: [services] });
  return { table: 'Reporter', where, order: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }] };
}

/** Prisma's JSON input wants an index signature. */
function toColumns<Part extends Partial<Reporter>>({ manifest, ...rest }: Part) {
  return { ...rest, ...(manifest === undefined ? {} : { manifest: manifest as Prisma.InputJsonObject }) };
}

export const reporters = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Reporter>(sql, 'Reporter', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Reporter>(tx, 'Reporter', 'id', 'uuid', id),
  /** Those of a kind, by slug. */
  async bySlugs(sql: Sql, kind: ReporterKind, slugs: readonly string[]): Promise<Map<string, Reporter>> {
    const rows = await sql.query<Reporter>(`SELECT * FROM "Reporter" WHERE "kind" = $1 AND "slug" = ANY($2::text[])`, [kind, slugs]);
    return new Map(rows.map((row) => [row.slug, row]));
  },
  /** Locks the one of a kind and slug; null when there is none. */
  async lockByKey(tx: Tx, kind: ReporterKind, slug: string): Promise<Reporter | null> {
    const [row] = await tx.query<Reporter>(`SELECT * FROM "Reporter" WHERE "kind" = $1 AND "slug" = $2 FOR UPDATE`, [kind, slug]);
    return row ?? null;
  },
  /** By slug. */
  page: (sql: Sql, kind: ReporterKind, filter: ReporterFilter, args: PageArgs): Promise<Page<Reporter>> => pageOf(sql, list(kind, filter), args),

  /** Inserts a new one as it is; null when kind and slug are taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, reporter: Reporter): Promise<Reporter | null> {
    const [row] = await prismaOf(tx).reporter.createManyAndReturn({ data: [toColumns(reporter) as Prisma.ReporterCreateManyInput], skipDuplicates: true });
    return (row as Reporter | undefined) ?? null;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Reporter, changes: Partial<Omit<Reporter, 'id' | 'kind' | 'slug' | 'version' | 'createdAt'>>, now: Date): Promise<Reporter> {
    return (await prismaOf(tx).reporter.update({ where: { id: before.id }, data: { ...toColumns(changes), updatedAt: now, version: before.version + 1 } })) as Reporter;
  },
};
