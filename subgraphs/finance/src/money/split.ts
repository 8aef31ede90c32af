// Divides an amount so that nothing is lost: the parts sum to the whole, to the last digit.
import type { Decimal } from '../model/index.ts';
import { DecimalError, format, parse, SCALE } from './decimal.ts';

const ONE = 10n ** BigInt(SCALE);

/**
 * Divides `amount` by ratios that sum to exactly 1, by largest remainder: every part is cut at the 18th place, and the units of
 * that place that are left over go to the parts that lost most, the first of equals first. No part is further than one unit
 * (10^-18) from its exact share; of a ratio 0 it is 0.
 *
 * @throws DecimalError when a ratio is negative, or they do not sum to exactly 1
 */
export function split(amount: Decimal, ratios: readonly Decimal[]): Decimal[] {
  return splitScaled(parse(amount), ratios.map(parse)).map(format);
}

/** As {@link split}, on numbers scaled by 10^18. */
export function splitScaled(amount: bigint, ratios: readonly bigint[]): bigint[] {
  if (ratios.some((ratio) => ratio < 0n)) throw new DecimalError('A ratio is not negative.');
  if (ratios.reduce((total, ratio) => total + ratio, 0n) !== ONE) throw new DecimalError('Ratios sum to exactly 1.');
  return byWeight(amount, ratios, ONE);
}

/**
 * The ratios (18 places, sum exactly 1) that stand for weights, by largest remainder; so thirds are two of `0.333…3` and one of
 * `0.333…4`.
 *
 * @throws DecimalError when there is none above zero, or one below it
 */
export function ratiosOf(weights: readonly Decimal[]): Decimal[] {
  const scaled = weights.map(parse);
  const total = scaled.reduce((all, weight) => all + weight, 0n);
  if (total <= 0n || scaled.some((weight) => weight < 0n)) throw new DecimalError('Weights are not negative, and one is above zero.');
  return byWeight(ONE, scaled, total).map(format);
}

function byWeight(amount: bigint, weights: readonly bigint[], total: bigint): bigint[] {
  const negative = amount < 0n;
  const size = negative ? -amount : amount;
  const parts = weights.map((weight) => (size * weight) / total);
  const lost = weights.map((weight, index) => ({ index, rest: (size * weight) % total }));
  let left = size - parts.reduce((sum, part) => sum + part, 0n);
  lost.sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  // fewer units are left than parts have a rest, so a ratio of 0 never gets one
  for (const { index } of lost) {
    if (left === 0n) break;
    parts[index]! += 1n;
    left -= 1n;
  }
  return negative ? parts.map((part) => -part) : parts;
}
