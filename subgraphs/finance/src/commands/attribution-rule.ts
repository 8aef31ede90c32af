import { changed, checkVersion } from '@hubgraph/kit/entity';
import { isSlug, lineProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, invalidInput, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { VALUE } from '../attribution/allocate.ts';
import { ruleProblems, type RuleDraft } from '../attribution/check.ts';
import { isMonth } from '../money/calendar.ts';
import { decimalProblem, plain } from '../money/decimal.ts';
import type { AttributionRule, AttributionTarget, RuleKind, RuleMatch, ShareMeasure } from '../model/index.ts';
import { attributionRules } from '../store/index.ts';
import { reallocations } from '../store/reallocation.ts';
import type { Work } from './common.ts';

/** Every row is held against all of them. */
export const MAX_RULES = 500;
const DEFAULT_PRIORITY = 100;
const WORKSTREAM = /^[\p{L}\p{N}]+(-[\p{L}\p{N}]+)*$/u;

export interface RuleInput {
  readonly name: string;
  readonly kind: RuleKind;
  readonly priority?: number | null;
  readonly match?: RuleMatch | null;
  readonly targets: readonly AttributionTarget[];
  readonly measure?: MeasureInput | null;
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
}
/** The numbers of a measure as a list, because GraphQL has no maps. */
export interface MeasureInput {
  readonly of: ShareMeasure['of'];
  readonly numbers?: readonly { readonly target: string; readonly number: string }[] | null;
}

/** Adds a rule, and notes the open months that it concerns to be allocated anew. */
export async function addAttributionRule(work: Work, input: RuleInput): Promise<{ rule: AttributionRule } | Refused> {
  const draft = draftOf(input);
  const wrong = [...lineProblems('name', input.name), ...problemsOf(draft)];
  if (wrong.length > 0) return new Refused(wrong);
  await attributionRules.lockForChange(work.tx);
  if ((await attributionRules.countInForce(work.tx)) >= MAX_RULES) return invalidInput([], `There are ${MAX_RULES} rules: retire one first, or let one take its target from the tag by ${VALUE}.`);
  const rule = await attributionRules.insert(work.tx, { ...draft, id: newId(), name: input.name, retiredAt: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1 });
  if (rule === null) return taken(work, input.name);
  work.note({ noun: 'AttributionRule', entityId: rule.id, verb: 'addAttributionRule', from: null, to: 'IN_FORCE' });
  await reallocations.request(work.tx, rule.validFrom, rule.validTo, work.caller.sub, work.now);
  return { rule };
}

export interface UpdateRuleInput extends Partial<Omit<RuleInput, 'kind' | 'name' | 'targets'>> {
  readonly id: string;
  readonly name?: string | null;
  readonly targets?: readonly AttributionTarget[] | null;
  readonly expectedVersion?: number | null;
}

/** Changes a rule in force; what is left out stays. The open months that it concerned or concerns are allocated anew. */
export async function updateAttributionRule(work: Work, input: UpdateRuleInput): Promise<{ rule: AttributionRule } | Refused> {
  await attributionRules.lockForChange(work.tx);
  const before = await inForce(work, input);
  if (before instanceof Refused) return before;
  const merged = draftOf({
    kind: before.kind, name: input.name ?? before.name, priority: input.priority ?? before.priority, match: input.match ?? before.match, targets: input.targets ?? before.targets,
    measure: input.measure, validFrom: input.validFrom === undefined ? before.validFrom : input.validFrom, validTo: input.validTo === undefined ? before.validTo : input.validTo,
  });
  const draft = input.measure === undefined ? { ...merged, measure: before.measure } : merged;
  const wrong = [...(input.name == null ? [] : lineProblems('name', input.name)), ...problemsOf(draft)];
  if (wrong.length > 0) return new Refused(wrong);
  const changes = changed(before, { ...draft, name: input.name ?? before.name });
  if (changes === null) return { rule: before };
  const rule = await attributionRules.save(work.tx, before, changes, work.now);
  if (rule === null) return taken(work, input.name ?? before.name);
  work.note({ noun: 'AttributionRule', entityId: rule.id, verb: 'updateAttributionRule', from: 'IN_FORCE', to: 'IN_FORCE', note: Object.keys(changes).join(', ') });
  for (const { validFrom, validTo } of [before, rule]) await reallocations.request(work.tx, validFrom, validTo, work.caller.sub, work.now);
  return { rule };
}

/** Ends a rule for all open months. What it gave in closed months stays. */
export async function retireAttributionRule(work: Work, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ rule: AttributionRule } | Refused> {
  await attributionRules.lockForChange(work.tx);
  const before = await inForce(work, input);
  if (before instanceof Refused) return before;
  const rule = (await attributionRules.save(work.tx, before, { retiredAt: work.now }, work.now))!;
  work.note({ noun: 'AttributionRule', entityId: rule.id, verb: 'retireAttributionRule', from: 'IN_FORCE', to: 'RETIRED' });
  await reallocations.request(work.tx, before.validFrom, before.validTo, work.caller.sub, work.now);
  return { rule };
}

/** Notes open months to be allocated anew by the rules as they are: after one was reopened, say. All open months when none is named. */
export async function reallocateCosts(work: Work, input: { readonly months?: readonly string[] | null }): Promise<{ reallocations: { readonly months: readonly string[] } } | Refused> {
  const wrong = (input.months ?? []).flatMap((month, index) => (isMonth(month) ? [] : [invalidField(['months', String(index)], 'This is no month, such as 2024-09.')]));
  if (wrong.length > 0) return new Refused(wrong);
  const months = await reallocations.requestMonths(work.tx, input.months ?? null, work.caller.sub, work.now);
  const closed = (input.months ?? []).flatMap((month, index) => (months.includes(month) ? [] : [invalidField(['months', String(index)], 'This month is closed, or has no charges.')]));
  return closed.length > 0 ? new Refused(closed) : { reallocations: { months } };
}

/** What a rule says, without what the hub adds. GraphQL's inputs have no prototype; what is kept is written down as what it is. */
export function draftOf({ kind, priority, match, targets, measure, validFrom, validTo }: RuleInput): RuleDraft {
  const numbers = measure?.numbers?.map(({ target, number }) => [target, decimalProblem(number) === null ? plain(number) : number] as const);
  return {
    kind, priority: priority ?? DEFAULT_PRIORITY, match: given({ ...match }), validFrom: validFrom ?? null, validTo: validTo ?? null,
    targets: targets.map((target) => given({ ...target, ratio: target.ratio == null || decimalProblem(target.ratio) !== null ? target.ratio : plain(target.ratio) })),
    measure: measure == null ? null : given({ of: measure.of, numbers: numbers === undefined ? null : Object.fromEntries(numbers) }),
  };
}

/** Everything that is wrong with a draft, at the fields of the input. */
export function problemsOf(draft: RuleDraft): MutationErrorData[] {
  const slug = (value: string | null | undefined, test: (text: string) => boolean) => value == null || value === VALUE || test(value);
  return [
    ...ruleProblems(draft).map(({ path, message }) => invalidField(path, message)),
    ...draft.targets.flatMap(({ domain, service, workstream }, index) => [
      ...(slug(domain, isSlug) ? [] : [invalidField(['targets', String(index), 'domain'], 'This is no slug.')]),
      ...(slug(service, isSlug) ? [] : [invalidField(['targets', String(index), 'service'], 'This is no slug.')]),
      ...(slug(workstream, (text) => text.length <= 100 && WORKSTREAM.test(text)) ? [] : [invalidField(['targets', String(index), 'workstream'], 'This is no code of a workstream, such as CUST-WP-0025.')]),
    ]),
  ];
}

function given<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part != null)) as Value;
}

async function inForce(work: Work, { id, expectedVersion }: { readonly id: string; readonly expectedVersion?: number | null }): Promise<AttributionRule | Refused> {
  const rule = isUuid(id) ? await attributionRules.lockById(work.tx, id) : null;
  if (rule === null) return notFound('attribution rule', id);
  return checkVersion(rule, expectedVersion) ?? (rule.retiredAt === null ? rule : invalidInput(['id'], 'This rule is retired: add a new one.'));
}

async function taken(work: Work, name: string): Promise<Refused> {
  return duplicate('attribution rule', name, (await attributionRules.byNames(work.tx, [name])).get(name)?.id ?? '', ['name']);
}
