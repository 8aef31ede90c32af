import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
import { escalateMinutes } from './alert/escalation.ts';
import { withCustody } from './commands/secrets.ts';
import { config } from './config.ts';
import { startConsumer } from './consumer/consumer.ts';
import { codes } from './errors.ts';
import { events } from './events.ts';
import { schema } from './graphql/index.ts';
import { ingestHttp } from './ingest/http.ts';
import { jobs } from './jobs.ts';
import { alertLifecycle } from './lifecycle/alert.ts';
import { gateLifecycle } from './lifecycle/gate.ts';
import { migrationLifecycle } from './lifecycle/migration.ts';
import { riskLifecycle } from './lifecycle/risk.ts';
import { manifest } from './manifest.ts';
import { sample } from './sample.ts';
import { openDatabase } from './store/index.ts';

/** The ops evidence hub: services, deployments, evidence, gates that are computed from it, alerts and risks. */
export const definition: HubDefinition = {
  manifest,
  schema,
  events,
  lifecycles: [alertLifecycle, riskLifecycle, gateLifecycle, migrationLifecycle],
  errors: codes,
  config,
  create: createSubgraph,
  sample,
};

/** Connects the hub; relay, timetable and the consumer of other hubs' events run from `start()` on. */
export async function createSubgraph(deps: HubDeps): Promise<Hub> {
  const settings = readConfig(config, deps.env);
  const { clock, log } = deps;
  const { sql, transactor, close } = openDatabase(deps.databaseUrl, settings.HUBGRAPH_OPS_CONNECTIONS, deps.observeSql);
  const committed = { wake: () => {} };
  const changes = withCustody(createChanges({ transactor, catalogue: events, clock, committed: () => committed.wake() }));
  return runHub(definition, deps, {
    sql,
    context: (common) => ({ ...common, sql, changes, now: () => clock.now(), alerting: { acknowledgedHours: settings.HUBGRAPH_ACKNOWLEDGED_HOURS, escalateMinutes: escalateMinutes(settings.HUBGRAPH_ESCALATE_MINUTES) } }),
    jobs: jobs({ changes, log, settings }),
    follow: () => startConsumer({ sql, changes, natsUrl: deps.natsUrl, clock, log }),
    http: ingestHttp({ sql, changes, verifier: deps.verifier, clock, log, largestBody: settings.HUBGRAPH_OPS_MAX_EVENT_BODY }),
    committed,
    close,
  });
}
