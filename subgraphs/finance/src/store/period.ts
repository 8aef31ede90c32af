import { pageOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { BillingPeriod, PeriodStatus } from '../model/index.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of billing periods. */
export interface PeriodFilter {
  readonly statuses?: readonly PeriodStatus[] | null;
  /** Months: from, and before. */
  readonly since?: string | null;
  readonly before?: string | null;
}

/** Orders of a list of billing periods. */
export const PERIOD_ORDERS = {
  MONTH: [{ column: 'month', cast: 'text' }],
  MONTH_DESC: [{ column: 'month', cast: 'text', descending: true }],
} as const;
export type PeriodOrder = keyof typeof PERIOD_ORDERS;

export const periods = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<BillingPeriod>(sql, 'BillingPeriod', 'id', 'uuid', ids),
  byMonths: (sql: Sql, months: readonly string[]) => rowsBy<BillingPeriod>(sql, 'BillingPeriod', 'month', 'text', months),
  page(sql: Sql, { statuses, since, before }: PeriodFilter, order: PeriodOrder, args: PageArgs): Promise<Page<BillingPeriod>> {
    const where: Condition[] = [];
    if (statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [statuses] });
    if (since != null) where.push({ sql: `t."month" >= ?::text`, params: [since] });
    if (before != null) where.push({ sql: `t."month" < ?::text`, params: [before] });
    return pageOf(sql, { table: 'BillingPeriod', where, order: PERIOD_ORDERS[order] }, args);
  },

  lockById: (tx: Tx, id: string) => lockBy<BillingPeriod>(tx, 'BillingPeriod', 'id', 'uuid', id),
  /** Makes those that are not there yet; gives what it made, by month. Who makes the same one at once waits. */
  insertMissing: (tx: Tx, made: readonly Pick<BillingPeriod, 'id' | 'month'>[], now: Date): Promise<BillingPeriod[]> =>
    tx.query(
      `INSERT INTO "BillingPeriod" ("id", "month", "status", "createdAt", "updatedAt") SELECT m."id", m."month", 'OPEN', $3, $3 FROM unnest($1::uuid[], $2::text[]) AS m("id", "month")
       ORDER BY m."month" ON CONFLICT ("month") DO NOTHING RETURNING *`,
      [made.map(({ id }) => id), made.map(({ month }) => month), now],
    ),
  /** Holds months as they are until the transaction ends: whoever closes one waits. By month; those that are not there are missing. */
  share: (tx: Tx, months: readonly string[]): Promise<BillingPeriod[]> => tx.query(`SELECT t.* FROM "BillingPeriod" t WHERE t."month" = ANY($1::text[]) ORDER BY t."month" FOR SHARE`, [months]),
  /** Of some months, those that are not closed, whether they are there or not. */
  async openOf(sql: Sql, months: readonly string[]): Promise<string[]> {
    const rows = await sql.query<{ month: string }>(`SELECT m."month" FROM unnest($1::text[]) AS m("month") WHERE NOT EXISTS (SELECT 1 FROM "BillingPeriod" p WHERE p."month" = m."month" AND p."status" = 'CLOSED') ORDER BY 1`, [months]);
    return rows.map(({ month }) => month);
  },
  /** The first closed month from one on and, unless null, up to another; null when none is. */
  async firstClosed(sql: Sql, from: string, to: string | null): Promise<string | null> {
    const [row] = await sql.query<{ month: string | null }>(`SELECT min("month") AS "month" FROM "BillingPeriod" WHERE "status" = 'CLOSED' AND "month" >= $1 AND ($2::text IS NULL OR "month" <= $2)`, [from, to]);
    return row?.month ?? null;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  save: async (tx: Tx, before: BillingPeriod, changes: Partial<Pick<BillingPeriod, 'status' | 'closedAt' | 'closedBy' | 'reason'>>, now: Date): Promise<BillingPeriod> =>
    (await prismaOf(tx).billingPeriod.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as BillingPeriod,
};
