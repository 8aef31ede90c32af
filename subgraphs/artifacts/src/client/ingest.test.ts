import { randomBytes } from 'node:crypto';
import { appendFile, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { as } from '../../../../test/harness/hub.ts';
import { filled, makePackage, startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { ArtifactsError, type Connection } from './connection.ts';
import { downloadPackage, fetchManifest } from './download.ts';
import { hashFile } from './files.ts';
import { ingestGuideBoard } from './guide-board.ts';
import { ingestDirectory, type IngestOptions } from './ingest.ts';
import { verify } from './verify.ts';

const FIXTURE = join(import.meta.dirname, 'fixtures/guide-board');
/** Of the fixture, wherever it is ingested; another one means that every digest ever given out is lost. */
const GOLDEN = 'blake3:b7dbb501562f2f5af2c0d70c89a820fccb12bc4f5f0d385c3fb6119975da47df';

let hub: ArtifactsHub;
let root: string;
beforeAll(async () => {
  hub = await startArtifactsHub();
  root = await mkdtemp(join(tmpdir(), 'hubgraph-ingest-'));
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** A connection to one hub without a gateway; `journal` stands for the hub of workstreams. */
function connect(to: ArtifactsHub = hub, { journal = [] as object[], spy = (_query: string, _variables: object) => undefined as void } = {}): Connection {
  return {
    async graphql<Data>(query: string, variables: Readonly<Record<string, unknown>>) {
      spy(query, variables);
      if (query.includes('recordProgress')) {
        const { dryRun, ...input } = variables.input as { dryRun?: boolean };
        if (dryRun !== true) journal.push(input);
        return { answer: { progress: { id: 'p' }, errors: [] } } as Data;
      }
      if (query.includes('IngestInJournal')) return { workstream: { progress: { totalCount: journal.filter((entry) => JSON.stringify(entry).includes(String(variables.text))).length } } } as Data;
      return (await to.ask(query, variables, as('author'))) as Data;
    },
  };
}

const options = { producer: 'tests', subject: 'a folder', retentionClass: 'raw-evidence' } satisfies IngestOptions;

async function folder(contents: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const at = await mkdtemp(join(root, 'in-'));
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(join(at, path, '..'), { recursive: true });
    await writeFile(join(at, path), content);
  }
  return at;
}

const statusOf = async (id: string) => (await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { status fileCount } }', { id })).artifactPackage;

test('a run of guide-board is preserved with its metadata, and the same again does nothing twice', async () => {
  const journal: object[] = [];
  const connection = connect(hub, { journal });
  const first = await ingestGuideBoard(connection, FIXTURE, { workstream: 'CUST-WP-0025', repo: 'billing-api' });
  expect(first).toMatchObject({ outcome: 'created', sent: 15, undeclared: [], journalProblem: null, manifestDigest: GOLDEN });
  const again = await ingestGuideBoard(connection, FIXTURE, { workstream: 'CUST-WP-0025', repo: 'billing-api' });
  expect(again).toMatchObject({ outcome: 'unchanged', sent: 0, packageId: first.packageId, manifestDigest: first.manifestDigest });
  expect(journal).toHaveLength(1);
  expect(journal).toMatchObject([{ subject: { workstream: 'CUST-WP-0025' }, details: { packageId: first.packageId, manifestDigest: first.manifestDigest, files: 15 } }]);
  const { artifactPackage: stored } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { status metadata manifestDigest retention { class } sourceCommits { commit } files(first: 100) { totalCount nodes { path downloadUrl } } } }', { id: first.packageId });
  expect(stored).toMatchObject({ status: 'FINALIZED', manifestDigest: first.manifestDigest, retention: { class: 'summary-evidence' }, metadata: { run_id: 'gb-2026-03-02-0007', finding_counts: { high: 1, medium: 2, low: 1 } }, files: { totalCount: 15 } });
  for (const { path, downloadUrl } of stored.files.nodes) expect(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer()).equals(await readFile(join(FIXTURE, path)))).toBe(true);
});

test('the same run in another database has the same digest; another link is another package', async () => {
  const one = await ingestGuideBoard(connect(), FIXTURE, {});
  const other = await ingestGuideBoard(connect(), FIXTURE, { task: 'CUST-WP-0025-T01' });
  expect(other.packageId).not.toBe(one.packageId);
  await using fresh = await startArtifactsHub();
  const elsewhere = await ingestGuideBoard(connect(fresh), FIXTURE, {});
  expect([other.manifestDigest, elsewhere.manifestDigest]).toEqual([one.manifestDigest, one.manifestDigest]);
  expect((await ingestGuideBoard(connect(), FIXTURE, { dryRun: true })).manifestDigest).toBe(one.manifestDigest);
});

test('a declared file that is missing or differs stops everything, and is named', async () => {
  const run = join(root, 'broken-run');
  await cp(FIXTURE, run, { recursive: true });
  await rm(join(run, 'raw/refunds.ndjson'));
  await truncate(join(run, 'reports/summary.md'), 10);
  const log = join(run, 'raw/worker-failover.log');
  await writeFile(log, (await readFile(log, 'utf8')).replace('INFO', 'WARN'));
  await rm(join(run, 'scorecards/operability.csv'));
  await symlink('/etc/hostname', join(run, 'scorecards/operability.csv'));
  const queries: string[] = [];
  const failed = await ingestGuideBoard(connect(hub, { spy: (query) => void queries.push(query) }), run, {}).catch((error: unknown) => error);
  expect((failed as { problems: string[] }).problems).toEqual([
    'raw/refunds.ndjson is declared, but missing.', 'scorecards/operability.csv is declared, but scorecards/operability.csv is a symbolic link, which is not followed.',
    expect.stringMatching(/^raw\/worker-failover.log has the SHA-256 .* is declared\.$/), expect.stringMatching(/^reports\/summary.md has 10 bytes; \d+ are declared\.$/),
  ]);
  expect(queries).toEqual([]);
});

test.for<[string, (run: string) => Promise<void>, RegExp]>([
  ['no run.json', (run) => rm(join(run, 'run.json')), /There is no run\.json/],
  ['a broken declaration', (run) => writeFile(join(run, 'reports/assessment-package.json'), '{'), /is not JSON/],
  ['a hostile path', (run) => writeFile(join(run, 'reports/assessment-package.json'), '{"files":["../../etc/passwd","run.json"]}'), /etc\/passwd is declared, but missing/],
  ['no files', (run) => writeFile(join(run, 'reports/assessment-package.json'), '{"files":[]}'), /assessment-package\.json: files/],
  ['another run', (run) => writeFile(join(run, 'reports/assessment-package.json'), '{"run_id":"x","files":["run.json"]}'), /of run gb-2026/],
  ['an odd commit', async (run) => writeFile(join(run, 'run.json'), (await readFile(join(run, 'run.json'), 'utf8')).replace(/"billing-api": "\w+"/, '"billing-api": "main"')), /source_commits\/billing-api must match/],
  ['another class', (run) => writeFile(join(run, 'retention-summary.json'), '{"retention_class":"for-ever"}'), /no retention class for-ever/],
])('a run with %s is refused', async ([name, change, reason]) => {
  const run = join(root, `run-${name.replaceAll(' ', '-')}`);
  await cp(FIXTURE, run, { recursive: true });
  await change(run);
  await expect(ingestGuideBoard(connect(), run, {})).rejects.toThrow(reason);
});

test('any folder goes in: hidden, empty and large files, and comes out the same', async () => {
  const at = await folder({ '.hidden/.env': 'A=1', 'a b/ü%.txt': 'x', empty: '', 'large.bin': randomBytes(20 * 1024 * 1024), 'deep/er/and/deeper.json': '{}' });
  const phases = new Set<string>();
  const made = await ingestDirectory(connect(), at, { ...options, metadata: { why: 'a test' }, onProgress: ({ phase, bytes, totalBytes }) => {
    phases.add(phase);
    expect(bytes).toBeLessThanOrEqual(totalBytes);
  } });
  expect(made).toMatchObject({ outcome: 'created', sent: 5, bytes: 20 * 1024 * 1024 + 6 });
  expect([...phases]).toEqual(['hash', 'send']);
  const { bytes, source } = await fetchManifest(connect(), made.packageId!);
  const clean = { manifestDigest: made.manifestDigest, files: 5, differences: [] };
  expect(await verify({ source: at, manifest: bytes })).toMatchObject(clean);
  expect(await verify({ source: source.downloadUrl!, manifest: bytes, expectedDigest: made.manifestDigest })).toMatchObject(clean);
  const out = join(root, 'out');
  expect(await downloadPackage(connect(), made.packageId!, out)).toMatchObject({ files: 5, kept: 0, manifestDigest: made.manifestDigest });
  expect(await verify({ source: out, manifest: await readFile(join(out, '.hubgraph/manifest.cbor')) })).toMatchObject(clean);
  await rm(join(out, 'empty'));
  expect(await downloadPackage(connect(), made.packageId!, out)).toMatchObject({ kept: 4 });
  await appendFile(join(out, 'a b/ü%.txt'), '!');
  await expect(downloadPackage(connect(), made.packageId!, out)).rejects.toThrow('is there with other content');
});

test('an interrupted ingest is taken up where it was', async () => {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, `content ${index}`]));
  const at = await folder({ ...files, 'large.bin': randomBytes(12 * 1024 * 1024) });
  const stop = new AbortController();
  await expect(ingestDirectory(connect(), at, { ...options, subject: 'interrupted', signal: stop.signal, onProgress: ({ phase, files: done }) => phase === 'send' && done >= 10 && stop.abort(new Error('stopped')) })).rejects.toThrow('stopped');
  const again = await ingestDirectory(connect(), at, { ...options, subject: 'interrupted' });
  expect(again.outcome).toBe('resumed');
  expect(again.sent).toBeLessThanOrEqual(21);
  expect(await statusOf(again.packageId!)).toEqual({ status: 'FINALIZED', fileCount: 31 });
});

