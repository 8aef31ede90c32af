import type { Sql, Tx } from '@hubgraph/kit/sql';
import type { ClosureHub, ForeignFault, ForeignItem, ForeignRebuild } from '../model.ts';

export const faults = {
  /** Of all hubs, oldest first; at most `limit` of each. */
  all: (sql: Sql, limit = 20) => sql.query<ForeignFault & { readonly count: number }>(
    `SELECT * FROM (SELECT "id", "hub", "position"::float8 AS "position", "type", "subject", "missed", "reason", "at", count(*) OVER (PARTITION BY "hub")::int AS "count", row_number() OVER (PARTITION BY "hub" ORDER BY "position") AS "n" FROM "ForeignFault") f WHERE "n" <= $1 ORDER BY "hub", "n"`,
    [limit],
  ),

  async insert(tx: Tx, { id, hub, position, type, subject, missed, reason, at }: ForeignFault): Promise<void> {
    await tx.query(`INSERT INTO "ForeignFault" ("id", "hub", "position", "type", "subject", "missed", "reason", "at") VALUES ($1::uuid, $2, $3::bigint, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, [id, hub, position, type, subject, missed, reason, at]);
  },
  /** What was read of a hub after `position` makes good what was missing up to there. */
  async settle(tx: Tx, hub: ClosureHub, position: number): Promise<void> {
    await tx.query(`DELETE FROM "ForeignFault" WHERE "hub" = $1 AND "position" <= $2::bigint`, [hub, position]);
  },
};

const REBUILD = `"id", "hub", "epoch", "position"::float8 AS "position", "startedBy", "startedAt"`;

export const rebuilds = {
  /** Begins one; another of the same hub that is under way is given up. */
  async begin(tx: Tx, { id, hub, epoch, position, startedBy, startedAt }: ForeignRebuild): Promise<void> {
    await tx.query(`DELETE FROM "ForeignRebuild" WHERE "hub" = $1`, [hub]);
    await tx.query(`INSERT INTO "ForeignRebuild" ("id", "hub", "epoch", "position", "startedBy", "startedAt") VALUES ($1::uuid, $2, $3, $4::bigint, $5, $6)`, [id, hub, epoch, position, startedBy, startedAt]);
  },
  async lockById(tx: Tx, id: string): Promise<ForeignRebuild | null> {
    const [row] = await tx.query<ForeignRebuild>(`SELECT ${REBUILD} FROM "ForeignRebuild" WHERE "id" = $1::uuid FOR UPDATE`, [id]);
    return row ?? null;
  },
  /** Keeps things that were read; the same thing again is kept as it was read last. */
  async stage(tx: Tx, id: string, items: readonly ForeignItem[]): Promise<void> {
    const last = [...new Map(items.map((item) => [`${item.noun}/${item.id}`, item])).values()];
    await tx.query(
      `INSERT INTO "ForeignStaged" ("rebuildId", "noun", "id", "item") SELECT $1::uuid, i->>'noun', i->>'id', i FROM jsonb_array_elements($2::jsonb) AS i ON CONFLICT ("rebuildId", "noun", "id") DO UPDATE SET "item" = excluded."item"`,
      [id, JSON.stringify(last)],
    );
  },
  /** All that was kept for it; it ends with that. */
  async take(tx: Tx, id: string): Promise<ForeignItem[]> {
    const rows = await tx.query<{ item: ForeignItem }>(`SELECT "item" FROM "ForeignStaged" WHERE "rebuildId" = $1::uuid`, [id]);
    await tx.query(`DELETE FROM "ForeignRebuild" WHERE "id" = $1::uuid`, [id]);
    return rows.map(({ item }) => item);
  },
};
