import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import type { EndReason, Reporter } from '../observe/reporter.ts';
import type { Engine, Prepared } from '../query/engine.ts';
import { admission, authorisationClass } from './admit.ts';
import type { Catalogue } from './catalogue.ts';
import { classOf, type Frame, type Hydration } from './hydrate.ts';
import { createLane, type Lane } from './lane.ts';
import { createOutlet, type Bounds } from './queue.ts';
import { bindingOf, cursorsOf, outcomeFor } from './resume.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';
import { NOWHERE, type Position, type Positions, type Source } from './source.ts';
import { topicOf, type Delivery, type Topics } from './topics.ts';

/** What all subscribers share. */
export interface Surroundings {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly sources: ReadonlyMap<string, Source>;
  readonly topics: Topics;
  readonly hydration: Hydration;
  readonly cursorKeys: readonly string[];
  readonly bounds: Bounds;
  readonly reporter: Reporter;
  /** Those that run. */
  readonly live: Set<Subscriber>;
  /** Called when one begins to run; what it was prepared for may have changed since. */
  began(subscriber: Subscriber): void;
}

/** One subscribe message. */
export interface Subscribe {
  readonly prepared: Prepared;
  /** As the client gave them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The root field's arguments, coerced. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  /** A cursor that came beside the operation; it is younger than an `after` inside of it. */
  readonly cursor?: string;
  /** How reports name the subscription. */
  readonly socket: string;
  readonly id: string;
}

/** What decides how events are answered. */
export type Served = Pick<Subscribe, 'prepared' | 'variables' | 'arguments' | 'identity'>;

/** Where frames go. */
export interface Sink {
  /** Resolves to true once the client can take a frame, to false when it has been too slow for too long. */
  ready(): Promise<boolean>;
  write(frame: Frame): void;
}

/** One client's subscription. */
export interface Subscriber {
  /**
   * Sends events until {@link end}. Rejects with a PublicError when it cannot go on; the reason's `cursor` fact says
   * where the client may resume.
   */
  run(): Promise<void>;
  /** Ends {@link run}. */
  end(reason: EndReason): void;
  /** Makes {@link run} reject with what `make` makes of {@link cursor}. Nothing is written after it. */
  fail(make: (cursor: string | undefined) => PublicError): void;
  /** How it is served at present. */
  readonly served: Served;
  /**
   * Goes on, without losing or doubling anything, for another identity of the same subject or by another preparation of the
   * same operation. Events that wait and were admitted before are asked about again; cursors are bound anew.
   *
   * @throws PublicError `FORBIDDEN` when the identity may see none of its events; it goes on as before then
   */
  serve(prepared: Prepared, identity: Identity): void;
  /** Resuming from here misses nothing and repeats nothing that was written; undefined before there is a place. */
  cursor(): string | undefined;
}

/** An event and the answer to it, which may not be there yet. */
interface Making {
  readonly delivery: Delivery;
  readonly frame: Promise<Frame>;
}

/** Frames that may be in the making for one subscriber: later events need not wait for the answer to earlier ones. */
const AHEAD = 8;

/**
 * Prepares one subscription: nothing is read or sent before {@link Subscriber.run}.
 *
 * @throws PublicError when it is refused: `BAD_USER_INPUT`, `FORBIDDEN`, `CURSOR_INVALID`.
 */