test('a file that changes meanwhile is refused clearly, and the next try goes on', async () => {
  const at = await folder({ 'a.txt': 'a', 'b.txt': 'b' });
  let changed = false;
  const change = async (query: string) => {
    if (!query.includes('requestUpload') || changed) return;
    changed = true;
    await writeFile(join(at, 'b.txt'), 'c');
  };
  const connection = connect();
  const slow: Connection = { graphql: async (query, variables) => {
    await change(query);
    return connection.graphql(query, variables);
  } };
  await expect(ingestDirectory(slow, at, { ...options, subject: 'changing' })).rejects.toThrow('b.txt changed while it was being read');
  expect(await ingestDirectory(connect(), at, { ...options, subject: 'changing' })).toMatchObject({ outcome: 'created' });
});

test('links, odd names and nothing at all are refused before anything is asked', async () => {
  const queries: string[] = [];
  const connection = connect(hub, { spy: (query) => void queries.push(query) });
  const at = await folder({ 'a.txt': 'a', 'b:c.txt': 'b', 'sub/nul': 'c' });
  await symlink('a.txt', join(at, 'link'));
  await symlink('/etc', join(at, 'sub/etc'));
  await expect(ingestDirectory(connection, at, options)).rejects.toMatchObject({ problems: ['link is a symbolic link.', 'sub/etc is a symbolic link.', expect.stringContaining('"b:c.txt" cannot be in a package'), expect.stringContaining('"sub/nul" cannot be in a package')] });
  await expect(ingestDirectory(connection, await folder({}), options)).rejects.toThrow('There is no file');
  await expect(ingestDirectory(connection, join(root, 'nowhere'), options)).rejects.toThrow('There is no folder');
  await expect(ingestDirectory(connection, await folder({ a: 'a' }), { ...options, metadata: { big: 2 ** 60 } })).rejects.toThrow('write it as a text');
  expect(queries).toEqual([]);
});

