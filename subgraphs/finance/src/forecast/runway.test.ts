import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compare, format, isPositive, parse } from '../money/decimal.ts';
import { periodOf, projectBurn, type BurnFacts } from './burn.ts';
import { projectRunway, spendMonths, type RunwayFacts } from './runway.ts';

const base: RunwayFacts = { domain: 'infotech', currency: 'USD', today: '2026-11-21', accounts: [{ slug: 'bank', currency: 'USD', balance: { day: '2026-11-20', amount: '90000' } }], commitments: [], spend: [], incomes: [], rates: [], policy: null };
const commitment = (amount: string, cadence: 'ONCE' | 'MONTHLY' | 'QUARTERLY' | 'YEARLY', more: object = {}) => ({ id: `${amount}${cadence}`, title: 'c', amount, currency: 'USD', cadence, start: '2026-01-01', end: null, ...more });
const spent = (...amounts: string[]) => amounts.map((amount, index) => ({ month: spendMonths(base.today)[index]!, currency: 'USD', day: null, amount }));

it('divides the balance by what goes out, with the range of the three months', () => {
  const runway = projectRunway({
    ...base,
    commitments: [commitment('6000', 'MONTHLY'), commitment('3000', 'QUARTERLY'), commitment('12000', 'YEARLY'), commitment('99999', 'ONCE'), commitment('5', 'MONTHLY', { end: '2026-11-21' }), commitment('7', 'MONTHLY', { start: '2026-11-22' })],
    spend: spent('1000', '2000', '4500'),
    incomes: [{ amount: '1500', currency: 'USD', start: '2026-11-21', end: null }, { amount: '1', currency: 'USD', start: '2026-01-01', end: '2026-11-01' }],
    policy: { threshold: '9', secondThreshold: '4', told: 'OK' },
  });
  // 8000 + 2500 - 1500 = 9000; with 4500: 11000; with 1000: 7500
  expect(runway.months).toEqual({ low: '8.18', expected: '10', high: '12' });
  expect(runway).toMatchObject({ status: 'OK', balance: '90000', burn: { fixed: '8000', variable: '2500', income: '1500', total: '9000' }, threshold: '9', secondThreshold: '4' });
  expect(runway.assumptions.join('\n')).toMatch(/90000 USD.*bank 90000 USD of 2026-11-20[\s\S]*8000 USD a month[\s\S]*1 commitment that is paid once is not counted[\s\S]*2026-08 1000 USD, 2026-09 2000 USD, 2026-10 4500 USD/);
});

it('is not limited when no more goes out than comes in, and never infinite', () => {
  const income = { amount: '2500', currency: 'USD', start: '2026-01-01', end: null };
  expect(projectRunway({ ...base, spend: spent('2500', '2500', '2500'), incomes: [income] })).toMatchObject({ status: 'NOT_LIMITED', months: null, burn: { total: '0' } });
  expect(projectRunway({ ...base, spend: spent('0', '2500', '2600'), incomes: [income] })).toMatchObject({ status: 'NOT_LIMITED', months: null });
  // the mean costs money, the cheapest month does not
  expect(projectRunway({ ...base, spend: spent('0', '5000', '5000'), incomes: [income] }).months).toEqual({ low: '36', expected: '108', high: null });
  expect(projectRunway({ ...base, commitments: [commitment('0.000000000000000001', 'MONTHLY')] }).months?.expected).toBe('9999.99');
  expect(projectRunway({ ...base, accounts: [{ ...base.accounts[0]!, balance: { day: '2026-11-20', amount: '-5' } }], commitments: [commitment('1', 'MONTHLY')] }).months?.expected).toBe('0');
});

