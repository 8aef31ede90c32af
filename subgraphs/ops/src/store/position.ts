import type { Sql, Tx } from '@hubgraph/kit/sql';

/** How far a stream has been followed. */
export interface StreamPlace {
  readonly stream: string;
  /** Null before the first event. */
  readonly epoch: string | null;
  readonly position: number;
  readonly updatedAt: Date;
}

const COLUMNS = `"stream", "epoch", "position"::float8 AS "position", "updatedAt"`;

export const positions = {
  /** Every stream that was ever followed. */
  all: (sql: Sql) => sql.query<StreamPlace>(`SELECT ${COLUMNS} FROM "StreamPosition" ORDER BY "stream"`),

  async of(sql: Sql, stream: string): Promise<StreamPlace | null> {
    const [row] = await sql.query<StreamPlace>(`SELECT ${COLUMNS} FROM "StreamPosition" WHERE "stream" = $1`, [stream]);
    return row ?? null;
  },

  /**
   * Moves the place forward and holds its row until the transaction ends, so that replicas take turns; false when it is
   * there already, and then whoever asks has nothing to do.
   */
  async advance(tx: Tx, stream: string, epoch: string, position: number, now: Date): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO "StreamPosition" AS p ("stream", "epoch", "position", "updatedAt") VALUES ($1, $2, $3::bigint, $4)
       ON CONFLICT ("stream") DO UPDATE SET "epoch" = excluded."epoch", "position" = excluded."position", "updatedAt" = excluded."updatedAt"
       WHERE p."epoch" IS DISTINCT FROM excluded."epoch" OR p."position" < excluded."position" RETURNING 1`,
      [stream, epoch, position, now],
    );
    return rows.length > 0;
  },
};
