import { CursorAhead } from '@hubgraph/kit/bus/outcomes';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { streamReset } from './resume.ts';
import type { Found, Scan } from './scan.ts';
import type { Snapshot } from './snapshot.ts';
import { NOWHERE, type Entry, type Position, type Source } from './source.ts';
import type { Delivery, Seat, Topic, Topics } from './topics.ts';

/** What a lane does with its events. */
export interface LaneOptions {
  readonly source: Source;
  readonly topics: Topics;
  readonly topic: Topic;
  /** Where to begin; the tail at this moment when left out. */
  readonly after?: Position;
  /** Events up to here were recorded before the subscription began; the tail when the lane begins when left out. */
  readonly begun?: number;
  readonly signal: AbortSignal;
  /** Finds the topic's events in memory, for all who read there. */
  readonly scan: Scan;
  /** What is present already is sent first, when the lane begins. */
  readonly snapshot?: Snapshot;
  admits(type: string): boolean;
  /** Takes an event that came while at the tail; false when there is no room. */
  offerLive(delivery: Delivery): boolean;
  /** Takes an event read from the log once there is room. */
  deliver(entry: Entry, replayed: boolean): Promise<void>;
  /** Takes an entity of the snapshot once there is room. */
  deliverPresent(entry: Entry, place: Position): Promise<void>;
  /** Resolves when an outlet that was full has room again. */
  room(): Promise<void>;
  readonly told: LaneReports;
}

/** What happens to a lane. */
export interface LaneReports {
  /** The stream was never seen yet. */
  waiting(): void;
  /** Has a place in the stream; from here on nothing is missed. What lies at or before `begun` is replayed. */
  placed(place: Position, begun: number): void;
  /** All of the snapshot was handed on. */
  complete(): void;
  /** At the tail, for the first time or again. */
  current(pos: number): void;
  /** The outlet was full; goes on from the log behind `pos`. */
  behind(pos: number): void;
}

/** One subscription's way through one stream: from the log while it is behind, from the topics while it is at the tail. */
export interface Lane {
  readonly hub: string;
  /** The last event that was taken or passed over; undefined until the stream was first seen. */
  readonly position: Position | undefined;
  readonly live: boolean;
  /** Runs until the signal aborts. Rejects when the stream cannot go on without a gap. */
  run(): Promise<void>;
}

/** How long a stream may stay short of a cursor of ours before the cursor is not believed. */
const AHEAD_PATIENCE_MS = 5_000;
/** Events read in one go before others get their turn. */
const STRETCH = 256;

/** Makes a lane; {@link Lane.run} sets it going. */
export function createLane(options: LaneOptions): Lane {
  const { source, topics, topic, signal, scan, snapshot, admits, offerLive, deliver, deliverPresent, room, told } = options;
  const { hub } = source;
  let position = options.after;
  let begun = options.begun ?? 0;
  let seat: Seat | undefined;
  let left = Promise.withResolvers<void>();

  const isNews = (entry: Entry): boolean => snapshot?.isNews(entry.event) ?? true;
  const wanted = (entry: Entry): boolean => topic.matches(entry.event) && admits(entry.event.type) && isNews(entry);
  const standing = (): Position | undefined => {
    // at the tail, events that do not match pass unseen
    const tail = seat && source.tail;
    return tail && (!position || tail[1] > position[1]) ? tail : position;
  };

  /** Takes a seat at the tail; the caller is there in the same turn of the event loop, so nothing falls between. */
  const sit = (): void => {
    left = Promise.withResolvers();
    seat = topics.take(hub, topic, (delivery) => {
      const { entry } = delivery;
      if (position && entry.seq <= position[1]) return;
      if (signal.aborted || !admits(entry.event.type) || !isNews(entry) || offerLive(delivery)) return;
      seat?.[Symbol.dispose]();
      seat = undefined;
      position = [source.tail?.[0] ?? position?.[0] ?? '', entry.seq - 1];
      told.behind(entry.seq - 1);
      left.resolve();
    });
    told.current(standing()?.[1] ?? 0);
  };

  /** Takes what is found behind the lane's position, and sits down at the tail; true when that was done. */
  const take = async (found: Found, epoch: string): Promise<boolean> => {
    const { entry, upTo } = found;
    if (entry && wanted(entry)) await deliver(entry, entry.seq <= begun);
    if (signal.aborted) return true;
    position = [epoch, upTo];
    if (!source.tail || upTo < source.tail[1]) return false;
    sit();
    return true;
  };

  /** What is in memory; the first part that is not is left to {@link readLog}. */
  const readMemory = async ([epoch, from]: Position): Promise<void> => {
    using _ = scan.use();
    let stretch = 0;
    for (let found = scan.next(from); found && source.tail?.[0] === epoch; found = scan.next(found.upTo)) {
      if (await take(found, epoch)) return;
      if (!found.entry || ++stretch % STRETCH === 0) await turn();
    }
  };

  const readLog = async (after: Position): Promise<void> => {
    let stretch = 0;
    for await (const entry of source.read(after, signal)) {
      if (await take({ entry, upTo: entry.seq }, after[0])) return;
      if (++stretch % STRETCH !== 0) continue;
      await turn();
      if (source.tail?.[0] === after[0] && source.at(entry.seq + 1)) return;
    }
  };

  const readOn = async (after: Position): Promise<void> => {
    await readMemory(after);
    if (!seat && !signal.aborted) await readLog(position ?? after);
  };

  /** What happens meanwhile is in the log, behind the place that was taken before. */
  const readPresent = async (present: Snapshot, place: Position): Promise<void> => {
    for await (const entry of present.read(signal)) await deliverPresent(entry, place);
    told.complete();
  };

  /** A cursor of a mutation may arrive before its event; one that the stream never reaches is not to be believed. */
  const watchAhead = async (): Promise<void> => {
    for (;;) {
      const seen = source.tail?.[1] ?? 0;
      if (!position || seen >= position[1]) return;
      await delay(AHEAD_PATIENCE_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const now = source.tail?.[1] ?? 0;
      if (source.health().ready && now === seen && now < position[1]) throw new CursorAhead(position[1], now);
    }
  };

  const follow = async (): Promise<void> => {
    if (!source.tail) told.waiting();
    const tail = source.tail ?? (await source.seen(signal));
    begun = options.begun ?? tail[1];
    position ??= tail;
    if (position[0] === NOWHERE[0]) position = [tail[0], position[1]];
    if (position[0] !== tail[0]) throw streamReset(hub);
    told.placed(position, begun);
    if (snapshot) await readPresent(snapshot, position);
    while (!signal.aborted) {
      const here = position;
      if (source.tail && source.tail[0] === here[0] && here[1] >= source.tail[1]) sit();
      else await readOn(here);
      if (!seat || signal.aborted) continue;
      await left.promise;
      await room();
    }
  };

  return {
    hub,
    get position() { return standing(); },
    get live() { return seat !== undefined; },
    async run() {
      const broken = Promise.withResolvers<never>();
      const unlisten = source.onBreak((error) => {
        position = standing();
        broken.reject(error);
      });
      const stop = (): void => left.resolve();
      signal.addEventListener('abort', stop, { once: true });
      try {
        const ahead = source.seen(signal).then(watchAhead);
        await Promise.race([Promise.all([follow(), ahead]), broken.promise]);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        unlisten();
        signal.removeEventListener('abort', stop);
        seat?.[Symbol.dispose]();
        seat = undefined;
      }
    },
  };
}
