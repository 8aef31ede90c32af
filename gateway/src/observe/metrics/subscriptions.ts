import type { Registry } from 'prom-client';
import { bulkHistogram } from '../bulk-histogram.ts';
import type { Transport } from '../reporter.ts';
import type { Ears, Observed } from './metrics.ts';
import { makeIn } from './make.ts';

const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'multipart'];
/** Upper ends of the buckets of lag, in seconds: the aim is 50 ms for 99 of 100. */
const LAG = [0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60];
/** Codes that a client may close with are many; these say something. */
const CLOSE_CODES = new Set([1000, 1001, 1005, 1006, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4440, 4441, 4500]);

/** Metrics of clients and their subscriptions. */
export function subscriptionMetrics(registry: Registry, observed: () => Observed | undefined): Ears {
  const { asked, counter, histogram } = makeIn(registry);
  asked('clients', 'Connections for subscriptions that are open.', ['transport'], (gauge) => {
    for (const transport of TRANSPORTS) gauge.set({ transport }, 0);
    for (const { transport } of observed()?.clients ?? []) gauge.inc({ transport });
  });
  asked('subscriptions', 'Subscriptions that run, by their field and state: waiting, catching_up, live or slow.', ['field', 'state'], (gauge) => {
    for (const { field, state } of observed()?.path.live ?? []) gauge.inc({ field, state: state.toLowerCase() });
  });
  asked('subscription_classes', 'Classes of subscriptions: those of one class share their executions and frames.', [], (gauge) => gauge.set(new Set([...(observed()?.path.live ?? [])].map(({ classKey }) => classKey)).size));
  asked('topic_seats', 'What an event is matched with: one for each class at the tail, one for each subscription on its own way.', [], (gauge) => gauge.set(observed()?.path.seats ?? 0));

  const opened = counter('clients_opened_total', 'Connections for subscriptions that were opened.', ['transport']);
  const closed = counter('clients_closed_total', 'Connections closed, by the close code of a socket (other: one that means nothing to us) or `end`.', ['transport', 'code']);
  const turnedAway = counter('connections_refused_total', 'Upgrades to a socket that were refused.', ['status']);
  const refused = counter('subscriptions_refused_total', 'Operations of connections that were refused before they began.', ['transport', 'code']);
  const started = counter('subscriptions_started_total', 'Subscriptions that reached the tail, by whether they resumed from a cursor.', ['field', 'resumed']);
  const ended = counter('subscriptions_ended_total', 'Subscriptions that ended: complete, socket, stop, or the code of an error.', ['field', 'reason']);
  const behind = counter('subscriptions_behind_total', 'How often a client could not take its events at the tail and went on from the log.');
  const blocked = counter('clients_blocked_total', 'How often so much waited on a connection that nothing more was written to it.');
  const snapshots = counter('snapshots_total', 'Snapshots that were sent in full.', ['field']);
  const events = counter('events_received_total', 'Events that came in, by the hub whose stream they came by.', ['hub']);
  const executions = counter('event_executions_total', 'Executions for events: each makes one frame for everybody of a class.', ['hub']);
  const executionSeconds = histogram('event_execution_seconds', 'How long an execution for an event took, its calls to hubs included.', ['hub']);
  const deliveries = counter('deliveries_total', 'Frames written to clients.', ['hub', 'transport']);
  const lag = bulkHistogram(registry, { name: 'hubgraph_delivery_lag_seconds', help: 'From the change to the frame written, for each client; events from the past are left out.', bounds: LAG });
  const renewals = counter('token_renewals_total', 'Clients that gave another token: renewed, or why it was not taken.', ['outcome']);
  const tokens = counter('tokens_ended_total', 'Connections that ended with their token.', ['why']);
  const revocations = counter('revocations_total', 'Revocations that this gateway heard of.', ['kind']);
  const reloads = counter('supergraph_reloads_total', 'Changed supergraphs: entered or refused.', ['outcome']);
  const reloaded = counter('supergraph_subscriptions_total', 'Subscriptions that a changed supergraph kept or ended.', ['outcome']);

  const lags = new Map<string, ReturnType<typeof lag.series>>();
  const lagOf = (hub: string, transport: Transport): ReturnType<typeof lag.series> => {
    const key = `${hub} ${transport}`;
    let series = lags.get(key);
    if (!series) lags.set(key, (series = lag.series({ hub, transport })));
    return series;
  };

  return {
    'socket.opened': () => opened.inc({ transport: 'ws' }),
    'socket.closed': ({ code }) => closed.inc({ transport: 'ws', code: CLOSE_CODES.has(code) ? String(code) : 'other' }),
    'response.opened': ({ transport }) => opened.inc({ transport }),
    'response.closed': ({ transport }) => closed.inc({ transport, code: 'end' }),
    'connection.refused': ({ status }) => turnedAway.inc({ status: String(status) }),
    'subscription.refused': ({ transport, code }) => refused.inc({ transport, code }),
    'subscription.ready': ({ field, resumed }) => started.inc({ field, resumed: String(resumed) }),
    'subscription.ended': ({ field, reason }) => ended.inc({ field, reason }),
    'subscription.behind': () => behind.inc(),
    'subscription.complete': ({ field }) => snapshots.inc({ field }),
    'socket.blocked': () => blocked.inc(),
    'event.dispatched': ({ hub }) => events.inc({ hub }),
    'event.hydrated'({ hub, milliseconds }) {
      executions.inc({ hub });
      executionSeconds.observe({ hub }, milliseconds / 1_000);
    },
    'frames.written'({ hub, transport, clients, lag: milliseconds }) {
      deliveries.inc({ hub, transport }, clients);
      if (milliseconds !== undefined) lagOf(hub, transport).observe(milliseconds / 1_000, clients);
    },
    'token.renewed': ({ outcome }) => renewals.inc({ outcome }),
    'token.ended': ({ why }) => tokens.inc({ why }),
    'revocation.heard': ({ kind }) => revocations.inc({ kind }),
    'supergraph.entered'({ kept, ended: gone }) {
      reloads.inc({ outcome: 'entered' });
      reloaded.inc({ outcome: 'kept' }, kept);
      reloaded.inc({ outcome: 'ended' }, gone);
    },
    'supergraph.refused': () => reloads.inc({ outcome: 'refused' }),
  };
}
