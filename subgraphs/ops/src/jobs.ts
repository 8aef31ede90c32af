import type { Clock } from '@hubgraph/kit/clock';
import type { ConfigOf } from '@hubgraph/kit/config';
import { forgetKeys } from '@hubgraph/kit/change';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { OpsChanges } from './commands/common.ts';
import type { config } from './config.ts';

/** What a job may need. */
export interface JobDeps {
  readonly sql: Sql;
  readonly changes: OpsChanges;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ConfigOf<typeof config>;
}

/** What the hub does by itself, on one replica at a time. */
export function jobs(deps: JobDeps): Job[] {
  const { sql, clock, log } = deps;
  return [
    {
      name: 'forget-idempotency-keys',
      cron: '13 * * * *',
      async run() {
        log.info({ forgotten: await forgetKeys(sql, clock.now()) }, 'idempotency keys older than 24 h forgotten');
      },
    },
  ];
}
