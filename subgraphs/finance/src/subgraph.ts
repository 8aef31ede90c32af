import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
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
import { openDatabase } from './store/index.ts';

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
  const committed = { wake: () => {} };
  const changes = createChanges({ transactor, catalogue: events, clock, committed: () => committed.wake() });
  return runHub(definition, deps, {
    sql,
    context: (common) => ({ ...common, sql, changes, now: () => clock.now(), publicUrl: () => deps.publicUrl?.() ?? '', anomalyFactor: settings.HUBGRAPH_FINANCE_ANOMALY_FACTOR }),
    jobs: jobs({ sql, changes, clock, log, settings }),
    http: importHttp({ changes, verifier: deps.verifier, log }),
    committed,
    close,
  });
}