export function createSubscriber(surroundings: Surroundings, subscribe: Subscribe, sink: Sink): Subscriber {
  const { engine, catalogue, sources, topics, hydration, reporter } = surroundings;
  const { variables, socket, id } = subscribe;
  const field = subscribe.prepared.subscription?.field ?? '';
  const topic = topicOf(catalogue, field, subscribe.arguments);
  const cursorsFor = (identity: Identity) => cursorsOf(surroundings.cursorKeys, topic, bindingOf(topic, authorisationClass(identity)));
  let { prepared, identity } = subscribe;
  let { admits } = admission(catalogue, topic, identity);
  let cursors = cursorsFor(identity);
  const after = subscribe.cursor ?? (subscribe.arguments.after as string | null | undefined) ?? undefined;
  const resumed = after === undefined ? undefined : cursors.read(after);
  const wantsSnapshot = resumed ? resumed.partial : subscribe.arguments.snapshot === true;
  // an incomplete snapshot begins anew, and so from the present end of the stream
  const starts = resumed && !resumed.partial ? resumed.positions : {};
  let group = classOf(prepared, variables, identity, cursors, resumeVariables(prepared));

  const snapshot = wantsSnapshot ? snapshotOf() : undefined;

  const ending = new AbortController();
  const { signal } = ending;
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);
  // reading ends first: what was read before a failure still goes out
  const reading = new AbortController();
  const outlet = createOutlet<Delivery>(surroundings.bounds);
  let making: Making[] = [];
  let written: Pick<Delivery, 'positions' | 'snapshot'> | undefined;
  let failure: unknown;
  let reason: EndReason = 'complete';
  const lanes: Lane[] = topic.hubs.map((hub) => laneOf(sourceOf(sources, hub)));
  const unready = new Set(lanes.map(({ hub }) => hub));
  let begun: Positions = {};
  let isPartial = snapshot !== undefined;

  function snapshotOf(): Snapshot {
    const feed = catalogue.feed(field);
    const eventHub = catalogue.streams.find(({ hub }) => hub === feed?.hub)?.eventHub;
    if (!feed || eventHub === undefined) throw new PublicError('BAD_USER_INPUT', `${field} has no snapshot.`);
    return createSnapshot({ engine, feed, eventHub, filter: subscribe.arguments.filter as Record<string, unknown> | null | undefined, identity: group.identity });
  }

  function laneOf(source: Source): Lane {
    const { hub } = source;
    return createLane({
      source, topics, topic, admits: (type) => admits(type), signal: reading.signal,
      after: starts[hub],
      snapshot,
      offerLive: (delivery) => offer(atMyPlaces(delivery)),
      async deliver(entry, replayed) {
        // another lane may take the room meanwhile
        do await outlet.room();
        while (!reading.signal.aborted && !offer({ hub, entry, replayed, positions: { ...positions(), [hub]: [epochOf(hub), entry.seq] } }));
      },
      async deliverPresent(entry, place) {
        do await outlet.room();
        while (!reading.signal.aborted && !offer({ hub, entry, replayed: true, snapshot: snapshot?.feed, positions: { [hub]: place } }));
      },
      room: () => outlet.room(),
      told: {
        waiting: () => reporter.report('subscription.waiting', { socket, id, field, hub }),
        placed: (place) => (begun = { ...begun, [hub]: place }),
        complete() {
          isPartial = false;
          reporter.report('subscription.complete', { socket, id, field });
        },
        behind: (pos) => reporter.report('subscription.behind', { socket, id, hub, pos }),
        current(pos) {
          reporter.report('subscription.current', { socket, id, hub, pos });
          if (unready.delete(hub) && unready.size === 0) reporter.report('subscription.ready', { socket, id, field, resumed: after !== undefined });
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

  /** The shared delivery while this subscriber stands where all at the tail stand, else one of its own. */
  const atMyPlaces = (delivery: Delivery): Delivery => {
    const same = lanes.every((lane) => lane.hub === delivery.hub || placeOf(lane)[1] === delivery.positions[lane.hub]?.[1]);
    return same ? delivery : { ...delivery, positions: { ...positions(), [delivery.hub]: delivery.positions[delivery.hub] as Position } };
  };

  const cursor = (): string | undefined => {
    if (Object.keys(begun).length === 0) return undefined;
    // with nothing under way, events that did not match are behind it as well
    if (outlet.size === 0 && making.length === 0 && !isPartial) return cursors.write(positions());
    return written ? cursors.write(written.positions, written.snapshot !== undefined) : cursors.write({ ...nowhere, ...begun }, isPartial);
  };

  const fail = (error: unknown, hub: string): void => {
    const lane = lanes.find((candidate) => candidate.hub === hub);
    failure ??= outcomeFor(error, hub, { position: lane?.position ?? starts[hub], positions: { ...starts, ...positions() }, cursors });
    stopReading();
  };
  const stopReading = (): void => {
    reading.abort();
    outlet.close();
  };

  const pump = async (): Promise<void> => {
    while (!signal.aborted) {
      while (making.length < AHEAD) {
        const delivery = outlet.take();
        if (!delivery) break;
        // it may have waited since before a renewal
        if (admits(delivery.entry.event.type) || delivery.snapshot) making.push({ delivery, frame: hydration.frameOf(group, delivery) });
      }
      const first = making[0];
      if (first) {
        const frame = await first.frame;
        if (!(await sink.ready())) throw tooSlow();
        // what is written after the end would come twice to a client that resumes
        if (signal.aborted) return;
        // made anew for another identity meanwhile
        if (making[0] !== first) continue;
        sink.write(frame);
        making.shift();
        written = first.delivery;
      } else if (outlet.closed) {
        if (failure !== undefined) throw failure;
        return;
      } else {
        await outlet.filled();
      }
    }
  };

  const tooSlow = (): PublicError => {
    // what the log still has for it is not counted, so the number is only known at the tail
    const missed = lanes.every(({ live }) => live) ? { missed: making.length + outlet.size } : {};
    return new PublicError('TOO_SLOW', 'The client reads more slowly than events come.', { ...missed, cursor: cursor() });
  };

  const subscriber: Subscriber = {
    cursor,
    get served() { return { prepared, variables, arguments: subscribe.arguments, identity }; },
    serve(newly, holder) {
      const admitted = admission(catalogue, topic, holder);
      const sameRights = authorisationClass(holder) === authorisationClass(identity);
      [prepared, identity, admits] = [newly, holder, admitted.admits];
      if (!sameRights) cursors = cursorsFor(holder);
      group = classOf(prepared, variables, identity, cursors, resumeVariables(prepared));
      if (!sameRights) making = making.filter(({ delivery }) => delivery.snapshot || admits(delivery.entry.event.type)).map(({ delivery }) => ({ delivery, frame: hydration.frameOf(group, delivery) }));
    },
    fail(make) {
      if (signal.aborted) return;
      ended.reject(make(cursor()));
      // what is written after the cursor was taken would come twice
      ending.abort();
      stopReading();
    },
    async run() {
      surroundings.live.add(subscriber);
      surroundings.began(subscriber);
      for (const lane of lanes) void lane.run().catch((error: unknown) => fail(error, lane.hub));
      try {
        // the pump may be waiting for a slow client or hub
        await Promise.race([pump(), ended.promise]);
      } catch (error) {
        reason = error instanceof PublicError ? error.code : 'INTERNAL';
        throw error;
      } finally {
        surroundings.live.delete(subscriber);
        ending.abort();
        stopReading();
        reporter.report('subscription.ended', { socket, id, field, reason });
      }
    },
    end(why) {
      if (signal.aborted) return;
      reason = why;
      ending.abort();
      stopReading();
      ended.resolve();
    },
  };
  return subscriber;
}

function sourceOf(sources: ReadonlyMap<string, Source>, hub: string): Source {
  const source = sources.get(hub);
  if (!source) throw new PublicError('HUB_UNAVAILABLE', 'Events are off: this graph runs without an event stream.', { hub });
  return source;
}

/** Variables that stand for `after` and `snapshot` of the root field: they say where to begin, not what to answer. */
function resumeVariables({ subscription }: Prepared): ReadonlySet<string> {
  const names = new Set<string>();
  for (const definition of subscription?.primary.definitions ?? []) {
    if (definition.kind !== 'OperationDefinition') continue;
    for (const field of definition.selectionSet.selections) {
      for (const { name, value } of field.kind === 'Field' ? (field.arguments ?? []) : []) {
        if ((name.value === 'after' || name.value === 'snapshot') && value.kind === 'Variable') names.add(value.name.value);
      }
    }
  }
  return names;
}
