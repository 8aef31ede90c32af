import { isUuid } from '@hubgraph/kit/ids';
import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, mapBy, rowsBy } from '@hubgraph/kit/store';
import type { ArtifactPackage, MetadataSchema, PackageStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of packages. */
export interface PackageFilter {
  readonly ids?: readonly string[] | null;
  readonly statuses?: readonly PackageStatus[] | null;
  readonly domains?: readonly string[] | null;
  readonly repos?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  readonly domain?: string | null;
  readonly repo?: string | null;
  readonly workstream?: string | null;
  readonly task?: string | null;
  readonly service?: string | null;
  readonly producer?: string | null;
  readonly subject?: string | null;
  readonly retentionClasses?: readonly string[] | null;
  readonly manifestDigest?: string | null;
  readonly claimedManifestDigest?: string | null;
  readonly expiresBefore?: Date | null;
  readonly text?: string | null;
}

/** Orders of a list of packages. */
export const PACKAGE_ORDERS = {
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CREATED_DESC: [{ column: 'createdAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type PackageOrder = keyof typeof PACKAGE_ORDERS;

/** What a list of packages is asked with. */
export interface PackageList {
  readonly filter: PackageFilter;
  readonly order: PackageOrder;
}

/** The columns by which a package belongs to something of another hub. */
export type PackageParent = 'domain' | 'repo' | 'workstream' | 'task' | 'service';

/** How many packages there are in a state. */
export interface PackageCount {
  readonly status: PackageStatus;
  readonly count: number;
}

/** What the guards of a package need besides its own row. */
export interface PackageFactRow {
  readonly id: string;
  readonly shortenable: boolean;
  /** Of the files of an open package; 0 and none otherwise. */
  readonly incompleteCount: number;
  /** The first hundred by path. */
  readonly incomplete: readonly string[];
  /** Ids of active holds, oldest first. */
  readonly holds: readonly string[];
  /** Of an open package; null when it names none. */
  readonly schema: MetadataSchema['schema'] | null;
}

/** Files that are read by one statement for a manifest. */
const MANIFEST_PAGE = 2_000;

/** A complete file, as the manifest has it. */
export interface ManifestFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly blake3: string;
}

/** Conditions of a filter on `ArtifactPackage t`, which other lists of packages share. */
export function packageConditions(filter: PackageFilter): Condition[] {
  const where: Condition[] = [];
  // what is no id is none of a package
  if (filter.ids != null) where.push({ sql: `t."id" = ANY(?::uuid[])`, params: [filter.ids.filter(isUuid)] });
  for (const [column, values] of [['status', filter.statuses], ['domain', filter.domains], ['repo', filter.repos], ['workstream', filter.workstreams], ['service', filter.services]] as const) {
    if (values != null) where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  }
  for (const column of ['domain', 'repo', 'workstream', 'task', 'service', 'producer', 'subject', 'manifestDigest', 'claimedManifestDigest'] as const) {
    if (filter[column] != null) where.push({ sql: `t."${column}" = ?::text`, params: [filter[column]] });
  }
  if (filter.retentionClasses != null) where.push({ sql: `t."retentionClass" = ANY(?::text[])`, params: [filter.retentionClasses] });
  if (filter.expiresBefore != null) where.push({ sql: `t."expiresAt" < ?::timestamptz`, params: [filter.expiresBefore] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."producer" || ' ' || t."subject"), lower(?::text)) > 0`, params: [filter.text] });
  return where;
}

const list = ({ filter, order }: PackageList): List => ({ table: 'ArtifactPackage', where: packageConditions(filter), order: PACKAGE_ORDERS[order] });

export const packages = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<ArtifactPackage>(sql, 'ArtifactPackage', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<ArtifactPackage>(tx, 'ArtifactPackage', 'id', 'uuid', id),

  page: (sql: Sql, wanted: PackageList, args: PageArgs): Promise<Page<ArtifactPackage>> => pageOf(sql, list(wanted), args),
  /** A page for each of many repos, workstreams and so on, in one statement. */
  pagesOf: (sql: Sql, parent: PackageParent, keys: readonly string[], wanted: PackageList, args: PageArgs): Promise<Map<string, Page<ArtifactPackage>>> => pagesOf(sql, list(wanted), parent, keys, args, 'text'),

  /** What the guards of many packages need, in one statement. Files are counted only where a guard asks for them. */
  async factRows(sql: Sql, ids: readonly string[]): Promise<Map<string, PackageFactRow>> {
    const rows = await sql.query<PackageFactRow>(
      `SELECT p."id", c."shortenable", coalesce(f."incompleteCount", 0) AS "incompleteCount", coalesce(f."incomplete", '{}') AS "incomplete",
         ARRAY(SELECT h."id"::text FROM "Hold" h WHERE h."packageId" = p."id" AND h."status" = 'ACTIVE' ORDER BY h."placedAt", h."id") AS "holds",
         CASE WHEN p."status" IN ('CREATED', 'UPLOADING') THEN m."schema" END AS "schema"
       FROM "ArtifactPackage" p
       JOIN "RetentionClass" c ON c."slug" = p."retentionClass"
       LEFT JOIN "MetadataSchema" m ON m."key" = p."metadataSchemaKey"
       LEFT JOIN LATERAL (
         SELECT (SELECT count(*)::int FROM "ArtifactFile" a WHERE a."packageId" = p."id" AND a."status" = 'PENDING') AS "incompleteCount",
           ARRAY(SELECT a."path" FROM "ArtifactFile" a WHERE a."packageId" = p."id" AND a."status" = 'PENDING' ORDER BY a."path" LIMIT 100) AS "incomplete"
       ) f ON p."status" IN ('CREATED', 'UPLOADING')
       WHERE p."id" = ANY($1::uuid[])`,
      [ids],
    );
    return mapBy(rows, 'id');
  },

  async insert(tx: Tx, row: ArtifactPackage): Promise<ArtifactPackage> {
    return (await prismaOf(tx).artifactPackage.create({ data: row as never })) as unknown as ArtifactPackage;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: ArtifactPackage, changes: Partial<Omit<ArtifactPackage, 'id' | 'version' | 'createdAt' | 'createdBy'>>, now: Date): Promise<ArtifactPackage> {
    return (await prismaOf(tx).artifactPackage.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } as never })) as unknown as ArtifactPackage;
  },

  /** How many there are in each state; states without any are left out. */
  counts: (sql: Sql): Promise<PackageCount[]> => sql.query(`SELECT "status", count(*)::int AS "count" FROM "ArtifactPackage" GROUP BY 1 ORDER BY 1`),
  /** Bytes of all finalized packages, as if none shared any. */
  async bytes(sql: Sql): Promise<bigint> {
    const [row] = await sql.query<{ bytes: bigint }>(`SELECT coalesce(sum("byteCount"), 0)::bigint AS "bytes" FROM "ArtifactPackage" WHERE "status" = 'FINALIZED'`);
    return row!.bytes;
  },

  /**
   * Every complete file of a package, by path. The package must be locked, for that keeps the files as they are. Some at a time, because
   * what the drivers make of a row on its way here is many times as large as the row.
   */
  async manifestFiles(tx: Tx, id: string): Promise<ManifestFile[]> {
    const found: ManifestFile[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const rows: (Omit<ManifestFile, 'size'> & { size: bigint })[] = await tx.query(
        `SELECT "path", "size", "sha256", "blake3" FROM "ArtifactFile" WHERE "packageId" = $1::uuid AND "path" > $2 AND "status" = 'COMPLETE' ORDER BY "path" LIMIT ${MANIFEST_PAGE}`, [id, after]);
      for (const row of rows) found.push({ ...row, size: Number(row.size) });
      after = rows.length < MANIFEST_PAGE ? null : rows.at(-1)!.path;
    }
    return found;
  },

  /** Keeps the manifest of a package for ever. */
  async keepManifest(tx: Tx, packageId: string, bytes: Uint8Array): Promise<void> {
    await prismaOf(tx).artifactManifest.create({ data: { packageId, bytes: bytes as Uint8Array<ArrayBuffer> }, select: { packageId: true } });
  },
  /** The canonical manifest of a package that is, or was, finalized; null otherwise. */
  async manifest(sql: Sql, packageId: string): Promise<Uint8Array | null> {
    const [row] = await sql.query<{ bytes: Uint8Array }>(`SELECT "bytes" FROM "ArtifactManifest" WHERE "packageId" = $1::uuid`, [packageId]);
    return row?.bytes ?? null;
  },
};
