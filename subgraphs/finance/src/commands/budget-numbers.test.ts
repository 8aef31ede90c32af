import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { add, compare, min, multiply, subtract, sum } from '../money/decimal.ts';
import { startFinance, type FinanceTest } from './finance.fixture.ts';

// Random work on real rows against a model that counts day by day and charge by charge.

let finance: FinanceTest;
const START = '2026-01-20T12:00:00Z';
const clock = heldClock(START);
const RATES = [['2026-01-01', '1.1'], ['2026-02-10', '1.25'], ['2026-03-05', '0.9375']] as const;
const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04'];
const [PERIOD, PART] = [{ start: '2026-01-01', end: '2026-05-01' }, { start: '2026-02-01', end: '2026-04-01' }];

beforeAll(async () => {
  finance = await startFinance(clock);
  clock.set('2026-03-06T00:00:00Z');
  await finance.done('recordExchangeRates', { rates: RATES.map(([day, rate]) => ({ from: 'EUR', to: 'USD', day, rate, source: 'test' })) });
}, 60_000);
afterAll(() => finance[Symbol.asyncDispose]());

const today = () => clock.now().toISOString().slice(0, 10);
const rateOn = (currency: string, day: string) => (currency === 'USD' ? '1' : RATES.findLast(([from]) => from <= day)![1]);
const cents = (value: number) => `${value < 0 ? '-' : ''}${Math.floor(Math.abs(value) / 100)}.${String(Math.abs(value) % 100).padStart(2, '0')}`;
const STEPS: Readonly<Record<string, number>> = { MONTHLY: 1, QUARTERLY: 3, YEARLY: 12 };

/** Days of a span on which an instalment is due, found by looking at every day. */
function due({ start, end, cadence }: Pick<Promised, 'start' | 'end' | 'cadence'>, span: { start: string; end: string }): number {
  let count = 0;
  for (let at = Date.parse(span.start); at < Date.parse(span.end); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day < start || (end !== null && day >= end)) continue;
    const months = (Number(day.slice(0, 4)) - Number(start.slice(0, 4))) * 12 + Number(day.slice(5, 7)) - Number(start.slice(5, 7));
    const last = new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0)).getUTCDate();
    const wanted = Math.min(Number(start.slice(8)), last);
    const step = STEPS[cadence];
    if (step === undefined ? day === start : Number(day.slice(8)) === wanted && months % step === 0) count++;
  }
  return count;
}

interface Promised {
  readonly id: string;
  readonly part: boolean;
  readonly amount: string;
  readonly currency: string;
  readonly rate: string;
  readonly cadence: string;
  readonly start: string;
  end: string | null;
  paid: string;
  settled: string;
  spent: string;
}
interface Spend {
  readonly id?: string;
  readonly own: boolean;
  readonly month: string;
  readonly day: string;
  readonly amount: string;
  readonly currency: string;
  readonly billed: boolean;
  matched: boolean;
}

/** A budget of one domain, with a part of another domain in the months between. */
class Model {
  allocated = { whole: '1000', part: '400' };
  readonly promises: Promised[] = [];
  readonly charges: Spend[] = [];
  readonly tokens: Spend[] = [];

  numbers(part: boolean) {
    const promises = this.promises.filter((one) => one.part || !part);
    const counts = ({ own, month }: Spend) => (own ? !part : month >= '2026-02' && month < '2026-04');
    const spends = [...this.charges.filter((one) => counts(one) && !one.matched), ...this.tokens.filter((one) => counts(one) && !this.charges.some((charge) => charge.billed && charge.month === one.month))];
    const committed = sum(promises.filter(({ end }) => end === null || end > today()).map((one) => subtract(this.total(one), one.settled)));
    const spent = sum([...promises.map((one) => one.spent), ...spends.map(({ amount, currency, day }) => multiply(amount, rateOn(currency, day)))]);
    return { committed, spent, available: subtract(subtract(part ? this.allocated.part : this.allocated.whole, committed), spent) };
  }
  total = (one: Pick<Promised, 'part' | 'amount' | 'rate' | 'start' | 'end' | 'cadence'>) => multiply(multiply(one.amount, one.rate), String(due(one, one.part ? PART : PERIOD)));
}

