import type { Sql } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { Gate } from '../model.ts';

export const gates = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Gate>(sql, 'Gate', 'id', 'uuid', ids),
};
