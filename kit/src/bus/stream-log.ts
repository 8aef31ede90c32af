import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Bus } from './bus.ts';
import { createCatchUp } from './catch-up.ts';
import type { StreamEvent, StreamMessage } from './message.ts';
import { CursorAhead, CursorExpired, StreamReset } from './outcomes.ts';
import { createRing, type RingSize } from './ring.ts';
import { openTap, viewOf, type TapTarget } from './tap.ts';

/** Where a stream ends, as far as this process has read it. */
export interface Tail {
  readonly epoch: string;
  /** Position of the last event read; the next one will be `last` + 1. */
  readonly last: number;
}

/** What happens to a log, for metrics and tests. */
export type LogReport =
  | { readonly kind: 'opened'; readonly epoch: string; readonly last: number }
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'gap'; readonly after: number; readonly firstAvailable: number }
  | { readonly kind: 'reset'; readonly epoch: string }
  | { readonly kind: 'caughtUp'; readonly from: number; readonly events: number };

/** Counts of a log; all but `opens` are of this moment. */
export interface LogStats {
  readonly ringEvents: number;
  readonly ringBytes: number;
  /** What the ring keeps at most. */
  readonly bounds: RingSize;
  readonly readers: number;
  readonly catchUps: number;
  readonly catchUpsWaiting: number;
  /** How often a consumer was made. */
  readonly opens: number;
}

/** The reading side of one hub's stream in one process: one consumer, whatever the number of readers. */
export interface StreamLog {
  readonly stream: string;
  /** Resolves as soon as the stream is there and being read. Rejects only when `signal` aborts or the log is closed. */
  opened(signal?: AbortSignal): Promise<Tail>;
  /** Null until the stream was first opened; afterwards always there, also while NATS is not. */
  tail(): Tail | null;
  /**
   * All events behind position `after`, then the live ones, without gap or double, until `signal` aborts or the log is
   * closed. Waits for a stream that does not exist yet. `epoch` is the one that `after` belongs to; default: the present one.
   *
   * @throws CursorExpired when events behind `after` are gone from the stream, now or later.
   * @throws StreamReset when the stream's epoch is not, or is no longer, `epoch`.
   * @throws CursorAhead when the stream ends before `after` and has not come nearer for 5 s.
   */
  read(after: number, signal: AbortSignal, epoch?: string): AsyncIterableIterator<StreamEvent>;
  /** The message at this place of the present epoch, while it is in the ring. */
  at(seq: number): StreamMessage | undefined;
  /** Undefined while the live end is being read, else why not, in one clause. */
  trouble(): string | undefined;
  stats(): LogStats;
  /** Ends all readers and deletes the consumer. Safe to call twice. */
  close(): Promise<void>;
}

/** What a log is made of. */
export interface LogOptions {
  readonly bus: Bus;
  readonly stream: string;
  /** What is kept in memory for readers; default 100,000 events or 64 MiB of them. */
  readonly ring?: RingSize;
  readonly log: Logger;
  readonly report?: (report: LogReport) => void;
}

const DEFAULT_RING: RingSize = { events: 100_000, bytes: 64 * 1024 * 1024 };
const AHEAD_PATIENCE_MS = 5_000;
const CATCH_UP_RETRY_MS = 250;

