import { evaluateLicence } from './evaluate.ts';
import type { JudgedLicence, LicenceEvaluation } from './evaluate.ts';
import { licenceFamilies } from './policy.ts';
import type { LicenceFamily, LicencePolicy, LicenceWaiver } from './policy.ts';

/** What is asked about: a package as a bill of materials lists it, with the licence that holds for it. */
export interface RiskSubject {
  readonly purl: string;
  readonly name: string;
  readonly direct: boolean | null;
  readonly dev: boolean | null;
  /** Concluded where somebody concluded one, else declared. */
  readonly licence: string | null;
}

/** One package that the policy does not like. */
export interface LicenceRisk {
  readonly evaluation: LicenceEvaluation;
  /** The licences of the effective branch that are the reason; empty when only the class of the whole is. */
  readonly licences: readonly JudgedLicence[];
  /** WAIVED does not count. EXPIRED counts: its waiver ended before `today`. */
  readonly status: 'OPEN' | 'WAIVED' | 'EXPIRED';
  readonly waiver: LicenceWaiver | null;
}

/**
 * Judges one package by a policy; null when it is no risk. `today` is `YYYY-MM-DD`; a waiver holds through its last day.
 * A choice is always made for the user's good: what OR lets one avoid is no risk.
 */
export function licenceRisk(subject: RiskSubject, policy: LicencePolicy, today: string): LicenceRisk | null {
  if (!isLookedAt(subject, policy)) return null;
  const evaluation = evaluateLicence(subject.licence);
  const licences = (evaluation.effective?.licences ?? []).filter((licence) => policy.classes.includes(licence.class) || isOfFamily(licence, policy.families));
  if (licences.length === 0 && !policy.classes.includes(evaluation.class)) return null;
  const waivers = policy.waivers.filter((waiver) => covers(waiver, subject, evaluation)).toSorted((a, b) => (a.until < b.until ? 1 : -1));
  const waiver = waivers[0] ?? null;
  return { evaluation, licences, status: waiver === null ? 'OPEN' : waiver.until < today ? 'EXPIRED' : 'WAIVED', waiver };
}

/** Which of the GNU families a licence belongs to; one that an exception softened belongs to none. */
export function familyOf(licence: JudgedLicence): LicenceFamily | undefined {
  return licence.softened ? undefined : licenceFamilies.find((family) => licence.id === family || licence.id.startsWith(`${family}-`) || licence.id.startsWith(`${family} `));
}

function isOfFamily(licence: JudgedLicence, families: readonly LicenceFamily[]): boolean {
  const family = familyOf(licence);
  return family !== undefined && families.includes(family);
}

function isLookedAt({ direct, dev }: RiskSubject, { scopes }: LicencePolicy): boolean {
  const near = direct === null ? scopes.unknown : direct ? scopes.direct : scopes.transitive;
  const used = dev === null ? scopes.unknown : dev ? scopes.dev : scopes.prod;
  return near && used;
}

function covers(waiver: LicenceWaiver, subject: RiskSubject, evaluation: LicenceEvaluation): boolean {
  if (waiver.expression !== undefined && evaluateLicence(waiver.expression).expression !== evaluation.expression) return false;
  const whole = subject.purl.replace(/[?#].*$/, '');
  const candidates = waiver.package.startsWith('pkg:') ? [subject.purl, whole, whole.replace(/@[^@/]*$/, '')] : [subject.name];
  // the same word with and without percent-encoding: pkg:npm/%40img/x is what people write as pkg:npm/@img/x
  return [waiver.package, waiver.package.replaceAll('/@', '/%40')].some((pattern) => candidates.some((text) => matches(pattern, text)));
}

/** `*` stands for any characters. Plain search from part to part: no pattern makes it slow. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return text === first;
  const last = parts.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