test('what the hub refuses is told as it says it', async () => {
  await expect(ingestDirectory(connect(), await folder({ a: 'refused' }), { ...options, retentionClass: 'for-ever' })).rejects.toThrow('retentionClass: A retention class is one of');
});

test('metadata are judged before anything is created', async () => {
  const at = await folder({ a: 'judged' });
  await expect(ingestDirectory(connect(), at, { ...options, metadataSchema: 'guide-board.run.v1', metadata: { run_id: 'x' } })).rejects.toThrow("do not fit guide-board.run.v1: / must have required property 'target_profile_ref'");
  await expect(ingestDirectory(connect(), at, { ...options, metadataSchema: 'nothing.v1' })).rejects.toThrow('There is no metadata schema nothing.v1');
});

test('a verification names everything that is not as the manifest says', async () => {
  const contents = { 'a.txt': 'aaaa', 'b.txt': 'bbbb', 'c/d.txt': 'dddd', 'e.txt': 'eeee' };
  const at = await folder(contents);
  const made = await ingestDirectory(connect(), at, { ...options, subject: 'verified' });
  const { bytes } = await fetchManifest(connect(), made.packageId!);
  await writeFile(join(at, 'a.txt'), 'AAAA');
  await writeFile(join(at, 'b.txt'), 'bbb');
  await rm(join(at, 'c'), { recursive: true });
  await rm(join(at, 'e.txt'));
  await symlink('b.txt', join(at, 'e.txt'));
  await writeFile(join(at, 'z.txt'), '');
  const { differences } = await verify({ source: at, manifest: bytes });
  expect(differences.map(({ path, kind }) => [path, kind])).toEqual([['a.txt', 'sha256'], ['a.txt', 'blake3'], ['b.txt', 'size'], ['c/d.txt', 'missing'], ['e.txt', 'link'], ['e.txt', 'missing'], ['z.txt', 'extra']]);
  await expect(verify({ source: at, manifest: bytes, expectedDigest: `blake3:${'0'.repeat(64)}` })).rejects.toThrow('The manifest has the digest');
  await expect(verify({ source: at, manifest: bytes.subarray(1) })).rejects.toThrow('not the CBOR of a manifest');
  await expect(verify({ source: 'http://127.0.0.1:9/x', manifest: bytes, dispatcher: new Agent() })).rejects.toThrow('does not answer');
});

