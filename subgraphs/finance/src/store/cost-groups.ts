// Sums of charges by what they have in common. Reads the narrow parts where it can, and rows only for what only rows know.
import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql } from '@hubgraph/kit/sql';
import type { CostRow, Decimal } from '../model/index.ts';
import { COST_ROW_ORDERS, plainCostRow, type CostRowOrder } from './cost-row.ts';
import { decimalText, plainPage } from './plain.ts';

export const COST_GROUPINGS = ['SERVICE', 'DOMAIN', 'WORKSTREAM', 'PROVIDER', 'PROVIDER_SERVICE', 'ACCOUNT', 'TAG', 'DAY', 'MONTH'] as const;
export type CostGrouping = (typeof COST_GROUPINGS)[number];

export const COST_METRICS = ['BILLED', 'EFFECTIVE'] as const;
export type CostMetric = (typeof COST_METRICS)[number];

/** Whole months that charges count in, or days on which they began: first, and first after the last. */
export type CostPeriod = { readonly months: readonly string[] } | { readonly start: string; readonly end: string };

/** Narrows the charges that are summed; what is given is combined by AND. */
export interface CostFilter {
  readonly services?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly providers?: readonly string[] | null;
  readonly providerServices?: readonly string[] | null;
  readonly accounts?: readonly string[] | null;
  readonly chargeCategories?: readonly string[] | null;
  readonly sources?: readonly string[] | null;
  readonly tag?: { readonly key: string; readonly values?: readonly string[] | null } | null;
  /** Parts that belong to nobody, or those that belong to somebody. */
  readonly unallocated?: boolean | null;
}

/** What all charges of a group have in common; null: they have nothing there. */
export interface CostKey {
  readonly by: CostGrouping;
  readonly tag: string | null;
  readonly value: string | null;
}

export interface CostQuery {
  readonly period: CostPeriod;
  readonly filter: CostFilter;
  readonly metric: CostMetric;
}

export interface CostSum {
  readonly values: readonly (string | null)[];
  readonly currency: string;
  readonly amount: Decimal;
}

/** The most groups that one statement gives; what is beyond is in the totals only. */
export const MAX_SUMS = 10_000;
const UNALLOCATED = `a."domain" IS NULL AND a."service" IS NULL AND a."workstream" IS NULL`;
const COLUMN = { BILLED: 'billedCost', EFFECTIVE: 'effectiveCost' } as const;

/** Where each thing stands: in parts (`a`), in rows (`t`), or in both. */
const OF_PARTS = { SERVICE: 'service', DOMAIN: 'domain', WORKSTREAM: 'workstream' } as const;
const OF_ROWS = { PROVIDER_SERVICE: `t."serviceName"`, ACCOUNT: `coalesce(t."subAccountId", t."billingAccountId")`, TAG: `t."tags" ->> ?::text` } as const;
const OF_BOTH = { PROVIDER: '"providerName"', DAY: '"day"', MONTH: '"month"' } as const;

interface Part {
  readonly sql: string;
  readonly params: readonly unknown[];
  /** Needs the parts, or the rows. */
  readonly needs: 'parts' | 'rows' | 'either';
}

/** The largest groups, and the totals by currency of all of them, in one statement. */
export async function costSums(sql: Sql, query: CostQuery, by: readonly Pick<CostKey, 'by' | 'tag'>[]): Promise<{ sums: CostSum[]; totals: { currency: string; amount: Decimal }[] }> {
  const keys = by.map(({ by: grouping, tag }) => keyOf(grouping, tag));
  const where = [...periodParts(query.period), ...filterParts(query.filter)];
  const { from, base, currency } = source([...keys, ...where]);
  const params: unknown[] = [];
  const text = (part: Part) => numbered(part.sql.replaceAll('%', base), part.params, params);
  const values = keys.length === 0 ? `'{}'::text[]` : `ARRAY[${keys.map((key) => `(${text(key)})::text`).join(', ')}]`;
  const conditions = where.map((part) => `(${text(part)})`).join(' AND ');
  const rows = await sql.query<{ values: (string | null)[]; currency: string; amount: string; total: string }>(
    `WITH g AS (SELECT ${values} AS "values", ${currency} AS "currency", sum(${base}."${COLUMN[query.metric]}") AS "amount" FROM ${from} WHERE ${conditions} GROUP BY 1, 2)
     SELECT "values", "currency", "amount"::text, (sum("amount") OVER (PARTITION BY "currency"))::text AS "total" FROM g ORDER BY abs(g."amount") DESC, "values", "currency" LIMIT ${MAX_SUMS}`,
    params,
  );
  const totals = new Map(rows.map((row) => [row.currency, decimalText(row.total)]));
  return { sums: rows.map(({ values: same, currency: of, amount }) => ({ values: same, currency: of, amount: decimalText(amount) })), totals: [...totals].map(([of, amount]) => ({ currency: of, amount })).sort((a, b) => (a.currency < b.currency ? -1 : 1)) };
}

/** What the charges that fit leave to nobody, by currency. */
export async function unallocatedSums(sql: Sql, query: CostQuery): Promise<{ currency: string; amount: Decimal }[]> {
  return (await costSums(sql, { ...query, filter: { ...query.filter, unallocated: true } }, [])).totals;
}

