import type { Clock } from '@hubgraph/kit/clock';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import { manifest } from '../manifest.ts';
import { rollup } from '../store/rollup.ts';
import { crossedBudgets, settleBudget } from './budget-alert.ts';
import type { FinanceChanges } from './common.ts';
import { crossedRunways, settleRunways } from './runway.ts';

/** Sums that are looked at and merged at once. */
const BATCH = 20_000;

export interface RollupDeps {
  readonly sql: Sql;
  readonly changes: FinanceChanges;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Tells of the thresholds of domains whose spending changed since the last time, and then merges the sums by which it changed:
 * these are written in the transaction of the charges and uses, so none is missed, also when the hub ends in between.
 */
export async function settleSpend({ sql, changes, clock }: RollupDeps, signal: AbortSignal): Promise<number> {
  const caller = { identity: systemIdentity(manifest.name) };
  const verb = { name: 'settle-spend', scopes: [['finance:write']] as const, input: {} };
  let merged = 0;
  for (let full = true; full && !signal.aborted; ) {
    const { ids, domains } = await rollup.fresh(sql, BATCH);
    full = ids.length === BATCH;
    if (ids.length === 0) break;
    if (domains.length > 0) {
      for (const id of await crossedBudgets(sql, clock.now(), domains)) await changes.run(caller, verb, (work) => settleBudget(work, id));
      for (const domain of await crossedRunways(sql, clock.now(), domains)) await changes.run(caller, verb, async (work) => ({ runways: await settleRunways(work, [domain]) }));
    }
    await changes.run(caller, verb, async ({ tx }) => {
      await rollup.merge(tx, ids);
      return {};
    });
    merged += ids.length;
  }
  return merged;
}

/** Recounts month by month what the sums say, and makes those anew that differ. Returns the months that did: there must never be one. */
export async function checkSums({ sql, changes, log }: RollupDeps, signal: AbortSignal): Promise<string[]> {
  const wrong: string[] = [];
  for (const month of await rollup.months(sql)) {
    if (signal.aborted) break;
    const [difference] = await rollup.differences(sql, [month]);
    if (difference === undefined) continue;
    wrong.push(month);
    log.error({ ...difference }, 'sums of what is spent differ from the rows; they are made anew');
    await changes.run({ identity: systemIdentity(manifest.name) }, { name: 'check-sums', scopes: [['finance:write']], input: {} }, async ({ tx }) => {
      await rollup.rebuild(tx, [month]);
      return {};
    });
  }
  return wrong;
}

/** The jobs of the sums: every minute what changed and was not settled after its commit, every night a recount. */
export function rollupJobs(deps: RollupDeps): Job[] {
  return [
    { name: 'settle-spend', cron: '* * * * *', run: async (signal) => void (await settleSpend(deps, signal)) },
    { name: 'check-sums', cron: '50 3 * * *', run: async (signal) => void (await checkSums(deps, signal)) },
  ];
}
