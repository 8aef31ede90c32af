import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import { connectBus, type Bus } from '@hubgraph/kit/bus/bus';
import { CursorAhead, StreamReset } from '@hubgraph/kit/bus/outcomes';
import { openStreamLog, type LogReport, type StreamLog } from '@hubgraph/kit/bus/stream-log';
import type { RingSize } from '@hubgraph/kit/bus/ring';
import { systemClock } from '@hubgraph/kit/clock';
import { startRelay, type Relay } from '@hubgraph/kit/relay/relay';
import { newEpoch } from '@hubgraph/kit/relay/stream';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { manifest, outboxOf, quiet, recordThings, streamInfo, withNats } from '../../../test/harness/outbox.ts';
import { freshDatabase, type FreshDatabase } from '../../../test/harness/postgres.ts';
import { until } from '../../../test/harness/until.ts';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

/** What a reader got, and how it ended. */
interface Reading {
  readonly seqs: number[];
  readonly ids: string[];
  readonly ended: Promise<unknown>;
  stop(): void;
}

function readFrom(log: StreamLog, after: number, epoch?: string): Reading {
  const stopping = new AbortController();
  const reading: Reading = { seqs: [], ids: [], stop: () => stopping.abort(), ended: Promise.resolve() };
  const run = async (): Promise<unknown> => {
    try {
      for await (const { seq, event } of log.read(after, stopping.signal, epoch)) {
        reading.seqs.push(seq);
        reading.ids.push(event.id);
      }
      return 'ended';
    } catch (error) {
      return error;
    }
  };
  return Object.assign(reading, { ended: run() });
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

interface Scene extends AsyncDisposable {
  readonly database: FreshDatabase;
  readonly relay: Relay;
  /** Records events and waits until the stream has them. */
  publish(count: number): Promise<void>;
  log(ring?: RingSize): { log: StreamLog; reports: LogReport[]; bus: Bus };
}

async function scene(options: { relay?: boolean } = {}): Promise<Scene> {
  const database = await freshDatabase();
  const start = () => startRelay({ databaseUrl: database.url, schema: database.schema, natsUrl: nats.url, manifest, clock: systemClock, log: quiet });
  let running = options.relay === false ? undefined : start();
  const relay = (): Relay => (running ??= start());
  const open: { log: StreamLog; bus: Bus }[] = [];
  let published = 0;
  return {
    database,
    get relay() {
      return relay();
    },
    async publish(count) {
      await recordThings(database.transactor, count);
      published += count;
      relay().wake();
      await until(`${published} events in the stream`, () => relay().status().published >= published);
    },
    log(ring) {
      const reports: LogReport[] = [];
      const bus = connectBus(nats.url, quiet);
      const log = openStreamLog({ bus, stream: manifest.stream, ring, log: quiet, report: (report) => reports.push(report) });
      open.push({ log, bus });
      return { log, reports, bus };
    },
    async [Symbol.asyncDispose]() {
      await running?.stop();
      for (const { log, bus } of open) {
        await log.close();
        await bus.close();
      }
      await withNats(nats.url, async (connection) => (await managerOf(connection)).streams.delete(manifest.stream)).catch(() => undefined);
      await database.drop();
    },
  };
}

describe('stream log', () => {
  test('waits for a stream that does not exist yet, then delivers live', async () => {
    await using it = await scene({ relay: false });
    const { log } = it.log();
    expect(log.tail()).toBeNull();
    const reading = readFrom(log, 0);
    await until('a reason', () => log.trouble()?.includes('does not exist'));
    await it.publish(3);
    await until('three events', () => reading.seqs.length === 3);
    expect(reading.seqs).toEqual([1, 2, 3]);
    expect(log.trouble()).toBeUndefined();
    reading.stop();
    expect(await reading.ended).toBe('ended');
  });

  test('replays from the ring, and from the stream what is older, without gap or double while events arrive', async () => {
    await using it = await scene();
    await it.publish(1200);
    const { log, reports } = it.log({ events: 50, bytes: 1_000_000 });
    expect((await log.opened()).last).toBe(1200);
    const old = readFrom(log, 0);
    const middle = readFrom(log, 700);
    await it.publish(300);
    const recent = readFrom(log, 1480);
    const live = readFrom(log, log.tail()!.last);
    await it.publish(20);
    await until('all events', () => [old, middle, recent, live].every((reading) => reading.seqs.at(-1) === 1520));
    expect(old.seqs).toEqual(range(1, 1520));
    expect(middle.seqs).toEqual(range(701, 1520));
    expect(recent.seqs).toEqual(range(1481, 1520));
    expect(live.seqs).toEqual(range(1501, 1520));
    expect(old.ids).toEqual((await outboxOf(it.database.sql)).map((row) => row.id));
    expect(reports.some((report) => report.kind === 'caughtUp')).toBe(true);
    expect(log.stats()).toMatchObject({ ringEvents: 50, readers: 4, catchUps: 0, opens: 1 });
  });

  test('a reader that falls behind the ring goes on from the stream', async () => {
    await using it = await scene();
    await it.publish(1);
    const { log } = it.log({ events: 10, bytes: 1_000_000 });
    await log.opened();
    const stopping = new AbortController();
    const reader = log.read(0, stopping.signal);
    expect((await reader.next()).value?.seq).toBe(1);
    await it.publish(200);
    await until('the ring to move on', () => log.tail()?.last === 201);
    const seqs: number[] = [];
    while (seqs.at(-1) !== 201) seqs.push((await reader.next()).value!.seq);
    expect(seqs).toEqual(range(2, 201));
    stopping.abort();
    expect((await reader.next()).done).toBe(true);
  });

  test('a position that the stream no longer has is refused with what can be had', async () => {
    await using it = await scene();
    await it.relay.stop();
    await recordThings(it.database.transactor, 60);
    const alone = startRelay({ databaseUrl: it.database.url, schema: 'kit', manifest, clock: systemClock, log: quiet });
    await until('positions', () => alone.status().sequenced === 60);
    await alone.stop();
    // as pruning leaves it
    await it.database.sql.query('DELETE FROM "outbox" WHERE "pos" <= 50');
    const relay = startRelay({ databaseUrl: it.database.url, schema: 'kit', natsUrl: nats.url, manifest, clock: systemClock, log: quiet });
    await until('ten events', () => relay.status().published === 60);
    await relay.stop();
    expect((await streamInfo(nats.url))?.state).toMatchObject({ first_seq: 51, last_seq: 60 });
    const { log } = it.log();
    await log.opened();
    // every position there is: gone, readable, ahead
    const gone = await Promise.all(range(0, 49).map((after) => readFrom(log, after).ended));
    expect(gone).toMatchObject(range(0, 49).map((after) => ({ name: 'CursorExpired', firstAvailable: 51, missed: 50 - after })));
    const good = range(50, 60).map((after) => readFrom(log, after));
    await until('what is there', () => good.every((reading, index) => reading.seqs.length === 10 - index));
    expect(good.map((reading) => reading.seqs)).toEqual(range(50, 60).map((after) => range(after + 1, 60)));
    const ahead = await Promise.all(range(61, 65).map((after) => readFrom(log, after).ended));
    expect(ahead).toMatchObject(range(61, 65).map(() => ({ name: 'CursorAhead', last: 60 })));
  });

  test('a position ahead of the stream is waited for, then refused', async () => {
    await using it = await scene();
    await it.publish(5);
    const { log } = it.log();
    await log.opened();
    const soon = readFrom(log, 6);
    const never = readFrom(log, 5000);
    await it.publish(2);
    await until('the event behind it', () => soon.seqs.length === 1);
    expect(soon.seqs).toEqual([7]);
    expect(await never.ended).toMatchObject(new CursorAhead(5000, 7));
  });

  test('a new epoch ends readers of the old one and refuses its cursors', async () => {
    await using it = await scene();
    await it.publish(5);
    const { log } = it.log();
    const { epoch } = await log.opened();
    const live = readFrom(log, 2);
    await until('three events', () => live.seqs.length === 3);
    const fresh = await withNats(nats.url, (connection) => newEpoch(it.database.sql, connection, manifest));
    expect(await live.ended).toMatchObject(new StreamReset(fresh));
    expect(await readFrom(log, 5, epoch).ended).toMatchObject(new StreamReset(fresh));
    // the refill is not news to who starts at the end
    expect(await log.opened()).toEqual({ epoch: fresh, last: 5 });
    const again = readFrom(log, 0, fresh);
    await it.publish(1);
    await until('six events', () => again.seqs.length === 6);
    expect(again.seqs).toEqual(range(1, 6));
  });

  test('a stream that was deleted is refilled and its readers only wait', async () => {
    await using it = await scene();
    await it.publish(300);
    const { log, reports } = it.log({ events: 50, bytes: 1_000_000 });
    await log.opened();
    const old = readFrom(log, 0);
    const live = readFrom(log, 300);
    await it.publish(20);
    await until('twenty live events', () => live.seqs.length === 20);
    await withNats(nats.url, async (connection) => (await managerOf(connection)).streams.delete(manifest.stream));
    await recordThings(it.database.transactor, 20);
    it.relay.wake();
    await until('forty live events', () => live.seqs.length === 40);
    expect(live.seqs).toEqual(range(301, 340));
    await until('all events', () => old.seqs.length === 340);
    expect(old.seqs).toEqual(range(1, 340));
    expect(reports.filter((report) => report.kind === 'reset' || report.kind === 'gap')).toEqual([]);
  });

  test('a restart of NATS interrupts delivery for less than two seconds', async () => {
    await using it = await scene();
    await it.publish(3);
    const { log, reports } = it.log();
    await log.opened();
    const live = readFrom(log, 3);
    await nats.kill();
    await recordThings(it.database.transactor, 2);
    await nats.restart();
    const back = performance.now();
    await until('the events of meanwhile', () => live.seqs.length === 2);
    expect(performance.now() - back).toBeLessThan(2_000);
    expect(live.seqs).toEqual([4, 5]);
    expect(reports.filter((report) => report.kind === 'interrupted').length).toBeGreaterThan(0);
  });

  test('one consumer, whatever the number of readers, and none after closing', async () => {
    await using it = await scene();
    await it.publish(100);
    const { log } = it.log({ events: 10, bytes: 1_000_000 });
    await log.opened();
    const readings = range(1, 300).map((index) => readFrom(log, index % 100));
    await until('all to be current', () => readings.every((reading) => reading.seqs.at(-1) === 100));
    expect((await streamInfo(nats.url))?.state.consumer_count).toBe(1);
    await log.close();
    expect(await Promise.all(readings.map((reading) => reading.ended))).toEqual(readings.map(() => 'ended'));
    expect((await streamInfo(nats.url))?.state.consumer_count).toBe(0);
    expect(log.stats().readers).toBe(0);
  });

  test('a deleted consumer is noticed and replaced', async () => {
    await using it = await scene();
    await it.publish(1);
    const { log } = it.log();
    await log.opened();
    const live = readFrom(log, 1);
    const name = await until('the consumer', () => withNats(nats.url, async (connection) => (await (await managerOf(connection)).consumers.list(manifest.stream).next())[0]?.name));
    await withNats(nats.url, async (connection) => (await managerOf(connection)).consumers.delete(manifest.stream, name));
    await it.publish(3);
    await until('three events', () => live.seqs.length === 3, { deadline: 1_400 });
    expect(live.seqs).toEqual([2, 3, 4]);
  });
});
