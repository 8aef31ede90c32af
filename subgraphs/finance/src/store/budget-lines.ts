import type { Sql } from '@hubgraph/kit/sql';
import type { BudgetLine } from '../money/budget.ts';
import { decimalText } from './plain.ts';

/**
 * What is committed and spent of many budgets on a day, in one statement; a budget contains what its parts that are no drafts
 * contain. By budget:
 * - COMMITTED: what is not paid of signed commitments whose end has not passed.
 * - PAYMENT: payments of its commitments, whenever paid.
 * - COST: parts of charges that belong to its domain, counted in its months; but not charges that are a payment of a
 *   commitment, nor what later replaced such a one in the same month.
 * - TOKENS: recorded uses of models by its domain in its months, of providers that have no charges in that month: where a
 *   provider bills, what agents recorded is only the detail of the bill.
 *   (`billed` steps from provider to provider in the index, whatever the number of charges.)
 *
 * Another currency is converted day by day by the newest rate on or before it.
 */
const LINES = `
WITH RECURSIVE tree AS (
  SELECT b."id" AS "root", b."id", b."domain", b."periodStart", b."periodEnd", b."currency" FROM "Budget" b WHERE b."id" = ANY($1::uuid[])
  UNION ALL
  SELECT t."root", b."id", b."domain", b."periodStart", b."periodEnd", b."currency" FROM tree t JOIN "Budget" b ON b."parentId" = t."id" AND b."status" <> 'DRAFT'
), scope AS (
  SELECT DISTINCT t."root", t."currency", t."domain", to_char(m, 'YYYY-MM') AS "month"
  FROM tree t CROSS JOIN LATERAL generate_series(t."periodStart"::timestamp, (t."periodEnd" - 1)::timestamp, interval '1 month') AS m
), matched AS (
  SELECT DISTINCT c."id" FROM "Payment" p JOIN "CostRow" m ON m."id" = p."costRowId"
  JOIN "CostRow" c ON c."source" = m."source" AND c."rowKey" = m."rowKey" AND c."current" AND c."month" = m."month"
), billed AS (
  SELECT m."month", lower(p."name") AS "provider" FROM (SELECT DISTINCT k."month" FROM scope s JOIN "TokenSpend" k ON k."current" AND k."domain" = s."domain" AND k."month" = s."month") m
  CROSS JOIN LATERAL (
    WITH RECURSIVE names AS (
      SELECT min(c."providerName") AS "name" FROM "CostRow" c WHERE c."current" AND c."month" = m."month"
      UNION ALL
      SELECT (SELECT min(c."providerName") FROM "CostRow" c WHERE c."current" AND c."month" = m."month" AND c."providerName" > n."name") FROM names n WHERE n."name" IS NOT NULL
    ) SELECT "name" FROM names WHERE "name" IS NOT NULL
  ) p
), used AS (
  SELECT s."root", 'COST' AS "kind", s."currency" AS "to", a."currency", CASE WHEN a."currency" <> s."currency" THEN a."day" END AS "day", sum(a."billedCost") AS "amount"
  FROM scope s JOIN "Allocation" a ON a."domain" = s."domain" AND a."month" = s."month"
  WHERE a."rowId" NOT IN (SELECT "id" FROM matched) GROUP BY 1, 2, 3, 4, 5
  UNION ALL
  SELECT s."root", 'TOKENS', s."currency", k."currency", CASE WHEN k."currency" <> s."currency" THEN (k."at" AT TIME ZONE 'UTC')::date END, sum(k."cost")
  FROM scope s JOIN "TokenSpend" k ON k."current" AND k."domain" = s."domain" AND k."month" = s."month"
  WHERE NOT EXISTS (SELECT 1 FROM billed b WHERE b."month" = k."month" AND b."provider" = lower(k."provider")) GROUP BY 1, 2, 3, 4, 5
), converted AS (
  SELECT u."root", u."kind", u."currency", r."id" AS "rateId", sum(u."amount") AS "amount",
    CASE WHEN u."currency" = u."to" THEN sum(u."amount") ELSE round(sum(u."amount") * r."rate", 18) END AS "converted"
  FROM used u LEFT JOIN LATERAL (
    SELECT e."id", e."rate" FROM "ExchangeRate" e WHERE u."currency" <> u."to" AND e."from" = u."currency" AND e."to" = u."to" AND e."day" <= u."day" ORDER BY e."day" DESC LIMIT 1
  ) r ON true GROUP BY u."root", u."kind", u."currency", u."to", r."id", r."rate"
), lines AS (
  SELECT * FROM converted
  UNION ALL
  SELECT t."root", 'COMMITTED', t."currency", NULL, sum(c."total" - c."paid"), sum(c."total" - c."paid")
  FROM tree t JOIN "Commitment" c ON c."budgetId" = t."id" WHERE c."status" NOT IN ('PROPOSED', 'EXPIRED') AND (c."end" IS NULL OR c."end" > $2::text::date) GROUP BY t."root", t."currency"
  UNION ALL
  SELECT t."root", 'PAYMENT', c."currency", p."rateId", sum(p."amount"), sum(p."spent")
  FROM tree t JOIN "Payment" p ON p."budgetId" = t."id" JOIN "Commitment" c ON c."id" = p."commitmentId" GROUP BY t."root", c."currency", p."rateId"
)
SELECT "root", "kind", "currency", "rateId", "amount"::text AS "amount", "converted"::text AS "converted" FROM lines ORDER BY "root", "kind", "currency", "rateId"`;

export const budgetLines = {
  /** The lines of many budgets as they stand on a day; a budget of which nothing is committed or spent is missing. */
  async of(sql: Sql, ids: readonly string[], today: string): Promise<Map<string, BudgetLine[]>> {
    const rows = await sql.query<BudgetLine & { root: string }>(LINES, [ids, today]);
    const lines = rows.map((row) => ({ ...row, amount: decimalText(row.amount), converted: row.converted === null ? null : decimalText(row.converted) }));
    return new Map([...Map.groupBy(lines, (line) => line.root)].map(([root, of]) => [root, of.map(({ root: _root, ...line }) => line)]));
  },
};