it('says by which rates it converts, and is unknown when one or every balance is missing', () => {
  const euros = { slug: 'euros', currency: 'EUR', balance: { day: '2026-11-01', amount: '100' } };
  const rates = [{ from: 'EUR', to: 'USD', day: '2026-10-01', rate: '1.1', source: 'ECB' }, { from: 'EUR', to: 'USD', day: '2026-11-20', rate: '1.2', source: 'ECB' }, { from: 'EUR', to: 'USD', day: '2026-11-22', rate: '9', source: 'ECB' }];
  const known = projectRunway({ ...base, accounts: [euros], spend: [{ month: '2026-10', currency: 'EUR', day: '2026-10-05', amount: '30' }], rates });
  expect(known).toMatchObject({ balance: '120', months: { expected: '10.9' } });
  expect(known.assumptions).toEqual(expect.arrayContaining(['1 EUR is 1.2 USD, by the rate of 2026-11-20 (ECB).', '1 EUR is 1.1 USD, by the rate of 2026-10-01 (ECB).']));
  const unknown = projectRunway({ ...base, accounts: [...base.accounts, euros], commitments: [commitment('10', 'MONTHLY')] });
  expect(unknown).toMatchObject({ status: 'UNKNOWN', months: null, balance: null });
  expect(unknown.assumptions).toContain('There is no rate from EUR to USD of 2026-11-21 or before it: record one.');
  expect(projectRunway({ ...base, accounts: [{ slug: 'bank', currency: 'USD', balance: null }] })).toMatchObject({ status: 'UNKNOWN', months: null });
});

it('is a range around what is expected, never more than there is', () => {
  const amount = fc.bigInt(0n, 10n ** 9n).map((cents) => format(cents * 10n ** 16n));
  fc.assert(
    fc.property(amount, fc.array(amount, { minLength: 3, maxLength: 3 }), amount, amount, (balance, spends, fixed, income) => {
      const { months, burn, status } = projectRunway({ ...base, accounts: [{ slug: 'bank', currency: 'USD', balance: { day: '2026-11-20', amount: balance } }], spend: spent(...spends), commitments: [commitment(fixed, 'YEARLY')], incomes: [{ amount: income, currency: 'USD', start: '2026-01-01', end: null }] });
      if (months === null) {
        expect(status).toBe('NOT_LIMITED');
        return;
      }
      expect(isPositive(burn!.total)).toBe(true);
      expect(compare(months.low!, months.expected)).toBeLessThanOrEqual(0);
      if (months.high !== null) expect(compare(months.expected, months.high)).toBeLessThanOrEqual(0);
      const yearly = parse(fixed) + 4n * spends.reduce((sum, spend) => sum + parse(spend), 0n) - 12n * parse(income);
      const hundredths = parse(months.expected) / 10n ** 16n;
      if (months.expected !== '9999.99') expect(hundredths * yearly <= parse(balance) * 1200n && (hundredths + 1n) * yearly > parse(balance) * 1200n).toBe(true);
    }),
  );
});

it('projects a period by what falls due and by the days before', () => {
  const facts: BurnFacts = {
    currency: 'USD', today: '2026-11-21', span: periodOf('MONTH', '2026-11-21'),
    spend: [{ month: '2026-11', currency: 'USD', day: null, amount: '700' }],
    trailing: [{ currency: 'USD', day: null, amount: '280' }],
    commitments: [{ ...commitment('50', 'MONTHLY'), id: 'a' }, { ...commitment('30', 'MONTHLY'), id: 'b' }, { ...commitment('1000', 'QUARTERLY'), id: 'c' }],
    payments: [{ commitmentId: 'a', currency: 'USD', day: '2026-11-02', amount: '20' }, { commitmentId: 'b', currency: 'USD', day: '2026-11-02', amount: '40' }],
    rates: [],
  };
  // 9 days are left at 10 a day; of a 30 are open, of b nothing, c falls due in January
  expect(projectBurn(facts)).toMatchObject({ actual: '760', projected: '880' });
  expect(projectBurn({ ...facts, trailing: [{ currency: 'USD', day: null, amount: '-280' }] })).toMatchObject({ projected: '790' });
  expect(projectBurn({ ...facts, span: periodOf('MONTH', '2026-09-01') })).toMatchObject({ actual: '760', projected: '760' });
  expect(projectBurn({ ...facts, currency: 'EUR' })).toMatchObject({ actual: null, projected: null });
  expect([periodOf('QUARTER', '2026-11-21'), periodOf('YEAR', '2026-11-21')]).toEqual([{ start: '2026-10-01', end: '2027-01-01' }, { start: '2026-01-01', end: '2027-01-01' }]);
});
