import type { Page, PageArgs } from '@hubgraph/kit/page';
import { pageOf } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { MetadataSchema } from '../model.ts';
import { prismaOf } from './client.ts';

export const metadataSchemas = {
  byKeys: (sql: Sql, keys: readonly string[]) => rowsBy<MetadataSchema>(sql, 'MetadataSchema', 'key', 'text', keys),
  lockByKey: (tx: Tx, key: string) => lockBy<MetadataSchema>(tx, 'MetadataSchema', 'key', 'text', key),

  /** By name and number; of one name when given. */
  page: (sql: Sql, name: string | null, args: PageArgs): Promise<Page<MetadataSchema>> =>
    pageOf(sql, { table: 'MetadataSchema', where: name === null ? [] : [{ sql: 't."name" = ?::text', params: [name] }], order: [{ column: 'name', cast: 'text' }, { column: 'number', cast: 'int' }] }, args),

  /** Inserts a new one; null when its key is taken, also by a transaction that commits meanwhile. */
  async insert(tx: Tx, row: MetadataSchema): Promise<MetadataSchema | null> {
    const [inserted] = await prismaOf(tx).metadataSchema.createManyAndReturn({ data: [row as never], skipDuplicates: true });
    return (inserted as unknown as MetadataSchema | undefined) ?? null;
  },

  /** Puts another document under a key; the row must be locked and unused. */
  async replace(tx: Tx, before: MetadataSchema, changes: Pick<MetadataSchema, 'schema' | 'description' | 'createdBy' | 'createdAt'>): Promise<MetadataSchema> {
    return (await prismaOf(tx).metadataSchema.update({ where: { key: before.key }, data: changes as never })) as unknown as MetadataSchema;
  },

  /** Dates the first use, from which on it cannot change; later uses change nothing. */
  async used(tx: Tx, key: string, now: Date): Promise<void> {
    await tx.query(`UPDATE "MetadataSchema" SET "usedAt" = $2::timestamptz WHERE "key" = $1 AND "usedAt" IS NULL`, [key, now]);
  },
};
