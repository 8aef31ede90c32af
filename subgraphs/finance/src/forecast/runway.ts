// For how many months the money of a domain lasts.
import { addMonths, monthOf } from '../money/calendar.ts';
import { format, isNegative, parse, quotient, round, SCALE } from '../money/decimal.ts';
import type { Decimal, Income, RunwayPolicy, RunwayStatus } from '../model/index.ts';
import { converterTo, rateSentences, type Converter, type Rate } from './convert.ts';
import { nextTold } from './crossing.ts';
import { holdsOn, TIMES_A_YEAR, type MonthlyAmount, type SignedCommitment } from './flow.ts';

/** What a runway is made of. Amounts are in their own currencies. */
export interface RunwayFacts {
  readonly domain: string;
  readonly currency: string;
  /** The day that it is looked at. */
  readonly today: string;
  /** The newest balance of each account that counts; null: none is known. */
  readonly accounts: readonly { readonly slug: string; readonly currency: string; readonly balance: { readonly day: string; readonly amount: Decimal } | null }[];
  /** Signed, and not paid to their end. */
  readonly commitments: readonly SignedCommitment[];
  /** Variable spend of {@link spendMonths}; a month may be in several currencies, or missing. */
  readonly spend: readonly MonthlyAmount[];
  readonly incomes: readonly Pick<Income, 'amount' | 'currency' | 'start' | 'end'>[];
  readonly rates: readonly Rate[];
  readonly policy: Pick<RunwayPolicy, 'threshold' | 'secondThreshold' | 'told'> | null;
}

/** Months as a range; null: not limited. */
export interface MonthRange {
  readonly low: Decimal | null;
  readonly expected: Decimal;
  readonly high: Decimal | null;
}

/** A runway, with what it stands on. */
export interface Runway {
  /** Slug of the domain. */
  readonly id: string;
  readonly currency: string;
  readonly today: string;
  readonly status: RunwayStatus;
  /** Null: not limited, or not known. */
  readonly months: MonthRange | null;
  readonly balance: Decimal | null;
  /** A month; null: a rate is missing. `total` = fixed + variable - income, negative when more comes in. */
  readonly burn: { readonly fixed: Decimal; readonly variable: Decimal; readonly income: Decimal; readonly total: Decimal } | null;
  readonly threshold: Decimal | null;
  readonly secondThreshold: Decimal | null;
  readonly assumptions: readonly string[];
}

/** More is not told apart: more than 800 years. */
const MOST_HUNDREDTHS = 999_999n;
const HUNDREDTH = 10n ** BigInt(SCALE - 2);

/** The three whole months before a day, oldest first. */
export function spendMonths(today: string): string[] {
  return [-3, -2, -1].map((count) => addMonths(monthOf(today), count));
}

/**
 * Months = balance / (fixed commitments a month + three-month mean of variable spend - income a month), rounded down to two
 * places, from exact sums; none when the balance is below zero, and at most 9,999.99. Low and high take the month of the
 * largest and of the smallest variable spend in place of the mean. Whose divisor is zero or less is not limited.
 */
export function projectRunway(facts: RunwayFacts): Runway {
  const { domain, currency, today, policy } = facts;
  const converter = converterTo(currency, facts.rates);
  const fixedYearly = yearly(facts, converter);
  const incomeYearly = total(facts.incomes.filter((income) => holdsOn(income, today)), ({ amount, currency: from }) => converter.convert(amount, from, today), 12n);
  const spends = spendMonths(today).map((month) => total(facts.spend.filter((part) => part.month === month), ({ amount, currency: from, day }) => converter.convert(amount, from, day ?? today)));
  const known = facts.accounts.filter((account) => account.balance !== null);
  const balance = known.length === 0 ? null : total(known, (account) => converter.convert(account.balance!.amount, account.currency, today));
  const isComplete = converter.missing.size === 0;

  const sum = spends.reduce((all, spend) => all + spend, 0n);
  // of twelve months, so that thirds and twelfths are exact
  const burnOf = (fourMonths: bigint) => fixedYearly + fourMonths - incomeYearly;
  const expectedBurn = burnOf(sum * 4n);
  const months = balance === null || !isComplete || expectedBurn <= 0n ? null : { low: monthsOf(balance, burnOf(largest(spends) * 12n)), expected: monthsOf(balance, expectedBurn)!, high: monthsOf(balance, burnOf(smallest(spends) * 12n)) };
  const burn = isComplete ? { fixed: twelfth(fixedYearly), variable: twelfth(sum * 4n), income: twelfth(incomeYearly), total: twelfth(expectedBurn) } : null;
  return {
    id: domain,
    currency,
    today,
    status: statusOf(policy, balance !== null && isComplete, months),
    months,
    balance: balance === null || !isComplete ? null : format(balance),
    burn,
    threshold: policy?.threshold ?? null,
    secondThreshold: policy?.secondThreshold ?? null,
    assumptions: [...sentences(facts, { spends, burn, balance: isComplete ? balance : null }), ...rateSentences(currency, converter)],
  };
}

