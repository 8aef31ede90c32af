// Fragments of statements about variable spend: charges that are no payment of a commitment, and uses of models without a bill.

/**
 * Parts of charges that are the payment of a commitment, or took the place of such a one in the same month, of the months of
 * `CTE(month)`: `matched(domain, month, day, currency, billedCost)`. OFFSET 0 keeps the planner to the way by keys, whatever it
 * believes about the number of payments.
 */
export const matchedIn = (months: string): string => `matched AS MATERIALIZED (
  SELECT a."domain", a."month", a."day", a."currency", a."billedCost"
  FROM (SELECT DISTINCT c."id" FROM (SELECT DISTINCT p."costRowId" FROM "Payment" p WHERE p."costMonth" IN (SELECT "month" FROM ${months}) OFFSET 0) p
    CROSS JOIN LATERAL (SELECT m."source", m."rowKey", m."month" FROM "CostRow" m WHERE m."id" = p."costRowId" OFFSET 0) m
    CROSS JOIN LATERAL (SELECT c."id" FROM "CostRow" c WHERE c."source" = m."source" AND c."rowKey" = m."rowKey" AND c."current" AND c."month" = m."month" OFFSET 0) c) i
  CROSS JOIN LATERAL (SELECT * FROM "Allocation" a WHERE a."rowId" = i."id" OFFSET 0) a
)`;

/**
 * What the sums of a domain come to where `where` holds of `x`, which has month and day; another currency than `to` by day. LATERAL
 * and grouped, so that the planner takes one domain after the other by the index, whatever it believes about their number.
 */
export const sumsOf = (domain: string, to: string, where: string): string => `LATERAL (
    SELECT x."measure", x."month", x."currency", CASE WHEN x."currency" <> ${to} THEN x."day" END AS "day", CASE WHEN x."measure" = 'TOKENS' THEN x."providerName" END AS "provider", sum(x."billedCost") AS "amount"
    FROM "SpendSum" x WHERE x."noun" = 'DOMAIN' AND x."name" = ${domain} AND ${where} GROUP BY 1, 2, 3, 4, 5
  ) x`;

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
