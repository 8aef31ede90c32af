// Who changes one budget waits for the others before it takes a connection, not with one in hand.
import type { Sql } from '@hubgraph/kit/sql';
import { isUuid } from '@hubgraph/kit/ids';
import { budgets } from '../store/index.ts';

/** Lets work of one key run one after another, in the order in which it came; work of other keys runs beside it. */
export interface Turns {
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

/**
 * Hundreds that sign against one budget would each hold a connection of the pool while they wait for its row lock, so that
 * nobody else finds one, and the last give up. Here they wait in the process. The row lock alone decides what is right:
 * replicas have turns of their own.
 */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take(key, work) {
      const before = last.get(key) ?? Promise.resolve();
      const mine = before.then(work);
      const over = mine.catch(() => undefined);
      last.set(key, over);
      void over.then(() => last.get(key) === over && last.delete(key));
      return mine;
    },
  };
}

/** Runs a change of a budget, or of a commitment of it, in the turn of the topmost budget that it is a part of. */
export async function inTurn<Result>({ sql, turns }: { readonly sql: Sql; readonly turns: Turns }, noun: 'Budget' | 'Commitment', id: string, work: () => Promise<Result>): Promise<Result> {
  const root = isUuid(id) ? await budgets.rootOf(sql, noun, id) : null;
  return root === null ? work() : turns.take(root, work);
}
