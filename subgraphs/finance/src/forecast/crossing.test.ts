import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compare, format, multiply, parse } from '../money/decimal.ts';
import { crossingEvent, nextTold, type Told } from './crossing.ts';
import { crossings, reaches } from './threshold.ts';

const CENT = 10n ** 16n;
const months = fc.bigInt(0n, 4000n).map((hundredths) => format(hundredths * CENT));
const policy = fc.tuple(fc.bigInt(200n, 2400n), fc.option(fc.integer({ min: 1, max: 99 }))).map(([first, share]) => ({ threshold: format(first * CENT), secondThreshold: share === null ? null : format(((first * BigInt(share)) / 100n + 1n) * CENT) }));
/** A walk in steps that are often small, so that it goes up and down around thresholds. */
const walk = fc.tuple(months, fc.array(fc.option(fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -900, max: 900 })), { freq: 30 }), { maxLength: 200 })).map(([start, steps]) => {
  let at = parse(start) / CENT;
  return steps.map((step) => {
    if (step === null) return null;
    at = at + BigInt(step) < 0n ? 0n : at + BigInt(step);
    return format(at * CENT);
  });
});

function told(path: readonly (string | null)[], thresholds: { threshold: string; secondThreshold: string | null }) {
  const events: { name: ReturnType<typeof crossingEvent>; to: Told; at: string | null }[] = [];
  let state: Told = 'OK';
  for (const at of path) {
    const next = nextTold(state, at, thresholds);
    const name = crossingEvent(state, next);
    if (name !== null) events.push({ name, to: next, at });
    state = next;
  }
  return events;
}

it('tells once of each crossing: between two breaches of a threshold lies more than a tenth above it', () => {
  fc.assert(
    fc.property(policy, walk, (thresholds, path) => {
      const limits = [thresholds.threshold, ...(thresholds.secondThreshold === null ? [] : [thresholds.secondThreshold])];
      // what would be told by hand: below each threshold once, until it is more than a tenth above
      const below = limits.map(() => false);
      let state: Told = 'OK';
      for (const at of path) {
        limits.forEach((limit, index) => {
          if (at === null || compare(multiply(at, '10'), multiply(limit, '11')) > 0) below[index] = false;
          else if (compare(at, limit) < 0) below[index] = true;
        });
        const next = nextTold(state, at, thresholds);
        expect(next).toBe(below[1] ? 'ESCALATED' : below[0] ? 'BREACHED' : 'OK');
        expect(nextTold(next, at, thresholds)).toBe(next);
        state = next;
      }
      const events = told(path, thresholds);
      const first = events.filter(({ name, to }) => name === 'runway.recovered' || (name === 'runway.breached' && to === 'BREACHED'));
      first.forEach(({ name }, index) => index > 0 && name === 'runway.breached' && expect(first[index - 1]!.name).toBe('runway.recovered'));
    }),
    { numRuns: 500 },
  );
});

it('never tells twice while the months stay within a tenth above the threshold', () => {
  fc.assert(
    fc.property(fc.bigInt(200n, 2400n), fc.array(fc.nat(1000), { minLength: 1, maxLength: 100 }), (hundredths, places) => {
      const thresholds = { threshold: format(hundredths * CENT), secondThreshold: null };
      const path = [format((hundredths - 1n) * CENT), ...places.map((place) => format(((hundredths - 100n) * 1000n + BigInt(place) * (hundredths / 10n + 100n)) * (CENT / 1000n)))];
      expect(told(path, thresholds).map(({ name }) => name)).toEqual(['runway.breached']);
    }),
  );
});

it('recovers just above the tenth, and escalates on its own', () => {
  const thresholds = { threshold: '6', secondThreshold: '3' };
  expect(nextTold('OK', '6', thresholds)).toBe('OK');
  expect(nextTold('OK', '5.99', thresholds)).toBe('BREACHED');
  expect(nextTold('BREACHED', '6.6', thresholds)).toBe('BREACHED');
  expect(nextTold('BREACHED', '6.61', thresholds)).toBe('OK');
  expect(nextTold('BREACHED', '2.99', thresholds)).toBe('ESCALATED');
  expect(nextTold('ESCALATED', '3.3', thresholds)).toBe('ESCALATED');
  expect(nextTold('ESCALATED', '3.31', thresholds)).toBe('BREACHED');
  expect(nextTold('ESCALATED', null, thresholds)).toBe('OK');
  expect([crossingEvent('OK', 'ESCALATED'), crossingEvent('BREACHED', 'ESCALATED'), crossingEvent('ESCALATED', 'BREACHED'), crossingEvent('ESCALATED', 'OK'), crossingEvent('OK', 'OK')]).toEqual(['runway.breached', 'runway.breached', 'runway.changed', 'runway.recovered', null]);
});

it('reaches thresholds of budgets exactly, and tells of each once', () => {
  expect(reaches('79.999999999999999999', '100', 80)).toBe(false);
  expect(reaches('80', '100', 80)).toBe(true);
  expect([reaches('0', '0', 80), reaches('0.01', '0', 80)]).toEqual([false, true]);
  expect(crossings('90', '100', [50, 80, 100], [])).toEqual({ reached: [50, 80], left: [] });
  expect(crossings('60', '100', [50, 80, 100], [50, 80])).toEqual({ reached: [], left: [80] });
  expect(crossings('60', '100', [], [50, 80])).toEqual({ reached: [], left: [80, 50] });
});
