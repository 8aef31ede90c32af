import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jetstream } from '@nats-io/jetstream';
import { connectBus } from '@hubgraph/kit/bus/bus';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import { openStreamLog } from '@hubgraph/kit/bus/stream-log';
import { systemClock } from '@hubgraph/kit/clock';
import { newId } from '@hubgraph/kit/ids';
import { recordEvents } from '@hubgraph/kit/outbox';
import { startRelay } from '@hubgraph/kit/relay/relay';
import type { Tx } from '@hubgraph/kit/sql';
import { startNats } from '../scripts/embedded/nats.ts';
import { startPostgres } from '../scripts/embedded/postgres.ts';
import { catalogue, manifest, quiet } from '../test/harness/outbox.ts';
import { makeDatabase } from '../test/harness/postgres-pool.ts';

// Latency from a commit to its event in the hands of a subscriber, with the product's own settings (fsync in PostgreSQL,
// sync_interval always in NATS), writers, relay and subscriber in one process. The floor is what no outbox can beat: the
// writer itself publishes right after its commit, and loses or reorders events when it dies or is overtaken.
//
//   node bench/relay.ts [--seconds 20] [--rate 500]

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '500' }, json: { type: 'boolean', default: false } } });
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const WRITERS = 16;
const THINGS = 500;
const FLOOR_STREAM = 'FLOOR';
const ROUNDS = 5;

interface Latency {
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Collects the time between the two moments of each event, whichever is noted first. */
interface Stopwatch {
  committed(id: string): void;
  received(id: string): void;
  /** Waits until `count` more events were received than at the last call. */
  complete(count: number): Promise<void>;
  result(): Latency;
}

function stopwatch(): Stopwatch {
  const commits = new Map<string, number>();
  const early = new Set<string>();
  const times: number[] = [];
  let wanted = 0;
  let done: (() => void) | undefined;
  const note = (milliseconds: number): void => {
    times.push(milliseconds);
    if (times.length === wanted) done?.();
  };
  return {
    committed(id) {
      // seen before the commit's answer had come back to the writer: no time at all, as far as anyone can tell
      if (early.delete(id)) note(0);
      else commits.set(id, performance.now());
    },
    received(id) {
      const at = commits.get(id);
      if (at === undefined) early.add(id);
      else note(performance.now() - at);
      commits.delete(id);
    },
    complete(count) {
      wanted += count;
      return times.length >= wanted ? Promise.resolve() : new Promise((resolve) => (done = resolve));
    },
    result() {
      const sorted = times.toSorted((a, b) => a - b);
      const at = (share: number): number => Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(2));
      return { events: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    },
  };
}

/** Calls `work` at random moments, `rate` times a second on average, at most {@link WRITERS} at once; answers how often. */
async function load(work: () => Promise<void>): Promise<number> {
  const end = performance.now() + (seconds * 1000) / ROUNDS;
  let count = 0;
  let due = performance.now();
  const writer = async (): Promise<void> => {
    for (;;) {
      due += (-Math.log(1 - Math.random()) * 1000) / rate;
      const at = due;
      if (at > end) return;
      const wait = at - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      await work();
      count++;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return count;
}

async function change(tx: Tx): Promise<{ thing: string; version: number }> {
  const thing = String(Math.floor(Math.random() * THINGS));
  await tx.query(`INSERT INTO "idempotency" VALUES ($1, 'bench', 'change', '', '{}', now())`, [newId()]);
  const [row] = await tx.query<{ version: number }>(`UPDATE "thing" SET "version" = "version" + 1 WHERE "id" = $1 RETURNING "version"`, [Number(thing)]);
  return { thing, version: row!.version };
}

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-bench-'));
const postgres = await startPostgres({ dir: join(folder, 'postgres'), password: 'bench', log: join(folder, 'postgres.log') });
const nats = await startNats({ dir: join(folder, 'nats'), password: 'bench', log: join(folder, 'nats.log') });
const database = await makeDatabase(postgres.url(), manifest.name, WRITERS);
await database.sql.query(`CREATE TABLE "thing" ("id" int PRIMARY KEY, "version" int NOT NULL DEFAULT 0)`);
await database.sql.query(`INSERT INTO "thing" SELECT generate_series(0, $1::int - 1)`, [THINGS]);
const bus = connectBus(nats.url, quiet);

/** One way from a commit to a subscriber; `change` is one transaction of the load. */
interface Path {
  readonly watch: Stopwatch;
  change(): Promise<void>;
  close(): Promise<void>;
}

async function relayPath(): Promise<Path> {
  const relay = startRelay({ databaseUrl: database.url, schema: manifest.name, natsUrl: nats.url, manifest, clock: systemClock, log: quiet });
  const log = openStreamLog({ bus, stream: manifest.stream, log: quiet });
  const stopping = new AbortController();
  await log.opened();
  const watch = stopwatch();
  const reading = (async () => {
    for await (const { event } of log.read(0, stopping.signal)) watch.received(event.id);
  })();
  return {
    watch,
    async change() {
      const [recorded] = await database.transactor.transaction(async (tx) => {
        const { thing, version } = await change(tx);
        return recordEvents(tx, catalogue, [{ name: 'thing.changed', subject: `thing/${thing}`, actor: 'bench', time: new Date(), data: { id: thing, version } }]);
      });
      relay.wake();
      watch.committed(recorded!.id);
    },
    async close() {
      stopping.abort();
      await reading;
      await log.close();
      await relay.stop();
    },
  };
}

async function floorPath(): Promise<Path> {
  const connection = await bus.connected();
  await (await managerOf(connection)).streams.add({ name: FLOOR_STREAM, subjects: ['floor'] });
  const watch = stopwatch();
  const client = jetstream(connection, { timeout: 30_000 });
  const consumer = await client.consumers.getPushConsumer(FLOOR_STREAM);
  const messages = await consumer.consume({ callback: (message) => watch.received(message.string().slice(0, 36)) });
  const rest = 'x'.repeat(400);
  const publishing = new Set<Promise<unknown>>();
  return {
    watch,
    async change() {
      const id = newId();
      await database.transactor.transaction(change);
      watch.committed(id);
      // not waited for, as the relay's writers do not wait either: a slow disk must not slow down the load
      const published = client.publish('floor', id + rest);
      publishing.add(published);
      void published.finally(() => publishing.delete(published));
    },
    async close() {
      await Promise.all(publishing);
      messages.stop();
    },
  };
}

try {
  const paths = [await floorPath(), await relayPath()] as const;
  // in turns, so that whatever else the machine does meets both
  for (let round = 0; round < ROUNDS; round++) for (const path of paths) await path.watch.complete(await load(() => path.change()));
  const [floor, relay] = [paths[0].watch.result(), paths[1].watch.result()];
  for (const path of paths) await path.close();
  const ratio = { p50: Number((relay.p50 / floor.p50).toFixed(2)), p99: Number((relay.p99 / floor.p99).toFixed(2)) };
  if (values.json) {
    console.log(JSON.stringify({ rate, seconds, floor, relay, ratio }));
  } else {
    console.log(`commit -> subscriber, ms, at ${rate} transactions/s for ${seconds} s`);
    for (const [name, row] of Object.entries({ floor, relay })) console.log(`${name.padEnd(6)} p50 ${row.p50}  p99 ${row.p99}  max ${row.max}  (${row.events} events)`);
    console.log(`ratio  p50 ${ratio.p50}  p99 ${ratio.p99}`);
  }
} finally {
  await bus.close();
  await database.drop();
  await nats.stop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