type Step =
  | { readonly do: 'charge' | 'tokens'; readonly own: boolean; readonly month: number; readonly date: number; readonly amount: number; readonly euro: boolean; readonly billed: boolean }
  | { readonly do: 'promise'; readonly part: boolean; readonly amount: number; readonly cadence: string; readonly start: number; readonly length: number | null; readonly euro: boolean }
  | { readonly do: 'pay'; readonly which: number; readonly share: number; readonly charge: number | null }
  | { readonly do: 'cancel'; readonly which: number; readonly end: number }
  | { readonly do: 'wait'; readonly days: number }
  | { readonly do: 'revise'; readonly part: boolean; readonly to: number };

const index = fc.nat({ max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('charge' as const, 'tokens' as const), own: fc.boolean(), month: fc.nat({ max: 3 }), date: fc.integer({ min: 1, max: 28 }), amount: fc.integer({ min: -2_000, max: 9_999 }), euro: fc.boolean(), billed: fc.boolean() }),
  fc.record({ do: fc.constant('promise' as const), part: fc.boolean(), amount: fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 50_000, max: 200_000 })), cadence: fc.constantFrom('ONCE', 'MONTHLY', 'MONTHLY', 'QUARTERLY', 'YEARLY'), start: fc.integer({ min: -40, max: 110 }), length: fc.option(fc.integer({ min: 1, max: 120 })), euro: fc.boolean() }),
  fc.record({ do: fc.constant('pay' as const), which: index, share: fc.integer({ min: 1, max: 5 }), charge: fc.option(index) }),
  fc.record({ do: fc.constant('cancel' as const), which: index, end: fc.integer({ min: 0, max: 119 }) }),
  fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('revise' as const), part: fc.boolean(), to: fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 40_000, max: 100_000 })) }),
);
const dayAt = (offset: number) => new Date(Date.parse('2026-01-01') + offset * 86_400_000).toISOString().slice(0, 10);

let runs = 0;
/** What came about in any of the runs: random work that is all refused would show nothing. */
const happened = new Set<string>();
async function run(steps: readonly Step[]): Promise<void> {
  clock.set(START);
  const name = `run-${++runs}`;
  const model = new Model();
  const whole = await finance.budget({ domain: name, periodStart: PERIOD.start, periodEnd: PERIOD.end, allocated: model.allocated.whole });
  const part = await finance.budget({ domain: `${name}-part`, periodStart: PART.start, periodEnd: PART.end, allocated: model.allocated.part, parentId: whole });
  for (const one of steps) {
    await take(one, model, { whole, part, name });
    const { a, b } = await finance.ask('query ($a: ID!, $b: ID!) { a: budget(id: $a) { ...numbers } b: budget(id: $b) { ...numbers } } fragment numbers on Budget { allocated { amount } committed { amount } spent { amount } available { amount } }', { a: whole, b: part });
    for (const [found, isPart] of [[a, false], [b, true]] as const) {
      const [allocated, committed, spent, available] = [found.allocated.amount, found.committed.amount, found.spent.amount, found.available.amount];
      expect({ committed, spent, available }, `${JSON.stringify(one)} ${isPart}`).toEqual(model.numbers(isPart));
      expect(sum([committed, spent, available])).toBe(allocated);
    }
  }
}

