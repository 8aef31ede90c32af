import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrateHub, migrationStatus, resolveMigration } from './apply.ts';
import { createMigration, schemaDrift } from './create.ts';
import { readMigrations, KIT_MIGRATION } from './folder.ts';
import { pending } from './state.ts';

const SCHEMA = `
datasource db {
  provider = "postgresql"
}
model Widget {
  id   String @id @db.Uuid
  name String @unique
}
`;

const databases: string[] = [];
let folder: string;
let root: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hubgraph-migrate-'));
});

afterAll(async () => {
  for (const name of databases) await run(inject('postgresUrl'), `DROP DATABASE ${name} WITH (FORCE)`);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  root = mkdtempSync(join(folder, 'tree-'));
  mkdirSync(join(root, 'prisma', 'widgets'), { recursive: true });
  mkdirSync(join(root, 'kit', 'src'), { recursive: true });
  writeFileSync(join(root, 'prisma', 'widgets', 'schema.prisma'), SCHEMA);
  writeFileSync(join(root, 'kit', 'src', 'tables.sql'), 'CREATE TABLE "outbox" ("id" bigint PRIMARY KEY);\n');
});

const now = new Date('2026-01-02T03:04:05Z');

/** An empty database, unlike the harness' own, which is migrated. */
async function freshDatabase(): Promise<string> {
  const name = `migrate_${randomBytes(6).toString('hex')}`;
  await run(inject('postgresUrl'), `CREATE DATABASE ${name}`);
  databases.push(name);
  return urlOf(name);
}

function urlOf(database: string, role?: { user: string; password: string }): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  if (role) [url.username, url.password] = [role.user, role.password];
  return url.href;
}

async function run(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

function breakMigration(name: string): void {
  const path = join(root, 'prisma', 'widgets', 'migrations', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'migration.sql'), 'CREATE TABLE "half" ("id" int);\nSELECT 1/0;\n');
}

describe('createMigration', () => {
  it('writes the kit tables, then what changed, then nothing', async () => {
    expect(await createMigration('widgets', 'init', { now, root })).toBe('20260102030405_init');
    expect(readMigrations('widgets', root).map((migration) => migration.name)).toEqual([KIT_MIGRATION, '20260102030405_init']);
    expect(readMigrations('widgets', root)[1]?.sql).toContain('CREATE TABLE "Widget"');
    expect(readMigrations('widgets', root)[1]?.sql).not.toContain('CREATE SCHEMA');
    expect(await createMigration('widgets', 'again', { now, root })).toBeUndefined();

    writeFileSync(join(root, 'prisma', 'widgets', 'schema.prisma'), SCHEMA.replace('name String', 'colour String?\n  name String'));
    expect(await schemaDrift('widgets', root)).toContain('ADD COLUMN     "colour" TEXT');
    expect(await createMigration('widgets', 'colour', { now: new Date('2026-01-03T00:00:00Z'), root })).toBe('20260103000000_colour');
    expect(await schemaDrift('widgets', root)).toBe('');
  });

  it('refuses a title that is no folder name', async () => {
    await expect(createMigration('widgets', '../evil', { now, root })).rejects.toThrow('is no name for a migration');
  });
});

