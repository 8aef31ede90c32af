import type pg from 'pg';
import type { Sql, Transactor, Tx } from '@hubgraph/kit/sql';

/** The kit's door over a pg pool or client. */
export function sqlOf(client: Pick<pg.Pool, 'query'>): Sql {
  return { query: async <Row>(text: string, params?: readonly unknown[]) => (await client.query(text, params as unknown[])).rows as Row[] };
}

/** Transactions over a pg pool. */
export function transactorOf(pool: pg.Pool): Transactor {
  return {
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const tx: Tx = { ...sqlOf(client), inTransaction: true };
        const result = await work(tx);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      } finally {
        client.release();
      }
    },
  };
}
