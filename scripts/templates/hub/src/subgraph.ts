import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
import { config } from './config.ts';
import { codes } from './errors.ts';
import { events } from './events.ts';
import { schema } from './graphql/index.ts';
import { gizmoLifecycle } from './lifecycle.ts';
import { manifest } from './manifest.ts';
import { openDatabase } from './store.ts';

/** The workshop hub. */
export const definition: HubDefinition = {
  manifest,
  schema,
  events,
  lifecycles: [gizmoLifecycle],
  errors: codes,
  config,
  create: createSubgraph,
};

/** Connects the hub; its relay and timetable run from `start()` on. */
export async function createSubgraph(deps: HubDeps): Promise<Hub> {
  const settings = readConfig(config, deps.env);
  const database = openDatabase(deps.databaseUrl, settings.HUBGRAPH_WORKSHOP_CONNECTIONS);
  const committed = { wake: () => {} };
  const changes = createChanges({ transactor: database.transactor, catalogue: events, clock: deps.clock, committed: () => committed.wake() });
  return runHub(definition, deps, {
    sql: database.sql,
    context: (common) => ({ ...common, sql: database.sql, changes }),
    jobs: [],
    committed,
    close: () => database.close(),
  });
}
