import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import { startOfDay } from '../money/calendar.ts';
import type { Income } from '../model/index.ts';
import { prismaOf } from './client.ts';
import { plainPage, plainRow } from './plain.ts';

/** How clients may narrow the list of incomes. */
export interface IncomeFilter {
  readonly domains?: readonly string[] | null;
  /** Those that come in on this day. */
  readonly on?: string | null;
}

const ORDER: List['order'] = [{ column: 'start', cast: 'date', descending: true }, { column: 'id', cast: 'uuid' }];
const plain = (row: Income) => plainRow<Income>(row, ['amount'], ['start', 'end']);

function list(filter: IncomeFilter): List {
  const where: Condition[] = [];
  if (filter.domains != null) where.push({ sql: `t."domain" = ANY(?::text[])`, params: [filter.domains] });
  if (filter.on != null) where.push({ sql: `t."start" <= ?::text::date AND (t."end" IS NULL OR t."end" > ?::text::date)`, params: [filter.on, filter.on] });
  return { table: 'Income', where, order: ORDER };
}

export const incomes = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, Income>> {
    const rows = await rowsBy<Income>(sql, 'Income', 'id', 'uuid', ids);
    return new Map([...rows].map(([id, row]) => [id, plain(row)]));
  },
  async lockById(tx: Tx, id: string): Promise<Income | null> {
    const row = await lockBy<Income>(tx, 'Income', 'id', 'uuid', id);
    return row === null ? null : plain(row);
  },
  async page(sql: Sql, filter: IncomeFilter, args: PageArgs): Promise<Page<Income>> {
    return plainPage(await pageOf<Income>(sql, list(filter), args), plain);
  },

  async insert(tx: Tx, income: Income): Promise<Income> {
    const row = await prismaOf(tx).income.create({ data: { ...income, start: startOfDay(income.start), end: income.end === null ? null : startOfDay(income.end) } });
    return plain(row as unknown as Income);
  },
  /** Says from which day on it comes in no more; the row must be locked. */
  async end(tx: Tx, id: string, end: string): Promise<Income> {
    return plain((await prismaOf(tx).income.update({ where: { id }, data: { end: startOfDay(end) } })) as unknown as Income);
  },
};
