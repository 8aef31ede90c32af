import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signCursor, verifyCursor, type CursorFault, type EventPosition } from './cursor.ts';
import { PublicError } from './errors.ts';

const position: fc.Arbitrary<EventPosition> = fc
  .record({
    p: fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), fc.tuple(fc.uuid(), fc.nat({ max: Number.MAX_SAFE_INTEGER })), { maxKeys: 5, noNullPrototype: true }),
    b: fc.option(fc.string({ maxLength: 44 }), { nil: undefined }),
  })
  .map(({ p, b }) => (b === undefined ? { p } : { p, b }));
const key = fc.string({ minLength: 1, maxLength: 64 });

function faultOf(work: () => unknown): CursorFault | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(PublicError);
    expect((error as PublicError).code).toBe('CURSOR_INVALID');
    return (error as PublicError).facts.reason as CursorFault;
  }
}

describe('cursor', () => {
  test('every position comes back as it was', () => {
    fc.assert(fc.property(key, position, (secret, value) => void expect(verifyCursor([secret], signCursor(secret, value))).toEqual(value)));
  });

  test('a cursor of the old key is good while both keys are there, and only then', () => {
    fc.assert(
      fc.property(key, key, position, (old, fresh, value) => {
        fc.pre(old !== fresh);
        const text = signCursor(old, value);
        expect(verifyCursor([fresh, old], text)).toEqual(value);
        expect(faultOf(() => verifyCursor([fresh], text))).toBe('signature');
      }),
    );
  });

  test('no changed character passes', () => {
    const characters = fc.stringMatching(/^[A-Za-z0-9_.=-]$/);
    fc.assert(
      fc.property(position, fc.nat(), characters, (value, at, character) => {
        const text = signCursor('key', value);
        const place = at % text.length;
        const changed = text.slice(0, place) + character + text.slice(place + 1);
        fc.pre(changed !== text);
        expect(faultOf(() => verifyCursor(['key'], changed))).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  test('garbage is refused as malformed or unsigned, never with another error', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^v1\.[\w-]*\.[\w-]*$/)), (text) => void expect(faultOf(() => verifyCursor(['key'], text))).toMatch(/malformed|signature/)));
    expect(faultOf(() => verifyCursor(['key'], `v1.${'A'.repeat(5000)}.x`))).toBe('malformed');
  });

  test.each([
    ['no positions', {}],
    ['a negative position', { p: { governance: ['018f4e9a-0000-7000-8000-000000000000', -1] } }],
    ['an epoch that is none', { p: { governance: ['x', 1] } }],
    ['something unknown', { p: {}, z: 1 }],
  ])('signed content with %s is of another version', (_what, content) => {
    expect(faultOf(() => verifyCursor(['key'], signCursor('key', content as never)))).toBe('content');
  });
});
