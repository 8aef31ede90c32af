import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashStream } from '../../subgraphs/artifacts/src/content/digest.ts';
import { announce, makePackage, startArtifactsHub, type ArtifactsHub } from '../harness/artifacts.ts';
import { startChild, type Child } from '../harness/child.ts';
import { as, TEST_KEY } from '../harness/hub.ts';
import { until } from '../harness/until.ts';

let hub: ArtifactsHub;
const author = as('author');
beforeAll(async () => {
  hub = await startArtifactsHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const MB = 1_000_000;
const PATCH = (at: number) => ({ 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', 'upload-offset': String(at) });
const FILE = 'query ($id: ID!) { artifactPackage(id: $id) { status files { nodes { status sha256 blake3 size uploadedBytes downloadUrl locations { key } } } } }';
const packageOf = async (id: string) => (await hub.ask(FILE, { id })).artifactPackage;
const fileOf = async (id: string) => (await packageOf(id)).files.nodes[0];
/** Stored objects; what is staged lies elsewhere. */
const objects = async (root = hub.root) => (await readdir(join(root, 'blake3'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
const originOf = (child: Child) => until('the hub process', () => child.lines[0], { deadline: 30_000 });
const at = (origin: string, url: string) => `${origin}${new URL(url).pathname}`;

async function digestsOf(content: Uint8Array) {
  const { sha256, blake3 } = await hashStream((async function* () { yield content; })());
  return { sha256, blake3 };
}

test('kill -9 in the middle of an upload, again and again: nothing half-written is seen, and it goes on', async () => {
  const block = randomBytes(MB);
  const content = Buffer.concat(Array.from({ length: 100 }, (_, index) => Buffer.concat([Buffer.from(String(index).padStart(8)), block.subarray(8)])));
  const id = await makePackage(hub);
  const [{ url } = { url: '' }] = await announce(hub, id, { 'big.bin': content });
  const start = (ahead: number) => startChild('fault/artifacts-process.ts', { databaseUrl: hub.database.url, root: hub.root, key: TEST_KEY, ahead });

  let ahead = 0;
  // the last time with all bytes there, while they are being made an object or just before
  for (const enough of [2 * MB, 35 * MB, 80 * MB, content.length]) {
    await using child = start(ahead);
    const target = at(await originOf(child), url);
    const from = Number((await fetch(target, { method: 'HEAD' })).headers.get('upload-offset'));
    expect(from).toBe((await fileOf(id)).uploadedBytes);
    const sent = fetch(target, { method: 'PATCH', body: content.subarray(from), headers: PATCH(from) }).then(() => 'answered', () => 'cut');
    await until(`${enough} bytes`, async () => (await fileOf(id)).uploadedBytes >= enough, { every: 1 });
    await child.kill();
    await sent;
    const file = await fileOf(id);
    if (file.status === 'COMPLETE') break;
    expect(file).toMatchObject({ status: 'PENDING', sha256: null, blake3: null, downloadUrl: null, locations: [] });
    if (enough < content.length) expect(await objects()).toBe(0);
    expect((await hub.change('finalizeArtifactPackage', { id }, 'package { id }', author)).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
    ahead += 20_000;
  }
  await using last = start(ahead);
  const target = at(await originOf(last), url);
  const standing = await fetch(target, { method: 'HEAD' });
  expect([standing.status, standing.headers.get('upload-offset')]).toEqual([200, String(content.length)]);
  const digests = await digestsOf(content);
  const file = await fileOf(id);
  expect(file).toMatchObject({ status: 'COMPLETE', ...digests });
  expect(Buffer.from(await (await fetch(file.downloadUrl)).arrayBuffer()).equals(content)).toBe(true);
  expect(await objects()).toBe(1);
  expect(await readdir(join(hub.root, 'staging'))).toEqual([]);
  await last.finish();
}, 120_000);

test('a full disk is said so, and what arrived goes on when there is space again', async () => {
  const root = await mkdtemp(join(tmpdir(), 'small-disk-'));
  // a small file system that only the hub process sees, and its end takes away
  const mounted = ['unshare', '--map-root-user', '--mount', 'sh', '-c', `mount -t tmpfs -o size=20m tmpfs ${root} && head -c 12000000 /dev/zero > ${root}/filler && exec "$@"`, 'sh'];
  const child = startChild('fault/artifacts-process.ts', { databaseUrl: hub.database.url, root, key: TEST_KEY, ahead: 0 }, mounted);
  try {
    const origin = await originOf(child);
    const content = randomBytes(15 * MB);
    const id = await makePackage(hub);
    const [big, small] = await announce(hub, id, { 'a-big.bin': content, 'b-small.txt': 'small' });
    const refused = await fetch(at(origin, big!.url), { method: 'PATCH', body: content, headers: PATCH(0) });
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([507, '60', { code: 'DISK_FULL', message: expect.stringContaining('The storage is full.') }]);
    const again = await fetch(at(origin, small!.url), { method: 'PUT', body: 'small' });
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([507, 'DISK_FULL']);
    expect(await packageOf(id)).toMatchObject({ status: 'UPLOADING', files: { nodes: [{ status: 'PENDING', downloadUrl: null }, { status: 'PENDING' }] } });

    await rm(`/proc/${child.pid}/root${root}/filler`);
    const target = at(origin, big!.url);
    const from = Number((await fetch(target, { method: 'HEAD' })).headers.get('upload-offset'));
    const taken = await fetch(target, { method: 'PATCH', body: content.subarray(from), headers: PATCH(from) });
    expect([taken.status, taken.headers.get('upload-offset')]).toEqual([204, String(content.length)]);
    expect((await fetch(at(origin, small!.url), { method: 'PUT', body: 'small' })).status).toBe(200);
    expect(await fileOf(id)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf(content)) });
    const { errors } = await hub.change('finalizeArtifactPackage', { id }, 'package { id }', author);
    expect(errors).toEqual([]);
  } finally {
    await child.kill();
    await rm(root, { recursive: true });
  }
}, 60_000);

test('kill -9 among small files: what was answered is there, and the rest comes again', async () => {
  const contents = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`f${String(index).padStart(3, '0')}`, randomBytes(500 + index)]));
  const id = await makePackage(hub);
  const targets = await announce(hub, id, contents);
  const before = await objects();
  const start = (ahead: number) => startChild('fault/artifacts-process.ts', { databaseUrl: hub.database.url, root: hub.root, key: TEST_KEY, ahead });
  const answered = new Set<string>();
  for (const [turn, enough] of [20, 60, targets.length].entries()) {
    await using child = start(turn * 20_000);
    const origin = await originOf(child);
    const rest = targets.filter(({ file }) => !answered.has(file.path)).values();
    const sender = async () => {
      for (const { url, file } of rest) {
        const answer = await fetch(at(origin, url), { method: 'PUT', body: contents[file.path] as BodyInit }).catch(() => null);
        if (answer === null) return; // killed
        expect(answer.status).toBe(200);
        answered.add(file.path);
      }
    };
    const senders = Promise.all(Array.from({ length: 8 }, sender));
    await until(`${enough} answers`, () => answered.size >= enough, { every: 1, deadline: 60_000 });
    await child.kill();
    await senders;
    const rows = await hub.database.sql.query<{ path: string }>(`SELECT "path" FROM "ArtifactFile" WHERE "packageId" = $1::uuid AND "status" = 'COMPLETE'`, [id]);
    const complete = new Set(rows.map(({ path }) => path));
    expect([...answered].filter((path) => !complete.has(path))).toEqual([]);
  }
  expect(await objects()).toBe(before + targets.length);
  expect((await hub.change('finalizeArtifactPackage', { id }, 'package { status }', author)).package.status).toBe('FINALIZED');
  const { files } = await packageOf(id);
  for (const { downloadUrl, sha256 } of files.nodes) expect((await digestsOf(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer()))).sha256).toBe(sha256);
}, 120_000);
