import { expect, it } from 'vitest';
import { createPlaces } from './places.ts';

it('lets so much work run at once, the rest in its order, also after what failed', async () => {
  const places = createPlaces(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map((number) => places.take(async () => {
    begun.push(number);
    await new Promise<void>((resolve) => (ends[number] = resolve));
    if (number === 1) throw new Error('one');
    return number;
  }));
  const settled = Promise.allSettled(all);
  expect(begun).toEqual([0, 1]);
  for (const [ended, now] of [[1, [0, 1, 2]], [0, [0, 1, 2, 3]], [3, [0, 1, 2, 3, 4]]] as const) {
    ends[ended]!();
    await all[ended]!.catch(() => undefined);
    expect(begun).toEqual(now);
  }
  ends[2]!();
  ends[4]!();
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(await places.take(() => Promise.resolve('again'))).toBe('again');
});
