// The jobs of the hub, run when a test says so.
import { pino } from 'pino';
import { createChanges } from '@hubgraph/kit/change';
import type { Clock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import type { TestHub } from '../../../../test/harness/hub.ts';
import { config } from '../config.ts';
import { events } from '../events.ts';
import { jobs } from '../jobs.ts';
import { openDatabase, type Database } from '../store/index.ts';
import type { OpsChanges } from './common.ts';

/** A second replica's worth of jobs and commands beside a hub of a test. */
export interface Sweeps extends AsyncDisposable {
  readonly changes: OpsChanges;
  readonly database: Database;
  run(job: string): Promise<void>;
}

export function sweepsOf({ database: { url } }: TestHub, clock: Clock, env: Readonly<Record<string, string>> = {}): Sweeps {
  const database = openDatabase(url, 4);
  const changes = createChanges({ transactor: database.transactor, catalogue: events, clock, committed: () => {} });
  const all = jobs({ changes, log: pino({ level: 'silent' }), settings: readConfig(config, env) });
  return {
    changes,
    database,
    run: async (name) => {
      const job = all.find((one) => one.name === name);
      if (job === undefined) throw new Error(`there is no job ${name}`);
      await job.run(new AbortController().signal);
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}
