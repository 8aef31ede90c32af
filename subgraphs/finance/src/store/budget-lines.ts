import type { Sql } from '@hubgraph/kit/sql';
import type { BudgetLine } from '../money/budget.ts';
import { decimalText } from './plain.ts';
import { BILLED, matchedIn, sumsOf, UNBILLED } from './spend.ts';

/**
 * What is committed and spent of many budgets on a day, in one statement; a budget contains what its parts that are no drafts
 * contain. By budget:
 * - COMMITTED: what is not paid of signed commitments whose end has not passed.
 * - PAYMENT: payments of its commitments, whenever paid.
 * - COST: parts of charges that belong to its domain, counted in its months; but not charges that are a payment of a
 *   commitment, nor what later replaced such a one in the same month.
 * - TOKENS: recorded uses of models by its domain in its months, of providers that have no charges in that month: where a
 *   provider bills, what agents recorded is only the detail of the bill.
 *
 * COST and TOKENS come from the sums that triggers keep, whatever the number of charges; those that sum to nothing are missing.
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
), sums AS MATERIALIZED (
  SELECT s."root", s."currency" AS "to", x.* FROM scope s CROSS JOIN ${sumsOf('s."domain"', 's."currency"', 'x."month" = s."month"')}
), ${matchedIn('scope')}, uses AS (SELECT * FROM sums WHERE "measure" = 'TOKENS'
), ${BILLED}, parts AS (
  SELECT "root", 'COST' AS "kind", "to", "currency", "day", "amount" FROM sums WHERE "measure" = 'COST'
  UNION ALL
  SELECT s."root", 'COST', s."currency", x."currency", CASE WHEN x."currency" <> s."currency" THEN x."day" END, -x."billedCost" FROM scope s JOIN matched x ON x."domain" = s."domain" AND x."month" = s."month"
  UNION ALL
  SELECT f."root", 'TOKENS', f."to", f."currency", f."day", f."amount" FROM (${UNBILLED}) f
), used AS (SELECT "root", "kind", "to", "currency", "day", sum("amount") AS "amount" FROM parts GROUP BY 1, 2, 3, 4, 5 HAVING sum("amount") <> 0
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
