import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Sql, Transactor, Tx } from '@hubgraph/kit/sql';

const ROOT = join(import.meta.dirname, '../..');

/** A database of its own for one test file, test or benchmark. */
export interface FreshDatabase extends AsyncDisposable {
  /** Superuser URL of the database. Without a search_path: whoever connects sets it to `schema`, as hubs do. */
  readonly url: string;
  readonly name: string;
  /** The hub's schema. */
  readonly schema: string;
  /** Statements in the hub's schema, by a small pool. */
  readonly sql: Sql;
  readonly transactor: Transactor;
  /** Closes the pool, ends foreign sessions, removes the database. Safe to call twice. */
  drop(): Promise<void>;
}

/** Makes a database with a hub's schema; see `freshDatabase`. For what runs outside of vitest. */
export async function makeDatabase(server: string, hub: string, connections = 10): Promise<FreshDatabase> {
  const name = `t_${hub}_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `CREATE DATABASE "${name}"`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const pool = new pg.Pool({ connectionString: url, max: connections, options: `-c search_path="${hub}"` });
  // a dropped database ends idle sessions; pg reports that here and would otherwise end the process
  pool.on('error', () => undefined);
  await pool.query(`CREATE SCHEMA "${hub}"`);
  for (const text of await migrationsOf(hub)) await pool.query(text);
  let dropped: Promise<void> | undefined;
  const drop = () => (dropped ??= pool.end().then(() => asAdmin(server, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)));
  return { url, name, schema: hub, sql: sqlOf(pool), transactor: transactorOf(pool), drop, [Symbol.asyncDispose]: drop };
}

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

/** Runs one statement as superuser on the server's maintenance database. */
export async function asAdmin(server: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function migrationsOf(hub: string): Promise<string[]> {
  const folder = join(ROOT, 'prisma', hub, 'migrations');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  const files = names.length > 0 ? names.map((name) => join(folder, name, 'migration.sql')) : [join(ROOT, 'kit/src/tables.sql')];
  return Promise.all(files.map((file) => readFile(file, 'utf8')));
}
