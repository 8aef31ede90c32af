// A charge as a line of PostgreSQL's COPY text format: made once where files are read, and written as it is.
import type { Charge } from './entry.ts';

/** Of a charge, what is corrected by its difference: the first fields of a line, in this order. */
export const COST_AMOUNTS = ['billedCost', 'effectiveCost', 'listCost', 'contractedCost', 'pricingQuantity', 'consumedQuantity'] as const;
export type CostAmount = (typeof COST_AMOUNTS)[number];

const COLUMNS = [
  ...COST_AMOUNTS, 'listUnitPrice', 'contractedUnitPrice', 'billingCurrency', 'billingPeriodStart', 'billingPeriodEnd', 'chargePeriodStart', 'chargePeriodEnd', 'chargeCategory', 'chargeClass', 'chargeFrequency', 'chargeDescription', 'providerName',
  'publisherName', 'invoiceIssuerName', 'billingAccountId', 'billingAccountName', 'subAccountId', 'subAccountName', 'serviceCategory', 'serviceName', 'resourceId', 'resourceName', 'resourceType', 'regionId', 'regionName', 'availabilityZone', 'skuId',
  'skuPriceId', 'pricingCategory', 'pricingUnit', 'consumedUnit', 'commitmentDiscountId', 'commitmentDiscountName', 'commitmentDiscountCategory', 'commitmentDiscountType', 'commitmentDiscountStatus',
] as const satisfies readonly (keyof Charge)[];

/** The columns of a line. */
export const LINE_COLUMNS = [...COLUMNS, 'day', 'rowKey', 'tags', 'more'] as const;

/** What stands for nothing. */
export const NULL = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const CHARACTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

/** A text as a field of COPY. */
export function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
}

/** A text or null as a field of COPY. */
export function field(text: string | null): string {
  return text === null ? NULL : escaped(text);
}

/** The line of a charge, without the line break. Its content decides over it alone, but for the order of what is in `tags` and `more`. */
export function lineOf(charge: Charge, rowKey: string): string {
  let line = '';
  for (const name of COLUMNS) line += `${field(charge[name])}\t`;
  return `${line}${charge.chargePeriodStart.slice(0, 10)}\t${escaped(rowKey)}\t${jsonField(charge.tags)}\t${jsonField(charge.more)}`;
}

function jsonField(record: Charge['tags']): string {
  return escaped(JSON.stringify(record));
}

/** What each field of a line says. */
export function fieldsOf(line: string): (string | null)[] {
  return line.split('\t').map((text) => (text === NULL ? null : text.includes('\\') ? text.replace(/\\(.)/g, (_all, character: string) => CHARACTERS[character] ?? character) : text));
}

/** The amounts of a line. */
export function amountsOf(line: string): Record<CostAmount, string | null> {
  const fields = line.split('\t', COST_AMOUNTS.length);
  return Object.fromEntries(COST_AMOUNTS.map((name, index) => [name, fields[index] === NULL ? null : fields[index]!])) as Record<CostAmount, string | null>;
}

/** The line with other amounts. */
export function withAmounts(line: string, amounts: Readonly<Record<CostAmount, string | null>>): string {
  return [...COST_AMOUNTS.map((name) => field(amounts[name])), ...line.split('\t').slice(COST_AMOUNTS.length)].join('\t');
}
