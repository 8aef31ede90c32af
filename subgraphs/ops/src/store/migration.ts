import type { Sql } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { MigrationRun } from '../model.ts';

export const migrations = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<MigrationRun>(sql, 'MigrationRun', 'id', 'uuid', ids),
};
