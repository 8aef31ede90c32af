import { newId } from '@hubgraph/kit/ids';
import { pageOf, pagesOf, type Condition, type List, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { LicenceClass, SbomPackageRow, SbomSnapshot } from '../model.ts';
import type { PurlDifference } from '../sbom/diff.ts';
import { EFFECTIVE, EFFECTIVE_JOIN } from './conclusion.ts';
import { prismaOf } from './client.ts';

/** Newest first. */
const HISTORY = [{ column: 'version', cast: 'int', descending: true }, { column: 'id', cast: 'uuid', descending: true }] as const;

/** How clients may narrow the list of the current snapshots. */
export interface SbomFilter {
  readonly repos?: readonly string[] | null;
  readonly takenBefore?: Date | null;
  readonly text?: string | null;
}

/** Orders of the list of the current snapshots. */
export const SBOM_ORDERS = {
  REPO: [{ column: 'repo', cast: 'text' }, { column: 'id', cast: 'uuid' }],
  TAKEN: [{ column: 'takenAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  TAKEN_DESC: [{ column: 'takenAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type SbomOrder = keyof typeof SBOM_ORDERS;

/** Rows of one statement: its text stays near a megabyte. */
const CHUNK = 2_000;

/** A package before it has a place in a snapshot. */
export type NewSbomPackage = Omit<SbomPackageRow, 'id' | 'snapshotId' | 'ordinal'>;

const LIST: List = { table: 'SbomSnapshot', where: [], order: HISTORY };

function currentList({ repos, takenBefore, text }: SbomFilter, order: SbomOrder): List {
  const where: Condition[] = [{ sql: 't."current"', params: [] }];
  if (repos != null) where.push({ sql: 't."repo" = ANY(?::text[])', params: [repos] });
  if (takenBefore != null) where.push({ sql: 't."takenAt" < ?::timestamptz', params: [takenBefore] });
  if (text != null) where.push({ sql: 'strpos(lower(t."repo"), lower(?::text)) > 0', params: [text] });
  return { table: 'SbomSnapshot', where, order: SBOM_ORDERS[order] };
}

export const sboms = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<SbomSnapshot>(sql, 'SbomSnapshot', 'id', 'uuid', ids),
  /** The current snapshots of all repos. */
  page: (sql: Sql, filter: SbomFilter, order: SbomOrder, args: PageArgs): Promise<Page<SbomSnapshot>> => pageOf(sql, currentList(filter, order), args),
  /** All snapshots of each repo, in one statement. */
  pagesOf: (sql: Sql, repos: readonly string[], args: PageArgs): Promise<Map<string, Page<SbomSnapshot>>> => pagesOf(sql, LIST, 'repo', repos, args, 'text'),

  /** The current snapshot of each repo, in one statement. */
  async currentOf(sql: Sql, repos: readonly string[]): Promise<Map<string, SbomSnapshot>> {
    const rows = await sql.query<SbomSnapshot>(`SELECT * FROM "SbomSnapshot" WHERE "current" AND "repo" = ANY($1::text[])`, [repos]);
    return new Map(rows.map((row) => [row.repo, row]));
  },

  /** Makes whoever else changes this repo's snapshots wait until this transaction ends; two ingests at once so get an order. */
  async lockRepo(tx: Tx, repo: string): Promise<void> {
    // as text, because Prisma cannot read a void
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('sbom ' || $1::text, 0))::text`, [repo]);
  },

  /** Makes a snapshot the current one of its repo, with its packages in their order. The repo must be locked. */
  async insert(tx: Tx, snapshot: SbomSnapshot, packages: readonly NewSbomPackage[]): Promise<void> {
    await tx.query(`UPDATE "SbomSnapshot" SET "current" = false WHERE "repo" = $1 AND "current"`, [snapshot.repo]);
    await prismaOf(tx).sbomSnapshot.create({ data: { ...snapshot, files: snapshot.files.map((file) => ({ ...file })) } });
    for (let start = 0; start < packages.length; start += CHUNK) {
      const rows = packages.slice(start, start + CHUNK).map((row, index) => ({ ...row, id: newId(), ordinal: start + index }));
      await tx.query(
        `INSERT INTO "SbomPackage" ("id", "snapshotId", "ordinal", "key", "purl", "package", "ecosystem", "name", "alias", "version", "direct", "dev", "scope", "flags", "source", "integrity", "path", "thirdParty",
           "declaredLicence", "licenceSource", "expression", "licenceClass", "copyleft", "dependsOn")
         SELECT "id", $2::uuid, "ordinal", "key", "purl", "package", "ecosystem", "name", "alias", "version", "direct", "dev", "scope", "flags", "source", "integrity", "path", "thirdParty",
           "declaredLicence", "licenceSource", "expression", "licenceClass", "copyleft", "dependsOn"
         FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "ordinal" int, "key" text, "purl" text, "package" text, "ecosystem" text, "name" text, "alias" text, "version" text, "direct" boolean, "dev" boolean, "scope" text,
           "flags" text[], "source" jsonb, "integrity" text, "path" text, "thirdParty" boolean, "declaredLicence" text, "licenceSource" text, "expression" text, "licenceClass" text, "copyleft" boolean, "dependsOn" jsonb)`,
        [JSON.stringify(rows), snapshot.id],
      );
    }
  },

  /** Third-party packages by the class of their effective licence, for many snapshots in one statement; each distinct name and version counts once. */
  async classesOf(sql: Sql, ids: readonly string[]): Promise<Map<string, { class: LicenceClass; count: number }[]>> {
    const rows = await sql.query<{ snapshotId: string; class: LicenceClass; count: number }>(
      `SELECT p."snapshotId", ${EFFECTIVE.class} AS "class", count(DISTINCT (p."ecosystem", p."name", p."version"))::int AS "count" FROM "SbomPackage" p ${EFFECTIVE_JOIN}
       WHERE p."snapshotId" = ANY($1::uuid[]) AND p."thirdParty" GROUP BY 1, 2 ORDER BY 3 DESC, 2`,
      [ids],
    );
    return Map.groupBy(rows, (row) => row.snapshotId);
  },

  /** Purls of third-party packages that only one of two snapshots has, or that state another licence in each. */
  difference: (sql: Sql, from: string | null, to: string) =>
    sql.query<PurlDifference>(
      `WITH one AS (SELECT "snapshotId" AS "of", "purl", "package", min("version") AS "version", min("declaredLicence") AS "licence" FROM "SbomPackage" WHERE "snapshotId" IN ($1::uuid, $2::uuid) AND "thirdParty" GROUP BY 1, 2, 3),
         a AS (SELECT * FROM one WHERE "of" = $1::uuid), b AS (SELECT * FROM one WHERE "of" = $2::uuid)
       SELECT coalesce(a."purl", b."purl") AS "purl", coalesce(a."package", b."package") AS "package", coalesce(a."version", b."version") AS "version",
         a."purl" IS NOT NULL AS "inFrom", b."purl" IS NOT NULL AS "inTo", a."licence" AS "fromLicence", b."licence" AS "toLicence"
       FROM a FULL JOIN b ON a."purl" = b."purl" WHERE a."purl" IS NULL OR b."purl" IS NULL OR a."licence" IS DISTINCT FROM b."licence" ORDER BY 2, 1`,
      [from, to],
    ),
};
