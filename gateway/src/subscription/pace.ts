/** Lets long loops share the event loop: together they run for a few milliseconds, then everybody else gets a turn. */
export interface Pace {
  /** Whether this turn's time is used up: wait for {@link turn}, then ask again. */
  readonly spent: boolean;
  /** Resolves in the next turn of the event loop. */
  turn(): Promise<void>;
}

/** Makes one for loops that may hold up others by `milliseconds` at most. */
export function createPace(milliseconds: number): Pace {
  let began: number | undefined;
  return {
    get spent() {
      const now = performance.now();
      if (began === undefined) {
        began = now;
        setImmediate(() => (began = undefined));
      }
      return now - began > milliseconds;
    },
    turn: () => new Promise((resolve) => void setImmediate(resolve)),
  };
}
