import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import type { HubDoor } from '@hubgraph/kit/hub-door';
import { announce, filled, finalized, heldRequest, makePackage, secondDoor, startArtifactsHub, upload, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { until } from '../../../../test/harness/until.ts';
import { hashStream } from '../content/digest.ts';
import { keyOf } from '../storage/backend.ts';

let hub: ArtifactsHub;
/** The same hub as another process. */
let other: HubDoor;
const clock = heldClock('2026-03-02T10:00:00Z');
const author = as('author');
beforeAll(async () => {
  hub = await startArtifactsHub({ clock });
  other = await secondDoor(hub, { clock, idle: 100 });
});
afterAll(async () => {
  await other.close();
  await hub[Symbol.asyncDispose]();
});

const TUS = { 'tus-resumable': '1.0.0' };
const PATCH = (at: number) => ({ ...TUS, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(at) });
const patch = (url: string, at: number, body: Uint8Array | string, headers: Record<string, string> = {}) => fetch(url, { method: 'PATCH', body: body as BodyInit, headers: { ...PATCH(at), ...headers } });
const put = (url: string, body: BodyInit | Uint8Array, init: RequestInit = {}) => fetch(url, { method: 'PUT', body: body as BodyInit, ...init });
/** A body whose length is not told before. */
const chunked = (...chunks: readonly string[]): RequestInit => ({ method: 'PUT', body: Readable.toWeb(Readable.from(chunks.map((chunk) => Buffer.from(chunk)))), duplex: 'half' }) as unknown as RequestInit;
const head = (url: string) => fetch(url, { method: 'HEAD', headers: TUS });
const told = async (answer: Response | Promise<Response>) => {
  const { status, headers } = await answer;
  expect(headers.get('access-control-allow-origin')).toBe('*');
  const { code, message } = (await (await answer).json()) as { code: string; message: string };
  expect(message).toMatch(/^[A-Z].*[.]$/);
  return `${status} ${code}`;
};
const elsewhere = (url: string) => `${other.url}${new URL(url).pathname}`;
const digestsOf = async (content: string | Uint8Array) => {
  const { sha256, blake3 } = await hashStream((async function* () { yield Buffer.from(content); })());
  return { sha256, blake3 };
};
async function one(content: string | Uint8Array, more: object = {}) {
  const packageId = await makePackage(hub);
  const [made] = await announce(hub, packageId, { 'a/b.txt': content }, more);
  return { ...made!, packageId };
}
const FILES = 'query ($id: ID!) { artifactPackage(id: $id) { status fileCount byteCount progressAt files { nodes { id path size mediaType status sha256 blake3 uploadedBytes downloadUrl locations { backend status } } } } }';
const fileOf = async (packageId: string) => (await hub.ask(FILES, { id: packageId })).artifactPackage.files.nodes[0];
const unleased = (id: string) => until('the lease to be given back', async () => (await hub.database.sql.query(`SELECT 1 FROM "ArtifactFile" WHERE "id" = $1::uuid AND "leaseUntil" IS NULL`, [id])).length === 1);

describe('a whole file by PUT', () => {
  it('is hashed, stored and complete', async () => {
    const { url, packageId, file } = await one('hello');
    const answer = await put(url, 'hello');
    const digests = { sha256: createHash('sha256').update('hello').digest('hex'), blake3: 'blake3:ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f' };
    expect(await answer.json()).toEqual({ id: file.id, path: 'a/b.txt', status: 'COMPLETE', size: 5, ...digests });
    const known = await fileOf(packageId);
    expect(known).toMatchObject({ status: 'COMPLETE', ...digests, mediaType: 'text/plain', uploadedBytes: 5, locations: [{ backend: 'local', status: 'STORED' }] });
    expect(await (await fetch(known.downloadUrl)).text()).toBe('hello');
  });

  it('again is the same; other bytes are refused', async () => {
    const { url } = await one('hello');
    const first = await (await put(url, 'hello')).json();
    expect(await (await put(url, 'hello')).json()).toEqual(first);
    expect(await told(put(url, 'jello'))).toBe('409 ALREADY_COMPLETE');
    expect(await told(put(url, 'hello!'))).toBe('409 ALREADY_COMPLETE');
    expect((await head(url)).headers.get('upload-offset')).toBe('5');
    expect((await patch(url, 5, '')).status).toBe(204);
    const wrong = await patch(url, 0, 'hello');
    expect([await told(wrong), wrong.headers.get('upload-offset')]).toEqual(['409 ALREADY_COMPLETE', '5']);
  });

  it('has the announced size, whether the request tells it or not', async () => {
    const { url, packageId } = await one('hello');
    expect(await told(put(url, 'hello!'))).toBe('413 TOO_LARGE');
    expect(await told(put(url, 'hell'))).toBe('422 SIZE_MISMATCH');
    expect(await told(fetch(url, chunked('hel', 'lo!')))).toBe('413 TOO_LARGE');
    expect(await told(fetch(url, chunked('hel', 'l')))).toBe('422 SIZE_MISMATCH');
    expect(await told(fetch(url, { method: 'PUT' }))).toBe('422 SIZE_MISMATCH');
    expect(await fileOf(packageId)).toMatchObject({ status: 'PENDING', uploadedBytes: 0, sha256: null, downloadUrl: null, locations: [] });
    expect((await fetch(url, chunked('hel', 'lo'))).status).toBe(200);
  });

  it('has the claimed digests, or is dropped and may come again', async () => {
    const { sha256, blake3 } = await digestsOf('hello');
    const other = await digestsOf('jello');
    for (const [claims, code] of [[{ sha256: other.sha256, blake3 }, '422 SHA256_MISMATCH'], [{ sha256, blake3: other.blake3 }, '422 BLAKE3_MISMATCH']] as const) {
      const { url, packageId } = await one('hello', claims);
      expect(await told(put(url, 'hello'))).toBe(code);
      expect(await fileOf(packageId)).toMatchObject({ status: 'PENDING', uploadedBytes: 0, blake3: null });
    }
    const { url } = await one('hello', { sha256, blake3 });
    expect(await told(put(url, 'jello'))).toBe('422 SHA256_MISMATCH');
    expect((await patch(url, 0, 'hel')).status).toBe(204);
    expect(await told(patch(url, 3, 'xx'))).toBe('422 SHA256_MISMATCH');
    expect((await head(url)).headers.get('upload-offset')).toBe('0');
    expect((await put(url, 'hello')).status).toBe(200);
  });
});

describe('tus', () => {
  it('takes a file in parts and says where it stands', async () => {
    const { url } = await one('hello world');
    const standing = await head(url);
    expect([standing.status, standing.headers.get('upload-offset'), standing.headers.get('upload-length'), standing.headers.get('cache-control'), standing.headers.get('tus-resumable')]).toEqual([200, '0', '11', 'no-store', '1.0.0']);
    for (const [at, part, next] of [[0, 'hel', '3'], [3, 'lo w', '7'], [7, 'orld', '11']] as const) {
      const answer = await patch(url, at, part);
      expect([answer.status, answer.headers.get('upload-offset'), await answer.text()]).toEqual([204, next, '']);
    }
    expect((await (await put(url, 'hello world')).json()) as object).toMatchObject(await digestsOf('hello world'));
  });

  it('refuses what is not tus, or not where the upload stands', async () => {
    const { url } = await one('hello');
    expect(await told(patch(url, 0, 'hello', { 'tus-resumable': '0.2.2' }))).toBe('412 TUS_VERSION');
    expect(await told(patch(url, 0, 'hello', { 'content-type': 'text/plain' }))).toBe('415 MEDIA_TYPE');
    expect(await told(patch(url, 0, 'hello', { 'upload-offset': '-1' }))).toBe('400 BAD_REQUEST');
    expect(await told(patch(url, 3, 'lo'))).toBe('409 WRONG_OFFSET');
    expect(await told(patch(url, 0, 'hello!'))).toBe('413 TOO_LARGE');
    expect(await told(put(url, 'hello', { headers: { 'content-encoding': 'gzip' } }))).toBe('415 MEDIA_TYPE');
    expect(await told(fetch(url, { method: 'POST', body: 'hello' }))).toBe('405 METHOD_NOT_ALLOWED');
    expect((await head(url)).headers.get('upload-offset')).toBe('0');
    const preflight = await fetch(url, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('tus-version'), preflight.headers.get('access-control-allow-methods')]).toEqual([204, '1.0.0', 'GET, HEAD, OPTIONS, PATCH, PUT']);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Upload-Offset');
  });

  it('completes an empty file when it is asked for', async () => {
    const { url, packageId } = await one('');
    expect((await head(url)).headers.get('upload-offset')).toBe('0');
    expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf('')) });
    expect((await (await put((await one('')).url, '')).json()) as object).toMatchObject({ status: 'COMPLETE' });
  });
});

