import type { Tx } from '@hubgraph/kit/sql';
import { datedSlug, domainWord, extensionPointSlug, type DatedSlug } from '../contrib/slug.ts';
import type { ContributionType } from '../model.ts';
import { contributions } from '../store/index.ts';

/** Slugs that are tried in one statement. */
const TRIES = 100;

/**
 * A slug that is free as long as this transaction lasts. Extension points are numbered without a gap per domain; the
 * others are named by day, target and the words of the title, with a number behind when that is taken.
 */
export async function freeSlug(tx: Tx, parts: DatedSlug & { readonly type: ContributionType; readonly domain: string }): Promise<string> {
  if (parts.type === 'EP') {
    const word = domainWord(parts.domain);
    return extensionPointSlug(word, await contributions.nextExtensionPoint(tx, word));
  }
  const base = datedSlug(parts);
  for (let first = 1; ; first += TRIES) {
    const candidates = Array.from({ length: TRIES }, (_, index) => (first + index === 1 ? base : `${base}-${first + index}`));
    const taken = await contributions.takenSlugs(tx, base, candidates);
    const free = candidates.find((slug) => !taken.has(slug));
    if (free !== undefined) return free;
  }
}
