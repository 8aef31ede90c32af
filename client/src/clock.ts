/** Time, as far as the client needs it; tests put their own in. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `act` once after `milliseconds`; answers how to call it off. */
  after(milliseconds: number, act: () => void): () => void;
}

/** Longer than this a timer fires at once. */
const LONGEST = 2 ** 31 - 1;

/** The machine's. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, act) {
    const timer = setTimeout(act, Math.min(milliseconds, LONGEST));
    return () => clearTimeout(timer);
  },
};
