import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { heldClock, systemClock, type Clock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import { newId } from '@hubgraph/kit/ids';
import { filled, startArtifactsHub } from '../../../test/harness/artifacts.ts';
import { as } from '../../../test/harness/hub.ts';
import { quiet } from '../../../test/harness/outbox.ts';
import { startStoredBytes, type Stored, type StoredBytes } from '../../../test/harness/stored-bytes.ts';
import { config } from './config.ts';
import { resumeArtifactPackage } from './commands/package.ts';
import { jobs } from './jobs.ts';
import { StorageError, type StagedUpload, type StorageBackend } from './storage/backend.ts';
import { complete } from './transfer/completion.ts';
import { leased } from './transfer/lease.ts';

const never = new AbortController().signal;

/** Runs one of the hub's jobs to its end. */
async function run(storage: StoredBytes, name: string, { clock = systemClock, backends = storage.backends }: { clock?: Clock; backends?: readonly StorageBackend[] } = {}): Promise<void> {
  const { sql, transactor, changes } = storage;
  const job = jobs({ sql, transactor, changes, backends, scrubber: storage.scrubber(), clock, log: quiet, settings: readConfig(config, {}) }).find((one) => one.name === name);
  await job!.run(never);
}
const deleted = (storage: StoredBytes, { packageId }: Stored) => storage.sql.query(`UPDATE "ArtifactPackage" SET "status" = 'DELETED' WHERE "id" = $1::uuid`, [packageId]);
const there = (storage: StoredBytes, stored: Stored, backend = 'first') => stat(storage.pathOf(backend, stored)).then(() => true, () => false);

it('removes bytes of deleted packages, keeps those that another package shares, and tells the audit trail', async () => {
  await using storage = await startStoredBytes();
  const alone = await storage.put('needed by one', { in: ['first', 'second'] });
  const shared = await storage.put('needed by two');
  const sharer = await storage.put('needed by two', { status: 'FAILED' });
  await deleted(storage, alone);
  await deleted(storage, shared);
  await run(storage, 'removal');
  expect([await there(storage, alone), await there(storage, alone, 'second'), await there(storage, shared)]).toEqual([false, false, true]);
  expect(await storage.location('first', alone)).toMatchObject({ status: 'REMOVED', note: 'no package needs it' });
  expect(await storage.location('second', alone)).toMatchObject({ status: 'REMOVED' });
  expect(await storage.location('first', shared)).toMatchObject({ status: 'STORED' });
  expect(await storage.sql.query(`SELECT "action", "data" FROM "AuditEvent" ORDER BY "sequence"`)).toEqual(['first', 'second'].map((backend) => ({ action: 'removeBytes', data: { backend, blake3s: [alone.blake3] } })));
  await deleted(storage, sharer);
  await run(storage, 'removal');
  expect(await there(storage, shared)).toBe(false);
  await run(storage, 'removal');
  expect(await storage.sql.query(`SELECT 1 FROM "AuditEvent"`)).toHaveLength(3); // of `shared` nothing was in `second`
});

it('removes what an upload left that was cut off before its location was written', async () => {
  await using storage = await startStoredBytes({ names: ['first'] });
  const cut = await storage.put('cut off', { status: 'DELETED' });
  await storage.sql.query(`DELETE FROM "StorageLocation"`);
  await run(storage, 'removal');
  expect(await there(storage, cut)).toBe(false);
  // stored again behind a removal, and cut off again
  await storage.backends[0]!.store(cut, (async function* () { yield Buffer.from('cut off'); })());
  await storage.sql.query(`UPDATE "ArtifactFile" SET "status" = 'PENDING'`);
  await run(storage, 'removal');
  expect(await there(storage, cut)).toBe(false);
  expect(await storage.sql.query(`SELECT "blake3" FROM "ArtifactFile"`)).toEqual([{ blake3: null }]);
});

it('removes what it can when a storage does not let an object go, and tries that again the next time', async () => {
  await using storage = await startStoredBytes();
  const gone = await Promise.all(['a', 'b', 'c'].map((content) => storage.put(content, { status: 'DELETED' })));
  const [first, second] = storage.backends as [StorageBackend, StorageBackend];
  let calls = 0;
  const failing: StorageBackend = { ...first, remove: async (key) => (++calls === 2 ? Promise.reject(new StorageError('unavailable', 'timed out')) : first.remove(key)) };
  await expect(run(storage, 'removal', { backends: [failing, second] })).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await storage.sql.query(`SELECT "backend", "status", count(*)::int AS "count" FROM "StorageLocation" GROUP BY 1, 2 ORDER BY 1, 2`)).toEqual([{ backend: 'first', status: 'REMOVED', count: 2 }, { backend: 'first', status: 'STORED', count: 1 }, { backend: 'second', status: 'REMOVED', count: 3 }]);
  await run(storage, 'removal', { backends: [failing, second] });
  for (const stored of gone) expect(await there(storage, stored)).toBe(false);
});

