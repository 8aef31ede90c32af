import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isOutage } from '../outage.ts';
import type { PartHealth } from '../hub.ts';
import type { Bus } from './bus.ts';
import type { StreamEvent } from './message.ts';
import { CursorAhead, CursorExpired, StreamReset } from './outcomes.ts';
import { openStreamLog } from './stream-log.ts';

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

/** A stream that is being followed. */
export interface Followed {
  health(): PartHealth;
  /** Ends after the event under way. Safe to call twice. */
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly bus: Bus;
  readonly following: Following;
  /** What the follower is called in health and logs, such as `ops.follows`. */
  readonly part: string;
  readonly log: Logger;
  /** Told after each event that was taken or set aside. */
  readonly done?: (entry: StreamEvent, outcome: 'taken' | 'set aside') => void;
}

/** Places behind events without effect are kept every so many events; as many are read again after a crash. */
const PASS_EVERY = 500;
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
export function followStream({ bus, following, part, log, done = () => undefined }: FollowOptions): Followed {
  const { stream } = following;
  const streamLog = openStreamLog({ bus, stream, log, ring: RING });
  const stopping = new AbortController();
  const { signal } = stopping;
  let trouble: string | undefined;
  let found = false;

  const takeOne = async (entry: StreamEvent, epoch: string): Promise<void> => {
    let failure: unknown;
    for (const pause of TRIES) {
      if (pause > 0) await delay(pause, undefined, { signal });
      try {
        await following.take(entry, epoch);
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
    trouble = undefined;
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
      }
    } catch (error) {
      if (!(error instanceof CursorExpired)) throw error;
      await following.gap({ epoch, position: error.firstAvailable - 1 }, error.missed);
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
