import { appendFile, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as } from '../../../../../test/harness/hub.ts';
import { startStoredBytes } from '../../../../../test/harness/stored-bytes.ts';
import { StorageError, type StorageBackend } from '../../storage/backend.ts';
import { locations } from '../../store/index.ts';
import type { StartScrubInput } from './index.ts';
import { paceOf } from './pace.ts';

const never = new AbortController().signal;
const CONTENT = Buffer.alloc(300_000, 'evidence ');

/** Flips one bit in the middle of a file, as a disk does. */
async function flip(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 150_000);
  byte[0]! ^= 1;
  await file.write(byte, 0, 1, 150_000);
}

const damages: readonly { readonly what: string; readonly status: 'LOST' | 'CHANGED'; readonly note: RegExp; readonly to: (path: string) => Promise<void> }[] = [
  { what: 'a flipped bit', status: 'CHANGED', note: /^sha256 is [\da-f]{64}, blake3 is [\da-f]{64}$/, to: flip },
  { what: 'a deleted file', status: 'LOST', note: /^not found$/, to: (path) => rm(path) },
  { what: 'a cut file', status: 'CHANGED', note: /^has 1000 instead of 300000 bytes$/, to: (path) => truncate(path, 1_000) },
  { what: 'a longer file', status: 'CHANGED', note: /^has more than 300000 bytes$/, to: (path) => appendFile(path, 'x') },
];

it.each(damages)('finds $what, tells of it once, and once more when the bytes are back', async ({ status, note, to }) => {
  await using storage = await startStoredBytes();
  const stored = await storage.put(CONTENT, { workstream: 'CUST-WP-0025' });
  await storage.put('sound');
  const path = storage.pathOf('first', stored);
  await to(path);
  const scrubber = storage.scrubber();
  const first = await scrubber.scrub('first', false, never);
  expect(first).toMatchObject({ due: 2, checked: 2, lost: status === 'LOST' ? 1 : 0, changed: status === 'CHANGED' ? 1 : 0, repaired: 0, error: null, lease: null });
  expect(first?.finishedAt).toBeInstanceOf(Date);
  const location = await storage.location('first', stored);
  expect(location).toMatchObject({ status, note: expect.stringMatching(note) as string });
  expect(location?.damagedAt).toBeInstanceOf(Date);
  expect(await storage.events()).toEqual([
    { type: 'org.artifactstore.scrub.failed', data: expect.objectContaining({ id: location!.id, found: status, backend: 'first', blake3: stored.blake3, sha256: stored.sha256, packages: [stored.packageId], packageCount: 1, repos: ['state-hub'], workstreams: ['CUST-WP-0025'], services: [], repairedFrom: null }) as object },
  ]);

  // the next night it is damaged still, and only what is damaged is due
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ due: 1, checked: 1, repaired: 0 });
  expect(await storage.events()).toHaveLength(1);

  await writeFile(path, CONTENT);
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ lost: 0, changed: 0, repaired: 1 });
  expect(await storage.location('first', stored)).toMatchObject({ status: 'STORED', note: null, damagedAt: location!.damagedAt });
  expect((await storage.events()).map(({ type }) => type)).toEqual(['org.artifactstore.scrub.failed', 'org.artifactstore.scrub.repaired']);
  const trail = await storage.sql.query<{ action: string; packageId: string }>(`SELECT "action", "packageId" FROM "AuditEvent" WHERE "action" <> 'startScrub' ORDER BY "sequence"`);
  expect(trail).toEqual([{ action: 'scrubFailed', packageId: stored.packageId }, { action: 'scrubRepaired', packageId: stored.packageId }]);
});

it.each(damages)('repairs $what from another storage', async ({ status, to }) => {
  await using storage = await startStoredBytes();
  const stored = await storage.put(CONTENT, { in: ['first', 'second'] });
  await to(storage.pathOf('first', stored));
  expect(await storage.scrubber().scrub('first', false, never)).toMatchObject({ lost: status === 'LOST' ? 1 : 0, changed: status === 'CHANGED' ? 1 : 0, repaired: 1 });
  expect(await readFile(storage.pathOf('first', stored))).toEqual(CONTENT);
  expect(await storage.location('first', stored)).toMatchObject({ status: 'STORED', note: null });
  expect((await storage.events()).map(({ type, data }) => [type, data.found, data.repairedFrom])).toEqual([['org.artifactstore.scrub.failed', status, null], ['org.artifactstore.scrub.repaired', 'STORED', 'second']]);
});

