import { defineConfig, kinds, type ConfigOf } from '@hubgraph/kit/config';
import { metricsSettings } from '@hubgraph/kit/metrics/settings';

/** What the gateway shows of itself; its config merges this table into its own. */
export const observeConfig = defineConfig({
  ...metricsSettings,
  HUBGRAPH_METRICS_PORT: {
    schema: kinds.integer(0, 65_535),
    about: 'Port where the gateway serves /metrics without a token, at HUBGRAPH_METRICS_HOST; 0 takes a free one. When not set there is only /metrics of the main port, which wants a token.',
  },
  HUBGRAPH_METRICS_HOST: { schema: kinds.text(), default: '127.0.0.1', about: 'Address of HUBGRAPH_METRICS_PORT. Everybody who reaches it reads the metrics.' },
  HUBGRAPH_SLOW_OPERATION: {
    schema: kinds.integer(0, 600_000), default: '1000',
    about: 'Milliseconds from which a query or mutation is logged as slow, with its plan and the calls that it made; 0: never.',
  },
});

/** The values of {@link observeConfig}. */
export type ObserveSettings = ConfigOf<typeof observeConfig>;