function statusOf(policy: RunwayFacts['policy'], isKnown: boolean, months: MonthRange | null): RunwayStatus {
  if (!isKnown) return 'UNKNOWN';
  if (months === null) return 'NOT_LIMITED';
  return policy === null ? 'OK' : nextTold(policy.told, months.expected, policy);
}

function yearly({ commitments, today }: RunwayFacts, converter: Converter): bigint {
  let sum = 0n;
  for (const { amount, currency, cadence, ...dates } of commitments) {
    if (cadence !== 'ONCE' && holdsOn(dates, today)) sum += parse(converter.convert(amount, currency, today) ?? '0') * TIMES_A_YEAR[cadence];
  }
  return sum;
}

function total<Item>(items: readonly Item[], amountOf: (item: Item) => Decimal | null, times = 1n): bigint {
  return items.reduce((sum, item) => sum + parse(amountOf(item) ?? '0') * times, 0n);
}

function monthsOf(balance: bigint, burnYearly: bigint): Decimal | null {
  if (burnYearly <= 0n) return null;
  const hundredths = balance <= 0n ? 0n : quotient(balance * 1200n, burnYearly, 'floor');
  return format((hundredths > MOST_HUNDREDTHS ? MOST_HUNDREDTHS : hundredths) * HUNDREDTH);
}

const twelfth = (yearlyAmount: bigint): Decimal => format(quotient(yearlyAmount, 12n, 'half-even'));
const largest = (amounts: readonly bigint[]): bigint => amounts.reduce((most, amount) => (amount > most ? amount : most));
const smallest = (amounts: readonly bigint[]): bigint => amounts.reduce((least, amount) => (amount < least ? amount : least));
const cents = (amount: Decimal): Decimal => round(amount, 2, 'half-even');
/** More names make no sentence that anybody reads. */
const MOST_NAMED = 10;

function sentences({ currency, today, accounts, commitments, spend, incomes }: RunwayFacts, made: { readonly spends: readonly bigint[]; readonly burn: Runway['burn']; readonly balance: bigint | null }): string[] {
  const known = accounts.filter((account) => account.balance !== null);
  const unknown = accounts.filter((account) => account.balance === null);
  const inForce = commitments.filter((commitment) => holdsOn(commitment, today));
  const once = inForce.filter(({ cadence }) => cadence === 'ONCE').length;
  const coming = incomes.filter((income) => holdsOn(income, today)).length;
  const named = known.slice(0, MOST_NAMED).map(({ slug, currency: own, balance }) => `${slug} ${cents(balance!.amount)} ${own} of ${balance!.day}`);
  const months = spendMonths(today).map((month, index) => `${month} ${spend.some((part) => part.month === month) ? `${cents(format(made.spends[index]!))} ${currency}` : 'without any charge, so 0'}`);
  return [
    known.length === 0 ? 'No account that counts has a balance.' : `The balance${made.balance === null ? '' : `, ${cents(format(made.balance))} ${currency},`} is the sum of ${known.length} ${known.length === 1 ? 'account' : 'accounts'}: ${named.join(', ')}${known.length > MOST_NAMED ? ` and ${known.length - MOST_NAMED} more` : ''}.`,
    ...(unknown.length === 0 ? [] : [`No balance is known of ${unknown.slice(0, MOST_NAMED).map(({ slug }) => slug).join(', ')}${unknown.length > MOST_NAMED ? ` and ${unknown.length - MOST_NAMED} more` : ''}: counted as 0.`]),
    `${inForce.length - once} ${inForce.length - once === 1 ? 'commitment is' : 'commitments are'} in force on ${today}${made.burn === null ? '' : ` and cost ${cents(made.burn.fixed)} ${currency} a month`}; a quarterly one counts a third a month, a yearly one a twelfth.`,
    ...(once === 0 ? [] : [`${once} ${once === 1 ? 'commitment that is paid once is' : 'commitments that are paid once are'} not counted.`]),
    `Variable spend is the mean${made.burn === null ? '' : `, ${cents(made.burn.variable)} ${currency},`} of three months: ${months.join(', ')}; charges by which commitments were paid are not in it.`,
    `${coming} ${coming === 1 ? 'income comes' : 'incomes come'} in on ${today}${made.burn === null ? '' : `, ${cents(made.burn.income)} ${currency} a month`}; they go on, and commitments too.`,
    'Low and high take the month of the largest and of the smallest variable spend in place of the mean.',
    ...(made.burn !== null && (isNegative(made.burn.total) || parse(made.burn.total) === 0n) ? ['At least as much comes in as goes out: not limited.'] : []),
    'Months are rounded down to two places, and amounts in these sentences half to even to two.',
  ];
}
