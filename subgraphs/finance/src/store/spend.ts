// Fragments of statements about variable spend, which counts what store/budget-lines.ts counts as COST and TOKENS.

/** Charges that are the payment of a commitment, or took the place of such a one in the same month: `matched(id)`. */
export const MATCHED = `matched AS (
  SELECT DISTINCT c."id" FROM "Payment" p JOIN "CostRow" m ON m."id" = p."costRowId"
  JOIN "CostRow" c ON c."source" = m."source" AND c."rowKey" = m."rowKey" AND c."current" AND c."month" = m."month"
)`;

/**
 * Who bills in the months of `uses(month)`: `billed(month, provider)`. It hops over the index from one provider to the next,
 * so that a month of a million charges costs as many steps as it has providers. Needs WITH RECURSIVE.
 */
export const BILLED = `billed AS (
  SELECT m."month", (SELECT min(c."providerName") FROM "CostRow" c WHERE c."current" AND c."month" = m."month") AS "provider" FROM (SELECT DISTINCT "month" FROM uses) m
  UNION ALL
  SELECT b."month", (SELECT min(c."providerName") FROM "CostRow" c WHERE c."current" AND c."month" = b."month" AND c."providerName" > b."provider") FROM billed b WHERE b."provider" IS NOT NULL
)`;

/** Of `uses`, those that no bill covers. */
export const UNBILLED = `SELECT u.* FROM uses u WHERE NOT EXISTS (SELECT 1 FROM billed b WHERE b."month" = u."month" AND lower(b."provider") = lower(u."provider"))`;
