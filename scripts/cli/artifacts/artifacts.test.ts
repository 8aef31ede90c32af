import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definition as artifacts } from '@hubgraph/artifacts';
import { definition as governance } from '@hubgraph/governance';
import { UsageError } from '@hubgraph/kit/errors';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { as } from '../../../test/harness/hub.ts';
import { startTestGraph, type TestGraph } from '../../../test/harness/hubs.ts';
import { until } from '../../../test/harness/until.ts';
import { exitCodes } from '../../exit-codes.ts';
import { register } from '../commands/artifacts.ts';

// The commands through a gateway, with the hubs of artifacts and of workstreams.
const FIXTURE = join(import.meta.dirname, '../../../subgraphs/artifacts/src/client/fixtures/guide-board');

let graph: TestGraph;
let door: HubDoor | undefined;
let root: string;
let token: string;
let workstream: string;

async function hubgraph(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const spies = [vi.spyOn(console, 'log').mockImplementation((text: string) => void (said.out += `${text}\n`)), vi.spyOn(console, 'error').mockImplementation((text: string) => void (said.err += `${text}\n`))];
  const { exitCode } = process;
  process.exitCode = undefined;
  try {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    register(program);
    await program.parseAsync(['artifacts', ...args], { from: 'user' });
    return { code: Number(process.exitCode ?? 0), ...said };
  } catch (error) {
    if (error instanceof UsageError) return { ...said, code: error.exitCode, err: `${said.err}${error.message}\n` };
    if (error instanceof CommanderError) return { ...said, code: exitCodes.usage.code, err: `${said.err}${error.message}\n` };
    throw error;
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}
const online = (...args: string[]) => hubgraph(...args, '--endpoint', graph.url, '--token', token);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hubgraph-artifacts-cli-'));
  graph = await startTestGraph([artifacts, governance], { env: { HUBGRAPH_ARTIFACTS_ROOT: join(root, 'storage') }, publicUrl: () => door?.url ?? '' });
  door = await openDoor(graph.hubs.artifacts!.hub, { host: '127.0.0.1', port: 0 });
  token = await graph.token('author');
  const hub = graph.hubs.governance!;
  await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { slug }', as('maintainer'));
  await hub.change('registerRepo', { slug: 'billing-api', domain: 'custodian' }, 'repo { slug }', as('maintainer'));
  const { workstream: made, errors } = await hub.change('proposeWorkstream', { code: 'CUST-WP-0025', domain: 'custodian', repo: 'billing-api', title: 'Release billing' }, 'workstream { code }', as('maintainer'));
  expect(errors).toEqual([]);
  workstream = made.code;
}, 60_000);
afterAll(async () => {
  await door?.close();
  await graph[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

test('a run goes in, its journal entry links it, and what comes out is verified without a hub', async () => {
  const args = ['ingest', 'guide-board', FIXTURE, '--repo', 'billing-api', '--workstream', workstream, '--retention-class', 'release-evidence'];
  const first = await online(...args);
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^Preserved 15 files, 112 kB\.\npackage {2}[\da-f-]{36}\nmanifest blake3:[\da-f]{64}\n$/) });
  expect(first.err).toBe('hashing 15 files, 112 kB\nsending 15 files, 112 kB\n');
  const id = /package {2}(\S+)/.exec(first.out)![1]!;
  const digest = /manifest (\S+)/.exec(first.out)![1]!;
  expect((await online(...args)).out).toContain(`Preserved before: 15 files, 112 kB.\npackage  ${id}\n`);
  const { workstream: kept } = await graph.hubs.governance!.ask('query ($code: String!) { workstream(code: $code) { progress(filter: { eventTypes: ["artifacts.ingested"] }) { nodes { summary details } } } }', { code: workstream });
  expect(kept.progress.nodes).toEqual([{ summary: expect.stringContaining(`artifact package ${id}, manifest ${digest}`), details: { packageId: id, manifestDigest: digest, files: 15, bytes: 112_143 } }]);

  const out = join(root, 'out');
  expect(await online('download', id, out)).toMatchObject({ code: 0, out: expect.stringContaining(`manifest ${digest}`) });
  const manifest = join(root, 'm.cbor');
  expect(await online('manifest', id, '-o', manifest)).toMatchObject({ code: 0, out: `manifest ${digest}\n` });
  expect(JSON.parse((await online('manifest', id, '--json')).out)).toMatchObject({ manifestDigest: digest, schema: 'guide-board.run.v1', metadata: { run_id: 'gb-2026-03-02-0007' } });
  expect(await hubgraph('verify', out)).toMatchObject({ code: 0, out: expect.stringContaining('15 files, 112 kB: all as the manifest says.') });
  expect(await hubgraph('verify', FIXTURE, '--manifest', manifest, '--digest', digest)).toMatchObject({ code: 0 });
  const { artifactPackage } = await graph.hubs.artifacts!.ask('query ($id: ID!) { artifactPackage(id: $id) { downloadUrl retention { class } } }', { id });
  expect(artifactPackage.retention.class).toBe('release-evidence');
  expect(await hubgraph('verify', artifactPackage.downloadUrl, '--manifest', manifest)).toMatchObject({ code: 0, out: expect.stringContaining('all as the manifest says') });

  await writeFile(join(out, 'run.json'), '{}');
  await rm(join(out, 'raw/refunds.ndjson'));
  await symlink('/etc/hostname', join(out, 'link'));
  const differs = await hubgraph('verify', out);
  expect(differs).toMatchObject({ code: 1, out: `link is a symbolic link, which is not followed\nraw/refunds.ndjson is missing\nrun.json has 2 bytes, not 743\nmanifest ${digest}\n3 differences from the manifest of 15 files.\n` });
  expect(JSON.parse((await hubgraph('verify', out, '--json')).out)).toMatchObject({ intact: false, differences: [{ path: 'link' }, { path: 'raw/refunds.ndjson' }, { path: 'run.json' }] });
});