test('a download goes on behind what was written, and throws wrong bytes away', async () => {
  const content = randomBytes(3_000_000);
  const made = await ingestDirectory(connect(), await folder({ 'big.bin': content, 'copy.bin': content, 'other.bin': 'x' }), { ...options, subject: 'fetched' });
  const partial = `.hubgraph/partial/${made.files[0]!.blake3.slice('blake3:'.length)}`;
  const asked: string[] = [];
  const agent = new Agent();
  const dispatcher = agent.compose((dispatch) => (request, handler) => {
    asked.push(`${request.path.split('/').at(-1)} ${JSON.stringify((request.headers as { range?: string } | undefined)?.range ?? null)}`);
    return dispatch(request, handler);
  });
  const half = await folder({ [partial]: content.subarray(0, 1_000_000) });
  expect(await downloadPackage({ ...connect(), dispatcher }, made.packageId!, half)).toMatchObject({ files: 3, kept: 0 });
  expect(asked.toSorted()).toEqual(['big.bin "bytes=1000000-"', 'copy.bin null', 'manifest.cbor null', 'other.bin null']);
  expect((await readdir(join(half, '.hubgraph'))).toSorted()).toEqual(['manifest.cbor']);
  const wrong = await folder({ [partial]: Buffer.alloc(1_000_000) });
  await expect(downloadPackage(connect(), made.packageId!, wrong)).rejects.toThrow('big.bin came with other bytes than the manifest says');
  expect(await downloadPackage(connect(), made.packageId!, wrong)).toMatchObject({ files: 3 });
  const { bytes } = await fetchManifest(connect(), made.packageId!);
  expect(await verify({ source: wrong, manifest: bytes })).toMatchObject({ differences: [] });
  await agent.close();
});

test('a download writes nothing through links', async () => {
  const id = await filled(hub, { 'sub/a.txt': 'a', 'b.txt': 'b' });
  const { errors } = await hub.change('finalizeArtifactPackage', { id }, 'package { id }', as('author'));
  expect(errors).toEqual([]);
  const outside = await folder({});
  const out = await folder({});
  await symlink(outside, join(out, 'sub'));
  await expect(downloadPackage(connect(), id, out)).rejects.toThrow('sub is a symbolic link, through which nothing is written');
  const other = await folder({});
  await symlink(outside, join(other, '.hubgraph'));
  await expect(downloadPackage(connect(), id, other)).rejects.toThrow('.hubgraph is a symbolic link');
  await expect(downloadPackage(connect(), await makePackage(hub), out)).rejects.toThrow('it has no manifest');
});

test('a file that a disk cannot read is named, and is no mistake of ours', async () => {
  // opens like any other file, and every read of its beginning fails with EIO, as on a broken disk
  const location = '/proc/self/mem';
  const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(location, { bigint: true });
  const file = { path: 'broken.bin', location, size: Number(size), stamp: [dev, ino, size, mtimeNs, ctimeNs].join(':') };
  await expect(hashFile(file)).rejects.toThrow(new ArtifactsError(['broken.bin cannot be read (EIO).']));
});

test('the same ingest twice at once makes one package, and both come to its end', async () => {
  const folder = join(root, 'at-once');
  await mkdir(folder);
  await writeFile(join(folder, 'large.bin'), randomBytes(40_000_000));
  for (let index = 0; index < 20; index++) await writeFile(join(folder, `f${index}`), `${index}`);
  const options = { producer: 'twins', subject: 'at once', retentionClass: 'raw-evidence', sourceCommits: {}, metadata: { n: 1 } };
  const [one, other] = await Promise.all([ingestDirectory(connect(), folder, options), ingestDirectory(connect(), folder, options)]);
  expect(one.packageId).toBe(other.packageId);
  expect(one.packageId).toBe((await ingestDirectory(connect(), folder, options)).packageId);
});

test('an ingest begins anew when its package was given up', async () => {
  const folder = join(root, 'given-up');
  await mkdir(folder);
  await writeFile(join(folder, 'a'), 'a');
  const options = { producer: 'given-up', subject: 'again', retentionClass: 'raw-evidence', metadata: {} };
  const stopped = connect(hub, { spy: (query) => { if (query.includes('requestUpload')) throw new Error('stopped'); } });
  await expect(ingestDirectory(stopped, folder, options)).rejects.toThrow('stopped');
  const { artifactPackages } = await hub.ask('{ artifactPackages(filter: { producer: "given-up" }) { nodes { id } } }');
  const [{ id }] = artifactPackages.nodes;
  expect((await hub.change('deleteArtifactPackage', { id, reason: 'given up' }, 'package { status }', as('author'))).errors).toEqual([]);
  const anew = await ingestDirectory(connect(), folder, options);
  expect([anew.outcome, anew.packageId === id]).toEqual(['created', false]);
});