async function take(one: Step, model: Model, { whole, part, name }: { whole: string; part: string; name: string }): Promise<void> {
  switch (one.do) {
    case 'charge':
    case 'tokens': {
      const month = MONTHS[one.month]!;
      const spend = { month, day: `${month}-${String(one.date).padStart(2, '0')}`, amount: cents(one.amount), currency: one.euro ? 'EUR' : 'USD' };
      const row = { ...spend, domain: one.own ? name : `${name}-part`, provider: one.do === 'tokens' ? name : one.billed ? name.toUpperCase() : 'other' };
      if (one.do === 'charge') model.charges.push({ ...spend, own: one.own, billed: one.billed, matched: false, id: await finance.charge(row) });
      else {
        await finance.tokens(row);
        model.tokens.push({ ...spend, own: one.own, billed: false, matched: false });
      }
      return;
    }
    case 'promise': {
      const start = dayAt(one.start);
      const currency = one.euro ? 'EUR' : 'USD';
      const made = { part: one.part, amount: cents(one.amount), currency, rate: rateOn(currency, today()), cadence: one.cadence, start, end: one.length === null ? null : dayAt(one.start + one.length), paid: '0', settled: '0', spent: '0' };
      const input = { budgetId: one.part ? part : whole, kind: 'CONTRACT', title: 'x', amount: made.amount, currency, cadence: made.cadence, start, end: made.end };
      if (due(made, one.part ? PART : PERIOD) === 0) return void expect(await finance.refused('proposeCommitment', input)).toMatchObject([{ path: ['input', 'start'] }]);
      const { commitment } = await finance.done('proposeCommitment', input);
      const fits = [false, true].every((isPart) => (isPart && !one.part) || compare(model.total(made), model.numbers(isPart).available) <= 0);
      const errors = await finance.refused('signCommitment', { id: commitment.id });
      expect(errors.length === 0, JSON.stringify(errors)).toBe(fits);
      happened.add(fits ? 'signed' : 'no room');
      if (fits) model.promises.push({ ...made, id: commitment.id });
      return;
    }
    case 'pay': {
      const promise = model.promises[one.which % model.promises.length];
      if (promise === undefined) return;
      const open = subtract(multiply(promise.amount, String(due(promise, promise.part ? PART : PERIOD))), promise.paid);
      const amount = one.share === 1 ? open : multiply(open, `0.${one.share}`);
      const charge = one.charge === null ? undefined : model.charges[one.charge % model.charges.length];
      if (compare(amount, '0') <= 0) return;
      expect(await finance.refused('recordPayment', { id: promise.id, amount, costRowId: charge?.id })).toEqual([]);
      happened.add(charge === undefined ? 'paid' : 'matched');
      const rest = subtract(model.total(promise), promise.settled);
      promise.settled = add(promise.settled, amount === open ? rest : min(multiply(amount, promise.rate), rest));
      promise.spent = add(promise.spent, multiply(amount, rateOn(promise.currency, today())));
      promise.paid = add(promise.paid, amount);
      if (charge !== undefined) charge.matched = true;
      return;
    }
    case 'cancel': {
      const promise = model.promises[one.which % model.promises.length];
      const end = dayAt(one.end);
      if (promise === undefined || (promise.end !== null && end > promise.end)) return;
      // what is paid stays paid, whatever is due
      if (compare(multiply(promise.amount, String(due({ ...promise, end }, promise.part ? PART : PERIOD))), promise.paid) < 0) return;
      if ((await finance.refused('cancelCommitment', { id: promise.id, end, reason: 'x' })).length > 0) return;
      happened.add('canceled');
      promise.end = end;
      return;
    }
    case 'wait':
      return clock.advance(one.days * 86_400_000);
    case 'revise': {
      const to = cents(one.to);
      const { committed, spent } = model.numbers(one.part);
      const fits = compare(add(committed, spent), to) <= 0 && (one.part ? compare(to, model.allocated.whole) <= 0 : compare(model.allocated.part, to) <= 0);
      const same = compare(to, model.allocated[one.part ? 'part' : 'whole']) === 0;
      const errors = await finance.refused('reviseBudget', { id: one.part ? part : whole, allocated: to, reason: 'x' });
      expect(errors.length === 0, JSON.stringify(errors)).toBe(fits && !same);
      if (fits) happened.add('revised');
      if (fits) model.allocated[one.part ? 'part' : 'whole'] = cents(one.to).replace(/\.?0+$/, '');
    }
  }
}

it('committed, spent and available are what the rows say and sum to what is allocated, whatever is done', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 16, maxLength: 28, size: 'max' }), run), { numRuns: 12, endOnFailure: true });
  expect([...happened].sort()).toEqual(['canceled', 'matched', 'no room', 'paid', 'revised', 'signed']);
}, 300_000);
