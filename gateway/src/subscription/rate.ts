/** Counts what a client does against what it may do. */
export interface Rate {
  /** Counts one; false when that was one too many. */
  allows(): boolean;
}

/** At most `perSecond` in the long run, with `burst` at once. */
export function createRate(perSecond: number, burst: number): Rate {
  let left = burst;
  let at = performance.now();
  return {
    allows() {
      const now = performance.now();
      left = Math.min(burst, left + ((now - at) / 1_000) * perSecond);
      at = now;
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
