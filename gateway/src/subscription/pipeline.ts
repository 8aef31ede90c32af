import { connectBus } from '@hubgraph/kit/bus/bus';
import { openStreamLog } from '@hubgraph/kit/bus/stream-log';
import type { PartHealth } from '@hubgraph/kit/hub';
import type { Logger } from 'pino';
import type { Reporter } from '../observe/reporter.ts';
import type { Engine } from '../query/engine.ts';
import { catalogueOf, type EventsFile } from './catalogue.ts';
import { createHydration } from './hydrate.ts';
import type { SubscriptionSettings } from './settings.ts';
import { NOWHERE, openSource, type Positions, type Source } from './source.ts';
import { createSubscriber, type Sink, type Subscribe, type Subscriber } from './subscriber.ts';
import { createTopics } from './topics.ts';

/**
 * An event on its way to a client, in order. Each stage is the file of its name:
 *
 * - `source` follows each hub's stream, once for all clients;
 * - `topics` finds the subscriptions that ask for the event, once for all that ask for the same;
 * - `admit` lets pass what the subscriber may see;
 * - `queue` holds it until the client can take it, and sends a client that is behind to the log;
 * - `hydrate` answers it through the query path, once for all of a class;
 * - `socket` writes the frame.
 *
 * `lane` and `subscriber` lead one client's events through the middle of it, `resume` reads and writes its cursors,
 * `snapshot` goes before the first event of those who ask for it.
 */
export const subscriptionPath = ['source', 'topics', 'admit', 'queue', 'hydrate', 'socket'] as const;

/** What the path needs of the gateway. */
export interface PathOptions {
  readonly engine: Engine;
  /** `schema/events.json` */
  readonly events: EventsFile;
  /** Without one, events are off: subscriptions are refused with `HUB_UNAVAILABLE`. */
  readonly natsUrl?: string;
  /** The first signs cursors, all verify. */
  readonly cursorKeys: readonly string[];
  readonly settings: SubscriptionSettings;
  readonly reporter: Reporter;
  readonly log: Logger;
}

/** The path in one gateway, whatever the transports. */
export interface SubscriptionPath {
  /** @throws PublicError when the subscription is refused; nothing is left behind then. */
  subscribe(subscribe: Subscribe, sink: Sink): Subscriber;
  health(): PartHealth[];
  /** Ends the reading of the streams; subscribers should have ended before. */
  stop(): Promise<void>;
}

/** Connects to NATS and begins to follow the streams; returns at once. */
export function openSubscriptionPath({ engine, events, natsUrl, cursorKeys, settings, reporter, log }: PathOptions): SubscriptionPath {
  const catalogue = catalogueOf(events);
  const topics = createTopics();
  const hydration = createHydration({ engine, catalogue, reporter, log, time: settings.HUBGRAPH_WS_HYDRATION_TIME });
  const sources = new Map<string, Source>();
  const positionsOf = (hubs: readonly string[]): Positions => Object.fromEntries(hubs.map((hub) => [hub, sources.get(hub)?.tail ?? NOWHERE]));

  const bus = natsUrl === undefined ? undefined : connectBus(natsUrl, log, 'hubgraph-gateway');
  if (bus) {
    for (const { hub, stream } of catalogue.streams) {
      const streamLog = openStreamLog({ bus, stream, log });
      sources.set(hub, openSource({ hub, log: streamLog, topics, positionsOf, reporter, logger: log }));
    }
  }
  const bounds = { events: settings.HUBGRAPH_WS_QUEUE_EVENTS, bytes: settings.HUBGRAPH_WS_QUEUE_BYTES };

  return {
    subscribe: (subscribe, sink) => createSubscriber({ engine, catalogue, sources, topics, hydration, cursorKeys, bounds, reporter }, subscribe, sink),
    health: () => [...sources.values()].map((source) => source.health()),
    async stop() {
      await Promise.all([...sources.values()].map((source) => source.stop()));
      await bus?.close();
    },
  };
}
