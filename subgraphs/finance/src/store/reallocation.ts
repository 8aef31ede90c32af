import type { Sql, Tx } from '@hubgraph/kit/sql';

/** A month whose charges are allocated anew, in batches. */
export interface Reallocation {
  readonly month: string;
  /** 1: all rows; 2: those that SHARE rules hold. */
  readonly pass: 1 | 2;
  /** The last row that is done. */
  readonly after: string | null;
  readonly generation: number;
  readonly requestedBy: string;
  readonly requestedAt: Date;
}

export const reallocations = {
  /** Asks for all rows of the open months that have rows from `since` on and before `before`; what was under way begins anew. Returns the months. */
  request: (tx: Tx, since: string | null, before: string | null, by: string, now: Date): Promise<string[]> =>
    requested(tx, `AND ($3::text IS NULL OR t."day" >= $3::text::date) AND ($4::text IS NULL OR t."day" < $4::text::date)`, [since, before], by, now),
  /** Asks for all rows of those of these months that are open and have rows; of every such month when null. Returns the months. */
  requestMonths: (tx: Tx, months: readonly string[] | null, by: string, now: Date): Promise<string[]> => requested(tx, `AND ($3::text[] IS NULL OR p."month" = ANY($3::text[]))`, [months], by, now),
  /** Asks for the rows of these months that SHARE rules hold; a month of which all rows are asked for already gets to them anyway. */
  async requestShares(tx: Tx, months: readonly string[], by: string, now: Date): Promise<void> {
    await tx.query(
      `INSERT INTO "Reallocation" ("month", "pass", "requestedBy", "requestedAt") SELECT m, 2, $2, $3::timestamptz FROM unnest($1::text[]) m ORDER BY m
       ON CONFLICT ("month") DO UPDATE SET "after" = NULL, "generation" = "Reallocation"."generation" + 1 WHERE "Reallocation"."pass" = 2`,
      [[...new Set(months)].sort(), by, now],
    );
  },
  /** The oldest one of an open month. Not locked: an import that asks for shares must not wait for a batch that may wait for its rows. */
  async next(sql: Sql): Promise<Reallocation | null> {
    const [row] = await sql.query<Reallocation>(`SELECT r.* FROM "Reallocation" r LEFT JOIN "BillingPeriod" p ON p."month" = r."month" WHERE p."status" IS DISTINCT FROM 'CLOSED' ORDER BY r."requestedAt", r."month" LIMIT 1`);
    return row ?? null;
  },
  /** How far it is, unless it began anew meanwhile. */
  async advance(tx: Tx, { month, generation }: Reallocation, pass: 1 | 2, after: string | null): Promise<void> {
    await tx.query(`UPDATE "Reallocation" SET "pass" = $3, "after" = $4::uuid WHERE "month" = $1 AND "generation" = $2`, [month, generation, pass, after]);
  },
  /** That it is done, unless it began anew meanwhile. */
  async finish(tx: Tx, { month, generation }: Reallocation): Promise<void> {
    await tx.query(`DELETE FROM "Reallocation" WHERE "month" = $1 AND "generation" = $2`, [month, generation]);
  },
  /** Of some months, those that are noted. */
  async among(sql: Sql, months: readonly string[]): Promise<Set<string>> {
    return new Set((await sql.query<{ month: string }>(`SELECT "month" FROM "Reallocation" WHERE "month" = ANY($1::text[])`, [months])).map(({ month }) => month));
  },
  /** All that are not done, by month. */
  pending: (sql: Sql): Promise<Reallocation[]> => sql.query(`SELECT * FROM "Reallocation" ORDER BY "month"`),
  /** Whether a month is open; while this transaction lasts nobody closes it. A month that no row was written down for is open. */
  async holdOpen(tx: Tx, month: string): Promise<boolean> {
    const [row] = await tx.query<{ status: string }>(`SELECT "status" FROM "BillingPeriod" WHERE "month" = $1 FOR SHARE`, [month]);
    return row?.status !== 'CLOSED';
  },
};

/** Holds the months: one that is being closed is waited for, and left out once it is. */
async function requested(tx: Tx, like: string, params: readonly unknown[], by: string, now: Date): Promise<string[]> {
  const rows = await tx.query<{ month: string }>(
    `INSERT INTO "Reallocation" ("month", "pass", "requestedBy", "requestedAt")
     SELECT p."month", 1, $1, $2::timestamptz FROM "BillingPeriod" p WHERE p."status" = 'OPEN' AND EXISTS (SELECT 1 FROM "CostRow" t WHERE t."current" AND t."month" = p."month" ${like}) ORDER BY p."month" FOR SHARE OF p
     ON CONFLICT ("month") DO UPDATE SET "pass" = 1, "after" = NULL, "generation" = "Reallocation"."generation" + 1, "requestedBy" = excluded."requestedBy", "requestedAt" = excluded."requestedAt" RETURNING "month"`,
    [by, now, ...params],
  );
  return rows.map(({ month }) => month).sort();
}
