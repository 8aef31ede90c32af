import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The workshop hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_WORKSHOP_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the workshop hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
});