it('gives up when a storage lets nothing go', async () => {
  await using storage = await startStoredBytes({ names: ['first'] });
  await Promise.all(Array.from({ length: 8 }, (_, index) => storage.put(`file ${index}`, { status: 'DELETED' })));
  let calls = 0;
  const dead: StorageBackend = { ...storage.backends[0]!, remove: async () => { calls++; throw new StorageError('unavailable', 'timed out'); } };
  await expect(run(storage, 'removal', { backends: [dead] })).rejects.toMatchObject({ kind: 'unavailable' });
  expect(calls).toBe(3);
});

/** Uploads as the hub's door does, by the same functions, into a new package. */
async function upload(storage: StoredBytes, content: string): Promise<Stored> {
  const { sql } = storage;
  const backend = storage.backends[0]!;
  const [packageId, fileId] = [newId(), newId()];
  const bytes = Buffer.from(content);
  await sql.query(`INSERT INTO "ArtifactPackage" ("id", "status", "producer", "subject", "sourceCommits", "metadata", "retentionClass", "progressAt", "createdBy", "createdAt", "updatedAt") VALUES ($1::uuid, 'UPLOADING', 't', 's', '{}', '{}', 'transient', now(), 't', now(), now())`, [packageId]);
  await sql.query(`INSERT INTO "ArtifactFile" ("id", "packageId", "path", "mediaType", "status", "size", "createdAt") VALUES ($1::uuid, $2::uuid, 'a', 'text/plain', 'PENDING', $3::bigint, now())`, [fileId, packageId, bytes.length]);
  const staged: StagedUpload = { id: fileId, size: bytes.length, state: null, save: async () => {} };
  await backend.append(staged, 0, (async function* () { yield bytes; })());
  const blob = await leased({ sql, now: () => new Date() }, fileId, (lease) => complete({ sql, now: () => new Date(), backend }, lease, staged));
  const location = await storage.location('first', { ...blob, key: '', packageId, fileId });
  return { ...blob, key: location!.key, packageId, fileId };
}

it('never removes bytes that an upload of the same bytes needs, however they meet, and a scrub takes neither for damage', async () => {
  await using storage = await startStoredBytes({ names: ['first'] });
  const contents = ['one', 'two', 'three'];
  let writing = 6;
  // uploads get their chance between the look for needers and the removal
  const [real] = storage.backends as [StorageBackend];
  const slow: StorageBackend = { ...real, remove: async (key) => { for (let turn = 0; turn < 5; turn++) await storage.sql.query('SELECT 1'); await real.remove(key); } };
  let met = 0;
  const writers = Array.from({ length: writing }, async (_, writer) => {
    for (let turn = 0; turn < 25; turn++) {
      const content = contents[(writer + turn) % contents.length]!;
      const stored = await upload(storage, content);
      expect(await readFile(storage.pathOf('first', stored), 'utf8')).toBe(content);
      if (turn % 5 !== 4 || writer > 0) await deleted(storage, stored);
    }
    writing--;
  });
  const remover = (async () => {
    while (writing > 0) {
      await run(storage, 'removal', { backends: [slow] });
      met = (await storage.sql.query(`SELECT 1 FROM "AuditEvent"`)).length;
    }
  })();
  let read = 0;
  const scrubber = storage.scrubber();
  const scrubbing = (async () => {
    while (writing > 0) read += (await scrubber.scrub('first', true, never))?.checked ?? 0;
  })();
  await Promise.all([...writers, remover, scrubbing]);
  expect(met).toBeGreaterThan(5);
  expect(read).toBeGreaterThan(5);
  expect(await storage.events()).toEqual([]);
  await run(storage, 'removal');
  const kept = await storage.sql.query<{ blake3: string; key: string; needed: boolean; status: string }>(
    `SELECT l."blake3", l."key", l."status", EXISTS (SELECT 1 FROM "ArtifactFile" f JOIN "ArtifactPackage" p ON p."id" = f."packageId" WHERE f."blake3" = l."blake3" AND p."status" <> 'DELETED') AS "needed" FROM "StorageLocation" l`,
  );
  expect(kept).toHaveLength(3);
  for (const { key, needed, status } of kept) {
    expect(status).toBe(needed ? 'STORED' : 'REMOVED');
    expect(await storage.backends[0]!.stat(key).then((found) => found !== null)).toBe(needed);
  }
}, 60_000);

