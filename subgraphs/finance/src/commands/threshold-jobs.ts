import type { Clock } from '@hubgraph/kit/clock';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql } from '@hubgraph/kit/sql';
import { manifest } from '../manifest.ts';
import { crossedBudgets, settleBudget } from './budget-alert.ts';
import type { FinanceChanges } from './common.ts';
import { crossedRunways, settleRunways } from './runway.ts';

/**
 * The jobs that tell of thresholds that nobody was told of in time. What changes a budget, a commitment, a balance or an income
 * tells in its own transaction; charges and uses are told of a moment after their commit (commands/rollup.ts). What is left is
 * what a new day, a new exchange rate or two transactions together bring: these look every minute, without locks, and open a
 * transaction only where there is something to tell.
 */
export function thresholdJobs({ sql, changes, clock }: { readonly sql: Sql; readonly changes: FinanceChanges; readonly clock: Clock }): Job[] {
  const caller = { identity: systemIdentity(manifest.name) };
  const verb = (name: string) => ({ name, scopes: [['finance:write']] as const, input: {} });
  return [
    {
      name: 'settle-runways',
      cron: '* * * * *',
      async run(signal) {
        for (const domain of await crossedRunways(sql, clock.now())) {
          if (signal.aborted) return;
          await changes.run(caller, verb('settle-runways'), async (work) => ({ runways: await settleRunways(work, [domain]) }));
        }
      },
    },
    {
      name: 'settle-budget-thresholds',
      cron: '* * * * *',
      async run(signal) {
        for (const id of await crossedBudgets(sql, clock.now())) {
          if (signal.aborted) return;
          await changes.run(caller, verb('settle-budget-thresholds'), (work) => settleBudget(work, id));
        }
      },
    },
  ];
}
