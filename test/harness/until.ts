import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls what only another process knows until it is true (or defined), and answers it.
 *
 * @param what completes the sentence "waited in vain for ..."
 * @param options milliseconds; the default deadline is 10 s, the default interval 10 ms
 * @throws Error naming `what`, the time waited, and the last error of `condition` if it threw.
 */
export async function until<Value>(what: string, condition: () => Value | Promise<Value>, options: { deadline?: number; every?: number } = {}): Promise<NonNullable<Value>> {
  const { deadline = 10_000, every = 10 } = options;
  const begun = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() - begun > deadline) {
      throw new Error(`waited ${deadline} ms in vain for ${what}${last === undefined ? '' : `; last: ${String(last)}`}`, { cause: last });
    }
    await delay(every);
  }
}
