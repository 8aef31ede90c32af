import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { announce, filled, finalized, makePackage, secondDoor, startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { until } from '../../../../test/harness/until.ts';
import { blake3Of } from '../content/digest.ts';
import { keyOf } from '../storage/backend.ts';
import { openLocal } from '../storage/local.ts';

let hub: ArtifactsHub;
const clock = heldClock('2026-03-02T10:00:00Z');
beforeAll(async () => {
  hub = await startArtifactsHub({ clock });
});
afterAll(() => hub[Symbol.asyncDispose]());

const DIGITS = '0123456789';
const ETAG = `"${blake3Of(Buffer.from(DIGITS))}"`;
const urlsOf = async (id: string) => (await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { downloadUrl manifestUrl manifestDigest files { nodes { path downloadUrl } } } }', { id })).artifactPackage;
const linkOf = async (contents: Record<string, string | Uint8Array>) => (await urlsOf(await filled(hub, contents))).files.nodes[0].downloadUrl as string;
const get = (url: string, headers: Record<string, string> = {}, method = 'GET') => fetch(url, { headers, method });
const code = async (answer: Response) => `${answer.status} ${((await answer.json()) as { code: string }).code}`;

describe('a file', () => {
  it('comes with headers that let nothing of it run', async () => {
    const url = await linkOf({ 'reports/Übersicht 1.html': '<script>alert(1)</script>' });
    const answer = await get(url, { origin: 'https://elsewhere.example' });
    expect([answer.status, await answer.text()]).toEqual([200, '<script>alert(1)</script>']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html', 'content-length': '25', 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin', 'cache-control': 'private, no-cache', 'access-control-allow-origin': '*',
      'content-disposition': `attachment; filename="Übersicht 1.html"`, etag: `"${blake3Of(Buffer.from('<script>alert(1)</script>'))}"`,
    });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('access-control-expose-headers')).toContain('Content-Range');
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, DIGITS, 'bytes 0-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-3,2-5', 206, '012345', 'bytes 0-5/10'],
    ['bytes=0-1,5-6', 200, DIGITS, null],
    ['bytes=5-2', 416, null, 'bytes */10'],
    ['bytes=10-', 416, null, 'bytes */10'],
    ['bytes=-0', 416, null, 'bytes */10'],
    ['bytes=x', 200, DIGITS, null],
    ['lines=1-2', 200, DIGITS, null],
  ])('answers the range %s with %i', async (range, status, content, part) => {
    const url = await linkOf({ digits: DIGITS });
    const answer = await get(url, { range });
    expect([answer.status, answer.headers.get('content-range'), answer.headers.get('etag')]).toEqual([status, part, ETAG]);
    if (content === null) expect(await code(answer)).toBe('416 RANGE');
    else expect([await answer.text(), answer.headers.get('content-length')]).toEqual([content, String(content.length)]);
  });

  it('is compared by its digest', async () => {
    const url = await linkOf({ digits: DIGITS });
    for (const tag of [ETAG, `W/${ETAG}`, `"x", ${ETAG}`, '*']) expect((await get(url, { 'if-none-match': tag })).status).toBe(304);
    expect((await get(url, { 'if-none-match': '"x"' })).status).toBe(200);
    expect((await get(url, { range: 'bytes=1-2', 'if-range': ETAG })).status).toBe(206);
    expect((await get(url, { range: 'bytes=1-2', 'if-range': '"x"' })).status).toBe(200);
    expect((await get(url, { range: 'bytes=99-', 'if-range': '"x"' })).status).toBe(200);
    const head = await get(url, { range: 'bytes=1-2' }, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([206, '2', '']);
    const empty = await get(await linkOf({ nothing: '' }));
    expect([empty.status, empty.headers.get('content-length'), await empty.text()]).toEqual([200, '0', '']);
  });

  it('is there only while it is complete, its package not deleted and the URL good', async () => {
    const id = await makePackage(hub);
    const [pending] = await announce(hub, id, { a: 'a' });
    expect(await code(await get(pending!.url.replace('/uploads/', '/files/')))).toBe('401 UNAUTHENTICATED');
    const { files, downloadUrl } = await urlsOf(id);
    expect(files.nodes[0].downloadUrl).toBeNull();
    expect(await code(await get(`${downloadUrl}a`))).toBe('404 NOT_FOUND');
    const done = await finalized(hub, { a: 'a' }, { retentionClass: 'transient' });
    const links = await urlsOf(done);
    expect((await get(links.files.nodes[0].downloadUrl)).status).toBe(200);
    clock.advance(61 * 60_000);
    for (const url of [links.files.nodes[0].downloadUrl, `${links.downloadUrl}a`, links.manifestUrl]) expect(await code(await get(url))).toBe('401 UNAUTHENTICATED');
    clock.advance(31 * 86_400_000);
    const fresh = await urlsOf(done);
    expect((await hub.change('deleteArtifactPackage', { id: done, reason: 'over' }, 'package { status }', as('operator'))).errors).toEqual([]);
    expect(await code(await get(fresh.files.nodes[0].downloadUrl))).toBe('404 NOT_FOUND');
    expect(await code(await get(`${fresh.downloadUrl}a`))).toBe('404 NOT_FOUND');
    const after = await urlsOf(done);
    expect([after.downloadUrl, after.files.nodes[0].downloadUrl]).toEqual([null, null]);
    expect(blake3Of(new Uint8Array(await (await get(after.manifestUrl)).arrayBuffer()))).toBe(after.manifestDigest);
  });
});

