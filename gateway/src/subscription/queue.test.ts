import { describe, expect, it } from 'vitest';
import { createOutlet } from './queue.ts';
import { createRate } from './rate.ts';

const isOver = async (promise: Promise<void>): Promise<boolean> => Promise.race([promise.then(() => true), Promise.resolve().then(() => Promise.resolve(false))]);

describe('an outlet', () => {
  it('hands out in order and refuses when full of events or of bytes', () => {
    const outlet = createOutlet<number>({ events: 3, bytes: 100 });
    expect([outlet.offer(1, 10), outlet.offer(2, 10), outlet.offer(3, 10), outlet.offer(4, 10)]).toEqual([true, true, true, false]);
    expect([outlet.take(), outlet.take(), outlet.size]).toEqual([1, 2, 1]);
    expect([outlet.offer(5, 91), outlet.offer(6, 90)]).toEqual([false, true]);
    expect([outlet.take(), outlet.take(), outlet.take()]).toEqual([3, 6, undefined]);
  });

  it('takes an item of any size when empty', () => {
    const outlet = createOutlet<string>({ events: 3, bytes: 100 });
    expect([outlet.offer('large', 1_000), outlet.offer('next', 1)]).toEqual([true, false]);
  });

  it('keeps order and count over many turns', () => {
    const outlet = createOutlet<number>({ events: 100, bytes: 1e9 });
    const taken: number[] = [];
    for (let item = 0; item < 1_000; item++) {
      if (!outlet.offer(item, 1)) throw new Error('full');
      if (item % 3 !== 0 || outlet.size > 90) taken.push(outlet.take()!);
    }
    while (outlet.size > 0) taken.push(outlet.take()!);
    expect(taken).toEqual(Array.from({ length: 1_000 }, (_, item) => item));
  });

  it('wakes who waits for an item, and who waits for room once half is free', async () => {
    const outlet = createOutlet<number>({ events: 4, bytes: 100 });
    const filled = outlet.filled();
    expect(await isOver(filled)).toBe(false);
    for (const item of [1, 2, 3, 4]) outlet.offer(item, 1);
    await filled;
    const room = outlet.room();
    outlet.take();
    expect(await isOver(room)).toBe(false);
    outlet.take();
    await room;
  });

  it('lets nobody wait once closed, and still gives out what it has', async () => {
    const outlet = createOutlet<number>({ events: 1, bytes: 1 });
    outlet.offer(1, 1);
    const room = outlet.room();
    outlet.close();
    await Promise.all([room, outlet.room(), outlet.filled()]);
    expect([outlet.closed, outlet.take(), outlet.take()]).toEqual([true, 1, undefined]);
    await outlet.filled();
  });
});

describe('a rate', () => {
  it('allows a burst and then what comes in by time', () => {
    const rate = createRate(0.001, 3);
    expect([1, 2, 3, 4, 5].map(() => rate.allows())).toEqual([true, true, true, false, false]);
  });
});
