import type { Clock } from '@hubgraph/kit/clock';
import type { ConfigOf } from '@hubgraph/kit/config';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql } from '@hubgraph/kit/sql';
import { sweeper } from '@hubgraph/kit/sweep';
import type { Logger } from 'pino';
import { findAnomalies } from './commands/anomaly.ts';
import { followShares, reallocate } from './commands/attribution.ts';
import type { FinanceChanges } from './commands/common.ts';
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
  const sweep = sweeper({ hub: manifest.name, scopes: [['finance:write']], changes, log });
  return [
    sweep('settle-commitments', '* * * * *', settleCommitments),
    sweep('reallocate', '* * * * *', reallocate),
    sweep('follow-shares', '40 2 * * *', followShares),
    sweep('find-anomalies', '20 3 * * *', (work) => findAnomalies(work, settings.HUBGRAPH_FINANCE_ANOMALY_FACTOR)),
    ...thresholdJobs({ sql, changes, clock }),
    ...rollupJobs({ sql, changes, clock, log }),
  ];
}
