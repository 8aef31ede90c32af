import { newId } from '@hubgraph/kit/ids';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { mapBy } from '@hubgraph/kit/store';
import type { LicenceConclusion } from '../model.ts';
import { prismaOf } from './client.ts';

/** The newest conclusion on each purl. */
const LATEST = `SELECT DISTINCT ON ("purl") * FROM "LicenceConclusion" ORDER BY "purl", "at" DESC, "id" DESC`;

/** Joins `SbomPackage p` to what was concluded on its purl, as `c`. */
export const EFFECTIVE_JOIN = `LEFT JOIN (${LATEST}) c ON c."purl" = p."purl"`;
/** What counts of a licence beside {@link EFFECTIVE_JOIN}: what was concluded, else what is declared. */
export const EFFECTIVE = {
  class: `coalesce(c."licenceClass", p."licenceClass")`,
  copyleft: `coalesce(c."copyleft", p."copyleft")`,
  expression: `coalesce(c."expression", p."expression")`,
  /** What was declared, where nobody can read it and nothing was concluded. */
  unread: `CASE WHEN c."id" IS NULL AND p."expression" IS NULL THEN p."declaredLicence" END`,
} as const;

/** The effective class of `SbomPackage t`, as a condition of a page compares it. */
export const CLASS_OF_T = `coalesce((SELECT c."licenceClass" FROM "LicenceConclusion" c WHERE c."purl" = t."purl" ORDER BY c."at" DESC, c."id" DESC LIMIT 1), t."licenceClass")`;

export const conclusions = {
  /** The newest conclusion on each purl, in one statement. */
  async latestOf(sql: Sql, purls: readonly string[]): Promise<Map<string, LicenceConclusion>> {
    return mapBy(await sql.query<LicenceConclusion>(`SELECT DISTINCT ON ("purl") * FROM "LicenceConclusion" WHERE "purl" = ANY($1::text[]) ORDER BY "purl", "at" DESC, "id" DESC`, [purls]), 'purl');
  },

  /** Every conclusion on each purl, newest first, in one statement. */
  async allOf(sql: Sql, purls: readonly string[]): Promise<Map<string, LicenceConclusion[]>> {
    return Map.groupBy(await sql.query<LicenceConclusion>(`SELECT * FROM "LicenceConclusion" WHERE "purl" = ANY($1::text[]) ORDER BY "at" DESC, "id" DESC`, [purls]), (row) => row.purl);
  },

  /** Adds a conclusion; it counts from now on. */
  async insert(tx: Tx, conclusion: Omit<LicenceConclusion, 'id'>): Promise<LicenceConclusion> {
    const row = { ...conclusion, id: newId() };
    await prismaOf(tx).licenceConclusion.create({ data: { ...row, evidence: [...row.evidence] } });
    return row;
  },
};
