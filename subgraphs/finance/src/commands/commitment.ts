import type { ChangeInput } from '@hubgraph/kit/change';
import { checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, MAX_LINE, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, invalidInput, notFound, Refused, transitionRefused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { commitmentLifecycle, type CommitmentFacts } from '../lifecycle/commitment.ts';
import type { Budget, Cadence, Commitment, CommitmentKind, CommitmentStatus, Decimal } from '../model/index.ts';
import { dayOf, isDay } from '../money/calendar.ts';
import { commitmentState, type Terms } from '../money/commitment.ts';
import { DecimalError, decimalProblem, isPositive, max, multiply, plain } from '../money/decimal.ts';
import { budgetLines, budgets, commitments, exchangeRates } from '../store/index.ts';
import { settleLockedBudgets } from './budget-alert.ts';
import { conversionOf, instalmentsWithin, priceOf, signingFacts, type Price } from './commitment-facts.ts';
import { NO_COMMITMENT_FACTS, recordCommitment, settleLocked, type CommitmentEvent } from './commitment-settle.ts';
import type { Work } from './common.ts';
import { CURRENCY } from './exchange-rate.ts';
import { settleRunways } from './runway.ts';

const MAX_REASON = 10_000;
const WORKSTREAM = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/;
/** Earlier and later days are slips of the keyboard. */
const [FIRST_DAY, LAST_DAY] = ['1970-01-01', '2200-01-01'];

export interface ProposeCommitmentInput extends ChangeInput {
  readonly budgetId: string;
  readonly kind: CommitmentKind;
  readonly title: string;
  readonly supplier?: string | null;
  /** Code of the workstream that it is for. */
  readonly workstream?: string | null;
  /** Each time. */
  readonly amount: string;
  /** That of the budget when left out. */
  readonly currency?: string | null;
  readonly cadence: Cadence;
  readonly start: string;
  /** The first day after the last one; null: without end. */
  readonly end?: string | null;
}

/** Writes a commitment down as PROPOSED. It takes nothing of its budget before it is signed. */
export async function proposeCommitment(work: Work, input: ProposeCommitmentInput): Promise<{ commitment: Commitment } | Refused> {
  const wrong = contentProblems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const budget = isUuid(input.budgetId) ? (await budgets.byIds(work.tx, [input.budgetId.toLowerCase()])).get(input.budgetId.toLowerCase()) : undefined;
  if (budget === undefined) return notFound('budget', input.budgetId, ['budgetId']);
  if (budget.status === 'CLOSED') return invalidInput(['budgetId'], 'The budget is CLOSED.');
  const { kind, title, supplier = null, workstream = null, cadence, start, end = null } = input;
  const terms = { cadence, start, end, amount: plain(input.amount), currency: input.currency ?? budget.currency };
  const price = await priced(work, terms, budget);
  if (price instanceof Refused) return price;
  if (price.count === 0) return invalidInput(['start'], `Nothing of it is to be paid between ${budget.periodStart} and ${budget.periodEnd}, the period of the budget.`);
  const { total, value, rate } = price;
  const commitment = await commitments.insert(work.tx, {
    id: newId(), budgetId: budget.id, domain: budget.domain, kind, title, supplier, workstream, ...terms, status: 'PROPOSED', total, value, paid: '0', overrideDecision: null, rateId: rate?.id ?? null,
    successorId: null, penalty: null, reason: null, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  work.note({ noun: 'Commitment', entityId: commitment.id, verb: 'proposeCommitment', from: null, to: 'PROPOSED' });
  recordCommitment(work, 'commitment.proposed', commitment, null);
  return { commitment };
}

export interface SignCommitmentInput {
  readonly id: string;
  /** Id or code of the decision to take it though the budget has no room. */
  readonly overrideDecision?: string | null;
  readonly expectedVersion?: number | null;
}

/** Signs a commitment: from now on its budget, and every budget that this is a part of, has that much less. ACTIVE at once when its start has come. */
export async function signCommitment(work: Work, input: SignCommitmentInput): Promise<{ commitment: Commitment } | Refused> {
  const { overrideDecision = null } = input;
  const wrong = textProblems({ overrideDecision }, MAX_LINE);
  if (wrong.length > 0) return new Refused(wrong);
  const locked = await lockedCommitment(work, input);
  if (locked instanceof Refused) return locked;
  const { chain, commitment: before } = locked;
  const price = await priced(work, before, chain.at(-1)!);
  if (price instanceof Refused) return price;
  const facts = signingFacts(chain, await budgetLines.of(work.tx, chain.map(({ id }) => id), dayOf(work.now)), price, overrideDecision);
  const decided = commitmentLifecycle.decide('signCommitment', before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, commitmentLifecycle.allowed(before.status, facts, work.caller));
  const { total, value, rate } = price;
  const commitment = await commitments.save(work.tx, before, { status: decided.to, total, value, rateId: rate?.id ?? null, overrideDecision }, work.now);
  return { commitment: await settleThresholds(work, chain, await settleLocked(work, told(work, 'signCommitment', decided, commitment, facts))) };
}

export interface EndCommitmentInput {
  readonly id: string;
  readonly reason?: string | null;
  /** Of cancelCommitment: the first day on which nothing is to be paid any more. */
  readonly end?: string | null;
  /** What ending early costs, in words. */
  readonly penalty?: string | null;
  /** Of supersedeCommitment: what takes its place. */
  readonly successorId?: string | null;
  readonly expectedVersion?: number | null;
}

/** Ends a commitment early. What is to be paid before its new end stays committed until then. */
export async function cancelCommitment(work: Work, input: EndCommitmentInput): Promise<{ commitment: Commitment } | Refused> {
  const { reason = null, end = null, penalty = null } = input;
  const wrong = [...textProblems({ reason, penalty }, MAX_REASON), ...(end === null ? [] : dayProblems('end', end))];
  if (wrong.length > 0) return new Refused(wrong);
  const locked = await lockedCommitment(work, input);
  if (locked instanceof Refused) return locked;
  const { chain, commitment: before } = locked;
  const facts: CommitmentFacts = { ...NO_COMMITMENT_FACTS, reason, end };
  const decided = commitmentLifecycle.decide('cancelCommitment', before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, commitmentLifecycle.allowed(before.status, facts, work.caller));
  if (before.end !== null && end! > before.end) return invalidInput(['end'], `It ends on ${before.end} anyway.`);
  const total = before.status === 'PROPOSED' ? '0' : await until(work, before, chain.at(-1)!, end!);
  const commitment = await commitments.save(work.tx, before, { status: decided.to, end, total, reason, penalty }, work.now);
  return { commitment: await settleThresholds(work, chain, told(work, 'cancelCommitment', decided, commitment, facts)) };
}

/** Says that another commitment took the place of one, from the start of that on. */
export async function supersedeCommitment(work: Work, input: EndCommitmentInput): Promise<{ commitment: Commitment } | Refused> {
  const { reason = null, successorId = null } = input;
  const wrong = textProblems({ reason }, MAX_REASON);
  if (wrong.length > 0) return new Refused(wrong);
  const locked = await lockedCommitment(work, input);
  if (locked instanceof Refused) return locked;
  const { chain, commitment: before } = locked;
  const facts: CommitmentFacts = { ...NO_COMMITMENT_FACTS, reason, successorId };
  const decided = commitmentLifecycle.decide('supersedeCommitment', before.status, facts, work.caller);
  if (!decided.moved) return transitionRefused(decided, commitmentLifecycle.allowed(before.status, facts, work.caller));
  const key = successorId!.toLowerCase();
  const successor = isUuid(key) ? (await commitments.byIds(work.tx, [key])).get(key) : undefined;
  if (successor === undefined) return notFound('commitment', successorId!, ['successorId']);
  const state = commitmentState(successor, dayOf(work.now));
  const unfit = [
    ...(successor.id === before.id ? ['A commitment does not take its own place.'] : []),
    ...(successor.domain === before.domain ? [] : [`It is of the domain ${successor.domain}, not of ${before.domain}.`]),
    ...(['PROPOSED', 'PENDING', 'ACTIVE'].includes(state) ? [] : [`It is ${state}.`]),
  ];
  if (unfit.length > 0) return new Refused(unfit.map((message) => invalidField(['successorId'], message)));
  const end = before.end === null || successor.start < before.end ? successor.start : before.end;
  const commitment = await commitments.save(work.tx, before, { status: decided.to, successorId: successor.id, end, total: await until(work, before, chain.at(-1)!, end), reason }, work.now);
  return { commitment: await settleThresholds(work, chain, told(work, 'supersedeCommitment', decided, commitment, facts)) };
}

/** Prices a commitment by the newest rate of today. Refused when it is more than a number holds. */
async function priced(work: Work, terms: Terms & Pick<Commitment, 'amount' | 'currency'>, budget: Budget): Promise<Price | Refused> {
  const day = dayOf(work.now);
  const conversion = conversionOf(terms, budget, day);
  try {
    return priceOf(terms, budget, day, conversion === null ? new Map() : await exchangeRates.newest(work.tx, [conversion]));
  } catch (error) {
    if (error instanceof DecimalError) return invalidInput(['amount'], `All instalments together are too much: ${error.message}`);
    throw error;
  }
}

/** What of a signed commitment is to be paid before an earlier end, by the rate that it was signed at; at least what is paid already. */
async function until(work: Work, before: Commitment, budget: Budget, end: string): Promise<Decimal> {
  const rate = before.rateId === null ? null : (await exchangeRates.byIds(work.tx, [before.rateId])).get(before.rateId)!.rate;
  const each = rate === null ? before.amount : multiply(before.amount, rate);
  return max(multiply(each, String(instalmentsWithin({ ...before, end }, budget))), before.paid);
}

/** Locks a commitment by id, after its budget and all that this is a part of, at the version that the caller expects; its state is stored as it is computed. */
export async function lockedCommitment(work: Work, { id, expectedVersion }: { readonly id: string; readonly expectedVersion?: number | null }): Promise<{ chain: Budget[]; commitment: Commitment } | Refused> {
  const key = id.toLowerCase();
  const seen = isUuid(key) ? (await commitments.byIds(work.tx, [key])).get(key) : undefined;
  if (seen === undefined) return notFound('commitment', id);
  const chain = await budgets.lockChain(work.tx, seen.budgetId);
  const commitment = (await commitments.lockById(work.tx, key))!;
  return checkVersion(commitment, expectedVersion) ?? { chain, commitment: await settleLocked(work, commitment) };
}

/** Looks at the thresholds of the budgets that a changed commitment takes from, and of the runway of its domain; gives it on. */
export async function settleThresholds(work: Work, chain: readonly Budget[], commitment: Commitment): Promise<Commitment> {
  await settleLockedBudgets(work, chain);
  await settleRunways(work, [commitment.domain]);
  return commitment;
}

/** Notes what was decided, and gives the commitment on. */
function told(work: Work, verb: string, decided: { readonly from: CommitmentStatus; readonly to: CommitmentStatus; readonly emits: string }, commitment: Commitment, { reason, overrideDecision }: CommitmentFacts): Commitment {
  work.note({ noun: 'Commitment', entityId: commitment.id, verb, from: decided.from, to: decided.to, note: reason, evidence: overrideDecision === null ? [] : [overrideDecision] });
  recordCommitment(work, decided.emits as CommitmentEvent, commitment, decided.from, reason);
  return commitment;
}

function contentProblems({ title, supplier, workstream, amount, currency, start, end }: ProposeCommitmentInput): MutationErrorData[] {
  const bad = decimalProblem(amount) ?? (isPositive(amount) ? null : 'An amount is greater than 0.');
  return [
    ...lineProblems('title', title),
    ...textProblems({ supplier }, MAX_LINE),
    ...(workstream == null || (workstream.length <= MAX_LINE && WORKSTREAM.test(workstream)) ? [] : [invalidField(['workstream'], 'A workstream is named by its code, such as CUST-WP-0025.')]),
    ...(bad === null ? [] : [invalidField(['amount'], bad)]),
    ...(currency == null || CURRENCY.test(currency) ? [] : [invalidField(['currency'], 'A currency is three capital letters, such as USD.')]),
    ...dayProblems('start', start),
    ...(end == null ? [] : dayProblems('end', end)),
    ...(end != null && end <= start ? [invalidField(['end'], 'It ends after it starts.')] : []),
  ];
}

function dayProblems(field: string, day: string): MutationErrorData[] {
  return isDay(day) && day >= FIRST_DAY! && day <= LAST_DAY! ? [] : [invalidField([field], `A day from ${FIRST_DAY} to ${LAST_DAY}, such as 2024-09-01.`)];
}
