// To whom a charge belongs: the first rule that fits divides it, by largest remainder, so that the parts are the whole.
import { ratiosOf, split } from '../money/split.ts';
import { isPositive } from '../money/decimal.ts';
import type { Allocation, AttributionRule, AttributionTarget, Decimal } from '../model/index.ts';
import { fit, type AllocatedRow } from './match.ts';

/** What the shares of a SHARE rule follow, in the order of its targets; null: not known yet, or nothing above zero. */
export type WeightsOf = (rule: AttributionRule, row: AllocatedRow) => readonly Decimal[] | null;

/** Stands in the service or workstream of a TAG rule for the value of the tag. */
export const VALUE = '{value}';

/** The order in which rules are asked: by priority, then by age. */
export function inOrder(rules: readonly AttributionRule[]): AttributionRule[] {
  return [...rules].sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
}

/**
 * The parts of a row; `rules` are {@link inOrder}. Their ratios sum to exactly 1 and their amounts to the row's, to the last digit.
 * What no rule takes, or a SHARE rule cannot divide, is one part without target.
 */
export function allocate(row: AllocatedRow, rules: readonly AttributionRule[], weightsOf: WeightsOf): Allocation[] {
  for (const rule of rules) {
    const fitting = fit(rule, row);
    if (fitting === null) continue;
    const targets = named(rule, fitting.value);
    if (targets === null) continue;
    const ratios = ratiosFor(rule, row, weightsOf);
    return ratios === null ? [whole(row, rule.id)] : parts(row, rule.id, targets, ratios);
  }
  return [whole(row, null)];
}

/** The shares of a rule by its own numbers, in the order of its targets. */
export function numbersOf(rule: AttributionRule): Decimal[] {
  const numbers = new Map(Object.entries(rule.measure?.numbers ?? {}));
  return rule.targets.map((target) => numbers.get(nameOf(target)) ?? '0');
}

/** What a target is called in the numbers of a measure: the narrowest that it names. */
export function nameOf({ workstream, service, domain }: AttributionTarget): string {
  return workstream ?? service ?? domain ?? '';
}

function ratiosFor(rule: AttributionRule, row: AllocatedRow, weightsOf: WeightsOf): Decimal[] | null {
  if (rule.kind !== 'SHARE') return rule.targets.length === 1 ? ['1'] : rule.targets.map(({ ratio }) => ratio ?? '0');
  const weights = (rule.measure?.of === 'NUMBERS' ? numbersOf(rule) : weightsOf(rule, row))?.map((weight) => (isPositive(weight) ? weight : '0'));
  return weights?.some(isPositive) ? ratiosOf(weights) : null;
}

function parts(row: AllocatedRow, ruleId: string, targets: readonly AttributionTarget[], ratios: readonly Decimal[]): Allocation[] {
  if (targets.length === 1) return [{ ...whole(row, ruleId), ...namesOf(targets[0]!) }];
  const billed = split(row.billedCost, ratios);
  const effective = split(row.effectiveCost, ratios);
  return targets
    .map((target, index) => ({ ...whole(row, ruleId), ...namesOf(target), ratio: ratios[index]!, billedCost: billed[index]!, effectiveCost: effective[index]! }))
    .filter(({ ratio }) => isPositive(ratio))
    .map((part, index) => ({ ...part, part: index }));
}

function whole(row: AllocatedRow, ruleId: string | null): Allocation {
  return {
    rowId: row.id, part: 0, ruleId, domain: null, service: null, workstream: null, ratio: '1', billedCost: row.billedCost, effectiveCost: row.effectiveCost,
    month: row.month, day: row.day, providerName: row.providerName, currency: row.billingCurrency,
  };
}

function namesOf({ domain, service, workstream }: AttributionTarget): Pick<Allocation, 'domain' | 'service' | 'workstream'> {
  return { domain: domain ?? null, service: service ?? null, workstream: workstream ?? null };
}

/** The targets with the value of the tag in its place; null when the value can be no name. */
function named(rule: AttributionRule, value: string | null): AttributionTarget[] | null {
  if (!rule.targets.some(usesValue)) return [...rule.targets];
  const slug = slugOf(value ?? '');
  if (slug === '') return null;
  const code = (value ?? '').toUpperCase();
  return rule.targets.map((target) => ({
    ...target,
    domain: target.domain === VALUE ? slug : target.domain,
    service: target.service === VALUE ? slug : target.service,
    workstream: target.workstream === VALUE ? code : target.workstream,
  }));
}

/** Whether a target takes a name from the tag. */
export function usesValue({ domain, service, workstream }: AttributionTarget): boolean {
  return [domain, service, workstream].includes(VALUE);
}

/** A slug of a text: lower case, with a dash for every run of other characters; empty when nothing is left. */
export function slugOf(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/[^\p{Ll}\p{Lo}\p{M}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 100).replace(/-+$/, '');
}
