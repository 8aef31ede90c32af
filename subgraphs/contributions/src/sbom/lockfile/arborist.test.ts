import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parseLockfiles } from './parse.ts';

/*
 * npm's own reader, as a second opinion on package-lock.json. It reads a folder; what it says of a file of version 1
 * differs, since it adds what only a registry knows.
 */
interface Node {
  readonly location: string;
  readonly packageName: string;
  readonly version: string;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly isLink: boolean;
  readonly target: Node;
  readonly edgesOut: ReadonlyMap<string, { readonly to: Node | null }>;
}
interface Tree {
  readonly inventory: ReadonlyMap<string, Node>;
}
// it comes without types
const { default: Arborist } = await import('@npmcli/arborist' as string) as { default: new (options: { path: string; offline: boolean }) => { loadVirtual(): Promise<Tree> } };

const real = new URL('../../../../../../shared/data/lockfiles/', import.meta.url);
const fixtures = new URL('fixtures/', import.meta.url);

const cases: readonly (readonly [title: string, lock: URL])[] = [
  ['the fixture of version 3', new URL('npm-v3/package-lock.json', fixtures)],
  ['the fixture of version 2', new URL('npm-v2/package-lock.json', fixtures)],
  ...['pypi__warehouse__package-lock.json', 'kysely-org__kysely__example--package-lock.json', 'npm__cli__package-lock.json'].map((file) => [file, new URL(file, real)] as const),
];

let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a second reader agrees', () => {
  it.each(cases.filter(([, lock]) => existsSync(lock)))('%s', async (_title, lock) => {
    folder = mkdtempSync(join(tmpdir(), 'hubgraph-lock-'));
    const bytes = readFileSync(lock);
    const { packages } = JSON.parse(bytes.toString()) as { packages: Record<string, { name?: string; link?: boolean }> };
    for (const [path, entry] of Object.entries(packages)) {
      if (path.includes('node_modules/') || entry.link) continue;
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, 'package.json'), JSON.stringify({ name: path === '' ? 'root' : path.split('/').at(-1), ...entry }));
    }
    cpSync(fileURLToPath(lock), join(folder, 'package-lock.json'));
    const tree = await new Arborist({ path: folder, offline: true }).loadVirtual();
    const theirs = [...tree.inventory.values()]
      .filter((node) => !node.isLink && node.location.includes('node_modules/'))
      .map((node) => [node.location, node.packageName, node.version, node.dev ? 'DEV' : node.devOptional && !node.optional ? null : 'PROD'])
      .toSorted();
    const parsed = parseLockfiles([{ name: 'package-lock.json', bytes }]);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const ours = parsed.packages.filter(({ thirdParty }) => thirdParty).map(({ path, name, version, scope }) => [path, name, version, scope]).toSorted();
    expect(ours).toEqual(theirs);

    // npm adds an edge from the root to each of its workspaces, which is no dependency
    const installed = (locations: readonly string[]) => [...new Set(locations)].filter((one) => one.includes('node_modules/')).toSorted();
    const edges = new Map(Array.from(tree.inventory.values(), (node) => [node.location, installed(Array.from(node.edgesOut.values(), ({ to }) => (to === null ? '' : to.isLink ? to.target.location : to.location)))]));
    for (const { path, dependsOn } of parsed.packages) {
      expect([path, installed(dependsOn!.map((key) => key.slice('package-lock.json#'.length)))]).toEqual([path, edges.get(path === '.' ? '' : path!)]);
    }
  });
});
