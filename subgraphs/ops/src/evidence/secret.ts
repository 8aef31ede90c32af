import { isRandom } from './random.ts';
import { SECRET_RULES } from './secret-rules.ts';

/** Words that say that what follows is nobody's business. */
const NAMED = /(?<![A-Za-z])(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|access|auth|private|signing|encryption|account|master|service|secret)[_.-]?(?:key|token|secret|password)|client[_.-]?secret)["']?\s{0,3}(?::|=>?)\s{0,3}["']?([^\s"',;&]{6,200})/gi;
/** What stands there when somebody took the value out. */
const TAKEN_OUT = /^(?:[*x.•_-]+|\$\{?\w+\}?|\$?\{\{.*|<.*|\[.*|(?:null|none|true|false|undefined|redacted|removed|hidden|masked|changeme|expired|invalid|missing|unknown|required|optional)[.!]?)$/i;
/** Longer than any text that is taken in at one place. */
const LONGEST = 65_536;

/**
 * What kind of secret a text holds, in words that may be said to anyone; null when it holds none that can be told.
 * A text too long to look at counts as one.
 *
 * It knows marks of issuers ({@link SECRET_RULES}), values that a word like `password` names, and what is too random to be
 * a name and is no digest, UUID or other known id. A short secret without a mark looks like any word: against that there is
 * the allowlist, not this.
 */
export function secretIn(text: string): string | null {
  if (text.length > LONGEST) return 'text too long to look through';
  for (const rule of SECRET_RULES) if (rule.pattern.test(text)) return rule.kind;
  for (const [, value = ''] of text.matchAll(NAMED)) if (isValue(value)) return 'value named as a secret';
  return isRandom(text) ? 'random text' : null;
}

/** Whether what is named as a secret is one, and no word about it. */
function isValue(value: string): boolean {
  return !TAKEN_OUT.test(value) && (/\d/.test(value) ? /[A-Za-z]/.test(value) || value.length > 5 : /[!@#$%^&*+~]/.test(value) || /[a-z][A-Z]/.test(value));
}

/** The first secret in a value, however deep in lists and objects, keys included: where it is, and its kind. Never its text. */
export function secretWithin(value: unknown, path: readonly string[] = []): { readonly path: readonly string[]; readonly kind: string } | null {
  if (typeof value === 'string') {
    const kind = secretIn(value);
    return kind === null ? null : { path, kind };
  }
  if (value === null || typeof value !== 'object') return null;
  for (const [index, [key, inner]] of Object.entries(value).entries()) {
    const kind = Array.isArray(value) ? null : secretIn(key);
    // the key is the secret, so the path may not say it
    if (kind !== null) return { path: [...path, String(index)], kind };
    const found = secretWithin(inner, [...path, key]);
    if (found !== null) return found;
  }
  return null;
}
