import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql } from '@hubgraph/kit/sql';
import type { LicenceClass, SbomPackageRow } from '../model.ts';
import { CLASS_OF_T, EFFECTIVE, EFFECTIVE_JOIN } from './conclusion.ts';

/** How clients may narrow a list of packages. */
export interface PackageFilter {
  /** Contained in the name or purl. */
  readonly text?: string | null;
  readonly ecosystem?: string | null;
  /** Effective: what was concluded, else what is declared. */
  readonly licenceClass?: LicenceClass | null;
  /** Slug; only where a list is of all repos. */
  readonly repo?: string | null;
  readonly direct?: boolean | null;
  readonly dev?: boolean | null;
}

/** A repo that uses a package now. */
export interface PackageUse {
  readonly asked: string;
  readonly repo: string;
  readonly purl: string;
  readonly version: string | null;
  readonly snapshotId: string;
  readonly direct: boolean | null;
  readonly dev: boolean | null;
  /** When the snapshot was taken from which on every one of the repo holds this version. */
  readonly since: Date;
}

/** A package that a repo uses now, with its effective licence; copies are one. */
export interface UsedPackage {
  readonly repo: string;
  readonly purl: string;
  readonly name: string;
  readonly version: string | null;
  readonly direct: boolean | null;
  readonly dev: boolean | null;
  readonly declared: string | null;
  readonly expression: string | null;
  readonly class: LicenceClass;
  readonly copyleft: boolean;
}

/** Packages with one licence. */
export interface LicenceGroup {
  /** Effective SPDX expression; null when nothing that can be read is known. */
  readonly expression: string | null;
  /** What is declared instead and cannot be read. */
  readonly declared: string | null;
  readonly class: LicenceClass;
  readonly copyleft: boolean;
  readonly packageCount: number;
  readonly repoCount: number;
  readonly directCount: number;
  readonly transitiveCount: number;
  readonly prodCount: number;
  readonly devCount: number;
}

/** Of the copies `p` of a package: direct when one is, dev only when all are; null when it cannot be told. */
const DIRECT = `CASE WHEN bool_or(p."direct") THEN true WHEN bool_or(p."direct" IS NULL) THEN NULL ELSE false END`;
const DEV = `CASE WHEN bool_or(NOT p."dev") THEN false WHEN bool_or(p."dev" IS NULL) THEN NULL ELSE true END`;

const AS_LISTED = [{ column: 'ordinal', cast: 'int' }, { column: 'id', cast: 'uuid' }] as const;

/** Conditions on `t`, one entry of a snapshot. */
function conditions(filter: PackageFilter): Condition[] {
  const where: Condition[] = [];
  if (filter.text != null) where.push({ sql: `strpos(lower(t."name" || ' ' || t."purl"), lower(?::text)) > 0`, params: [filter.text] });
  if (filter.ecosystem != null) where.push({ sql: `t."ecosystem" = ?`, params: [filter.ecosystem] });
  if (filter.licenceClass != null) where.push({ sql: `${CLASS_OF_T} = ?`, params: [filter.licenceClass] });
  if (filter.direct != null) where.push({ sql: `t."direct" = ?`, params: [filter.direct] });
  if (filter.dev != null) where.push({ sql: `t."dev" = ?`, params: [filter.dev] });
  return where;
}

/** The same entries as one condition, so that of the entries with one purl the first alone is listed. */
function distinctCurrent(filter: PackageFilter): Condition {
  const parts = [...conditions(filter), ...(filter.repo == null ? [] : [{ sql: `s."repo" = ?`, params: [filter.repo] }])];
  return {
    sql: `t."id" IN (SELECT DISTINCT ON (t."purl") t."id" FROM "SbomPackage" t JOIN "SbomSnapshot" s ON s."id" = t."snapshotId" AND s."current"
      WHERE ${['t."thirdParty"', ...parts.map((part) => `(${part.sql})`)].join(' AND ')} ORDER BY t."purl", t."id")`,
    params: parts.flatMap((part) => part.params),
  };
}

/** Current third-party entries `p` of snapshots `s`; for {@link reportParams}, each of them null when it does not narrow. */
const REPORTED = `FROM "SbomPackage" p JOIN "SbomSnapshot" s ON s."id" = p."snapshotId" AND s."current" ${EFFECTIVE_JOIN}
  WHERE p."thirdParty" AND ($1::text IS NULL OR s."repo" = $1) AND ($2::text IS NULL OR p."ecosystem" = $2) AND ($3::boolean IS NULL OR p."direct" = $3) AND ($4::boolean IS NULL OR p."dev" = $4)
    AND ($5::text IS NULL OR ${EFFECTIVE.class} = $5) AND ($6::text IS NULL OR strpos(lower(p."name" || ' ' || p."purl"), lower($6)) > 0)`;
