import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPace } from './pace.ts';
import { simulatedClock } from './simulation.fixture.ts';

const paceOf = (random: () => number) => {
  const clock = simulatedClock();
  return { clock, pace: createPace({ clock, random, base: 100, longest: 1_000 }) };
};

it('doubles the bound of each pause up to the longest, and spreads within it', () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (luck) => {
    const { clock, pace } = paceOf(() => luck);
    for (const bound of [100, 200, 400, 800, 1_000, 1_000]) {
      pace.failed(pace.begin());
      expect(pace.wait()).toBeCloseTo(luck * bound, 5);
      clock.advance(pace.wait());
    }
  }));
});

it('counts once what was lost together', () => {
  const { pace } = paceOf(() => 1);
  const attempts = Array.from({ length: 100 }, () => pace.begin());
  for (const attempt of attempts) pace.failed(attempt);
  expect(pace.wait()).toBe(100);
});

it('begins anew after something that lasted', () => {
  const { clock, pace } = paceOf(() => 1);
  for (let count = 0; count < 5; count++) pace.failed(pace.begin());
  clock.advance(pace.wait());
  const attempt = pace.begin();
  clock.advance(5_000);
  pace.failed(attempt);
  expect(pace.wait()).toBe(100);
});

it('stays away as long as the gateway asks, and spreads behind that', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (retryAfter, luck) => {
    const { pace } = paceOf(() => luck);
    pace.failed(pace.begin(), retryAfter);
    expect(pace.wait()).toBeGreaterThanOrEqual(retryAfter);
    expect(pace.wait()).toBeLessThanOrEqual(retryAfter + 1_000);
  }));
});