it('takes damaged bytes anew from an upload of the same, and tells when they were read', async () => {
  await using storage = await startStoredBytes({ names: ['first'] });
  const stored = await storage.put('twice');
  await rm(storage.pathOf('first', stored));
  const scrubber = storage.scrubber();
  await scrubber.scrub('first', false, never);
  await upload(storage, 'twice');
  expect(await storage.location('first', stored)).toMatchObject({ status: 'STORED', note: null, checkedAt: null });
  expect(await scrubber.scrub('first', false, never)).toMatchObject({ checked: 1, lost: 0, repaired: 1 });
  await scrubber.scrub('first', true, never);
  expect((await storage.events()).map(({ type, data }) => [type, data.packageCount])).toEqual([['org.artifactstore.scrub.failed', 1], ['org.artifactstore.scrub.repaired', 2]]);
});

it('lets the hub end in the middle of a scrub', async () => {
  await using hub = await startArtifactsHub({ start: true, env: { HUBGRAPH_ARTIFACTS_SCRUB_RATE: '1' } });
  await filled(hub, { large: Buffer.alloc(60 * 1_048_576) });
  const { scrubRun } = await hub.change('startScrub', {}, 'scrubRun { id status }', as('operator'));
  expect(scrubRun.status).toBe('RUNNING');
  const from = performance.now();
  await hub.hub.stop();
  expect(performance.now() - from).toBeLessThan(20_000);
  expect(await hub.database.sql.query(`SELECT "error", "finishedAt" FROM "ScrubRun"`)).toEqual([{ error: 'the hub was stopped', finishedAt: null }]);
});

it('copies to the other storages what they lack, and not what nobody needs or what is damaged everywhere', async () => {
  await using storage = await startStoredBytes({ names: ['first', 'second', 'third'] });
  const lacked = await storage.put('lacked');
  const elsewhere = await storage.put('only in the second', { in: ['second'] });
  const unneeded = await storage.put('unneeded', { status: 'DELETED' });
  const lost = await storage.put('lost');
  await storage.sql.query(`UPDATE "StorageLocation" SET "status" = 'LOST' WHERE "blake3" = $1`, [lost.blake3]);
  await storage.sql.query(`INSERT INTO "StorageLocation" ("id", "blake3", "backend", "key", "status", "createdAt") VALUES ($1::uuid, $2, 'third', $3, 'REMOVED', now())`, [randomUUID(), lacked.blake3, lacked.key]);
  await run(storage, 'replication');
  const where = await storage.sql.query<{ blake3: string; in: string[] }>(`SELECT "blake3", array_agg("backend" ORDER BY "backend") AS "in" FROM "StorageLocation" WHERE "status" = 'STORED' GROUP BY 1`);
  expect(Object.fromEntries(where.map((row) => [row.blake3, row.in]))).toEqual({ [lacked.blake3]: ['first', 'second', 'third'], [elsewhere.blake3]: ['first', 'second', 'third'], [unneeded.blake3]: ['first'] });
  expect(await readFile(storage.pathOf('third', lacked), 'utf8')).toBe('lacked');
});

it('stops copying when the other storage does not answer, and copies nothing that is not what it should be', async () => {
  await using storage = await startStoredBytes();
  const stored = await storage.put('right');
  const [first, second] = storage.backends as [StorageBackend, StorageBackend];
  const away: StorageBackend = { ...second, store: async () => Promise.reject(new StorageError('unavailable', 'timed out')), health: async () => ({ ready: false, reason: 'timed out' }) };
  await expect(run(storage, 'replication', { backends: [first, away] })).rejects.toMatchObject({ kind: 'unavailable' });
  await storage.backends[0]!.store(stored, (async function* () { yield Buffer.from('right'); })(), { replace: true });
  const wrong: StorageBackend = { ...first, read: async () => (await import('node:stream')).Readable.from([Buffer.from('wrong')]) };
  await run(storage, 'replication', { backends: [wrong, second] });
  expect(await there(storage, stored, 'second')).toBe(false);
  expect(await storage.location('second', stored)).toBeUndefined();
});

