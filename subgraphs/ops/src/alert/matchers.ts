import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import type { Alert, Matcher } from '../model.ts';

/** Names that a matcher reads from the alert itself; every other name is a label. */
export const ALERT_FIELDS = ['severity', 'service', 'workstream', 'repo', 'domain', 'package', 'source', 'dedupKey'] as const;
export type AlertField = (typeof ALERT_FIELDS)[number];
export const MAX_MATCHERS = 10;
const MAX_VALUE = 500;

/** What matchers look at. */
export type Matchable = Pick<Alert, AlertField | 'labels'>;

/** Whether a name is a field of the alert rather than a label. */
export const isAlertField = (name: string): name is AlertField => (ALERT_FIELDS as readonly string[]).includes(name);

/** The value under a name; a field or label that the alert does not have is the empty text. */
export function valueOf(alert: Matchable, name: string): string {
  return (isAlertField(name) ? alert[name] : Object.hasOwn(alert.labels, name) ? alert.labels[name] : null) ?? '';
}

// Compiling costs more than matching, and the same few silences are asked for again and again.
const compiled = new LRUCache<string, RE2JS>({ max: 1_000 });

/** Compiles a pattern of RE2, whose matching takes time linear in the text. Throws for what is no pattern. */
function patternOf(text: string): RE2JS {
  let pattern = compiled.get(text);
  if (pattern === undefined) compiled.set(text, (pattern = RE2JS.compile(text)));
  return pattern;
}

/** Whether a value has what a matcher asks for. MATCHES and NOT_MATCHES look at the whole value, as if anchored at both ends. */
export function accepts({ operator, value: wanted }: Matcher, value: string): boolean {
  switch (operator) {
    case 'EQUAL':
      return value === wanted;
    case 'NOT_EQUAL':
      return value !== wanted;
    case 'MATCHES':
      return patternOf(wanted).testExact(value);
    case 'NOT_MATCHES':
      return !patternOf(wanted).testExact(value);
  }
}

/** Whether an alert fits all matchers. */
export function fits(matchers: readonly Matcher[], alert: Matchable): boolean {
  return matchers.every((matcher) => accepts(matcher, valueOf(alert, matcher.name)));
}

/** What is wrong with matchers, by the place of each; -1 is the list itself. */
export function matcherProblems(matchers: readonly Matcher[]): { readonly index: number; readonly message: string }[] {
  if (matchers.length === 0 || matchers.length > MAX_MATCHERS) return [{ index: -1, message: `There are 1 to ${MAX_MATCHERS} matchers.` }];
  const problems = matchers.flatMap((matcher, index) => {
    const message = problemOf(matcher);
    return message === null ? [] : [{ index, message }];
  });
  if (problems.length === 0 && matchers.every((matcher) => accepts(matcher, ''))) return [{ index: -1, message: 'At least one matcher must ask for something that an alert has: these fit every alert that has nothing under these names.' }];
  return problems;
}

function problemOf({ name, operator, value }: Matcher): string | null {
  if (!isAlertField(name) && !isLabelName(name)) return `A name is a label or one of ${ALERT_FIELDS.join(', ')}.`;
  if (value.length > MAX_VALUE) return `A value has at most ${MAX_VALUE} characters.`;
  if (operator === 'EQUAL' || operator === 'NOT_EQUAL') return null;
  try {
    patternOf(value);
    return null;
  } catch {
    return 'This is no pattern of RE2 (no look-around, no back-references; repetitions up to 1,000).';
  }
}

/** Whether a text can name a label: a letter or underscore, then letters, digits and `_ . - /`, at most 100 in all. */
export function isLabelName(text: string): boolean {
  return /^[A-Za-z_][\w./-]{0,99}$/.test(text);
}