/** The rows behind a group, or behind all when there are no keys. */
export async function costGroupRows(sql: Sql, query: CostQuery, keys: readonly CostKey[], order: CostRowOrder, args: PageArgs): Promise<Page<CostRow>> {
  const parts: Condition[] = [];
  const where: Condition[] = [{ sql: `t."current"`, params: [] }];
  const both = [...periodParts(query.period), ...filterParts(query.filter), ...keys.map(sameKey)];
  // conditions on parts hold for one and the same part of the row
  for (const { sql: text, params, needs } of both) (needs === 'parts' ? parts : where).push({ sql: text.replaceAll('%', needs === 'parts' ? 'a' : 't'), params });
  if (parts.length > 0) where.push({ sql: `EXISTS (SELECT 1 FROM "Allocation" a WHERE a."rowId" = t."id" AND ${parts.map((part) => `(${part.sql})`).join(' AND ')})`, params: parts.flatMap((part) => part.params) });
  const list: List = { table: 'CostRow', where, order: COST_ROW_ORDERS[order] };
  return plainPage(await pageOf<CostRow>(sql, list, args), plainCostRow);
}

export const NOUN_COLUMNS = ['service', 'domain', 'workstream'] as const;
export type NounColumn = (typeof NOUN_COLUMNS)[number];

/** What many services, domains or workstreams cost, by provider and currency, in one statement. */
export async function nounSums(sql: Sql, column: NounColumn, keys: readonly string[], period: CostPeriod, metric: CostMetric): Promise<Map<string, { provider: string; currency: string; amount: Decimal }[]>> {
  const params: unknown[] = [keys];
  const conditions = periodParts(period).map(({ sql: text, params: more }) => `(${numbered(text.replaceAll('%', 'a'), more, params)})`).join(' AND ');
  const rows = await sql.query<{ key: string; provider: string; currency: string; amount: string }>(
    `SELECT a."name" AS "key", a."providerName" AS "provider", a."currency", sum(a."${COLUMN[metric]}")::text AS "amount" FROM "SpendSum" a
     WHERE a."measure" = 'COST' AND a."noun" = '${column.toUpperCase()}' AND a."name" = ANY($1::text[]) AND ${conditions} GROUP BY 1, 2, 3 HAVING sum(a."billedCost") <> 0 OR sum(a."effectiveCost") <> 0 ORDER BY 1, sum(a."${COLUMN[metric]}") DESC, 2, 3`,
    params,
  );
  return Map.groupBy(rows.map((row) => ({ ...row, amount: decimalText(row.amount) })), (row) => row.key);
}

function keyOf(by: CostGrouping, tag: string | null): Part {
  if (by in OF_PARTS) return { sql: `a."${OF_PARTS[by as keyof typeof OF_PARTS]}"`, params: [], needs: 'parts' };
  if (by in OF_ROWS) return { sql: OF_ROWS[by as keyof typeof OF_ROWS], params: by === 'TAG' ? [tag] : [], needs: 'rows' };
  return { sql: `%.${OF_BOTH[by as keyof typeof OF_BOTH]}`, params: [], needs: 'either' };
}

function sameKey({ by, tag, value }: CostKey): Part {
  const key = keyOf(by, tag);
  return { ...key, sql: `(${key.sql})::text IS NOT DISTINCT FROM ?::text`, params: [...key.params, value] };
}

function periodParts(period: CostPeriod): Part[] {
  if ('months' in period) return [{ sql: `%."month" = ANY(?::text[])`, params: [period.months], needs: 'either' }];
  return [{ sql: `%."day" >= ?::text::date AND %."day" < ?::text::date`, params: [period.start, period.end], needs: 'either' }];
}

function filterParts(filter: CostFilter): Part[] {
  const parts: Part[] = [];
  const add = (needs: Part['needs'], sql: string, ...params: unknown[]) => void parts.push({ sql, params, needs });
  for (const [column, values] of [['service', filter.services], ['domain', filter.domains], ['workstream', filter.workstreams]] as const) if (values != null) add('parts', `a."${column}" = ANY(?::text[])`, values);
  if (filter.unallocated != null) add('parts', filter.unallocated ? UNALLOCATED : `NOT (${UNALLOCATED})`);
  if (filter.providers != null) add('either', `%."providerName" = ANY(?::text[])`, filter.providers);
  if (filter.providerServices != null) add('rows', `t."serviceName" = ANY(?::text[])`, filter.providerServices);
  if (filter.accounts != null) add('rows', `t."billingAccountId" = ANY(?::text[]) OR t."subAccountId" = ANY(?::text[])`, filter.accounts, filter.accounts);
  if (filter.sources != null) add('rows', `t."source" = ANY(?::text[])`, filter.sources);
  if (filter.chargeCategories != null) add('rows', `t."chargeCategory" = ANY(?::text[])`, filter.chargeCategories);
  if (filter.tag?.values != null) add('rows', `t."tags" ->> ?::text = ANY(?::text[])`, filter.tag.key, filter.tag.values);
  else if (filter.tag != null) add('rows', `jsonb_exists(t."tags", ?::text)`, filter.tag.key);
  return parts;
}

/** What is read: parts alone, rows alone (their parts sum to the same), or both. `%` in a condition stands for `base`. */
function source(parts: readonly Part[]): { readonly from: string; readonly base: 'a' | 't'; readonly currency: string } {
  const needs = new Set(parts.map((part) => part.needs));
  if (!needs.has('rows')) return { from: '"Allocation" a', base: 'a', currency: 'a."currency"' };
  if (!needs.has('parts')) return { from: '(SELECT * FROM "CostRow" WHERE "current") t', base: 't', currency: 't."billingCurrency"' };
  return { from: '"Allocation" a JOIN "CostRow" t ON t."id" = a."rowId" AND t."month" = a."month"', base: 'a', currency: 'a."currency"' };
}

/** Writes `$1` and so on for the `?` of a text, behind the parameters that there are. */
function numbered(text: string, more: readonly unknown[], params: unknown[]): string {
  let next = 0;
  return text.replaceAll('?', () => `$${params.push(more[next++])}`);
}
