import { newId } from '@hubgraph/kit/ids';
import { pagesOf, type Condition, type List, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { mapBy, rowsBy } from '@hubgraph/kit/store';
import type { ArtifactFile, FileStatus, PackageStatus } from '../model.ts';

/** How clients may narrow the files of a package. */
export interface FileFilter {
  /** What the path begins with, by bytes. */
  readonly pathPrefix?: string | null;
  readonly status?: FileStatus | null;
}

/** A file as it is announced. */
export type NewFile = Pick<ArtifactFile, 'path' | 'mediaType' | 'size' | 'claimedSha256' | 'claimedBlake3'>;

/** A file with what a transfer needs to know besides. */
export type TransferFile = ArtifactFile & {
  readonly packageStatus: PackageStatus;
  /** Names of the backends that have its bytes, as far as known. */
  readonly storedIn: readonly string[];
  /** Names of those whose bytes are known to be damaged, or gone. */
  readonly damagedIn: readonly string[];
};

/** A file of the package that stands in the way of a new path, or nearly. */
export interface Neighbour {
  /** `FOLDER`: a part of the new path is a file; `FILE`: the new path is a folder of it; `CASE`: they differ in case only. */
  readonly kind: 'FOLDER' | 'FILE' | 'CASE';
  readonly asked: string;
  readonly path: string;
}

const backendsWith = (statuses: string) => `ARRAY(SELECT l."backend" FROM "StorageLocation" l WHERE l."blake3" = f."blake3" AND l."status" IN (${statuses}) ORDER BY 1)`;

const TRANSFER = `SELECT f.*, p."status" AS "packageStatus", ${backendsWith(`'STORED'`)} AS "storedIn", ${backendsWith(`'LOST', 'CHANGED'`)} AS "damagedIn"
  FROM "ArtifactFile" f JOIN "ArtifactPackage" p ON p."id" = f."packageId"`;

/**
 * For statements that need not be on the disk when they are answered: a lease that a crash of the database forgets was of a
 * writer that the crash has cut off too. It spares thousands of small files a third of their waiting for the disk.
 */
const UNHURRIED = `set_config('synchronous_commit', 'off', true)`;

/**
 * Dates the progress of the package of `f`, at most once a minute, so that thousands of files that end at once do not wait
 * for one row; whoever has it locked is making progress himself. Parameter `now`.
 */
const progressed = (now: string) => `UPDATE "ArtifactPackage" SET "progressAt" = ${now}::timestamptz, "updatedAt" = greatest("updatedAt", ${now}::timestamptz)
  WHERE "id" = (SELECT p."id" FROM "ArtifactPackage" p WHERE p."id" = (SELECT f."packageId" FROM f) AND p."progressAt" < ${now}::timestamptz - interval '1 minute' FOR UPDATE SKIP LOCKED)`;

/** By path, in the order of its bytes, as the manifest has them: the column's collation is "C". */
function list(filter: FileFilter): List {
  const where: Condition[] = [];
  if (filter.pathPrefix != null) where.push({ sql: `starts_with(t."path", ?::text)`, params: [filter.pathPrefix] });
  if (filter.status != null) where.push({ sql: `t."status" = ?::text`, params: [filter.status] });
  return { table: 'ArtifactFile', where, order: [{ column: 'path', cast: 'text' }, { column: 'id', cast: 'uuid' }] };
}

export const files = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<ArtifactFile>(sql, 'ArtifactFile', 'id', 'uuid', ids),
  /** A page for each of many packages, by path, in one statement. */
  pagesOf: (sql: Sql, packageIds: readonly string[], filter: FileFilter, args: PageArgs): Promise<Map<string, Page<ArtifactFile>>> => pagesOf(sql, list(filter), 'packageId', packageIds, args),

  /** One file for a transfer. */
  async forTransfer(sql: Sql, id: string): Promise<TransferFile | null> {
    const [row] = await sql.query<TransferFile>(`${TRANSFER} WHERE f."id" = $1::uuid`, [id]);
    return row ?? null;
  },
  /** The same by its path. */
  async atPath(sql: Sql, packageId: string, path: string): Promise<TransferFile | null> {
    const [row] = await sql.query<TransferFile>(`${TRANSFER} WHERE f."packageId" = $1::uuid AND f."path" = $2`, [packageId, path]);
    return row ?? null;
  },

  /**
   * Takes the right to write a pending file of an open package; null when somebody has it, or there is no such file.
   * `previous` is the lease of whoever wrote last: nobody wrote since when it is one's own.
   */
  async claim(sql: Sql, id: string, lease: string, now: Date, until: Date): Promise<(ArtifactFile & { readonly previous: string | null }) | null> {
    const [row] = await sql.query<ArtifactFile & { previous: string | null }>(
      `WITH free AS (
         SELECT f."id", f."lease" AS "previous", ${UNHURRIED} FROM "ArtifactFile" f JOIN "ArtifactPackage" p ON p."id" = f."packageId"
         WHERE f."id" = $1::uuid AND f."status" = 'PENDING' AND p."status" = 'UPLOADING' AND (f."leaseUntil" IS NULL OR f."leaseUntil" <= $4::timestamptz) FOR UPDATE OF f
       ) UPDATE "ArtifactFile" f SET "lease" = $2::uuid, "leaseUntil" = $3::timestamptz FROM free WHERE f."id" = free."id" RETURNING f.*, free."previous"`,
      [id, lease, until, now],
    );
    return row ?? null;
  },
  /** Keeps that right for longer, and notes that the package makes progress; false when it is lost. */
  async extend(sql: Sql, id: string, lease: string, now: Date, until: Date): Promise<boolean> {
    const rows = await sql.query(
      `WITH f AS (UPDATE "ArtifactFile" SET "leaseUntil" = $3::timestamptz WHERE "id" = $1::uuid AND "lease" = $2::uuid RETURNING "packageId", ${UNHURRIED}), progress AS (${progressed('$4')}) SELECT 1 FROM f`,
      [id, lease, until, now],
    );
    return rows.length > 0;
  },
  /** Gives it back; the lease stays written as that of the last writer. */
  async release(sql: Sql, id: string, lease: string): Promise<void> {
    await sql.query(`UPDATE "ArtifactFile" SET "leaseUntil" = NULL WHERE "id" = $1::uuid AND "lease" = $2::uuid RETURNING ${UNHURRIED}`, [id, lease]);
  },
  /** Keeps what a backend needs to go on with an upload. */
  async saveState(sql: Sql, id: string, state: string | null): Promise<void> {
    await sql.query(`UPDATE "ArtifactFile" SET "uploadState" = $2 WHERE "id" = $1::uuid RETURNING 1`, [id, state]);
  },

  /** Those of the paths that a package has, by path. */
  async atPaths(sql: Sql, packageId: string, paths: readonly string[]): Promise<Map<string, ArtifactFile>> {
    return mapBy(await sql.query<ArtifactFile>(`SELECT * FROM "ArtifactFile" WHERE "packageId" = $1::uuid AND "path" = ANY($2::text[])`, [packageId, paths]), 'path');
  },
  /** Files of a package that new paths collide with, in one statement. */
  neighbours: (sql: Sql, packageId: string, paths: readonly string[]): Promise<Neighbour[]> =>
    sql.query(
      `WITH n AS (SELECT "asked" COLLATE "C" AS "asked" FROM unnest($2::text[]) AS u("asked"))
       SELECT 'FOLDER' AS "kind", n."asked", f."path" FROM n CROSS JOIN LATERAL (
         SELECT left(n."asked", i) AS "folder" FROM generate_series(1, length(n."asked")) AS g(i) WHERE substr(n."asked", i + 1, 1) = '/') a
         JOIN "ArtifactFile" f ON f."packageId" = $1::uuid AND f."path" = a."folder"
       UNION ALL
       SELECT 'FILE', n."asked", f."path" FROM n CROSS JOIN LATERAL (SELECT x."path" FROM "ArtifactFile" x WHERE x."packageId" = $1::uuid AND x."path" > n."asked" || '/' AND x."path" < n."asked" || '0' ORDER BY x."path" LIMIT 1) f
       UNION ALL
       SELECT 'CASE', n."asked", f."path" FROM n JOIN "ArtifactFile" f ON f."packageId" = $1::uuid AND lower(f."path") = lower(n."asked") AND f."path" <> n."asked"
       ORDER BY 2, 1, 3`,
      [packageId, paths],
    ),

  /** Announces files, in one statement; they come back in no particular order. */
  insert: (tx: Tx, packageId: string, announced: readonly NewFile[], now: Date): Promise<ArtifactFile[]> =>
    tx.query(
      `INSERT INTO "ArtifactFile" ("id", "packageId", "path", "mediaType", "status", "size", "claimedSha256", "claimedBlake3", "createdAt")
       SELECT "id", $2::uuid, "path", "mediaType", 'PENDING', "size", "claimedSha256", "claimedBlake3", $3::timestamptz
       FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "path" text, "mediaType" text, "size" bigint, "claimedSha256" text, "claimedBlake3" text) RETURNING *`,
      [JSON.stringify(announced.map((file) => ({ ...file, id: newId(), size: String(file.size) }))), packageId, now],
    ),
  /** Takes files out of their package; what they staged is discarded by a job, what they stored when nobody needs it. */
  async remove(tx: Tx, ids: readonly string[]): Promise<void> {
    await tx.query(`DELETE FROM "ArtifactFile" WHERE "id" = ANY($1::uuid[]) RETURNING 1`, [ids]);
  },

  /**
   * Ends an upload whose bytes are committed: the location is there in any case, so that bytes that nobody needs any more are
   * found; the file is complete unless it or its package went meanwhile, which is false. `replaced`: damaged bytes were.
   */
  async complete(sql: Sql, done: { readonly id: string; readonly lease: string; readonly blake3: string; readonly backend: string; readonly key: string; readonly replaced: boolean; readonly now: Date }): Promise<boolean> {
    const rows = await sql.query(
      `WITH f AS (
         UPDATE "ArtifactFile" f SET "status" = 'COMPLETE', "completedAt" = $7::timestamptz, "lease" = NULL, "leaseUntil" = NULL, "uploadState" = NULL FROM "ArtifactPackage" p
         WHERE f."id" = $1::uuid AND f."lease" = $2::uuid AND f."status" = 'PENDING' AND f."blake3" = $3 AND p."id" = f."packageId" AND p."status" IN ('UPLOADING', 'FAILED') RETURNING f."packageId"
       ), location AS (
         INSERT INTO "StorageLocation" AS l ("id", "blake3", "backend", "key", "status", "createdAt") VALUES ($8::uuid, $3, $4, $5, 'STORED', $7::timestamptz)
         ON CONFLICT ("blake3", "backend") DO UPDATE SET "status" = 'STORED', "note" = NULL, "held" = false, "checkedAt" = NULL, "damagedAt" = CASE WHEN l."status" <> 'REMOVED' THEN l."damagedAt" END WHERE l."status" = 'REMOVED' OR $6::boolean
       ), progress AS (${progressed('$7')}) SELECT 1 FROM f`,
      [done.id, done.lease, done.blake3, done.backend, done.key, done.replaced, done.now, newId()],
    );
    return rows.length > 0;
  },
};
