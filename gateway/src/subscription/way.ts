import { PublicError } from '@hubgraph/kit/errors';
import type { Reporter } from '../observe/reporter.ts';
import type { Group } from './group.ts';
import type { Frame, Hydration } from './hydrate.ts';
import { createLane, type Lane } from './lane.ts';
import { createOutlet, type Bounds } from './queue.ts';
import { outcomeFor } from './resume.ts';
import type { Snapshot } from './snapshot.ts';
import { NOWHERE, type Position, type Positions, type Source } from './source.ts';
import { writingSpan } from './event-trace.ts';
import type { Sink } from './subscribe.ts';
import { createTally } from './tally.ts';
import { deliveryOf, type Delivery, type Topics } from './topics.ts';
import type { Backlog } from './view.ts';

/** What a way is made of. */
export interface WayOptions {
  readonly group: Group;
  readonly sources: ReadonlyMap<string, Source>;
  readonly topics: Topics;
  readonly hydration: Hydration;
  readonly bounds: Bounds;
  readonly reporter: Reporter;
  readonly sink: Sink;
  /** Where to begin, by hub; the tail at this moment for those left out. */
  readonly starts: Positions;
  /** By hub, up to where events were recorded before the subscription began, when that is not the tail at this moment. */
  readonly begun: Readonly<Record<string, number>>;
  /** What is present already is sent first. */
  readonly snapshot?: Snapshot;
  /** Names of the subscription in reports. */
  readonly facts: { readonly socket: string; readonly id: string; readonly field: string };
  /** Of the request that subscribed. */
  readonly traceparent?: string;
  /** A frame was written. */
  wrote(): void;
  /** At the tail of a hub's stream, for the first time or again. */
  current(hub: string, pos: number): void;
  /** Has a place in a hub's stream. What lies at or before `begun` is replayed. */
  placed(hub: string, begun: number): void;
  /** Everything up to the tail was written, the snapshot before it too. May be said more than once. */
  caughtUp(): void;
  /** At the tail, with everything up to these positions written: whoever takes over goes on behind them in the same turn. True when it does. */
  arrived(positions: Positions): boolean;
}

/** One subscription's own way to the tail: through a snapshot, or the log, or at the pace of a client that reads slowly. */
export interface Way {
  /** Runs until it {@link WayOptions.arrived} or is stopped. Rejects with a PublicError when it cannot go on. */
  run(): Promise<void>;
  /** Nothing is read or written any more. */
  stop(): void;
  /** Resuming from here misses nothing and repeats nothing that was written; undefined before there is a place. */
  cursor(): string | undefined;
  /** What {@link cursor} says. */
  readonly place: Positions | undefined;
  /** Whether it is at the tail of every stream, with nothing of a snapshot left. */
  readonly isLive: boolean;
  readonly positions: Positions;
  readonly backlog: Backlog;
  /** Goes on for a group of the same topic; events that wait are asked about again. */
  serve(group: Group, sameRights: boolean): void;
}

/** An event and the answer to it, which may not be there yet. */
interface Making {
  readonly delivery: Delivery;
  readonly frame: Promise<Frame>;
}

/** Answers in the making at once: later events need not wait for those to earlier ones. Entities of a snapshot are nobody else's, and many. */
const [AHEAD, AHEAD_OF_SNAPSHOT] = [100, 400];
/** Those that are begun together, so that the hubs are asked together; more would keep the gateway from all else. */
const WAVE = 50;

