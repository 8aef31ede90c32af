import { newId } from '@hubgraph/kit/ids';
import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { EnvironmentKind, Evidence, EvidenceKind, EvidenceResult } from '../model.ts';

/** How clients may narrow a list of evidence. */
export interface EvidenceFilter {
  readonly kinds?: readonly EvidenceKind[] | null;
  readonly environments?: readonly EnvironmentKind[] | null;
  readonly results?: readonly EvidenceResult[] | null;
  readonly services?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly migrationRuns?: readonly string[] | null;
  readonly releaseDigest?: string | null;
  readonly source?: string | null;
  readonly observedSince?: Date | null;
  readonly observedBefore?: Date | null;
}

/** Orders of a list of evidence. */
export const EVIDENCE_ORDERS = {
  OBSERVED: [{ column: 'observedAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  OBSERVED_DESC: [{ column: 'observedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type EvidenceOrder = keyof typeof EVIDENCE_ORDERS;

/** The columns by which evidence belongs to something. */
export const EVIDENCE_SCOPES = ['service', 'workstream', 'migrationRun', 'domain'] as const;
export type EvidenceScope = (typeof EVIDENCE_SCOPES)[number];

/** A row before it is stored: the batch has its moment and its recorder. */
export type NewEvidence = Omit<Evidence, 'id' | 'recordedAt' | 'recordedBy'>;

/** What one requirement of a gate asks of one kind of environment. */
export interface RequirementAsk {
  /** The caller's own name for it; answers carry it. */
  readonly key: string;
  readonly scope: EvidenceScope;
  /** Slug or code of what `scope` names. */
  readonly of: string;
  readonly kind: EvidenceKind;
  readonly environment: EnvironmentKind;
  /** Observed then or later; null: at any time. */
  readonly since: Date | null;
  /** Of this release; null: of any. */
  readonly releaseDigest: string | null;
  /** How many of the newest passing ones to tell, 1 to 1,000. */
  readonly take: number;
}

/** One observation, as little of it as a gate needs. */
export interface Sighting {
  readonly id: string;
  readonly observedAt: Date;
}

/** What the evidence says to one ask. */
export interface RequirementFinding {
  readonly key: string;
  /** The newest passing ones, newest first, as many as were asked for. */
  readonly passing: readonly Sighting[];
  /** The newest failing one. */
  readonly failing: Sighting | null;
}

function list(filter: EvidenceFilter, order: EvidenceOrder): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => {
    if (values != null) where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  };
  among('kind', filter.kinds);
  among('environment', filter.environments);
  among('result', filter.results);
  among('service', filter.services);
  among('workstream', filter.workstreams);
  among('domain', filter.domains);
  among('migrationRun', filter.migrationRuns);
  if (filter.releaseDigest != null) where.push({ sql: `t."releaseDigest" = ?::text`, params: [filter.releaseDigest] });
  if (filter.source != null) where.push({ sql: `t."source" = ?::text`, params: [filter.source] });
  if (filter.observedSince != null) where.push({ sql: `t."observedAt" >= ?::timestamptz`, params: [filter.observedSince] });
  if (filter.observedBefore != null) where.push({ sql: `t."observedAt" < ?::timestamptz`, params: [filter.observedBefore] });
  return { table: 'Evidence', where, order: EVIDENCE_ORDERS[order] };
}

/** The newest passing ones and the newest failing one of every ask about one scope, with a release or without; each an index range, read backwards. */
function branch(scope: EvidenceScope, release: boolean): string {
  const rows = (result: EvidenceResult, limit: string) => `
    SELECT e."id", e."observedAt" FROM "Evidence" e
    WHERE e."${scope}" = a."of" AND e."kind" = a."kind" AND e."environment" = a."environment" AND e."result" = '${result}'
      AND e."observedAt" >= coalesce(a."since", '-infinity') ${release ? 'AND e."releaseDigest" = a."releaseDigest"' : ''}
    ORDER BY e."observedAt" DESC, e."id" DESC LIMIT ${limit}`;
  return `
  SELECT a."key", p."ids", p."times", f."id" AS "failingId", f."observedAt" AS "failingAt"
  FROM asks a
  CROSS JOIN LATERAL (SELECT array_agg(r."id"::text ORDER BY r."observedAt" DESC, r."id" DESC) AS "ids", array_agg(r."observedAt" ORDER BY r."observedAt" DESC, r."id" DESC) AS "times" FROM (${rows('PASS', 'a."take"')}) r) p
  LEFT JOIN LATERAL (${rows('FAIL', '1')}) f ON true
  WHERE a."scope" = '${scope}' AND a."releaseDigest" IS ${release ? 'NOT NULL' : 'NULL'}`;
}

/** The statement for asks, with the branches that they need and no more: each costs PostgreSQL some time to plan. */
function forRequirements(asks: readonly RequirementAsk[]): string {
  const branches = EVIDENCE_SCOPES.flatMap((scope) => [false, true].filter((release) => asks.some((ask) => ask.scope === scope && (ask.releaseDigest !== null) === release)).map((release) => branch(scope, release)));
  return `
  WITH asks AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("key" text, "scope" text, "of" text, "kind" text, "environment" text, "since" timestamptz, "releaseDigest" text, "take" int)
  )${branches.join('\n  UNION ALL')}`;
}

export const evidences = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Evidence>(sql, 'Evidence', 'id', 'uuid', ids),

  page: (sql: Sql, filter: EvidenceFilter, order: EvidenceOrder, args: PageArgs): Promise<Page<Evidence>> => pageOf(sql, list(filter, order), args),
  /** A page for each of many services, workstreams, runs or domains, in one statement. */
  pagesOf: (sql: Sql, scope: EvidenceScope, keys: readonly string[], filter: EvidenceFilter, order: EvidenceOrder, args: PageArgs): Promise<Map<string, Page<Evidence>>> => pagesOf(sql, list(filter, order), scope, keys, args, 'text'),

  /** Those that are stored under many source keys, in one statement. */
  bySourceKeys(sql: Sql, keys: readonly { readonly source: string; readonly sourceKey: string }[]): Promise<Evidence[]> {
    if (keys.length === 0) return Promise.resolve([]);
    return sql.query(`SELECT e.* FROM unnest($1::text[], $2::text[]) AS k("source", "sourceKey") JOIN "Evidence" e ON e."source" = k."source" AND e."sourceKey" = k."sourceKey"`, [keys.map((key) => key.source), keys.map((key) => key.sourceKey)]);
  },

  /**
   * Inserts a batch in one statement and gives back what it inserted: what is already there under its source and source key
   * stays, also when another transaction commits it meanwhile. In the order of the keys, so that two batches never wait for
   * each other in a circle.
   */
  async insert(tx: Tx, batch: readonly NewEvidence[], recordedBy: string, now: Date): Promise<Evidence[]> {
    if (batch.length === 0) return [];
    const rows = batch.map((row) => ({ ...row, id: newId() }));
    return tx.query(
      `INSERT INTO "Evidence" ("id", "kind", "environment", "service", "workstream", "migrationRun", "domain", "releaseDigest", "result", "observedAt", "recordedAt", "recordedBy", "source", "sourceKey", "report")
       SELECT "id", "kind", "environment", "service", "workstream", "migrationRun", "domain", "releaseDigest", "result", "observedAt", $3::timestamptz, $2, "source", "sourceKey", "report"
       FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "kind" text, "environment" text, "service" text, "workstream" text, "migrationRun" text, "domain" text, "releaseDigest" text, "result" text, "observedAt" timestamptz, "source" text, "sourceKey" text, "report" jsonb)
       ORDER BY "source" COLLATE "C", "sourceKey" COLLATE "C" ON CONFLICT DO NOTHING RETURNING *`,
      [JSON.stringify(rows), recordedBy, now],
    );
  },

  /**
   * Answers many asks in one statement. Each costs two ranges of an index, whatever the number of rows, because it tells no
   * more than `take` and never counts further. Keys without an answer cannot be: there is a finding for every ask.
   */
  async forRequirements(sql: Sql, asks: readonly RequirementAsk[]): Promise<Map<string, RequirementFinding>> {
    if (asks.length === 0) return new Map();
    const rows = await sql.query<{ key: string; ids: string[] | null; times: Date[] | null; failingId: string | null; failingAt: Date | null }>(forRequirements(asks), [JSON.stringify(asks)]);
    return new Map(rows.map((row) => [row.key, {
      key: row.key,
      passing: (row.ids ?? []).map((id, index) => ({ id, observedAt: new Date(row.times?.[index] ?? Number.NaN) })),
      failing: row.failingId === null || row.failingAt === null ? null : { id: row.failingId, observedAt: row.failingAt },
    }]));
  },
};
