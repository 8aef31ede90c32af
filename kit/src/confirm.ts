import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from './sql.ts';

/** A place in one hub's stream. */
export interface Confirmed {
  readonly epoch: string;
  readonly pos: number;
}

/** Tells a mutation where the stream put its events. */
export interface Confirmations {
  /**
   * The position of the last of the events, as soon as the stream has confirmed it; null when it has not within `withinMs`
   * (default 250). Never throws: a database that does not answer is a null too, because the change itself is done.
   */
  position(outboxIds: readonly number[], withinMs?: number): Promise<Confirmed | null>;
}

interface Waiter {
  readonly ids: readonly number[];
  readonly deadline: number;
  readonly resolve: (confirmed: Confirmed | null) => void;
}

interface Row {
  readonly epoch: string;
  readonly published: bigint | number | string;
  readonly id: bigint | number | string | null;
  readonly pos: bigint | number | string | null;
}

const POLL_MS = 3;

/** Makes the one poll of a process: a statement every few milliseconds for all who wait, and none when nobody does. */
export function createConfirmations(sql: Sql): Confirmations {
  const waiters = new Set<Waiter>();
  let polling = false;

  const poll = async (): Promise<void> => {
    polling = true;
    while (waiters.size > 0) {
      const asked = [...waiters];
      // a failed look-up answers nobody: the next one may, or the deadline does
      const rows = await look(sql, asked.flatMap((waiter) => waiter.ids)).catch(() => []);
      const answer = readerOf(rows);
      for (const waiter of asked) {
        const confirmed = answer(waiter.ids);
        if (confirmed === null && performance.now() < waiter.deadline) continue;
        waiters.delete(waiter);
        waiter.resolve(confirmed);
      }
      if (waiters.size > 0) await delay(POLL_MS);
    }
    polling = false;
  };

  return {
    position(outboxIds, withinMs = 250) {
      if (outboxIds.length === 0) return Promise.resolve(null);
      return new Promise((resolve) => {
        waiters.add({ ids: outboxIds, deadline: performance.now() + withinMs, resolve });
        if (!polling) void poll();
      });
    },
  };
}

function look(sql: Sql, ids: readonly number[]): Promise<Row[]> {
  return sql.query<Row>(
    // one text parameter, because drivers disagree about arrays of bigint
    `SELECT s."epoch", s."published", o."id", o."pos" FROM "outboxState" s LEFT JOIN "outbox" o ON o."id" = ANY(string_to_array($1, ',')::bigint[])`,
    [ids.join(',')],
  );
}

function readerOf(rows: readonly Row[]): (ids: readonly number[]) => Confirmed | null {
  const [state] = rows;
  const positions = new Map(rows.map((row) => [Number(row.id), row.pos === null ? null : Number(row.pos)]));
  return (ids) => {
    let last = 0;
    for (const id of ids) {
      const pos = positions.get(id);
      if (pos == null || pos > Number(state?.published)) return null;
      last = Math.max(last, pos);
    }
    return { epoch: state!.epoch, pos: last };
  };
}
