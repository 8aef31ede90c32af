// What tokens cost, for usage reports that do not tell it.
import { z } from 'zod';
import { decimalProblem, format, parse, quotient } from '../money/decimal.ts';
import type { Decimal } from '../model/index.ts';
import { BadRow, type Usage } from './entry.ts';

const price = z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, 'a price is a decimal in quotes, such as "3.75"');

/** A file of prices, as it is read from YAML or JSON: by provider, model and class of tokens, for a million of them. */
const schema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/),
  prices: z.array(z.strictObject({
    provider: z.string().min(1),
    /** A name, or the beginning of names with `*` behind it. The first that fits counts. */
    model: z.string().min(1),
    input: price, cachedInput: price, cacheWrite: price, output: price,
  })).min(1).max(2_000),
});
export type PriceList = z.output<typeof schema>;

/** Reads what a file of prices holds; the sentences say what is wrong, and where. */
export function pricesOf(value: unknown): { readonly prices: PriceList } | { readonly problems: readonly string[] } {
  const read = schema.safeParse(value);
  return read.success ? { prices: read.data } : { problems: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
}

const MILLION_SCALED = 1_000_000n;

/** The cost of usage by a price list, rounded half to even at the 18th place; null when it has no price for the model. @throws BadRow when it is more than can be kept */
export function costOf(usage: Pick<Usage, 'provider' | 'model' | 'input' | 'cachedInput' | 'cacheWrite' | 'output'>, { prices }: PriceList): Decimal | null {
  const fits = prices.find(({ provider, model }) => provider.toLowerCase() === usage.provider.toLowerCase() && (model.endsWith('*') ? usage.model.startsWith(model.slice(0, -1)) : usage.model === model));
  if (fits === undefined) return null;
  const all = usage.input * parse(fits.input) + usage.cachedInput * parse(fits.cachedInput) + usage.cacheWrite * parse(fits.cacheWrite) + usage.output * parse(fits.output);
  const cost = format(quotient(all, MILLION_SCALED, 'half-even'));
  const problem = decimalProblem(cost);
  if (problem !== null) throw new BadRow(`cost: ${problem}`);
  return cost;
}
