import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Commitment } from '../model/index.ts';
import { commitmentState, instalmentCount, instalments } from './commitment.ts';

const YEAR = { start: '2026-01-01', end: '2027-01-01' };

describe('instalments', () => {
  it.each([
    ['MONTHLY', '2026-01-31', null, ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30', '2026-07-31', '2026-08-31', '2026-09-30', '2026-10-31', '2026-11-30', '2026-12-31']],
    ['MONTHLY', '2025-11-15', '2026-03-15', ['2026-01-15', '2026-02-15']],
    ['MONTHLY', '2025-11-15', '2026-03-16', ['2026-01-15', '2026-02-15', '2026-03-15']],
    ['QUARTERLY', '2025-12-31', null, ['2026-03-31', '2026-06-30', '2026-09-30', '2026-12-31']],
    ['YEARLY', '2024-02-29', null, ['2026-02-28']],
    ['YEARLY', '2027-01-01', null, []],
    ['ONCE', '2026-12-31', null, ['2026-12-31']],
    ['ONCE', '2025-12-31', '2026-06-01', []],
    ['ONCE', '2027-01-01', null, []],
  ] as const)('%s from %s to %s', (cadence, start, end, days) => {
    expect(instalments({ cadence, start, end }, YEAR)).toEqual(days);
  });

  it('of adjoining spans are those of the whole', () => {
    const day = fc.integer({ min: 0, max: 3_000 }).map((days) => new Date(Date.UTC(2020, 0, 1 + days)).toISOString().slice(0, 10));
    fc.assert(
      fc.property(fc.constantFrom('ONCE', 'MONTHLY', 'QUARTERLY', 'YEARLY'), day, fc.option(day), fc.tuple(day, day, day).map((days) => days.sort()), (cadence, start, end, [a, b, c]) => {
        const of = (from: string, to: string) => instalments({ cadence, start, end: end !== null && end > start ? end : null }, { start: from, end: to });
        expect([...of(a!, b!), ...of(b!, c!)]).toEqual(of(a!, c!));
      }),
    );
  });

  it('are counted when there is an end', () => {
    expect([instalmentCount({ cadence: 'ONCE', start: '2026-01-01', end: null }), instalmentCount({ cadence: 'MONTHLY', start: '2026-01-01', end: null }), instalmentCount({ cadence: 'MONTHLY', start: '2026-01-01', end: '2027-01-01' })]).toEqual([1, null, 12]);
  });
});

describe('the state of a commitment', () => {
  const of = (stored: Partial<Commitment>, today: string) => commitmentState({ status: 'PENDING', start: '2026-02-01', end: '2026-05-01', paid: '0', value: '30', ...stored }, today);
  it.each([
    [{}, '2026-01-31', 'PENDING'], [{ paid: '30' }, '2026-01-31', 'PENDING'], [{}, '2026-02-01', 'ACTIVE'], [{ paid: '29.999999999999999999' }, '2026-04-30', 'ACTIVE'], [{ paid: '30.0' }, '2026-04-30', 'EXHAUSTED'],
    [{ paid: '30' }, '2026-05-01', 'EXPIRED'], [{}, '2026-05-01', 'EXPIRED'], [{ end: null, value: null, paid: '99' }, '2099-01-01', 'ACTIVE'], [{ status: 'PROPOSED' }, '2026-06-01', 'PROPOSED'], [{ status: 'CANCELED' }, '2026-06-01', 'CANCELED'], [{ status: 'SUPERSEDED' }, '2026-03-01', 'SUPERSEDED'],
  ] as const)('%j on %s is %s', (stored, today, state) => {
    expect(of(stored, today)).toBe(state);
  });
});