it('fails a package after 24 hours without progress, which can be resumed for as long, and discards what cannot go on', async () => {
  const clock = heldClock(new Date(Date.now() - 3 * 86_400_000));
  await using storage = await startStoredBytes({ names: ['first'], clock });
  const packages = new Map<string, string>();
  for (const [name, status] of [['empty', 'CREATED'], ['open', 'UPLOADING'], ['moving', 'UPLOADING'], ['final', 'FINALIZED']] as const) packages.set(name, (await storage.put(name, { status })).packageId);
  const statusOf = async (name: string) => (await storage.sql.query<{ status: string; reason: string | null }>(`SELECT "status", "reason" FROM "ArtifactPackage" WHERE "id" = $1::uuid`, [packages.get(name)]))[0];
  const staged = async (name: string, old = true) => {
    const id = newId();
    await storage.sql.query(`INSERT INTO "ArtifactFile" ("id", "packageId", "path", "mediaType", "status", "size", "createdAt") VALUES ($1::uuid, $2::uuid, 'half', 'text/plain', 'PENDING', 10, now())`, [id, packages.get(name)]);
    await storage.backends[0]!.append({ id, size: 10, state: null, save: async () => {} }, 0, (async function* () { yield Buffer.from('half'); })());
    if (old) await utimes(join(storage.roots.first!, 'staging', id), 0, 0);
    return () => stat(join(storage.roots.first!, 'staging', id)).then(() => true, () => false);
  };
  const half = await staged('open');

  clock.advance(24 * 3_600_000 - 1);
  await run(storage, 'stalled', { clock });
  expect(await statusOf('open')).toMatchObject({ status: 'UPLOADING' });
  await storage.sql.query(`UPDATE "ArtifactPackage" SET "progressAt" = $2::timestamptz WHERE "id" = $1::uuid`, [packages.get('moving'), clock.now()]);
  clock.advance(1);
  await run(storage, 'stalled', { clock });
  expect(await statusOf('empty')).toMatchObject({ status: 'FAILED' });
  expect(await statusOf('open')).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/^No progress since \d{4}-.*Z, for 24 hours\.$/) as string });
  expect(await statusOf('moving')).toMatchObject({ status: 'UPLOADING' });
  expect(await statusOf('final')).toMatchObject({ status: 'FINALIZED' });
  expect((await storage.events()).map(({ type, data }) => [type, data.id])).toEqual([['org.artifactstore.package.failed', packages.get('empty')], ['org.artifactstore.package.failed', packages.get('open')]]);
  expect(await half()).toBe(true);

  clock.advance(23 * 3_600_000);
  const author = { identity: as('author') };
  const resume = (name: string) => storage.changes.run(author, { name: 'resumeArtifactPackage', scopes: [['artifacts:write']], input: {} }, (work) => resumeArtifactPackage(work, { id: packages.get(name)! }));
  expect((await resume('open')).errors).toEqual([]);
  expect(await statusOf('open')).toMatchObject({ status: 'UPLOADING' });
  await run(storage, 'stalled', { clock });
  expect(await half()).toBe(true);

  // a day later it has failed again; after one more it can go on no more
  clock.advance(24 * 3_600_000);
  await run(storage, 'stalled', { clock });
  expect(await statusOf('open')).toMatchObject({ status: 'FAILED' });
  clock.advance(24 * 3_600_000);
  expect((await resume('open')).errors).toMatchObject([{ unmet: [{ code: 'RESUME_TOO_LATE' }] }]);
  await run(storage, 'stalled', { clock });
  expect(await half()).toBe(false);
});

it('discards staged bytes of files that are gone, and leaves those that arrive now', async () => {
  await using storage = await startStoredBytes({ names: ['first'] });
  const unknown = newId();
  const fresh = newId();
  for (const id of [unknown, fresh]) await storage.backends[0]!.append({ id, size: 10, state: null, save: async () => {} }, 0, (async function* () { yield Buffer.from('half'); })());
  await utimes(join(storage.roots.first!, 'staging', unknown), 0, 0);
  await run(storage, 'stalled');
  expect(await storage.backends[0]!.received({ id: unknown, size: 10, state: null, save: async () => {} })).toBe(0);
  expect(await storage.backends[0]!.received({ id: fresh, size: 10, state: null, save: async () => {} })).toBe(4);
});
