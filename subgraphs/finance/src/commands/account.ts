import { checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, notFound, Refused } from '@hubgraph/kit/refusal';
import { dayOf, isDay } from '../money/calendar.ts';
import { compare, decimalProblem, plain } from '../money/decimal.ts';
import type { Account, AccountBalance } from '../model/index.ts';
import { accounts } from '../store/index.ts';
import type { Work } from './common.ts';
import { CURRENCY } from './exchange-rate.ts';
import { settleRunways } from './runway.ts';

const MAX_REASON = 10_000;

/** What is wrong with a currency. */
export const currencyProblems = (field: string, currency: string) => (CURRENCY.test(currency) ? [] : [invalidField([field], 'A currency is three capital letters, such as USD.')]);

export interface RegisterAccountInput {
  readonly slug: string;
  /** The slug when left out. */
  readonly name?: string | null;
  readonly domain: string;
  readonly currency: string;
  /** Whether it counts for the runway; yes when left out. */
  readonly liquid?: boolean | null;
}

/** Registers an account under a slug that is free. */
export async function registerAccount(work: Work, input: RegisterAccountInput): Promise<{ account: Account } | Refused> {
  const { slug, domain, currency } = input;
  const name = input.name ?? slug;
  const wrong = [...slugProblems(slug), ...slugProblems(domain, ['domain']), ...lineProblems('name', name), ...currencyProblems('currency', currency)];
  if (wrong.length > 0) return new Refused(wrong);
  const account = await accounts.insert(work.tx, { id: newId(), slug, name, domain, currency, liquid: input.liquid ?? true, createdBy: work.caller.sub, createdAt: work.now, updatedAt: work.now, version: 1 });
  if (account === null) return duplicate('account', slug, (await accounts.bySlugs(work.tx, [slug])).get(slug)?.id ?? slug, ['slug']);
  work.note({ noun: 'Account', entityId: account.id, verb: 'registerAccount', from: null, to: 'REGISTERED' });
  return { account };
}

export interface RecordBalanceInput {
  /** Slug. */
  readonly account: string;
  readonly day: string;
  /** At the end of the day, or as last seen; negative when it is overdrawn. */
  readonly amount: string;
  /** Who says so, such as a bank statement. */
  readonly source: string;
  /** Why a balance that is there changes. */
  readonly reason?: string | null;
  readonly expectedVersion?: number | null;
}

/**
 * Says what an account holds on a day, and looks at the runway of its domain. The same again changes nothing; another amount
 * for a day that has one needs a reason, takes its place, and the old one stays in the account's history.
 */
export async function recordBalance(work: Work, { account: slug, day, amount, source, reason = null, expectedVersion }: RecordBalanceInput): Promise<{ account: Account; balance: AccountBalance } | Refused> {
  const notDecimal = decimalProblem(amount);
  const wrong = [
    ...(!isDay(day) ? [invalidField(['day'], 'A day is like 2024-09-01.')] : day > dayOf(work.now) ? [invalidField(['day'], 'Nobody knows the balance of a day to come.')] : []),
    ...(notDecimal === null ? [] : [invalidField(['amount'], notDecimal)]),
    ...lineProblems('source', source),
    ...textProblems({ reason }, MAX_REASON),
  ];
  if (wrong.length > 0) return new Refused(wrong);
  const before = await accounts.lockBySlug(work.tx, slug);
  if (before === null) return notFound('account', slug, ['account']);
  const conflict = checkVersion(before, expectedVersion);
  if (conflict !== null) return conflict;
  const there = await accounts.balanceOn(work.tx, before.id, day);
  if (there !== null && compare(there.amount, amount) === 0) return { account: before, balance: there };
  if (there !== null && !reason?.trim()) {
    return new Refused([{ type: 'Duplicate', code: 'DUPLICATE', message: `The balance of ${day} is ${there.amount}. Give a reason to correct it.`, path: ['input', 'day'], existingId: there.id }]);
  }
  const balance = await accounts.putBalance(work.tx, { id: there?.id ?? newId(), accountId: before.id, day, amount: plain(amount), source, recordedBy: work.caller.sub, recordedAt: work.now });
  const account = await accounts.touch(work.tx, before, work.now);
  const note = there === null ? `${day}: ${balance.amount}, by ${source}.` : `${day}: ${there.amount} of ${there.source} became ${balance.amount} of ${source}: ${reason}`;
  work.note({ noun: 'Account', entityId: account.id, verb: 'recordBalance', from: 'REGISTERED', to: 'REGISTERED', note });
  await settleRunways(work, [account.domain]);
  return { account, balance };
}
