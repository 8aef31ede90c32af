import { afterAll, expect, test } from 'vitest';
import { freshDatabase } from '../../../test/harness/postgres.ts';
import { recordThing, recordThings } from '../../../test/harness/outbox.ts';
import { sequence } from './sequencer.ts';

const database = await freshDatabase();
afterAll(database.drop);

const positions = async (): Promise<(number | null)[]> => (await database.sql.query<{ pos: string | null }>('SELECT "pos" FROM "outbox" ORDER BY "id"')).map((row) => (row.pos === null ? null : Number(row.pos)));

test('with nothing to do it writes nothing', async () => {
  const before = await database.sql.query(`SELECT xmin::text, * FROM "outboxState"`);
  expect(await sequence(database.sql)).toEqual({ count: 0, last: 0 });
  expect(await database.sql.query(`SELECT xmin::text, * FROM "outboxState"`)).toEqual(before);
});

test('a row that commits late is not passed over, and leaves no gap', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: written, resolve: wrote } = Promise.withResolvers<void>();
  const late = database.transactor.transaction(async (tx) => {
    await recordThing(tx, 'late', 1);
    wrote();
    await held;
  });
  await written;
  await recordThings(database.transactor, 2);
  expect(await sequence(database.sql)).toEqual({ count: 2, last: 2 });
  release();
  await late;
  expect(await sequence(database.sql)).toEqual({ count: 1, last: 3 });
  expect(await positions()).toEqual([3, 1, 2]);
});

test('a rolled-back row leaves no gap', async () => {
  await expect(database.transactor.transaction(async (tx) => {
    await recordThing(tx, 'never', 1);
    throw new Error('no');
  })).rejects.toThrow('no');
  await recordThings(database.transactor, 1);
  expect(await sequence(database.sql)).toEqual({ count: 1, last: 4 });
});

test('more than one batch takes more than one turn', async () => {
  await database.sql.query(`INSERT INTO "outbox" ("eventId", "type", "aggregate", "event") SELECT gen_random_uuid(), 't', 'a', '{}' FROM generate_series(1, 1500)`);
  expect(await sequence(database.sql)).toEqual({ count: 1000, last: 1004 });
  expect(await sequence(database.sql)).toEqual({ count: 500, last: 1504 });
});