describe('a package', () => {
  it('has its files at their paths and its manifest beside them', async () => {
    const id = await finalized(hub, { 'a b/ü.txt': 'one', 'a b/%41.txt': 'two' });
    const { downloadUrl, manifestUrl, manifestDigest } = await urlsOf(id);
    expect(await (await get(`${downloadUrl}a%20b/%C3%BC.txt`)).text()).toBe('one');
    expect(await (await get(`${downloadUrl}${encodeURIComponent('a b/%41.txt')}`)).text()).toBe('two');
    for (const path of ['a%20b/A.txt', 'a%20b', '', '..%2Fx', '.hubgraph/x', 'x%00']) expect(await code(await get(`${downloadUrl}${path}`)), path).toMatch(/^40[04] /);
    expect(await code(await get(`${downloadUrl}%zz`))).toBe('400 BAD_REQUEST');
    const manifest = await get(manifestUrl);
    expect([manifest.headers.get('content-type'), manifest.headers.get('content-disposition'), manifest.headers.get('etag')]).toEqual(['application/cbor', 'attachment; filename="manifest.cbor"', `"${manifestDigest}"`]);
    expect(blake3Of(new Uint8Array(await manifest.arrayBuffer()))).toBe(manifestDigest);
    expect((await (await get(manifestUrl, { range: 'bytes=0-0' })).arrayBuffer()).byteLength).toBe(1);
    expect(await code(await get(`${(await urlsOf(await filled(hub, { a: 'a' }))).downloadUrl}.hubgraph/manifest.cbor`))).toBe('404 NOT_FOUND');
  });
});

it('takes the bytes from another storage when the first has lost them, and says so when none has them', async () => {
  const root = await mkdtemp(join(tmpdir(), 'copies-'));
  const [first, second] = [await openLocal(hub.root), { ...(await openLocal(root)), name: 's3' }];
  const door = await secondDoor(hub, { clock, backends: [first, second] });
  try {
    const content = randomBytes(100_000);
    const blob = { blake3: blake3Of(content), sha256: '', size: content.length };
    const url = `${door.url}${new URL(await linkOf({ lost: content })).pathname}`;
    const { sha256 } = (await hub.database.sql.query<{ sha256: string }>(`SELECT "sha256" FROM "Blob" WHERE "blake3" = $1`, [blob.blake3]))[0]!;
    await second.store({ ...blob, sha256 }, (async function* () { yield content; })());
    await first.remove(keyOf(blob.blake3));
    expect(Buffer.from(await (await get(url)).arrayBuffer()).equals(content)).toBe(true);
    await second.remove(keyOf(blob.blake3));
    const answer = await get(url);
    expect([await code(answer), answer.headers.get('retry-after')]).toEqual(['503 STORAGE_UNAVAILABLE', '5']);
  } finally {
    await door.close();
    await rm(root, { recursive: true });
  }
});

it('gives no bytes that are known to be damaged, but those of another storage', async () => {
  const root = await mkdtemp(join(tmpdir(), 'copies-'));
  const [first, second] = [await openLocal(hub.root), { ...(await openLocal(root)), name: 's3' }];
  const door = await secondDoor(hub, { clock, backends: [first, second] });
  try {
    const content = randomBytes(1_000);
    const blake3 = blake3Of(content);
    const own = await linkOf({ damaged: content });
    await writeFile(join(hub.root, keyOf(blake3)), 'x'.repeat(1_000));
    for (const status of ['CHANGED', 'LOST']) {
      await hub.database.sql.query(`UPDATE "StorageLocation" SET "status" = $2 WHERE "blake3" = $1 RETURNING 1`, [blake3, status]);
      expect(await code(await get(own))).toBe('500 DAMAGED');
      expect(await code(await get(own, { range: 'bytes=0-3' }))).toBe('500 DAMAGED');
    }
    const url = `${door.url}${new URL(own).pathname}`;
    const { sha256 } = (await hub.database.sql.query<{ sha256: string }>(`SELECT "sha256" FROM "Blob" WHERE "blake3" = $1`, [blake3]))[0]!;
    await second.store({ blake3, sha256, size: content.length }, (async function* () { yield content; })());
    expect(Buffer.from(await (await get(url)).arrayBuffer()).equals(content)).toBe(true);
  } finally {
    await door.close();
    await rm(root, { recursive: true });
  }
});

it('holds no file open for a client that went, and reads no faster than it takes', async () => {
  const content = randomBytes(40_000_000);
  const url = new URL(await linkOf({ big: content }));
  const path = join(hub.root, keyOf(blake3Of(content)));
  expect((await stat(path)).size).toBe(content.length);
  const open = async () => (await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))).filter((target) => target === path).length;
  const socket = connect(Number(url.port), url.hostname);
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => void socket.once('data', resolve));
  socket.pause();
  await until('the file to be open', async () => (await open()) === 1);
  const before = process.memoryUsage.rss();
  socket.destroy();
  await until('the file to be closed', async () => (await open()) === 0);
  expect(process.memoryUsage.rss() - before).toBeLessThan(30_000_000);
});
