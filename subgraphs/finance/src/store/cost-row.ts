import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { Link } from '../import/chain.ts';
import { COST_AMOUNTS, LINE_COLUMNS, type CostAmount } from '../import/line.ts';
import type { CostRow } from '../model/index.ts';
import { insertLines, type Into } from './bulk.ts';
import { plainPage, plainRow } from './plain.ts';

/** How clients may narrow a list of charges. */
export interface CostRowFilter {
  /** Months that they count in. */
  readonly months?: readonly string[] | null;
  /** Days of their charge period's start: from, and before. */
  readonly since?: string | null;
  readonly before?: string | null;
  readonly providers?: readonly string[] | null;
  /** The provider's names of its services. */
  readonly serviceNames?: readonly string[] | null;
  /** Billing accounts or sub-accounts. */
  readonly accounts?: readonly string[] | null;
  readonly chargeCategories?: readonly string[] | null;
  readonly sources?: readonly string[] | null;
  readonly importId?: string | null;
  /** By key of the tag; without values any. */
  readonly tag?: { readonly key: string; readonly values?: readonly string[] | null } | null;
  /** To whom a part of them is allocated: slugs and codes. */
  readonly domains?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  /** Those with a part that belongs to nobody. */
  readonly unallocated?: boolean | null;
  /** Only corrections, or only others. */
  readonly corrections?: boolean | null;
  /** With true those too that a later row of their key took the place of. */
  readonly replaced?: boolean | null;
}

