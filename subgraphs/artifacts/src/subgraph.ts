import { createChanges } from '@hubgraph/kit/change';
import { readConfig } from '@hubgraph/kit/config';
import type { Hub, HubDefinition, HubDeps } from '@hubgraph/kit/hub';
import { runHub } from '@hubgraph/kit/runtime';
import { createScrubber } from './commands/scrub/index.ts';
import { config } from './config.ts';
import { codes } from './errors.ts';
import { events } from './events.ts';
import { schema } from './graphql/index.ts';
import { jobs } from './jobs.ts';
import { holdLifecycle } from './lifecycle/hold.ts';
import { packageLifecycle } from './lifecycle/package.ts';
import { manifest } from './manifest.ts';
import { sample } from './sample.ts';
import { storageHealth } from './storage/health.ts';
import { openBackends } from './storage/open.ts';
import { openDatabase } from './store/index.ts';
import { transferHttp } from './transfer/http.ts';
import { signedUrls } from './transfer/signed-url.ts';

const GIB = 1_073_741_824;

/** The artifacts hub: packages of evidence, preserved with retention, holds and digests that anyone can recompute. */
export const definition: HubDefinition = {
  manifest,
  schema,
  events,
  lifecycles: [packageLifecycle, holdLifecycle],
  errors: codes,
  config,
  create: createSubgraph,
  sample,
};

/** Connects the hub and opens its storage; relay and timetable run from `start()` on. */
export async function createSubgraph(deps: HubDeps): Promise<Hub> {
  const settings = readConfig(config, deps.env);
  const { clock, log } = deps;
  const backends = await openBackends(settings, { filesDir: deps.filesDir, log });
  const { sql, transactor, close } = openDatabase(deps.databaseUrl, settings.HUBGRAPH_ARTIFACTS_CONNECTIONS, deps.observeSql);
  const committed = { wake: () => {} };
  const changes = createChanges({ transactor, catalogue: events, clock, committed: () => committed.wake() });
  const origin = () => settings.HUBGRAPH_ARTIFACTS_PUBLIC_URL ?? deps.publicUrl?.() ?? '';
  const urls = signedUrls({ keys: deps.cursorKeys, origin, minutes: settings.HUBGRAPH_ARTIFACTS_URL_MINUTES, clock });
  const scrubber = createScrubber({ sql, changes, backends, clock, log, rate: settings.HUBGRAPH_ARTIFACTS_SCRUB_RATE, days: settings.HUBGRAPH_ARTIFACTS_SCRUB_DAYS });
  const limits = { files: settings.HUBGRAPH_ARTIFACTS_MAX_FILES, fileBytes: settings.HUBGRAPH_ARTIFACTS_MAX_FILE * GIB };
  return runHub(definition, deps, {
    sql,
    context: (common) => ({ ...common, sql, changes, now: () => clock.now(), backends, urls, limits, scrubber }),
    jobs: jobs({ sql, transactor, changes, backends, scrubber, clock, log, settings }),
    http: transferHttp({ sql, backends, urls, clock, log }),
    health: () => storageHealth(backends),
    committed,
    async close() {
      await scrubber.close();
      await Promise.all([close(), ...backends.map((backend) => backend.close())]);
    },
  });
}
