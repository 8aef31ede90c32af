import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
import type { Transactor } from '@hubgraph/kit/sql';
import { spendFollower } from './commands/follow-spend.ts';
import { createTurns } from './commands/turns.ts';
import { config } from './config.ts';
import { codes } from './errors.ts';
import { events } from './events.ts';
import { schema } from './graphql/index.ts';
import { importHttp } from './ingest/http.ts';
import { jobs } from './jobs.ts';
import { budgetLifecycle } from './lifecycle/budget.ts';
import { commitmentLifecycle } from './lifecycle/commitment.ts';
import { periodLifecycle } from './lifecycle/period.ts';
import { manifest } from './manifest.ts';
import { sample } from './sample.ts';
import { openBulk, openDatabase } from './store/index.ts';

/** The finance hub: exact money, budgets that refuse, costs and tokens from files, runway. */
export const definition: HubDefinition = {
  manifest,
  schema,
  events,
  lifecycles: [budgetLifecycle, commitmentLifecycle, periodLifecycle],
  errors: codes,
  config,
  create: createSubgraph,
  sample,
};

/** Connects the hub; relay and timetable run from `start()` on. */
export async function createSubgraph(deps: HubDeps): Promise<Hub> {
  const settings = readConfig(config, deps.env);
  const { clock, log } = deps;
  const { sql, transactor, close } = openDatabase(deps.databaseUrl, settings.HUBGRAPH_FINANCE_CONNECTIONS, deps.observeSql);
  const turns = createTurns();
  const committed = { wake: () => {} };
  const spend = { wake: () => {} };
  const bulk = openBulk(deps.databaseUrl, deps.observeSql);
  const changesBy = (by: Transactor) =>
    createChanges({
      transactor: by, catalogue: events, clock,
      committed() {
        committed.wake();
        spend.wake();
      },
    });
  const changes = changesBy(transactor);
  const follower = spendFollower({ sql, changes, clock, log });
  spend.wake = follower.wake;
  return runHub(definition, deps, {
    sql,
    context: (common) => ({ ...common, sql, changes, turns, now: () => clock.now(), publicUrl: () => deps.publicUrl?.() ?? '', anomalyFactor: settings.HUBGRAPH_FINANCE_ANOMALY_FACTOR }),
    jobs: jobs({ sql, changes, clock, log, settings }),
    http: importHttp({ changes: changesBy(bulk.transactor), verifier: deps.verifier, log }),
    follow: follower.start,
    committed,
    close: async () => {
      await Promise.all([close(), bulk.close()]);
    },
  });
}
