import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '@hubgraph/kit/errors';
import { createMigration } from '../migrate/create.ts';
import { fillIn, hubNamesOf, type HubNames } from './names.ts';

const TEMPLATE = join(import.meta.dirname, '../templates/hub');

/** What was asked for. */
export interface NewHub {
  readonly root: string;
  readonly name: string;
  readonly eventHub?: string;
  readonly noun?: string;
  readonly now: Date;
}

/**
 * Writes a complete hub into the tree: code, tests, Prisma schema and migrations, and its entry in the lock file, so that
 * `npm ci` accepts it without a network. Returns its names and the paths written.
 *
 * @throws UsageError when there is such a hub already or a name cannot be one; nothing is written then.
 */
export async function makeHub({ root, name, eventHub, noun, now }: NewHub): Promise<{ readonly names: HubNames; readonly written: string[] }> {
  const manifests = readManifests(root);
  const names = hubNamesOf(name, { eventHub, noun }, manifests.map((text) => Number(/port: (\d+)/.exec(text)?.[1] ?? 0)));
  for (const path of [`subgraphs/${name}`, `prisma/${name}`]) if (existsSync(join(root, path))) throw new UsageError(`${path} is there already.`);
  if (manifests.some((text) => text.includes(`eventHub: '${names.eventHub}'`))) throw new UsageError(`Another hub's events are called org.${names.eventHub} already: say --event-hub.`);

  const written: string[] = [];
  for (const file of filesBelow(TEMPLATE)) {
    const from = relative(TEMPLATE, file);
    const to = from === 'schema.prisma' ? `prisma/${name}/schema.prisma` : `subgraphs/${name}/${fillIn(from, names)}`;
    mkdirSync(dirname(join(root, to)), { recursive: true });
    writeFileSync(join(root, to), fillIn(readFileSync(file, 'utf8'), names));
    written.push(to);
  }
  const migration = await createMigration(name, 'init', { now, root });
  written.push(`prisma/${name}/migrations/${migration}/migration.sql`);
  addToLock(root, name);
  link(root, name);
  return { names, written: written.sort() };
}

function readManifests(root: string): string[] {
  const folder = join(root, 'subgraphs');
  return readdirSync(folder).map((hub) => join(folder, hub, 'src', 'manifest.ts')).filter(existsSync).map((path) => readFileSync(path, 'utf8'));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** A workspace package has two entries in npm's lock file; keys are sorted as npm sorts them. */
function addToLock(root: string, name: string): void {
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, object> };
  lock.packages[`subgraphs/${name}`] = { name: `@hubgraph/${name}`, version: '0.1.0' };
  lock.packages[`node_modules/@hubgraph/${name}`] = { resolved: `subgraphs/${name}`, link: true };
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}

/** What npm would do at the next install. */
function link(root: string, name: string): void {
  const folder = join(root, 'node_modules', '@hubgraph');
  if (existsSync(folder) && !existsSync(join(folder, name))) symlinkSync(join('..', '..', 'subgraphs', name), join(folder, name), 'junction');
}
