import type { Condition, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { AttributionRule, RuleKind } from '../model/index.ts';
import { plainPage, plainRow } from './plain.ts';

/** How clients may narrow the list of rules. */
export interface AttributionRuleFilter {
  readonly kinds?: readonly RuleKind[] | null;
  /** Those that are retired, or those that are not. */
  readonly retired?: boolean | null;
}

const plain = (row: AttributionRule) => plainRow<AttributionRule>(row, [], ['validFrom', 'validTo']);
/** Prisma's inputs do not know our read-only lists, so a rule is written as a record of its table. */
const INSERT = `INSERT INTO "AttributionRule" SELECT r.* FROM jsonb_populate_record(NULL::"AttributionRule", $1::jsonb) r ON CONFLICT DO NOTHING RETURNING *`;

export const attributionRules = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, AttributionRule>> {
    const rows = await rowsBy<AttributionRule>(sql, 'AttributionRule', 'id', 'uuid', ids);
    return new Map([...rows].map(([id, row]) => [id, plain(row)]));
  },
  byNames: (sql: Sql, names: readonly string[]) => rowsBy<AttributionRule>(sql, 'AttributionRule', 'name', 'text', names),
  async lockById(tx: Tx, id: string): Promise<AttributionRule | null> {
    const row = await lockBy<AttributionRule>(tx, 'AttributionRule', 'id', 'uuid', id);
    return row === null ? null : plain(row);
  },
  /** Every rule that is not retired, first the one that counts first. Commands keep their number small. */
  async inForce(sql: Sql): Promise<AttributionRule[]> {
    return (await sql.query<AttributionRule>(`SELECT * FROM "AttributionRule" WHERE "retiredAt" IS NULL ORDER BY "priority", "id"`)).map(plain);
  },
  /** A list, first the one that counts first. */
  async page(sql: Sql, filter: AttributionRuleFilter, args: PageArgs): Promise<Page<AttributionRule>> {
    const where: Condition[] = [];
    if (filter.kinds != null) where.push({ sql: `t."kind" = ANY(?::text[])`, params: [filter.kinds] });
    if (filter.retired != null) where.push({ sql: `(t."retiredAt" IS NOT NULL) = ?::boolean`, params: [filter.retired] });
    return plainPage(await pageOf<AttributionRule>(sql, { table: 'AttributionRule', where, order: [{ column: 'priority', cast: 'int' }, { column: 'id', cast: 'uuid' }] }, args), plain);
  },

  /** While rules change nobody allocates: waits for who does, and keeps others waiting until the end of the transaction. */
  async lockForChange(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('finance attribution rules', 0))::text`);
  },
  /** While somebody allocates the rules stay as they are, until the end of the transaction. */
  async lockForUse(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('finance attribution rules', 0))::text`);
  },
  async countInForce(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ count: number }>(`SELECT count(*)::int AS "count" FROM "AttributionRule" WHERE "retiredAt" IS NULL`);
    return row!.count;
  },
  /** Null when the name is taken. */
  async insert(tx: Tx, rule: AttributionRule): Promise<AttributionRule | null> {
    const [row] = await tx.query<AttributionRule>(INSERT, [JSON.stringify(rule)]);
    return row === undefined ? null : plain(row);
  },
  /** Writes a rule as it is now and raises its version; the row must be locked. Null when the name is taken. */
  async save(tx: Tx, before: AttributionRule, changes: Partial<AttributionRule>, now: Date): Promise<AttributionRule | null> {
    const rule = { ...before, ...changes, updatedAt: now, version: before.version + 1 };
    const [row] = await tx.query<AttributionRule>(
      `UPDATE "AttributionRule" t SET "name" = r."name", "priority" = r."priority", "match" = r."match", "targets" = r."targets", "measure" = r."measure", "validFrom" = r."validFrom",
         "validTo" = r."validTo", "retiredAt" = r."retiredAt", "updatedAt" = r."updatedAt", "version" = r."version"
       FROM jsonb_populate_record(NULL::"AttributionRule", $1::jsonb) r
       WHERE t."id" = r."id" AND NOT EXISTS (SELECT 1 FROM "AttributionRule" o WHERE o."name" = r."name" AND o."id" <> r."id") RETURNING t.*`,
      [JSON.stringify(rule)],
    );
    return row === undefined ? null : plain(row);
  },
};
