import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { Link } from '../import/chain.ts';
import type { TokenSpend } from '../model/index.ts';
import { plainPage, plainRow } from './plain.ts';

/** Of usage, what is corrected by its difference. */
export const TOKEN_AMOUNTS = ['input', 'cachedInput', 'cacheWrite', 'output', 'cost'] as const;
export type TokenAmount = (typeof TOKEN_AMOUNTS)[number];

/** How clients may narrow a list of token spend. */
export interface TokenSpendFilter {
  readonly providers?: readonly string[] | null;
  readonly models?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly services?: readonly string[] | null;
  readonly workstreams?: readonly string[] | null;
  readonly sessions?: readonly string[] | null;
  readonly sources?: readonly string[] | null;
  readonly months?: readonly string[] | null;
  readonly since?: Date | null;
  readonly before?: Date | null;
}

/** Orders of a list of token spend. */
export const TOKEN_SPEND_ORDERS = {
  AT: [{ column: 'at', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  AT_DESC: [{ column: 'at', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type TokenSpendOrder = keyof typeof TOKEN_SPEND_ORDERS;

/** Usage before it is stored; amounts as texts, because JSON has no bigint. */
export interface NewTokenSpend extends Pick<TokenSpend, 'id' | 'provider' | 'model' | 'currency' | 'session' | 'domain' | 'service' | 'workstream' | 'sourceKey' | 'contentHash' | 'correctionOfId' | 'month'>, Readonly<Record<TokenAmount, string>> {
  readonly at: string;
}

/** A row that counts, and who recorded it. */
export interface TokenLink extends Link<TokenAmount>, Pick<TokenSpend, 'recordedBy'> {}

/** Sums of one model, in one currency. */
export interface TokenSum extends Pick<TokenSpend, TokenAmount | 'provider' | 'model' | 'currency'> {
  readonly of: string;
}

const INSERTED = {
  id: 'uuid', provider: 'text', model: 'text', at: 'timestamptz', input: 'bigint', cachedInput: 'bigint', cacheWrite: 'bigint', output: 'bigint', cost: 'numeric', currency: 'text', session: 'text', domain: 'text', service: 'text', workstream: 'text',
  sourceKey: 'text', contentHash: 'text', correctionOfId: 'uuid', month: 'text',
} as const satisfies Record<keyof NewTokenSpend, string>;
const NAMES = Object.keys(INSERTED).map((name) => `"${name}"`).join(', ');
const INSERT = `INSERT INTO "TokenSpend" ("source", "importId", "recordedBy", "recordedAt", "current", ${NAMES})
  SELECT $2::text, $3::uuid, $4::text, $5::timestamptz, true, ${NAMES} FROM json_to_recordset($1::json) AS r(${Object.entries(INSERTED).map(([name, type]) => `"${name}" ${type}`).join(', ')})`;

const plain = (row: TokenSpend) => plainRow<TokenSpend>(row, ['cost'], []);

function list(filter: TokenSpendFilter, order: TokenSpendOrder): List {
  const where: Condition[] = [{ sql: `t."current"`, params: [] }];
  const among = (column: string, values: readonly string[] | null | undefined) => {
    if (values != null) where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  };
  among('provider', filter.providers);
  among('model', filter.models);
  among('domain', filter.domains);
  among('service', filter.services);
  among('workstream', filter.workstreams);
  among('session', filter.sessions);
  among('source', filter.sources);
  among('month', filter.months);
  if (filter.since != null) where.push({ sql: `t."at" >= ?::timestamptz`, params: [filter.since] });
  if (filter.before != null) where.push({ sql: `t."at" < ?::timestamptz`, params: [filter.before] });
  return { table: 'TokenSpend', where, order: TOKEN_SPEND_ORDERS[order] };
}

export const tokenSpends = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, TokenSpend>> {
    const rows = await rowsBy<TokenSpend>(sql, 'TokenSpend', 'id', 'uuid', ids);
    return new Map([...rows].map(([id, row]) => [id, plain(row)]));
  },
  async page(sql: Sql, filter: TokenSpendFilter, order: TokenSpendOrder, args: PageArgs): Promise<Page<TokenSpend>> {
    return plainPage(await pageOf<TokenSpend>(sql, list(filter, order), args), plain);
  },
  /** By workstream (code), what counts in some months, by provider, model and currency; in one statement, whatever the number of workstreams. */
  async sums(sql: Sql, by: 'workstream' | 'service' | 'domain', keys: readonly string[], months: readonly string[]): Promise<Map<string, TokenSum[]>> {
    const rows = await sql.query<TokenSum>(
      `SELECT t."${by}" AS "of", t."provider", t."model", t."currency", ${TOKEN_AMOUNTS.map((name) => (name === 'cost' ? `sum(t."cost")::text AS "cost"` : `sum(t."${name}")::bigint AS "${name}"`)).join(', ')}
       FROM "TokenSpend" t WHERE t."${by}" = ANY($1::text[]) AND t."current" AND t."month" = ANY($2::text[]) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
      [keys, months],
    );
    return Map.groupBy(rows.map((row) => plainRow<TokenSum>(row, ['cost'], [])), (row) => row.of);
  },

  /** The rows that count of many keys of one source, by key, oldest first. */
  async chains(tx: Tx, source: string, keys: readonly string[]): Promise<Map<string, TokenLink[]>> {
    const rows = await tx.query<TokenLink & Record<TokenAmount, string> & { sourceKey: string }>(
      `SELECT "id", "sourceKey", "contentHash", "month", "currency", "recordedBy", ${TOKEN_AMOUNTS.map((name) => `"${name}"::text`).join(', ')} FROM "TokenSpend" WHERE "source" = $1 AND "sourceKey" = ANY($2::text[]) AND "current" ORDER BY "id"`,
      [source, keys],
    );
    return Map.groupBy(rows.map(({ id, sourceKey, contentHash, month, currency, recordedBy, ...amounts }) => ({ id, sourceKey, contentHash, month, currency, recordedBy, amounts })), (row) => row.sourceKey);
  },
  /** How many rows each of these keys ever had. */
  async lengths(tx: Tx, source: string, keys: readonly string[]): Promise<Map<string, number>> {
    if (keys.length === 0) return new Map();
    const rows = await tx.query<{ sourceKey: string; count: number }>(`SELECT "sourceKey", count(*)::int AS "count" FROM "TokenSpend" WHERE "source" = $1 AND "sourceKey" = ANY($2::text[]) GROUP BY 1`, [source, keys]);
    return new Map(rows.map(({ sourceKey, count }) => [sourceKey, count]));
  },
  /** Rows that count no more. */
  async replace(tx: Tx, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.query(`UPDATE "TokenSpend" SET "current" = false WHERE "id" = ANY($1::uuid[])`, [ids]);
  },
  /** Inserts a batch in one statement. The rows of a key must be locked by the turn of their source. */
  async insert(tx: Tx, from: { readonly source: string; readonly importId: string | null; readonly recordedBy: string; readonly recordedAt: Date }, rows: readonly NewTokenSpend[]): Promise<void> {
    if (rows.length > 0) await tx.query(INSERT, [JSON.stringify(rows), from.source, from.importId, from.recordedBy, from.recordedAt]);
  },
};
