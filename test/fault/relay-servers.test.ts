import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { connectBus } from '@hubgraph/kit/bus/bus';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import { messageId } from '@hubgraph/kit/bus/message';
import { openStreamLog } from '@hubgraph/kit/bus/stream-log';
import { systemClock } from '@hubgraph/kit/clock';
import { publish } from '@hubgraph/kit/relay/publisher';
import { startRelay, type Relay } from '@hubgraph/kit/relay/relay';
import type { RelayReport } from '@hubgraph/kit/relay/report';
import { newEpoch } from '@hubgraph/kit/relay/stream';
import { createWaker } from '@hubgraph/kit/relay/waker';
import { startNats, type TestNats } from '../harness/nats.ts';
import { manifest, outboxOf, quiet, recordThings, streamOf, withNats } from '../harness/outbox.ts';
import { startOwnPostgres } from '../harness/own-postgres.ts';
import { asAdmin, freshDatabase, type FreshDatabase } from '../harness/postgres.ts';
import { until } from '../harness/until.ts';

let nats: TestNats;
let database: FreshDatabase;
const relays: Relay[] = [];

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
  await nats.restart();
  await withNats(nats.url, async (connection) => (await managerOf(connection)).streams.delete(manifest.stream)).catch(() => undefined);
  await database.drop();
});

function relayOn(databaseUrl: string, reports: RelayReport[] = []): Relay {
  const relay = startRelay({ databaseUrl, schema: manifest.name, natsUrl: nats.url, manifest, clock: systemClock, log: quiet, reporter: (report) => reports.push(report) });
  relays.push(relay);
  return relay;
}

async function publishThings(relay: Relay, on: FreshDatabase, count: number): Promise<void> {
  // counted in the database: a relay that refills a stream stands at an older position meanwhile
  const [before] = await on.sql.query<{ events: number }>('SELECT count(*)::int AS "events" FROM "outbox"');
  await recordThings(on.transactor, count);
  relay.wake();
  await until(`${count} more events in the stream`, () => relay.status().published === before!.events + count);
}

