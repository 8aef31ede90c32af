import type { Sql, Tx } from '@hubgraph/kit/sql';
import type { Decimal } from '../model/index.ts';
import { plainRow } from './plain.ts';

export const ANOMALY_KINDS = ['SERVICE', 'PROVIDER'] as const;

/** A day on which a service or a provider cost far more than on the days before it. */
export interface CostAnomaly {
  readonly day: string;
  readonly kind: (typeof ANOMALY_KINDS)[number];
  /** Slug of the service, or name of the provider. */
  readonly subject: string;
  readonly currency: string;
  readonly amount: Decimal;
  /** Of the days before, with their standard deviation; both rounded at the 18th place. */
  readonly mean: Decimal;
  readonly deviation: Decimal;
  /** How many times the mean it is, rounded to two places. */
  readonly factor: Decimal;
}

/** Days before a day that it is compared with, and how many of them must have charges. */
export const TRAILING_DAYS = 28;
export const LEAST_DAYS = 14;
export const MAX_ANOMALIES = 1_000;

/**
 * Sums of effective cost by day, service or provider, and currency. Days without charges do not count. Both comparisons are exact: with
 * n days, their sum s and sum of squares q, `x >= f * mean` is `n x >= f s`, and `x - mean >= f * deviation` is
 * `(n x - s)^2 >= f^2 (n q - s^2)`, where the mean is above zero.
 */
const FIND = `
  WITH base AS MATERIALIZED (
    SELECT a."day", a."service", a."providerName", a."currency", sum(a."effectiveCost") AS "x" FROM "Allocation" a
    WHERE a."day" >= $1::text::date - ${TRAILING_DAYS} AND a."day" < $2::text::date GROUP BY 1, 2, 3, 4),
  sums AS (
    SELECT 'SERVICE' AS "kind", "service" AS "subject", "currency", "day", sum("x") AS "x" FROM base WHERE "service" IS NOT NULL GROUP BY 2, 3, 4
    UNION ALL SELECT 'PROVIDER', "providerName", "currency", "day", sum("x") FROM base GROUP BY 2, 3, 4),
  compared AS (
    SELECT sums.*, count(*) OVER w AS "n", sum("x") OVER w AS "s", sum("x" * "x") OVER w AS "q" FROM sums
    WINDOW w AS (PARTITION BY "kind", "subject", "currency" ORDER BY "day" RANGE BETWEEN '${TRAILING_DAYS} days' PRECEDING AND '1 day' PRECEDING))
  SELECT "day", "kind", "subject", "currency", "x"::text AS "amount", round("s" / "n", 18)::text AS "mean", round(sqrt("n" * "q" - "s" * "s") / "n", 18)::text AS "deviation", round("n" * "x" / "s", 2)::text AS "factor"
  FROM compared WHERE "day" >= $1::text::date AND "n" >= ${LEAST_DAYS} AND "s" > 0 AND "n" * "x" >= $3::int * "s" AND ("n" * "x" - "s") * ("n" * "x" - "s") >= $3::int * $3::int * ("n" * "q" - "s" * "s")
  ORDER BY "day" DESC, "n" * "x" / "s" DESC, "kind", "subject", "currency" LIMIT ${MAX_ANOMALIES}`;

export const anomalies = {
  /** Days from `start` on and before `end` that cost at least `factor` times the mean of the days before, and lie as many deviations above it; the latest first. */
  async find(sql: Sql, start: string, end: string, factor: number): Promise<CostAnomaly[]> {
    const rows = await sql.query<CostAnomaly>(FIND, [start, end, factor]);
    return rows.map((row) => plainRow<CostAnomaly>(row, ['amount', 'mean', 'deviation', 'factor'], ['day']));
  },
  /** Notes those that were not told yet, and gives them. */
  async tell(tx: Tx, found: readonly CostAnomaly[], now: Date): Promise<CostAnomaly[]> {
    const rows = await tx.query<{ key: string }>(
      `INSERT INTO "CostAnomaly" ("day", "kind", "subject", "currency", "amount", "mean", "recordedAt")
       SELECT r."day", r."kind", r."subject", r."currency", r."amount", r."mean", $2::timestamptz FROM jsonb_to_recordset($1::jsonb) AS r("day" date, "kind" text, "subject" text, "currency" text, "amount" numeric, "mean" numeric)
       ON CONFLICT DO NOTHING RETURNING "day"::text || ' ' || "kind" || ' ' || "currency" || ' ' || "subject" AS "key"`,
      [JSON.stringify(found), now],
    );
    const told = new Set(rows.map(({ key }) => key));
    return found.filter(({ day, kind, currency, subject }) => told.has(`${day} ${kind} ${currency} ${subject}`));
  },
  /** Forgets those from `start` on that were told and are not `found` any more; gives each day and subject of which none is left. */
  async untell(tx: Tx, found: readonly CostAnomaly[], start: string): Promise<Pick<CostAnomaly, 'day' | 'kind' | 'subject'>[]> {
    return tx.query<Pick<CostAnomaly, 'day' | 'kind' | 'subject'>>(
      `WITH found AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("day" date, "kind" text, "subject" text, "currency" text)),
       gone AS (DELETE FROM "CostAnomaly" c WHERE c."day" >= $2::text::date AND NOT EXISTS (SELECT FROM found f WHERE (f."day", f."kind", f."subject", f."currency") = (c."day", c."kind", c."subject", c."currency")) RETURNING c."day", c."kind", c."subject")
       SELECT DISTINCT "day"::text AS "day", "kind", "subject" FROM gone WHERE NOT EXISTS (SELECT FROM found f WHERE (f."day", f."kind", f."subject") = (gone."day", gone."kind", gone."subject")) ORDER BY 1, 2, 3`,
      [JSON.stringify(found), start],
    );
  },
};
