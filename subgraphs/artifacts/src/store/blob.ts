import type { Sql } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { ArtifactFile, Blob, LocationStatus } from '../model.ts';

export const blobs = {
  byDigests: (sql: Sql, digests: readonly string[]) => rowsBy<Blob>(sql, 'Blob', 'blake3', 'text', digests),

  /**
   * Makes a pending file refer to its content before that is stored, so that no removal can come between: a removal locks
   * the blob's row and then looks for references, and this waits for that lock. Answers what is known of the copy in `backend`
   * (null: there is none); undefined when the right to write is lost or the package is no longer open.
   */
  async refer(sql: Sql, file: { readonly id: string; readonly lease: string }, blob: { readonly sha256: string; readonly blake3: string; readonly size: number }, backend: string, now: Date): Promise<LocationStatus | null | undefined> {
    const [row] = await sql.query<{ status: LocationStatus | null }>(
      `WITH f AS (
         UPDATE "ArtifactFile" f SET "sha256" = $3, "blake3" = $4 FROM "ArtifactPackage" p
         WHERE f."id" = $1::uuid AND f."lease" = $2::uuid AND f."status" = 'PENDING' AND p."id" = f."packageId" AND p."status" = 'UPLOADING' RETURNING 1
       ), b AS (
         INSERT INTO "Blob" ("blake3", "sha256", "size", "createdAt") SELECT $4, $3, $5::bigint, $6::timestamptz FROM f ON CONFLICT ("blake3") DO UPDATE SET "size" = EXCLUDED."size" RETURNING "blake3"
       ) SELECT (SELECT l."status" FROM "StorageLocation" l WHERE l."blake3" = $4 AND l."backend" = $7) AS "status" FROM b`,
      [file.id, file.lease, blob.sha256, blob.blake3, BigInt(blob.size), now, backend],
    );
    return row?.status;
  },

  /**
   * The same for a file that nobody wrote before, together with taking the right to write it. Null, without any change, when
   * somebody wrote it, when it was announced with another size or digest, or when it or its package is not open.
   */
  async referNew(sql: Sql, file: { readonly id: string; readonly lease: string; readonly until: Date }, blob: { readonly sha256: string; readonly blake3: string; readonly size: number }, backend: string, now: Date): Promise<(ArtifactFile & { readonly copy: LocationStatus | null }) | null> {
    const [row] = await sql.query<ArtifactFile & { copy: LocationStatus | null }>(
      `WITH free AS (
         SELECT f."id" FROM "ArtifactFile" f JOIN "ArtifactPackage" p ON p."id" = f."packageId"
         WHERE f."id" = $1::uuid AND f."status" = 'PENDING' AND p."status" = 'UPLOADING' AND f."lease" IS NULL AND f."uploadState" IS NULL
           AND f."size" = $5::bigint AND coalesce(f."claimedSha256", $3) = $3 AND coalesce(f."claimedBlake3", $4) = $4 FOR UPDATE OF f
       ), f AS (
         UPDATE "ArtifactFile" f SET "lease" = $2::uuid, "leaseUntil" = $8::timestamptz, "sha256" = $3, "blake3" = $4 FROM free WHERE f."id" = free."id" RETURNING f.*
       ), b AS (
         INSERT INTO "Blob" ("blake3", "sha256", "size", "createdAt") SELECT $4, $3, $5::bigint, $6::timestamptz FROM f ON CONFLICT ("blake3") DO UPDATE SET "size" = EXCLUDED."size" RETURNING 1
       ) SELECT f.*, (SELECT l."status" FROM "StorageLocation" l WHERE l."blake3" = $4 AND l."backend" = $7) AS "copy" FROM f, b`,
      [file.id, file.lease, blob.sha256, blob.blake3, BigInt(blob.size), now, backend, file.until],
    );
    return row ?? null;
  },
};