describe('who may', () => {
  it('is whoever has a URL that is good', async () => {
    const { url, file } = await one('hello');
    const [, header, payload, signature] = /uploads\/([^.]+)\.([^.]+)\.(.+)$/.exec(url)!;
    const { url: sister } = await one('hello');
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload!, 'base64url').toString()), file: file.id, exp: 9e9 })).toString('base64url');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const token of [`${header}.${forged}.${signature}`, unsigned, `${header}.${payload}.${sister.split('.').at(-1)}`, 'x', file.id]) expect(await told(put(`${hub.url}/artifacts/uploads/${token}`, 'hello'))).toBe('401 UNAUTHENTICATED');
    const done = await filled(hub, { x: 'hello' });
    const { downloadUrl } = await fileOf(done);
    expect(await told(put(downloadUrl.replace('/files/', '/uploads/'), 'hello'))).toBe('401 UNAUTHENTICATED');
    expect(await told(fetch(url.replace('/uploads/', '/files/')))).toBe('401 UNAUTHENTICATED');
    expect(await told(put(downloadUrl, 'hello'))).toBe('405 METHOD_NOT_ALLOWED');
    for (const path of ['', 'uploads', 'uploads/', 'uploads/x/y', 'nothing/x', 'packages/x']) expect(await told(fetch(`${hub.url}/artifacts/${path}`))).toBe('404 NOT_FOUND');
  });

  it('ends with the hour, but for what has begun', async () => {
    const { url, packageId } = await one('hello');
    const begun = await heldRequest(url, 'PATCH', 5, Buffer.from('hel'), PATCH(0));
    await written(packageId);
    clock.advance(60 * 60_000 + 1_000);
    expect(await told(put(url, 'hello'))).toBe('401 UNAUTHENTICATED');
    begun.cut();
  });

  it('nobody, when the file or its package is gone or not open', async () => {
    const { url, packageId } = await one('hello');
    await hub.change('failArtifactPackage', { id: packageId, reason: 'a test' }, 'package { id }', as('system'));
    expect(await told(put(url, 'hello'))).toBe('409 PACKAGE_NOT_OPEN');
    await hub.change('resumeArtifactPackage', { id: packageId }, 'package { id }', author);
    expect((await patch(url, 0, 'he')).status).toBe(204);
    expect((await hub.change('removeFile', { packageId, paths: ['a/b.txt'] }, 'package { fileCount byteCount }', author)).package).toEqual({ fileCount: 0, byteCount: 0 });
    expect(await told(put(url, 'hello'))).toBe('404 NOT_FOUND');
    expect((await head(url)).status).toBe(404);
    const next = await one('hello');
    await hub.change('deleteArtifactPackage', { id: next.packageId, reason: 'abandoned' }, 'package { id }', author);
    expect(await told(put(next.url, 'hello'))).toBe('404 NOT_FOUND');
  });
});

