/** Lets one loop wait until somebody has work for it. */
export interface Waker {
  /** Ends the present wait, or else the next one at once. */
  wake(): void;
  /** Waits until woken, aborted, or `milliseconds` have passed. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Makes a waker for one waiting loop. */
export function createWaker(): Waker {
  let woken = false;
  let resume: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      resume?.();
    },
    wait(milliseconds, signal) {
      if (woken || signal.aborted) {
        woken = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resume = undefined;
          woken = false;
          resolve();
        };
        const timer = setTimeout(done, milliseconds);
        signal.addEventListener('abort', done);
        resume = done;
      });
    },
  };
}
