import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The governance hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_GOVERNANCE_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the governance hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
  HUBGRAPH_STALE_DAYS: { schema: kinds.integer(1, 3650), default: '14', about: 'Days after which an open task that nobody touched is reported stale.' },
  HUBGRAPH_STALE_CRON: { schema: kinds.text(), default: '17 3 * * *', about: 'When the hub looks for stale tasks: a cron expression in UTC.' },
  HUBGRAPH_CLEANUP_CRON: { schema: kinds.text(), default: '47 3 * * *', about: 'When the hub cleans up open tasks of closed workstreams: a cron expression in UTC.' },
  HUBGRAPH_WORKPLAN_ROOTS: { schema: kinds.list(), default: '', about: 'Folders, divided by commas, under which the hub itself may read workplan files again for its scheduled clean-up. Without any, the clean-up leaves workstreams that have a file to `hubgraph maintenance cleanup`, which reads the files where it runs.' },
});
