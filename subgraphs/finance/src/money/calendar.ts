// Days (`2024-09-01`), months (`2024-09`) and quarters (`2024-Q3`) as texts, UTC. They compare as texts do.

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
const QUARTER = /^(\d{4})-Q([1-4])$/;
const DAY_TIME = 86_400_000;

/** First day, and the first day after the last one. */
export interface Span {
  readonly start: string;
  readonly end: string;
}

/** Whether a text is a day of the calendar, so not `2024-02-30`. */
export function isDay(text: string): boolean {
  const match = DAY.exec(text);
  return match !== null && match[1] !== '0000' && new Date(Date.UTC(+match[1]!, +match[2]! - 1, +match[3]!)).toISOString().startsWith(text);
}

/** Whether a text is a month, such as `2024-09`. */
export function isMonth(text: string): boolean {
  return MONTH.test(text) && !text.startsWith('0000');
}

/** Whether a text is a quarter, such as `2024-Q3`. */
export function isQuarter(text: string): boolean {
  return QUARTER.test(text) && !text.startsWith('0000');
}

/** Day of a moment, UTC. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Month of a moment, or of a day. */
export function monthOf(at: Date | string): string {
  return (typeof at === 'string' ? at : at.toISOString()).slice(0, 7);
}

/** Quarter of a moment, a day or a month. */
export function quarterOf(at: Date | string): string {
  const month = monthOf(at);
  return `${month.slice(0, 4)}-Q${Math.floor((Number(month.slice(5, 7)) - 1) / 3) + 1}`;
}

/** The first moment of a day. */
export function startOfDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/** The first moment of a month. */
export function startOfMonth(month: string): Date {
  return new Date(`${month}-01T00:00:00.000Z`);
}

export function addDays(day: string, count: number): string {
  return dayOf(new Date(startOfDay(day).getTime() + count * DAY_TIME));
}

/** `addMonths('2024-11', 2)` is `2025-01`. */
export function addMonths(month: string, count: number): string {
  const all = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + count;
  return `${String(Math.floor(all / 12)).padStart(4, '0')}-${String((all % 12) + 1).padStart(2, '0')}`;
}

/** The same day of another month, or that month's last one where it has no such day: a month after 31 January is 28 or 29 February. */
export function addMonthsToDay(day: string, count: number): string {
  const month = addMonths(monthOf(day), count);
  const date = Math.min(Number(day.slice(8, 10)), daysIn(month));
  return `${month}-${String(date).padStart(2, '0')}`;
}

/** How many days a month has. */
export function daysIn(month: string): number {
  return daysBetween(`${month}-01`, `${addMonths(month, 1)}-01`);
}

/** Days from the first to the second; negative when it is before. */
export function daysBetween(from: string, to: string): number {
  return Math.round((startOfDay(to).getTime() - startOfDay(from).getTime()) / DAY_TIME);
}

/** Months from the first to the second; negative when it is before. */
export function monthsBetween(from: string, to: string): number {
  return (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7));
}

/** The days of a month. */
export function monthSpan(month: string): Span {
  return { start: `${month}-01`, end: `${addMonths(month, 1)}-01` };
}

/** The days of a quarter. */
export function quarterSpan(quarter: string): Span {
  const first = `${quarter.slice(0, 4)}-${String((Number(quarter.slice(6)) - 1) * 3 + 1).padStart(2, '0')}`;
  return { start: `${first}-01`, end: `${addMonths(first, 3)}-01` };
}

/** The days of a year. */
export function yearSpan(year: number): Span {
  const text = (value: number) => String(value).padStart(4, '0');
  return { start: `${text(year)}-01-01`, end: `${text(year + 1)}-01-01` };
}

/** Every month that has a day in the span, in order. */
export function monthsIn({ start, end }: Span): string[] {
  const months: string[] = [];
  for (let month = monthOf(start); `${month}-01` < end; month = addMonths(month, 1)) months.push(month);
  return months;
}

/** Every day of the span, in order. */
export function daysOf({ start, end }: Span): string[] {
  const days: string[] = [];
  for (let day = start; day < end; day = addDays(day, 1)) days.push(day);
  return days;
}
