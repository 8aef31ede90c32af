import type { Condition, List, Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf, pagesOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { Goal, GoalStatus } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow a list of goals. */
export interface GoalFilter {
  readonly statuses?: readonly GoalStatus[] | null;
  readonly domains?: readonly string[] | null;
  readonly text?: string | null;
}

/** Orders of a list of goals. */
export const GOAL_ORDERS = {
  CREATED: [{ column: 'createdAt', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }],
  UPDATED_DESC: [{ column: 'updatedAt', cast: 'timestamptz', descending: true }, { column: 'id', cast: 'uuid', descending: true }],
} as const;
export type GoalOrder = keyof typeof GOAL_ORDERS;

function list(filter: GoalFilter, order: GoalOrder): List {
  const where: Condition[] = [];
  if (filter.statuses != null) where.push({ sql: `t."status" = ANY(?::text[])`, params: [filter.statuses] });
  if (filter.domains != null) where.push({ sql: `t."domainId" IN (SELECT "id" FROM "Domain" WHERE "slug" = ANY(?::text[]))`, params: [filter.domains] });
  if (filter.text != null) where.push({ sql: `strpos(lower(t."title" || ' ' || coalesce(t."description", '')), lower(?::text)) > 0`, params: [filter.text] });
  return { table: 'Goal', where, order: GOAL_ORDERS[order] };
}

export const goals = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<Goal>(sql, 'Goal', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<Goal>(tx, 'Goal', 'id', 'uuid', id),

  page: (sql: Sql, filter: GoalFilter, order: GoalOrder, args: PageArgs): Promise<Page<Goal>> => pageOf(sql, list(filter, order), args),
  pagesOf: (sql: Sql, domainIds: readonly string[], filter: GoalFilter, order: GoalOrder, args: PageArgs): Promise<Map<string, Page<Goal>>> => pagesOf(sql, list(filter, order), 'domainId', domainIds, args),

  /** Inserts a new one as it is. */
  async insert(tx: Tx, goal: Goal): Promise<Goal> {
    return (await prismaOf(tx).goal.create({ data: { ...goal } })) as Goal;
  },

  /** Writes what changed and raises the version; the row must be locked. */
  async save(tx: Tx, before: Goal, changes: Partial<Omit<Goal, 'id' | 'version' | 'createdAt'>>, now: Date): Promise<Goal> {
    return (await prismaOf(tx).goal.update({ where: { id: before.id }, data: { ...changes, updatedAt: now, version: before.version + 1 } })) as Goal;
  },
};
