import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../subgraphs/artifacts/src/storage/backend.ts';
import { s3Bucket, s3Service } from '../harness/ceph.ts';
import { startChild } from '../harness/child.ts';
import { until } from '../harness/until.ts';
import { backendOf, factsOf, sha256In, uploadOf, type StorageOrder } from './storage-process.ts';

const MIB = 1_048_576;
const PROCESS = 'fault/storage-process.ts';
const s3 = await s3Service();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-storage-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function order(name: string, env: Readonly<Record<string, string>>, sizes: readonly number[]): Promise<StorageOrder> {
  const states = join(folder, `${name}-states`);
  await mkdir(states);
  return { env, states, sizes };
}

/** Kills a process when it has printed so many lines, again and again, and lets the last one come to its end. */
async function killed(given: StorageOrder, kills: readonly number[]): Promise<void> {
  const facts = given.sizes.map((_, index) => factsOf(given, index));
  const backend = await backendOf(given);
  let committed = 0;
  let halfway = 0;
  for (const lines of kills) {
    await using child = startChild(PROCESS, given);
    await until(`line ${lines} of a process`, () => child.lines.length >= lines || child.lines.at(-1)?.startsWith('stored'), { every: 1, deadline: 60_000 });
    await child.kill();
    committed = 0;
    for (const [index, blob] of facts.entries()) {
      const found = await backend.stat(keyOf(blob.blake3));
      if (found === null) {
        const received = await backend.received(uploadOf(given, index));
        expect(received).toBeLessThanOrEqual(blob.size);
        if (received > 0 && received < blob.size) halfway++;
        continue;
      }
      committed++;
      expect(await sha256In(backend, blob)).toBe(blob.sha256);
    }
  }
  // else the kills missed what they are for
  expect(halfway).toBeGreaterThan(0);
  expect(committed).toBeLessThan(facts.length);
  await using last = startChild(PROCESS, given);
  expect((await last.finish()).filter((line) => line.startsWith('stored'))).toEqual(facts.map(({ sha256 }, index) => `stored ${index} ${sha256}`));
  expect(await backend.stagedBefore(new Date(Date.now() + 60_000))).toEqual([]);
  await backend.close();
}

test('kill -9 in the middle of appending and committing to a folder: nothing half-written is visible, and all of it goes on', async () => {
  const sizes = Array.from({ length: 40 }, (_, index) => (index % 4 === 3 ? 40 * MIB + index : 1_000 + index));
  await killed(await order('local', { HUBGRAPH_ARTIFACTS_ROOT: join(folder, 'local') }, sizes), [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7]);
});

test('a full disk is said so, what is safe stays, and the rest comes when there is space', async () => {
  const root = join(folder, 'full');
  await mkdir(root);
  const given = { ...(await order('full', { HUBGRAPH_ARTIFACTS_ROOT: root }, [12 * MIB])), filler: join(root, 'filler') };
  const mounted = ['unshare', '--map-root-user', '--mount', 'sh', '-c', `mount -t tmpfs -o size=16m tmpfs ${root} && head -c 8000000 /dev/zero > ${root}/filler && exec "$@"`, 'sh'];
  await using child = startChild(PROCESS, given, mounted);
  const [full, ...rest] = (await child.finish()).filter((line) => !line.startsWith('at '));
  const { received, health } = JSON.parse(full!.replace('full ', ''));
  expect(health).toEqual({ ready: false, reason: 'the disk of the local storage is full', freeBytes: 0 });
  expect(received).toBeGreaterThan(7 * MIB);
  expect(rest).toEqual(['commit 0', 'done 0', `stored 0 ${factsOf(given, 0).sha256}`]);
});

describe.skipIf(s3.reason)(`S3 by Ceph${s3.reason === undefined ? '' : ` (not run: ${s3.reason})`}`, () => {
  test('kill -9 in the middle of appending and committing to a bucket: nothing half-written is visible, and all of it goes on', async () => {
    const sizes = Array.from({ length: 20 }, (_, index) => (index % 4 === 3 ? 40 * MIB + index : 1_000 + index));
    await killed(await order('s3', await s3Bucket(s3.service!), sizes), [1, 2, 3, 20, 30, 18, 25, 22]);
  });
});
