import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Account, AccountBalance } from '../model/index.ts';
import { prismaOf } from './client.ts';
import { plainPage, plainRow } from './plain.ts';

/** How clients may narrow the list of accounts. */
export interface AccountFilter {
  readonly slugs?: readonly string[] | null;
  readonly domains?: readonly string[] | null;
  readonly currencies?: readonly string[] | null;
  readonly liquid?: boolean | null;
}

const ORDER: List['order'] = [{ column: 'slug', cast: 'text' }];
const NEWEST_DAY: List['order'] = [{ column: 'day', cast: 'date', descending: true }];
const plain = (row: AccountBalance) => plainRow<AccountBalance>(row, ['amount'], ['day']);

function list(filter: AccountFilter): List {
  const where: Condition[] = [];
  const among = (column: string, values: readonly string[] | null | undefined) => values != null && where.push({ sql: `t."${column}" = ANY(?::text[])`, params: [values] });
  among('slug', filter.slugs);
  among('domain', filter.domains);
  among('currency', filter.currencies);
  if (filter.liquid != null) where.push({ sql: `t."liquid" = ?::boolean`, params: [filter.liquid] });
  return { table: 'Account', where, order: ORDER };
}

export const accounts = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Account>(sql, 'Account', 'id', 'uuid', ids),
  bySlugs: (sql: Sql, slugs: readonly string[]) => rowsBy<Account>(sql, 'Account', 'slug', 'text', slugs),
  lockBySlug: (tx: Tx, slug: string) => lockBy<Account>(tx, 'Account', 'slug', 'text', slug),
  page: (sql: Sql, filter: AccountFilter, args: PageArgs): Promise<Page<Account>> => pageOf(sql, list(filter), args),

  /** Inserts a new one as it is; null when the slug is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, account: Account): Promise<Account | null> {
    const [row] = await prismaOf(tx).account.createManyAndReturn({ data: [{ ...account }], skipDuplicates: true });
    return (row as Account | undefined) ?? null;
  },
  /** Says that something of it changed; the row must be locked. */
  async touch(tx: Tx, before: Account, now: Date): Promise<Account> {
    return (await prismaOf(tx).account.update({ where: { id: before.id }, data: { updatedAt: now, version: before.version + 1 } })) as Account;
  },

  /** The balances of many accounts, a page each in one statement, the newest day first. */
  async balancePages(sql: Sql, accountIds: readonly string[], args: PageArgs): Promise<Map<string, Page<AccountBalance>>> {
    const pages = await pagesOf<AccountBalance>(sql, { table: 'AccountBalance', where: [], order: NEWEST_DAY }, 'accountId', accountIds, args);
    return new Map([...pages].map(([id, page]) => [id, plainPage(page, plain)]));
  },
  /** The newest balance of each account on a day or before it; accounts without one are missing. */
  async latestBalances(sql: Sql, accountIds: readonly string[], day: string): Promise<Map<string, AccountBalance>> {
    const rows = await sql.query<AccountBalance>(`SELECT DISTINCT ON ("accountId") t.* FROM "AccountBalance" t WHERE "accountId" = ANY($1::uuid[]) AND "day" <= $2::text::date ORDER BY "accountId", "day" DESC`, [accountIds, day]);
    return new Map(rows.map((row) => [row.accountId, plain(row)]));
  },
  /** The balance of one day; the account must be locked. */
  async balanceOn(tx: Tx, accountId: string, day: string): Promise<AccountBalance | null> {
    const [row] = await tx.query<AccountBalance>(`SELECT t.* FROM "AccountBalance" t WHERE "accountId" = $1::uuid AND "day" = $2::text::date`, [accountId, day]);
    return row === undefined ? null : plain(row);
  },
  /** Writes the balance of a day, in the place of the one that is there; the account must be locked. */
  async putBalance(tx: Tx, balance: AccountBalance): Promise<AccountBalance> {
    const [row] = await tx.query<AccountBalance>(
      `INSERT INTO "AccountBalance" ("id", "accountId", "day", "amount", "source", "recordedBy", "recordedAt") VALUES ($1::uuid, $2::uuid, $3::text::date, $4::text::numeric, $5, $6, $7::timestamptz)
       ON CONFLICT ("accountId", "day") DO UPDATE SET "amount" = excluded."amount", "source" = excluded."source", "recordedBy" = excluded."recordedBy", "recordedAt" = excluded."recordedAt" RETURNING *`,
      [balance.id, balance.accountId, balance.day, balance.amount, balance.source, balance.recordedBy, balance.recordedAt],
    );
    return plain(row!);
  },
};
