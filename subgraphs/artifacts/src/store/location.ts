import { isUuid, newId } from '@hubgraph/kit/ids';
import { pageOf, pagesOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, mapBy, rowsBy } from '@hubgraph/kit/store';
import type { ArtifactFile, Blob, LocationStatus, ScrubRun, StorageLocation } from '../model.ts';

/** How clients may narrow a list of storage locations. */
export interface LocationFilter {
  readonly statuses?: readonly LocationStatus[] | null;
  readonly backend?: string | null;
}

/** A location with what its bytes must be. */
export interface DueLocation extends StorageLocation {
  readonly sha256: string;
  readonly size: bigint;
}

/** Who needs some bytes. */
export interface Needers {
  /** At most fifty are named of each. */
  readonly packages: readonly string[];
  readonly repos: readonly string[];
  readonly workstreams: readonly string[];
  readonly services: readonly string[];
  /** The domain that all of them belong to; null when they belong to several or to none. */
  readonly domain: string | null;
  readonly packageCount: number;
}

/** Some blobs, and the key from which to look for more; null at the end. */
export interface BlobWindow {
  readonly blobs: readonly Blob[];
  readonly next: string | null;
}

/** Blobs that one statement looks at, so that none is long however many there are. */
const WINDOW = 2_000;
const PAGE = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** A deleted package needs its bytes no more; every other one does, a failed one too, because it may be resumed. */
const NEEDS = (blake3: string) => `EXISTS (SELECT 1 FROM "ArtifactFile" f JOIN "ArtifactPackage" p ON p."id" = f."packageId" WHERE f."blake3" = ${blake3} AND p."status" <> 'DELETED')`;

/** What is due of a run: what is damaged each time, what is sound when long not read, first what waits longest. */
const DUE: readonly { readonly status: LocationStatus; readonly before: 'startedAt' | 'dueBefore' }[] = [{ status: 'LOST', before: 'startedAt' }, { status: 'CHANGED', before: 'startedAt' }, { status: 'STORED', before: 'dueBefore' }];

async function windowOf(sql: Sql, after: string, condition: string, params: readonly unknown[]): Promise<BlobWindow> {
  const rows = await sql.query<Blob & { last: string; full: boolean }>(
    `WITH seen AS (SELECT * FROM "Blob" WHERE "blake3" > $1 ORDER BY "blake3" LIMIT ${WINDOW}), edge AS (SELECT max("blake3") AS "last", count(*) = ${WINDOW} AS "full" FROM seen)
     SELECT b.*, e."last", e."full" FROM edge e LEFT JOIN seen b ON ${condition} ORDER BY b."blake3"`,
    [after, ...params],
  );
  return { blobs: rows.filter((row) => row.blake3 !== null).map(({ last: _last, full: _full, ...blob }) => blob), next: rows[0]?.full ? rows[0].last : null };
}

