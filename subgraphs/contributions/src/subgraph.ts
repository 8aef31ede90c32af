import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
import { config } from './config.ts';
import { codes } from './errors.ts';
import { events } from './events.ts';
import { schema } from './graphql/index.ts';
import { loadPolicy } from './licence/load.ts';
import { contributionLifecycle } from './lifecycle.ts';
import { manifest } from './manifest.ts';
import { sample } from './sample.ts';
import { openDatabase } from './store/index.ts';

/** The contributions hub: what we give upstream, what we take in, and under which licences. */
export const definition: HubDefinition = {
  manifest,
  schema,
  events,
  lifecycles: [contributionLifecycle],
  errors: codes,
  config,
  create: createSubgraph,
  sample,
};

/** Connects the hub; its relay runs from `start()` on. */
export async function createSubgraph(deps: HubDeps): Promise<Hub> {
  const settings = readConfig(config, deps.env);
  const database = openDatabase(deps.databaseUrl, settings.HUBGRAPH_CONTRIBUTIONS_CONNECTIONS, deps.observeSql);
  const policy = await loadPolicy(settings.HUBGRAPH_LICENCE_POLICY);
  const committed = { wake: () => {} };
  const changes = createChanges({ transactor: database.transactor, catalogue: events, clock: deps.clock, committed: () => committed.wake() });
  return runHub(definition, deps, {
    sql: database.sql,
    context: (common) => ({ ...common, sql: database.sql, changes, now: () => deps.clock.now(), followUpDays: settings.HUBGRAPH_FOLLOW_UP_DAYS, policy }),
    jobs: [],
    committed,
    close: () => database.close(),
  });
}
