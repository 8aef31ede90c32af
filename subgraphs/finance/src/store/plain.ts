// How rows leave PostgreSQL: numerics as plain texts, dates as days.
import { dayOf } from '../money/calendar.ts';
import { plain } from '../money/decimal.ts';

/** What Prisma makes of a numeric in raw statements; `toFixed` is exact and without an exponent. */
interface Numeric {
  toFixed(): string;
}

/** A numeric, whether it was read as such or as text: no exponent, no zeros at the end. */
export function decimalText(value: Numeric | string): string {
  return typeof value === 'string' ? plain(value) : value.toFixed();
}

/** A row as the model has it: the columns named are made decimal texts and days; null stays. */
export function plainRow<Row extends object>(row: object, decimals: readonly (keyof Row & string)[], days: readonly (keyof Row & string)[]): Row {
  const made = { ...row } as Record<string, unknown>;
  for (const name of decimals) if (made[name] != null) made[name] = decimalText(made[name] as Numeric | string);
  for (const name of days) if (made[name] instanceof Date) made[name] = dayOf(made[name]);
  return made as Row;
}

/** A page whose rows are made plain. */
export function plainPage<Row, Page extends { readonly edges: readonly { readonly cursor: string; readonly node: Row }[] }>(page: Page, make: (row: Row) => Row): Page {
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: make(node) })) };
}