const reportParams = (filter: PackageFilter) => [filter.repo ?? null, filter.ecosystem ?? null, filter.direct ?? null, filter.dev ?? null, filter.licenceClass ?? null, filter.text ?? null];

/** Asked purls with a version are looked for as they are, others at every version. */
function split(purls: readonly string[]): [string[], string[]] {
  const versioned = Map.groupBy(purls, (purl) => purl.includes('@'));
  return [versioned.get(true) ?? [], versioned.get(false) ?? []];
}
const ENTRIES = `(SELECT a."asked", p.* FROM unnest($1::text[]) AS a("asked") JOIN "SbomPackage" p ON p."purl" = a."asked"
  UNION ALL SELECT a."asked", p.* FROM unnest($2::text[]) AS a("asked") JOIN "SbomPackage" p ON p."package" = a."asked")`;

export const packages = {
  /** Entries of each snapshot, in one statement. */
  pagesOf: (sql: Sql, snapshotIds: readonly string[], filter: PackageFilter, args: PageArgs): Promise<Map<string, Page<SbomPackageRow>>> =>
    pagesOf(sql, { table: 'SbomPackage', where: conditions(filter), order: AS_LISTED }, 'snapshotId', snapshotIds, args),

  /** Third-party packages of all current snapshots, each purl once. */
  page(sql: Sql, filter: PackageFilter, args: PageArgs): Promise<Page<SbomPackageRow>> {
    const list: List = { table: 'SbomPackage', where: [distinctCurrent(filter)], order: [{ column: 'purl', cast: 'text' }] };
    return pageOf(sql, list, args);
  },

  /** Which of the purls (with a version, or without: any version) a snapshot holds or a contribution is about, in one statement. */
  async known(sql: Sql, purls: readonly string[]): Promise<Map<string, { purl: string }>> {
    const rows = await sql.query<{ purl: string }>(
      `SELECT a."purl" FROM unnest($1::text[]) AS a("purl") WHERE EXISTS (SELECT 1 FROM "SbomPackage" p WHERE p."purl" = a."purl") OR EXISTS (SELECT 1 FROM "SbomPackage" p WHERE p."package" = a."purl")
         OR EXISTS (SELECT 1 FROM "Contribution" b WHERE b."package" = a."purl")`,
      [purls],
    );
    return new Map(rows.map((row) => [row.purl, row]));
  },

  /** Repos whose current snapshot holds the packages, in one statement. */
  async usesOf(sql: Sql, purls: readonly string[]): Promise<Map<string, PackageUse[]>> {
    const rows = await sql.query<PackageUse>(
      `WITH used AS (SELECT p."asked", s."repo", p."purl", p."version", p."snapshotId", ${DIRECT} AS "direct", ${DEV} AS "dev"
         FROM ${ENTRIES} p JOIN "SbomSnapshot" s ON s."id" = p."snapshotId" AND s."current" WHERE p."thirdParty" GROUP BY 1, 2, 3, 4, 5)
       SELECT u.*, (SELECT min(h."takenAt") FROM "SbomSnapshot" h WHERE h."repo" = u."repo" AND h."version" > coalesce((SELECT max(w."version") FROM "SbomSnapshot" w WHERE w."repo" = u."repo"
         AND NOT EXISTS (SELECT 1 FROM "SbomPackage" e WHERE e."snapshotId" = w."id" AND e."purl" = u."purl")), 0)) AS "since" FROM used u ORDER BY u."asked", u."repo", u."purl"`,
      split(purls),
    );
    return Map.groupBy(rows, (row) => row.asked);
  },

  /** The versions of each package (asked by purls with or without version) that any snapshot ever held, in one statement. */
  async versionsOf(sql: Sql, bases: readonly string[]): Promise<Map<string, { purl: string }[]>> {
    const rows = await sql.query<{ package: string; purl: string }>(`SELECT DISTINCT p."package", p."purl" FROM "SbomPackage" p WHERE p."package" = ANY($1::text[]) ORDER BY 1, 2`, [bases]);
    return Map.groupBy(rows, (row) => row.package);
  },

  /** The ids of the newest snapshots of any repo that hold the packages, at most `limit` of each, newest first, in one statement. */
  async snapshotsOf(sql: Sql, purls: readonly string[], limit: number): Promise<Map<string, string[]>> {
    const rows = await sql.query<{ asked: string; id: string }>(
      `SELECT * FROM (SELECT d."asked", s."id", row_number() OVER (PARTITION BY d."asked" ORDER BY s."takenAt" DESC, s."id" DESC) AS "place"
         FROM (SELECT DISTINCT p."asked", p."snapshotId" FROM ${ENTRIES} p) d JOIN "SbomSnapshot" s ON s."id" = d."snapshotId") r WHERE r."place" <= $3::int ORDER BY r."asked", r."place"`,
      [...split(purls), limit],
    );
    return new Map([...Map.groupBy(rows, (row) => row.asked)].map(([asked, found]) => [asked, found.map((row) => row.id)]));
  },

  /** What the newest snapshot that states a licence of each purl states, in one statement. */
  async declaredOf(sql: Sql, purls: readonly string[]): Promise<Map<string, Pick<SbomPackageRow, 'purl' | 'declaredLicence' | 'licenceSource'>>> {
    const rows = await sql.query<Pick<SbomPackageRow, 'purl' | 'declaredLicence' | 'licenceSource'>>(
      `SELECT DISTINCT ON (p."purl") p."purl", p."declaredLicence", p."licenceSource" FROM "SbomPackage" p JOIN "SbomSnapshot" s ON s."id" = p."snapshotId" WHERE p."purl" = ANY($1::text[])
       ORDER BY p."purl", p."declaredLicence" IS NULL, s."takenAt" DESC, p."id"`,
      [purls],
    );
    return new Map(rows.map((row) => [row.purl, row]));
  },

  /** Third-party packages of the current snapshots of `repos` (null: of all) whose effective class is one of `classes` or whose licence is copyleft, in one statement. */
  ofClasses: (sql: Sql, repos: readonly string[] | null, classes: readonly LicenceClass[]) =>
    sql.query<UsedPackage>(
      `SELECT s."repo", p."purl", min(p."name") AS "name", min(p."version") AS "version", ${DIRECT} AS "direct", ${DEV} AS "dev", min(p."declaredLicence") AS "declared",
         ${EFFECTIVE.expression} AS "expression", ${EFFECTIVE.class} AS "class", ${EFFECTIVE.copyleft} AS "copyleft"
       FROM "SbomPackage" p JOIN "SbomSnapshot" s ON s."id" = p."snapshotId" AND s."current" ${EFFECTIVE_JOIN}
       WHERE p."thirdParty" AND ($1::text[] IS NULL OR s."repo" = ANY($1::text[])) AND (${EFFECTIVE.copyleft} OR ${EFFECTIVE.class} = ANY($2::text[]))
       GROUP BY 1, 2, 8, 9, 10 ORDER BY 1, 2`,
      [repos, classes],
    ),

  /** Current third-party packages by effective licence, most packages first. Counts are of distinct purls; a purl that is direct (production) anywhere counts as that. */
  licenceGroups: (sql: Sql, filter: PackageFilter) =>
    sql.query<LicenceGroup>(
      `WITH e AS (SELECT p."purl", s."repo", ${EFFECTIVE.expression} AS "expression", ${EFFECTIVE.unread} AS "declared", ${EFFECTIVE.class} AS "class", ${EFFECTIVE.copyleft} AS "copyleft", p."direct", p."dev" ${REPORTED}),
         one AS (SELECT p."purl", p."expression", p."declared", p."class", p."copyleft", ${DIRECT} AS "direct", ${DEV} AS "dev" FROM e p GROUP BY 1, 2, 3, 4, 5),
         counted AS (SELECT o."expression", o."declared", o."class", o."copyleft", count(*)::int AS "packageCount", count(*) FILTER (WHERE o."direct")::int AS "directCount", count(*) FILTER (WHERE NOT o."direct")::int AS "transitiveCount",
           count(*) FILTER (WHERE NOT o."dev")::int AS "prodCount", count(*) FILTER (WHERE o."dev")::int AS "devCount" FROM one o GROUP BY 1, 2, 3, 4),
         places AS (SELECT "expression", "declared", "class", "copyleft", count(DISTINCT "repo")::int AS "repoCount" FROM e GROUP BY 1, 2, 3, 4)
       SELECT g.*, r."repoCount" FROM counted g JOIN places r ON (r."expression", r."declared", r."class", r."copyleft") IS NOT DISTINCT FROM (g."expression", g."declared", g."class", g."copyleft")
       ORDER BY g."packageCount" DESC, g."expression", g."declared"`,
      reportParams(filter),
    ),

  /** The first packages of each group of a report, in one statement; the keys are {@link groupKey}. */
  async ofGroups(sql: Sql, filter: PackageFilter, limit: number): Promise<Map<string, { purl: string }[]>> {
    const rows = await sql.query<{ purl: string; expression: string | null; declared: string | null; class: string }>(
      `SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY o."expression", o."declared", o."class" ORDER BY o."purl") AS "place"
         FROM (SELECT DISTINCT p."purl", ${EFFECTIVE.expression} AS "expression", ${EFFECTIVE.unread} AS "declared", ${EFFECTIVE.class} AS "class" ${REPORTED}) o) r WHERE r."place" <= $7::int ORDER BY r."purl"`,
      [...reportParams(filter), limit],
    );
    return Map.groupBy(rows, groupKey);
  },
};

/** Tells the groups of a report apart. */
export function groupKey(group: { readonly expression: string | null; readonly declared: string | null; readonly class: string }): string {
  return JSON.stringify([group.expression, group.declared, group.class]);
}
