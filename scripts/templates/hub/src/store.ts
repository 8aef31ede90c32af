import { pageOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { clientOf, databaseOpener, lockBy, rowsBy } from '@hubgraph/kit/store';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '../../../prisma/workshop/generated/client.ts';
import { manifest } from './manifest.ts';
import type { Gizmo, GizmoStatus } from './model.ts';

export type { Database } from '@hubgraph/kit/store';

/** Opens the hub's door to its own schema. */
export const openDatabase = databaseOpener<Prisma.TransactionClient>(manifest.name, ({ pool, adapter }) => new PrismaClient({ adapter: new PrismaPg({ ...pool }, { ...adapter }) }));

/** The typed client of an open transaction. */
const prismaOf = clientOf<Prisma.TransactionClient>;

/** How clients may narrow a list of gizmos. */
export interface GizmoFilter {
  readonly statuses?: readonly GizmoStatus[] | null;
  readonly domains?: readonly string[] | null;
}

const CREATED = [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }] as const;

export const gizmos = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Gizmo>(sql, 'Gizmo', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Gizmo>(tx, 'Gizmo', 'id', 'uuid', id),

  page(sql: Sql, filter: GizmoFilter, args: PageArgs): Promise<Page<Gizmo>> {
    const where: Condition[] = [];
    if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
    if (filter.domains != null) where.push({ sql: `t."domain" = ANY(?::text[])`, params: [filter.domains] });
    return pageOf(sql, { table: 'Gizmo', where, order: CREATED }, args);
  },

  /** Inserts a new one as it is. */
  async insert(tx: Tx, gizmo: Gizmo): Promise<Gizmo> {
    return (await prismaOf(tx).gizmo.create({ data: { ...gizmo } })) as Gizmo;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Gizmo, changes: Partial<Pick<Gizmo, 'status' | 'outcome'>>, now: Date): Promise<Gizmo> {
    return (await prismaOf(tx).gizmo.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Gizmo;
  },
};
