import { defineConfig, kinds, readConfig } from '../config.ts';
import type { StreamSettings } from './stream.ts';

/** How long and how often events are kept; the same for all hubs. */
export const eventSettings = defineConfig({
  HUBGRAPH_EVENTS_DAYS: { schema: kinds.integer(1, 3650), default: '7', about: 'Days that a stream keeps its events, so that a cursor of that age still resumes. The outbox keeps them as long and at least 7 days.' },
  HUBGRAPH_EVENTS_REPLICAS: { schema: kinds.integer(1, 5), default: '1', about: 'Servers that keep each stream: 1, or 3 in a NATS cluster on three machines.' },
});

/** Reads {@link eventSettings}. @throws UsageError naming every wrong one. */
export function streamSettings(env: Readonly<Record<string, string | undefined>>): StreamSettings {
  const values = readConfig(eventSettings, env);
  return { maxAgeMs: values.HUBGRAPH_EVENTS_DAYS * 24 * 3_600_000, replicas: values.HUBGRAPH_EVENTS_REPLICAS };
}
