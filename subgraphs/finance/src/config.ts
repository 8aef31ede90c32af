import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The finance hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_FINANCE_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the finance hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
  HUBGRAPH_FINANCE_ANOMALY_FACTOR: { schema: kinds.integer(2, 1_000), default: '3', about: 'A day is an anomaly when it costs this many times the mean of the 28 days before it, and lies as many of their standard deviations above it.' },
});
