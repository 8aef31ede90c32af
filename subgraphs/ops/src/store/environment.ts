import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Environment, EnvironmentKind } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of environments. */
export interface EnvironmentFilter {
  readonly kinds?: readonly EnvironmentKind[] | null;
}

function list({ kinds }: EnvironmentFilter): List {
  const where: Condition[] = kinds == null ? [] : [{ sql: `t."kind" = ANY(?::text[])`, params: [kinds] }];
  return { table: 'Environment', where, order: [{ column: 'slug', cast: 'text' }, { column: 'id', cast: 'uuid' }] };
}

export const environments = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Environment>(sql, 'Environment', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Environment>(sql, 'Environment', 'slug', 'text', slugs),
  lockById: (tx: Tx, id: string) => lockBy<Environment>(tx, 'Environment', 'id', 'uuid', id),
  /** By slug. */
  page: (sql: Sql, filter: EnvironmentFilter, args: PageArgs): Promise<Page<Environment>> => pageOf(sql, list(filter), args),

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, environment: Environment): Promise<Environment | null> {
    const [row] = await prismaOf(tx).environment.createManyAndReturn({ data: [{ ...environment }], skipDuplicates: true });
    return (row as Environment | undefined) ?? null;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Environment, changes: Partial<Omit<Environment, 'id' | 'slug' | 'version' | 'createdAt'>>, now: Date): Promise<Environment> {
    return (await prismaOf(tx).environment.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Environment;
  },
};
