import type { Sql } from '@hubgraph/kit/sql';
import type { Decimal } from '../model/index.ts';
import { decimalText } from './plain.ts';

/** What decides about a budget beside its own row. */
export interface BudgetFigures {
  /** Ids of budgets in force, of the same domain and currency, whose period meets this one; but none that it is a part of, nor parts of it. */
  readonly overlapping: readonly string[];
  /** What its parent has; null: it has none. */
  readonly parentAllocated: Decimal | null;
  /** What the other parts of its parent have that are no drafts, and its own parts. */
  readonly siblings: Decimal;
  readonly children: Decimal;
  /** Months of its period that are not closed. */
  readonly openMonths: readonly string[];
}

const FIGURES = `
WITH RECURSIVE up AS (
  SELECT b."id" AS "root", b."id", b."parentId" FROM "Budget" b WHERE b."id" = ANY($1::uuid[]) UNION ALL SELECT u."root", b."id", b."parentId" FROM up u JOIN "Budget" b ON b."id" = u."parentId"
), down AS (
  SELECT b."id" AS "root", b."id" FROM "Budget" b WHERE b."id" = ANY($1::uuid[]) UNION ALL SELECT d."root", b."id" FROM down d JOIN "Budget" b ON b."parentId" = d."id"
)
SELECT b."id",
  ARRAY(SELECT t."id"::text FROM "Budget" t WHERE t."domain" = b."domain" AND t."currency" = b."currency" AND t."status" IN ('ACTIVE', 'FROZEN') AND t."periodStart" < b."periodEnd" AND t."periodEnd" > b."periodStart"
    AND NOT EXISTS (SELECT 1 FROM up u WHERE u."root" = b."id" AND u."id" = t."id") AND NOT EXISTS (SELECT 1 FROM down d WHERE d."root" = b."id" AND d."id" = t."id") ORDER BY t."id") AS "overlapping",
  p."allocated"::text AS "parentAllocated",
  (SELECT coalesce(sum(s."allocated"), 0)::text FROM "Budget" s WHERE s."parentId" = b."parentId" AND s."id" <> b."id" AND s."status" <> 'DRAFT') AS "siblings",
  (SELECT coalesce(sum(c."allocated"), 0)::text FROM "Budget" c WHERE c."parentId" = b."id" AND c."status" <> 'DRAFT') AS "children",
  ARRAY(SELECT to_char(m, 'YYYY-MM') FROM generate_series(b."periodStart"::timestamp, (b."periodEnd" - 1)::timestamp, interval '1 month') AS m
    WHERE NOT EXISTS (SELECT 1 FROM "BillingPeriod" o WHERE o."month" = to_char(m, 'YYYY-MM') AND o."status" = 'CLOSED') ORDER BY 1) AS "openMonths"
FROM "Budget" b LEFT JOIN "Budget" p ON p."id" = b."parentId" WHERE b."id" = ANY($1::uuid[])`;

export const budgetFacts = {
  /** The figures of many budgets, in one statement. */
  async of(sql: Sql, ids: readonly string[]): Promise<Map<string, BudgetFigures>> {
    const rows = await sql.query<BudgetFigures & { id: string }>(FIGURES, [ids]);
    return new Map(rows.map(({ id, ...row }) => [id, { ...row, parentAllocated: row.parentAllocated === null ? null : decimalText(row.parentAllocated), siblings: decimalText(row.siblings), children: decimalText(row.children) }]));
  },
};
