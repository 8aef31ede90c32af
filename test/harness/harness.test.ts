import { afterAll, expect, test } from 'vitest';
import { freshDatabase } from './postgres.ts';
import { startNats } from './nats.ts';
import { until } from './until.ts';

const database = await freshDatabase();
afterAll(database.drop);

test('a fresh database has the kit tables and one outbox state', async () => {
  expect(await database.sql.query('SELECT "last", "published" FROM "outboxState"')).toEqual([{ last: '0', published: '0' }]);
});

test('a failed transaction leaves nothing', async () => {
  const failed = database.transactor.transaction(async (tx) => {
    await tx.query(`UPDATE "outboxState" SET "last" = 7`);
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect(await database.sql.query('SELECT "last" FROM "outboxState"')).toEqual([{ last: '0' }]);
});

test('nats survives kill and restart on the same port', async () => {
  await using nats = await startNats();
  await nats.kill();
  await nats.restart();
});

test('until says what it waited for', async () => {
  await expect(until('the moon', () => false, { deadline: 20 })).rejects.toThrow('waited 20 ms in vain for the moon');
});
