import { parse } from 'graphql';
import type { Hub } from '@hubgraph/kit/hub';
import { systemIdentity, type Identity, identityOf } from '@hubgraph/kit/identity';

const system = systemIdentity('sample');
/** Verbs of people are for people's roles. */
const jonas = identityOf({ sub: 'jonas', roles: ['maintainer', 'operator'] });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** What happened, each so long ago that the sample looks alive on the day it is made. */
function steps(now: number): readonly { readonly verb: string; readonly identity?: Identity; readonly input: object }[] {
  const ago = (milliseconds: number): string => new Date(now - milliseconds).toISOString();
  const deployment = (key: string, service: string, environment: string, releaseDigest: string, release: string, days: number, more: object = {}) => ({
    verb: 'recordDeployment', input: { service, environment, place: environment === 'PRODUCTION' ? 'production' : 'staging', releaseDigest, release, startedAt: ago(days * DAY), finishedAt: ago(days * DAY - 6 * 60_000), result: 'SUCCEEDED', actor: 'pipeline', source: 'sample', sourceKey: key, ...more },
  });
  const evidence = (key: string, kind: string, environment: string, hours: number, more: object = {}) => ({ kind, environment, service: 'core-hub', releaseDigest: digest('b'), result: 'PASS', observedAt: ago(hours * HOUR), source: 'sample', sourceKey: key, ...more });
  return [
    {
      verb: 'syncInventory',
      input: {
        source: 'sample/inventory.yaml',
        environments: [
          { slug: 'local', kind: 'LOCAL', name: 'Developers\' machines' },
          { slug: 'staging', kind: 'STAGING', name: 'Staging', url: 'https://staging.example.org' },
          { slug: 'production', kind: 'PRODUCTION', name: 'Production', url: 'https://example.org' },
        ],
        services: [
          { slug: 'core-hub', domain: 'infotech', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1', description: 'The service in the middle.', environments: [{ environment: 'staging' }, { environment: 'production', url: 'https://core.example.org' }] },
          { slug: 'warehouse', domain: 'infotech', repo: 'warehouse', owner: 'jonas', tier: 'TIER_2', description: 'The package index.', environments: [{ environment: 'production' }] },
          { slug: 'state-hub', domain: 'custodian', repo: 'state-hub', owner: 'mara', tier: 'TIER_2', description: 'The record of workstreams, tasks and decisions.', environments: [{ environment: 'production' }] },
          { slug: 'finance', domain: 'infotech', owner: 'jonas', tier: 'TIER_3', description: 'Keeps budgets, costs and runway.', environments: [{ environment: 'production' }] },
          { slug: 'artifact-store', domain: 'stack', repo: 'artifact-store', owner: 'ines', tier: 'TIER_3', description: 'Preserves packages of evidence.', environments: [{ environment: 'staging' }] },
        ],
        hubs: [{ slug: 'ops', name: 'Ops evidence', owner: 'jonas', manifest: { eventHub: 'opshub', stream: 'EVENTS_OPS' } }],
        widgets: [{ slug: 'open-alerts', name: 'Open alerts', service: 'state-hub', manifest: { operation: 'Readiness', refresh: 'live' } }],
      },
    },
    deployment('core-1', 'core-hub', 'PRODUCTION', digest('a'), '2.13.0', 20),
    deployment('core-2', 'core-hub', 'STAGING', digest('b'), '2.14.0', 5),
    deployment('core-3', 'core-hub', 'PRODUCTION', digest('b'), '2.14.0', 3),
    deployment('ware-1', 'warehouse', 'PRODUCTION', digest('c'), '1.8.2', 9),
    deployment('ware-2', 'warehouse', 'PRODUCTION', digest('d'), '1.9.0', 1, { result: 'FAILED' }),
    { verb: 'planMigration', identity: jonas, input: { code: 'CORE-HUB-FEDERATION', title: 'Core hub onto the federated graph', domain: 'infotech', service: 'core-hub', workstream: 'CUST-WP-0025', owner: 'jonas' } },
    {
      verb: 'recordEvidence',
      input: {
        evidence: [
          evidence('smoke-staging', 'SMOKE', 'STAGING', 30), evidence('smoke-production', 'SMOKE', 'PRODUCTION', 6), evidence('smoke-local', 'SMOKE', 'LOCAL', 1), evidence('probe-production', 'PROBE', 'PRODUCTION', 2),
          evidence('restore-staging', 'BACKUP_RESTORE', 'STAGING', 100), evidence('bundle', 'BUNDLE_VALIDATION', 'STAGING', 50, { migrationRun: 'CORE-HUB-FEDERATION' }),
        ],
      },
    },
    {
      verb: 'defineGate', identity: jonas,
      input: {
        code: 'CORE-HUB-RELEASE', title: 'Core hub is fit for release', domain: 'infotech', service: 'core-hub', owner: 'jonas',
        requirements: [{ key: 'smokes', kind: 'SMOKE', environments: ['STAGING', 'PRODUCTION'], freshnessHours: 72, minimum: 1, sameRelease: true }, { key: 'probe', kind: 'PROBE', environments: ['PRODUCTION'], freshnessHours: 24, minimum: 1, sameRelease: true }],
      },
    },
    {
      verb: 'defineGate', identity: jonas,
      input: {
        code: 'CORE-HUB-CUTOVER', title: 'The federated graph may take over', domain: 'infotech', service: 'core-hub', workstream: 'CUST-WP-0025', owner: 'jonas',
        requirements: [{ key: 'dual-run', kind: 'DUAL_RUN', environments: ['PRODUCTION'], freshnessHours: 48, minimum: 3, sameRelease: true }, { key: 'restore', kind: 'BACKUP_RESTORE', environments: ['STAGING'], freshnessHours: 24 * 30, minimum: 1, sameRelease: false }],
      },
    },
    { verb: 'raiseAlert', input: { dedupKey: 'core-hub/latency', severity: 'ERROR', title: 'Core hub answers slowly', detail: 'p99 is above 800 ms since the last release.', service: 'core-hub', workstream: 'CUST-WP-0025', labels: [{ name: 'probe', value: 'p99' }] } },
    { verb: 'raiseAlert', input: { dedupKey: 'warehouse/deployment', severity: 'CRITICAL', title: 'The release of the warehouse failed', service: 'warehouse' } },
    { verb: 'raiseAlert', input: { dedupKey: 'state-hub/disk', severity: 'WARNING', title: 'The disk of the state hub is three quarters full', service: 'state-hub' } },
    { verb: 'surfaceRisk', identity: jonas, input: { title: 'One person knows how the warehouse is restored', likelihood: 3, impact: 4, owner: 'jonas', service: 'warehouse', domain: 'infotech' } },
  ];
}

const OBSERVED = parse('{ service(slug: "core-hub") { evidence(first: 0) { totalCount } } }');

/** Puts this hub's part of the sample organisation in, by its own mutations; what is there already stays as it is. */
export async function sample(hub: Hub): Promise<void> {
  const seen = (await hub.execute({ document: OBSERVED, identity: system, requestId: 'sample' })).data?.service as { evidence: { totalCount: number } | null } | null | undefined;
  for (const [index, { verb, identity = system, input }] of steps(Date.now()).entries()) {
    // observations are never changed, and those of a start that was cut off were made at another time
    if (verb === 'recordEvidence' && (seen?.evidence?.totalCount ?? 0) > 0) continue;
    const type = `${verb[0]!.toUpperCase()}${verb.slice(1)}Input`;
    const document = parse(`mutation ($input: ${type}!) { ${verb}(input: $input) { errors { code message } } }`);
    // a key makes what has no natural one safe to repeat; evidence, deployments and inventories have theirs, and other times
    const isRepeatable = ['syncInventory', 'recordDeployment', 'recordEvidence'].includes(verb);
    const variables = { input: { ...input, ...(isRepeatable ? {} : { idempotencyKey: `sample-${index}` }) } };
    const result = await hub.execute({ document, variables, identity, requestId: 'sample' });
    const answer = result.data?.[verb] as { errors: { code: string; message: string }[] } | null | undefined;
    const wrong = [...(result.errors ?? []), ...(answer?.errors.filter(({ code }) => code !== 'DUPLICATE') ?? [])].map((error) => error.message);
    if (wrong.length > 0) throw new Error(`sample data: ${verb}: ${wrong.join(' ')}`);
  }
}
