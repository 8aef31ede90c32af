import type { Sql, Tx } from '@hubgraph/kit/sql';
import { trailingSpan, type DatedAmount } from '../forecast/flow.ts';
import type { Budget, BudgetAlert } from '../model/index.ts';
import { decimalText, plainRow } from './plain.ts';
import { BILLED, matchedIn, sumsOf, UNBILLED } from './spend.ts';

const plain = (row: BudgetAlert) => plainRow<BudgetAlert>(row, ['used'], []);
const plainBudget = (row: Budget) => plainRow<Budget>(row, ['allocated'], ['periodStart', 'periodEnd']);
/** That have thresholds to look at, or told ones to take back. */
const WATCHED = `((t."status" IN ('ACTIVE', 'FROZEN') AND cardinality(t."actualThresholds") + cardinality(t."forecastThresholds") > 0) OR EXISTS (SELECT 1 FROM "BudgetAlert" a WHERE a."budgetId" = t."id"))`;

const OF_DOMAINS = `WITH RECURSIVE up AS (SELECT b."id", b."parentId" FROM "Budget" b WHERE b."domain" = ANY($3::text[]) UNION SELECT b."id", b."parentId" FROM up u JOIN "Budget" b ON b."id" = u."parentId")`;

/** What the domains of budgets and of their parts spent in the days that say what a day costs, in the currencies that it came in. */
const TRAILING = `
WITH RECURSIVE tree AS (
  SELECT b."id" AS "root", b."id", b."domain", b."currency" FROM "Budget" b WHERE b."id" = ANY($1::uuid[])
  UNION ALL
  SELECT t."root", b."id", b."domain", t."currency" FROM tree t JOIN "Budget" b ON b."parentId" = t."id" AND b."status" <> 'DRAFT'
), scope AS (SELECT DISTINCT "root", "domain", "currency" FROM tree
), sums AS MATERIALIZED (
  SELECT s."root", x.* FROM scope s CROSS JOIN ${sumsOf('s."domain"', 's."currency"', `x."day" >= $2::text::date AND x."day" < $3::text::date`)}
), months AS (SELECT DISTINCT "month" FROM sums WHERE "measure" = 'COST'
), ${matchedIn('months')}, uses AS (SELECT "root", "month", "currency", "day", "provider", "amount" FROM sums WHERE "measure" = 'TOKENS'
), ${BILLED}, used AS (
  SELECT "root", "currency", "day", "amount" FROM sums WHERE "measure" = 'COST'
  UNION ALL
  SELECT s."root", x."currency", CASE WHEN x."currency" <> s."currency" THEN x."day" END, -x."billedCost" FROM scope s JOIN matched x ON x."domain" = s."domain" AND x."day" >= $2::text::date AND x."day" < $3::text::date
  UNION ALL
  SELECT f."root", f."currency", f."day", f."amount" FROM (${UNBILLED}) f
)
SELECT "root", "currency", "day"::text AS "day", sum("amount")::text AS "amount" FROM used GROUP BY 1, 2, 3 HAVING sum("amount") <> 0 ORDER BY 1, 2, 3`;

export const budgetAlerts = {
  /** All that are told, the newest first. */
  all: async (sql: Sql): Promise<BudgetAlert[]> => (await sql.query<BudgetAlert>(`SELECT * FROM "BudgetAlert" ORDER BY "since" DESC, "budgetId", "kind", "threshold"`)).map(plain),
  /** What is told of each of many budgets, by threshold; budgets without any are missing. */
  async of(sql: Sql, budgetIds: readonly string[]): Promise<Map<string, BudgetAlert[]>> {
    const rows = await sql.query<BudgetAlert>(`SELECT * FROM "BudgetAlert" WHERE "budgetId" = ANY($1::uuid[]) ORDER BY "budgetId", "kind", "threshold"`, [budgetIds]);
    return Map.groupBy(rows.map(plain), ({ budgetId }) => budgetId);
  },
  /** Some of the budgets whose thresholds matter, by id behind `after`; only those of some domains and those that these are parts of, unless null. */
  async watched(sql: Sql, after: string | null, limit: number, domains: readonly string[] | null): Promise<Budget[]> {
    const [among, of] = domains === null ? ['', ''] : [OF_DOMAINS, 'AND t."id" IN (SELECT "id" FROM up)'];
    return (await sql.query<Budget>(`${among} SELECT t.* FROM "Budget" t WHERE ${WATCHED} ${of} AND ($1::uuid IS NULL OR t."id" > $1::uuid) ORDER BY t."id" LIMIT $2::int`, [after, limit, ...(domains === null ? [] : [domains])])).map(plainBudget);
  },
  async lockBudget(tx: Tx, id: string): Promise<Budget | null> {
    const [row] = await tx.query<Budget>(`SELECT t.* FROM "Budget" t WHERE t."id" = $1::uuid FOR UPDATE`, [id]);
    return row === undefined ? null : plainBudget(row);
  },
  /** By budget; those of which nothing was spent are missing. */
  async trailing(sql: Sql, budgetIds: readonly string[], today: string): Promise<Map<string, DatedAmount[]>> {
    const { start, end } = trailingSpan(today);
    const rows = await sql.query<DatedAmount & { root: string }>(TRAILING, [budgetIds, start, end]);
    return new Map([...Map.groupBy(rows, ({ root }) => root)].map(([root, of]) => [root, of.map(({ currency, day, amount }) => ({ currency, day, amount: decimalText(amount) }))]));
  },

  async insert(tx: Tx, { budgetId, kind, threshold, since, used }: BudgetAlert): Promise<void> {
    await tx.query(`INSERT INTO "BudgetAlert" ("budgetId", "kind", "threshold", "since", "used") VALUES ($1::uuid, $2, $3::int, $4::timestamptz, $5::text::numeric)`, [budgetId, kind, threshold, since, used]);
  },
  async remove(tx: Tx, { budgetId, kind, threshold }: Pick<BudgetAlert, 'budgetId' | 'kind' | 'threshold'>): Promise<void> {
    await tx.query(`DELETE FROM "BudgetAlert" WHERE "budgetId" = $1::uuid AND "kind" = $2 AND "threshold" = $3::int`, [budgetId, kind, threshold]);
  },
};
