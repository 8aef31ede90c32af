import { readFileSync } from 'node:fs';

/**
 * What a licence asks of the one who uses the package, from the least to the most. The order is the one in which OR
 * chooses and AND adds up: what nobody has classified or nobody knows ranks behind everything that is known.
 */
export const licenceClasses = ['PUBLIC_DOMAIN', 'PERMISSIVE', 'WEAK_COPYLEFT', 'STRONG_COPYLEFT', 'NETWORK_COPYLEFT', 'SOURCE_AVAILABLE', 'PROPRIETARY', 'UNCLASSIFIED', 'UNKNOWN'] as const;

/** UNCLASSIFIED: the licence is named, but not in the data. UNKNOWN: nothing, or nothing readable, is declared. */
export type LicenceClass = (typeof licenceClasses)[number];

const ranks: ReadonlyMap<LicenceClass, number> = new Map(licenceClasses.map((name, rank) => [name, rank]));

/** Higher asks for more. */
export function rankOf(name: LicenceClass): number {
  return ranks.get(name) ?? licenceClasses.length;
}

/** Whether a class passes its terms on to what is built with the package. */
export function isCopyleft(name: LicenceClass): boolean {
  return name === 'WEAK_COPYLEFT' || name === 'STRONG_COPYLEFT' || name === 'NETWORK_COPYLEFT';
}

const byCategory: ReadonlyMap<string, LicenceClass> = new Map([
  ['Permissive', 'PERMISSIVE'],
  ['Copyleft', 'STRONG_COPYLEFT'],
  ['Copyleft Limited', 'WEAK_COPYLEFT'],
  ['Public Domain', 'PUBLIC_DOMAIN'],
  ['Source-available', 'SOURCE_AVAILABLE'],
  // the source may be had, but not used for everything
  ['Free Restricted', 'SOURCE_AVAILABLE'],
  ['Proprietary Free', 'PROPRIETARY'],
  ['Unstated License', 'UNCLASSIFIED'],
]);

/**
 * Licences whose copyleft also reaches those who only offer the software over a network; the data has no category for
 * that. Chosen by the clause: AGPL 13, OSL, NPOSL and TGPPL 5 (External Deployment), CPAL 15, CAL 4, RPL 1.11 and 6 (Deploy).
 * Each is stricter than, never milder than, the data's own category. SSPL-1.0 stays SOURCE_AVAILABLE as in the data: it is
 * no open-source licence, and that class ranks higher.
 */
const network = /^(?:AGPL-|OSL-|NPOSL-3\.0$|TGPPL-1\.0$|CPAL-1\.0$|CAL-1\.0|RPL-1\.)/;

// ScanCode LicenseDB, see NOTICE.md
const data = new Map(Object.entries(JSON.parse(readFileSync(new URL('categories.json', import.meta.url), 'utf8')) as Record<string, string | { category: string }>));
const anyCase = new Map([...data.keys()].map((id) => [id.toLowerCase(), id]));

function categoryOf(id: string): string | undefined {
  const entry = data.get(id);
  return typeof entry === 'object' ? entry.category : entry;
}

/** The class of one listed licence id (in the list's case, without `+`); UNCLASSIFIED when the data does not have it. */
export function classOf(id: string): LicenceClass {
  const listed = byCategory.get(categoryOf(id) ?? '') ?? 'UNCLASSIFIED';
  return network.test(id) && rankOf(listed) < rankOf('NETWORK_COPYLEFT') ? 'NETWORK_COPYLEFT' : listed;
}

/**
 * Whether an exception lets a strong copyleft licence stop at its own code. Those that the data calls Copyleft
 * (only certain libraries may be linked), and those it does not know, do not.
 */
export function softens(exception: string): boolean {
  const category = categoryOf(exception);
  return category === 'Copyleft Limited' || category === 'Permissive';
}

/** A name that people write and the data knows, but SPDX does not list, such as `GPL` or `GPL 2.0+`. */
export function classOfUnlisted(text: string): { readonly name: string; readonly class: LicenceClass } | undefined {
  const name = anyCase.get(text.toLowerCase());
  return name === undefined || typeof data.get(name) === 'object' ? undefined : { name, class: classOf(name) };
}
