import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definition } from '@hubgraph/artifacts';
import { openDoor } from '@hubgraph/kit/hub-door';
import { UsageError } from '@hubgraph/kit/errors';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { announce, makePackage, upload } from '../../../test/harness/artifacts.ts';
import { startTestGraph, type TestGraph } from '../../../test/harness/hubs.ts';
import { addScrubCommand } from './scrub.ts';

// The command through a gateway, on a hub whose files are damaged from below.
const NOWHERE = 'http://127.0.0.1:1';
let graph: TestGraph;
let root: string;
let packageId: string;
let keys: Readonly<Record<string, string>>;

async function scrub(role: 'operator' | 'viewer', ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const spies = [vi.spyOn(console, 'log').mockImplementation((text: string) => void (said.out += text)), vi.spyOn(console, 'error').mockImplementation((text: string) => void (said.err += text))];
  const { exitCode } = process;
  try {
    const program = new Command();
    addScrubCommand(program);
    await program.parseAsync(['scrub', '--endpoint', graph.url, '--token', await graph.token(role), ...args], { from: 'user' });
    return { code: Number(process.exitCode ?? 0), ...said };
  } catch (error) {
    if (error instanceof UsageError) return { code: error.exitCode, out: said.out, err: error.message };
    throw error;
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hubgraph-scrub-'));
  graph = await startTestGraph([definition], { env: { HUBGRAPH_ARTIFACTS_ROOT: root, HUBGRAPH_ARTIFACTS_PUBLIC_URL: NOWHERE } });
  const hub = graph.hubs.artifacts!;
  const door = await openDoor(hub.hub, { host: '127.0.0.1', port: 0 });
  const contents = { 'reports/a.txt': 'the first', 'reports/b.txt': 'the second' };
  packageId = await makePackage(hub);
  for (const { file, url } of await announce(hub, packageId, contents)) await upload(url.replace(NOWHERE, door.url), contents[file.path as keyof typeof contents]);
  await door.close();
  const rows = await hub.database.sql.query<{ path: string; key: string }>(`SELECT f."path", l."key" FROM "ArtifactFile" f JOIN "StorageLocation" l ON l."blake3" = f."blake3"`);
  keys = Object.fromEntries(rows.map(({ path, key }) => [path, key]));
});
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

test('says that nothing is damaged, and who may not ask', async () => {
  expect(await scrub('operator', '--wait')).toEqual({ code: 0, out: 'local: 2 read, 0 lost, 0 changed, 0 repaired; nothing is damaged.', err: '' });
  expect(await scrub('viewer')).toMatchObject({ code: 12, err: expect.stringContaining('retention:manage') as string });
  expect(await scrub('operator', '--backend', 's3')).toMatchObject({ code: 1, err: 'There is no storage s3; there is local.' });
});

test('names what is damaged, with the files and packages that need it, and exits with 1', async () => {
  await rm(join(root, keys['reports/a.txt']!));
  await using file = await open(join(root, keys['reports/b.txt']!), 'r+');
  await file.write('X', 3);
  // neither is due for a month, unless everything is
  expect(await scrub('operator', '--wait')).toMatchObject({ code: 0, out: expect.stringContaining('local: 0 read') as string });
  const found = await scrub('operator', '--all', '--wait');
  expect(found).toMatchObject({ code: 1, err: '' });
  expect(found.out).toContain('local: 2 read, 1 lost, 1 changed, 0 repaired; 2 damaged.');
  expect(found.out).toMatch(new RegExp(`LOST .*not found .*reports/a.txt of ${packageId}`));
  const { scrubRun, damaged } = JSON.parse((await scrub('operator', '--backend', 'local', '--wait', '--json')).out);
  expect(scrubRun).toMatchObject({ status: 'FINISHED', due: 2, checked: 2, lost: 1, changed: 1, repaired: 0, error: null });
  expect(damaged.totalCount).toBe(2);
});

test('begins in the background, and shows in the graph', async () => {
  const { out } = await scrub('operator', '--json');
  const { scrubRun } = JSON.parse(out);
  const hub = graph.hubs.artifacts!;
  await expect.poll(async () => (await hub.ask('query ($id: ID!) { scrubRun(id: $id) { status backend all startedBy checked bytes finishedAt } }', { id: scrubRun.id })).scrubRun).toMatchObject({ status: 'FINISHED', backend: 'local', all: false, startedBy: 'operator', checked: 2 });
  const { scrubRuns, storageLocations } = await hub.ask('{ scrubRuns(backend: "local", first: 1) { totalCount nodes { id } } storageLocations(filter: { statuses: [LOST] }) { nodes { status note size sha256 damagedAt files { nodes { path package { id status } } } } } }');
  expect(scrubRuns).toEqual({ totalCount: 5, nodes: [{ id: scrubRun.id }] });
  expect(storageLocations.nodes).toMatchObject([{ status: 'LOST', note: 'not found', size: 9, files: { nodes: [{ path: 'reports/a.txt', package: { id: packageId, status: 'UPLOADING' } }] } }]);
});
