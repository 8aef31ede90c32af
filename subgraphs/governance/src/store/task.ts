import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { TaskFacts } from '../lifecycle/task.ts';
import { OPEN_TASK_STATUSES, type AcceptancePoint, type Priority, type Task, type TaskStatus, type WorkstreamStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of tasks. */
export interface TaskFilter {
  readonly statuses?: readonly TaskStatus[] | null;
  readonly priorities?: readonly Priority[] | null;
  readonly assignees?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  /** Reported stale and not touched since. */
  readonly stale?: boolean | null;
  readonly text?: string | null;
}

/** Orders of a list of tasks. */
export const TASK_ORDERS = {
  PLACE: [{ column: 'workstreamId', cast: 'uuid' }, { column: 'ordinal', cast: 'int' }, { column: 'id', cast: 'uuid' }],
  CODE: [{ column: 'code', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type TaskOrder = keyof typeof TASK_ORDERS;

const STALE = `t."status" = ANY(ARRAY['TODO','IN_PROGRESS','WAITING']) AND t."staleAt" IS NOT NULL AND t."staleAt" >= t."updatedAt"`;

function list(filter: TaskFilter, order: TaskOrder): List {
  const where: Condition[] = [];
  if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
  if (filter.priorities != null) where.push({ sql: `t."priority" = ANY(?::text[])`, params: [filter.priorities] });
  if (filter.assignees != null) where.push({ sql: `t."assignee" = ANY(?::text[])`, params: [filter.assignees] });
  if (filter.workstreams != null) where.push({ sql: `t."workstreamId" IN (SELECT "id" FROM "Workstream" WHERE "code" = ANY(?::text[]))`, params: [filter.workstreams] });
  if (filter.stale != null) where.push({ sql: filter.stale ? STALE : `NOT (${STALE})`, params: [] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."code" || ' ' || t."title" || ' ' || coalesce(t."description", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Task', where, order: TASK_ORDERS[order] };
}

function toRow(task: Task) {
  return { ...task, acceptance: task.acceptance.map((point) => ({ text: point.text, done: point.done })) };
}

export const tasks = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Task>(sql, 'Task', 'id', 'uuid', ids),
  byCodes: (sql: Sql, codes: readonly string[]) => rowsBy<Task>(sql, 'Task', 'code', 'text', codes),
  lockById: (tx: Tx, id: string) => lockBy<Task>(tx, 'Task', 'id', 'uuid', id),
  /** All tasks of a workstream in their order, locked. The workstream must be locked before. */
  lockOf: (tx: Tx, workstreamId: string) => tx.query<Task>(`SELECT t.* FROM "Task" t WHERE t."workstreamId" = $1::uuid ORDER BY t."ordinal", t."id" FOR UPDATE`, [workstreamId]),

  page: (sql: Sql, filter: TaskFilter, order: TaskOrder, args: PageArgs): Promise<Page<Task>> => pageOf(sql, list(filter, order), args),
  pagesOf: (sql: Sql, workstreamIds: readonly string[], filter: TaskFilter, order: TaskOrder, args: PageArgs): Promise<Map<string, Page<Task>>> => pagesOf(sql, list(filter, order), 'workstreamId', workstreamIds, args),

  /** Highest number in the codes of a workstream's tasks, the digits it is written with, and the last place. */
  async lastPlace(tx: Tx, workstreamId: string): Promise<{ highest: number; digits: number; ordinal: number }> {
    const [row] = await tx.query<{ highest: number; digits: number; ordinal: number }>(
      `SELECT coalesce(max(substring("code" from '-T([0-9]+)$')::int), 0) AS "highest", coalesce(max(length(substring("code" from '-T([0-9]+)$'))), 0) AS "digits", coalesce(max("ordinal"), 0) AS "ordinal"
       FROM "Task" WHERE "workstreamId" = $1::uuid`,
      [workstreamId],
    );
    return row ?? { highest: 0, digits: 0, ordinal: 0 };
  },

  /** Inserts new ones in one statement. */
  async insert(tx: Tx, rows: readonly Task[]): Promise<void> {
    if (rows.length > 0) await prismaOf(tx).task.createMany({ data: rows.map(toRow) });
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Task, changes: Partial<Omit<Task, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Task> {
    const { acceptance, ...rest } = changes;
    const points: { acceptance?: { text: string; done: boolean }[] } = acceptance === undefined ? {} : { acceptance: acceptance.map((point: AcceptancePoint) => ({ text: point.text, done: point.done })) };
    const data = { ...rest, ...points, updatedAt: now, version: before.version + 1 };
    return (await prismaOf(tx).task.update({ where: { id: before.id }, data })) as unknown as Task;
  },

  /** The facts of many tasks for their guards, in one statement. Verb-dependent facts are empty. */
  async facts(sql: Sql, ids: readonly string[]): Promise<Map<string, TaskFacts>> {
    const rows = await sql.query<{ id: string; workstreamStatus: WorkstreamStatus; openDependencies: string[]; waitingOn: string | null; waitingOnMet: boolean; acceptance: AcceptancePoint[]; completionNote: string | null }>(
      `SELECT k."id", w."status" AS "workstreamStatus", k."waitingOn", k."acceptance", k."completionNote",
         coalesce((SELECT array_agg(coalesce(dt."code", dw."code") ORDER BY coalesce(dt."code", dw."code")) FROM "Dependency" d
           LEFT JOIN "Task" dt ON d."toKind" = 'TASK' AND dt."id" = d."toId" LEFT JOIN "Workstream" dw ON d."toKind" = 'WORKSTREAM' AND dw."id" = d."toId"
           WHERE d."fromId" = k."id" AND coalesce(dt."status", dw."status") NOT IN ('DONE', 'CARRIED_FORWARD', 'COMPLETED', 'ARCHIVED', 'CANCELLED')), '{}') AS "openDependencies",
         (EXISTS (SELECT 1 FROM "Task" o WHERE o."code" = k."waitingOn" AND o."status" = 'DONE')
           OR EXISTS (SELECT 1 FROM "Decision" o WHERE o."id"::text = k."waitingOn" AND o."status" IN ('ACCEPTED', 'REJECTED'))) AS "waitingOnMet"
       FROM "Task" k JOIN "Workstream" w ON w."id" = k."workstreamId" WHERE k."id" = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, { workstreamStatus: row.workstreamStatus, openDependencies: row.openDependencies, waitingOn: row.waitingOn, blockerMetOrOverruled: row.waitingOnMet, reason: null, completionNote: null, acceptance: row.acceptance, successor: null }]));
  },

  /** Counts by status over all tasks. */
  countByStatus: (sql: Sql) => sql.query<{ status: TaskStatus; count: number }>(`SELECT "status", count(*)::int AS "count" FROM "Task" GROUP BY 1 ORDER BY 1`),
  /** How many open tasks were reported stale and not touched since. */
  async countStale(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "Task" t WHERE ${STALE}`);
    return row?.count ?? 0;
  },

  /** Locks and gives the open tasks that nobody touched since `before` and that were not reported since their last touch, at most `limit`; rows that another holds are left for the next run. */
  lockUntouched: (tx: Tx, before: Date, limit: number) =>
    tx.query<Task & { workstreamCode: string; domainSlug: string }>(
      `SELECT k.*, w."code" AS "workstreamCode", d."slug" AS "domainSlug" FROM "Task" k JOIN "Workstream" w ON w."id" = k."workstreamId" JOIN "Domain" d ON d."id" = w."domainId"
       WHERE k."status" = ANY($2::text[]) AND w."status" IN ('PROPOSED', 'ACTIVE', 'PAUSED', 'CLOSING') AND k."updatedAt" < $1 AND (k."staleAt" IS NULL OR k."staleAt" < k."updatedAt")
       ORDER BY k."id" LIMIT $3 FOR UPDATE OF k SKIP LOCKED`,
      [before, OPEN_TASK_STATUSES, limit],
    ),
  /** Locks and gives the open tasks of closed workstreams, with where they stand. */
  lockOpenOfClosed: (tx: Tx) =>
    tx.query<Task & { workstreamCode: string; workstreamStatus: WorkstreamStatus; domainSlug: string; sourcePath: string | null }>(
      `SELECT k.*, w."code" AS "workstreamCode", w."status" AS "workstreamStatus", w."sourcePath", d."slug" AS "domainSlug" FROM "Task" k JOIN "Workstream" w ON w."id" = k."workstreamId" JOIN "Domain" d ON d."id" = w."domainId"
       WHERE k."status" = ANY($1::text[]) AND w."status" IN ('COMPLETED', 'CANCELLED', 'ARCHIVED') ORDER BY k."id" FOR UPDATE OF k`,
      [OPEN_TASK_STATUSES],
    ),
  /** Files of closed workstreams that have open tasks, to be read again. */
  filesOfClosed: (sql: Sql) =>
    sql.query<{ code: string; sourcePath: string }>(
      `SELECT DISTINCT w."code", w."sourcePath" FROM "Task" k JOIN "Workstream" w ON w."id" = k."workstreamId"
       WHERE k."status" = ANY($1::text[]) AND w."status" IN ('COMPLETED', 'CANCELLED', 'ARCHIVED') AND w."sourcePath" IS NOT NULL ORDER BY 1`,
      [OPEN_TASK_STATUSES],
    ),
  /** Notes that tasks were reported stale; neither version nor `updatedAt` moves, because nothing changed. */
  async markStale(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
    await tx.query(`UPDATE "Task" SET "staleAt" = $2 WHERE "id" = ANY($1::uuid[])`, [ids, now]);
  },
};
