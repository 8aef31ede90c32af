import anyAscii from 'any-ascii';
import type { ContributionType } from '../model.ts';

/** `EP-<DOMAIN>-NNN`; three digits or more. */
const EXTENSION_POINT = /^EP-([\p{Lu}\p{Lo}\p{N}]+(?:-[\p{Lu}\p{Lo}\p{M}\p{N}]+)*)-(\d{3,9})$/u;
/** `YYYY-MM-DD--org--repo--words`. */
const DATED = /^(\d{4}-\d{2}-\d{2})--[a-z0-9][a-z0-9.-]*--[a-z0-9][a-z0-9.-]*--[a-z0-9-]+$/;
/** Characters; a slug is a file name too. */
const MAX_SLUG = 200;
/** Characters of a part of a slug. */
const MAX_WORDS = 60;

/** What the slug of a contribution that is no extension point is made of. */
export interface DatedSlug {
  readonly day: Date;
  readonly targetOrg: string;
  readonly targetRepo: string;
  readonly title: string;
}

/** Why a slug that a file brings along cannot be one of its type; null when it can. */
export function slugProblem(slug: string, type: ContributionType): string | null {
  if (slug.length > MAX_SLUG) return `A slug has at most ${MAX_SLUG} characters.`;
  if (type === 'EP') return (extensionPointOf(slug)?.number ?? 0) > 0 ? null : 'The slug of an extension point looks like EP-CUSTODIAN-001.';
  const day = DATED.exec(slug)?.[1];
  return day !== undefined && isDay(day) ? null : 'A slug looks like 2026-03-02--org--repo--words, in lower case.';
}

/** How an extension point's slug names its domain, and its number; null for any other slug. */
export function extensionPointOf(slug: string): { readonly domain: string; readonly number: number } | null {
  const [, domain, number] = EXTENSION_POINT.exec(slug) ?? [];
  return domain === undefined ? null : { domain, number: Number(number) };
}

/** How the slugs of a domain's extension points name it. */
export function domainWord(domain: string): string {
  return domain.toUpperCase();
}

/** The slug of an extension point. */
export function extensionPointSlug(word: string, number: number): string {
  return `EP-${word}-${String(number).padStart(3, '0')}`;
}

/** Day, target and the words of the title, spelt in ASCII. */
export function datedSlug({ day, targetOrg, targetRepo, title }: DatedSlug): string {
  return [day.toISOString().slice(0, 10), words(targetOrg, 'org'), words(targetRepo, 'repo'), words(title, 'contribution')].join('--');
}

/** Lower-case ASCII words with single dashes, cut between words; `none` when nothing is left. */
function words(text: string, none: string): string {
  let slug = '';
  for (const word of anyAscii(text).toLowerCase().match(/[a-z0-9]+/g) ?? []) {
    const longer = slug === '' ? word.slice(0, MAX_WORDS) : `${slug}-${word}`;
    if (longer.length > MAX_WORDS) break;
    slug = longer;
  }
  return slug || none;
}

function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day);
}
