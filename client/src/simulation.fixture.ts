import type { Clock } from './clock.ts';
import type { Listener, Lost, Operation, Stream, Transport } from './transport/transport.ts';
import type { Fault } from './values.ts';

/** Time that only a test moves. */
export interface SimulatedClock extends Clock {
  /** Lets time pass; what comes due happens in order. */
  advance(milliseconds: number): void;
  /** Timers that are set. */
  readonly pending: number;
}

/** Begins at 0. */
export function simulatedClock(): SimulatedClock {
  let now = 0;
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  return {
    now: () => now,
    after(milliseconds, act) {
      const timer = { at: now + milliseconds, act };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.act();
      }
      now = end;
    },
    get pending() { return timers.length; },
  };
}

/** A log of numbers with a gateway before it: the event `n` is `{ n }`, its cursor is the text of `n`. */
export interface SimulatedGateway {
  readonly transport: Transport;
  /** Streams that are open. */
  readonly open: number;
  /** Streams that were ever opened, by the cursor that they began behind. */
  readonly begun: readonly (string | undefined)[];
  /** Appends events. */
  append(count: number): void;
  readonly last: number;
  /** Forgets events up to and including `n`. */
  purge(n: number): void;
  /** Sends at most `count` events over the newest stream. */
  deliver(count: number): void;
  /** Tells the newest stream where it stands. */
  place(current: boolean): void;
  lose(reason: Lost['reason']): void;
  refuse(code: string, withCursor: boolean): void;
}

interface Running {
  readonly listener: Listener;
  /** The last event sent. */
  at: number;
  isOpen: boolean;
}

/** An empty log. */
export function simulatedGateway(): SimulatedGateway {
  const begun: (string | undefined)[] = [];
  let running: Running | undefined;
  let opened = 0;
  let last = 0;
  let purged = 0;

  const stop = (): Running | undefined => {
    const was = running;
    if (!was?.isOpen) return undefined;
    was.isOpen = false;
    opened--;
    return was;
  };
  /** Whether the stream may go on; else it is refused as the gateway does. */
  const isKept = (stream: Running): boolean => {
    if (stream.at >= purged) return true;
    stop();
    stream.listener.refused([fault('CURSOR_EXPIRED', { hub: 'ops', missed: purged - stream.at, firstAvailable: String(purged) })]);
    return false;
  };

  return {
    begun,
    get open() { return opened; },
    get last() { return last; },
    append: (count) => void (last += count),
    purge: (n) => void (purged = Math.max(purged, Math.min(n, last))),
    deliver(count) {
      const stream = running;
      if (!stream?.isOpen || !isKept(stream)) return;
      for (let left = count; left > 0 && stream.isOpen && stream.at < last; left--) {
        stream.at++;
        stream.listener.event({ data: { changed: { n: stream.at } }, extensions: { cursor: String(stream.at) } }, 10);
      }
    },
    place(current) {
      if (running?.isOpen && isKept(running)) running.listener.place(String(running.at), current && running.at === last);
    },
    lose: (reason) => stop()?.listener.lost({ reason, message: reason }),
    refuse(code, withCursor) {
      const stream = stop();
      stream?.listener.refused([fault(code, withCursor ? { cursor: String(stream.at) } : {})]);
    },
    transport: {
      open(_operation: Operation, cursor: string | undefined, listener: Listener): Stream {
        if (running?.isOpen) throw new Error('there is a stream already');
        begun.push(cursor);
        opened++;
        const stream: Running = (running = { listener, at: cursor === undefined ? last : Number(cursor), isOpen: true });
        return {
          close() {
            if (!stream.isOpen) return;
            stream.isOpen = false;
            opened--;
          },
        };
      },
      close: () => undefined,
    },
  };
}

function fault(code: string, facts: object): Fault {
  return { message: code, extensions: { code, ...facts } };
}
