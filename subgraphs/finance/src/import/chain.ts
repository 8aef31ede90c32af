// What becomes of a row whose key is known already. Rows are never changed: a newer one takes the place of an older one while its
// month is open, and tells the difference to it in an open month when it is closed.
import { format, parse } from '../money/decimal.ts';
import type { Decimal } from '../model/index.ts';

/** A stored row that counts, as little of it as a decision needs. */
export interface Link<Amount extends string> {
  readonly id: string;
  /** Of its content; behind `#` how many rows its key had before it. */
  readonly contentHash: string;
  readonly month: string;
  readonly currency: string;
  readonly amounts: Readonly<Record<Amount, Decimal | null>>;
}

/** What is to be done with an incoming row. */
export type Step<Amount extends string> =
  | { readonly kind: 'unchanged' }
  /** It is in another currency than rows that stay, so there is no difference: why it is not taken in. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Insert it as it is, in the month. */
  | { readonly kind: 'new'; readonly month: string }
  /**
   * Insert it with these amounts, in the month, as a correction of `of`; `replaces` is the row that counts no more, null when
   * all before stay.
   */
  | { readonly kind: 'corrected'; readonly month: string; readonly amounts: Readonly<Record<Amount, Decimal | null>>; readonly of: string; readonly replaces: string | null };

/** The content hash without the number behind it. */
export function bareHash(contentHash: string): string {
  return contentHash.split('#', 1)[0]!;
}

/**
 * Decides on one row. `chain` are the rows of its key that count, oldest first; `openFrom` gives the first month from one on
 * that is not closed.
 */
export function stepOf<Amount extends string>(
  incoming: { readonly contentHash: string; readonly month: string; readonly currency: string; readonly amounts: Readonly<Record<Amount, Decimal | null>> },
  chain: readonly Link<Amount>[],
  openFrom: (month: string) => string,
): Step<Amount> {
  const newest = chain.at(-1);
  if (newest === undefined) return { kind: 'new', month: openFrom(incoming.month) };
  if (bareHash(newest.contentHash) === incoming.contentHash) return { kind: 'unchanged' };
  const open = openFrom(newest.month) === newest.month;
  const staying = open ? chain.slice(0, -1) : chain;
  const other = staying.find(({ currency }) => currency !== incoming.currency);
  if (other !== undefined) return { kind: 'refused', reason: `Its key counts in ${other.month}, which is closed, in ${other.currency}: what is in ${incoming.currency} has a key of its own, or the month is reopened.` };
  return {
    kind: 'corrected',
    month: open ? newest.month : openFrom(newest.month),
    amounts: staying.length === 0 ? incoming.amounts : difference(incoming.amounts, staying),
    of: newest.id,
    replaces: open ? newest.id : null,
  };
}

/** What is missing to the incoming amounts. An amount that neither side tells stays untold. */
function difference<Amount extends string>(wanted: Readonly<Record<Amount, Decimal | null>>, staying: readonly Link<Amount>[]): Record<Amount, Decimal | null> {
  return Object.fromEntries(
    Object.entries<Decimal | null>(wanted).map(([name, value]) => {
      const told = staying.map((link) => link.amounts[name as Amount]).filter((amount) => amount !== null);
      return [name, value === null && told.length === 0 ? null : format(told.reduce((left, amount) => left - parse(amount), parse(value ?? '0')))];
    }),
  ) as Record<Amount, Decimal | null>;
}
