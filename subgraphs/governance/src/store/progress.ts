import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import type { ProgressEntry } from '../model.ts';

/** How clients may narrow the journal. */
export interface ProgressFilter {
  readonly domains?: readonly string[] | null;
  readonly repos?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly tasks?: readonly string[] | null;
  readonly eventTypes?: readonly string[] | null;
  readonly actors?: readonly string[] | null;
  /** Entries from then on. */
  readonly since?: Date | null;
  readonly text?: string | null;
}

/** The columns by which an entry belongs to something. */
export type ProgressSubject = 'domainId' | 'repoId' | 'workstreamId' | 'taskId';

/** Orders of the journal. */
export const PROGRESS_ORDERS = {
  AT_DESC: [{ column: 'at', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  AT: [{ column: 'at', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
} as const;
export type ProgressOrder = keyof typeof PROGRESS_ORDERS;

function list(filter: ProgressFilter, order: ProgressOrder): List {
  const where: Condition[] = [];
  if (filter.domains != null) where.push({ sql: `t."domainId" IN (SELECT "id" FROM "Domain" WHERE "slug" = ANY(?::text[]))`, params: [filter.domains] });
  if (filter.repos != null) where.push({ sql: `t."repoId" IN (SELECT "id" FROM "Repo" WHERE "slug" = ANY(?::text[]))`, params: [filter.repos] });
  if (filter.workstreams != null) where.push({ sql: `t."workstreamId" IN (SELECT "id" FROM "Workstream" WHERE "code" = ANY(?::text[]))`, params: [filter.workstreams] });
  if (filter.tasks != null) where.push({ sql: `t."taskId" IN (SELECT "id" FROM "Task" WHERE "code" = ANY(?::text[]))`, params: [filter.tasks] });
  if (filter.eventTypes != null) where.push({ sql: `t."eventType" = ANY(?::text[])`, params: [filter.eventTypes] });
  if (filter.actors != null) where.push({ sql: `t."actor" = ANY(?::text[])`, params: [filter.actors] });
  if (filter.since != null) where.push({ sql: `t."at" >= ?::timestamptz`, params: [filter.since] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."summary"), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'ProgressEntry', where, order: PROGRESS_ORDERS[order] };
}

export const progress = {
  page: (sql: Sql, filter: ProgressFilter, order: ProgressOrder, args: PageArgs): Promise<Page<ProgressEntry>> => pageOf(sql, list(filter, order), args),
  /** A page for each of many subjects, in one statement. */
  pagesOf: (sql: Sql, subject: ProgressSubject, ids: readonly string[], filter: ProgressFilter, order: ProgressOrder, args: PageArgs): Promise<Map<string, Page<ProgressEntry>>> => pagesOf(sql, list(filter, order), subject, ids, args),

  /** Writes entries in one statement; the journal is never changed afterwards. */
  async insert(tx: Tx, entries: readonly ProgressEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await tx.query(
      `INSERT INTO "ProgressEntry" ("id", "at", "actor", "eventType", "summary", "details", "domainId", "repoId", "workstreamId", "taskId")
       SELECT "id", "at", "actor", "eventType", "summary", coalesce("details", 'null'), "domainId", "repoId", "workstreamId", "taskId"
       FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "at" timestamptz, "actor" text, "eventType" text, "summary" text, "details" jsonb, "domainId" uuid, "repoId" uuid, "workstreamId" uuid, "taskId" uuid)`,
      [JSON.stringify(entries)],
    );
  },
};
