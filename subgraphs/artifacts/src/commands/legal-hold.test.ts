import { heldClock } from '@hubgraph/kit/clock';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { finalized, startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { keyOf, StorageError, type StorageBackend } from '../storage/backend.ts';
import { openLocal } from '../storage/local.ts';
import { openDatabase, type Database } from '../store/index.ts';
import { settleLegalHolds } from './legal-hold.ts';
import { operator, steward } from './retention.fixture.ts';

const clock = heldClock('2026-03-02T10:00:00Z');
let hub: ArtifactsHub;
let store: Database;
/** The hub's own storage, with legal holds that are only written down. */
let backend: StorageBackend;
let asked: string[];
let refuse: StorageError | null;

beforeAll(async () => {
  hub = await startArtifactsHub({ clock });
  store = openDatabase(hub.database.url, 3);
  backend = Object.assign(Object.create(await openLocal(hub.root)) as StorageBackend, {
    async legalHold(key: string, on: boolean) {
      if (refuse !== null) throw refuse;
      asked.push(`${on ? 'set' : 'lift'} ${key}`);
    },
  });
});
beforeEach(() => {
  [asked, refuse] = [[], null];
});
afterAll(async () => {
  await store.close();
  await hub[Symbol.asyncDispose]();
});

const settle = (backends: readonly StorageBackend[] = [backend]) => settleLegalHolds({ ...store, backends, log: pino({ level: 'silent' }) });
const place = async (id: string) => (await hub.change('placeHold', { id, reason: 'a claim', authority: 'a court' }, 'hold { id }', operator)).hold.id as string;
const release = (id: string) => hub.change('releaseHold', { id, reason: 'settled' }, 'hold { id }', steward);
const keys = async (packageId: string) => Object.fromEntries((await hub.database.sql.query<{ path: string; blake3: string }>('SELECT "path", "blake3" FROM "ArtifactFile" WHERE "packageId" = $1::uuid', [packageId])).map(({ path, blake3 }) => [path, keyOf(blake3)]));
const NOTHING = { set: 0, lifted: 0, failed: 0 };

test('bytes that packages share stay held until no hold on any of them needs them', async () => {
  const one = await finalized(hub, { 'shared.txt': 'both have this', 'one.txt': 'only one has this' });
  const other = await finalized(hub, { 'copy.txt': 'both have this' });
  const { 'shared.txt': shared, 'one.txt': own } = await keys(one);
  expect(await settle()).toEqual(NOTHING);
  const [first, second, third] = [await place(one), await place(one), await place(other)];
  expect(asked).toEqual([]);
  expect(await settle()).toEqual({ set: 2, lifted: 0, failed: 0 });
  expect(asked.sort()).toEqual([`set ${own}`, `set ${shared}`].sort());
  expect(await settle()).toEqual(NOTHING);
  await release(first);
  expect(await settle()).toEqual(NOTHING);
  asked = [];
  await release(second);
  expect(await settle()).toEqual({ set: 0, lifted: 1, failed: 0 });
  await release(third);
  expect(await settle()).toEqual({ set: 0, lifted: 1, failed: 0 });
  expect(asked).toEqual([`lift ${own}`, `lift ${shared}`]);
});

test('what a backend refuses is tried again; one that is away is left for the next time', async () => {
  const id = await finalized(hub, { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
  const hold = await place(id);
  refuse = new StorageError('unavailable', 'it does not answer');
  expect(await settle()).toEqual({ set: 0, lifted: 0, failed: 1 });
  refuse = new StorageError('missing', 'there is no such object');
  expect(await settle()).toEqual({ set: 0, lifted: 0, failed: 3 });
  refuse = null;
  expect(await settle()).toEqual({ set: 3, lifted: 0, failed: 0 });
  await release(hold);
  // nothing is left to lift on what is gone
  refuse = new StorageError('missing', 'there is no such object');
  expect(await settle()).toEqual({ set: 0, lifted: 3, failed: 0 });
});

test('backends without legal holds are left alone, and two runs at once do the work once', async () => {
  const id = await finalized(hub, Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.txt`, `content ${index}`])));
  await place(id);
  expect(await settle([await openLocal(hub.root)])).toEqual(NOTHING);
  const runs = await Promise.all([settle(), settle()]);
  expect(runs.map(({ set }) => set).reduce((sum, set) => sum + set)).toBe(30);
  expect(new Set(asked).size).toBe(30);
});
