import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Hold } from '../model.ts';
import { prismaOf } from './client.ts';

/** Whether any active hold needs the bytes that an expression names. */
const NEEDED = (blake3: string) => `EXISTS (SELECT 1 FROM "ArtifactFile" f JOIN "Hold" h ON h."packageId" = f."packageId" AND h."status" = 'ACTIVE' WHERE f."blake3" = ${blake3})`;

/** Blobs that one statement looks for. */
const WINDOW = 1_000;

export const holds = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Hold>(sql, 'Hold', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Hold>(tx, 'Hold', 'id', 'uuid', id),

  /** Every hold of many packages in one statement, oldest first; packages without any are missing. */
  async ofPackages(sql: Sql, packageIds: readonly string[]): Promise<Map<string, Hold[]>> {
    const rows = await sql.query<Hold>(`SELECT * FROM "Hold" WHERE "packageId" = ANY($1::uuid[]) ORDER BY "placedAt", "id"`, [packageIds]);
    return Map.groupBy(rows, (row) => row.packageId);
  },

  /** Adds a hold; the package must be locked. */
  async insert(tx: Tx, hold: Hold): Promise<Hold> {
    return (await prismaOf(tx).hold.create({ data: hold })) as Hold;
  },
  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Hold, changes: Pick<Hold, 'status' | 'releasedBy' | 'releasedAt' | 'releaseReason'>): Promise<Hold> {
    return (await prismaOf(tx).hold.update({ where: { id: before.id }, data: { ...changes, version: before.version + 1 } })) as Hold;
  },

  /**
   * Digests behind `after`, at most 1,000, of bytes in `backend` whose legal hold there is not as the holds of the packages
   * that have them want it: bytes that several packages share are needed while any of their holds is active.
   */
  async unsettled(sql: Sql, backend: string, after: string): Promise<string[]> {
    const rows = await sql.query<{ blake3: string }>(
      `(SELECT l."blake3" FROM "StorageLocation" l WHERE l."backend" = $1 AND l."held" AND l."status" <> 'REMOVED' AND l."blake3" > $2 AND NOT ${NEEDED('l."blake3"')} ORDER BY 1 LIMIT ${WINDOW})
       UNION ALL
       (SELECT DISTINCT f."blake3" FROM "Hold" h JOIN "ArtifactFile" f ON f."packageId" = h."packageId" JOIN "StorageLocation" l ON l."blake3" = f."blake3"
        WHERE h."status" = 'ACTIVE' AND l."backend" = $1 AND NOT l."held" AND l."status" = 'STORED' AND l."blake3" > $2 ORDER BY 1 LIMIT ${WINDOW})
       ORDER BY 1 LIMIT ${WINDOW}`,
      [backend, after],
    );
    return rows.map(({ blake3 }) => blake3);
  },
  /** Whether an active hold needs the bytes. Of use only while their blob is locked. */
  async needs(tx: Tx, blake3: string): Promise<boolean> {
    const [row] = await tx.query<{ needed: boolean }>(`SELECT ${NEEDED('$1')} AS "needed"`, [blake3]);
    return row?.needed ?? false;
  },
  /** Notes whether the legal hold of a location is set; its blob must be locked. */
  async settled(tx: Tx, locationId: string, held: boolean): Promise<void> {
    await tx.query(`UPDATE "StorageLocation" SET "held" = $2 WHERE "id" = $1::uuid`, [locationId, held]);
  },
};
