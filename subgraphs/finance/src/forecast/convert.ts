// Conversion by dated rates, and which of them an answer stands on.
import { multiply } from '../money/decimal.ts';
import type { Decimal, ExchangeRate } from '../model/index.ts';

/** What an answer needs of a rate. */
export type Rate = Pick<ExchangeRate, 'from' | 'to' | 'day' | 'rate' | 'source'>;

/** Converts into one currency and remembers by what; one for each answer. */
export interface Converter {
  /** What an amount is worth by the newest rate of a day or before it, rounded half to even to 18 places; null when there is none. */
  convert(amount: Decimal, from: string, day: string): Decimal | null;
  /** The rates that were used, in the order of their first use. */
  readonly used: readonly Rate[];
  /** Currencies that could not be converted, with the first day that was asked for. */
  readonly missing: ReadonlyMap<string, string>;
}

/** `rates` are all that may be used; their order does not matter. */
export function converterTo(currency: string, rates: readonly Rate[]): Converter {
  const used = new Set<Rate>();
  const missing = new Map<string, string>();
  return {
    convert(amount, from, day) {
      if (from === currency) return amount;
      let best: Rate | undefined;
      for (const rate of rates) if (rate.from === from && rate.to === currency && rate.day <= day && (best === undefined || rate.day > best.day)) best = rate;
      if (best === undefined) {
        if (!missing.has(from)) missing.set(from, day);
        return null;
      }
      used.add(best);
      return multiply(amount, best.rate);
    },
    get used() {
      return [...used];
    },
    missing,
  };
}

/** The sentences that say by which rates an answer converts, and which it lacks. */
export function rateSentences(currency: string, { used, missing }: Converter): string[] {
  return [
    ...used.map(({ from, to, day, rate, source }) => `1 ${from} is ${rate} ${to}, by the rate of ${day} (${source}).`),
    ...[...missing].map(([from, day]) => `There is no rate from ${from} to ${currency} of ${day} or before it: record one.`),
  ];
}
