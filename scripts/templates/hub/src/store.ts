import { pageOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Transactor, Tx } from '@hubgraph/kit/sql';
import { clientOf, lockBy, rowsBy, sqlOf, transactorOf } from '@hubgraph/kit/store';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '../../../prisma/workshop/generated/client.ts';
import { manifest } from './manifest.ts';
import type { Gizmo, GizmoStatus } from './model.ts';

/** The hub's door to its own schema. */
export interface Database {
  readonly sql: Sql;
  readonly transactor: Transactor;
  close(): Promise<void>;
}

/** Connects lazily; `connections` bounds the pool. */
export function openDatabase(url: string, connections: number): Database {
  const adapter = new PrismaPg({ connectionString: url, options: `-c search_path=${manifest.name}`, max: connections, application_name: `hubgraph ${manifest.name}` }, { schema: manifest.name });
  const prisma = new PrismaClient({ adapter });
  return { sql: sqlOf(prisma), transactor: transactorOf<Prisma.TransactionClient>(prisma), close: () => prisma.$disconnect() };
}

/** The typed client of an open transaction. */
function prismaOf(tx: Tx): Prisma.TransactionClient {
  return clientOf<Prisma.TransactionClient>(tx);
}

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
