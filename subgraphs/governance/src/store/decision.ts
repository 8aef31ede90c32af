import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { DecisionFacts } from '../lifecycle/decision.ts';
import type { Decision, DecisionStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of decisions. */
export interface DecisionFilter {
  readonly statuses?: readonly DecisionStatus[] | null;
  /** Decisions that bind at least one of these. */
  readonly domains?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly blocking?: boolean | null;
  readonly text?: string | null;
}

/** What a closure blocker tells of a decision. */
export interface BlockingDecision {
  readonly id: string;
  readonly title: string;
  readonly createdAt: Date;
}

/** Orders of a list of decisions. */
export const DECISION_ORDERS = {
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type DecisionOrder = keyof typeof DECISION_ORDERS;

function list(filter: DecisionFilter, order: DecisionOrder): List {
  const where: Condition[] = [];
  if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
  if (filter.domains != null) where.push({ sql: `t."domains" && ?::text[]`, params: [filter.domains] });
  if (filter.workstreams != null) where.push({ sql: `t."workstreamId" IN (SELECT "id" FROM "Workstream" WHERE "code" = ANY(?::text[]))`, params: [filter.workstreams] });
  if (filter.blocking != null) where.push({ sql: `t."blocking" = ?::boolean`, params: [filter.blocking] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."title" || ' ' || coalesce(t."context", '') || ' ' || coalesce(t."choice", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Decision', where, order: DECISION_ORDERS[order] };
}

/** Prisma's inputs want plain, mutable JSON and lists. */
function toColumns<Part extends Partial<Decision>>({ options, deciders, domains, ...rest }: Part) {
  return {
    ...rest,
    ...(options === undefined ? {} : { options: options.map((option) => ({ title: option.title, description: option.description ?? null })) }),
    ...(deciders === undefined ? {} : { deciders: [...deciders] }),
    ...(domains === undefined ? {} : { domains: [...domains] }),
  };
}

export const decisions = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Decision>(sql, 'Decision', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Decision>(tx, 'Decision', 'id', 'uuid', id),
  /** Locks several in the order of their ids, which is the order in which everybody locks several. */
  lockAll: (tx: Tx, ids: readonly string[]) => tx.query<Decision>(`SELECT t.* FROM "Decision" t WHERE t."id" = ANY($1::uuid[]) ORDER BY t."id" FOR UPDATE`, [ids]),

  page: (sql: Sql, filter: DecisionFilter, order: DecisionOrder, args: PageArgs): Promise<Page<Decision>> => pageOf(sql, list(filter, order), args),
  pagesOf: (sql: Sql, workstreamIds: readonly string[], filter: DecisionFilter, order: DecisionOrder, args: PageArgs): Promise<Map<string, Page<Decision>>> => pagesOf(sql, list(filter, order), 'workstreamId', workstreamIds, args),

  /** Inserts a new one as it is. */
  async insert(tx: Tx, decision: Decision): Promise<Decision> {
    return (await prismaOf(tx).decision.create({ data: toColumns(decision) as never })) as unknown as Decision;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Decision, changes: Partial<Omit<Decision, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Decision> {
    return (await prismaOf(tx).decision.update({ where: { id: before.id }, data: { ...toColumns(changes), updatedAt: now, version: before.version + 1 } as never })) as unknown as Decision;
  },

  /** The facts of many decisions for their guards, in one statement. Facts that the verb or the caller brings are empty. */
  async facts(sql: Sql, ids: readonly string[]): Promise<Map<string, DecisionFacts>> {
    const rows = await sql.query<Pick<Decision, 'id' | 'options' | 'choice' | 'rationale' | 'deciders' | 'domains'>>(
      `SELECT "id", "options", "choice", "rationale", "deciders", "domains" FROM "Decision" WHERE "id" = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, ...text }) => [id, { ...text, callerIsSteward: false, reason: null, acceptedSuccessor: null }]));
  },

  /** Decisions that stand in the way of closing a workstream: blocking and not decided yet, oldest first. */
  async openBlockingOf(sql: Sql, workstreamId: string): Promise<BlockingDecision[]> {
    return (await decisions.openBlockingOfAll(sql, [workstreamId])).get(workstreamId) ?? [];
  },
  /** The same for many workstreams in one statement; those without such decisions are missing. */
  async openBlockingOfAll(sql: Sql, workstreamIds: readonly string[]): Promise<Map<string, BlockingDecision[]>> {
    const rows = await sql.query<BlockingDecision & { workstreamId: string }>(
      `SELECT "id", "title", "createdAt", "workstreamId" FROM "Decision" WHERE "workstreamId" = ANY($1::uuid[]) AND "blocking" AND "status" = 'PROPOSED' ORDER BY "createdAt", "id"`,
      [workstreamIds],
    );
    return Map.groupBy(rows, (row) => row.workstreamId);
  },

  /** How many are proposed and not decided yet. */
  async countOpen(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Decision" WHERE "status" = 'PROPOSED'`);
    return row?.count ?? 0;
  },
};
