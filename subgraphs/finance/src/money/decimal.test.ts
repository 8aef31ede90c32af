import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absolute, add, compare, decimalProblem, DecimalError, divide, format, multiply, negate, parse, parseRounded, percent, plain, round, storable, subtract, sum, type Rounding } from './decimal.ts';

const ONE = 10n ** 18n;
/** What can be stored has 38 digits. */
const STORED = 10n ** 38n;
const scaled = fc.bigInt({ min: -STORED / 4n, max: STORED / 4n });
const small = fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n });
const rounding = fc.constantFrom<Rounding>('half-even', 'half-up', 'truncate', 'floor', 'ceiling');

/** `n / d` to a whole number, from the definition of each rounding; nothing is shared with the code under test. */
function reference(n: bigint, d: bigint, how: Rounding): bigint {
  if (d < 0n) return reference(-n, -d, how);
  const floor = n >= 0n ? n / d : -((-n + d - 1n) / d);
  if (floor * d === n) return floor;
  const twice = 2n * (n - floor * d);
  if (how === 'floor') return floor;
  if (how === 'ceiling') return floor + 1n;
  if (how === 'truncate') return n < 0n ? floor + 1n : floor;
  if (twice !== d) return twice > d ? floor + 1n : floor;
  if (how === 'half-up') return n < 0n ? floor : floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

describe('decimals', () => {
  it('are written and read back the same', () => {
    fc.assert(fc.property(scaled, (value) => parse(format(value)) === value && plain(format(value)) === format(value)));
    fc.assert(fc.property(scaled, (value) => /^-?(0|[1-9]\d*)(\.\d{0,17}[1-9])?$/.test(format(value)) && format(value) !== '-0'));
  });

  it('add, subtract, compare and negate as whole numbers do', () => {
    fc.assert(fc.property(scaled, scaled, (a, b) => {
      expect(parse(add(format(a), format(b)))).toBe(a + b);
      expect(parse(subtract(format(a), format(b)))).toBe(a - b);
      expect(compare(format(a), format(b))).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(parse(negate(format(a)))).toBe(-a);
      expect(parse(absolute(format(a)))).toBe(a < 0n ? -a : a);
    }));
    fc.assert(fc.property(fc.array(small, { maxLength: 50 }), (all) => parse(sum(all.map(format))) === all.reduce((total, each) => total + each, 0n)));
  });

  it('multiply and divide as fractions do, by every rounding and to every scale', () => {
    fc.assert(fc.property(small, small, fc.integer({ min: 0, max: 18 }), rounding, (a, b, scale, how) => {
      const unit = 10n ** BigInt(18 - scale);
      expect(parse(multiply(format(a), format(b), scale, how))).toBe(reference(a * b, ONE * unit, how) * unit);
      expect(parse(round(format(a), scale, how))).toBe(reference(a, unit, how) * unit);
      const quotient = b === 0n ? null : reference(a * ONE, b * unit, how) * unit;
      if (quotient === null) expect(() => divide(format(a), format(b), scale, how)).toThrow(DecimalError);
      else expect(parse(divide(format(a), format(b), scale, how))).toBe(quotient);
    }));
    expect(percent('1', '3')).toBe('33.33');
    expect(percent('-2', '3', 0)).toBe('-67');
  });

  it('are stored to 38 digits, and sum to more', () => {
    const most = '99999999999999999999.999999999999999999';
    expect([storable(most), decimalProblem(most), decimalProblem(`-${most}`)]).toEqual([most, null, null]);
    expect([sum([most, most]), subtract(`-${most}`, most), plain('199999999999999999999.999999999999999998')]).toEqual(['199999999999999999999.999999999999999998', '-199999999999999999999.999999999999999998', '199999999999999999999.999999999999999998']);
    for (const sign of ['', '-']) expect(() => storable(`${sign}100000000000000000000`)).toThrow('20 digits before the point');
    expect(() => multiply(multiply(most, most), multiply(most, most))).toThrow(DecimalError);
  });

  it('read exponents exactly', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -18, max: 0 }), (digits, power) => parse(`${digits}e${power}`) === digits * 10n ** BigInt(18 + power)));
    expect(plain('1.5E-7')).toBe('0.00000015');
    expect(plain('2e+3')).toBe('2000');
    expect(plain('+.50')).toBe('0.5');
    expect(plain('7.')).toBe('7');
    expect(plain('-0.000')).toBe('0');
    expect(plain('0e9999')).toBe('0');
    expect(plain('1000000000000000000000e-2')).toBe('10000000000000000000');
  });

  it('round where that is asked for, whatever the sign', () => {
    expect(format(parseRounded('0.0000000000000000005', 'half-even'))).toBe('0');
    expect(format(parseRounded('0.0000000000000000015', 'half-even'))).toBe('0.000000000000000002');
    expect(format(parseRounded('-0.0000000000000000001', 'floor'))).toBe('-0.000000000000000001');
    expect(format(parseRounded('-0.0000000000000000009', 'ceiling'))).toBe('0');
    expect(format(parseRounded('1e-300', 'ceiling'))).toBe('0.000000000000000001');
  });

  it.each([
    ['', 'empty'], ['  ', 'empty'], ['NaN', 'NaN'], ['nan', 'NaN'], ['Infinity', 'Infinity'], ['-inf', 'Infinity'], ['∞', 'Infinity'], ['1,234.56', 'Thousands'], ['1.234,56', 'not a decimal'], ['12,50', 'Thousands'],
    ['1 234', 'Thousands'], ['1_000', 'Thousands'], ['1\'000', 'Thousands'], ['0x10', 'not a decimal'], ['1e', 'not a decimal'], ['e5', 'not a decimal'], ['.', 'not a decimal'], ['-', 'not a decimal'], ['--1', 'not a decimal'], ['−1', 'not a decimal'],
    ['１２', 'not a decimal'], ['$5', 'not a decimal'], ['(5)', 'not a decimal'], ['1.2.3', 'not a decimal'], ['1 ', 'not a decimal'], ['1\n', 'not a decimal'], ['1e99999', 'not a decimal'], ['1e9999', 'before the point'], ['1e20', 'before the point'],
    ['123456789012345678901', 'before the point'], ['0.0000000000000000001', 'behind the point'], ['1e-9999', 'behind the point'], ['9'.repeat(101), 'characters'],
  ])('refuse %j with a reason', (text, reason) => expect(decimalProblem(text)).toContain(reason));

  it('never read a text as another number than the one that it writes', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.,eE+- _\'x'), maxLength: 12 }), (text) => {
      // floats serve as the second opinion here, to fifteen digits
      if (decimalProblem(text) === null) expect(Math.abs(Number(plain(text)) - Number(text))).toBeLessThanOrEqual(Math.abs(Number(text)) * 1e-15);
    }));
  });
});
