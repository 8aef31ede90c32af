// Connections of their own for imports: Prisma has no door to COPY, which is the quickest way in for many rows.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Transactor, Tx } from '@hubgraph/kit/sql';
import { sqlOf, type StatementObserver } from '@hubgraph/kit/store';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { fieldsOf } from '../import/line.ts';
import { manifest } from '../manifest.ts';

/** A transaction that can take rows in by COPY. */
interface BulkTx extends Tx {
  copy(into: string, chunks: readonly Uint8Array[]): Promise<void>;
}

/** A {@link Transactor} for imports. */
export interface Bulk {
  readonly transactor: Transactor;
  close(): Promise<void>;
}

/** Imports that write at once; others wait for their turn. */
const CONNECTIONS = 4;
const DATE = 1082;

/** Connects at the first transaction. A day is read as its text and not as a midnight of this machine. */
export function openBulk(url: string, observe?: StatementObserver): Bulk {
  const types = { getTypeParser: ((oid: number, format?: 'text') => (oid === DATE ? String : pg.types.getTypeParser(oid, format))) as typeof pg.types.getTypeParser };
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, types, application_name: `hubgraph ${manifest.name} imports`, options: `-c search_path=${manifest.name}` });
  // an idle connection that ends is made anew by who needs it
  pool.on('error', () => undefined);
  return {
    transactor: {
      async transaction(work) {
        const client = await pool.connect().catch((error: unknown) => Promise.reject(outage(error)));
        let ended: Error | undefined;
        const onError = (error: Error) => void (ended = error);
        client.on('error', onError);
        try {
          await client.query('BEGIN');
          const result = await work(txOf(client, observe));
          await client.query('COMMIT');
          return result;
        } catch (error) {
          await client.query('ROLLBACK').catch((broken: Error) => void (ended ??= broken));
          throw outage(error);
        } finally {
          client.off('error', onError);
          client.release(ended);
        }
      },
    },
    close: () => pool.end(),
  };
}

/** A table with the columns of a line, and their types. */
export interface Into {
  readonly table: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
}

/**
 * Writes lines of COPY's text format, each with its line break: by COPY in a transaction for imports, in any other by a
 * statement with them as one parameter.
 */
export async function insertLines(tx: Tx, { table, columns }: Into, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const into = `"${table}" (${columns.map(([name]) => `"${name}"`).join(', ')})`;
  if ('copy' in tx) return (tx as BulkTx).copy(into, chunks);
  const rows = Buffer.concat(chunks).toString().trimEnd().split('\n').map(fieldsOf);
  await tx.query(`INSERT INTO ${into} SELECT ${columns.map(([, type], index) => `(r->>${index})::${type}`).join(', ')} FROM jsonb_array_elements($1::jsonb) AS r`, [JSON.stringify(rows)]);
}

function txOf(client: pg.PoolClient, observe: StatementObserver | undefined): BulkTx {
  const raw = { $queryRawUnsafe: async <Rows>(text: string, ...params: unknown[]) => (await client.query(text, params)).rows as Rows };
  return {
    ...sqlOf(raw, observe),
    inTransaction: true,
    async copy(into, chunks) {
      const statement = `COPY ${into} FROM STDIN`;
      observe?.(statement);
      await pipeline(Readable.from(chunks), client.query(copyFrom(statement)));
    },
  };
}

/** What node says of a connection that is not there, as the kit knows it: the database cannot answer now. */
function outage(error: unknown): unknown {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? new Error('Connection terminated', { cause: error }) : error;
}
