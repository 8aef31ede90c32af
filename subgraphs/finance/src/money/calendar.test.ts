import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, addMonths, addMonthsToDay, dayOf, daysBetween, daysIn, daysOf, isDay, isMonth, isQuarter, monthSpan, monthsBetween, monthsIn, quarterOf, quarterSpan, yearSpan } from './calendar.ts';

const days = fc.date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true }).map(dayOf);

describe('the calendar', () => {
  it('adds and counts days and months consistently', () => {
    fc.assert(fc.property(days, fc.integer({ min: -2_000, max: 2_000 }), (day, count) => {
      expect(daysBetween(day, addDays(day, count))).toBe(count);
      const month = day.slice(0, 7);
      expect(monthsBetween(month, addMonths(month, count))).toBe(count);
      expect(isDay(addMonthsToDay(day, count))).toBe(true);
      expect(daysOf(monthSpan(month))).toHaveLength(daysIn(month));
      expect(quarterSpan(quarterOf(day)).start <= day && day < quarterSpan(quarterOf(day)).end).toBe(true);
    }));
  });

  it('knows the ends of months and years', () => {
    expect([daysIn('2024-02'), daysIn('2023-02'), daysIn('1900-02'), daysIn('2000-02')]).toEqual([29, 28, 28, 29]);
    expect(addMonthsToDay('2024-01-31', 1)).toBe('2024-02-29');
    expect(addMonths('2024-11', 2)).toBe('2025-01');
    expect(addMonths('2024-01', -1)).toBe('2023-12');
    expect(quarterSpan('2024-Q4')).toEqual({ start: '2024-10-01', end: '2025-01-01' });
    expect(monthsIn({ start: '2024-01-31', end: '2024-03-01' })).toEqual(['2024-01', '2024-02']);
    expect(monthsIn(yearSpan(2024))).toHaveLength(12);
  });

  it('refuses what the calendar does not have', () => {
    expect(['2024-02-30', '2023-02-29', '2024-13-01', '2024-1-1', '0000-01-01', '', '2024-09-01T00:00'].filter(isDay)).toEqual([]);
    expect(['2024-13', '2024-00', '2024-9', '0000-01'].filter(isMonth)).toEqual([]);
    expect(['2024-Q0', '2024-Q5', '2024Q1'].filter(isQuarter)).toEqual([]);
  });
});
