import { lineProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { Commitment, Payment } from '../model/index.ts';
import { dayOf, isDay, monthOf } from '../money/calendar.ts';
import { add, compare, decimalProblem, isPositive, min, multiply, plain, subtract } from '../money/decimal.ts';
import { commitments, conversionKey, costRows, exchangeRates } from '../store/index.ts';
import { conversionOf, instalmentsWithin } from './commitment-facts.ts';
import { recordCommitment, settleLocked } from './commitment-settle.ts';
import { lockedCommitment, settleThresholds } from './commitment.ts';
import type { Work } from './common.ts';
import { holdMonths } from './period.ts';

export interface RecordPaymentInput {
  /** Of the commitment. */
  readonly id: string;
  /** In the commitment's currency. */
  readonly amount: string;
  /** Today when left out. */
  readonly paidOn?: string | null;
  /** The charge that is this payment, when an import brought one. */
  readonly costRowId?: string | null;
  /** Who brings it, and its key there, such as the number of an invoice: recorded once. */
  readonly source?: string | null;
  readonly reference?: string | null;
  readonly expectedVersion?: number | null;
}

/**
 * Records that a part of a signed commitment was paid: by the commitment's own rate it is not committed any more, by the rate
 * of the day it is spent. At most what is to be paid in the period of the budget.
 */
export async function recordPayment(work: Work, input: RecordPaymentInput): Promise<{ commitment: Commitment; payment: Payment } | Refused> {
  const today = dayOf(work.now);
  const [paidOn, source] = [input.paidOn ?? today, input.source ?? 'recordPayment'];
  const { costRowId = null, reference = null } = input;
  const wrong = inputProblems({ ...input, paidOn, source, today });
  if (wrong.length > 0) return new Refused(wrong);
  const locked = await lockedCommitment(work, input);
  if (locked instanceof Refused) return locked;
  const { chain, commitment: before } = locked;
  const budget = chain.at(-1)!;
  const amount = plain(input.amount);
  const known = reference === null ? null : await commitments.paymentBy(work.tx, source, reference);
  if (known !== null) return duplicate('payment', `${source} ${reference}`, known.id, ['reference']);

  const unfit: MutationErrorData[] = [];
  if (before.status === 'PROPOSED') unfit.push(invalidField(['id'], 'The commitment is PROPOSED: it is signed before it is paid.'));
  if (budget.status === 'CLOSED') unfit.push(invalidField(['id'], 'The budget of the commitment is CLOSED.'));
  const open = before.total === '0' ? '0' : subtract(multiply(before.amount, String(instalmentsWithin(before, budget))), await commitments.paidAmount(work.tx, before.id));
  if (before.status !== 'PROPOSED' && compare(amount, open) > 0) unfit.push(invalidField(['amount'], `Only ${open} ${before.currency} of it are open in the period of the budget: record the rest as a cost, or supersede the commitment.`));
  const month = monthOf(paidOn);
  if ((await holdMonths(work, [month])).get(month)?.status === 'CLOSED') unfit.push(invalidField(['paidOn'], `${month} is closed: give a later day, or reopen the month.`));
  const charge = costRowId !== null && isUuid(costRowId) ? (await costRows.byIds(work.tx, [costRowId.toLowerCase()])).get(costRowId.toLowerCase()) : undefined;
  if (costRowId !== null && charge === undefined) unfit.push(invalidField(['costRowId'], `There is no charge ${costRowId}.`));
  const conversion = conversionOf(before, budget, paidOn);
  const rate = conversion === null ? null : ((await exchangeRates.newest(work.tx, [conversion])).get(conversionKey(conversion)) ?? null);
  if (conversion !== null && rate === null) unfit.push(invalidField(['paidOn'], `There is no exchange rate from ${conversion.from} to ${conversion.to} of ${paidOn} or before.`));
  const spent = rate === null ? amount : multiply(amount, rate.rate);
  if (decimalProblem(spent) !== null) unfit.push(invalidField(['amount'], `By the rate of the day it is too much: ${decimalProblem(spent)}`));
  if (unfit.length > 0) return new Refused(unfit);

  const signedAt = before.rateId === null ? null : (await exchangeRates.byIds(work.tx, [before.rateId])).get(before.rateId)!;
  const rest = subtract(before.total, before.paid);
  // the last one takes all that is left, so that roundings of the parts leave nothing
  const settled = compare(amount, open) === 0 ? rest : signedAt === null ? amount : min(multiply(amount, signedAt.rate), rest);
  const id = newId();
  const payment = await commitments.insertPayment(work.tx, {
    id, commitmentId: before.id, budgetId: budget.id, amount, settled, spent, rateId: rate?.id ?? null, paidOn, month, costRowId: charge?.id ?? null, costMonth: charge?.month ?? null, source, sourceKey: reference ?? id, actor: work.caller.sub, at: work.now,
  });
  // another commitment was paid by this reference meanwhile
  if (payment === null) return duplicate('payment', `${source} ${reference}`, (await commitments.paymentBy(work.tx, source, reference!))?.id ?? '', ['reference']);
  const commitment = await commitments.save(work.tx, before, { paid: add(before.paid, settled) }, work.now);
  work.note({ noun: 'Commitment', entityId: commitment.id, verb: 'recordPayment', from: before.status, to: commitment.status, note: `${amount} ${before.currency} on ${paidOn}`, evidence: reference === null ? [] : [reference] });
  recordCommitment(work, 'commitment.paid', commitment, before.status);
  return { commitment: await settleThresholds(work, chain, await settleLocked(work, commitment)), payment };
}

function inputProblems({ amount, paidOn, source, reference, today }: Omit<RecordPaymentInput, 'paidOn'> & { readonly paidOn: string; readonly today: string }): MutationErrorData[] {
  const bad = decimalProblem(amount) ?? (isPositive(amount) ? null : 'An amount is greater than 0.');
  return [
    ...(bad === null ? [] : [invalidField(['amount'], bad)]),
    ...(!isDay(paidOn) ? [invalidField(['paidOn'], 'A day is like 2024-09-01.')] : paidOn > today ? [invalidField(['paidOn'], 'A payment lies not in the future.')] : []),
    ...(source == null ? [] : lineProblems('source', source)),
    ...(reference == null ? [] : lineProblems('reference', reference)),
  ];
}