it('does not repair from a copy that is damaged too', async () => {
  await using storage = await startStoredBytes();
  const stored = await storage.put(CONTENT, { in: ['first', 'second'] });
  await rm(storage.pathOf('first', stored));
  await flip(storage.pathOf('second', stored));
  expect(await storage.scrubber().scrub('first', false, never)).toMatchObject({ lost: 1, repaired: 0 });
  expect(await storage.backends[0]!.stat(stored.key)).toBeNull();
  expect(await storage.scrubber().scrub('second', false, never)).toMatchObject({ changed: 1, repaired: 0 });
});

it('reads what was not read for the days that are set, or everything when told', async () => {
  const clock = heldClock('2026-11-01T00:00:00Z');
  await using storage = await startStoredBytes({ clock });
  await storage.put('one');
  await storage.put('nobody needs it', { status: 'DELETED' });
  const scrubber = storage.scrubber();
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ due: 1, checked: 1 });
  clock.advance(29 * 86_400_000);
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ due: 0, checked: 0 });
  expect(await scrubber.scrub('first', true, never)).toMatchObject({ due: 1, checked: 1, all: true });
  clock.advance(30 * 86_400_000 + 1);
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ due: 1, checked: 1 });
});

it('takes a storage that does not answer for no damage, and goes on when it does', async () => {
  await using storage = await startStoredBytes();
  for (let index = 0; index < 5; index++) await storage.put(`file ${index}`);
  let silent = true;
  const [real] = storage.backends as [StorageBackend];
  let reads = 0;
  const flaky: StorageBackend = {
    ...real,
    read: async (key) => {
      if (silent && ++reads > 2) throw new StorageError('unavailable', 'connection refused');
      return real.read(key);
    },
    health: async () => (silent ? { ready: false, reason: 'connection refused' } : real.health()),
  };
  const scrubber = storage.scrubber({ backends: [flaky] });
  await expect(scrubber.scrub('first', false, never)).rejects.toMatchObject({ kind: 'unavailable' });
  const [stopped] = await storage.sql.query<{ checked: number; error: string; finishedAt: Date | null }>(`SELECT * FROM "ScrubRun"`);
  expect(stopped).toMatchObject({ checked: 2, error: 'the storage does not answer', finishedAt: null });
  expect(await storage.sql.query(`SELECT 1 FROM "StorageLocation" WHERE "status" <> 'STORED'`)).toEqual([]);
  expect(await storage.events()).toEqual([]);
  silent = false;
  await scrubber.resume(never);
  expect(await storage.sql.query(`SELECT "checked", "due", "error", "finishedAt" IS NOT NULL AS "finished" FROM "ScrubRun"`)).toEqual([{ checked: 5, due: 5, error: null, finished: true }]);
});

it('goes past one object that cannot be read while the rest can, says so, and keeps it due', async () => {
  await using storage = await startStoredBytes();
  const odd = await storage.put('odd');
  await storage.put('even');
  const [real] = storage.backends as [StorageBackend];
  const refusing: StorageBackend = { ...real, read: async (key) => (key === odd.key ? Promise.reject(new StorageError('unavailable', 'permission denied')) : real.read(key)) };
  expect(await storage.scrubber({ backends: [refusing] }).scrub('first', false, never)).toMatchObject({ checked: 1, error: '1 location could not be read, which stay due; the log names them' });
  expect(await storage.location('first', odd)).toMatchObject({ status: 'STORED', checkedAt: null });
});

it('marks an object that the disk cannot read', async () => {
  await using storage = await startStoredBytes();
  const bad = await storage.put('bad sector');
  const [real] = storage.backends as [StorageBackend];
  const failing: StorageBackend = { ...real, read: async () => Promise.reject(new StorageError('unavailable', 'the disk has an input or output error', { cause: Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }) })) };
  expect(await storage.scrubber({ backends: [failing] }).scrub('first', false, never)).toMatchObject({ checked: 1, changed: 1 });
  expect(await storage.location('first', bad)).toMatchObject({ status: 'CHANGED', note: 'cannot be read: EIO after 0 bytes' });
});

