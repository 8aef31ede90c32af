import type { Clock } from './clock.ts';

/** How fast failed attempts are repeated. */
export interface PaceOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds that the first pause may have at most; each further one may have twice that. */
  readonly base: number;
  /** Milliseconds that no pause exceeds, unless the gateway asks for a longer one. */
  readonly longest: number;
}

/** Something begun, which may fail later. */
export interface Attempt {
  readonly at: number;
  readonly round: number;
}

/** Back-off with full jitter: each pause is anything between 0 and a bound that doubles, so that a crowd spreads. */
export interface Pace {
  begin(): Attempt;
  /**
   * Counts a failure. Attempts that were begun before the last one counted are one with it: a hundred subscriptions that
   * lose their connection have failed once.
   *
   * @param retryAfter milliseconds that the gateway asks to stay away at least
   */
  failed(attempt: Attempt, retryAfter?: number): void;
  /** Milliseconds until the next attempt. */
  wait(): number;
}

/** Whatever lasted for so many milliseconds has proved itself: the next failure is a first one. */
const STABLE = 5_000;

/** Makes one that has seen no failure. */
export function createPace({ clock, random, base, longest }: PaceOptions): Pace {
  let round = 0;
  let failures = 0;
  let next = Number.NEGATIVE_INFINITY;
  return {
    begin: () => ({ at: clock.now(), round }),
    failed(attempt, retryAfter = 0) {
      const now = clock.now();
      if (attempt.round === round) {
        if (now - attempt.at >= STABLE) failures = 0;
        // whoever is told when to come back is spread over as much again
        const bound = Math.max(base * 2 ** Math.min(failures, 30), retryAfter);
        next = now + retryAfter + random() * Math.min(longest, bound);
        failures++;
        round++;
      } else {
        next = Math.max(next, now + retryAfter);
      }
    },
    wait: () => Math.max(0, next - clock.now()),
  };
}
