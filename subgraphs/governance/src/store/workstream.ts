import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { WorkstreamFacts } from '../lifecycle/workstream.ts';
import { OPEN_TASK_STATUSES, type Workstream, type WorkstreamStatus } from '../model.ts';
import { prismaOf } from './client.ts';
import { foreign } from './foreign.ts';

/** How clients may narrow a list of workstreams. */
export interface WorkstreamFilter {
  readonly statuses?: readonly WorkstreamStatus[] | null;
  readonly domains?: readonly string[] | null;
  readonly repos?: readonly string[] | null;
  readonly owners?: readonly string[] | null;
  readonly text?: string | null;
}

/** Orders of a list of workstreams. */
export const WORKSTREAM_ORDERS = {
  CODE: [{ column: 'code', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
} as const;
export type WorkstreamOrder = keyof typeof WORKSTREAM_ORDERS;

function list(filter: WorkstreamFilter, order: WorkstreamOrder): List {
  const where: Condition[] = [];
  if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
  if (filter.domains != null) where.push({ sql: `t."domainId" IN (SELECT "id" FROM "Domain" WHERE "slug" = ANY(?::text[]))`, params: [filter.domains] });
  if (filter.repos != null) where.push({ sql: `t."repoId" IN (SELECT "id" FROM "Repo" WHERE "slug" = ANY(?::text[]))`, params: [filter.repos] });
  if (filter.owners != null) where.push({ sql: `t."owner" = ANY(?::text[])`, params: [filter.owners] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."code" || ' ' || t."title" || ' ' || coalesce(t."summary", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Workstream', where, order: WORKSTREAM_ORDERS[order] };
}

export const workstreams = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Workstream>(sql, 'Workstream', 'id', 'uuid', ids),
  byCodes: (sql: Sql, codes: readonly string[]) => rowsBy<Workstream>(sql, 'Workstream', 'code', 'text', codes),
  lockById: (tx: Tx, id: string) => lockBy<Workstream>(tx, 'Workstream', 'id', 'uuid', id),
  lockByCode: (tx: Tx, code: string) => lockBy<Workstream>(tx, 'Workstream', 'code', 'text', code),

  /** Locks several in the order of their ids, which is the order in which everybody locks several. */
  lockAll: (tx: Tx, ids: readonly string[]) => tx.query<Workstream>(`SELECT t.* FROM "Workstream" t WHERE t."id" = ANY($1::uuid[]) ORDER BY t."id" FOR UPDATE`, [ids]),
  /** Keeps a workstream from changing state while its tasks change; many may hold it at once. */
  async share(tx: Tx, id: string): Promise<Workstream | null> {
    const [row] = await tx.query<Workstream>(`SELECT t.* FROM "Workstream" t WHERE t."id" = $1::uuid FOR SHARE`, [id]);
    return row ?? null;
  },

  page: (sql: Sql, filter: WorkstreamFilter, order: WorkstreamOrder, args: PageArgs): Promise<Page<Workstream>> => pageOf(sql, list(filter, order), args),
  pagesOf: (sql: Sql, parent: 'domainId' | 'repoId' | 'topicId', ids: readonly string[], filter: WorkstreamFilter, order: WorkstreamOrder, args: PageArgs): Promise<Map<string, Page<Workstream>>> =>
    pagesOf(sql, list(filter, order), parent, ids, args),

  /** Inserts a new one as it is. */
  async insert(tx: Tx, workstream: Workstream): Promise<Workstream> {
    return (await prismaOf(tx).workstream.create({ data: { ...workstream } })) as Workstream;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Workstream, changes: Partial<Omit<Workstream, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Workstream> {
    return (await prismaOf(tx).workstream.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Workstream;
  },

  /** The facts of many workstreams for their guards, in two statements. Verb-dependent facts are empty. */
  async facts(sql: Sql, ids: readonly string[]): Promise<Map<string, WorkstreamFacts>> {
    const [rows, waited] = await Promise.all([sql.query<{ id: string; owner: string | null; openTasks: string[] }>(
      `SELECT w."id", w."owner",
         coalesce((SELECT array_agg(k."code" ORDER BY k."ordinal", k."id") FROM "Task" k WHERE k."workstreamId" = w."id" AND k."status" = ANY($2::text[])), '{}') AS "openTasks"
       FROM "Workstream" w WHERE w."id" = ANY($1::uuid[])`,
      [ids, OPEN_TASK_STATUSES],
    ), foreign.waitedFor(sql, ids)]);
    return new Map(rows.map((row) => [row.id, { owner: row.owner, openTasks: row.openTasks, undisposedTasks: row.openTasks, waitsOutside: (waited.get(row.id) ?? []).map(({ id }) => id), unknownDependencies: [], reason: null, closureAccepted: false, acceptedDecision: null }]));
  },

  /** Counts by status over all workstreams. */
  countByStatus: (sql: Sql) => sql.query<{ status: WorkstreamStatus; count: number }>(`SELECT "status", count(*)::int AS "count" FROM "Workstream" GROUP BY 1 ORDER BY 1`),
};
