import { connectBus } from '@hubgraph/kit/bus/bus';
import { openStreamLog, type LogReport } from '@hubgraph/kit/bus/stream-log';
import type { PartHealth } from '@hubgraph/kit/hub';
import type { Logger } from 'pino';
import type { Reporter } from '../observe/reporter.ts';
import type { Engine, Staged } from '../query/engine.ts';
import { catalogueOf, liveCatalogue, type EventsFile } from './catalogue.ts';
import { createGroups } from './group.ts';
import { createHydration } from './hydrate.ts';
import { createPace } from './pace.ts';
import { createReload, type Reload } from './reload.ts';
import type { SubscriptionSettings } from './settings.ts';
import { NOWHERE, openSource, type Positions, type Source } from './source.ts';
import type { Sink, Subscribe, Subscriber } from './subscribe.ts';
import { createSubscriber } from './subscriber.ts';
import { createTopics } from './topics.ts';

/**
 * An event on its way to a client, in order. Each stage is the file of its name:
 *
 * - `source` follows each hub's stream, once for all clients;
 * - `topics` finds the subscriptions that ask for the event, once for all that ask for the same;
 * - `admit` lets pass what the subscriber may see;
 * - `group` holds it for all who are at the tail and ask for the same;
 * - `hydrate` answers it through the query path, once for all of a class;
 * - the transport writes the frame: `socket`, `http/distinct` or `sse/single`.
 *
 * Who is not at the tail, or reads slowly, goes a `way` of its own in place of the group: a `lane` for each stream, the
 * `queue` of what it cannot take yet, the log for what memory should not hold; `snapshot` goes before its first event.
 * `subscriber` takes a client from the one to the other, `resume` reads and writes its cursors.
 */
export const subscriptionPath = ['source', 'topics', 'admit', 'group', 'hydrate', 'socket'] as const;

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
  /** The streams that are followed, by hub. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Seats taken at topics: what an event is matched with. */
  readonly seats: number;
  /** Those that run at present. */
  readonly live: ReadonlySet<Subscriber>;
  /**
   * Goes over to another supergraph and its events. Subscriptions that it does not touch go on without interruption, the
   * others end with `SUPERGRAPH_CHANGED` and their cursor. Answers how many did which.
   */
  enter(staged: Staged, events: EventsFile): Promise<{ readonly kept: number; readonly ended: number }>;
  /** Ends the reading of the streams; subscribers should have ended before. */
  stop(): Promise<void>;
}

/** Longest that the writing of frames keeps other work waiting. */
const PACE_MS = 8;

/** Connects to NATS and begins to follow the streams; returns at once. */
export function openSubscriptionPath({ engine, events, natsUrl, cursorKeys, settings, reporter, log }: PathOptions): SubscriptionPath {
  const catalogue = liveCatalogue(events);
  const topics = createTopics();
  const hydration = createHydration({ engine, catalogue, reporter, log, time: settings.HUBGRAPH_WS_HYDRATION_TIME });
  const sources = new Map<string, Source>();
  const positionsOf = (hubs: readonly string[]): Positions => Object.fromEntries(hubs.map((hub) => [hub, sources.get(hub)?.tail ?? NOWHERE]));

  const bus = natsUrl === undefined ? undefined : connectBus(natsUrl, log, 'hubgraph-gateway');
  const followed = new Map<string, string>();
  const wanted = (): ReadonlyMap<string, string> => new Map(bus ? catalogue.streams.map(({ hub, stream }) => [hub, stream]) : []);
  /** Follows the streams of the catalogue that are not followed yet. */
  const follow = (): void => {
    for (const [hub, stream] of wanted()) {
      if (sources.has(hub)) continue;
      followed.set(hub, stream);
      if (bus) sources.set(hub, openSource({ hub, log: openStreamLog({ bus, stream, log, report: (report) => tellOf(hub, report, reporter) }), topics, positionsOf, reporter, logger: log }));
    }
  };
  /** Leaves the streams that the catalogue does not have, or has under another name. */
  const leave = async (): Promise<void> => {
    const streams = wanted();
    const gone = [...sources].filter(([hub]) => streams.get(hub) !== followed.get(hub));
    for (const [hub] of gone) sources.delete(hub);
    follow();
    await Promise.all(gone.map(([, source]) => source.stop()));
  };
  follow();
  const live = new Set<Subscriber>();
  let reload: Reload | undefined;
  /** One that was prepared before the supergraph changed and begins after it. */
  const began = (subscriber: Subscriber): void => {
    if (subscriber.served.prepared.graph.schema !== engine.schema) reload?.settle(subscriber);
  };
  const groups = createGroups({ catalogue, sources, topics, hydration, cursorKeys, reporter, positionsOf, pace: createPace(PACE_MS), most: settings.HUBGRAPH_WS_QUEUE_EVENTS });
  const bounds = { events: settings.HUBGRAPH_WS_QUEUE_EVENTS, bytes: settings.HUBGRAPH_WS_QUEUE_BYTES };

  return {
    subscribe: (subscribe, sink) => createSubscriber({ engine, catalogue, sources, topics, hydration, groups, bounds, reporter, live, began }, subscribe, sink),
    live, sources,
    get seats() { return topics.seats; },
    health: () => [...sources.values()].map((source) => source.health()),
    async enter(staged, events) {
      const next = catalogueOf(events);
      const present = catalogueOf({ streams: catalogue.streams, events: catalogue.events, subscriptions: catalogue.feeds });
      reload = createReload(staged, present, next);
      await reload.look(live);
      staged.enter();
      catalogue.replace(next);
      // who goes on may have events of a new stream; who ends is told a place in one that is gone
      follow();
      let kept = 0;
      const all = [...live];
      for (const subscriber of all) if (reload.settle(subscriber)) kept++;
      await leave();
      return { kept, ended: all.length - kept };
    },
    async stop() {
      await Promise.all([...sources.values()].map((source) => source.stop()));
      await bus?.close();
    },
  };
}

/** What the log of a stream tells that nobody else does. */
function tellOf(hub: string, report: LogReport, reporter: Reporter): void {
  if (report.kind === 'caughtUp') reporter.report('stream.caughtUp', { hub, events: report.events });
  else if (report.kind === 'interrupted') reporter.report('stream.interrupted', { hub, reason: report.reason });
}
