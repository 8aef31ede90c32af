import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import { newId } from '@hubgraph/kit/ids';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import { ESCALATION_LEVELS, type EscalateMinutes } from '../alert/escalation.ts';
import { ALERT_SEVERITIES, type Alert, type AlertEntry, type AlertEntryKind, type AlertSeverity, type AlertStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of alerts. */
export interface AlertFilter {
  readonly statuses?: readonly AlertStatus[] | null;
  readonly severities?: readonly AlertSeverity[] | null;
  readonly services?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly repos?: readonly string[] | null;
  readonly packages?: readonly string[] | null;
  readonly dedupKey?: string | null;
  readonly open?: boolean | null;
  readonly suppressed?: boolean | null;
  readonly text?: string | null;
  /** Raised, at first or again, at this moment or later. */
  readonly since?: Date | null;
}

/** Orders of a list of alerts. */
export const ALERT_ORDERS = {
  SEVERITY_DESC: [{ column: 'severityRank', cast: 'int', descending: true }, { column: 'lastAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  LAST_DESC: [{ column: 'lastAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type AlertOrder = keyof typeof ALERT_ORDERS;

/** What a list of alerts is asked with; `suppressed` are the conditions of suppressions.condition, when the filter asks for it. */
export interface AlertList {
  readonly filter: AlertFilter;
  readonly order: AlertOrder;
  readonly now: Date;
  readonly suppressed?: Condition | null;
}

/** The columns by which an alert is about something. */
export type AlertParent = 'service' | 'domain' | 'workstream' | 'repo' | 'package';

const OPEN = `t."status" <> 'RESOLVED'`;

/** The conditions of a filter, on alerts called `t`. */
export function alertConditions({ filter, now, suppressed }: Omit<AlertList, 'order'>): Condition[] {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  // An acknowledgement that lapsed is none, whether or not the job has told of it. Whoever asks for both, or neither, need not tell: PostgreSQL knows how many fit by the plain word.
  const tells = filter.statuses?.includes('RAISED') !== filter.statuses?.includes('ACKNOWLEDGED');
  if (!tells) among('status', filter.statuses);
  else if (filter.statuses != null) where.push({ sql: `CASE WHEN t."status" = 'ACKNOWLEDGED' AND t."acknowledgedUntil" <= ?::timestamptz THEN 'RAISED' ELSE t."status" END = ANY(?::text[])`, params: [now, filter.statuses] });
  if (filter.open === true || filter.statuses?.includes('RESOLVED') === false) where.push({ sql: OPEN, params: [] });
  if (filter.open === false) where.push({ sql: `t."status" = 'RESOLVED'`, params: [] });
  among('severity', filter.severities);
  among('service', filter.services);
  among('domain', filter.domains);
  among('workstream', filter.workstreams);
  among('repo', filter.repos);
  among('package', filter.packages);
  if (filter.dedupKey != null) where.push({ sql: `t."dedupKey" = ?::text`, params: [filter.dedupKey] });
  if (filter.since != null) where.push({ sql: `t."lastAt" >= ?::timestamptz`, params: [filter.since] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."title" || ' ' || coalesce(t."detail", '')), lower(?::text)) > 0`, params: [filter.text] });
  if (suppressed != null) where.push(suppressed);
  return where;
}

function list(wanted: AlertList): List {
  return { table: 'Alert', where: alertConditions(wanted), order: ALERT_ORDERS[wanted.order] };
}

/** A line to write into a timeline. */
export interface NewEntry {
  readonly alertId: string;
  readonly kind: AlertEntryKind;
  readonly actor: string;
  readonly note?: string | null;
}

export const alerts = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Alert>(sql, 'Alert', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Alert>(tx, 'Alert', 'id', 'uuid', id),
  /** Locks the open alert of a key; null when there is none. */
  async lockOpen(tx: Tx, dedupKey: string): Promise<Alert | null> {
    const [row] = await tx.query<Alert>(`SELECT * FROM "Alert" t WHERE t."dedupKey" = $1 AND ${OPEN} FOR UPDATE`, [dedupKey]);
    return row ?? null;
  },

  page: (sql: Sql, wanted: AlertList, args: PageArgs): Promise<Page<Alert>> => pageOf(sql, list(wanted), args),
  /** A page for each of many services, domains, workstreams, repos or packages, in one statement. */
  pagesOf: (sql: Sql, parent: AlertParent, keys: readonly string[], wanted: AlertList, args: PageArgs): Promise<Map<string, Page<Alert>>> => pagesOf(sql, list(wanted), parent, keys, args, 'text'),
  /** Open alerts that fit a filter, most severe first, at most `limit`. */
  async open(sql: Sql, filter: AlertFilter, now: Date, limit: number): Promise<Alert[]> {
    const page = await alerts.page(sql, { filter: { ...filter, open: true }, order: 'SEVERITY_DESC', now }, { first: limit });
    return page.edges.map((edge) => edge.node);
  },
  /** How many are open, by severity, the most severe first; severities without any are left out. */
  openCounts: (sql: Sql): Promise<{ severity: AlertSeverity; count: number }[]> => sql.query(`SELECT t."severity", count(*)::int AS "count" FROM "Alert" t WHERE ${OPEN} GROUP BY 1 ORDER BY array_position($1::text[], t."severity") DESC`, [ALERT_SEVERITIES]),

  /**
   * Opens a new one, linked to the last under its key; null when one is open, also by a transaction that commits meanwhile.
   * The partial unique index on the key decides, so there are never two.
   */
  async insert(tx: Tx, alert: Omit<Alert, 'previousId'>): Promise<Alert | null> {
    const [row] = await tx.query<Alert>(
      `INSERT INTO "Alert" SELECT r.* FROM jsonb_populate_record(NULL::"Alert", $1::jsonb || jsonb_build_object('previousId', (SELECT p."id" FROM "Alert" p WHERE p."dedupKey" = $2 AND p."status" = 'RESOLVED' ORDER BY p."createdAt" DESC, p."id" DESC LIMIT 1))) r
       ON CONFLICT ("dedupKey") WHERE "status" <> 'RESOLVED' DO NOTHING RETURNING *`,
      [JSON.stringify(alert), alert.dedupKey],
    );
    return row ?? null;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Alert, changes: Partial<Omit<Alert, 'id' | 'dedupKey' | 'version' | 'createdAt'>>, now: Date): Promise<Alert> {
    return (await prismaOf(tx).alert.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Alert;
  },

  /** Writes lines into timelines, in one statement. */
  async addEntries(tx: Tx, entries: readonly NewEntry[], now: Date): Promise<void> {
    if (entries.length > 0) await prismaOf(tx).alertEntry.createMany({ data: entries.map((entry) => ({ note: null, ...entry, id: newId(), at: now, until: now })) });
  },
  /**
   * Counts an open one up, in one statement with its line of the timeline: one line for all that an actor repeats while nothing
   * else happens, so that a loud source does not fill it. The row must be locked; `told` raises the version.
   */
  async repeat(tx: Tx, before: Alert, said: Pick<Alert, 'severity' | 'severityRank' | 'title' | 'detail' | 'labels'>, by: { readonly actor: string; readonly told: boolean; readonly now: Date }): Promise<Alert> {
    const [row] = await tx.query<Alert>(
      `WITH other AS (SELECT e."id" FROM "AlertEntry" e WHERE e."alertId" = $2::uuid AND e."kind" <> 'REPEATED' ORDER BY e."id" DESC LIMIT 1),
       again AS (UPDATE "AlertEntry" e SET "count" = e."count" + 1, "until" = $4::timestamptz FROM other WHERE e."alertId" = $2::uuid AND e."kind" = 'REPEATED' AND e."actor" = $3 AND e."id" > other."id" RETURNING e."id"),
       line AS (INSERT INTO "AlertEntry" ("id", "alertId", "at", "kind", "actor", "note", "count", "until") SELECT $1::uuid, $2::uuid, $4::timestamptz, 'REPEATED', $3, NULL, 1, $4::timestamptz WHERE NOT EXISTS (SELECT 1 FROM again))
       UPDATE "Alert" SET "count" = "count" + 1, "lastAt" = $4::timestamptz, "updatedAt" = $4::timestamptz, "version" = "version" + $5::int, "severity" = $6, "severityRank" = $7::int, "title" = $8, "detail" = $9, "labels" = $10::jsonb
       WHERE "id" = $2::uuid RETURNING *`,
      [newId(), before.id, by.actor, by.now, by.told ? 1 : 0, said.severity, said.severityRank, said.title, said.detail, JSON.stringify(said.labels)],
    );
    return row!;
  },
  /** The timelines of many alerts in one statement, oldest line first. */
  async timelines(sql: Sql, ids: readonly string[]): Promise<Map<string, AlertEntry[]>> {
    const rows = await sql.query<AlertEntry>(`SELECT * FROM "AlertEntry" WHERE "alertId" = ANY($1::uuid[]) ORDER BY "id"`, [ids]);
    return Map.groupBy(rows, (row) => row.alertId);
  },

  /** Locks some whose acknowledgement lapsed; those that another transaction holds are left to it. */
  lockLapsed: (tx: Tx, now: Date, limit: number): Promise<Alert[]> => tx.query(`SELECT * FROM "Alert" t WHERE t."status" = 'ACKNOWLEDGED' AND t."acknowledgedUntil" <= $1::timestamptz ORDER BY t."acknowledgedUntil", t."id" LIMIT $2 FOR UPDATE SKIP LOCKED`, [now, limit]),
  /** Locks some that go to their next level by escalation.ts now, and that fit `unsuppressed`; those that another transaction holds are left to it. */
  lockDue(tx: Tx, minutes: EscalateMinutes, unsuppressed: Condition, now: Date, limit: number): Promise<Alert[]> {
    const params: unknown[] = [now, ALERT_SEVERITIES.map((severity) => minutes[severity]), ESCALATION_LEVELS, limit];
    let next = 0;
    const more = unsuppressed.sql.replaceAll('?', () => `$${params.push(unsuppressed.params[next++])}`);
    return tx.query(
      `SELECT * FROM "Alert" t WHERE t."status" = 'RAISED' AND t."escalation" < $3 AND ($2::int[])[t."severityRank" + 1] > 0
       AND coalesce(t."escalatedAt", t."waitsSince") <= $1::timestamptz - make_interval(mins => ($2::int[])[t."severityRank" + 1]) AND ${more}
       ORDER BY t."severityRank" DESC, t."id" LIMIT $4 FOR UPDATE OF t SKIP LOCKED`,
      params,
    );
  },
};
