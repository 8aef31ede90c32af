import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Risk, RiskStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of risks. */
export interface RiskFilter {
  readonly statuses?: readonly RiskStatus[] | null;
  readonly domains?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly owners?: readonly string[] | null;
  readonly minScore?: number | null;
  /** A day, such as 2026-03-02; those whose review date is before it. */
  readonly reviewDueBefore?: string | null;
  readonly text?: string | null;
}

/** Orders of a list of risks. */
export const RISK_ORDERS = {
  SCORE_DESC: [{ column: 'score', cast: 'int', descending: true }, { column: 'id', cast: 'uuid' }],
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type RiskOrder = keyof typeof RISK_ORDERS;

export interface RiskList {
  readonly filter: RiskFilter;
  readonly order: RiskOrder;
}

/** The columns by which a risk is about something. */
export type RiskParent = 'service' | 'domain' | 'workstream';

/** How many risks are in a state, and how bad the worst of them is. */
export interface RiskCount {
  readonly status: RiskStatus;
  readonly count: number;
  readonly highestScore: number;
}

function list({ filter, order }: RiskList): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('status', filter.statuses);
  among('domain', filter.domains);
  among('service', filter.services);
  among('workstream', filter.workstreams);
  among('owner', filter.owners);
  if (filter.minScore != null) where.push({ sql: `t."score" >= ?::int`, params: [filter.minScore] });
  if (filter.reviewDueBefore != null) where.push({ sql: `t."reviewDate" < ?::text::date`, params: [filter.reviewDueBefore] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."title" || ' ' || coalesce(t."description", '') || ' ' || coalesce(t."mitigation", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Risk', where, order: RISK_ORDERS[order] };
}

export const risks = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Risk>(sql, 'Risk', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Risk>(tx, 'Risk', 'id', 'uuid', id),
  page: (sql: Sql, wanted: RiskList, args: PageArgs): Promise<Page<Risk>> => pageOf(sql, list(wanted), args),
  /** A page for each of many services, domains or workstreams, in one statement. */
  pagesOf: (sql: Sql, parent: RiskParent, keys: readonly string[], wanted: RiskList, args: PageArgs): Promise<Map<string, Page<Risk>>> => pagesOf(sql, list(wanted), parent, keys, args, 'text'),
  /** How many are not closed, by state; states without any are left out. */
  openCounts: (sql: Sql): Promise<RiskCount[]> => sql.query(`SELECT "status", count(*)::int AS "count", max("score") AS "highestScore" FROM "Risk" WHERE "status" <> 'CLOSED' GROUP BY 1 ORDER BY 1`),

  insert: async (tx: Tx, risk: Risk): Promise<Risk> => (await prismaOf(tx).risk.create({ data: risk })) as Risk,
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Risk, changes: Partial<Omit<Risk, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Risk> {
    return (await prismaOf(tx).risk.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Risk;
  },

  /** Locks some that were borne or mitigated until a review date before `today`; those that another transaction holds are left to it. */
  lockDue: (tx: Tx, today: string, limit: number): Promise<Risk[]> => tx.query(`SELECT * FROM "Risk" WHERE "status" IN ('MITIGATED', 'ACCEPTED') AND "reviewDate" < $1::text::date ORDER BY "reviewDate", "id" LIMIT $2 FOR UPDATE SKIP LOCKED`, [today, limit]),
  /** Locks some that nobody has decided though their review date is before `today` or their score is `minScore` or more. */
  lockEscalatable: (tx: Tx, today: string, minScore: number, limit: number): Promise<Risk[]> =>
    tx.query(`SELECT * FROM "Risk" WHERE "status" = 'SURFACED' AND ("score" >= $2::int OR "reviewDate" < $1::text::date) ORDER BY "score" DESC, "id" LIMIT $3 FOR UPDATE SKIP LOCKED`, [today, minScore, limit]),
};
