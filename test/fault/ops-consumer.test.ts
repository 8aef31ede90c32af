import { newId } from '@hubgraph/kit/ids';
import { expect, it } from 'vitest';
import { startChild } from '../harness/child.ts';
import { eventPublisher } from '../harness/event-publisher.ts';
import { startNats } from '../harness/nats.ts';
import { freshDatabase } from '../harness/postgres.ts';
import { until } from '../harness/until.ts';

const EVENTS = 5_000;
const LOCATIONS = 100;

it('does every effect of 5,000 foreign events exactly once, however often the hub that follows them is killed', async () => {
  await using nats = await startNats();
  await using publisher = await eventPublisher(nats.url, { artifacts: 'artifactstore' });
  await publisher.createStream('artifacts');
  const database = await freshDatabase('ops');
  const ids = Array.from({ length: LOCATIONS }, () => newId());
  // each location breaks 9 times and is then repaired, again and again: what one round raised, the next must not count
  const event = (index: number) => {
    const [round, id] = [Math.floor(index / LOCATIONS), ids[index % LOCATIONS]];
    const repaired = round % 10 === 9;
    return { type: `org.artifactstore.scrub.${repaired ? 'repaired' : 'failed'}`, data: { id, blake3: `blake3:${'ab'.repeat(32)}`, sha256: 'cd'.repeat(32), backend: 'local', found: repaired ? 'STORED' : 'LOST', packages: [], packageCount: 1, workstreams: [], repos: ['state-hub'], services: [] } };
  };
  const place = async () => (await database.sql.query<{ position: string }>(`SELECT "position" FROM "StreamPosition" WHERE "stream" = 'EVENTS_ARTIFACTS'`))[0]?.position ?? 0;

  let child = startChild('fault/ops-process.ts', { databaseUrl: database.url, natsUrl: nats.url });
  try {
    let kills = 0;
    for (let sent = 0; sent < EVENTS; sent += 250) {
      await publisher.publish('artifacts', ...Array.from({ length: 250 }, (_, index) => event(sent + index)));
      if (sent % 1_000 !== 750) continue;
      // in the middle of what was sent: some of it is done, some not
      await until('some progress', async () => Number(await place()) > sent - 600, { deadline: 60_000 });
      await child.kill();
      kills++;
      child = startChild('fault/ops-process.ts', { databaseUrl: database.url, natsUrl: nats.url });
    }
    await until('the end of the stream', async () => Number(await place()) >= EVENTS, { deadline: 120_000 });
    expect(kills).toBe(5);
    const rows = await database.sql.query<{ alerts: number; raises: number; resolved: number; wrong: number }>(
      `SELECT count(*)::int AS "alerts", sum("count")::int AS "raises", count(*) FILTER (WHERE "status" = 'RESOLVED')::int AS "resolved", count(*) FILTER (WHERE "count" <> 9)::int AS "wrong" FROM "Alert"`,
    );
    // 5 rounds of ten for each location: 9 raises and a repair
    expect(rows).toEqual([{ alerts: 5 * LOCATIONS, raises: 45 * LOCATIONS, resolved: 5 * LOCATIONS, wrong: 0 }]);
  } finally {
    await child.kill();
    await database.drop();
  }
});
