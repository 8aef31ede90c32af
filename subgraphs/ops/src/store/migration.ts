import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { MigrationRun, MigrationStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of migration runs. */
export interface MigrationFilter {
  readonly codes?: readonly string[] | null;
  readonly statuses?: readonly MigrationStatus[] | null;
  readonly domains?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly owners?: readonly string[] | null;
}

/** Orders of a list of migration runs. */
export const MIGRATION_ORDERS = {
  CODE: [{ column: 'code', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type MigrationOrder = keyof typeof MIGRATION_ORDERS;

function list(filter: MigrationFilter, order: MigrationOrder): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('code', filter.codes);
  among('status', filter.statuses);
  among('domain', filter.domains);
  among('service', filter.services);
  among('workstream', filter.workstreams);
  among('owner', filter.owners);
  return { table: 'MigrationRun', where, order: MIGRATION_ORDERS[order] };
}

export const migrations = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<MigrationRun>(sql, 'MigrationRun', 'id', 'uuid', ids),
  byCodes: (sql: Sql, codes: readonly string[]) => rowsBy<MigrationRun>(sql, 'MigrationRun', 'code', 'text', codes),
  lockById: (tx: Tx, id: string) => lockBy<MigrationRun>(tx, 'MigrationRun', 'id', 'uuid', id),
  page: (sql: Sql, filter: MigrationFilter, order: MigrationOrder, args: PageArgs): Promise<Page<MigrationRun>> => pageOf(sql, list(filter, order), args),

  /** Inserts a new one as it is; null when the code is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, run: MigrationRun): Promise<MigrationRun | null> {
    const [row] = await prismaOf(tx).migrationRun.createManyAndReturn({ data: [{ ...run }], skipDuplicates: true });
    return (row as MigrationRun | undefined) ?? null;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: MigrationRun, changes: Partial<Omit<MigrationRun, 'id' | 'code' | 'version' | 'createdAt'>>, now: Date): Promise<MigrationRun> {
    return (await prismaOf(tx).migrationRun.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as MigrationRun;
  },
};
