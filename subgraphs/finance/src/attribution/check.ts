// What is wrong with a rule before it is kept.
import { isDay } from '../money/calendar.ts';
import { compare, decimalProblem, isNegative, isPositive, sum } from '../money/decimal.ts';
import type { AttributionRule, AttributionTarget, RuleMatch } from '../model/index.ts';
import { nameOf, usesValue } from './allocate.ts';

/** One thing that is wrong; `path` from the rule. */
export interface RuleProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What of a rule its writer decides. */
export type RuleDraft = Pick<AttributionRule, 'priority' | 'kind' | 'match' | 'targets' | 'measure' | 'validFrom' | 'validTo'>;

export const MAX_TARGETS = 100;
const MAX_VALUES = 1_000;
const MAX_LENGTH = 500;
const MAX_PRIORITY = 1_000_000;

/** Every reason why a rule cannot be kept; empty: it can. */
export function ruleProblems(rule: RuleDraft): RuleProblem[] {
  return [
    ...(Number.isSafeInteger(rule.priority) && rule.priority >= 0 && rule.priority <= MAX_PRIORITY ? [] : [{ path: ['priority'], message: `A priority is 0 to ${MAX_PRIORITY}.` }]),
    ...matchProblems(rule),
    ...targetProblems(rule),
    ...measureProblems(rule),
    ...(['validFrom', 'validTo'] as const).flatMap((field) => (rule[field] === null || isDay(rule[field]) ? [] : [{ path: [field], message: 'This is no day, such as 2024-09-01.' }])),
    ...(rule.validFrom !== null && rule.validTo !== null && rule.validFrom >= rule.validTo ? [{ path: ['validTo'], message: 'A rule ends after it begins; validTo is the first day on which it holds no more.' }] : []),
  ];
}

const NEEDED = { TAG: 'tag', ACCOUNT: 'accounts', SERVICE: 'services' } as const satisfies Partial<Record<AttributionRule['kind'], keyof RuleMatch>>;

function matchProblems({ kind, match }: RuleDraft): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const needed = kind in NEEDED ? NEEDED[kind as keyof typeof NEEDED] : null;
  const given = needed === null ? null : match[needed];
  if (needed !== null && (given == null || given.length === 0)) problems.push({ path: ['match', needed], message: `A ${kind} rule needs this.` });
  if (match.tag != null && (match.tag.trim() === '' || match.tag.length > MAX_LENGTH)) problems.push({ path: ['match', 'tag'], message: `A key has 1 to ${MAX_LENGTH} characters.` });
  if (match.tag == null && (match.values != null || match.anyCase)) problems.push({ path: ['match', 'tag'], message: 'Name the tag that has the values.' });
  for (const field of ['values', 'providers', 'accounts', 'services'] as const) {
    const values = match[field];
    if (values == null) continue;
    if (values.length === 0 || values.length > MAX_VALUES) problems.push({ path: ['match', field], message: `Give 1 to ${MAX_VALUES}, or leave it out.` });
    if (values.some((value) => value.length > MAX_LENGTH)) problems.push({ path: ['match', field], message: `Each has at most ${MAX_LENGTH} characters.` });
  }
  return problems;
}

function targetProblems({ kind, targets }: RuleDraft): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (targets.length === 0 || targets.length > MAX_TARGETS) problems.push({ path: ['targets'], message: `A rule has 1 to ${MAX_TARGETS} targets.` });
  const keys = targets.map(({ domain, service, workstream }) => JSON.stringify([domain ?? null, service ?? null, workstream ?? null]));
  if (new Set(keys).size < keys.length) problems.push({ path: ['targets'], message: 'Two targets are the same: sum their ratios up.' });
  targets.forEach((target, index) => {
    if (nameOf(target) === '' && kind !== 'RATIO') problems.push({ path: ['targets', String(index)], message: 'Name a domain, service or workstream; only a RATIO rule may leave a part to nobody.' });
    if (usesValue(target) && kind !== 'TAG') problems.push({ path: ['targets', String(index)], message: 'Only a TAG rule has a value to put in.' });
  });
  return [...problems, ...ratioProblems(kind, targets)];
}

function ratioProblems(kind: AttributionRule['kind'], targets: readonly AttributionTarget[]): RuleProblem[] {
  const given = targets.filter(({ ratio }) => ratio != null);
  if (kind === 'SHARE') return given.length === 0 ? [] : [{ path: ['targets'], message: 'The ratios of a SHARE rule follow its measure: give none.' }];
  if (given.length === 0 && targets.length <= 1 && kind !== 'RATIO') return [];
  if (given.length < targets.length) return [{ path: ['targets'], message: 'Give every target a ratio.' }];
  const wrong = targets.flatMap(({ ratio }, index) => {
    const problem = decimalProblem(ratio!) ?? (isNegative(ratio!) || !isPositive(ratio!) ? 'A ratio is above 0.' : null);
    return problem === null ? [] : [{ path: ['targets', String(index), 'ratio'], message: problem }];
  });
  if (wrong.length > 0 || targets.length === 0) return wrong;
  const total = sum(targets.map(({ ratio }) => ratio!));
  return compare(total, '1') === 0 ? [] : [{ path: ['targets'], message: `The ratios sum to ${total}; they must sum to exactly 1.` }];
}

function measureProblems({ kind, measure, targets }: RuleDraft): RuleProblem[] {
  if (kind !== 'SHARE') return measure === null ? [] : [{ path: ['measure'], message: 'Only a SHARE rule has a measure.' }];
  if (measure === null) return [{ path: ['measure'], message: 'A SHARE rule needs a measure.' }];
  const numbers = Object.entries(measure.numbers ?? {});
  if (measure.of !== 'NUMBERS') return numbers.length === 0 ? [] : [{ path: ['measure', 'numbers'], message: 'Only the measure NUMBERS has numbers.' }];
  const names = targets.map(nameOf);
  const wrong = numbers.flatMap(([name, number]) => {
    const problem = (names.includes(name) ? null : 'This is the name of no target.') ?? decimalProblem(number) ?? (isNegative(number) ? 'A share is not below 0.' : null);
    return problem === null ? [] : [{ path: ['measure', 'numbers', name], message: problem }];
  });
  if (wrong.length > 0) return wrong;
  if (new Set(names).size < names.length) return [{ path: ['targets'], message: 'Numbers need targets whose narrowest names differ.' }];
  return numbers.some(([, number]) => isPositive(number)) ? [] : [{ path: ['measure', 'numbers'], message: 'One number must be above 0.' }];
}
