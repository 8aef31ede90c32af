import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { systemClock } from '@hubgraph/kit/clock';
import { createConfirmations } from '@hubgraph/kit/confirm';
import { startRelay, type Relay } from '@hubgraph/kit/relay/relay';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { manifest, outboxOf, quiet, recordThings, streamInfo, streamOf, withNats } from '../../../test/harness/outbox.ts';
import { freshDatabase, type FreshDatabase } from '../../../test/harness/postgres.ts';
import { until } from '../../../test/harness/until.ts';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

interface Bench extends AsyncDisposable {
  readonly database: FreshDatabase;
  relay(natsUrl?: string): Relay;
}

/** A database and the relays on it, all gone at the end, and the stream too. */
async function bench(): Promise<Bench> {
  const database = await freshDatabase();
  const relays: Relay[] = [];
  return {
    database,
    relay(natsUrl) {
      const relay = startRelay({ databaseUrl: database.url, schema: database.schema, natsUrl, manifest, clock: systemClock, log: quiet });
      relays.push(relay);
      return relay;
    },
    async [Symbol.asyncDispose]() {
      for (const relay of relays) await relay.stop();
      await withNats(nats.url, async (connection) => (await jetstreamManager(connection)).streams.delete(manifest.stream)).catch(() => undefined);
      await database.drop();
    },
  };
}

describe('relay', () => {
  test('carries the outbox into the stream, sequence = position', async () => {
    await using it = await bench();
    const before = await recordThings(it.database.transactor, 5);
    const relay = it.relay(nats.url);
    const after = await recordThings(it.database.transactor, 5);
    relay.wake();
    await until('ten events in the stream', () => relay.status().published === 10);
    const stream = await streamOf(nats.url);
    expect(stream).toEqual(await outboxOf(it.database.sql));
    expect(stream.map((message) => message.id)).toEqual([...before, ...after].map((event) => event.id));
    expect(stream.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(relay.health()).toEqual({ part: 'kit.relay', ready: true });
    const info = await streamInfo(nats.url);
    expect(info?.config).toMatchObject({ deny_delete: true, deny_purge: true, discard: 'old', num_replicas: 1, max_age: 7 * 24 * 3600 * 1e9, metadata: { epoch: expect.any(String) as string } });
  });

  test('confirms a position to who waits for it', async () => {
    await using it = await bench();
    const relay = it.relay(nats.url);
    const confirmations = createConfirmations(it.database.sql);
    await until('the stream', () => relay.status().role === 'leading' && relay.health().ready);
    const recorded = await recordThings(it.database.transactor, 3);
    relay.wake();
    const ids = recorded.map((event) => event.outboxId);
    expect(await confirmations.position(ids, 5_000)).toEqual({ epoch: expect.any(String) as string, pos: 3 });
    expect(await confirmations.position([])).toBeNull();
    await relay.stop();
    const [late] = await recordThings(it.database.transactor, 1);
    expect(await confirmations.position([late!.outboxId], 30)).toBeNull();
  });

  test('without NATS it gives positions and keeps the events until there is one', async () => {
    await using it = await bench();
    const alone = it.relay();
    await recordThings(it.database.transactor, 3);
    await until('positions', () => alone.status().sequenced === 3);
    expect(alone.health().ready).toBe(true);
    await alone.stop();
    const relay = it.relay(nats.url);
    await until('three events', () => relay.status().published === 3);
    expect(await streamOf(nats.url)).toEqual(await outboxOf(it.database.sql));
  });

  test('sequences while NATS is away and is not ready meanwhile', async () => {
    await using it = await bench();
    const relay = it.relay('nats://127.0.0.1:9');
    await recordThings(it.database.transactor, 3);
    await until('positions', () => relay.status().sequenced === 3);
    expect(relay.health()).toMatchObject({ ready: false, reason: expect.stringContaining('NATS') as string });
  });

  test('of two relays one leads, and the other takes over', async () => {
    await using it = await bench();
    const first = it.relay(nats.url);
    await until('a leader', () => first.status().role === 'leading');
    const second = it.relay(nats.url);
    await until('a standby', () => second.status().role === 'standby');
    expect(second.health().ready).toBe(true);
    await recordThings(it.database.transactor, 2);
    await until('two events', () => first.status().published === 2);
    await first.stop();
    await until('the second to lead', () => second.status().role === 'leading');
    await recordThings(it.database.transactor, 2);
    await until('four events', () => second.status().published === 4);
    expect(await streamOf(nats.url)).toEqual(await outboxOf(it.database.sql));
  });

  test('a publisher that lost its place can append nothing', async () => {
    await using it = await bench();
    const relay = it.relay(nats.url);
    await recordThings(it.database.transactor, 3);
    await until('three events', () => relay.status().published === 3);
    await withNats(nats.url, async (connection) => {
      const zombie = jetstream(connection).publish('org.testhub.thing.changed', '{}', { msgID: 'zombie', expect: { streamName: manifest.stream, lastSequence: 2 } });
      await expect(zombie).rejects.toThrow(/wrong last sequence/);
    });
    expect(await streamOf(nats.url)).toHaveLength(3);
  });
});
