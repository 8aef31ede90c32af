import type { Sql, Tx } from '@hubgraph/kit/sql';
import { OUTSIDE_LIMIT } from '../lifecycle/closure.ts';
import type { ClosureHub, ForeignItem } from '../model.ts';

const COLUMNS = ['noun', 'id', 'hub', 'code', 'title', 'status', 'waits', 'workstream', 'service', 'domain', 'repo', 'since'] as const;
const quoted = (alias: string): string => COLUMNS.map((column) => `${alias}."${column}"`).join(', ');
const TYPES = `"noun" text, "id" text, "hub" text, "code" text, "title" text, "status" text, "waits" boolean, "workstream" text, "service" text, "domain" text, "repo" text, "since" timestamptz`;

/** A thing of another hub, for one of the workstreams that were asked for. */
export type ItemOf = ForeignItem & { readonly workstreamId: string };

/** How far a hub has been followed. */
export interface HubPlace {
  readonly hub: ClosureHub;
  readonly epoch: string | null;
  readonly position: number;
}

/**
 * Which things concern which workstreams: what names a workstream concerns that one; an alert or a gate that names only a
 * service concerns every workstream of the repo that the service comes from.
 */
const CONCERNS = `
  SELECT w."id" AS "workstreamId", ${quoted('f')} FROM "Workstream" w JOIN "ForeignItem" f ON f."workstream" = w."code" AND f."waits" WHERE w."id" = ANY($1::uuid[])
  UNION ALL
  SELECT w."id", ${quoted('f')} FROM "Workstream" w JOIN "Repo" r ON r."id" = w."repoId" JOIN "ForeignItem" s ON s."noun" = 'Service' AND s."repo" = r."slug"
    JOIN "ForeignItem" f ON f."service" = s."id" AND f."waits" AND f."workstream" IS NULL AND f."noun" IN ('Alert', 'Gate') WHERE w."id" = ANY($1::uuid[])`;

export const foreign = {
  /** What each workstream waits for, oldest first, at most {@link OUTSIDE_LIMIT} things each; in one statement. */
  async waitedFor(sql: Sql, workstreamIds: readonly string[]): Promise<Map<string, ItemOf[]>> {
    const rows = await sql.query<ItemOf>(
      `SELECT * FROM (SELECT c.*, row_number() OVER (PARTITION BY c."workstreamId" ORDER BY c."since", c."noun", c."id") AS "n" FROM (${CONCERNS}) c) ranked WHERE "n" <= $2 ORDER BY "workstreamId", "n"`,
      [workstreamIds, OUTSIDE_LIMIT],
    );
    return Map.groupBy(rows, (row) => row.workstreamId);
  },

  /** All that is known of a hub and waited for, or leads to it; for tests and reports. */
  of: (sql: Sql, hub: ClosureHub) => sql.query<ForeignItem>(`SELECT ${quoted('f')} FROM "ForeignItem" f WHERE f."hub" = $1 AND (f."waits" OR f."noun" = 'Service') ORDER BY f."noun", f."id"`, [hub]),

  /**
   * Writes what an event of `subject` said; what waited before and waits still has waited since then. Earlier events of
   * the subject that could not be read are made good by it.
   */
  async put(tx: Tx, item: ForeignItem, subject: string, position: number, now: Date): Promise<void> {
    await tx.query(
      `WITH healed AS (DELETE FROM "ForeignFault" WHERE "hub" = $3 AND "subject" = $15)
       INSERT INTO "ForeignItem" AS f (${COLUMNS.map((column) => `"${column}"`).join(', ')}, "position", "updatedAt") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::bigint, $14)
       ON CONFLICT ("noun", "id") DO UPDATE SET ${COLUMNS.slice(2, -1).map((column) => `"${column}" = excluded."${column}"`).join(', ')}, "position" = excluded."position", "updatedAt" = excluded."updatedAt",
         "since" = CASE WHEN f."waits" AND excluded."waits" THEN f."since" ELSE excluded."since" END`,
      [...COLUMNS.map((column) => item[column]), position, now, subject],
    );
  },

  /** Forgets all of a hub, because its stream began anew. */
  async clear(tx: Tx, hub: ClosureHub): Promise<void> {
    await tx.query(`WITH faults AS (DELETE FROM "ForeignFault" WHERE "hub" = $1) DELETE FROM "ForeignItem" WHERE "hub" = $1`, [hub]);
  },

  /**
   * Puts `items` in the place of all that is known of a hub, except what events behind `position` said meanwhile: those
   * are younger than whatever was read. Answers how many things changed.
   */
  async replace(tx: Tx, hub: ClosureHub, position: number, items: readonly ForeignItem[], now: Date): Promise<{ readonly added: number; readonly changed: number; readonly removed: number }> {
    const [row] = await tx.query<{ added: number; changed: number; removed: number }>(
      `WITH told AS (SELECT ${quoted('i')} FROM jsonb_to_recordset($3::jsonb) AS i(${TYPES})),
       gone AS (DELETE FROM "ForeignItem" f WHERE f."hub" = $1 AND f."position" <= $2::bigint AND NOT EXISTS (SELECT 1 FROM told WHERE told."noun" = f."noun" AND told."id" = f."id") RETURNING f."waits" OR f."noun" = 'Service' AS "counts"),
       put AS (INSERT INTO "ForeignItem" AS f (${COLUMNS.map((column) => `"${column}"`).join(', ')}, "position", "updatedAt") SELECT ${quoted('told')}, $2::bigint, $4 FROM told
         ON CONFLICT ("noun", "id") DO UPDATE SET ${COLUMNS.slice(2).map((column) => `"${column}" = excluded."${column}"`).join(', ')}, "updatedAt" = excluded."updatedAt"
         WHERE f."position" <= $2::bigint AND (${quoted('f')}) IS DISTINCT FROM (${quoted('excluded')}) RETURNING xmax = 0 AS "isNew")
       SELECT (SELECT count(*) FROM put WHERE "isNew")::int AS "added", (SELECT count(*) FROM put WHERE NOT "isNew")::int AS "changed", (SELECT count(*) FROM gone WHERE "counts")::int AS "removed"`,
      [hub, position, JSON.stringify(items), now],
    );
    return row ?? { added: 0, changed: 0, removed: 0 };
  },

  /** Deletes what is not waited for any more and has not changed since `before`. */
  async forget(tx: Tx, before: Date): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `WITH rebuilds AS (DELETE FROM "ForeignRebuild" WHERE "startedAt" < $1), gone AS (DELETE FROM "ForeignItem" WHERE NOT "waits" AND "noun" <> 'Service' AND "updatedAt" < $1 RETURNING 1) SELECT count(*)::int AS "count" FROM gone`,
      [before],
    );
    return row?.count ?? 0;
  },
};

