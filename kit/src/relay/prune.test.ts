import { afterAll, expect, test } from 'vitest';
import { heldClock } from '../clock.ts';
import { freshDatabase } from '../../../test/harness/postgres.ts';
import { recordThings } from '../../../test/harness/outbox.ts';
import { prune } from './prune.ts';
import { sequence } from './sequencer.ts';
import { DEFAULT_STREAM } from './stream.ts';

const database = await freshDatabase();
afterAll(database.drop);

const DAY = 24 * 3_600_000;
const kept = async (): Promise<number[]> => (await database.sql.query<{ pos: string | null }>('SELECT "pos" FROM "outbox" ORDER BY "id"')).map((row) => Number(row.pos));

test('rows leave only when they are old enough and the stream has let them go', async () => {
  await recordThings(database.transactor, 6);
  await sequence(database.sql);
  await recordThings(database.transactor, 1);
  const clock = heldClock(new Date());
  expect(await prune(database.sql, 5, DEFAULT_STREAM.maxAgeMs, clock.now())).toBe(0);
  clock.advance(6 * DAY);
  expect(await prune(database.sql, 5, DAY, clock.now())).toBe(0);
  clock.advance(2 * DAY);
  expect(await prune(database.sql, 5, 30 * DAY, clock.now())).toBe(0);
  expect(await prune(database.sql, 5, DAY, clock.now())).toBe(4);
  // below the stream's first sequence only, and never a row without position
  expect(await kept()).toEqual([5, 6, 0]);
  expect(await prune(database.sql, 1000, DAY, clock.now())).toBe(2);
  expect(await kept()).toEqual([0]);
  expect(await sequence(database.sql)).toEqual({ count: 1, last: 7 });
});
