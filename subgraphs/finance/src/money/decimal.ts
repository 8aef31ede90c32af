// Exact decimal arithmetic on BigInt, scaled by 10^18. What is stored fits numeric(38, 18) of PostgreSQL; what is calculated from
// it may be larger, so that no sum of what was taken in is ever more than a number holds. No float.
import type { Decimal } from '../model/index.ts';

/** Digits behind the point that are kept. */
export const SCALE = 18;
/** Digits before it of an amount that is taken in or stored; and of sums and products of such. */
const STORED_DIGITS = 20;
const MOST_DIGITS = 60;
const ONE = 10n ** BigInt(SCALE);
const STORED = 10n ** BigInt(SCALE + STORED_DIGITS);
const LIMIT = 10n ** BigInt(SCALE + MOST_DIGITS);
/** In characters; longer is no amount, and a long text or exponent would cost time and memory to turn into digits. */
const MAX_LENGTH = 100;

/** A text or result that is not a decimal that can be kept; `message` says why. */
export class DecimalError extends RangeError {}

/** How a digit too many is dropped: to the nearest and from the middle to even or away from zero, towards zero, down, up. */
export type Rounding = 'half-even' | 'half-up' | 'truncate' | 'floor' | 'ceiling';

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads a decimal: the number times 10^18. An exponent (`1.5E-7`) is converted exactly.
 *
 * @throws DecimalError with the reason: not a number, NaN, Infinity, thousands separators, too many digits
 */
export function parse(text: Decimal): bigint {
  return digits(text, null);
}

/**
 * Reads a decimal whose digits behind the 18th place may be dropped by `rounding`: for numbers that are no exact amounts where
 * they come from, such as floats of other programs and unit prices.
 *
 * @throws DecimalError as {@link parse} does, but for the places
 */
export function parseRounded(text: Decimal, rounding: Rounding): bigint {
  return digits(text, rounding);
}

/**
 * Gives a decimal back that can be stored.
 *
 * @throws DecimalError when it has more than 20 digits before the point, or as {@link parse}
 */
export function storable(text: Decimal): Decimal {
  const scaled = parse(text);
  if (scaled >= STORED || scaled <= -STORED) throw new DecimalError(`An amount has at most ${STORED_DIGITS} digits before the point.`);
  return text;
}

/** Why a text is no decimal that can be stored, or null. */
export function decimalProblem(text: string): string | null {
  try {
    storable(text);
    return null;
  } catch (error) {
    if (error instanceof DecimalError) return error.message;
    throw error;
  }
}

/**
 * Writes a scaled number as plain text, without zeros at the end: `12.5`, `-0.000000000000000001`, `0`.
 *
 * @throws DecimalError when it has more than 60 digits before the point
 */
export function format(scaled: bigint): Decimal {
  const size = scaled < 0n ? -scaled : scaled;
  if (size >= LIMIT) throw new DecimalError(`An amount has at most ${MOST_DIGITS} digits before the point.`);
  const text = size.toString().padStart(SCALE + 1, '0');
  let end = text.length;
  while (end > text.length - SCALE && text.charCodeAt(end - 1) === 48) end--;
  const whole = text.slice(0, text.length - SCALE);
  const places = text.slice(text.length - SCALE, end);
  return `${scaled < 0n ? '-' : ''}${whole}${places === '' ? '' : `.${places}`}`;
}

/** One way to write each number: what PostgreSQL or a file wrote, without zeros at the end. Throws as {@link parse}. */
export function plain(text: Decimal): Decimal {
  return format(parse(text));
}

export function add(a: Decimal, b: Decimal): Decimal {
  return format(parse(a) + parse(b));
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return format(parse(a) - parse(b));
}

export function negate(a: Decimal): Decimal {
  return format(-parse(a));
}

/** Without its sign. */
export function absolute(a: Decimal): Decimal {
  const scaled = parse(a);
  return format(scaled < 0n ? -scaled : scaled);
}

/** Exact, then rounded to `scale` places (18 unless given). */
export function multiply(a: Decimal, b: Decimal, scale = SCALE, rounding: Rounding = 'half-even'): Decimal {
  return format(quotient(parse(a) * parse(b), ONE * unit(scale), rounding) * unit(scale));
}

/**
 * `a / b`, rounded to `scale` places.
 *
 * @throws DecimalError when `b` is zero
 */
export function divide(a: Decimal, b: Decimal, scale: number, rounding: Rounding): Decimal {
  const divisor = parse(b);
  if (divisor === 0n) throw new DecimalError('Nothing can be divided by zero.');
  return format(quotient(parse(a) * ONE, divisor * unit(scale), rounding) * unit(scale));
}

/** To `scale` places, 0 to 18. */
export function round(a: Decimal, scale: number, rounding: Rounding): Decimal {
  return format(quotient(parse(a), unit(scale), rounding) * unit(scale));
}

