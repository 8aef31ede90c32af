import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
import { config } from './config.ts';
import { codes } from './errors.ts';
import { events } from './events.ts';
import { schema } from './graphql/index.ts';
import { jobs } from './jobs.ts';
import { decisionLifecycle } from './lifecycle/decision.ts';
import { goalLifecycle } from './lifecycle/goal.ts';
import { taskLifecycle } from './lifecycle/task.ts';
import { workstreamLifecycle } from './lifecycle/workstream.ts';
import { manifest } from './manifest.ts';
import { sample } from './sample.ts';
import { openDatabase } from './store/index.ts';

/** The governance hub: domains, repos, workstreams, tasks, decisions and the journal. */
export const definition: HubDefinition = {
  manifest,
  schema,
  events,
  lifecycles: [workstreamLifecycle, taskLifecycle, decisionLifecycle, goalLifecycle],
  errors: codes,
  config,
  create: createSubgraph,
  sample,
};

/** Connects the hub; its relay and timetable run from `start()` on. */
export async function createSubgraph(deps: HubDeps): Promise<Hub> {
  const settings = readConfig(config, deps.env);
  const database = openDatabase(deps.databaseUrl, settings.HUBGRAPH_GOVERNANCE_CONNECTIONS, deps.observeSql);
  const committed = { wake: () => {} };
  const changes = createChanges({ transactor: database.transactor, catalogue: events, clock: deps.clock, committed: () => committed.wake() });
  return runHub(definition, deps, {
    sql: database.sql,
    context: (common) => ({ ...common, sql: database.sql, changes, now: () => deps.clock.now() }),
    jobs: jobs({ sql: database.sql, changes, log: deps.log, settings }),
    committed,
    close: () => database.close(),
  });
}
