// Thresholds of budgets, in percent of what is allocated.
import { parse, percent } from '../money/decimal.ts';
import type { Decimal } from '../model/index.ts';

/** Whether an amount reaches a threshold. Of a budget of nothing, whatever is above nothing reaches every threshold. */
export function reaches(amount: Decimal, allocated: Decimal, threshold: number): boolean {
  const used = parse(amount);
  const whole = parse(allocated);
  return whole === 0n ? used > 0n : used * 100n >= whole * BigInt(threshold);
}

/** The thresholds that are reached now and were not told, and those told that are not reached or not there any more. */
export function crossings(amount: Decimal, allocated: Decimal, thresholds: readonly number[], told: readonly number[]): { readonly reached: number[]; readonly left: number[] } {
  const now = new Set(thresholds.filter((threshold) => reaches(amount, allocated, threshold)));
  return { reached: [...now].filter((threshold) => !told.includes(threshold)).sort((a, b) => a - b), left: told.filter((threshold) => !now.has(threshold)).sort((a, b) => b - a) };
}

/** Percent that is used, to two places; null of a budget of nothing. */
export function usedPercent(amount: Decimal, allocated: Decimal): Decimal | null {
  return parse(allocated) === 0n ? null : percent(amount, allocated);
}
