import { newId } from '@hubgraph/kit/ids';
import { createHasher } from '../content/digest.ts';
import type { TestHub } from '../../../../test/harness/hub.ts';

/** Writes complete files into a package as the end of their uploads would, in the order given; their bytes are stored nowhere. */
export async function putFiles({ database }: Pick<TestHub, 'database'>, packageId: string, contents: Readonly<Record<string, string>>, status: 'COMPLETE' | 'PENDING' = 'COMPLETE'): Promise<void> {
  const rows = Object.entries(contents).map(([path, content]) => {
    const hasher = createHasher();
    hasher.update(Buffer.from(content));
    return { id: newId(), path, size: Buffer.byteLength(content), ...hasher.digest() };
  });
  await database.sql.query(
    `INSERT INTO "ArtifactFile" ("id", "packageId", "path", "mediaType", "status", "size", "sha256", "blake3", "createdAt", "completedAt")
     SELECT "id", $2::uuid, "path", 'text/plain', $3::text, "size", CASE WHEN $3::text = 'COMPLETE' THEN "sha256" END, CASE WHEN $3::text = 'COMPLETE' THEN "blake3" END, now(), CASE WHEN $3::text = 'COMPLETE' THEN now() END
     FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "path" text, "size" bigint, "sha256" text, "blake3" text)`,
    [JSON.stringify(rows), packageId, status],
  );
  await database.sql.query(
    `UPDATE "ArtifactPackage" p SET "status" = 'UPLOADING', "fileCount" = f."count", "byteCount" = f."bytes"
     FROM (SELECT count(*)::int AS "count", sum("size")::bigint AS "bytes" FROM "ArtifactFile" WHERE "packageId" = $1::uuid) f WHERE p."id" = $1::uuid`,
    [packageId],
  );
}
