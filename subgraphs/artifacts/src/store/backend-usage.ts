import type { Sql } from '@hubgraph/kit/sql';
import { mapBy } from '@hubgraph/kit/store';

/** What a storage holds, as far as the hub knows. */
export interface BackendUsage {
  readonly backend: string;
  /** Objects that are there, damaged ones too. */
  readonly objects: number;
  readonly bytes: bigint;
  /** Of the objects, those that a scrub found lost or changed. */
  readonly damaged: number;
}

/** Usage of many storages in one statement; one that holds nothing is missing. */
export async function usageOf(sql: Sql, backends: readonly string[]): Promise<Map<string, BackendUsage>> {
  return mapBy(
    await sql.query<BackendUsage>(
      `SELECT l."backend", count(*)::int AS "objects", sum(b."size")::bigint AS "bytes", (count(*) FILTER (WHERE l."status" <> 'STORED'))::int AS "damaged"
       FROM "StorageLocation" l JOIN "Blob" b ON b."blake3" = l."blake3" WHERE l."backend" = ANY($1::text[]) AND l."status" <> 'REMOVED' GROUP BY l."backend"`,
      [backends],
    ),
    'backend',
  );
}