/** A copy of a database as a backup would have it. */
async function backupOf(source: FreshDatabase): Promise<{ url: string; database: FreshDatabase }> {
  const server = inject('postgresUrl');
  const copy = await freshDatabase();
  await asAdmin(server, `DROP DATABASE "${copy.name}" WITH (FORCE)`);
  // copying needs the source for itself
  await asAdmin(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${source.name}'`);
  await until('the copy', () => asAdmin(server, `CREATE DATABASE "${copy.name}" TEMPLATE "${source.name}"`).then(() => true));
  return { url: copy.url, database: copy };
}

describe('a database restored from an older backup', () => {
  test.each([
    ['shorter than the stream', 0, /ends at 40 and the outbox at 20/],
    ['grown past it since', 30, /has event .* at 40 and the outbox/],
  ])('%s stops publishing with an alarm until an operator makes a new epoch', async (_case, grown, reason) => {
    const first = relayOn(database.url);
    await publishThings(first, database, 20);
    await first.stop();
    const backup = await backupOf(database);
    const second = relayOn(database.url);
    await until('the tail', () => second.status().published === 20);
    await publishThings(second, database, 20);
    await second.stop();
    const stream = await streamOf(nats.url);

    if (grown > 0) {
      const alone = startRelay({ databaseUrl: backup.url, schema: manifest.name, manifest, clock: systemClock, log: quiet });
      await recordThings(backup.database.transactor, grown);
      await until('positions', () => alone.status().sequenced === 20 + grown);
      await alone.stop();
    }
    const reports: RelayReport[] = [];
    const restored = relayOn(backup.url, reports);
    await until('the alarm', () => reports.some((report) => report.kind === 'alarm'));
    expect(restored.health()).toMatchObject({ ready: false, reason: expect.stringMatching(reason) as string });
    const [recorded] = await recordThings(backup.database.transactor, 1);
    await until('a second look', () => reports.filter((report) => report.kind === 'alarm').length > 1);
    expect(await streamOf(nats.url)).toEqual(stream);

    const epoch = await withNats(nats.url, (connection) => newEpoch(backup.database.sql, connection, manifest));
    await until('a new stream', () => restored.health().ready && restored.status().published === 21 + grown);
    expect(reports.findLast((report) => report.kind === 'opened')).toMatchObject({ epoch, next: 1 });
    const renewed = await streamOf(nats.url);
    expect(renewed).toEqual(await outboxOf(backup.database.sql));
    expect(renewed.at(-1)?.id).toBe(recorded!.id);
    await restored.stop();
    await backup.database.drop();
  });
});

test('a stream of another epoch is left alone, with an alarm', async () => {
  const first = relayOn(database.url);
  await publishThings(first, database, 3);
  await first.stop();
  await database.sql.query(`UPDATE "outboxState" SET "epoch" = gen_random_uuid()`);
  const second = relayOn(database.url);
  await until('the alarm', () => second.status().alarm?.includes('do not belong together'));
  expect(await streamOf(nats.url)).toHaveLength(3);
});

test('a tail that NATS lost is refilled with the same bytes, and subscribers see nothing twice', async () => {
  const relay = relayOn(database.url);
  await publishThings(relay, database, 50);
  const bus = connectBus(nats.url, quiet);
  const log = openStreamLog({ bus, stream: manifest.stream, log: quiet });
  const stopping = new AbortController();
  const seqs: number[] = [];
  const reading = (async () => {
    for await (const { seq } of log.read(0, stopping.signal)) seqs.push(seq);
  })();
  await nats.halt();
  const saved = `${nats.dir}.saved`;
  await cp(join(nats.dir, 'store'), saved, { recursive: true });
  await nats.restart();
  await publishThings(relay, database, 50);
  const whole = await streamOf(nats.url);
  await until('the subscriber', () => seqs.length === 100);

  await nats.kill();
  await rm(join(nats.dir, 'store'), { recursive: true });
  await cp(saved, join(nats.dir, 'store'), { recursive: true });
  await nats.restart();
  await until('the refill', async () => (await streamOf(nats.url)).length === 100);
  await publishThings(relay, database, 5);
  expect((await streamOf(nats.url)).slice(0, 100)).toEqual(whole);
  await until('the subscriber', () => seqs.at(-1) === 105);
  expect(seqs).toEqual(Array.from({ length: 105 }, (_, index) => index + 1));
  stopping.abort();
  await reading;
  await log.close();
  await bus.close();
  await rm(saved, { recursive: true });
});

test('a stream that is changed while nothing is published is put right', async () => {
  const relay = relayOn(database.url);
  await publishThings(relay, database, 10);
  const before = await streamOf(nats.url);
  await withNats(nats.url, async (connection) => (await managerOf(connection)).streams.delete(manifest.stream));
  await until('the refill', async () => (await streamOf(nats.url)).length === 10);
  expect(await streamOf(nats.url)).toEqual(before);
});

describe('a relay that lost its lock', () => {
  test('stops, and another goes on', async () => {
    const reports: RelayReport[] = [];
    const first = relayOn(database.url, reports);
    await publishThings(first, database, 5);
    const second = relayOn(database.url);
    await until('the standby', () => second.status().role === 'standby');
    await asAdmin(inject('postgresUrl'), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hubgraph relay kit' AND datname = '${database.name}' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`);
    await until('the loss', () => reports.some((report) => report.kind === 'lost'));
    await until('somebody to lead', () => [first, second].some((relay) => relay.status().role === 'leading' && relay.status().published === 5));
    await recordThings(database.transactor, 5);
    await until('ten events', () => [first, second].some((relay) => relay.status().published === 10));
    expect(await streamOf(nats.url)).toEqual(await outboxOf(database.sql));
  });

  test('can append nothing with what it still has in hand', async () => {
    const relay = relayOn(database.url);
    await publishThings(relay, database, 300);
    const before = await streamOf(nats.url);
    const [row] = await database.sql.query<{ epoch: string }>('SELECT "epoch" FROM "outboxState"');
    await withNats(nats.url, async (connection) => {
      // it publishes from a place it remembers, as no relay does
      const deps = { waker: createWaker(), confirmed: () => undefined, idle: () => Promise.resolve(), signal: new AbortController().signal };
      await expect(publish(database.sql, connection, { stream: manifest.stream, epoch: row!.epoch, next: 100 }, deps)).rejects.toThrow(/wrong last sequence/);
      // not even something new, at a place that is taken
      const late = jetstream(connection).publish('org.testhub.thing.changed', '{}', { msgID: messageId('00000000-0000-0000-0000-000000000000', 100), expect: { streamName: manifest.stream, lastSequence: 99 } });
      await expect(late).rejects.toThrow(/wrong last sequence/);
    });
    expect(await streamOf(nats.url)).toEqual(before);
  });
});

test('goes on through restarts and a kill of PostgreSQL', async () => {
  await using postgres = await startOwnPostgres();
  const own = await freshDatabase(undefined, { server: postgres.url });
  const relay = relayOn(own.url);
  await publishThings(relay, own, 10);
  await postgres.halt();
  await until('the loss to show', () => !relay.health().ready);
  await postgres.restart();
  await until('it to lead again', () => relay.health().ready);
  await publishThings(relay, own, 10);
  await postgres.kill();
  await until('the loss to show', () => !relay.health().ready);
  await postgres.restart();
  await until('it to lead again', () => relay.health().ready, { deadline: 30_000 });
  await publishThings(relay, own, 10);
  expect(await streamOf(nats.url)).toEqual(await outboxOf(own.sql));
  await relay.stop();
  await own.drop();
});
