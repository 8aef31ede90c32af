import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startChild } from './child.ts';
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

test('a test that is killed leaves no server and no folder behind', async () => {
  await using child = startChild('harness/reaped-process.ts', {});
  await until('its servers', () => child.lines.length === 1, { deadline: 30_000 });
  const dir = child.lines[0]!;
  const pid = Number(readFileSync(join(dir, 'nats.pid'), 'utf8'));
  const runs = (): boolean => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  expect(runs()).toBe(true);
  await child.kill();
  await until('the end of its server', () => !runs() && !existsSync(dirname(dir)));
});

test('until says what it waited for', async () => {
  await expect(until('the moon', () => false, { deadline: 20 })).rejects.toThrow('waited 20 ms in vain for the moon');
});
