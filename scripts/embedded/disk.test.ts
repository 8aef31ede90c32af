import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureOf, isDiskFull, sizeOf, watchStore } from './disk.ts';
import { keepRunning, type KeepEvents, type Kept } from './keep.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'disk-'));
});
afterAll(() => rm(dir, { recursive: true }));

test('a folder that is to be made is on the disk of the one above it', () => {
  expect(isDiskFull(join(dir, 'not', 'yet'))).toBe(isDiskFull(dir));
});

test('a full disk is the reason of a failure only when this attempt met it', async () => {
  const log = join(dir, 'postgres.log');
  await writeFile(log, 'FATAL: could not write to file "a": No space left on device\nshut down\n');
  expect(failureOf('It did not start', dir, log, 0)).toBe(`It did not start: the disk of ${dir} is full; make space and start again (${log}).`);
  const since = sizeOf(log);
  await appendFile(log, 'FATAL: another reason\n');
  expect(failureOf('It did not start', dir, log, since)).toContain('FATAL: another reason (');
});

test('a server that could not write is restarted once, when there is space again', async () => {
  const log = join(dir, 'nats.log');
  await writeFile(log, '[ERR] Filestore [S] Critical write error: of an earlier run\n');
  let full = false;
  let looks = 0;
  let restarts = 0;
  const restarted = Promise.withResolvers<void>();
  const unwatch = watchStore({
    dir, log, every: 1, isFull: () => (looks++, full), restart: () => {
      restarts++;
      restarted.resolve();
    },
  });
  full = true;
  await appendFile(log, '[ERR] Filestore [S] Critical wri');
  await appendFile(log, 'te error: no space left on device\n');
  await expect.poll(() => looks, { interval: 1 }).toBeGreaterThanOrEqual(3);
  expect(restarts).toBe(0);
  full = false;
  await restarted.promise;
  await appendFile(log, '[ERR] Filestore [S] Critical write error: once more\n');
  unwatch();
  expect(restarts).toBe(1);
});

test('crashes are borne without end while there is an excuse', async () => {
  let starts = 0;
  const failed = Promise.withResolvers<Error>();
  const events: KeepEvents = { up() {}, ended() {}, failed: (error) => failed.resolve(error) };
  const start = async (): Promise<Kept> => ({ port: 1, pid: ++starts, exited: Promise.resolve({ code: 1, signal: null }), stop: async () => undefined });
  keepRunning(start, events, 2, () => starts < 4);
  expect((await failed.promise).message).toBe('it ended 4 times in a row');
});
