import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The ops evidence hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_OPS_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the ops hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
  HUBGRAPH_OPS_MAX_EVENT_BODY: { schema: kinds.integer(1_024, 64 * 1_024 * 1_024), default: '1048576', about: 'Largest body in bytes of events and webhooks over HTTP.' },
  HUBGRAPH_ACKNOWLEDGED_HOURS: { schema: kinds.integer(1, 8_760), default: '24', about: 'Hours after which an acknowledgement of an alert lapses, when whoever took it did not say another time.' },
  HUBGRAPH_ESCALATE_MINUTES: { schema: kinds.list().refine((times) => times.length === 4 && times.every((time) => /^\d{1,6}$/.test(time)), 'must be four whole numbers, divided by commas'), default: '0,1440,60,15', about: 'Minutes after which an alert that nobody acknowledged escalates, for INFO, WARNING, ERROR and CRITICAL; 0: never. Each further level takes as long again, three levels at most.' },
  HUBGRAPH_RISK_ESCALATE_SCORE: { schema: kinds.integer(1, 26), default: '20', about: 'Score, of 25, from which a SURFACED risk goes to the steward by itself; 26: never.' },
});