it('refuses a second run while one is under way, and names it', async () => {
  await using storage = await startStoredBytes();
  await storage.put('one');
  let reached = () => {};
  let goOn = () => {};
  const reaching = new Promise<void>((resolve) => (reached = resolve));
  const going = new Promise<void>((resolve) => (goOn = resolve));
  const [real] = storage.backends as [StorageBackend];
  const slow: StorageBackend = { ...real, read: async (key) => { reached(); await going; return real.read(key); } };
  const scrubber = storage.scrubber({ backends: [slow] });
  const caller = { identity: as('operator') };
  const verb = { name: 'startScrub', scopes: [['retention:manage']] as const };
  const input: StartScrubInput = { backend: 'first' };
  const first = await scrubber.start(caller, { ...verb, input }, input);
  expect(first.result?.scrubRun).toMatchObject({ backend: 'first', startedBy: 'operator' });
  await reaching;
  expect((await scrubber.start(caller, { ...verb, input }, input)).errors).toMatchObject([{ type: 'Duplicate', existingId: first.result!.scrubRun.id }]);
  expect(await scrubber.scrub('first', true, never)).toBeNull();
  expect((await scrubber.start(caller, { ...verb, input }, { backend: 'third' })).errors).toMatchObject([{ type: 'InvalidInput', path: ['input', 'backend'] }]);
  goOn();
  await scrubber.idle();
  expect(await scrubber.scrub('first', true, never)).toMatchObject({ checked: 1 });
});

it('goes on with what was cut off, keeps what it read, and gives way to a scrub of everything', async () => {
  const clock = heldClock('2026-11-01T00:00:00Z');
  await using storage = await startStoredBytes({ clock });
  for (let index = 0; index < 3; index++) await storage.put(`file ${index}`);
  const scrubber = storage.scrubber();
  await scrubber.scrub('first', false, never);
  clock.advance(40 * 86_400_000);
  const stop = new AbortController();
  const [real] = storage.backends as [StorageBackend];
  let reads = 0;
  const stopping: StorageBackend = { ...real, read: async (key) => { if (++reads === 2) stop.abort(new Error('the hub stops')); return real.read(key); } };
  await expect(storage.scrubber({ backends: [stopping] }).scrub('first', false, stop.signal)).rejects.toThrow('the hub stops');
  const cut = await storage.sql.query<{ id: string }>(`SELECT * FROM "ScrubRun" WHERE "finishedAt" IS NULL`);
  expect(cut).toMatchObject([{ all: false, due: 3, checked: 1, error: 'the hub was stopped', lease: null }]);
  clock.advance(1_000);
  const everything = await scrubber.scrub('first', true, never);
  expect(everything).toMatchObject({ all: true, due: 3, checked: 3 });
  expect(everything?.id).not.toBe(cut[0]!.id);
  expect(await storage.sql.query(`SELECT "error", "checked" FROM "ScrubRun" WHERE "id" = $1::uuid`, [cut[0]!.id])).toEqual([{ error: 'was cut off; a scrub of everything took its place', checked: 1 }]);
  clock.advance(40 * 86_400_000);
  reads = 1;
  const again = new AbortController();
  const once: StorageBackend = { ...real, read: async (key) => { if (++reads === 3) again.abort(new Error('the hub stops')); return real.read(key); } };
  await expect(storage.scrubber({ backends: [once] }).scrub('first', true, again.signal)).rejects.toThrow('the hub stops');
  // what is due is a part of everything
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ all: true, due: 3, checked: 3 });
});

it('tries nothing of a dry run, and does the same order once', async () => {
  await using storage = await startStoredBytes();
  await storage.put('one');
  const scrubber = storage.scrubber();
  const caller = { identity: as('operator') };
  const start = (input: StartScrubInput) => scrubber.start(caller, { name: 'startScrub', scopes: [['retention:manage']], input }, input);
  expect((await start({ dryRun: true })).result?.scrubRun).toMatchObject({ backend: 'first' });
  await scrubber.idle();
  expect(await storage.sql.query(`SELECT 1 FROM "ScrubRun"`)).toEqual([]);
  const { result } = await start({ idempotencyKey: 'tonight' });
  await scrubber.idle();
  expect((await start({ idempotencyKey: 'tonight' })).result?.scrubRun.id).toBe(result?.scrubRun.id);
  await scrubber.idle();
  expect(await storage.sql.query(`SELECT "checked", "finishedAt" IS NOT NULL AS "finished" FROM "ScrubRun"`)).toEqual([{ checked: 1, finished: true }]);
});

