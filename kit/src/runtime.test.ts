import { expect, it } from 'vitest';
import { freshDatabase } from '../../test/harness/postgres.ts';
import { heldClock } from './clock.ts';
import { silentLog } from './log.ts';
import { forgetIdempotencyKeys } from './runtime.ts';

it('forgets in every hub the keys that no retry gets an answer by any longer', async () => {
  await using database = await freshDatabase();
  const insert = (key: string, at: string) => database.sql.query(`INSERT INTO "idempotency" ("key", "actor", "verb", "inputHash", "answer", "at") VALUES ($1, 'ada', 'v', 'h', '{}'::jsonb, $2)`, [key, at]);
  await insert('old', '2026-03-01T08:59:59Z');
  await insert('kept', '2026-03-01T09:00:01Z');
  await forgetIdempotencyKeys(database.sql, { clock: heldClock('2026-03-02T09:00:00Z'), log: silentLog() }).run(new AbortController().signal);
  expect(await database.sql.query('SELECT "key" FROM "idempotency"')).toEqual([{ key: 'kept' }]);
});
