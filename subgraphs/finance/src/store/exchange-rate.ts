import { pageOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import { startOfDay } from '../money/calendar.ts';
import type { ExchangeRate } from '../model/index.ts';
import { prismaOf } from './client.ts';
import { plainPage, plainRow } from './plain.ts';

/** How clients may narrow a list of exchange rates. */
export interface ExchangeRateFilter {
  readonly from?: readonly string[] | null;
  readonly to?: readonly string[] | null;
  /** Days: from, and before. */
  readonly since?: string | null;
  readonly before?: string | null;
}

/** Orders of a list of exchange rates. */
export const RATE_ORDERS = {
  DAY: [{ column: 'day', cast: 'date' }, { column: 'id', cast: 'uuid' }],
  DAY_DESC: [{ column: 'day', cast: 'date', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type RateOrder = keyof typeof RATE_ORDERS;

/** A conversion of a day: from one currency into another. */
export interface Conversion {
  readonly from: string;
  readonly to: string;
  readonly day: string;
}

const plain = (row: ExchangeRate) => plainRow<ExchangeRate>(row, ['rate'], ['day']);
/** The name of a conversion in what {@link exchangeRates.newest} gives. */
export const conversionKey = ({ from, to, day }: Conversion): string => `${from} ${to} ${day}`;

export const exchangeRates = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, ExchangeRate>> {
    return new Map([...(await rowsBy<ExchangeRate>(sql, 'ExchangeRate', 'id', 'uuid', ids))].map(([id, row]) => [id, plain(row)]));
  },
  async page(sql: Sql, { from, to, since, before }: ExchangeRateFilter, order: RateOrder, args: PageArgs): Promise<Page<ExchangeRate>> {
    const where: Condition[] = [];
    if (from != null) where.push({ sql: `t."from" = ANY(?::text[])`, params: [from] });
    if (to != null) where.push({ sql: `t."to" = ANY(?::text[])`, params: [to] });
    if (since != null) where.push({ sql: `t."day" >= ?::text::date`, params: [since] });
    if (before != null) where.push({ sql: `t."day" < ?::text::date`, params: [before] });
    return plainPage(await pageOf<ExchangeRate>(sql, { table: 'ExchangeRate', where, order: RATE_ORDERS[order] }, args), plain);
  },
  /** For many conversions the newest rate on or before the day, in one statement, by {@link conversionKey}; those without a rate are missing. */
  async newest(sql: Sql, wanted: readonly Conversion[]): Promise<Map<string, ExchangeRate>> {
    const rows = await sql.query<ExchangeRate & { $key: string }>(
      `SELECT w."from" || ' ' || w."to" || ' ' || w."day" AS "$key", r.* FROM unnest($1::text[], $2::text[], $3::text[]) AS w("from", "to", "day")
       CROSS JOIN LATERAL (SELECT e.* FROM "ExchangeRate" e WHERE e."from" = w."from" AND e."to" = w."to" AND e."day" <= w."day"::date ORDER BY e."day" DESC LIMIT 1) r`,
      [wanted.map(({ from }) => from), wanted.map(({ to }) => to), wanted.map(({ day }) => day)],
    );
    return new Map(rows.map(({ $key, ...row }) => [$key, plain(row)]));
  },
  /** Locks the rates of exactly these days, by {@link conversionKey}. */
  async lockOf(tx: Tx, wanted: readonly Conversion[]): Promise<Map<string, ExchangeRate>> {
    const rows = await tx.query<ExchangeRate>(
      `SELECT t.* FROM "ExchangeRate" t JOIN unnest($1::text[], $2::text[], $3::text[]) AS w("from", "to", "day") ON t."from" = w."from" AND t."to" = w."to" AND t."day" = w."day"::date ORDER BY t."id" FOR UPDATE OF t`,
      [wanted.map(({ from }) => from), wanted.map(({ to }) => to), wanted.map(({ day }) => day)],
    );
    return new Map(rows.map(plain).map((row) => [conversionKey(row), row]));
  },
  /** The first day after this one that has a rate of the same currencies; null when none has. */
  async nextDay(sql: Sql, { from, to, day }: Conversion): Promise<string | null> {
    const [row] = await sql.query<{ day: string | null }>(`SELECT min("day")::text AS "day" FROM "ExchangeRate" WHERE "from" = $1 AND "to" = $2 AND "day" > $3::text::date`, [from, to, day]);
    return row?.day ?? null;
  },
  /** How many commitments and payments name a rate. */
  async uses(sql: Sql, id: string): Promise<number> {
    const [row] = await sql.query<{ count: number }>(`SELECT ((SELECT count(*) FROM "Commitment" WHERE "rateId" = $1::uuid) + (SELECT count(*) FROM "Payment" WHERE "rateId" = $1::uuid))::int AS "count"`, [id]);
    return row?.count ?? 0;
  },
  /** Inserts a new one; null when the day has one, also of a transaction that commits meanwhile. */
  async insert(tx: Tx, rate: ExchangeRate): Promise<ExchangeRate | null> {
    const [row] = await prismaOf(tx).exchangeRate.createManyAndReturn({ data: [{ ...rate, day: startOfDay(rate.day) }], skipDuplicates: true });
    return row === undefined ? null : plain(row as unknown as ExchangeRate);
  },
  save: async (tx: Tx, id: string, changes: Pick<ExchangeRate, 'rate' | 'source' | 'recordedBy' | 'recordedAt'>): Promise<ExchangeRate> => plain((await prismaOf(tx).exchangeRate.update({ where: { id }, data: changes })) as unknown as ExchangeRate),
};