it('keeps to its rate', async () => {
  const clock = heldClock('2026-11-01T00:00:00Z');
  await using storage = await startStoredBytes({ clock });
  const MIB = 1_048_576;
  await storage.put(Buffer.alloc(5 * MIB, 1));
  await storage.put(Buffer.alloc(3 * MIB, 2));
  let waited = 0;
  const run = await storage.scrubber({ rate: 2, wait: async (milliseconds) => { waited += milliseconds; clock.advance(milliseconds); } }).scrub('first', false, never);
  expect(Number(run?.bytes)).toBe(8 * MIB);
  expect(waited).toBeGreaterThan(3_850);
  expect(waited).toBeLessThanOrEqual(4_000);
});

it('lets a slow reader catch up only a little', async () => {
  const clock = heldClock('2026-11-01T00:00:00Z');
  const waits: number[] = [];
  const pace = paceOf({ mebibytes: 1, clock, wait: async (milliseconds) => { waits.push(milliseconds); clock.advance(milliseconds); } });
  clock.advance(3_600_000);
  await pace.take(1_048_576, never);
  expect(waits).toEqual([950]);
  await expect(pace.take(1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

it('takes bytes that an upload puts there meanwhile for no damage', async () => {
  await using storage = await startStoredBytes();
  const stored = await storage.put('will be back');
  await rm(storage.pathOf('first', stored));
  const [real] = storage.backends as [StorageBackend];
  // between the reading and the look under the lock
  const moving: StorageBackend = { ...real, stat: async (key) => { await writeFile(storage.pathOf('first', stored), 'will be back'); return real.stat(key); } };
  expect(await storage.scrubber({ backends: [moving] }).scrub('first', false, never)).toMatchObject({ checked: 1, lost: 0, repaired: 0 });
  expect(await storage.location('first', stored)).toMatchObject({ status: 'STORED', damagedAt: null });
  expect(await storage.events()).toEqual([]);
});

it('leaves alone what is removed while it is read', async () => {
  await using storage = await startStoredBytes();
  const stored = await storage.put('goes');
  const [real] = storage.backends as [StorageBackend];
  const removing: StorageBackend = {
    ...real,
    read: async (key) => {
      await storage.sql.query(`UPDATE "ArtifactPackage" SET "status" = 'DELETED'`);
      await storage.transactor.transaction(async (tx) => {
        await locations.lockBlob(tx, stored.blake3);
        await real.remove(key);
        await locations.removed(tx, { blake3: stored.blake3, backend: 'first', key, now: new Date() });
      });
      return real.read(key);
    },
  };
  expect(await storage.scrubber({ backends: [removing] }).scrub('first', false, never)).toMatchObject({ checked: 1, lost: 0 });
  expect(await storage.location('first', stored)).toMatchObject({ status: 'REMOVED' });
  expect(await storage.events()).toEqual([]);
});

it('takes back a repair that a removal has overtaken', async () => {
  await using storage = await startStoredBytes();
  const stored = await storage.put(CONTENT, { in: ['first', 'second'] });
  await rm(storage.pathOf('first', stored));
  const [first, second] = storage.backends as [StorageBackend, StorageBackend];
  const overtaken: StorageBackend = {
    ...second,
    read: async (key) => {
      await storage.sql.query(`UPDATE "ArtifactPackage" SET "status" = 'DELETED'`);
      await storage.transactor.transaction(async (tx) => {
        await locations.lockBlob(tx, stored.blake3);
        await locations.removed(tx, { blake3: stored.blake3, backend: 'first', key, now: new Date() });
      });
      return second.read(key);
    },
  };
  expect(await storage.scrubber({ backends: [first, overtaken] }).scrub('first', false, never)).toMatchObject({ lost: 1, repaired: 0 });
  expect(await first.stat(stored.key)).toBeNull();
  expect(await storage.location('first', stored)).toMatchObject({ status: 'REMOVED' });
});
