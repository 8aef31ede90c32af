import { pageOf, type Condition, type Page, type PageArgs } from '@hubgraph/kit/page';
import type { Sql, Tx } from '@hubgraph/kit/sql';
import { lockBy, rowsBy } from '@hubgraph/kit/store';
import type { PoisonMessage } from '../model.ts';
import { prismaOf } from './client.ts';

/** How clients may narrow the list of messages that were set aside. */
export interface PoisonFilter {
  /** Only those that wait for somebody, or only those that do not. */
  readonly waiting?: boolean | null;
  readonly streams?: readonly string[] | null;
  readonly types?: readonly string[] | null;
}

function conditions({ waiting, streams, types }: PoisonFilter): Condition[] {
  return [
    ...(waiting == null ? [] : [{ sql: `t."outcome" IS ${waiting ? '' : 'NOT '}NULL`, params: [] }]),
    ...(streams == null ? [] : [{ sql: `t."stream" = ANY(?::text[])`, params: [streams] }]),
    ...(types == null ? [] : [{ sql: `t."type" = ANY(?::text[])`, params: [types] }]),
  ];
}

export const poison = {
  byIds: (sql: Sql, ids: readonly string[]) => rowsBy<PoisonMessage>(sql, 'PoisonMessage', 'id', 'uuid', ids),
  lockById: (tx: Tx, id: string) => lockBy<PoisonMessage>(tx, 'PoisonMessage', 'id', 'uuid', id),
  /** Oldest first. */
  page: (sql: Sql, filter: PoisonFilter, args: PageArgs): Promise<Page<PoisonMessage>> => pageOf(sql, { table: 'PoisonMessage', where: conditions(filter), order: [{ column: 'at', cast: 'timestamptz' }, { column: 'id', cast: 'uuid' }] }, args),

  /** Keeps a message; the same place again changes nothing. */
  async insert(tx: Tx, message: PoisonMessage): Promise<void> {
    await prismaOf(tx).poisonMessage.createMany({ data: [{ ...message, raw: new Uint8Array(message.raw) }], skipDuplicates: true });
  },
  /** Writes how it ended, or that it was tried once more. */
  async save(tx: Tx, id: string, changes: Partial<Pick<PoisonMessage, 'reason' | 'attempts' | 'outcome' | 'settledAt' | 'settledBy'>>): Promise<PoisonMessage> {
    return (await prismaOf(tx).poisonMessage.update({ where: { id }, data: changes })) as PoisonMessage;
  },

  /** The oldest message of a subject that waits; whoever comes after it has to wait too. */
  async firstOf(sql: Sql, stream: string, subject: string): Promise<{ readonly id: string; readonly position: bigint } | null> {
    const [row] = await sql.query<{ id: string; position: bigint }>(`SELECT "id", "position" FROM "PoisonMessage" WHERE "stream" = $1 AND "subject" = $2 AND "outcome" IS NULL ORDER BY "position" LIMIT 1`, [stream, subject]);
    return row ?? null;
  },
  /** How many wait, by stream; streams without any are missing. */
  async waiting(sql: Sql): Promise<Map<string, number>> {
    const rows = await sql.query<{ stream: string; count: number }>(`SELECT "stream", count(*)::int AS "count" FROM "PoisonMessage" WHERE "outcome" IS NULL GROUP BY 1`);
    return new Map(rows.map(({ stream, count }) => [stream, count]));
  },
};
