import anyAscii from 'any-ascii';
import type { Tx } from '@hubgraph/kit/sql';
import type { ContributionType } from '../model.ts';
import { contributions } from '../store/index.ts';

/** `EP-<DOMAIN>-NNN`; three digits or more. */
const EXTENSION_POINT = /^EP-(.+)-(\d{3,9})$/;
/** `YYYY-MM-DD--org--repo--words`. */
const DATED = /^(\d{4}-\d{2}-\d{2})--([a-z0-9.-]+?)--([a-z0-9.-]+?)--([a-z0-9-]+)$/;
/** Characters; a slug is a file name too. */
const MAX_SLUG = 200;
/** Words of a title that a slug takes over, in characters. */
const MAX_WORDS = 60;

/** What the slug of a new contribution is made of. */
export interface SlugParts {
  readonly type: ContributionType;
  readonly domain: string;
  readonly targetOrg: string;
  readonly targetRepo: string;
  readonly title: string;
  readonly day: Date;
}

/** Why a slug that a file brings along cannot be one of its type and domain; null when it can. */
export function slugProblem(slug: string, type: ContributionType, domain: string): string | null {
  if (slug.length > MAX_SLUG) return `A slug has at most ${MAX_SLUG} characters.`;
  if (type === 'EP') return EXTENSION_POINT.exec(slug)?.[1] === domainWord(domain) && extensionPointNumber(slug) > 0 ? null : `An extension point of ${domain} is called EP-${domainWord(domain)}-001 or so.`;
  const day = DATED.exec(slug)?.[1];
  return day !== undefined && isDay(day) ? null : 'A slug looks like 2026-03-02--org--repo--words.';
}

/** The number of an extension point's slug. */
export function extensionPointNumber(slug: string): number {
  return Number(EXTENSION_POINT.exec(slug)?.[2] ?? 0);
}

/** How the slugs of extension points name their domain. */
export function domainWord(domain: string): string {
  return domain.toUpperCase();
}

/**
 * A slug that is free as long as this transaction lasts. Extension points are numbered without a gap per domain; the
 * others are named by day, target and the words of the title, with a number behind when that is taken.
 */
export async function freeSlug(tx: Tx, parts: SlugParts): Promise<string> {
  if (parts.type === 'EP') {
    const word = domainWord(parts.domain);
    return `EP-${word}-${String(await contributions.nextExtensionPoint(tx, word)).padStart(3, '0')}`;
  }
  const base = [parts.day.toISOString().slice(0, 10), words(parts.targetOrg, MAX_WORDS, 'org'), words(parts.targetRepo, MAX_WORDS, 'repo'), words(parts.title, MAX_WORDS, 'contribution')].join('--');
  for (let from = 1; ; from += 100) {
    const candidates = Array.from({ length: 100 }, (_, index) => (from + index === 1 ? base : `${base}-${from + index}`));
    const taken = await contributions.takenSlugs(tx, base, candidates);
    const free = candidates.find((slug) => !taken.has(slug));
    if (free !== undefined) return free;
  }
}

/** Lower-case ASCII words with single dashes, cut between words; `none` when nothing is left. */
function words(text: string, longest: number, none: string): string {
  const all = anyAscii(text).toLowerCase().match(/[a-z0-9]+/g) ?? [];
  let slug = '';
  for (const word of all) {
    const longer = slug === '' ? word.slice(0, longest) : `${slug}-${word}`;
    if (longer.length > longest) break;
    slug = longer;
  }
  return slug || none;
}

function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day);
}
