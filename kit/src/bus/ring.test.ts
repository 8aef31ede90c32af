import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRing } from './ring.ts';
import type { StreamMessage } from './message.ts';

const message = (seq: number, bytes: number): StreamMessage => ({ seq, event: undefined, raw: new Uint8Array(bytes) });

test('a ring holds the newest events without hole, within both limits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 }), fc.nat({ max: 1000 }), fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 }), (events, bytes, start, sizes) => {
      const ring = createRing({ events, bytes }, start);
      sizes.forEach((size, index) => ring.push(message(start + 1 + index, size)));
      const last = start + sizes.length;
      expect(ring.last).toBe(last);
      expect(ring.events).toBe(last - ring.first + 1);
      expect(ring.events).toBeLessThanOrEqual(events);
      const kept = sizes.slice(sizes.length - ring.events);
      expect(ring.bytes).toBe(kept.reduce((sum, size) => sum + size, 0));
      // one event alone may be larger than the ring
      expect(ring.bytes <= bytes || ring.events === 1).toBe(true);
      for (let seq = ring.first; seq <= last; seq++) expect(ring.at(seq)?.seq).toBe(seq);
      expect(ring.at(ring.first - 1)).toBeUndefined();
      expect(ring.at(last + 1)).toBeUndefined();
    }),
  );
});

test('what does not follow is refused, and a reset begins anew', () => {
  const ring = createRing({ events: 3, bytes: 100 });
  ring.push(message(1, 1));
  expect(() => ring.push(message(3, 1))).toThrow('event 3 does not follow 1');
  ring.reset(7);
  expect([ring.first, ring.last, ring.events, ring.bytes]).toEqual([8, 7, 0, 0]);
  ring.push(message(8, 1));
  expect(ring.at(8)?.seq).toBe(8);
});
