import { lineProblems, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, notFound, Refused } from '@hubgraph/kit/refusal';
import { isDay } from '../money/calendar.ts';
import { decimalProblem, isPositive, plain } from '../money/decimal.ts';
import type { Income } from '../model/index.ts';
import { incomes } from '../store/index.ts';
import { currencyProblems } from './account.ts';
import type { Work } from './common.ts';
import { settleRunways } from './runway.ts';

const MAX_REASON = 10_000;

export interface RecordIncomeInput {
  readonly domain: string;
  readonly title: string;
  /** A month. */
  readonly amount: string;
  readonly currency: string;
  readonly start: string;
  /** The first day on which it comes in no more. */
  readonly end?: string | null;
}

/** Says that money comes in each month, and looks at the runway of the domain. */
export async function recordIncome(work: Work, { domain, title, amount, currency, start, end = null }: RecordIncomeInput): Promise<{ income: Income } | Refused> {
  const notDecimal = decimalProblem(amount);
  const wrong = [
    ...slugProblems(domain, ['domain']),
    ...lineProblems('title', title),
    ...(notDecimal !== null ? [invalidField(['amount'], notDecimal)] : isPositive(amount) ? [] : [invalidField(['amount'], 'An income is more than 0.')]),
    ...currencyProblems('currency', currency),
    ...(isDay(start) ? [] : [invalidField(['start'], 'A day is like 2024-09-01.')]),
    ...(end === null ? [] : !isDay(end) ? [invalidField(['end'], 'A day is like 2024-09-01.')] : end > start ? [] : [invalidField(['end'], 'It ends after its start.')]),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const income = await incomes.insert(work.tx, { id: newId(), domain, title, amount: plain(amount), currency, start, end, recordedBy: work.caller.sub, recordedAt: work.now });
  work.note({ noun: 'Income', entityId: income.id, verb: 'recordIncome', from: null, to: 'RECORDED' });
  await settleRunways(work, [domain]);
  return { income };
}

export interface EndIncomeInput {
  readonly id: string;
  /** The first day on which it comes in no more. */
  readonly end: string;
  readonly reason?: string | null;
}

/** Says from which day on an income comes in no more, and looks at the runway of the domain. Its start as the end means that it never came. */
export async function endIncome(work: Work, { id, end, reason = null }: EndIncomeInput): Promise<{ income: Income } | Refused> {
  const wrong = [...(isDay(end) ? [] : [invalidField(['end'], 'A day is like 2024-09-01.')]), ...textProblems({ reason }, MAX_REASON)];
  if (wrong.length > 0) return new Refused(wrong);
  const before = isUuid(id) ? await incomes.lockById(work.tx, id) : null;
  if (before === null) return notFound('income', id);
  if (end < before.start) return new Refused([invalidField(['end'], `It starts on ${before.start}.`)]);
  if (before.end === end) return { income: before };
  const income = await incomes.end(work.tx, id, end);
  work.note({ noun: 'Income', entityId: id, verb: 'endIncome', from: 'RECORDED', to: 'RECORDED', note: `It ended ${before.end === null ? 'never' : `on ${before.end}`} and ends on ${end}${reason === null ? '.' : `: ${reason}`}` });
  await settleRunways(work, [income.domain]);
  return { income };
}
