// Upkeep of the sums that the triggers of the migration write. A sum is at every moment the sum of its rows, merged or not.
import type { Sql, Tx } from '@hubgraph/kit/sql';

/** Sums that were written since the last merge. */
export interface FreshSums {
  /** Ids, as texts. */
  readonly ids: readonly string[];
  /** Slugs of the domains whose spending changed. */
  readonly domains: readonly string[];
}

/** A month in which the sums differ from the rows. */
export interface SumDifference {
  readonly month: string;
  /** How many sums of it differ. */
  readonly sums: number;
}

const KEY = ['measure', 'noun', 'name', 'month', 'day', 'providerName', 'currency'] as const;
const KEYS = KEY.map((name) => `"${name}"`).join(', ');
const AMOUNTS = `"billedCost", "effectiveCost"`;
const SUMMED = `sum("billedCost") AS "billedCost", sum("effectiveCost") AS "effectiveCost"`;

/** The sums as the rows of some months say them; what sums to nothing is missing. `$1`: months, null for all. */
const COUNTED = `
  SELECT ${KEYS}, ${SUMMED} FROM (
    SELECT 'COST' AS "measure", n."noun", n."name", a."month", a."day", a."providerName", a."currency", a."billedCost", a."effectiveCost" FROM "Allocation" a
    CROSS JOIN LATERAL (VALUES ('DOMAIN', coalesce(a."domain", '')), ('SERVICE', coalesce(a."service", '')), ('WORKSTREAM', coalesce(a."workstream", '')), ('NOBODY', CASE WHEN coalesce(a."domain", a."service", a."workstream") IS NULL THEN '' END)) AS n("noun", "name")
    WHERE n."name" IS NOT NULL AND ($1::text[] IS NULL OR a."month" = ANY($1::text[]))
    UNION ALL
    SELECT 'TOKENS', 'DOMAIN', coalesce(k."domain", ''), k."month", (k."at" AT TIME ZONE 'UTC')::date, k."provider", k."currency", k."cost", k."cost" FROM "TokenSpend" k
    WHERE k."current" AND ($1::text[] IS NULL OR k."month" = ANY($1::text[]))
  ) r GROUP BY ${KEYS} HAVING sum("billedCost") <> 0 OR sum("effectiveCost") <> 0`;

const DIFFERENCES = `
WITH counted AS (${COUNTED}), kept AS (
  SELECT ${KEYS}, ${SUMMED} FROM "SpendSum" WHERE $1::text[] IS NULL OR "month" = ANY($1::text[]) GROUP BY ${KEYS} HAVING sum("billedCost") <> 0 OR sum("effectiveCost") <> 0
)
SELECT coalesce(c."month", k."month") AS "month", count(*)::int AS "sums" FROM counted c FULL JOIN kept k USING (${KEYS})
WHERE c."billedCost" IS DISTINCT FROM k."billedCost" OR c."effectiveCost" IS DISTINCT FROM k."effectiveCost" GROUP BY 1 ORDER BY 1`;

export const rollup = {
  /** The oldest sums that are not merged. */
  async fresh(sql: Sql, limit: number): Promise<FreshSums> {
    const rows = await sql.query<{ id: string; domain: string | null }>(`SELECT "id"::text AS "id", CASE WHEN "noun" = 'DOMAIN' AND "name" <> '' THEN "name" END AS "domain" FROM "SpendSum" WHERE NOT "merged" ORDER BY "id" LIMIT $1::int`, [limit]);
    return { ids: rows.map(({ id }) => id), domains: [...new Set(rows.flatMap(({ domain }) => domain ?? []))].sort() };
  },
  /** Merges sums with those of the same key that are merged already. Others that do it, or {@link rollup.rebuild}, wait. */
  async merge(tx: Tx, ids: readonly string[]): Promise<void> {
    await alone(tx);
    await tx.query(
      `WITH keys AS (SELECT DISTINCT ${KEYS} FROM "SpendSum" WHERE "id" = ANY($1::bigint[])
       ), gone AS (
         DELETE FROM "SpendSum" s USING keys k WHERE ${KEY.map((name) => `s."${name}" = k."${name}"`).join(' AND ')} AND (s."merged" OR s."id" = ANY($1::bigint[])) RETURNING s.*
       )
       INSERT INTO "SpendSum" (${KEYS}, ${AMOUNTS}, "merged") SELECT ${KEYS}, ${SUMMED}, true FROM gone GROUP BY ${KEYS} HAVING sum("billedCost") <> 0 OR sum("effectiveCost") <> 0`,
      [ids],
    );
  },
  /** Months in which the sums are not what the rows say; in one statement, so that what is written meanwhile does not look like a difference. Reads all rows of the months; null: of all. */
  differences: (sql: Sql, months: readonly string[] | null = null): Promise<SumDifference[]> => sql.query(DIFFERENCES, [months]),
  /**
   * Makes the sums of some months anew from the rows; null: of all. What other transactions write meanwhile is in neither, and
   * comes with them.
   */
  async rebuild(tx: Tx, months: readonly string[] | null = null): Promise<void> {
    await alone(tx);
    // one statement, so one snapshot: what it takes away and what it counts are of the same moment
    await tx.query(`WITH gone AS (DELETE FROM "SpendSum" WHERE $1::text[] IS NULL OR "month" = ANY($1::text[])) INSERT INTO "SpendSum" (${KEYS}, ${AMOUNTS}, "merged") SELECT ${KEYS}, ${AMOUNTS}, true FROM (${COUNTED}) c`, [months]);
  },
  /** Months that have sums, in order. */
  async months(sql: Sql): Promise<string[]> {
    return (await sql.query<{ month: string }>(`SELECT DISTINCT "month" FROM "SpendSum" UNION SELECT "month" FROM "BillingPeriod" ORDER BY 1`)).map(({ month }) => month);
  },
};

/** Before the statement that merges or counts, in a statement of its own: the next one then sees what the one before wrote. */
async function alone(tx: Tx): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('finance sums', 0))::text AS "locked"`);
}
