import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, format, parse, sum } from './decimal.ts';
import { ratiosOf, split } from './split.ts';

const amounts = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }).map(format);
const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 24n }).map(format), { minLength: 1, maxLength: 40 }).filter((all) => compare(sum(all), '0') > 0);

describe('splits', () => {
  it('sum to the whole, and no part is further than one unit from its share', () => {
    fc.assert(fc.property(amounts, weights, (amount, given) => {
      const ratios = ratiosOf(given);
      expect(sum(ratios)).toBe('1');
      const parts = split(amount, ratios);
      expect(sum(parts)).toBe(amount);
      for (const [index, part] of parts.entries()) {
        const exact = parse(amount) * parse(ratios[index]!);
        const off = parse(part) * 10n ** 18n - exact;
        expect(off < 10n ** 18n && off > -(10n ** 18n)).toBe(true);
        if (ratios[index] === '0') expect(part).toBe('0');
      }
    }));
  });

  it('give what is left over to those that lost most, the first of equals first', () => {
    expect(ratiosOf(['1', '1', '1'])).toEqual(['0.333333333333333334', '0.333333333333333333', '0.333333333333333333']);
    expect(split('0.000000000000000001', ['0.5', '0.5'])).toEqual(['0.000000000000000001', '0']);
    expect(split('-10', ['0.25', '0.75'])).toEqual(['-2.5', '-7.5']);
  });

  it('refuse ratios that are not a whole', () => {
    expect(() => split('1', ['0.5', '0.499999999999999999'])).toThrow('exactly 1');
    expect(() => split('1', ['1.5', '-0.5'])).toThrow('not negative');
    expect(() => split('1', [])).toThrow('exactly 1');
    expect(() => ratiosOf(['0', '0'])).toThrow('above zero');
  });
});
