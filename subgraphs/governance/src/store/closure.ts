import type { Sql } from '@hubgraph/kit/sql';
import { closureBlockers, type ClosureBlocker } from '../lifecycle/closure.ts';
import { isOpen, type Classification, type Task } from '../model.ts';
import { decisions } from './decision.ts';
import { reviews } from './review.ts';

/**
 * What stands in the way of completing each workstream, as if its review were written now with what is known: closed tasks
 * count as classified by what they are, open ones as not classified. The two-person rule is left out, because nobody
 * reviews yet.
 */
export async function previewBlockers(sql: Sql, ids: readonly string[]): Promise<Map<string, ClosureBlocker[]>> {
  const [open, found, blocking] = await Promise.all([
    reviews.latestOf(sql, ids),
    sql.query<Task>(`SELECT t.* FROM "Task" t WHERE t."workstreamId" = ANY($1::uuid[]) ORDER BY t."ordinal", t."id"`, [ids]),
    decisions.openBlockingOfAll(sql, ids),
  ]);
  const byWorkstream = Map.groupBy(found, (task) => task.workstreamId);
  return new Map(
    ids.map((id) => {
      const tasks = byWorkstream.get(id) ?? [];
      const classifications = tasks.filter((task) => !isOpen(task)).map((task): Classification => ({ task: task.code, as: task.status === 'CARRIED_FORWARD' ? 'CARRY_FORWARD' : task.status === 'CANCELLED' ? 'CANCELLED' : 'DONE' }));
      return [id, closureBlockers({ tasks, classifications, targets: new Map(), self: '', openBlockingDecisions: blocking.get(id) ?? [], reviewOpen: open.get(id)?.status === 'OPEN', authors: ['someone'], reviewer: 'nobody' })];
    }),
  );
}
