import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../clock.ts';
import { isOutage } from '../outage.ts';
import { inSpan } from '../trace/trace.ts';
import type { PartHealth } from '../hub.ts';
import type { Bus } from './bus.ts';
import type { StreamEvent } from './message.ts';
import { CursorAhead, CursorExpired, StreamReset } from './outcomes.ts';
import { openStreamLog } from './stream-log.ts';
import { missingReason, viewOf } from './tap.ts';

/** How far a stream has been followed. */
export interface Place {
  readonly epoch: string;
  /** Of the last event that is done with; 0 before the first. */
  readonly position: number;
}

/** What following a stream effects. Everything here is kept in the follower's own database. */
export interface Following {
  readonly stream: string;
  /** Where it stopped; null before the first time. */
  place(): Promise<Place | null>;
  /** Whether an event has any effect; the others only move the place. */
  concerns(entry: StreamEvent): boolean;
  /**
   * Does what the event asks and keeps the new place, in one transaction; nothing when the kept place is not before it,
   * because another replica was first. That transaction is what makes the effect happen once however often the event comes.
   */
  take(entry: StreamEvent, epoch: string): Promise<void>;
  /** Keeps an event that {@link take} cannot, with the reason, and the new place, in one transaction. */
  setAside(entry: StreamEvent, epoch: string, reason: string): Promise<void>;
  /** Keeps a place behind events without effect; never moves back within an epoch. */
  pass(place: Place): Promise<void>;
  /** Events after `place` are gone from the stream: whatever can be said of it, and the new place, in one transaction. */
  gap(place: Place, missed: number): Promise<void>;
}

/** How much of a stream is done with, as this process sees it. */
export interface FollowedView {
  readonly stream: string;
  /** Position up to which everything is done with, by this process or another replica. */
  readonly done: number;
  /** Position of the last event that this process knows of; null before the stream was first seen. */
  readonly last: number | null;
  /** The latest moment up to which all that the stream held was done with; null: none since this process began. True to 1.5 s. */
  readonly asOf: Date | null;
  /** Whether NATS has no such stream: its hub was never started there, or the stream was lost. */
  readonly missing: boolean;
  /** Why nothing is being read or done now, in one clause. */
  readonly trouble?: string;
}

/** A stream that is being followed. */
export interface Followed {
  health(): PartHealth;
  view(): FollowedView;
  /**
   * Asks the stream how far it goes and waits until all of that is done with: whatever was published before the call has
   * its effect then. False when that takes longer than `withinMs`, or NATS cannot say.
   */
  reach(withinMs: number): Promise<boolean>;
  /** Ends after the event under way. Safe to call twice. */
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly bus: Bus;
  readonly following: Following;
  /** What the follower is called in health and logs, such as `ops.follows`. */
  readonly part: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Told after each event that was taken or set aside. */
  readonly done?: (entry: StreamEvent, outcome: 'taken' | 'set aside') => void;
}

/** Places behind events without effect are kept every so many events; as many are read again after a crash. */
const PASS_EVERY = 500;
/** And after so long, so that what retention takes meanwhile is not mistaken for a gap. */
const PASS_AFTER_MS = 60_000;
/** Milliseconds before the second and the third try of an event that fails without an outage. */
const TRIES = [0, 100, 1_000];
const OUTAGE_MS = 500;
/** A follower reads on and on, so what it has taken need not stay in memory. */
const RING = { events: 2_000, bytes: 8 * 1024 * 1024 };

/**
 * Follows a stream from where it stopped, one event after the other, for as long as the process lives. In the order of the
 * stream, so in order for each subject; an outage of the database or of NATS is waited out; an event that fails for a
 * reason of its own is set aside after three tries, so that the others go on.
 */