describe('migrateHub', () => {
  it('makes the tables in the schema of the hub and keeps the record that Prisma keeps', async () => {
    await createMigration('widgets', 'init', { now, root });
    const url = await freshDatabase();
    expect(await migrationStatus({ name: 'widgets', url, root })).toEqual({ applied: [], pending: [KIT_MIGRATION, '20260102030405_init'] });
    expect(await migrateHub({ name: 'widgets', url, root })).toEqual([KIT_MIGRATION, '20260102030405_init']);
    const tables = await run(url, `SELECT tablename FROM pg_tables WHERE schemaname = 'widgets' ORDER BY 1`);
    expect(tables.map((row) => row.tablename)).toEqual(['Widget', '_prisma_migrations', 'outbox']);
    const rows = await run(url, `SELECT migration_name, checksum, finished_at IS NOT NULL AS done, applied_steps_count FROM widgets._prisma_migrations ORDER BY 1`);
    expect(rows).toEqual(readMigrations('widgets', root).map(({ name, checksum }) => ({ migration_name: name, checksum, done: true, applied_steps_count: 1 })));
    expect(await migrateHub({ name: 'widgets', url, root })).toEqual([]);
  });

  it('lets one of two processes apply and the other wait', async () => {
    await createMigration('widgets', 'init', { now, root });
    const url = await freshDatabase();
    const answers = await Promise.all([1, 2, 3].map(() => migrateHub({ name: 'widgets', url, root })));
    expect(answers.map((names) => names.length).sort()).toEqual([0, 0, 2]);
  });

  it('says which migration failed, refuses until it is resolved, then tries again', async () => {
    await createMigration('widgets', 'init', { now, root });
    breakMigration('20260105000000_broken');
    const url = await freshDatabase();
    await expect(migrateHub({ name: 'widgets', url, root })).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('Migration 20260105000000_broken of widgets failed: division by zero.') });
    await expect(migrateHub({ name: 'widgets', url, root })).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('failed half-way') });
    expect(await run(url, `SELECT 1 FROM pg_tables WHERE tablename = 'half'`)).toEqual([]);

    writeFileSync(join(root, 'prisma', 'widgets', 'migrations', '20260105000000_broken', 'migration.sql'), 'CREATE TABLE "half" ("id" int);\n');
    await resolveMigration({ name: 'widgets', url, root }, '20260105000000_broken', 'rolled-back');
    expect(await migrateHub({ name: 'widgets', url, root })).toEqual(['20260105000000_broken']);
  });

  it('takes a half-way migration as applied when a person says so', async () => {
    breakMigration('20260105000000_broken');
    const url = await freshDatabase();
    await expect(migrateHub({ name: 'widgets', url, root })).rejects.toMatchObject({ exitCode: 6 });
    await resolveMigration({ name: 'widgets', url, root }, '20260105000000_broken', 'applied');
    expect(await migrateHub({ name: 'widgets', url, root })).toEqual([]);
    await expect(resolveMigration({ name: 'widgets', url, root }, '20260105000000_broken', 'rolled-back')).rejects.toMatchObject({ exitCode: 1 });
  });

  it('refuses a migration that was changed after it had been applied', async () => {
    await createMigration('widgets', 'init', { now, root });
    const url = await freshDatabase();
    await migrateHub({ name: 'widgets', url, root });
    appendFileSync(join(root, 'prisma', 'widgets', 'migrations', '20260102030405_init', 'migration.sql'), '-- edited\n');
    await expect(migrateHub({ name: 'widgets', url, root })).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('was changed after') });
  });

  it('refuses a database that a newer version has migrated', async () => {
    await createMigration('widgets', 'init', { now, root });
    const url = await freshDatabase();
    await migrateHub({ name: 'widgets', url, root });
    rmSync(join(root, 'prisma', 'widgets', 'migrations', '20260102030405_init'), { recursive: true });
    await expect(migrateHub({ name: 'widgets', url, root })).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('does not know') });
  });

  it('runs a function body, which has semicolons of its own, in one piece', async () => {
    const path = join(root, 'prisma', 'widgets', 'migrations', '20260104000000_function');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'migration.sql'), 'CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$;\nCREATE TABLE "after" ("id" int);\n');
    const url = await freshDatabase();
    await migrateHub({ name: 'widgets', url, root });
    expect(await run(url, 'SELECT widgets.two()')).toEqual([{ two: 2 }]);
  });

  it('says that a database does not answer', async () => {
    await expect(migrateHub({ name: 'widgets', url: 'postgresql://x@127.0.0.1:1/x', root })).rejects.toMatchObject({ exitCode: 7 });
  });

  it('works for a role that owns its schema and may not create others', async () => {
    await createMigration('widgets', 'init', { now, root });
    const url = await freshDatabase();
    const role = databases.at(-1) as string;
    await run(url, `CREATE ROLE ${role} LOGIN PASSWORD 'w'; CREATE SCHEMA widgets AUTHORIZATION ${role}`);
    const own = urlOf(role, { user: role, password: 'w' });
    expect(await migrateHub({ name: 'widgets', url: own, root })).toHaveLength(2);
  });
});

describe('pending', () => {
  const migration = { name: '1_a', sql: '', checksum: 'x' };
  const row = { name: '1_a', checksum: 'x', finished: true, rolledBack: false, logs: null };

  it('counts a rolled back migration as still to be applied', () => {
    expect(pending('h', [migration], [{ ...row, finished: false, rolledBack: true }])).toEqual([migration]);
    expect(pending('h', [migration], [{ ...row, finished: false, rolledBack: true }, row])).toEqual([]);
  });
});
