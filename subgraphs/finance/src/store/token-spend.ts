import type { Sql } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { TokenSpend } from '../model.ts';
import { plainRow } from './plain.ts';

const plain = (row: TokenSpend) => plainRow<TokenSpend>(row, ['cost'], []);

export const tokenSpends = {
  async byIds(sql: Sql, ids: readonly string[]): Promise<Map<string, TokenSpend>> {
    const rows = await rowsBy<TokenSpend>(sql, 'TokenSpend', 'id', 'uuid', ids);
    return new Map([...rows].map(([id, row]) => [id, plain(row)]));
  },
};
