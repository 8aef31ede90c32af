import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { CostImport } from '../model/index.ts';

/** How clients may narrow the list of imports. */
export interface CostImportFilter {
  readonly sources?: readonly string[] | null;
  readonly formats?: readonly string[] | null;
  readonly sha256?: string | null;
  /** False: only those that did not come to their end. */
  readonly finished?: boolean | null;
}

/** Orders of the list of imports. */
export const COST_IMPORT_ORDERS = {
  STARTED: [{ column: 'startedAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  STARTED_DESC: [{ column: 'startedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type CostImportOrder = keyof typeof COST_IMPORT_ORDERS;

/** What came of the rows so far. */
export type ImportCounts = Pick<CostImport, 'read' | 'new' | 'unchanged' | 'corrected' | 'refused'>;

function list(filter: CostImportFilter, order: CostImportOrder): List {
  const where: Condition[] = [];
  if (filter.sources != null) where.push({ sql: `t."source" = ANY(?::text[])`, params: [filter.sources] });
  if (filter.formats != null) where.push({ sql: `t."format" = ANY(?::text[])`, params: [filter.formats] });
  if (filter.sha256 != null) where.push({ sql: `t."sha256" = ?::text`, params: [filter.sha256] });
  if (filter.finished != null) where.push({ sql: `(t."finishedAt" IS NOT NULL) = ?::boolean`, params: [filter.finished] });
  return { table: 'CostImport', where, order: COST_IMPORT_ORDERS[order] };
}

export const costImports = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<CostImport>(sql, 'CostImport', 'id', 'uuid', ids),
  page: (sql: Sql, filter: CostImportFilter, order: CostImportOrder, args: PageArgs): Promise<Page<CostImport>> => pageOf(sql, list(filter, order), args),

  /** Lets those who bring rows of one source take turns, batch by batch: until this transaction ends. */
  async takeSource(tx: Tx, source: string): Promise<void> {
    await tx.query(`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended($1, 5))) AS turn`, [`finance.source ${source}`]);
  },
  /** Whether a source brought anything in another import: if not, none of its keys is known. */
  async isSourceKnown(tx: Tx, source: string, exceptId: string): Promise<boolean> {
    const rows = await tx.query(`SELECT 1 FROM "CostImport" WHERE "source" = $1 AND "id" <> $2::uuid LIMIT 1`, [source, exceptId]);
    return rows.length > 0;
  },
  async insert(tx: Tx, row: CostImport): Promise<void> {
    await tx.query(`INSERT INTO "CostImport" SELECT * FROM jsonb_populate_record(NULL::"CostImport", $1::jsonb)`, [JSON.stringify(row)]);
  },
  /** Writes how far it is; with `finishedAt` that it is over, and the digest of what was read. */
  async save(tx: Tx, id: string, changes: ImportCounts & Partial<Pick<CostImport, 'finishedAt' | 'sha256'>>): Promise<void> {
    await tx.query(
      `UPDATE "CostImport" SET "read" = $2::int, "new" = $3::int, "unchanged" = $4::int, "corrected" = $5::int, "refused" = $6::int, "finishedAt" = coalesce($7::timestamptz, "finishedAt"), "sha256" = coalesce($8::text, "sha256") WHERE "id" = $1::uuid`,
      [id, changes.read, changes.new, changes.unchanged, changes.corrected, changes.refused, changes.finishedAt ?? null, changes.sha256 ?? null],
    );
  },
};
