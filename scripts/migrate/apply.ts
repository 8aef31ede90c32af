import { UsageError } from '@hubgraph/kit/errors';
import pg from 'pg';
import { exitCodes } from '../exit-codes.ts';
import { migrationList, NO_FILTER, openEngine } from './engine.ts';
import { readMigrations, readSchema, type Migration } from './folder.ts';
import { firstLine, pending, type AppliedRow } from './state.ts';

/** One hub's database to be brought up to date. */
export interface MigrateOptions {
  /** The hub; also its PostgreSQL schema, which is made when it is missing and the role may. */
  readonly name: string;
  /** PostgreSQL URL of the hub's role. */
  readonly url: string;
  /** Gets a line for a person when something takes time. */
  readonly log?: (line: string) => void;
  readonly root?: string;
}

/** One key for all hubs, because Prisma's own lock is one per database too and gives up after 10 s. */
const LOCK = 5_842_001;

/**
 * Applies what is pending and returns the names, in order. When nothing is, it costs one query and no engine is loaded.
 * Two processes at once: one applies, the other waits and finds nothing to do.
 *
 * @throws UsageError: 6 with one sentence when a migration failed now or earlier, was changed after it had been applied, or
 * is not known here; 7 when the database does not answer.
 */
export async function migrateHub(options: MigrateOptions): Promise<string[]> {
  const folder = readMigrations(options.name, options.root);
  return withClient(options, async (client) => {
    if (pending(options.name, folder, await appliedRows(client, options.name)).length === 0) return [];
    await lock(client, options);
    const todo = pending(options.name, folder, await appliedRows(client, options.name));
    if (todo.length === 0) return [];
    options.log?.(`Migrating ${options.name}: ${todo.map((migration) => migration.name).join(', ')}`);
    await ensureSchema(client, options.name);
    await apply(options, folder);
    return todo.map((migration) => migration.name);
  });
}

/** What is applied and what is pending, without changing anything. */
export async function migrationStatus(options: MigrateOptions): Promise<{ readonly applied: string[]; readonly pending: string[] }> {
  const folder = readMigrations(options.name, options.root);
  return withClient(options, async (client) => {
    const todo = pending(options.name, folder, await appliedRows(client, options.name)).map((migration) => migration.name);
    return { applied: folder.map((migration) => migration.name).filter((name) => !todo.includes(name)), pending: todo };
  });
}

/**
 * Settles a migration that failed half-way, after a person looked: tried again next time, or taken as applied.
 *
 * @throws UsageError (1) when that migration has not failed here.
 */
export async function resolveMigration(options: MigrateOptions, migration: string, as: 'applied' | 'rolled-back'): Promise<void> {
  const folder = readMigrations(options.name, options.root);
  await withClient(options, async (client) => {
    await lock(client, options);
    const failed = (await appliedRows(client, options.name)).some((row) => row.name === migration && !row.finished && !row.rolledBack);
    if (!failed) throw new UsageError(`${migration} has not failed in the database of ${options.name}: there is nothing to resolve.`, exitCodes.no.code);
    await using open = await openEngine(options.name, readSchema(options.name, options.root), options.url);
    try {
      if (as === 'applied') await open.engine.markMigrationApplied({ migrationName: migration, migrationsList: migrationList(options.name, folder, options.root) });
      else await open.engine.markMigrationRolledBack({ migrationName: migration });
    } catch (error) {
      throw new UsageError(`${migration} cannot be resolved: ${firstLine((error as Error).message)}.`, exitCodes.no.code, { cause: error });
    }
  });
}

async function apply(options: MigrateOptions, folder: readonly Migration[]): Promise<void> {
  await using open = await openEngine(options.name, readSchema(options.name, options.root), options.url);
  try {
    await open.engine.applyMigrations({ migrationsList: migrationList(options.name, folder, options.root), filters: NO_FILTER });
  } catch (error) {
    const message = (error as Error).message;
    const name = /with migration_name="([^"]+)"/.exec(message)?.[1] ?? 'a migration';
    throw new UsageError(
      `Migration ${name} of ${options.name} failed: ${firstLine(message)}. Correct it, then say "npm run hubgraph -- migrate resolve ${name} --hub ${options.name} --rolled-back" and start again.`,
      exitCodes.migrationFailed.code, { cause: error },
    );
  }
}

async function withClient<Result>(options: MigrateOptions, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: options.url, connectionTimeoutMillis: 10_000, application_name: `hubgraph migrate ${options.name}` });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new UsageError(`The database of ${options.name} does not answer: ${(error as Error).message}.`, exitCodes.databaseUnreachable.code, { cause: error });
  }
  try {
    return await work(client);
  } finally {
    // ends the session, and with it the advisory lock
    await client.end();
  }
}

async function appliedRows(client: pg.Client, hub: string): Promise<AppliedRow[]> {
  try {
    const { rows } = await client.query<AppliedRow>(
      `SELECT "migration_name" AS "name", "checksum", "finished_at" IS NOT NULL AS "finished", "rolled_back_at" IS NOT NULL AS "rolledBack", "logs"
       FROM ${pg.escapeIdentifier(hub)}."_prisma_migrations" ORDER BY "started_at"`,
    );
    return rows;
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === '42P01' || code === '3F000') return []; // no such table, no such schema
    throw error;
  }
}

async function lock(client: pg.Client, options: MigrateOptions): Promise<void> {
  const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [LOCK]);
  if (rows[0]?.got) return;
  options.log?.(`Another process is migrating; ${options.name} waits for it`);
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
}

async function ensureSchema(client: pg.Client, hub: string): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [hub]);
  // IF NOT EXISTS alone would still ask for the right to create, which a hub's role need not have
  if (rows.length === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(hub)}`);
}
