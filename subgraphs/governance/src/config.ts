import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The governance hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_GOVERNANCE_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the governance hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
  HUBGRAPH_STALE_DAYS: { schema: kinds.integer(1, 3650), default: '14', about: 'Days after which an open task that nobody touched is reported stale.' },
  HUBGRAPH_STALE_CRON: { schema: kinds.text(), default: '17 3 * * *', about: 'When the hub looks for stale tasks: a cron expression in UTC.' },
  HUBGRAPH_CLEANUP_CRON: { schema: kinds.text(), default: '47 3 * * *', about: 'When the hub cleans up open tasks of closed workstreams: a cron expression in UTC.' },
  HUBGRAPH_CLOSURE_WHEN_UNKNOWN: { schema: kinds.oneOf(['refuse', 'allow']), default: 'refuse', about: 'What completing or archiving a workstream does when it is not known what another hub has that it would wait for, because its stream cannot be read or events are missing: `refuse` names the hub as a blocker, `allow` goes by what is known. A hub that has no stream is not waited for.' },
  HUBGRAPH_CLOSURE_MAX_LAG: { schema: kinds.integer(0, 86_400), default: '0', about: 'How old, in seconds, what is known of a hub may be when its stream cannot be asked. 0: a closing goes on only when all that the streams held when it began has been taken in.' },
  HUBGRAPH_CLOSURE_WAIT_MS: { schema: kinds.integer(0, 30_000), default: '2000', about: 'How long, in milliseconds, a closing waits for what the streams of other hubs hold when it begins.' },
  HUBGRAPH_WORKPLAN_ROOTS: { schema: kinds.list(), default: '', about: 'Folders, divided by commas, under which the hub itself may read workplan files again for its scheduled clean-up. Without any, the clean-up leaves workstreams that have a file to `hubgraph maintenance cleanup`, which reads the files where it runs.' },
});
