import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from '../sql.ts';
import type { Reporter } from './report.ts';
import type { Waker } from './waker.ts';

const BATCH = 1000;
const BUSY_MS = 5;
const IDLE_MS = 40;
/** Two statements are at least so far apart: commits that come close together share one. */
const GAP_MS = 2;

/**
 * Gives positions to committed outbox rows, in the order of their ids, without gap, for ever: one statement, and none of
 * it happens when there is nothing to do.
 *
 * Why this order is right: a row that commits late still has no position, so it cannot be passed over; whoever waited for
 * the row lock of an earlier change took its ids later and is seen only together with or after it.
 * Call it only in the session that holds the relay's lock.
 *
 * @returns how many rows got one, and the last position given by anyone.
 */
export async function sequence(sql: Sql): Promise<{ count: number; last: number }> {
  // planned anew every time: a plan made while the table was small would scan all of it later
  const [row] = await sql.query<{ count: number; last: string }>(`
    WITH batch AS MATERIALIZED (
      SELECT "id", row_number() OVER (ORDER BY "id") AS n
      FROM (SELECT "id" FROM "outbox" WHERE "pos" IS NULL ORDER BY "id" LIMIT ${BATCH}) AS r
    ), state AS (
      UPDATE "outboxState" SET "last" = "last" + (SELECT count(*) FROM batch)
      WHERE EXISTS (SELECT FROM batch)
      RETURNING "last" - (SELECT count(*) FROM batch) AS before
    ), placed AS (
      UPDATE "outbox" AS o SET "pos" = state.before + batch.n FROM batch, state WHERE o."id" = batch."id" RETURNING o."pos"
    )
    SELECT count(*)::int AS "count", coalesce(max("pos"), 0)::text AS "last" FROM placed`);
  return { count: row!.count, last: Number(row!.last) };
}

/** Runs {@link sequence} until aborted; `placed` is called whenever there is something to publish. */
export async function runSequencer(sql: Sql, deps: { waker: Waker; placed: () => void; report: Reporter; signal: AbortSignal }): Promise<void> {
  const { waker, placed, report, signal } = deps;
  let pause = BUSY_MS;
  let usual = 0;
  while (!signal.aborted) {
    const begun = performance.now();
    const { count, last } = await sequence(sql);
    usual += (performance.now() - begun - usual) / 16;
    if (count > 0) {
      report({ kind: 'sequenced', last, count });
      placed();
      pause = BUSY_MS;
      if (count === BATCH) continue;
    } else {
      pause = Math.min(pause * 1.5, IDLE_MS);
    }
    // a long-running reader of the database makes the statement slow; it must not take a whole core then
    await delay(Math.max(GAP_MS, usual));
    await waker.wait(Math.max(pause, 2 * usual), signal);
  }
}
