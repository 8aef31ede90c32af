import { randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHasher } from '../content/digest.ts';
import { keyOf, type BlobFacts, type StagedUpload, type StorageBackend } from './backend.ts';

const MIB = 1_048_576;

/** An upload whose state is kept in memory, as a hub keeps it in its table. */
export function testUpload(size: number, id: string = randomUUID()): StagedUpload & { state: string | null } {
  const upload = { id, size, state: null as string | null, save: async (state: string | null) => void (upload.state = state) };
  return upload;
}

/** What bytes are called by their content. */
export function factsOf(bytes: Uint8Array): BlobFacts {
  const hasher = createHasher();
  hasher.update(bytes);
  return { ...hasher.digest(), size: bytes.length };
}

/** Bytes in chunks as HTTP brings them, then the error when there is one. */
export async function* chunked(bytes: Uint8Array, { chunk = 65_536, error }: { readonly chunk?: number; readonly error?: unknown } = {}): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  if (error !== undefined) throw error;
}

export interface ContractEffort {
  /** Random histories of an upload that are tried. */
  readonly runs: number;
  /** Unit of their sizes in bytes: an upload has at most 24, and each append 12. */
  readonly unit: number;
}

/** What every adapter promises; `open` is called for a storage that is empty at first, and again for the same one. */
export function backendContract(name: string, open: () => Promise<StorageBackend>, { runs, unit }: ContractEffort): void {
  describe(`${name} as a storage`, () => {
    let backend: StorageBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend?.close());

    const content = (key: string, range?: { start: number; end: number }) => backend.read(key, range).then(buffer);
    const staged = async (upload: StagedUpload) => buffer(backend.readStaged(upload));
    const offset = (standing: RegExp) => expect.objectContaining({ name: 'StorageError', kind: 'offset', message: expect.stringMatching(standing) });
    const missing = expect.objectContaining({ name: 'StorageError', kind: 'missing' });

    async function stored(bytes: Uint8Array): Promise<BlobFacts> {
      const upload = testUpload(bytes.length);
      const blob = factsOf(bytes);
      await backend.append(upload, 0, chunked(bytes));
      await backend.commit(upload, blob);
      return blob;
    }

    for (const [what, size] of [['nothing', 0], ['one byte', 1], ['one part', 8 * MIB], ['many parts', 20 * MIB + 17]] as const) {
      test(`keeps ${what}, whole and in ranges`, async () => {
        const bytes = randomBytes(size);
        const upload = testUpload(size);
        const blob = factsOf(bytes);
        expect(await backend.received(upload)).toBe(0);
        expect(await backend.append(upload, 0, chunked(bytes))).toBe(size);
        expect(await backend.received(upload)).toBe(size);
        expect((await staged(upload)).equals(bytes)).toBe(true);
        expect(await backend.stat(keyOf(blob.blake3))).toBeNull();
        await backend.commit(upload, blob);
        expect(await backend.stat(keyOf(blob.blake3))).toEqual({ size });
        expect((await content(keyOf(blob.blake3))).equals(bytes)).toBe(true);
        if (size === 0) return;
        const [start, end] = [Math.floor(size / 3), Math.floor(size / 2)];
        expect((await content(keyOf(blob.blake3), { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
        expect(await backend.received(testUpload(size, upload.id))).toBe(0);
      });
    }

    test('keeps an upload of nothing that was never appended to', async () => {
      const upload = testUpload(0);
      expect(await staged(upload)).toHaveLength(0);
      await backend.commit(upload, factsOf(new Uint8Array()));
      expect(await backend.stat(keyOf(factsOf(new Uint8Array()).blake3))).toEqual({ size: 0 });
    });

    test('goes on from where it stands, however little came', async () => {
      const bytes = randomBytes(9 * MIB);
      const upload = testUpload(bytes.length);
      let at = 0;
      for (const next of [1, 3 * MIB, 3 * MIB, 8 * MIB + 5, 8 * MIB + 6, bytes.length]) {
        expect(await backend.append(upload, at, chunked(bytes.subarray(at, next)))).toBe(next);
        expect(await backend.received(upload)).toBe(next);
        at = next;
      }
      expect((await staged(upload)).equals(bytes)).toBe(true);
      await backend.commit(upload, factsOf(bytes));
      expect((await content(keyOf(factsOf(bytes).blake3))).equals(bytes)).toBe(true);
    });

    test('keeps what came before the source failed, and throws what the source threw', async () => {
      const bytes = randomBytes(10 * MIB);
      const upload = testUpload(bytes.length);
      const cut = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', syscall: 'read' });
      await expect(backend.append(upload, 0, chunked(bytes.subarray(0, 9 * MIB), { error: cut }))).rejects.toBe(cut);
      expect(await backend.received(upload)).toBe(9 * MIB);
      await backend.append(upload, 9 * MIB, chunked(bytes.subarray(9 * MIB)));
      expect((await staged(upload)).equals(bytes)).toBe(true);
      await backend.discard(upload);
    });

    test('refuses another offset, more bytes than announced, and an upload that is not complete', async () => {
      const bytes = randomBytes(100);
      const upload = testUpload(100);
      await expect(backend.append(upload, 7, chunked(bytes))).rejects.toEqual(offset(/./));
      await backend.append(upload, 0, chunked(bytes.subarray(0, 60)));
      await expect(backend.append(upload, 0, chunked(bytes))).rejects.toEqual(offset(/stands at 60 bytes and not at 0/));
      await expect(backend.append(upload, 61, chunked(bytes))).rejects.toEqual(offset(/stands at 60 bytes and not at 61/));
      await expect(staged(upload)).rejects.toEqual(offset(/has 60 of 100 bytes/));
      await expect(backend.commit(upload, factsOf(bytes))).rejects.toEqual(offset(/has 60 of 100 bytes/));
      await expect(backend.append(upload, 60, chunked(bytes, { chunk: 20 }))).rejects.toEqual(offset(/more bytes came/));
      expect(await backend.received(upload)).toBe(100);
      await backend.discard(upload);
      expect(await backend.received(upload)).toBe(0);
      await backend.discard(upload);
    });

    test('stores the same content once, and commits again what a crash left unsaid', async () => {
      const bytes = randomBytes(1_000);
      const blob = factsOf(bytes);
      const [one, other] = [testUpload(1_000), testUpload(1_000)];
      await Promise.all([one, other].map((upload) => backend.append(upload, 0, chunked(bytes))));
      await Promise.all([one, other].map((upload) => backend.commit(upload, blob)));
      await backend.commit(one, blob);
      expect((await content(keyOf(blob.blake3))).equals(bytes)).toBe(true);
      expect(await backend.stagedBefore(new Date(Date.now() + 60_000))).not.toContain(one.id);
      await expect(backend.commit(testUpload(1_000), factsOf(randomBytes(1_000)))).rejects.toEqual(missing);
    });

    test('stores bytes from elsewhere when they are what they should be', async () => {
      for (const size of [3_000, 9 * MIB]) {
        const bytes = randomBytes(size);
        const blob = factsOf(bytes);
        const wrong = Buffer.from(bytes);
        wrong[size - 1]! ^= 1;
        await expect(backend.store(blob, chunked(wrong))).rejects.toMatchObject({ kind: 'unavailable' });
        await expect(backend.store(blob, chunked(bytes.subarray(1)))).rejects.toMatchObject({ kind: 'unavailable' });
        await expect(backend.store(blob, chunked(Buffer.concat([bytes, bytes.subarray(0, 1)])))).rejects.toMatchObject({ kind: 'unavailable' });
        expect(await backend.stat(keyOf(blob.blake3))).toBeNull();
        await backend.store(blob, chunked(bytes));
        await backend.store(blob, chunked(bytes));
        await backend.store(blob, chunked(bytes), { replace: true });
        expect((await content(keyOf(blob.blake3))).equals(bytes)).toBe(true);
      }
      expect((await backend.stagedBefore(new Date(Date.now() + 60_000))).filter((id) => id.startsWith('store'))).toEqual([]);
    });

    test('removes an object, also one that is not there', async () => {
      const key = keyOf((await stored(randomBytes(10))).blake3);
      await backend.remove(key);
      await backend.remove(key);
      expect(await backend.stat(key)).toBeNull();
      await expect(backend.read(key)).rejects.toEqual(missing);
    });

    test('lists uploads that came to no end', async () => {
      const [small, large] = [testUpload(10), testUpload(20 * MIB)];
      await backend.append(small, 0, chunked(randomBytes(5)));
      await backend.append(large, 0, chunked(randomBytes(8 * MIB)));
      expect(await backend.stagedBefore(new Date(Date.now() + 60_000))).toEqual(expect.arrayContaining([small.id, large.id]));
      const before = await backend.stagedBefore(new Date(Date.now() - 60_000));
      expect([before.includes(small.id), before.includes(large.id)]).toEqual([false, false]);
      // a job that knows nothing but the id
      await Promise.all([small, large].map(({ id }) => backend.discard(testUpload(0, id))));
      expect(await backend.stagedBefore(new Date(Date.now() + 60_000))).toEqual([]);
    });

    test('knows no keys and ids but those of its own', async () => {
      const hex = 'a'.repeat(64);
      for (const key of ['', '../x', 'blake3/../../etc/passwd', `blake3/aa/ab/${hex}`, `staging/${hex}`, `blake3/aa/aa/${hex}/..`, `/blake3/aa/aa/${hex}`]) await expect(backend.read(key), key).rejects.toEqual(missing);
      for (const id of ['', '..', '../x', 'a/b', 'a.b', '.probe', 'x'.repeat(65), 'a\0']) await expect(backend.append(testUpload(1, id), 0, chunked(randomBytes(1))), id).rejects.toThrow('not the id of an upload');
    });

    test('stands where a model stands, whatever comes, is cut off and comes again from another process', async () => {
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.record({ what: fc.constant('append' as const), length: fc.nat(12 * unit), chunk: fc.integer({ min: 1, max: 3 }), fails: fc.boolean() }) },
        { weight: 2, arbitrary: fc.record({ what: fc.constant('reopen' as const) }) },
        { weight: 1, arbitrary: fc.record({ what: fc.constant('wrong offset' as const), by: fc.integer({ min: 1, max: unit }) }) },
        { weight: 1, arbitrary: fc.record({ what: fc.constant('discard' as const) }) },
      );
      const failure = new Error('cut off');
      await fc.assert(fc.asyncProperty(fc.nat(24 * unit), fc.array(step, { maxLength: 8 }), async (size, steps) => {
        const bytes = randomBytes(size);
        const upload = testUpload(size);
        let [standing, using] = [0, backend];
        for (const next of steps) {
          if (next.what === 'reopen') using = await open();
          else if (next.what === 'discard') {
            await using.discard(upload);
            [standing, upload.state] = [0, null];
          } else if (next.what === 'wrong offset') await expect(using.append(upload, standing + next.by, chunked(bytes))).rejects.toMatchObject({ kind: 'offset' });
          else {
            const end = Math.min(size, standing + next.length);
            const appended = using.append(upload, standing, chunked(bytes.subarray(standing, end), { chunk: Math.ceil((next.chunk * unit) / 3), ...(next.fails ? { error: failure } : {}) }));
            if (next.fails) await expect(appended).rejects.toBe(failure);
            else expect(await appended).toBe(end);
            standing = end;
          }
          expect(await using.received(upload)).toBe(standing);
        }
        await using.append(upload, standing, chunked(bytes.subarray(standing)));
        expect((await staged(upload)).equals(bytes)).toBe(true);
        await using.commit(upload, factsOf(bytes));
        expect((await content(keyOf(factsOf(bytes).blake3))).equals(bytes)).toBe(true);
      }), { numRuns: runs });
    }, 60_000);

    test('is ready', async () => {
      expect(await backend.health()).toMatchObject({ ready: true });
    });
  });
}
