import type { ChangeInput } from '@hubgraph/kit/change';
import { lineProblems, textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { addDays, dayOf, isDay, monthOf } from '../money/calendar.ts';
import { compare, decimalProblem, isPositive, plain } from '../money/decimal.ts';
import type { ExchangeRate } from '../model/index.ts';
import { conversionKey, exchangeRates, periods } from '../store/index.ts';
import type { Work } from './common.ts';
import { holdMonths } from './period.ts';

const MAX_RATES = 1_000;
const MAX_REASON = 10_000;
/** ISO 4217. */
export const CURRENCY = /^[A-Z]{3}$/;

export interface RateInput {
  readonly from: string;
  readonly to: string;
  readonly day: string;
  /** How much of `to` one of `from` is worth. */
  readonly rate: string;
  /** Who says so, such as a central bank. */
  readonly source: string;
}

export interface RecordExchangeRatesInput extends ChangeInput {
  readonly rates: readonly RateInput[];
  /** Why rates that are there already change. */
  readonly reason?: string | null;
}

/**
 * Records rates. The same again changes nothing. Another rate for a day that has one is refused without a reason, and always
 * when a commitment or payment was converted by it; the old one stays in the history. A rate counts until the next one, so
 * none is taken that would change a closed month.
 */
export async function recordExchangeRates(work: Work, { rates: given, reason = null }: RecordExchangeRatesInput): Promise<{ rates: ExchangeRate[] } | Refused> {
  const wrong = [...problems(given, dayOf(work.now)), ...textProblems({ reason }, MAX_REASON)];
  if (wrong.length > 0) return new Refused(wrong);
  const inOrder = given.map((input, index) => ({ ...input, rate: plain(input.rate), index })).sort((a, b) => (conversionKey(a) < conversionKey(b) ? -1 : 1));
  await holdMonths(work, inOrder.map(({ day }) => monthOf(day)));
  const there = await exchangeRates.lockOf(work.tx, inOrder);
  const refused: MutationErrorData[] = [];
  const answer: ExchangeRate[] = [];
  for (const { index, ...input } of inOrder) {
    const before = there.get(conversionKey(input));
    if (before !== undefined && compare(before.rate, input.rate) === 0) {
      answer[index] = before;
      continue;
    }
    const path = ['rates', String(index)];
    const next = await exchangeRates.nextDay(work.tx, input);
    const closed = await periods.firstClosed(work.tx, monthOf(input.day), next === null ? null : monthOf(addDays(next, -1)));
    if (closed !== null) refused.push(invalidField([...path, 'day'], `It would change ${closed}, which is closed: give a later day, or reopen the month.`));
    if (before !== undefined) {
      const uses = await exchangeRates.uses(work.tx, before.id);
      if (uses > 0) refused.push(invalidField([...path, 'rate'], `The rate of this day is ${before.rate}, and ${uses} commitments or payments were converted by it: it stays. Record one for another day.`));
      if (!reason?.trim()) refused.push({ type: 'Duplicate', code: 'DUPLICATE', message: `The rate of this day is ${before.rate}. Give a reason to correct it.`, path: ['input', ...path], existingId: before.id });
    }
    if (refused.length > 0) continue;
    const said = { rate: input.rate, source: input.source, recordedBy: work.caller.sub, recordedAt: work.now };
    const written = before === undefined ? await exchangeRates.insert(work.tx, { id: newId(), from: input.from, to: input.to, day: input.day, ...said }) : await exchangeRates.save(work.tx, before.id, said);
    // another told one of this day meanwhile: all is decided again, now that it is there
    if (written === null) return recordExchangeRates(work, { rates: given, reason });
    answer[index] = written;
    const note = before === undefined ? null : `${before.rate} of ${before.source} became ${input.rate}: ${reason}`;
    work.note({ noun: 'ExchangeRate', entityId: written.id, verb: 'recordExchangeRates', from: before === undefined ? null : 'RECORDED', to: 'RECORDED', note });
  }
  return refused.length > 0 ? new Refused(refused) : { rates: answer };
}

function problems(rates: readonly RateInput[], today: string): MutationErrorData[] {
  if (rates.length === 0 || rates.length > MAX_RATES) return [invalidField(['rates'], `1 to ${MAX_RATES} rates at once.`)];
  const seen = new Set<string>();
  return rates.flatMap((input, index) => {
    const { from, to, day, rate, source } = input;
    const bad = (field: string, message: string) => invalidField(['rates', String(index), field], message);
    const notDecimal = decimalProblem(rate);
    const twice = seen.has(conversionKey(input));
    seen.add(conversionKey(input));
    return [
      ...(['from', 'to'] as const).filter((field) => !CURRENCY.test(input[field])).map((field) => bad(field, 'A currency is three capital letters, such as USD.')),
      ...(from === to ? [bad('to', 'A currency is worth itself.')] : []),
      ...(!isDay(day) ? [bad('day', 'A day is like 2024-09-01.')] : day > today ? [bad('day', 'Nobody knows the rate of a day to come.')] : []),
      ...(notDecimal !== null ? [bad('rate', notDecimal)] : isPositive(rate) ? [] : [bad('rate', 'A rate is greater than 0.')]),
      ...lineProblems('source', source).map((problem) => ({ ...problem, path: ['input', 'rates', String(index), 'source'] })),
      ...(twice ? [bad('day', 'This day is given twice.')] : []),
    ];
  });
}