test('a folder goes in with metadata of a file; a dry run tells what would go', async () => {
  const at = join(root, 'folder');
  await mkdir(at);
  await writeFile(join(at, '.a'), 'a');
  const metadata = join(root, 'metadata.yaml');
  await writeFile(metadata, 'why: [a, 1.5]\n');
  const dry = await hubgraph('ingest', at, '--metadata', metadata, '--dry-run');
  expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb       1 B  .a\nmetadata {') });
  const made = JSON.parse((await online('ingest', at, '--metadata', metadata, '--commit', `billing-api=${'a'.repeat(40)}`, '--json')).out);
  expect(made).toMatchObject({ outcome: 'created', fileCount: 1, byteCount: 1, sent: 1 });
  expect(dry.out).toContain(made.manifestDigest);
  const { artifactPackage } = await graph.hubs.artifacts!.ask('query ($id: ID!) { artifactPackage(id: $id) { subject producer metadata sourceCommits { commit } } }', { id: made.packageId });
  expect(artifactPackage).toEqual({ subject: 'folder', producer: 'hubgraph artifacts ingest', metadata: { why: ['a', 1.5] }, sourceCommits: [{ commit: 'a'.repeat(40) }] });
});

test('an ingest that was killed goes on by the same command', async () => {
  const at = join(root, 'killed');
  await mkdir(at);
  await Promise.all(Array.from({ length: 400 }, (_, index) => writeFile(join(at, `f${index}`), `content ${index}`)));
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../hubgraph.ts'), 'artifacts', 'ingest', at, '--endpoint', graph.url, '--token', token], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const complete = async () => (await graph.hubs.artifacts!.ask('{ artifactPackages(filter: { subject: "killed" }) { nodes { id files(filter: { status: COMPLETE }) { totalCount } } } }')).artifactPackages.nodes[0];
  await until('some files', async () => (await complete())?.files.totalCount >= 20, { deadline: 30_000, every: 10 });
  child.kill('SIGKILL');
  expect((await exited)[1]).toBe('SIGKILL');
  const { id, files } = await complete();
  expect(files.totalCount).toBeLessThan(400);
  const again = JSON.parse((await online('ingest', at, '--json')).out);
  expect(again).toMatchObject({ packageId: id, outcome: 'resumed', fileCount: 400 });
  expect(again.sent).toBeLessThanOrEqual(400 - files.totalCount);
}, 60_000);

test('a run that lacks a declared file ends with 1 and the list, and leaves nothing behind', async () => {
  const run = join(root, 'run');
  await cp(FIXTURE, run, { recursive: true });
  await rm(join(run, 'raw/refunds.ndjson'));
  await writeFile(join(run, 'scorecards/operability.csv'), 'x');
  const count = async () => (await graph.hubs.artifacts!.ask('{ artifactPackages { totalCount } }')).artifactPackages.totalCount;
  const before = await count();
  expect(await online('ingest', 'guide-board', run)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('raw/refunds.ndjson is declared, but missing.\nscorecards/operability.csv has 1 bytes; 80 are declared.\n') });
  expect(await count()).toBe(before);
});

test('an unknown workstream is told before anything is created', async () => {
  expect(await online('ingest', join(root, 'folder'), '--workstream', 'CUST-WP-9999')).toMatchObject({ code: 1, err: expect.stringContaining('CUST-WP-9999') });
});

test.for<[string, readonly string[], RegExp]>([
  ['no folder', ['ingest'], /missing required argument/i], ['an unknown class', ['ingest', '.', '--retention-class', 'x'], /Allowed choices/], ['a short commit', ['ingest', '.', '--commit', 'a=b'], /repo=sha/], ['no metadata file', ['ingest', '.', '--metadata', '/nowhere.json'], /cannot be read \(ENOENT\)/],
  ['metadata of a run', ['ingest', 'guide-board', FIXTURE, '--schema', 'x.v1'], /are in its files/], ['nothing to verify', ['verify', '/nowhere'], /no folder/], ['a URL alone', ['verify', 'http://127.0.0.1:9/'], /give --manifest/], ['another protocol', ['verify', 'ftp://h/'], /no URL of http/],
  ['a folder without manifest', ['verify', FIXTURE], /cannot be read \(ENOENT\)/], ['an odd digest', ['verify', FIXTURE, '--digest', 'sha256:1'], /A digest is blake3/], ['nowhere to write', ['manifest', 'x'], /Give --out/],
])('%s is a wrong argument', async ([, args, reason]) => {
  expect(await hubgraph(...args)).toMatchObject({ code: 2, err: expect.stringMatching(reason) });
});

test('a manifest that is none is refused with 1', async () => {
  const manifest = join(root, 'none.cbor');
  await writeFile(manifest, 'hello');
  expect(await hubgraph('verify', FIXTURE, '--manifest', manifest)).toMatchObject({ code: 1, err: expect.stringContaining('not the CBOR of a manifest') });
  expect(await readFile(manifest, 'utf8')).toBe('hello');
});
