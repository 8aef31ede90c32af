import { newId } from '@hubgraph/kit/ids';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { rowsBy } from '@hubgraph/kit/store';
import type { RetentionClass, RetentionEvent } from '../model.ts';
import { prismaOf } from './client.ts';

export const retention = {
  /** All classes, the shortest first; the one without an end last. */
  classes: (sql: Sql): Promise<RetentionClass[]> => sql.query(`SELECT * FROM "RetentionClass" ORDER BY "days" NULLS LAST, "slug"`),
  classesBySlug: (sql: Sql, slugs: readonly string[]): Promise<Map<string, RetentionClass>> => rowsBy<RetentionClass>(sql, 'RetentionClass', 'slug', 'text', slugs),

  /** Every event of many packages in one statement, oldest first; packages without any are missing. */
  async eventsOf(sql: Sql, packageIds: readonly string[]): Promise<Map<string, RetentionEvent[]>> {
    const rows = await sql.query<RetentionEvent>(`SELECT * FROM "RetentionEvent" WHERE "packageId" = ANY($1::uuid[]) ORDER BY "at", "id"`, [packageIds]);
    return Map.groupBy(rows, (row) => row.packageId);
  },

  /** Adds an event. */
  async insert(tx: Tx, event: Omit<RetentionEvent, 'id'>): Promise<RetentionEvent> {
    const row = { ...event, id: newId() };
    await prismaOf(tx).retentionEvent.create({ data: row });
    return row;
  },
};
