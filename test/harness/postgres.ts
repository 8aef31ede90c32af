import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import type { Sql, Transactor } from '@hubgraph/kit/sql';
import { sqlOf, transactorOf } from './postgres-pool.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A database of its own for one test file or test, in the run's PostgreSQL. */
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

/**
 * Makes a database with the schema of `hub` as its migrations make it (all of `prisma/<hub>/migrations`, in order),
 * or with the kit's tables alone when there is no such hub.
 */
export async function freshDatabase(hub = 'kit', options: { server?: string; connections?: number } = {}): Promise<FreshDatabase> {
  const server = options.server ?? inject('postgresUrl');
  const name = `t_${hub}_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `CREATE DATABASE "${name}"`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const pool = new pg.Pool({ connectionString: url, max: options.connections ?? 10, options: `-c search_path="${hub}"` });
  // a dropped database ends idle sessions; pg reports that here and would otherwise end the process
  pool.on('error', () => undefined);
  await pool.query(`CREATE SCHEMA "${hub}"`);
  for (const text of await migrationsOf(hub)) await pool.query(text);
  let dropped: Promise<void> | undefined;
  const drop = () => (dropped ??= pool.end().then(() => asAdmin(server, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)));
  return { url, name, schema: hub, sql: sqlOf(pool), transactor: transactorOf(pool), drop, [Symbol.asyncDispose]: drop };
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
