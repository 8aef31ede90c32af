import { setTimeout as pause } from 'node:timers/promises';
import type { Follower } from '@hubgraph/kit/runtime';
import { settleSpend, type RollupDeps } from './rollup.ts';

/** Changes within this many milliseconds are looked at together. */
const PAUSE = 250;

/** Looks at thresholds soon after commits. */
export interface SpendFollower {
  /** Something was committed. */
  wake(): void;
  start(): Follower;
}

/** Settles what was spent a moment after each commit of this process; the job `settle-spend` does it for one that ended before. */
export function spendFollower(deps: RollupDeps): SpendFollower {
  const stopping = new AbortController();
  let isStarted = false;
  let isWanted = false;
  let underWay: Promise<void> | undefined;
  const settle = async (): Promise<void> => {
    while (isWanted && !stopping.signal.aborted) {
      try {
        await pause(PAUSE, undefined, { signal: stopping.signal });
        isWanted = false;
        await settleSpend(deps, stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) deps.log.warn({ error }, 'thresholds were not looked at; the job does it');
      }
    }
    underWay = undefined;
  };
  const wake = () => {
    isWanted = true;
    if (isStarted) underWay ??= settle();
  };
  return {
    wake,
    start() {
      isStarted = true;
      wake();
      return {
        health: () => [],
        async stop() {
          stopping.abort(new Error('the hub stops'));
          await underWay;
        },
      };
    },
  };
}