describe('one writer', () => {
  it('is the newer one of a process', async () => {
    const { url, packageId } = await one('hello');
    const older = await heldRequest(url, 'PATCH', 5, Buffer.from('hel'), PATCH(0));
    await written(packageId);
    const answers = await Promise.all([put(url, 'hello'), put(url, 'hello'), put(url, 'hello')].map((answer) => answer.then(({ status }) => status, () => 'cut')));
    expect(await older.closed).toBe('');
    expect(answers).toContain(200);
    expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf('hello')) });
  });

  it('keeps other processes out until it ends, or for 15 seconds', async () => {
    const content = randomBytes(4_000_000);
    const { url, packageId, file } = await one(content);
    const older = await heldRequest(url, 'PATCH', content.length, content.subarray(0, 3_000_000), PATCH(0));
    const safe = await until('bytes to be safe', async () => (await fileOf(packageId)).uploadedBytes as number);
    const locked = await put(elsewhere(url), content);
    expect([await told(locked), locked.headers.get('retry-after')]).toEqual(['423 LOCKED', '15']);
    older.cut();
    await unleased(file.id);
    const offset = Number((await head(elsewhere(url))).headers.get('upload-offset'));
    expect(offset).toBeGreaterThanOrEqual(safe);
    expect((await patch(elsewhere(url), offset, content.subarray(offset))).status).toBe(204);
    expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf(content)) });

    const crashed = await one('hello');
    await hub.database.sql.query(`UPDATE "ArtifactFile" SET "lease" = gen_random_uuid(), "leaseUntil" = $2::timestamptz WHERE "id" = $1::uuid RETURNING 1`, [crashed.file.id, new Date(clock.now().getTime() + 15_000)]);
    expect(await told(put(crashed.url, 'hello'))).toBe('423 LOCKED');
    clock.advance(15_000);
    expect((await put(crashed.url, 'hello')).status).toBe(200);
  });

  it('leaves what arrived when it goes', async () => {
    const content = randomBytes(4_000_000);
    const { url, packageId, file } = await one(content);
    const client = await heldRequest(url, 'PATCH', content.length, content.subarray(0, 3_000_000), PATCH(0));
    const before = await until('bytes to be safe', async () => (await fileOf(packageId)).uploadedBytes as number);
    client.cut();
    await unleased(file.id);
    const { uploadedBytes } = await fileOf(packageId);
    expect(uploadedBytes).toBeGreaterThanOrEqual(before);
    expect((await patch(url, uploadedBytes, content.subarray(uploadedBytes))).status).toBe(204);
    expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf(content)) });
  });

  it('leaves what arrived when it is silent, and is cut off', async () => {
    const { url, packageId, file } = await one('hello world');
    await (await heldRequest(elsewhere(url), 'PATCH', 11, Buffer.from('hello '), PATCH(0))).closed;
    await unleased(file.id);
    expect((await patch(url, 6, 'world')).status).toBe(204);
    expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf('hello world')) });
  });
});