export const hubPlaces = {
  async of(sql: Sql, hub: ClosureHub): Promise<HubPlace | null> {
    const [row] = await sql.query<HubPlace>(`SELECT "hub", "epoch", "position"::float8 AS "position" FROM "FollowedHub" WHERE "hub" = $1`, [hub]);
    return row ?? null;
  },
  all: (sql: Sql) => sql.query<HubPlace>(`SELECT "hub", "epoch", "position"::float8 AS "position" FROM "FollowedHub" ORDER BY "hub"`),

  /** The place of a hub, made when there is none, held until the transaction ends. */
  async lock(tx: Tx, hub: ClosureHub, now: Date): Promise<HubPlace> {
    await tx.query(`INSERT INTO "FollowedHub" ("hub", "updatedAt") VALUES ($1, $2) ON CONFLICT DO NOTHING`, [hub, now]);
    const [row] = await tx.query<HubPlace>(`SELECT "hub", "epoch", "position"::float8 AS "position" FROM "FollowedHub" WHERE "hub" = $1 FOR UPDATE`, [hub]);
    return row as HubPlace;
  },

  /**
   * Moves the place forward and holds its row until the transaction ends, so that replicas take turns. False when it is
   * there already; else whether the stream is another one than before.
   */
  async advance(tx: Tx, { hub, epoch, position }: HubPlace, now: Date): Promise<false | { readonly anew: boolean }> {
    const [row] = await tx.query<{ anew: boolean }>(
      `WITH before AS MATERIALIZED (SELECT "epoch" FROM "FollowedHub" WHERE "hub" = $1 FOR UPDATE)
       INSERT INTO "FollowedHub" AS p ("hub", "epoch", "position", "updatedAt") SELECT $1, $2, $3::bigint, $4 FROM (SELECT count(*) FROM before) held
       ON CONFLICT ("hub") DO UPDATE SET "epoch" = excluded."epoch", "position" = excluded."position", "updatedAt" = excluded."updatedAt"
       WHERE p."epoch" IS DISTINCT FROM excluded."epoch" OR p."position" < excluded."position"
       RETURNING (SELECT b."epoch" IS NOT NULL AND b."epoch" <> p."epoch" FROM before b) IS TRUE AS "anew"`,
      [hub, epoch, position, now],
    );
    return row ?? false;
  },
};
