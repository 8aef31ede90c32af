import { pageOf, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { ScrubRun } from '../model.ts';
import { prismaOf } from './client.ts';

/** What a run adds to its counts. */
export interface ScrubProgress {
  readonly checked: number;
  readonly bytes: number;
  readonly lost: number;
  readonly changed: number;
  readonly repaired: number;
}

export const scrubs = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<ScrubRun>(sql, 'ScrubRun', 'id', 'uuid', ids),

  page: (sql: Sql, backend: string | null, args: PageArgs): Promise<Page<ScrubRun>> =>
    pageOf(sql, { table: 'ScrubRun', where: backend === null ? [] : [{ sql: `t."backend" = ?::text`, params: [backend] }], order: [{ column: 'startedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }] }, args),

  /** The run over a backend that has not come to its end, newest first; whoever asks waits for the end of this transaction, so that there is at most one. */
  async lockUnfinished(tx: Tx, backend: string): Promise<ScrubRun | null> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text`, [`artifacts scrub ${backend}`]);
    const [row] = await tx.query<ScrubRun>(`SELECT * FROM "ScrubRun" WHERE "backend" = $1 AND "finishedAt" IS NULL ORDER BY "startedAt" DESC, "id" DESC LIMIT 1 FOR UPDATE`, [backend]);
    return row ?? null;
  },

  /** Runs that no process carries out although they have not come to their end. */
  cutOff: (sql: Sql, backends: readonly string[], now: Date): Promise<ScrubRun[]> =>
    sql.query<ScrubRun>(`SELECT * FROM "ScrubRun" WHERE "backend" = ANY($1::text[]) AND "finishedAt" IS NULL AND ("leaseUntil" IS NULL OR "leaseUntil" <= $2::timestamptz) ORDER BY "startedAt", "id"`, [backends, now]),

  insert: async (tx: Tx, run: ScrubRun): Promise<ScrubRun> => (await prismaOf(tx).scrubRun.create({ data: run })) as ScrubRun,
  save: async (tx: Tx, id: string, changes: Partial<Omit<ScrubRun, 'id' | 'backend'>>): Promise<ScrubRun> => (await prismaOf(tx).scrubRun.update({ where: { id }, data: changes })) as ScrubRun,

  /** Adds to the counts and holds on to the lease; false when another process has taken it, who goes on then. */
  async progress(sql: Sql, { id, lease, until, counts }: { readonly id: string; readonly lease: string; readonly until: Date; readonly counts: ScrubProgress }): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE "ScrubRun" SET "leaseUntil" = $3::timestamptz, "checked" = "checked" + $4, "bytes" = "bytes" + $5::bigint, "lost" = "lost" + $6, "changed" = "changed" + $7, "repaired" = "repaired" + $8
       WHERE "id" = $1::uuid AND "lease" = $2::uuid RETURNING 1`,
      [id, lease, until, counts.checked, counts.bytes, counts.lost, counts.changed, counts.repaired],
    );
    return rows.length > 0;
  },
  /** Gives the lease back: at the end of the run, or with the error that stopped it. */
  async release(sql: Sql, { id, lease, finishedAt, error }: { readonly id: string; readonly lease: string; readonly finishedAt: Date | null; readonly error: string | null }): Promise<void> {
    await sql.query(`UPDATE "ScrubRun" SET "lease" = NULL, "leaseUntil" = NULL, "finishedAt" = $3::timestamptz, "error" = $4 WHERE "id" = $1::uuid AND "lease" = $2::uuid`, [id, lease, finishedAt, error]);
  },
};
