import { newId } from '@hubgraph/kit/ids';
import { expect, it } from 'vitest';
import { startChild } from '../harness/child.ts';
import { eventPublisher } from '../harness/event-publisher.ts';
import { startNats } from '../harness/nats.ts';
import { freshDatabase } from '../harness/postgres.ts';
import { until } from '../harness/until.ts';

const EVENTS = 5_000;
const ALERTS = 100;

it('keeps what 5,000 events of other hubs say exactly once, however often the hub that follows them is killed', async () => {
  await using nats = await startNats();
  await using publisher = await eventPublisher(nats.url, { ops: 'opshub' });
  await publisher.createStream('ops');
  const database = await freshDatabase('governance');
  const ids = Array.from({ length: ALERTS }, () => newId());
  // each alert is raised, taken and resolved, again and again; the last round leaves every second one open
  const time = (index: number): string => new Date(1_750_000_000_000 + index * 1_000).toISOString();
  const event = (index: number) => {
    const [round, id] = [Math.floor(index / ALERTS), ids[index % ALERTS]];
    const last = round === EVENTS / ALERTS - 1;
    const to = last ? (index % 2 === 0 ? 'RESOLVED' : 'ACKNOWLEDGED') : (['RAISED', 'ACKNOWLEDGED', 'RESOLVED'] as const)[round % 3]!;
    return { type: `org.opshub.alert.${to.toLowerCase()}`, time: time(index), data: { id, to, title: `round ${round}`, workstream: 'CUST-WP-0025' } };
  };
  const place = async () => Number((await database.sql.query<{ position: string }>(`SELECT "position" FROM "FollowedHub" WHERE "hub" = 'ops'`))[0]?.position ?? 0);
  // every effect leaves a row version behind: what is done twice shows
  await database.sql.query(`CREATE TABLE "Effect" ("id" text, "position" bigint)`);
  await database.sql.query(`CREATE FUNCTION count_effect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "Effect" VALUES (NEW."id", NEW."position"); RETURN NEW; END $$`);
  await database.sql.query(`CREATE TRIGGER count_effect AFTER INSERT OR UPDATE ON "ForeignItem" FOR EACH ROW EXECUTE FUNCTION count_effect()`);

  let child = startChild('fault/governance-process.ts', { databaseUrl: database.url, natsUrl: nats.url });
  try {
    let kills = 0;
    for (let sent = 0; sent < EVENTS; sent += 250) {
      await publisher.publish('ops', ...Array.from({ length: 250 }, (_, index) => event(sent + index)));
      if (sent % 1_000 !== 750) continue;
      // in the middle of what was sent: some of it is done, some not
      await until('some progress', async () => (await place()) > sent - 600, { deadline: 60_000 });
      await child.kill();
      kills++;
      child = startChild('fault/governance-process.ts', { databaseUrl: database.url, natsUrl: nats.url });
    }
    await until('the end of the stream', async () => (await place()) >= EVENTS, { deadline: 120_000 });
    expect(kills).toBe(5);
    expect(await database.sql.query(`SELECT count(*)::int AS "effects", count(DISTINCT "position")::int AS "positions", min("position")::int AS "first", max("position")::int AS "last" FROM "Effect"`)).toEqual([{ effects: EVENTS, positions: EVENTS, first: 1, last: EVENTS }]);
    const items = await database.sql.query<{ id: string; status: string; waits: boolean; since: Date }>(`SELECT "id", "status", "waits", "since" FROM "ForeignItem" ORDER BY array_position($1::text[], "id")`, [ids]);
    // acknowledged in the last round, and waited for since the raise in the one before it
    const raised = EVENTS / ALERTS - 2;
    expect(items.map(({ status, waits, since }) => [status, waits, waits ? since.toISOString() : null])).toEqual(ids.map((_, index) => (index % 2 === 0 ? ['RESOLVED', false, null] : ['ACKNOWLEDGED', true, time(raised * ALERTS + index)])));
    expect(await database.sql.query('SELECT 1 FROM "ForeignFault"')).toEqual([]);
  } finally {
    await child.kill();
    await database.drop();
  }
});
