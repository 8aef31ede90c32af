/** Where the time comes from. Code that decides by time takes one, so that tests can hold it. */
export interface Clock {
  /** The present moment; never goes back within one clock. */
  now(): Date;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still until it is moved. */
export interface HeldClock extends Clock {
  /** Moves forward by `milliseconds` (negative values are refused with a RangeError). */
  advance(milliseconds: number): void;
  /** Jumps to `moment`. */
  set(moment: Date | string): void;
}

/** Makes a clock for tests, standing at `start`. */
export function heldClock(start: Date | string): HeldClock {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError('a held clock only moves forward');
      at += milliseconds;
    },
    set(moment) {
      at = new Date(moment).getTime();
    },
  };
}
