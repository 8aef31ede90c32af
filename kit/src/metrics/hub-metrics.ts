import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ExecutionResult } from 'graphql';
import type { FollowedView } from '../bus/follow.ts';
import { unpublished, type Unpublished } from '../outbox.ts';
import type { RelayReport, RelayStatus } from '../relay/report.ts';
import type { Sql } from '../sql.ts';

/** What a hub tells of itself when its metrics are read. */
export interface HubGauges {
  relay(): RelayStatus | undefined;
  follows(): readonly FollowedView[];
}

/** The metrics of one hub. */
export interface HubMetrics {
  /** One request was answered. */
  answered(result: ExecutionResult, milliseconds: number): void;
  relayed(report: RelayReport): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of hubs in one registry; several hubs of a process share it, told apart by the label `hub`. */
export function hubMetrics(registry: Registry, hub: string, sql: Sql, gauges: HubGauges): HubMetrics {
  const shared = metricsOf(registry);
  shared.hubs.set(hub, { sql, gauges });
  return {
    answered(result, milliseconds) {
      const outcome = result.errors?.length ? String(result.errors[0]?.extensions.code ?? 'INTERNAL') : 'ok';
      shared.requests.inc({ hub, outcome });
      shared.requestSeconds.observe({ hub }, milliseconds / 1_000);
    },
    relayed(report) {
      if (report.kind === 'published') {
        shared.published.inc({ hub });
        shared.publishSeconds.observe({ hub }, report.milliseconds / 1_000);
      } else if (report.kind === 'interrupted') {
        shared.interruptions.inc({ hub });
      }
    },
  };
}

interface Shared extends ReturnType<typeof createShared> {
  readonly hubs: Map<string, { readonly sql: Sql; readonly gauges: HubGauges }>;
}

const known = new WeakMap<Registry, Shared>();

function metricsOf(registry: Registry): Shared {
  let shared = known.get(registry);
  if (!shared) {
    const hubs: Shared['hubs'] = new Map();
    known.set(registry, (shared = { ...createShared(registry), hubs }));
    addGauges(registry, hubs);
  }
  return shared;
}

function createShared(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({ name: 'hubgraph_hub_requests_total', help: 'GraphQL requests that a hub answered, by outcome: ok, or the code of the first error.', labelNames: ['hub', 'outcome'], registers }),
    requestSeconds: new Histogram({ name: 'hubgraph_hub_request_seconds', help: 'How long a hub took for a request.', labelNames: ['hub'], buckets: SECONDS, registers }),
    published: new Counter({ name: 'hubgraph_relay_published_total', help: 'Events that the hub\'s stream confirmed to this process.', labelNames: ['hub'], registers }),
    publishSeconds: new Histogram({ name: 'hubgraph_relay_publish_seconds', help: 'From sending an event to NATS to the stream\'s confirmation.', labelNames: ['hub'], buckets: SECONDS, registers }),
    interruptions: new Counter({ name: 'hubgraph_relay_interruptions_total', help: 'How often publishing stopped and began again from the tail of the stream.', labelNames: ['hub'], registers }),
  };
}

/** Asked of the hubs at the moment they are read. */
function addGauges(registry: Registry, hubs: Shared['hubs']): void {
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void | Promise<void>): void => {
    const registered: Gauge = new Gauge({ name, help, labelNames, registers: [registry], async collect() {
      registered.reset();
      await collect(registered);
    } });
  };
  gauge('hubgraph_relay_leading', 'Whether this process publishes the hub\'s events (1) or stands by (0).', ['hub'], (metric) => {
    for (const [hub, { gauges }] of hubs) metric.set({ hub }, gauges.relay()?.role === 'leading' ? 1 : 0);
  });
  gauge('hubgraph_relay_alarm', 'Whether stream and database contradict each other (1): nothing is published until an operator decides.', ['hub'], (metric) => {
    for (const [hub, { gauges }] of hubs) metric.set({ hub }, gauges.relay()?.alarm === undefined ? 0 : 1);
  });
  let reading: Promise<Map<string, Unpublished>> | undefined;
  /** Both gauges of a look come from the same statement. A database that does not answer has no numbers; `/health/ready` says why. */
  const outboxes = (): Promise<Map<string, Unpublished>> => {
    reading ??= Promise.all([...hubs].map(async ([hub, { sql }]) => [hub, await unpublished(sql).catch(() => undefined)] as const))
      .then((found) => new Map(found.filter((pair): pair is readonly [string, Unpublished] => pair[1] !== undefined)))
      .finally(() => (reading = undefined));
    return reading;
  };
  gauge('hubgraph_outbox_unpublished', 'Events recorded and not in the stream.', ['hub'], async (metric) => {
    for (const [hub, { count }] of await outboxes()) metric.set({ hub }, count);
  });
  gauge('hubgraph_outbox_oldest_seconds', 'Age of the oldest event that is not in the stream; 0 when all are.', ['hub'], async (metric) => {
    for (const [hub, { seconds }] of await outboxes()) metric.set({ hub }, seconds);
  });
  gauge('hubgraph_follower_lag_events', 'Events of another hub\'s stream that this hub has not done with; none of a stream that was never seen.', ['hub', 'stream'], (metric) => {
    for (const [hub, { gauges }] of hubs) for (const { stream, done, last } of gauges.follows()) if (last !== null) metric.set({ hub, stream }, Math.max(0, last - done));
  });
  gauge('hubgraph_follower_behind_seconds', 'How long ago all that the stream held was done with, true to 1.5 s.', ['hub', 'stream'], (metric) => {
    for (const [hub, { gauges }] of hubs) for (const { stream, asOf } of gauges.follows()) if (asOf) metric.set({ hub, stream }, Math.max(0, (Date.now() - asOf.getTime()) / 1_000));
  });
}
