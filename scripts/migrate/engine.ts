import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum, DriverAdapterError, type SqlDriverAdapter, type SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import { LOCK_FILE, prismaFolder, type Migration } from './folder.ts';

/** No table of a hub is left out of what the engine looks at. */
export const NO_FILTER = { externalTables: [], externalEnums: [] };

type Glue = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');
// The DOM's types would bring this and a thousand names that Node does not have.
declare const WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }> };

let loaded: Promise<Glue> | undefined;

/** Instantiates Prisma's schema engine once per process: 40 ms and 20 MB, which is why it is loaded only when needed. */
function loadGlue(): Promise<Glue> {
  return (loaded ??= (async () => {
    const require = createRequire(import.meta.url);
    // Imported by name, because the package's own entry point imports the .wasm file as a module, which Node only does behind a flag.
    const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as Glue;
    const wasm = readFileSync(join(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'), '..', 'schema_engine_bg.wasm'));
    const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
    glue.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();
    return glue;
  })());
}

/** The engine and the end of its connections. */
export interface OpenEngine extends AsyncDisposable {
  readonly engine: SchemaEngine;
}

/** Prisma's schema engine, connected to one hub's schema in the database at `url`. */
export async function openEngine(hub: string, schema: string, url: string): Promise<OpenEngine> {
  const { PrismaPg } = await import('@prisma/adapter-pg');
  // The adapter's own `schema` option names the schema but does not select it: unqualified tables would land in public.
  // One connection, because the engine's advisory lock belongs to a session.
  const factory = new PrismaPg({ connectionString: url, options: `-c search_path="${hub}"`, max: 1 }, { schema: hub });
  return open(schema, {
    provider: factory.provider, adapterName: factory.adapterName,
    connectToShadowDb: () => factory.connectToShadowDb(),
    async connect() {
      const connection = await factory.connect();
      return runScriptsWhole(connection, connection.underlyingDriver());
    },
  });
}

/**
 * The adapter cuts a script at every semicolon and runs the pieces one by one: a function body would be torn apart, and a
 * migration that fails would stay half done. Sent whole, PostgreSQL runs it as one transaction.
 */
function runScriptsWhole<Connection extends SqlDriverAdapter>(connection: Connection, driver: { query(sql: string): Promise<unknown> }): Connection {
  connection.executeScript = async (script) => {
    try {
      await driver.query(script);
    } catch (error) {
      const { code = 'XX000', severity = 'ERROR', message, detail, column, hint } = error as Error & { code?: string; severity?: string; detail?: string; column?: string; hint?: string };
      throw new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint });
    }
  };
  return connection;
}

/** The engine without a database; it can only compare schemas. */
function openOffline(schema: string): Promise<OpenEngine> {
  const unreachable = () => Promise.reject(new Error('there is no database here'));
  const connect = (): Promise<SqlDriverAdapter> => Promise.resolve({
    provider: 'postgres', adapterName: '@prisma/adapter-pg', executeRaw: unreachable, executeScript: unreachable, startTransaction: unreachable,
    dispose: () => Promise.resolve(),
    // the engine asks every database for its version before anything else
    queryRaw: () => Promise.resolve({ columnNames: ['exists', 'version', 'numeric_version'], columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32], rows: [[true, 'PostgreSQL 18.0', 180_000]] }),
  });
  return open(schema, { provider: 'postgres', adapterName: '@prisma/adapter-pg', connect, connectToShadowDb: connect });
}

async function open(schema: string, factory: SqlMigrationAwareDriverAdapterFactory): Promise<OpenEngine> {
  const connections: SqlDriverAdapter[] = [];
  // the engine never closes what it opened, and its advisory lock would outlive it
  const counted: SqlMigrationAwareDriverAdapterFactory = {
    provider: factory.provider, adapterName: factory.adapterName,
    connectToShadowDb: () => factory.connectToShadowDb(),
    async connect() {
      const connection = await factory.connect();
      connections.push(connection);
      return connection;
    },
  };
  const close = () => Promise.all(connections.map((connection) => connection.dispose()));
  try {
    const { SchemaEngine: Engine } = await loadGlue();
    const engine = await Engine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, bindMigrationAwareSqlAdapterFactory(counted));
    return {
      engine,
      async [Symbol.asyncDispose]() {
        engine.free();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A hub's migrations as the engine takes them. */
export function migrationList(hub: string, migrations: readonly Migration[], root?: string): MigrationList {
  return {
    baseDir: join(prismaFolder(hub, root), 'migrations'),
    lockfile: { path: 'migration_lock.toml', content: LOCK_FILE },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({ path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } } })),
  };
}

/** The SQL that leads from one Prisma schema to another; empty when they mean the same. Needs no database. */
export async function difference(from: string | undefined, to: string): Promise<string> {
  await using open = await openOffline(to);
  const datamodel = (content: string) => ({ tag: 'schemaDatamodel' as const, files: [{ path: 'schema.prisma', content }] });
  const { stdout } = await open.engine.diff({ from: from === undefined ? { tag: 'empty' } : datamodel(from), to: datamodel(to), script: true, exitCode: true, filters: NO_FILTER });
  // whoever applies a migration has made the schema and selected it
  const sql = (stdout ?? '').trim().replace(/^-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "[^"]*";\s*/, '');
  return sql === '' || sql === '-- This is an empty migration.' ? '' : `${sql}\n`;
}
