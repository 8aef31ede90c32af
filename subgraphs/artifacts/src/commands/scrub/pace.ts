import { setTimeout } from 'node:timers/promises';
import type { Clock } from '@hubgraph/kit/clock';

/** Waits; rejects when the signal aborts. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Holds a reader to a rate. */
export interface Pace {
  /** Resolves when `bytes` more may be read. @throws what the signal aborts with */
  take(bytes: number, signal: AbortSignal): Promise<void>;
  /** Hands on a source at this pace. */
  through(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** In milliseconds: what a reader that was slow may catch up, and what it may owe, because timers are too coarse for one chunk. */
const SLACK = 50;

const realWait: Wait = (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal });

/**
 * A token bucket, counted in time: reading costs time, time pays it off. A few lines, because the kept libraries count whole
 * requests, or cannot be given a clock.
 */
export function paceOf({ mebibytes, clock, wait = realWait }: { readonly mebibytes: number; readonly clock: Clock; readonly wait?: Wait }): Pace {
  const perByte = 1_000 / (mebibytes * 1_048_576);
  let debt = 0;
  let at = clock.now().getTime();
  const pay = (least: number) => {
    const now = clock.now().getTime();
    debt = Math.max(-SLACK, debt - Math.max(now - at, least));
    at = now;
  };
  const take: Pace['take'] = async (bytes, signal) => {
    signal.throwIfAborted();
    pay(0);
    debt += bytes * perByte;
    if (debt <= SLACK) return;
    const owed = debt;
    await wait(owed, signal);
    // what was waited counts, also by a clock that stands still
    pay(owed);
  };
  return {
    take,
    async *through(source, signal) {
      for await (const chunk of source) {
        await take(chunk.byteLength, signal);
        yield chunk;
      }
    },
  };
}
