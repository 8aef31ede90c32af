import type { Clock } from '@hubgraph/kit/clock';
import type { ConfigOf } from '@hubgraph/kit/config';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Refused } from '@hubgraph/kit/refusal';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import { findAnomalies } from './commands/anomaly.ts';
import { followShares, reallocate } from './commands/attribution.ts';
import type { FinanceChanges, Swept, Work } from './commands/common.ts';
import { settleCommitments } from './commands/commitment-settle.ts';
import { rollupJobs } from './commands/rollup.ts';
import { thresholdJobs } from './commands/threshold-jobs.ts';
import type { config } from './config.ts';
import { manifest } from './manifest.ts';

/** What a job may need. */
export interface JobDeps {
  readonly sql: Sql;
  readonly changes: FinanceChanges;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ConfigOf<typeof config>;
}

/** What the hub does by itself, on one replica at a time. */
export function jobs(deps: JobDeps): Job[] {
  const { sql, changes, clock, log, settings } = deps;
  /** Runs a sweep in transactions of its batches until nothing is left. */
  const sweep = (name: string, cron: string, batch: (work: Work) => Promise<{ swept: Swept } | Refused>): Job => ({
    name,
    cron,
    async run(signal) {
      let done = 0;
      for (let more = true; more && !signal.aborted; ) {
        const answer = await changes.run({ identity: systemIdentity(manifest.name) }, { name, scopes: [['finance:write']], input: {} }, batch);
        if (answer.errors.length > 0) log.error({ job: name, errors: answer.errors }, 'a sweep was refused');
        done += answer.result?.swept.done ?? 0;
        more = answer.result?.swept.more ?? false;
      }
      if (done > 0) log.info({ job: name, done }, 'swept');
    },
  });
  return [
    sweep('settle-commitments', '* * * * *', settleCommitments),
    sweep('reallocate', '* * * * *', reallocate),
    sweep('follow-shares', '40 2 * * *', followShares),
    sweep('find-anomalies', '20 3 * * *', (work) => findAnomalies(work, settings.HUBGRAPH_FINANCE_ANOMALY_FACTOR)),
    ...thresholdJobs({ sql, changes, clock }),
    ...rollupJobs({ sql, changes, clock, log }),
  ];
}