export function followStream({ bus, following, part, log, clock = systemClock, done = () => undefined }: FollowOptions): Followed {
  const { stream } = following;
  const progress = trackProgress(() => (progress.epoch === streamLog.tail()?.epoch ? streamLog.tail()!.last : null), clock);
  const streamLog = openStreamLog({ bus, stream, log, ring: RING, report: ({ kind }) => kind === 'interrupted' && progress.interrupted() });
  const stopping = new AbortController();
  const { signal } = stopping;
  let trouble: string | undefined;
  let found = false;

  const takeOne = async (entry: StreamEvent, epoch: string): Promise<void> => {
    let failure: unknown;
    for (const pause of TRIES) {
      if (pause > 0) await delay(pause, undefined, { signal });
      try {
        await inSpan(() => ({ name: `${part} ${entry.event.type}`, kind: 'consumer', parent: entry.event.traceparent, root: entry.event.traceparent === undefined, attributes: { 'messaging.system': 'nats', 'messaging.destination.name': stream } }), () => following.take(entry, epoch));
        return done(entry, 'taken');
      } catch (error) {
        if (isOutage(error) || signal.aborted) throw error;
        failure = error;
      }
    }
    log.error({ part, stream, seq: entry.seq, type: entry.event.type, err: failure }, 'an event cannot be taken in; it is set aside');
    await following.setAside(entry, epoch, (failure as Error).message.slice(0, 1_000));
    done(entry, 'set aside');
  };

  const follow = async (): Promise<void> => {
    const { epoch } = await streamLog.opened(signal);
    found = true;
    const kept = await following.place();
    if (kept !== null && kept.epoch !== epoch) log.warn({ part, stream, epoch }, 'the stream began anew; it is followed from its beginning');
    let passed = kept?.epoch === epoch ? kept.position : 0;
    let last = passed;
    // from now on it is known which stream was followed, also when it is gone one day
    if (kept?.epoch !== epoch) await following.pass({ epoch, position: 0 });
    trouble = undefined;
    progress.to(epoch, last);
    const keep = setInterval(() => {
      const position = last;
      // a failure shows at the next event
      if (position > passed) void following.pass({ epoch, position }).then(() => (passed = Math.max(passed, position)), () => undefined);
    }, PASS_AFTER_MS);
    try {
      for await (const entry of streamLog.read(last, signal, epoch)) {
        if (following.concerns(entry)) {
          await takeOne(entry, epoch);
          passed = entry.seq;
        } else if (entry.seq - passed >= PASS_EVERY) {
          await following.pass({ epoch, position: entry.seq });
          passed = entry.seq;
        }
        last = entry.seq;
        progress.to(epoch, last);
      }
    } catch (error) {
      if (!(error instanceof CursorExpired)) throw error;
      await following.gap({ epoch, position: error.firstAvailable - 1 }, error.missed);
    } finally {
      clearInterval(keep);
    }
    // what was passed over need not be read again by whoever comes next
    if (last > passed) await following.pass({ epoch, position: last });
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof StreamReset) continue;
        trouble = error instanceof CursorAhead ? `${stream} is shorter than what was followed already` : isOutage(error) ? 'the database does not answer' : `following ${stream} failed: ${(error as Error).message}`;
        log.warn({ part, stream, err: error }, 'following a stream was interrupted; trying again');
        await delay(OUTAGE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const running = run();
  let stopped: Promise<void> | undefined;

  return {
    health() {
      // a hub that was never started has no stream, and nothing is missed
      const reason = trouble ?? (found ? streamLog.trouble() : bus.trouble());
      return { part: `${part}.${stream}`, ready: reason === undefined, reason };
    },
    view() {
      const reason = trouble ?? streamLog.trouble();
      return { stream, done: progress.done, last: progress.last(), asOf: progress.asOf(reason === undefined), missing: reason === missingReason(stream), ...(reason === undefined ? {} : { trouble: reason }) };
    },
    async reach(withinMs) {
      const enough = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
      try {
        const asked = clock.now();
        const { epoch, last, refillTo } = await given(bus.connected(enough).then((connection) => viewOf(connection, stream)), enough);
        await progress.reached(epoch, Math.max(last, refillTo), enough);
        progress.sure(asked);
        return true;
      } catch {
        return false;
      }
    },
    stop() {
      stopped ??= (async () => {
        stopping.abort(new Error('the follower stops'));
        await running;
        await streamLog.close();
      })();
      return stopped;
    },
  };
}

/** Keeps how far a stream is done with, and wakes who waits for that. */
function trackProgress(tail: () => number | null, clock: Clock) {
  const waiting = new Set<() => void>();
  let asOf: Date | null = null;
  const tracked = {
    epoch: null as string | null,
    done: 0,
    last: tail,
    to(epoch: string, position: number): void {
      tracked.epoch = epoch;
      tracked.done = position;
      for (const look of [...waiting]) look();
    },
    isCurrent(): boolean {
      const last = tail();
      return last !== null && tracked.done >= last;
    },
    /** Reading stops here for a while. */
    interrupted(): void {
      if (tracked.isCurrent()) asOf = clock.now();
    },
    sure(moment: Date): void {
      if (asOf === null || moment > asOf) asOf = moment;
    },
    asOf(reading: boolean): Date | null {
      if (reading && tracked.isCurrent()) asOf = clock.now();
      return asOf;
    },
    reached(epoch: string, position: number, signal: AbortSignal): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (tracked.epoch === epoch && tracked.done >= position) resolve();
      };
      waiting.add(look);
      look();
      return given(promise, signal).finally(() => waiting.delete(look));
    },
  };
  return tracked;
}

/** The value, or a rejection when `signal` comes first. */
function given<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