export const locations = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<StorageLocation>(sql, 'StorageLocation', 'id', 'uuid', ids),

  /** All locations of many blobs in one statement, by the blob's digest; removed ones too. */
  async ofBlobs(sql: Sql, blake3s: readonly string[]): Promise<Map<string, StorageLocation[]>> {
    const rows = await sql.query<StorageLocation>(`SELECT * FROM "StorageLocation" WHERE "blake3" = ANY($1::text[]) ORDER BY "createdAt", "id"`, [blake3s]);
    return Map.groupBy(rows, (row) => row.blake3);
  },

  page(sql: Sql, filter: LocationFilter, args: PageArgs): Promise<Page<StorageLocation>> {
    const where: Condition[] = [];
    if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
    if (filter.backend != null) where.push({ sql: `t."backend" = ?::text`, params: [filter.backend] });
    return pageOf(sql, { table: 'StorageLocation', where, order: [{ column: 'id', cast: 'uuid' }] }, args);
  },

  /** The files that need the bytes of many blobs, a page for each, in one statement. */
  filesOf: (sql: Sql, blake3s: readonly string[], args: PageArgs): Promise<Map<string, Page<ArtifactFile>>> =>
    pagesOf(sql, { table: 'ArtifactFile', where: [{ sql: `EXISTS (SELECT 1 FROM "ArtifactPackage" p WHERE p."id" = t."packageId" AND p."status" <> 'DELETED')`, params: [] }], order: [{ column: 'id', cast: 'uuid' }] }, 'blake3', blake3s, args, 'text'),

  /** Locks the blob, by which uploads, removals and marks of the same bytes go one after the other; null when there is none. */
  lockBlob: (tx: Tx, blake3: string) => lockBy<Blob>(tx, 'Blob', 'blake3', 'text', blake3),
  /** Locks the one copy of a blob in a backend, because uploads write it without the lock of its blob, which this transaction must hold. */
  async inBackend(tx: Tx, blake3: string, backend: string): Promise<StorageLocation | null> {
    const [row] = await tx.query<StorageLocation>(`SELECT * FROM "StorageLocation" WHERE "blake3" = $1 AND "backend" = $2 FOR UPDATE`, [blake3, backend]);
    return row ?? null;
  },
  /** Whether a package needs the bytes. Of use only while the blob is locked, because uploads lock it before they refer to it. */
  async needed(tx: Tx, blake3: string): Promise<boolean> {
    const [row] = await tx.query<{ needed: boolean }>(`SELECT ${NEEDS('$1')} AS "needed"`, [blake3]);
    return row?.needed ?? false;
  },
  async needers(sql: Sql, blake3: string): Promise<Needers> {
    const some = (column: string) => `(array_agg(DISTINCT p."${column}") FILTER (WHERE p."${column}" IS NOT NULL))[1:50]`;
    const [row] = await sql.query<{ packages: string[] | null; repos: string[] | null; workstreams: string[] | null; services: string[] | null; domains: string[] | null; packageCount: number }>(
      `SELECT ${some('id')} AS "packages", ${some('repo')} AS "repos", ${some('workstream')} AS "workstreams", ${some('service')} AS "services", ${some('domain')} AS "domains", count(*)::int AS "packageCount"
       FROM "ArtifactPackage" p WHERE p."status" <> 'DELETED' AND p."id" IN (SELECT "packageId" FROM "ArtifactFile" WHERE "blake3" = $1)`,
      [blake3],
    );
    return { packages: row?.packages ?? [], repos: row?.repos ?? [], workstreams: row?.workstreams ?? [], services: row?.services ?? [], domain: row?.domains?.length === 1 ? row.domains[0]! : null, packageCount: row?.packageCount ?? 0 };
  },

  /** Notes that the bytes are in a backend, whatever was known before; the blob must be locked. */
  async stored(tx: Tx, { blake3, backend, key, now }: { readonly blake3: string; readonly backend: string; readonly key: string; readonly now: Date }): Promise<StorageLocation> {
    const [row] = await tx.query<StorageLocation>(
      `INSERT INTO "StorageLocation" ("id", "blake3", "backend", "key", "status", "createdAt") VALUES ($1::uuid, $2, $3, $4, 'STORED', $5::timestamptz)
       ON CONFLICT ("blake3", "backend") DO UPDATE SET "status" = 'STORED', "key" = EXCLUDED."key", "note" = NULL, "held" = false RETURNING *`,
      [newId(), blake3, backend, key, now],
    );
    return row!;
  },
  /** Notes that the bytes are in a backend no more; the blob must be locked. */
  async removed(tx: Tx, { blake3, backend, key, now }: { readonly blake3: string; readonly backend: string; readonly key: string; readonly now: Date }): Promise<void> {
    await tx.query(
      `INSERT INTO "StorageLocation" ("id", "blake3", "backend", "key", "status", "createdAt", "note") VALUES ($1::uuid, $2, $3, $4, 'REMOVED', $5::timestamptz, 'no package needs it')
       ON CONFLICT ("blake3", "backend") DO UPDATE SET "status" = 'REMOVED', "held" = false, "note" = 'no package needs it'`,
      [newId(), blake3, backend, key, now],
    );
    // what was cut off before its end refers to nothing any more
    await tx.query(`UPDATE "ArtifactFile" f SET "sha256" = NULL, "blake3" = NULL FROM "ArtifactPackage" p WHERE f."blake3" = $1 AND f."status" = 'PENDING' AND p."id" = f."packageId" AND p."status" = 'DELETED'`, [blake3]);
  },
  /** Forgets that bytes were removed, before they are written again: a crash in between must not leave bytes that count as removed. The blob must be locked. */
  async expect(tx: Tx, blake3: string, backend: string): Promise<void> {
    await tx.query(`DELETE FROM "StorageLocation" WHERE "blake3" = $1 AND "backend" = $2 AND "status" = 'REMOVED'`, [blake3, backend]);
  },
  /** Writes what a scrub found; the blob must be locked. `renewed`: the object was written anew, so the backend's own legal hold is not on it. */
  async mark(tx: Tx, id: string, found: { readonly status: LocationStatus; readonly checkedAt: Date; readonly damagedAt?: Date; readonly note: string | null; readonly renewed?: boolean }): Promise<void> {
    await tx.query(
      `UPDATE "StorageLocation" SET "status" = $2, "checkedAt" = $3::timestamptz, "damagedAt" = coalesce($4::timestamptz, "damagedAt"), "note" = $5, "held" = "held" AND NOT $6::boolean WHERE "id" = $1::uuid`,
      [id, found.status, found.checkedAt, found.damagedAt ?? null, found.note, found.renewed ?? false],
    );
  },
  /** Notes for many sound locations at once that they were read; those that changed their state meanwhile are left alone. */
  async checked(sql: Sql, ids: readonly string[], at: Date): Promise<void> {
    if (ids.length > 0) await sql.query(`UPDATE "StorageLocation" SET "checkedAt" = $2::timestamptz WHERE "id" = ANY($1::uuid[]) AND "status" = 'STORED'`, [ids, at]);
  },

  /** How many locations a run has to read. */
  async countDue(sql: Sql, run: Pick<ScrubRun, 'backend' | 'dueBefore' | 'startedAt'>): Promise<number> {
    const [row] = await sql.query<{ count: number }>(
      `SELECT count(*)::int AS "count" FROM "StorageLocation" l WHERE l."backend" = $1 AND l."createdAt" <= $3::timestamptz AND ${NEEDS('l."blake3"')}
       AND (l."status" = 'STORED' AND (l."checkedAt" IS NULL OR l."checkedAt" < $2::timestamptz) OR l."status" IN ('LOST', 'CHANGED') AND (l."checkedAt" IS NULL OR l."checkedAt" < $3::timestamptz))`,
      [run.backend, run.dueBefore, run.startedAt],
    );
    return row?.count ?? 0;
  },
  /** What a run has to read, some at a time: damaged ones first, then what was never read, then what waits longest. What no package needs is left out. */
  async *due(sql: Sql, run: Pick<ScrubRun, 'backend' | 'dueBefore' | 'startedAt'>, size: number): AsyncGenerator<readonly DueLocation[]> {
    for (const { status, before } of DUE) {
      for (const read of [false, true]) {
        let at: Date | null = read ? new Date(0) : null;
        let id = FIRST_ID;
        for (let more = true; more; ) {
          const place = read ? `l."checkedAt" < $4::timestamptz AND (l."checkedAt", l."id") > ($5::timestamptz, $6::uuid)` : `l."checkedAt" IS NULL AND $4::timestamptz IS NOT NULL AND $5::timestamptz IS NULL AND l."id" > $6::uuid`;
          const rows: readonly DueLocation[] = await sql.query<DueLocation>(
            `SELECT l.*, b."sha256", b."size" FROM "StorageLocation" l JOIN "Blob" b ON b."blake3" = l."blake3"
             WHERE l."backend" = $1 AND l."status" = $2 AND l."createdAt" <= $3::timestamptz AND ${place} AND ${NEEDS('l."blake3"')} ORDER BY l."checkedAt", l."id" LIMIT ${size}`,
            [run.backend, status, run.startedAt, run[before], at, id],
          );
          const last = rows.at(-1);
          if (last !== undefined) {
            yield rows;
            at = last.checkedAt;
            id = last.id;
          }
          more = rows.length === size;
        }
      }
    }
  },

  /**
   * Blobs behind `after` that no package needs and whose bytes may still lie in `backend`: its location is not REMOVED, or there
   * is none, or an upload was cut off between the bytes and their row. Look again at each under its lock.
   */
  removable: (sql: Sql, backend: string, after: string): Promise<BlobWindow> =>
    windowOf(sql, after, `NOT ${NEEDS('b."blake3"')} AND (NOT EXISTS (SELECT 1 FROM "StorageLocation" l WHERE l."blake3" = b."blake3" AND l."backend" = $2 AND l."status" = 'REMOVED') OR EXISTS (SELECT 1 FROM "ArtifactFile" f WHERE f."blake3" = b."blake3" AND f."status" = 'PENDING'))`, [backend]),
  /** Blobs behind `after` that a package needs, that `backend` does not have, and of which another has a good copy. */
  missing: (sql: Sql, backend: string, after: string): Promise<BlobWindow> =>
    windowOf(sql, after, `${NEEDS('b."blake3"')} AND NOT EXISTS (SELECT 1 FROM "StorageLocation" l WHERE l."blake3" = b."blake3" AND l."backend" = $2 AND l."status" <> 'REMOVED') AND EXISTS (SELECT 1 FROM "StorageLocation" l WHERE l."blake3" = b."blake3" AND l."backend" <> $2 AND l."status" = 'STORED')`, [backend]),

  /** Packages that are open and into which nothing came since `before`, oldest first. */
  async *stalled(sql: Sql, before: Date): AsyncGenerator<string> {
    for (const status of ['CREATED', 'UPLOADING']) {
      let [at, id] = [new Date(0), FIRST_ID];
      for (let more = true; more; ) {
        const rows: readonly { id: string; progressAt: Date }[] = await sql.query(
          `SELECT "id", "progressAt" FROM "ArtifactPackage" WHERE "status" = $1 AND "progressAt" <= $2::timestamptz AND ("progressAt", "id") > ($3::timestamptz, $4::uuid) ORDER BY "progressAt", "id" LIMIT ${PAGE}`,
          [status, before, at, id],
        );
        for (const row of rows) [at, id] = [row.progressAt, row.id];
        yield* rows.map((row) => row.id);
        more = rows.length === PAGE;
      }
    }
  },
  /** The files that staged uploads are of, by id; `alive` tells whether one may go on: it is pending, in a package that is open or failed after `resumable`. Ids that are of no file are missing. */
  async uploadsOf(sql: Sql, ids: readonly string[], resumable: Date): Promise<Map<string, { readonly id: string; readonly size: bigint; readonly uploadState: string | null; readonly alive: boolean }>> {
    return mapBy(
      await sql.query(
        `SELECT f."id", f."size", f."uploadState", (f."status" = 'PENDING' AND (p."status" IN ('CREATED', 'UPLOADING') OR p."status" = 'FAILED' AND p."failedAt" > $2::timestamptz)) AS "alive"
         FROM "ArtifactFile" f JOIN "ArtifactPackage" p ON p."id" = f."packageId" WHERE f."id" = ANY($1::uuid[])`,
        [ids.filter(isUuid), resumable],
      ),
      'id',
    );
  },
};
