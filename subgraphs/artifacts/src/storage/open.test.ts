import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readConfig } from '@hubgraph/kit/config';
import { silentLog } from '@hubgraph/kit/log';
import { config } from '../config.ts';
import type { BackendHealth, StorageBackend } from './backend.ts';
import { healthOf, storageHealth } from './health.ts';
import { openLocal } from './local.ts';
import { openBackends } from './open.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-open-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

const opened = (env: Readonly<Record<string, string>>, filesDir?: string) => openBackends(readConfig(config, env), { filesDir, log: silentLog() });

test('opens what the settings name, in their order', async () => {
  const backends = await opened({ HUBGRAPH_ARTIFACTS_STORAGE: 's3, local', HUBGRAPH_S3_BUCKET: 'b' }, join(folder, 'made'));
  expect(backends.map(({ name }) => name)).toEqual(['s3', 'local']);
  expect(await backends[1]!.health()).toMatchObject({ ready: true });
  for (const backend of backends) await backend.close();
});

test('refuses settings that lack a folder, a bucket or half of a key, and a folder that cannot be', async () => {
  await expect(opened({})).rejects.toThrow('Set HUBGRAPH_ARTIFACTS_ROOT to the folder of the local storage.');
  await expect(opened({ HUBGRAPH_ARTIFACTS_STORAGE: 's3' })).rejects.toThrow('Set HUBGRAPH_S3_BUCKET to the bucket of the S3 storage.');
  await expect(opened({ HUBGRAPH_ARTIFACTS_STORAGE: 's3', HUBGRAPH_S3_BUCKET: 'b', HUBGRAPH_S3_ACCESS_KEY: 'a' })).rejects.toThrow('or neither');
  await writeFile(join(folder, 'file'), '');
  await expect(opened({ HUBGRAPH_ARTIFACTS_ROOT: join(folder, 'file/below') })).rejects.toThrow('file/below: something else is in the place');
});

test('a backend that hangs is not ready, is not asked again, and holds nobody up', async () => {
  vi.useFakeTimers();
  const answers: PromiseWithResolvers<BackendHealth>[] = [];
  const backend: StorageBackend = { ...(await openLocal(join(folder, 'root'))), name: 'slow', health: () => (answers.push(Promise.withResolvers()), answers.at(-1)!.promise) };
  const first = storageHealth([backend]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await first).toEqual([{ part: 'artifacts.storage.slow', ready: false, reason: 'the storage did not answer within 3 s' }]);
  const second = healthOf(backend);
  answers[0]!.resolve({ ready: true, freeBytes: 7 });
  expect(await second).toEqual({ ready: true, freeBytes: 7 });
  expect(await healthOf(backend)).toEqual({ ready: true, freeBytes: 7 });
  expect(answers).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(6_000);
  const later = healthOf(backend);
  answers[1]!.reject(new Error('something with a path'));
  expect(await later).toEqual({ ready: false, reason: 'the storage cannot be examined' });
});
