import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const CLIENT = join(import.meta.dirname, '..');
const run = promisify(execFile);
/** What a browser must be able to have. */
const PACKAGES = ['graphql', '@graphql-typed-document-node/core'];

/** Everything that a file imports, and what the imported files do, by specifier. */
async function importsOf(path: string, found = new Map<string, Set<string>>()): Promise<Map<string, Set<string>>> {
  if (found.has(path)) return found;
  const specifiers = new Set([...(await readFile(path, 'utf8')).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier!));
  found.set(path, specifiers);
  for (const specifier of specifiers) if (specifier.startsWith('.')) await importsOf(join(dirname(path), specifier), found);
  return found;
}

describe('the package', () => {
  it('imports nothing of Node and nothing of ours', async () => {
    const files = await importsOf(join(CLIENT, 'src/client.ts'));
    expect(files.size).toBeGreaterThan(10);
    const foreign = [...files.values()].flatMap((specifiers) => [...specifiers].filter((specifier) => !specifier.startsWith('.')));
    expect(foreign.filter((specifier) => !PACKAGES.includes(specifier))).toEqual([]);
    for (const path of files.keys()) expect(path.startsWith(CLIENT)).toBe(true);
  });

  it('is JavaScript and declarations after its build, which run and check by themselves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'client-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const modules = join(CLIENT, '../node_modules');
    await run(join(modules, '.bin/tsc'), ['-p', CLIENT, '--outDir', join(folder, 'dist')]);
    await symlink(modules, join(folder, 'node_modules'));
    const built = await readdir(join(folder, 'dist'), { recursive: true });
    expect(built).toEqual(expect.arrayContaining(['client.js', 'client.d.ts', 'transport/socket.js']));
    expect(built.filter((name) => /test|fixture/.test(name))).toEqual([]);
    const files = await importsOf(join(folder, 'dist/client.js'));
    expect([...files.values()].flatMap((specifiers) => [...specifiers]).filter((specifier) => specifier.endsWith('.ts'))).toEqual([]);
    const program = `import { createClient, watch, HubgraphError } from '${join(folder, 'dist/client.js')}'; const client = createClient({ url: 'http://127.0.0.1:1/graphql', requests: { attempts: 1 } });
      await client.query('{ a }').catch((error) => console.log(error instanceof HubgraphError, error.code, typeof watch)); client.close();`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    expect(stdout.trim()).toBe('true UNREACHABLE function');
  });
});