/** Orders of a list of charges. */
export const COST_ROW_ORDERS = {
  CHARGED: [{ column: 'chargePeriodStart', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  CHARGED_DESC: [{ column: 'chargePeriodStart', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type CostRowOrder = keyof typeof COST_ROW_ORDERS;

const DECIMALS = ['billedCost', 'effectiveCost', 'listCost', 'contractedCost', 'listUnitPrice', 'contractedUnitPrice', 'pricingQuantity', 'consumedQuantity'] as const;
/** A row of the table as the model has it. */
export const plainCostRow = (row: CostRow) => plainRow<CostRow>(row, DECIMALS, ['day']);
const plain = plainCostRow;

function list(filter: CostRowFilter, order: CostRowOrder): List {
  const where: Condition[] = [];
  const add = (sql: string, ...params: unknown[]) => void where.push({ sql, params });
  const among = (column: string, values: readonly string[] | null | undefined) => {
    if (values != null) add(`t."${column}" = ANY(?::text[])`, values);
  };
  if (!filter.replaced) add(`t."current"`);
  among('month', filter.months);
  among('providerName', filter.providers);
  among('serviceName', filter.serviceNames);
  among('chargeCategory', filter.chargeCategories);
  among('source', filter.sources);
  if (filter.since != null) add(`t."day" >= ?::text::date`, filter.since);
  if (filter.before != null) add(`t."day" < ?::text::date`, filter.before);
  if (filter.accounts != null) add(`(t."billingAccountId" = ANY(?::text[]) OR t."subAccountId" = ANY(?::text[]))`, filter.accounts, filter.accounts);
  if (filter.importId != null) add(`t."importId" = ?::uuid`, filter.importId);
  // `?` stands for parameters, so not jsonb's operator of that name
  if (filter.tag?.values != null) add(`t."tags" ->> ?::text = ANY(?::text[])`, filter.tag.key, filter.tag.values);
  else if (filter.tag != null) add(`jsonb_exists(t."tags", ?::text)`, filter.tag.key);
  for (const [column, values] of [['domain', filter.domains], ['service', filter.services], ['workstream', filter.workstreams]] as const) {
    if (values != null) add(`EXISTS (SELECT 1 FROM "Allocation" a WHERE a."rowId" = t."id" AND a."${column}" = ANY(?::text[]))`, values);
  }
  if (filter.unallocated != null) {
    add(`${filter.unallocated ? '' : 'NOT '}EXISTS (SELECT 1 FROM "Allocation" a WHERE a."rowId" = t."id" AND a."domain" IS NULL AND a."service" IS NULL AND a."workstream" IS NULL)`);
  }
  if (filter.corrections != null) add(`(t."correctionOfId" IS NOT NULL) = ?::boolean`, filter.corrections);
  return { table: 'CostRow', where, order: COST_ROW_ORDERS[order] };
}

const TYPES: Readonly<Record<string, string>> = {
  id: 'uuid', importId: 'uuid', correctionOfId: 'uuid', current: 'boolean', day: 'date', tags: 'jsonb', more: 'jsonb',
  ...Object.fromEntries(DECIMALS.map((name) => [name, 'numeric'])), ...Object.fromEntries(['billingPeriodStart', 'billingPeriodEnd', 'chargePeriodStart', 'chargePeriodEnd'].map((name) => [name, 'timestamptz'])),
};
const INTO: Into = { table: 'CostRow', columns: LINE_COLUMNS.map((name) => [name, TYPES[name] ?? 'text']) };

export const costRows = {
  /**
   * Of many keys of one source, each with the hash of its content, the places of those that are not unchanged, and whether the
   * key is known: then its newest row that counts says something else.
   */
  differing: (tx: Tx, source: string, keys: readonly string[], hashes: readonly string[]): Promise<{ place: number; known: boolean }[]> =>
    tx.query(
      `SELECT (n."place" - 1)::int AS "place", c."contentHash" IS NOT NULL AS "known" FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS n("key", "hash", "place")
       LEFT JOIN LATERAL (SELECT t."contentHash" FROM "CostRow" t WHERE t."source" = $1 AND t."rowKey" = n."key" AND t."current" ORDER BY t."id" DESC LIMIT 1) c ON true
       WHERE c."contentHash" IS NULL OR split_part(c."contentHash", '#', 1) <> n."hash" ORDER BY 1`,
      [source, keys, hashes],
    ),
  /** The rows that count of many keys of one source, by key, oldest first. */
  async chains(tx: Tx, source: string, keys: readonly string[]): Promise<Map<string, Link<CostAmount>[]>> {
    if (keys.length === 0) return new Map();
    const rows = await tx.query<Link<CostAmount> & Record<CostAmount, string | null> & { rowKey: string }>(
      `SELECT "id", "rowKey", "contentHash", "month", "billingCurrency" AS "currency", ${COST_AMOUNTS.map((name) => `"${name}"::text`).join(', ')} FROM "CostRow" WHERE "source" = $1 AND "rowKey" = ANY($2::text[]) AND "current" ORDER BY "id"`,
      [source, keys],
    );
    const chains = new Map<string, Link<CostAmount>[]>();
    for (const { id, rowKey, contentHash, month, currency, ...amounts } of rows) {
      const link = { id, contentHash, month, currency, amounts };
      const chain = chains.get(rowKey);
      if (chain === undefined) chains.set(rowKey, [link]);
      else chain.push(link);
    }
    return chains;
  },
  /** How many rows each of these keys ever had. */
  async lengths(tx: Tx, source: string, keys: readonly string[]): Promise<Map<string, number>> {
    if (keys.length === 0) return new Map();
    const rows = await tx.query<{ rowKey: string; count: number }>(`SELECT "rowKey", count(*)::int AS "count" FROM "CostRow" WHERE "source" = $1 AND "rowKey" = ANY($2::text[]) GROUP BY 1`, [source, keys]);
    return new Map(rows.map(({ rowKey, count }) => [rowKey, count]));
  },
  /** Rows that count no more. */
  async replace(tx: Tx, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.query(`UPDATE "CostRow" SET "current" = false WHERE "id" = ANY($1::uuid[])`, [ids]);
  },
  /** Inserts lines as import/line.ts makes them. The rows of a key must be locked by the turn of their source. */
  insert: (tx: Tx, lines: readonly Uint8Array[]): Promise<void> => insertLines(tx, INTO, lines),
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, CostRow>> {
    const rows = await rowsBy<CostRow>(sql, 'CostRow', 'id', 'uuid', ids);
    return new Map([...rows].map(([id, row]) => [id, plain(row)]));
  },
  /** Rows that correct others or took their place, oldest first. */
  async correctionsOf(sql: Sql, ids: readonly string[]): Promise<Map<string, CostRow[]>> {
    const rows = await sql.query<CostRow>(`SELECT t.* FROM "CostRow" t WHERE t."correctionOfId" = ANY($1::uuid[]) ORDER BY t."id"`, [ids]);
    return Map.groupBy(rows.map(plain), (row) => row.correctionOfId!);
  },
  async page(sql: Sql, filter: CostRowFilter, order: CostRowOrder, args: PageArgs): Promise<Page<CostRow>> {
    return plainPage(await pageOf<CostRow>(sql, list(filter, order), args), plain);
  },
};
