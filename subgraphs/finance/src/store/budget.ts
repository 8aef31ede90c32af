import { pageOf, pagesOf, type Condition, type List, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { Budget, BudgetRevision, BudgetStatus } from '../model/index.ts';
import { startOfDay } from '../money/calendar.ts';
import { prismaOf } from './client.ts';
import { plainPage, plainRow } from './plain.ts';

/** How clients may narrow a list of budgets. */
export interface BudgetFilter {
  /** Slugs. */
  readonly domains?: readonly string[] | null;
  readonly currencies?: readonly string[] | null;
  readonly statuses?: readonly BudgetStatus[] | null;
  readonly owners?: readonly string[] | null;
  /** A day that lies in their period. */
  readonly at?: string | null;
}

/** Orders of a list of budgets. */
export const BUDGET_ORDERS = {
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  PERIOD: [{ column: 'periodStart', cast: 'date' }, { column: 'periodEnd', cast: 'date' }, { column: 'id', cast: 'uuid' }],
  PERIOD_DESC: [{ column: 'periodStart', cast: 'date', descending: true }, { column: 'periodEnd', cast: 'date', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type BudgetOrder = keyof typeof BUDGET_ORDERS;

export interface BudgetList {
  readonly filter: BudgetFilter;
  readonly order: BudgetOrder;
}

const plain = (row: Budget) => plainRow<Budget>(row, ['allocated'], ['periodStart', 'periodEnd']);
const plainRevision = (row: BudgetRevision) => plainRow<BudgetRevision>(row, ['from', 'to'], []);

function list({ filter, order }: BudgetList): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('domain', filter.domains);
  among('currency', filter.currencies);
  among('status', filter.statuses);
  among('owner', filter.owners);
  if (filter.at != null) where.push({ sql: `t."periodStart" <= ?::text::date AND t."periodEnd" > ?::text::date`, params: [filter.at, filter.at] });
  return { table: 'Budget', where, order: BUDGET_ORDERS[order] };
}

/** Prisma wants moments for days. */
function dated<Row extends Partial<Pick<Budget, 'periodStart' | 'periodEnd'>>>(row: Row) {
  const { periodStart, periodEnd, actualThresholds, forecastThresholds, ...rest } = row as Row & Partial<Budget>;
  return {
    ...rest,
    ...(periodStart === undefined ? {} : { periodStart: startOfDay(periodStart) }), ...(periodEnd === undefined ? {} : { periodEnd: startOfDay(periodEnd) }),
    ...(actualThresholds === undefined ? {} : { actualThresholds: [...actualThresholds] }), ...(forecastThresholds === undefined ? {} : { forecastThresholds: [...forecastThresholds] }),
  };
}

export const budgets = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, Budget>> {
    return new Map([...(await rowsBy<Budget>(sql, 'Budget', 'id', 'uuid', ids))].map(([id, row]) => [id, plain(row)]));
  },
  page: async (sql: Sql, wanted: BudgetList, args: PageArgs): Promise<Page<Budget>> => plainPage(await pageOf<Budget>(sql, list(wanted), args), plain),
  /** A page for each of many domains (slugs) or parents (ids), in one statement. */
  async pagesOf(sql: Sql, parent: 'domain' | 'parentId', keys: readonly string[], wanted: BudgetList, args: PageArgs): Promise<Map<string, Page<Budget>>> {
    const pages = await pagesOf<Budget>(sql, list(wanted), parent, keys, args, parent === 'domain' ? 'text' : 'uuid');
    return new Map([...pages].map(([key, page]) => [key, plainPage(page, plain)]));
  },
  /** How the allocated amounts of many changed, oldest first. */
  async revisionsOf(sql: Sql, ids: readonly string[]): Promise<Map<string, BudgetRevision[]>> {
    const rows = await sql.query<BudgetRevision>(`SELECT * FROM "BudgetRevision" WHERE "budgetId" = ANY($1::uuid[]) ORDER BY "at", "id"`, [ids]);
    return Map.groupBy(rows.map(plainRevision), (row) => row.budgetId);
  },

  /** Of many budgets, each and all that it is a part of, from the top down; in one statement. */
  async chainsOf(sql: Sql, ids: readonly string[]): Promise<Map<string, Budget[]>> {
    const rows = await sql.query<Budget & { $root: string }>(
      `WITH RECURSIVE chain AS (SELECT "id" AS "root", "id", "parentId", 0 AS "depth" FROM "Budget" WHERE "id" = ANY($1::uuid[])
         UNION ALL SELECT c."root", b."id", b."parentId", c."depth" + 1 FROM chain c JOIN "Budget" b ON b."id" = c."parentId" WHERE c."depth" < 100)
       SELECT c."root" AS "$root", t.* FROM "Budget" t JOIN chain c ON c."id" = t."id" ORDER BY c."depth" DESC`,
      [ids],
    );
    return new Map([...Map.groupBy(rows, ({ $root }) => $root)].map(([root, chain]) => [root, chain.map(({ $root: _root, ...row }) => plain(row as Budget))]));
  },
  /**
   * Locks a budget and all that it is a part of, from the top down, so that two transactions never wait for each other in a
   * circle; empty when there is none. The last is the budget itself.
   */
  async lockChain(tx: Tx, id: string): Promise<Budget[]> {
    const rows = await tx.query<Budget & { depth?: number }>(
      `WITH RECURSIVE chain AS (SELECT "id", "parentId", 0 AS "depth" FROM "Budget" WHERE "id" = $1::uuid
         UNION ALL SELECT b."id", b."parentId", c."depth" + 1 FROM chain c JOIN "Budget" b ON b."id" = c."parentId" WHERE c."depth" < 100)
       SELECT t.*, c."depth" FROM "Budget" t JOIN chain c ON c."id" = t."id" ORDER BY c."depth" DESC FOR UPDATE OF t`,
      [id],
    );
    const found = rows.map(({ depth: _depth, ...row }) => plain(row));
    // a draft whose parent changed while this waited for it
    return found.every((row, index) => row.parentId === (found[index - 1]?.id ?? null)) ? found : budgets.lockChain(tx, id);
  },
  /** Id of the topmost budget that a budget, or that of a commitment, is a part of; null when there is none. */
  async rootOf(sql: Sql, noun: 'Budget' | 'Commitment', id: string): Promise<string | null> {
    const [row] = await sql.query<{ id: string }>(
      `WITH RECURSIVE chain AS (SELECT b."id", b."parentId", 0 AS "depth" FROM "Budget" b WHERE b."id" = ${noun === 'Budget' ? '$1::uuid' : '(SELECT c."budgetId" FROM "Commitment" c WHERE c."id" = $1::uuid)'}
         UNION ALL SELECT b."id", b."parentId", c."depth" + 1 FROM chain c JOIN "Budget" b ON b."id" = c."parentId" WHERE c."depth" < 100)
       SELECT "id" FROM chain ORDER BY "depth" DESC LIMIT 1`,
      [id],
    );
    return row?.id ?? null;
  },
  /** Makes decisions about the periods of one domain and currency wait for each other. The last lock that a transaction takes. */
  lockSpans: (tx: Tx, { domain, currency }: Pick<Budget, 'domain' | 'currency'>) => tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text AS "locked"`, [`finance budgets of ${domain} in ${currency}`]),
  /** Makes changes of parents wait for each other, so that no circle comes about. The first lock that a transaction takes. */
  lockTree: (tx: Tx) => tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('finance budget tree', 0))::text AS "locked"`),
  /** Whether any budget, a draft too, is part of this one. */
  hasChildren: async (sql: Sql, id: string): Promise<boolean> => (await sql.query(`SELECT 1 AS "one" FROM "Budget" WHERE "parentId" = $1::uuid LIMIT 1`, [id])).length > 0,

  insert: async (tx: Tx, budget: Budget): Promise<Budget> => plain((await prismaOf(tx).budget.create({ data: dated(budget) as never })) as unknown as Budget),
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Budget, changes: Partial<Omit<Budget, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Budget> {
    return plain((await prismaOf(tx).budget.update({ where: { id: before.id }, data: { ...dated(changes), updatedAt: now, version: before.version + 1 } as never })) as unknown as Budget);
  },
  addRevision: (tx: Tx, revision: BudgetRevision) => prismaOf(tx).budgetRevision.create({ data: revision }),
};
