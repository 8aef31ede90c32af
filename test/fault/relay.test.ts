import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectBus } from '@hubgraph/kit/bus/bus';
import { managerOf } from '@hubgraph/kit/bus/jetstream';
import { openStreamLog, type LogReport } from '@hubgraph/kit/bus/stream-log';
import { startChild, type Child } from '../harness/child.ts';
import { startNats, type TestNats } from '../harness/nats.ts';
import { manifest, outboxOf, quiet, streamOf, withNats, type Placed } from '../harness/outbox.ts';
import { freshDatabase, type FreshDatabase } from '../harness/postgres.ts';
import { until } from '../harness/until.ts';

const RELAY_KILLS = 30;
const NATS_KILLS = 10;
const EVENTS = 50_000;
const WRITERS = 16;
const THINGS = 200;
const PER_SECOND = 700;

let database: FreshDatabase;
let nats: TestNats;
beforeAll(async () => {
  database = await freshDatabase();
  nats = await startNats();
  await database.sql.query(`CREATE TABLE "thing" ("id" int PRIMARY KEY, "version" int NOT NULL DEFAULT 0)`);
  await database.sql.query(`INSERT INTO "thing" SELECT generate_series(0, $1::int - 1)`, [THINGS]);
});
afterAll(async () => {
  await nats.stop();
  await database.drop();
});

const startRelay = (): Child => startChild('fault/relay-process.ts', { databaseUrl: database.url, natsUrl: nats.url });
const leads = (relay: Child): boolean => relay.lines.at(-1) === 'leading';

/** A subscriber that lives through everything and keeps what it got. */
function subscribe(): { got: Placed[]; reports: LogReport[]; error: () => unknown; close(): Promise<void> } {
  const bus = connectBus(nats.url, quiet);
  const reports: LogReport[] = [];
  const got: Placed[] = [];
  let error: unknown;
  // a small ring, so that the stream itself is read too
  const log = openStreamLog({ bus, stream: manifest.stream, ring: { events: 500, bytes: 1_000_000 }, log: quiet, report: (report) => reports.push(report) });
  const stopping = new AbortController();
  const reading = (async () => {
    for await (const { seq, event, raw } of log.read(0, stopping.signal)) got.push({ seq, id: event.id, text: Buffer.from(raw).toString() });
  })().catch((reason: unknown) => void (error = reason));
  return {
    got,
    reports,
    error: () => error,
    async close() {
      stopping.abort();
      await reading;
      await log.close();
      await bus.close();
    },
  };
}

async function state(): Promise<{ last: number; unsequenced: number }> {
  const [row] = await database.sql.query<{ last: string; unsequenced: string }>(`SELECT "last", (SELECT count(*) FROM "outbox" WHERE "pos" IS NULL) AS "unsequenced" FROM "outboxState"`);
  return { last: Number(row!.last), unsequenced: Number(row!.unsequenced) };
}

describe('relay under fire', () => {
  test('outbox = stream = subscriber, whatever is killed', async () => {
    const subscriber = subscribe();
    await using writers = startChild('fault/writers-process.ts', { databaseUrl: database.url, writers: WRITERS, things: THINGS, perSecond: PER_SECOND });
    // two at a time: one leads, the other takes over when it is killed
    const relays = [startRelay(), startRelay()];
    let relayKills = 0;
    let natsKills = 0;
    try {
      while (relayKills < RELAY_KILLS || natsKills < NATS_KILLS || (await state()).last < EVENTS) {
        const leader = await until('a leader', () => relays.find(leads), { deadline: 20_000 });
        const before = subscriber.got.length;
        await until('the subscriber to get on', () => subscriber.got.length > before || subscriber.error(), { deadline: 20_000 });
        if (subscriber.error()) break;
        await delay(Math.random() * 600);
        await leader.kill();
        relays.splice(relays.indexOf(leader), 1, startRelay());
        relayKills++;
        if (relayKills % 3 === 0) {
          await nats.kill();
          await delay(Math.random() * 300);
          await nats.restart();
          natsKills++;
        }
        if (relayKills === RELAY_KILLS / 2) await withNats(nats.url, async (connection) => (await managerOf(connection)).streams.delete(manifest.stream));
      }
      const [line] = await writers.finish();
      const written = JSON.parse(line!) as { events: number; rolledBack: number; failed: number };
      const end = await until('everything sequenced', async () => {
        const { last, unsequenced } = await state();
        return unsequenced === 0 ? last : undefined;
      }, { deadline: 30_000, every: 50 });
      await until('the subscriber to be current', () => subscriber.got.length >= end || subscriber.error(), { deadline: 60_000, every: 50 });
      expect(subscriber.error()).toBeUndefined();

      const outbox = await outboxOf(database.sql);
      const stream = await streamOf(nats.url);
      expect(written.failed).toBe(0);
      expect(written.rolledBack).toBeGreaterThan(0);
      expect(outbox.length).toBe(written.events);
      expect(outbox.length).toBeGreaterThanOrEqual(EVENTS);
      expect(differences(outbox, stream)).toEqual([]);
      expect(differences(outbox, subscriber.got)).toEqual([]);
      expect(outbox.findIndex((row, index) => row.seq !== index + 1)).toBe(-1);
      expect(await misordered(outbox)).toEqual([]);
      expect(new Set(outbox.map((row) => row.id)).size).toBe(outbox.length);
      expect(subscriber.reports.filter((report) => report.kind === 'gap' || report.kind === 'reset')).toEqual([]);
      console.info(`${outbox.length} events, ${written.rolledBack} rolled back, ${relayKills} relays and ${natsKills} nats-servers killed, stream deleted once; consumer reopened ${subscriber.reports.filter((report) => report.kind === 'opened').length} times`);
    } finally {
      for (const relay of relays) await relay.kill();
      await subscriber.close();
    }
  }, 240_000);
});

/** The first few places where two sequences of events differ. */
function differences(wanted: readonly Placed[], found: readonly Placed[]): object[] {
  const differing: object[] = [];
  for (let index = 0; index < Math.max(wanted.length, found.length) && differing.length < 5; index++) {
    const [a, b] = [wanted[index], found[index]];
    if (a?.seq !== b?.seq || a?.id !== b?.id || a?.text !== b?.text) differing.push({ index, wanted: a, found: b });
  }
  return differing;
}

/** Things whose versions do not run 1, 2, 3, ... up to the row's own version. */
async function misordered(events: readonly Placed[]): Promise<object[]> {
  const versions = new Map<string, number>();
  const wrong: object[] = [];
  for (const { seq, text } of events) {
    const { data } = JSON.parse(text) as { data: { id: string; version: number } };
    const before = versions.get(data.id) ?? 0;
    if (data.version !== before + 1) wrong.push({ seq, thing: data.id, before, version: data.version });
    versions.set(data.id, data.version);
  }
  const rows = await database.sql.query<{ id: number; version: number }>('SELECT "id", "version" FROM "thing"');
  for (const row of rows) if (row.version !== (versions.get(String(row.id)) ?? 0)) wrong.push({ thing: row.id, row: row.version, events: versions.get(String(row.id)) });
  return wrong.slice(0, 5);
}
