import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf, type StorageBackend } from './backend.ts';
import { backendContract, chunked, factsOf, testUpload } from './backend.contract.ts';
import { openLocal } from './local.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-local-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

backendContract('a folder', () => openLocal(join(folder, 'contract', 'made')), { runs: 60, unit: 100_000 });

describe('what only a folder does', () => {
  let root: string;
  let backend: StorageBackend;
  beforeAll(async () => {
    root = join(folder, 'root');
    backend = await openLocal(root);
  });

  test('a complete object is one file by its content, readable by us only', async () => {
    const bytes = randomBytes(50);
    const upload = testUpload(50);
    await backend.append(upload, 0, chunked(bytes));
    await backend.commit(upload, factsOf(bytes));
    expect((await stat(join(root, keyOf(factsOf(bytes).blake3)))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(root, 'staging'))).toEqual([]);
  });

  test('a damaged object is replaced when somebody says so, one of another size always', async () => {
    const bytes = randomBytes(50);
    const blob = factsOf(bytes);
    const path = join(root, keyOf(blob.blake3));
    const read = () => backend.read(keyOf(blob.blake3)).then(buffer);
    await backend.store(blob, chunked(bytes));
    await writeFile(path, randomBytes(50));
    await backend.store(blob, chunked(bytes));
    expect((await read()).equals(bytes)).toBe(false);
    await backend.store(blob, chunked(bytes), { replace: true });
    expect((await read()).equals(bytes)).toBe(true);
    await truncate(path, 10);
    await backend.store(blob, chunked(bytes));
    expect((await read()).equals(bytes)).toBe(true);
  });

  test('no symbolic link leads out, whatever part of the path it is', async () => {
    const outside = join(folder, 'outside');
    await mkdir(outside);
    const unavailable = expect.objectContaining({ kind: 'unavailable' });
    const bytes = randomBytes(9);
    const blob = factsOf(bytes);
    const path = join(root, keyOf(blob.blake3));
    for (const part of [dirname(dirname(path)), dirname(path)]) {
      // the object could be reached through the link
      const away = join(outside, 'away');
      await backend.store(blob, chunked(bytes));
      await rename(part, away);
      await symlink(away, part);
      await expect(backend.read(keyOf(blob.blake3))).rejects.toEqual(unavailable);
      await expect(backend.store(blob, chunked(bytes))).rejects.toEqual(unavailable);
      await expect(backend.remove(keyOf(blob.blake3))).rejects.toEqual(unavailable);
      await rm(part);
      await rename(away, part);
    }
    await writeFile(join(outside, 'secret'), bytes);
    await rm(path);
    await symlink(join(outside, 'secret'), path);
    await expect(backend.read(keyOf(blob.blake3))).rejects.toMatchObject({ kind: 'missing' });
    expect(await backend.stat(keyOf(blob.blake3))).toBeNull();
    const upload = testUpload(9);
    await symlink(join(outside, 'made'), join(root, 'staging', upload.id));
    expect(await backend.received(upload)).toBe(0);
    await expect(backend.append(upload, 0, chunked(bytes))).rejects.toEqual(unavailable);
    await expect(backend.commit(upload, blob)).rejects.toEqual(unavailable);
    await backend.discard(upload);
    await rm(path);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  test('a folder that is gone is no loss of objects, and is not ready', async () => {
    await rename(root, `${root}-away`);
    await expect(backend.stat(keyOf('a'.repeat(64)))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(backend.read(keyOf('a'.repeat(64)))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await backend.health()).toEqual({ ready: false, reason: 'the folder of the local storage is gone' });
    await rename(`${root}-away`, root);
    expect(await backend.health()).toMatchObject({ ready: true, freeBytes: expect.any(Number) });
  });
});
