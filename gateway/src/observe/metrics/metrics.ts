import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { Subscriptions } from '../../subscription/server.ts';
import type { Reporter, Reports } from '../reporter.ts';
import { queryMetrics } from './queries.ts';
import { streamMetrics } from './streams.ts';
import { subscriptionMetrics } from './subscriptions.ts';

/** What a metric hears: some of the reports. */
export type Ears = { readonly [Name in keyof Reports]?: (facts: Reports[Name]) => void };

/** What may be asked of the gateway when its metrics are read. */
export type Observed = Pick<Subscriptions, 'path' | 'clients'>;

/** Keeps the gateway's metrics by what it reports. */
export interface Metrics extends Reporter {
  /** From now on the gauges are asked of these. */
  observe(observed: Observed): void;
}

/**
 * Adds the gateway's metrics, and those of its process, to `registry`. Labels come from bounded sets only: hubs, transports,
 * fields, codes, and of operations the names in `operations`; never a client's words.
 */
export function createMetrics(registry: Registry, operations: ReadonlySet<string>): Metrics {
  let observed: Observed | undefined;
  collectDefaultMetrics({ register: registry });
  const ears: readonly Ears[] = [queryMetrics(registry, operations), subscriptionMetrics(registry, () => observed), streamMetrics(registry, () => observed)];
  const byName = new Map<keyof Reports, ((facts: never) => void)[]>();
  for (const one of ears) for (const [name, ear] of Object.entries(one)) byName.set(name as keyof Reports, [...(byName.get(name as keyof Reports) ?? []), ear as (facts: never) => void]);
  return {
    report(name, facts) {
      const heard = byName.get(name);
      if (heard) for (const ear of heard) ear(facts as never);
    },
    observe(next) {
      observed = next;
    },
  };
}