/** Opens the log of a stream and begins to read its live end; returns at once. */
export function openStreamLog(options: LogOptions): StreamLog {
  const { bus, stream, log, report = () => undefined } = options;
  const bounds = options.ring ?? DEFAULT_RING;
  const ring = createRing(bounds);
  const catchUp = createCatchUp(bus, stream);
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  let epoch: string | null = null;
  let trouble: string | undefined = `stream ${stream} was not opened yet`;
  let readers = 0;
  let opens = 0;

  const wake = (): void => {
    const woken = [...waiting];
    waiting.clear();
    for (const resume of woken) resume();
  };
  /** Whatever was expected behind `after` begins only at `next`. */
  const skip = (after: number, next: number): void => {
    log.error({ stream, after, firstAvailable: next }, 'events are gone from the stream before they were read');
    report({ kind: 'gap', after, firstAvailable: next });
    ring.reset(next - 1);
    wake();
  };
  const target: TapTarget = {
    opened(view) {
      opens++;
      trouble = undefined;
      if (epoch !== view.epoch) {
        if (epoch !== null) {
          log.error({ stream, epoch: view.epoch }, 'the stream began anew');
          report({ kind: 'reset', epoch: view.epoch });
        }
        epoch = view.epoch;
        ring.reset(Math.max(view.last, view.refillTo));
      } else if (view.first > ring.last + 1) {
        skip(ring.last, view.first);
      }
      report({ kind: 'opened', epoch: view.epoch, last: ring.last });
      wake();
      return ring.last + 1;
    },
    message(message) {
      if (message.event === undefined) log.error({ stream, seq: message.seq }, 'a message is not an event of its hub; passed over');
      ring.push(message);
      wake();
    },
    hole(next) {
      skip(ring.last, next);
    },
    interrupted(reason) {
      trouble = reason;
      report({ kind: 'interrupted', reason });
    },
  };
  const tap = openTap({ bus, stream, target, log });

  /** Resolves at the next change of anything; the caller looks what it was. */
  const changed = (signal: AbortSignal, within?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = within === undefined ? undefined : setTimeout(resume, within);
      function resume(): void {
        waiting.delete(resume);
        signal.removeEventListener('abort', resume);
        clearTimeout(timer);
        resolve();
      }
      waiting.add(resume);
      signal.addEventListener('abort', resume);
      if (signal.aborted) resume();
    });

  const opened = async (signal: AbortSignal = closing.signal): Promise<Tail> => {
    const either = signal === closing.signal ? signal : AbortSignal.any([signal, closing.signal]);
    while (epoch === null) {
      either.throwIfAborted();
      await changed(either);
    }
    return { epoch, last: ring.last };
  };

  /** Waits until the log reaches `after`; one that is being refilled may take its time as long as it comes nearer. */
  const reach = async (after: number, signal: AbortSignal): Promise<void> => {
    const { last } = ring;
    const deadline = performance.now() + AHEAD_PATIENCE_MS;
    while (!signal.aborted && ring.last === last) {
      const left = deadline - performance.now();
      if (left <= 0 && trouble === undefined) throw new CursorAhead(after, last);
      await changed(signal, Math.max(left, AHEAD_PATIENCE_MS / 10));
    }
  };

  /** What lies behind `after` and before the ring; waits when NATS cannot answer or the stream is being refilled. */
  const older = async (mine: string, after: number, signal: AbortSignal) => {
    try {
      const found = await catchUp.read(mine, after + 1, signal);
      const first = found[0]?.seq ?? await firstOf(bus, stream, mine, signal);
      if (first > after + 1) throw new CursorExpired(after, first);
      if (found.length > 0) {
        report({ kind: 'caughtUp', from: after + 1, events: found.length });
        return found;
      }
    } catch (error) {
      if (error instanceof CursorExpired) throw error;
      log.debug({ stream, after, reason: (error as Error).message }, 'catch-up failed; trying again');
    }
    await delay(CATCH_UP_RETRY_MS, undefined, { signal }).catch(() => undefined);
    return [];
  };

  async function* read(after: number, outer: AbortSignal, wanted?: string): AsyncIterableIterator<StreamEvent> {
    const signal = AbortSignal.any([outer, closing.signal]);
    readers++;
    try {
      let at = after;
      let mine = wanted;
      while (!signal.aborted) {
        if (epoch === null) {
          await changed(signal);
          continue;
        }
        mine ??= epoch;
        if (epoch !== mine) throw new StreamReset(epoch);
        if (at > ring.last) {
          await reach(at, signal);
        } else if (at === ring.last) {
          await changed(signal);
        } else {
          const next = ring.at(at + 1);
          const batch = next === undefined ? await older(mine, at, signal) : [next];
          for (const message of batch) {
            if (signal.aborted || epoch !== mine) break;
            at = message.seq;
            if (message.event !== undefined) yield message as StreamEvent;
          }
        }
      }
    } finally {
      readers--;
    }
  }

  let closed: Promise<void> | undefined;
  return {
    stream,
    opened,
    tail: () => (epoch === null ? null : { epoch, last: ring.last }),
    read,
    at: (seq) => ring.at(seq),
    trouble: () => (trouble === undefined ? undefined : (bus.trouble() ?? trouble)),
    stats: () => ({ ringEvents: ring.events, ringBytes: ring.bytes, bounds, readers, catchUps: catchUp.active, catchUpsWaiting: catchUp.waiting, opens }),
    close() {
      closed ??= (async () => {
        closing.abort(new Error('the log is closed'));
        wake();
        await tap.close();
      })();
      return closed;
    },
  };
}

/** The first sequence that an epoch's stream still has; 0 when the stream is of another epoch by now. */
async function firstOf(bus: Bus, stream: string, epoch: string, signal: AbortSignal): Promise<number> {
  const view = await viewOf(await bus.connected(signal), stream);
  return view.epoch === epoch ? view.first : 0;
}
