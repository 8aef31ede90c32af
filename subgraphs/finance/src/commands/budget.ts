import type { ChangeInput } from '@hubgraph/kit/change';
import { changed, checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, invalidInput, notFound, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { FinanceEvents } from '../events.ts';
import { budgetLifecycle, type BudgetFacts } from '../lifecycle/budget.ts';
import type { Budget, BudgetStatus } from '../model/index.ts';
import { budgetNumbers, type BudgetNumbers } from '../money/budget.ts';
import { dayOf, isDay } from '../money/calendar.ts';
import { add, compare, decimalProblem, isNegative, plain } from '../money/decimal.ts';
import { budgetFacts, budgetLines, budgets, type BudgetFigures } from '../store/index.ts';
import { settleLockedBudgets } from './budget-alert.ts';
import type { Work } from './common.ts';
import { CURRENCY } from './exchange-rate.ts';

const MAX_REASON = 10_000;
const MAX_THRESHOLDS = 10;
const MAX_PERCENT = 1_000;
const MAX_MONTHS = 120;

/** What is written of a budget; undefined stays as it is. */
interface BudgetContent {
  readonly name?: string | null;
  readonly domain?: string | null;
  /** Both are first days of months: the first one, and the one after the last one. */
  readonly periodStart?: string | null;
  readonly periodEnd?: string | null;
  readonly currency?: string | null;
  readonly allocated?: string | null;
  readonly parentId?: string | null;
  /** Percent, 1 to 1000. */
  readonly actualThresholds?: readonly number[] | null;
  readonly forecastThresholds?: readonly number[] | null;
  readonly owner?: string | null;
}

export interface DraftBudgetInput extends BudgetContent, ChangeInput {
  readonly name: string;
  readonly domain: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly currency: string;
  readonly allocated: string;
}

/** Writes a budget down as DRAFT. Its owner is the caller unless another is named. */
export async function draftBudget(work: Work, input: DraftBudgetInput): Promise<{ budget: Budget } | Refused> {
  if (input.parentId != null) await budgets.lockTree(work.tx);
  const wrong = contentProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const misplaced = await parentProblems(work, null, { ...input, parentId: input.parentId ?? null });
  if (misplaced.length > 0) return new Refused(misplaced);
  const { name, domain, periodStart, periodEnd, currency } = input;
  const budget = await budgets.insert(work.tx, {
    id: newId(), name, domain, periodStart, periodEnd, currency, allocated: plain(input.allocated), parentId: input.parentId ?? null, status: 'DRAFT', actualThresholds: rising(input.actualThresholds ?? [80, 100]), forecastThresholds: rising(input.forecastThresholds ?? [100]),
    owner: input.owner ?? work.caller.sub, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  work.note({ noun: 'Budget', entityId: budget.id, verb: 'draftBudget', from: null, to: 'DRAFT' });
  recordBudget(work, 'budget.drafted', budget, null);
  return { budget };
}

export interface UpdateBudgetInput extends BudgetContent {
  readonly id: string;
  readonly expectedVersion?: number | null;
}

const ALWAYS = ['name', 'owner', 'actualThresholds', 'forecastThresholds'] as const;
const DRAFTED = ['domain', 'periodStart', 'periodEnd', 'currency', 'allocated', 'parentId'] as const;

/** Changes what is written of a budget: of a DRAFT everything, of one in force its name, owner and thresholds. Nothing to change is no change. */
export async function updateBudget(work: Work, input: UpdateBudgetInput): Promise<{ budget: Budget } | Refused> {
  if (input.parentId !== undefined) await budgets.lockTree(work.tx);
  const chain = await lockedChain(work, input);
  if (chain instanceof Refused) return chain;
  const before = chain.at(-1)!;
  if (before.status === 'CLOSED') return invalidInput(['id'], 'The budget is CLOSED: nothing is written of it any more.');
  const wrong = contentProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const wanted = {
    ...Object.fromEntries([...ALWAYS, ...DRAFTED].map((field) => [field, input[field] ?? undefined])),
    ...(input.parentId === undefined ? {} : { parentId: input.parentId }), ...(input.allocated == null ? {} : { allocated: plain(input.allocated) }),
    ...(input.actualThresholds == null ? {} : { actualThresholds: rising(input.actualThresholds) }), ...(input.forecastThresholds == null ? {} : { forecastThresholds: rising(input.forecastThresholds) }),
  } as Partial<Budget>;
  const changes = changed(before, wanted);
  if (changes === null) return { budget: before };
  const fixed = before.status === 'DRAFT' ? [] : DRAFTED.filter((field) => field in changes);
  if (fixed.length > 0) return new Refused(fixed.map((field) => invalidField([field], `The budget is ${before.status}: only a DRAFT changes this${field === 'allocated' ? '; revise the budget' : ''}.`)));
  const misplaced = await parentProblems(work, before, { ...before, ...changes });
  if (misplaced.length > 0) return new Refused(misplaced);
  const budget = await budgets.save(work.tx, before, changes, work.now);
  recordBudget(work, 'budget.updated', budget, before.status);
  await settleLockedBudgets(work, [budget]);
  return { budget };
}

export const BUDGET_MOVES = ['activateBudget', 'reviseBudget', 'freezeBudget', 'unfreezeBudget', 'closeBudget', 'reopenBudget'] as const;
export type BudgetMove = (typeof BUDGET_MOVES)[number];

export interface MoveBudgetInput {
  readonly id: string;
  readonly reason?: string | null;
  /** Of reviseBudget: what it is to have. */
  readonly allocated?: string | null;
  readonly expectedVersion?: number | null;
}

/** Moves a budget by one of its verbs. */
export async function moveBudget(work: Work, verb: BudgetMove, input: MoveBudgetInput): Promise<{ budget: Budget } | Refused> {
  const { reason = null } = input;
  const chain = await lockedChain(work, input);
  if (chain instanceof Refused) return chain;
  const before = chain.at(-1)!;
  const wrong = [...textProblems({ reason }, MAX_REASON), ...(verb === 'reviseBudget' || input.allocated != null ? allocatedProblems(input.allocated) : [])];
  if (wrong.length > 0) return new Refused(wrong);
  const allocated = input.allocated == null ? before.allocated : plain(input.allocated);
  // only these look at other budgets of the domain
  if (verb === 'activateBudget' || verb === 'reopenBudget') await budgets.lockSpans(work.tx, before);
  const figures = (await budgetFacts.of(work.tx, [before.id])).get(before.id)!;
  const numbers = budgetNumbers(before.allocated, (await budgetLines.of(work.tx, [before.id], dayOf(work.now))).get(before.id) ?? []);
  const facts = factsOf({ ...before, allocated }, figures, numbers, reason);
  const decided = budgetLifecycle.decide(verb, before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, budgetLifecycle.allowed(before.status, facts, work.caller));
  if (verb === 'reviseBudget' && compare(allocated, before.allocated) === 0) return invalidInput(['allocated'], 'It has that already.');
  const budget = await budgets.save(work.tx, before, { status: decided.to, allocated }, work.now);
  // what a draft had before it was in force is no revision
  const revised = verb === 'reviseBudget' ? before.allocated : verb === 'activateBudget' ? null : undefined;
  if (revised !== undefined) await budgets.addRevision(work.tx, { id: newId(), budgetId: budget.id, from: revised, to: allocated, reason: reason ?? 'activated', actor: work.caller.sub, at: work.now });
  work.note({ noun: 'Budget', entityId: budget.id, verb, from: decided.from, to: decided.to, note: reason });
  recordBudget(work, decided.emits as BudgetEvent, budget, decided.from, reason);
  // a part that came in force brings what it spends to all that it is a part of
  await settleLockedBudgets(work, [...chain.slice(0, -1), budget]);
  return { budget };
}

/** What the lifecycle asks of a budget that is to have `budget.allocated`. */
export function factsOf(budget: Budget, { overlapping, parentAllocated, siblings, children, openMonths }: BudgetFigures, { committed, spent }: Pick<BudgetNumbers, 'committed' | 'spent'>, reason: string | null): BudgetFacts {
  const { allocated, currency } = budget;
  const withSiblings = add(siblings, allocated);
  const used = add(committed, spent);
  return {
    overlapping,
    openMonths,
    reason,
    parentTooSmall: parentAllocated !== null && compare(withSiblings, parentAllocated) > 0 ? `With it the children of its parent sum to ${withSiblings} ${currency}; the parent has ${parentAllocated}.` : null,
    childrenTooLarge: compare(children, allocated) > 0 ? `Its children sum to ${children} ${currency}; it would have ${allocated}.` : null,
    belowUsed: compare(used, allocated) > 0 ? `${committed} ${currency} are committed and ${spent} spent; it would have ${allocated}.` : null,
  };
}

/** Locks a budget and all that it is a part of, the budget last, at the version that the caller expects. */
async function lockedChain(work: Work, { id, expectedVersion }: { readonly id: string; readonly expectedVersion?: number | null }): Promise<Budget[] | Refused> {
  const chain = isUuid(id) ? await budgets.lockChain(work.tx, id) : [];
  const budget = chain.at(-1);
  return budget === undefined ? notFound('budget', id) : (checkVersion(budget, expectedVersion) ?? chain);
}

/** A part lies within what it is a part of, in the same currency; and what has parts keeps its own frame. */
async function parentProblems(work: Work, before: Budget | null, budget: Pick<Budget, 'parentId' | 'periodStart' | 'periodEnd' | 'currency'>): Promise<MutationErrorData[]> {
  const wrong: MutationErrorData[] = [];
  if (before !== null && (['periodStart', 'periodEnd', 'currency'] as const).some((field) => before[field] !== budget[field]) && (await budgets.hasChildren(work.tx, before.id))) wrong.push(invalidField(['id'], 'Other budgets are part of it: its period and currency stay.'));
  if (budget.periodStart >= budget.periodEnd) wrong.push(invalidField(['periodEnd'], 'The period ends after it starts.'));
  if (budget.parentId === null) return wrong;
  const above = isUuid(budget.parentId) ? await budgets.lockChain(work.tx, budget.parentId) : [];
  const parent = above.at(-1);
  if (parent === undefined) return [...wrong, ...notFound('budget', budget.parentId, ['parentId']).errors];
  if (before !== null && above.some(({ id }) => id === before.id)) wrong.push(invalidField(['parentId'], 'A budget is not part of itself or of its parts.'));
  if (parent.status === 'CLOSED') wrong.push(invalidField(['parentId'], 'The parent is CLOSED.'));
  if (parent.currency !== budget.currency) wrong.push(invalidField(['currency'], `The parent is in ${parent.currency}.`));
  if (budget.periodStart < parent.periodStart || budget.periodEnd > parent.periodEnd) wrong.push(invalidField(['parentId'], `The period of the parent is ${parent.periodStart} to ${parent.periodEnd}: a part lies within it.`));
  return wrong;
}

function contentProblems({ name, domain, periodStart, periodEnd, currency, allocated, actualThresholds, forecastThresholds, owner }: BudgetContent): MutationErrorData[] {
  const badMonths = Object.entries({ periodStart, periodEnd }).filter(([, day]) => day != null && !(isDay(day) && day.endsWith('-01')));
  const tooLong = badMonths.length === 0 && periodStart != null && periodEnd != null && new Date(periodEnd).getTime() - new Date(periodStart).getTime() > MAX_MONTHS * 31 * 86_400_000;
  return [
    ...(name == null ? [] : lineProblems('name', name)),
    ...(domain == null ? [] : slugProblems(domain, ['domain'])),
    ...badMonths.map(([field]) => invalidField([field], 'Budgets are of whole months: the first day of one.')),
    ...(tooLong ? [invalidField(['periodEnd'], `A period has at most ${MAX_MONTHS} months.`)] : []),
    ...(currency == null || CURRENCY.test(currency) ? [] : [invalidField(['currency'], 'A currency is three capital letters, such as USD.')]),
    ...(allocated == null ? [] : allocatedProblems(allocated)),
    ...Object.entries({ actualThresholds, forecastThresholds }).flatMap(([field, values]) =>
      values == null || (values.length <= MAX_THRESHOLDS && values.every((value) => Number.isInteger(value) && value >= 1 && value <= MAX_PERCENT)) ? [] : [invalidField([field], `At most ${MAX_THRESHOLDS} whole percents from 1 to ${MAX_PERCENT}.`)]),
    ...(owner == null ? [] : lineProblems('owner', owner)),
  ];
}

function allocatedProblems(allocated: string | null | undefined): MutationErrorData[] {
  if (allocated == null) return [invalidField(['allocated'], 'What it is to have is needed.')];
  const bad = decimalProblem(allocated) ?? (isNegative(allocated) ? 'A budget has 0 or more.' : null);
  return bad === null ? [] : [invalidField(['allocated'], bad)];
}

const rising = (thresholds: readonly number[]): number[] => [...new Set(thresholds)].sort((a, b) => a - b);

type BudgetEvent = Exclude<Extract<keyof FinanceEvents, `budget.${string}`>, `budget.threshold_${string}`>;

function recordBudget(work: Work, name: BudgetEvent, budget: Budget, from: BudgetStatus | null, reason: string | null = null): void {
  const { id, status, version, periodStart, periodEnd, currency, domain } = budget;
  work.record(name, { subject: `budget/${id}`, domain, data: { id, from, to: status, version, name: budget.name, periodStart, periodEnd, currency, reason } });
}
