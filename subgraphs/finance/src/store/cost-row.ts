import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { CostRow } from '../model.ts';
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
const plain = (row: CostRow) => plainRow<CostRow>(row, DECIMALS, ['day']);

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

export const costRows = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, CostRow>> {
    const rows = await rowsBy<CostRow>(sql, 'CostRow', 'id', 'uuid', ids);
    return new Map([...rows].map(([id, row]) => [id, plain(row)]));
  },
  async page(sql: Sql, filter: CostRowFilter, order: CostRowOrder, args: PageArgs): Promise<Page<CostRow>> {
    return plainPage(await pageOf<CostRow>(sql, list(filter, order), args), plain);
  },
};
