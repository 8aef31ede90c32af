import type { Clock } from '@hubgraph/kit/clock';
import type { ConfigOf } from '@hubgraph/kit/config';
import { forgetKeys } from '@hubgraph/kit/change';
import type { Job } from '@hubgraph/kit/schedule';
import type { Sql, Transactor } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { ArtifactsChanges } from './commands/common.ts';
import type { config } from './config.ts';
import type { StorageBackend } from './storage/backend.ts';

/** What the jobs work with. */
export interface JobDeps {
  readonly sql: Sql;
  readonly transactor: Transactor;
  readonly changes: ArtifactsChanges;
  readonly backends: readonly StorageBackend[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ConfigOf<typeof config>;
}

/** What the hub does by itself, on one replica at a time. */
export function jobs({ sql, clock, log }: JobDeps): Job[] {
  return [
    {
      name: 'forget-idempotency-keys',
      cron: '7 * * * *',
      async run() {
        log.info({ forgotten: await forgetKeys(sql, clock.now()) }, 'idempotency keys older than 24 h forgotten');
      },
    },
  ];
}