/** Waits until somebody writes the file of a package. */
function written(packageId: string) {
  return until('somebody to write', async () => (await hub.database.sql.query(`SELECT 1 FROM "ArtifactFile" WHERE "packageId" = $1::uuid AND "leaseUntil" IS NOT NULL`, [packageId])).length === 1);
}

describe('completing', () => {
  it('goes on after a crash behind the commit, and behind the last byte', async () => {
    const { url, packageId, file } = await one('hello crash');
    await upload(url, 'hello crash');
    await hub.database.sql.query(`UPDATE "ArtifactFile" SET "status" = 'PENDING', "completedAt" = NULL WHERE "id" = $1::uuid RETURNING 1`, [file.id]);
    expect(await fileOf(packageId)).toMatchObject({ status: 'PENDING', blake3: null });
    expect((await head(url)).headers.get('upload-offset')).toBe('11');
    expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf('hello crash')) });

    const next = await one('hello again');
    await writeFile(join(hub.root, 'staging', next.file.id), 'hello again');
    expect((await head(next.url)).headers.get('upload-offset')).toBe('11');
    expect(await fileOf(next.packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf('hello again')) });
  });

  it('stores the same bytes once, and damaged ones anew', async () => {
    const content = 'shared by all';
    const { blake3 } = await digestsOf(content);
    const path = join(hub.root, keyOf(blake3));
    await filled(hub, { one: content, two: content });
    await writeFile(path, 'Shared by all');
    await hub.database.sql.query(`UPDATE "StorageLocation" SET "status" = 'CHANGED' WHERE "blake3" = $1 RETURNING 1`, [blake3]);
    const id = await filled(hub, { three: content });
    expect(await readFile(path, 'utf8')).toBe(content);
    expect((await fileOf(id)).locations).toEqual([{ backend: 'local', status: 'STORED' }]);
  });

  it('dates the progress of the package once a minute, and is final', async () => {
    const id = await filled(hub, { a: 'a', b: 'b' });
    const before = (await hub.ask(FILES, { id })).artifactPackage.progressAt;
    clock.advance(61_000);
    const [last] = await announce(hub, id, { c: 'c' });
    clock.advance(61_000);
    await upload(last!.url, 'c');
    expect(Date.parse((await hub.ask(FILES, { id })).artifactPackage.progressAt) - Date.parse(before)).toBe(122_000);
    const done = await finalized(hub);
    expect((await hub.change('requestUpload', { packageId: done, files: [{ path: 'x', size: 1 }] }, 'package { id }', author)).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
  });
});
