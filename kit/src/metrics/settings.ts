import { z } from 'zod';
import { defineConfig } from '../config.ts';

/** Who may read the metrics of gateway and hubs. */
export const metricsSettings = defineConfig({
  HUBGRAPH_METRICS_TOKEN: {
    schema: z.string().min(16, 'must have at least 16 characters'), secret: true,
    about: 'Bearer token that may read /metrics, at the gateway and at hubs in processes of their own. Without it the gateway\'s need a caller with the scopes ops:write and retention:manage, and those of hubs are closed.',
  },
});
