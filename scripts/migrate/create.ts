import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@hubgraph/kit/errors';
import { difference } from './engine.ts';
import { KIT_MIGRATION, LOCK_FILE, prismaFolder, readSchema, ROOT } from './folder.ts';

/** Where the schema that a hub's migrations lead to is kept; `create` and the checks compare with it, so no database is needed. */
export function migratedSchemaPath(hub: string, root = ROOT): string {
  return join(prismaFolder(hub, root), 'migrations', 'schema.prisma');
}

/**
 * Writes the migration that leads from the last one to the present `schema.prisma`, and the kit's own when it is missing.
 * Returns the new migration's name, or undefined when the schema has not changed. Nothing is applied.
 *
 * @throws UsageError when `title` is no name for a folder.
 */
export async function createMigration(hub: string, title: string, options: { readonly now: Date; readonly root?: string }): Promise<string | undefined> {
  if (!/^[a-z][a-z0-9_]*$/.test(title)) throw new UsageError(`"${title}" is no name for a migration: use lower case, digits and _, such as add_goal_owner.`);
  const root = options.root ?? ROOT;
  copyKitTables(hub, root);
  const sql = await schemaDrift(hub, root);
  if (sql === '') return undefined;
  const name = `${options.now.toISOString().replace(/\D/g, '').slice(0, 14)}_${title}`;
  const folder = join(prismaFolder(hub, root), 'migrations', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'migration.sql'), sql);
  writeFileSync(join(folder, '..', 'migration_lock.toml'), LOCK_FILE);
  copyFileSync(join(prismaFolder(hub, root), 'schema.prisma'), migratedSchemaPath(hub, root));
  return name;
}

/** The SQL that the hub's migrations still lack to lead to its `schema.prisma`; empty when they do. */
export async function schemaDrift(hub: string, root = ROOT): Promise<string> {
  const migrated = migratedSchemaPath(hub, root);
  return difference(existsSync(migrated) ? readFileSync(migrated, 'utf8') : undefined, readSchema(hub, root));
}

/** Copies `kit/src/tables.sql` to be the hub's first migration, unless it is there. */
function copyKitTables(hub: string, root: string): void {
  const target = join(prismaFolder(hub, root), 'migrations', KIT_MIGRATION, 'migration.sql');
  if (existsSync(target)) return;
  mkdirSync(join(target, '..'), { recursive: true });
  copyFileSync(join(root, 'kit', 'src', 'tables.sql'), target);
}