/** Makes a way; {@link Way.run} sets it going. */
export function createWay(options: WayOptions): Way {
  const { sources, topics, hydration, reporter, sink, starts, snapshot, facts } = options;
  let { group } = options;
  const { topic } = group;
  // reading ends first: what was read before a failure still goes out
  const reading = new AbortController();
  const outlet = createOutlet<Delivery>(options.bounds);
  let making: Making[] = [];
  let isPausing = false;
  const ahead = snapshot ? AHEAD_OF_SNAPSHOT : AHEAD;
  let written: Pick<Delivery, 'positions' | 'snapshot'> | undefined;
  let failure: unknown;
  let stopped = false;
  let begun: Positions = {};
  let isPartial = snapshot !== undefined;
  const lanes: Lane[] = topic.hubs.map((hub) => laneOf(sourceOf(sources, hub)));

  function laneOf(source: Source): Lane {
    const { hub } = source;
    return createLane({
      source, topics, topic, snapshot, admits: (type) => group.admits(type), signal: reading.signal, scan: group.scan(hub),
      after: starts[hub],
      begun: options.begun[hub],
      offerLive: (delivery) => offer(atMyPlaces(delivery)),
      async deliver(entry, replayed) {
        // another lane may take the room meanwhile
        do await outlet.room();
        while (!reading.signal.aborted && !offer(deliveryOf(hub, entry, { ...positions(), [hub]: [epochOf(hub), entry.seq] }, replayed)));
      },
      async deliverPresent(entry, place) {
        do await outlet.room();
        while (!reading.signal.aborted && !offer({ hub, entry, replayed: true, snapshot: snapshot?.feed, positions: { [hub]: place } }));
      },
      room: () => outlet.room(),
      told: {
        waiting: () => reporter.report('subscription.waiting', { ...facts, hub }),
        placed(place, before) {
          begun = { ...begun, [hub]: place };
          options.placed(hub, before);
        },
        complete() {
          isPartial = false;
          reporter.report('subscription.complete', facts);
        },
        behind: (pos) => reporter.report('subscription.behind', { socket: facts.socket, id: facts.id, hub, pos }),
        current: (pos) => {
          options.current(hub, pos);
          outlet.wake();
        },
      },
    });
  }

  const offer = (delivery: Delivery): boolean => outlet.offer(delivery, delivery.entry.raw.byteLength);
  const epochOf = (hub: string): string => lanes.find((lane) => lane.hub === hub)?.position?.[0] ?? '';
  // a stream that was not seen yet must not be left out: whoever resumes would begin at its tail and miss its events
  const nowhere: Positions = Object.fromEntries(topic.hubs.map((hub) => [hub, NOWHERE]));
  const placeOf = ({ position }: Lane): Position => position ?? NOWHERE;
  const positions = (): Positions => Object.fromEntries(lanes.map((lane) => [lane.hub, placeOf(lane)]));
  const isDone = (): boolean => outlet.size === 0 && making.length === 0 && !isPartial;

  /** The shared delivery while this subscriber stands where all at the tail stand, else one of its own. */
  const atMyPlaces = (delivery: Delivery): Delivery => {
    const same = lanes.every((lane) => lane.hub === delivery.hub || placeOf(lane)[1] === delivery.positions[lane.hub]?.[1]);
    return same ? delivery : { ...delivery, positions: { ...positions(), [delivery.hub]: delivery.positions[delivery.hub] as Position } };
  };

  const place = (): Positions | undefined => {
    if (Object.keys(begun).length === 0) return undefined;
    // with nothing under way, events that did not match are behind it as well
    if (isDone()) return positions();
    return written ? written.positions : { ...nowhere, ...begun };
  };
  const cursor = (): string | undefined => {
    const positions = place();
    return positions && group.cursors.write(positions, !isDone() && (written ? written.snapshot !== undefined : isPartial));
  };

  const stopReading = (): void => {
    reading.abort();
    outlet.close();
  };
  const fail = (error: unknown, hub: string): void => {
    const lane = lanes.find((candidate) => candidate.hub === hub);
    failure ??= outcomeFor(error, hub, { position: lane?.position ?? starts[hub], positions: { ...starts, ...positions() }, cursors: group.cursors });
    stopReading();
  };

  const tooSlow = (): PublicError => {
    // what the log still has for it is not counted, so the number is only known at the tail
    const missed = lanes.every(({ live }) => live) ? { missed: making.length + outlet.size } : {};
    return new PublicError('TOO_SLOW', 'The client reads more slowly than events come.', { ...missed, cursor: cursor() });
  };

  const makeAhead = (): void => {
    // a wave at a time: one answer after the other would be one call to the hubs after the other
    if (stopped || making.length > ahead - WAVE || (isPausing && making.length > 0)) return;
    for (let begun = 0; begun < WAVE; begun++) {
      const delivery = outlet.take();
      if (!delivery) return;
      // it may have waited since before a renewal
      if (group.admits(delivery.entry.event.type) || delivery.snapshot) making.push({ delivery, frame: hydration.frameOf(group, delivery) });
    }
    isPausing = true;
    setImmediate(() => {
      isPausing = false;
      makeAhead();
    });
  };
  const hasArrived = (): boolean => {
    if (isPartial || !lanes.every(({ live }) => live)) return false;
    if (isDone()) options.caughtUp();
    // under steady events there is always an answer in the making; only what is left of a snapshot nobody else has
    const here = isDone() || !written?.snapshot ? place() : undefined;
    return here !== undefined && (snapshot?.isOver() ?? true) && options.arrived(here);
  };

  const pump = async (): Promise<void> => {
    while (!stopped) {
      makeAhead();
      const first = making[0];
      if (first) {
        const frame = await first.frame;
        if (!(await sink.ready())) throw tooSlow();
        // what is written after the end would come twice to a client that resumes
        if (stopped) return;
        // made anew for another identity meanwhile
        if (making[0] !== first) continue;
        making.shift();
        const span = writingSpan(frame, first.delivery.entry.event.type, [options]);
        sink.write(frame, making.length > 0);
        span?.end();
        tell(first.delivery);
        written = first.delivery;
        if (hasArrived()) return;
      } else if (outlet.closed) {
        if (failure !== undefined) throw failure;
        return;
      } else if (hasArrived()) {
        return;
      } else {
        await outlet.filled();
      }
    }
  };

  const tell = (delivery: Delivery): void => {
    options.wrote();
    if (delivery.snapshot) return;
    const tally = createTally(delivery, reporter);
    tally.add(sink.transport);
    tally.tell();
  };

  return {
    cursor,
    get place() { return place(); },
    get isLive() { return !isPartial && lanes.every(({ live }) => live); },
    get positions() { return positions(); },
    get backlog() { return { events: making.length + outlet.size, bytes: outlet.bytes + making.reduce((sum, { delivery }) => sum + delivery.entry.raw.byteLength, 0) }; },
    async run() {
      for (const lane of lanes) void lane.run().catch((error: unknown) => fail(error, lane.hub));
      try {
        await pump();
      } finally {
        stopReading();
      }
    },
    stop() {
      stopped = true;
      stopReading();
    },
    serve(next, sameRights) {
      group = next;
      if (!sameRights) making = making.filter(({ delivery }) => delivery.snapshot || group.admits(delivery.entry.event.type)).map(({ delivery }) => ({ delivery, frame: hydration.frameOf(group, delivery) }));
    },
  };
}

function sourceOf(sources: ReadonlyMap<string, Source>, hub: string): Source {
  const source = sources.get(hub);
  if (!source) throw new PublicError('HUB_UNAVAILABLE', 'Events are off: this graph runs without an event stream.', { hub });
  return source;
}