/** How many percent `part` is of `whole`, rounded half to even to `scale` places (2 unless given). Throws as {@link divide}. */
export function percent(part: Decimal, whole: Decimal, scale = 2): Decimal {
  const divisor = parse(whole);
  if (divisor === 0n) throw new DecimalError('Nothing has a percentage of zero.');
  return format(quotient(parse(part) * 100n * ONE, divisor * unit(scale), 'half-even') * unit(scale));
}

/** -1, 0 or 1, as `a` is less than, equal to or greater than `b`. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const difference = parse(a) - parse(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Zero of none. */
export function sum(amounts: Iterable<Decimal>): Decimal {
  let total = 0n;
  for (const amount of amounts) total += parse(amount);
  return format(total);
}

export function isZero(a: Decimal): boolean {
  return parse(a) === 0n;
}

export function isNegative(a: Decimal): boolean {
  return parse(a) < 0n;
}

export function isPositive(a: Decimal): boolean {
  return parse(a) > 0n;
}

export function min(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) <= 0 ? a : b;
}

export function max(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) >= 0 ? a : b;
}

/** `dividend / divisor` as a whole number. The divisor is not zero. */
export function quotient(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor < 0n) return quotient(-dividend, -divisor, rounding);
  const whole = dividend / divisor;
  const rest = dividend % divisor;
  if (rest === 0n) return whole;
  const away = dividend < 0n ? -1n : 1n;
  return roundsAway(rest < 0n ? -rest : rest, divisor, dividend < 0n, whole % 2n !== 0n, rounding) ? whole + away : whole;
}

function roundsAway(rest: bigint, divisor: bigint, negative: boolean, odd: boolean, rounding: Rounding): boolean {
  switch (rounding) {
    case 'truncate':
      return false;
    case 'floor':
      return negative;
    case 'ceiling':
      return !negative;
    case 'half-up':
      return rest * 2n >= divisor;
    case 'half-even':
      return rest * 2n > divisor || (rest * 2n === divisor && odd);
  }
}

/** One of the last place of `scale`, scaled. */
function unit(scale: number): bigint {
  if (!Number.isInteger(scale) || scale < 0 || scale > SCALE) throw new DecimalError(`A scale is 0 to ${SCALE} places.`);
  return 10n ** BigInt(SCALE - scale);
}

function digits(text: Decimal, rounding: Rounding | null): bigint {
  const match = text.length <= MAX_LENGTH ? PATTERN.exec(text) : null;
  if (match === null) throw new DecimalError(reasonOf(text));
  const [, sign, whole = '', places = '', power = '0'] = match;
  if (whole === '' && places === '') throw new DecimalError(reasonOf(text));
  const size = BigInt(whole + places);
  if (size === 0n) return 0n;
  // where the last digit stands, in places behind the 18th
  const shift = SCALE - places.length + Number(power);
  if (shift > SCALE + MOST_DIGITS) throw new DecimalError(`An amount has at most ${STORED_DIGITS} digits before the point.`);
  const scaled = shift >= 0 ? size * 10n ** BigInt(shift) : dropped(size, -shift, rounding === null ? null : mirrored(rounding, sign === '-'));
  if (scaled >= LIMIT) throw new DecimalError(`An amount has at most ${STORED_DIGITS} digits before the point.`);
  return sign === '-' ? -scaled : scaled;
}

function dropped(size: bigint, places: number, rounding: Rounding | null): bigint {
  // a size has at most MAX_LENGTH digits: behind more places nothing is left of it but its rounding
  const divisor = 10n ** BigInt(Math.min(places, MAX_LENGTH + 1));
  if (rounding === null && size % divisor !== 0n) throw new DecimalError(`An amount has at most ${SCALE} digits behind the point.`);
  return quotient(size, divisor, rounding ?? 'truncate');
}

/** The rounding of a number's size that is the wanted one of the number with its sign. */
function mirrored(rounding: Rounding, negative: boolean): Rounding {
  if (!negative) return rounding;
  return rounding === 'floor' ? 'ceiling' : rounding === 'ceiling' ? 'floor' : rounding;
}

function reasonOf(text: string): string {
  if (text.trim() === '') return 'It is empty.';
  if (text.length > MAX_LENGTH) return `It has more than ${MAX_LENGTH} characters.`;
  if (/^[+-]?nan$/i.test(text)) return 'NaN is no amount.';
  if (/^[+-]?(inf|infinity|∞)$/i.test(text)) return 'Infinity is no amount.';
  if (/^[+-]?\d+([,'’_\s]\d+)+(\.\d*)?$/.test(text)) return 'Thousands separators and decimal commas are not read: write 1234.56.';
  return 'It is not a decimal number such as 1234.56.';
}
