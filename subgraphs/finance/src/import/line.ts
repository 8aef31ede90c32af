// A charge as a line of PostgreSQL's COPY text format: made once where files are read, and mostly written as it is.
import type { Decimal } from '../model/index.ts';
import type { Charge } from './entry.ts';

/** Of a charge, what is corrected by its difference. */
export const COST_AMOUNTS = ['billedCost', 'effectiveCost', 'listCost', 'contractedCost', 'pricingQuantity', 'consumedQuantity'] as const;
export type CostAmount = (typeof COST_AMOUNTS)[number];

const OF_CHARGE = [
  'listUnitPrice', 'contractedUnitPrice', 'billingCurrency', 'billingPeriodStart', 'billingPeriodEnd', 'chargePeriodStart', 'chargePeriodEnd', 'chargeCategory', 'chargeClass', 'chargeFrequency', 'chargeDescription', 'providerName', 'publisherName',
  'invoiceIssuerName', 'billingAccountId', 'billingAccountName', 'subAccountId', 'subAccountName', 'serviceCategory', 'serviceName', 'resourceId', 'resourceName', 'resourceType', 'regionId', 'regionName', 'availabilityZone', 'skuId', 'skuPriceId',
  'pricingCategory', 'pricingUnit', 'consumedUnit', 'commitmentDiscountId', 'commitmentDiscountName', 'commitmentDiscountCategory', 'commitmentDiscountType', 'commitmentDiscountStatus',
] as const satisfies readonly (keyof Charge)[];

/** The columns of a line. Its head, `id` and the first two amounts, is how the lines of its allocations begin too. */
export const LINE_COLUMNS = ['id', ...COST_AMOUNTS, 'month', 'contentHash', 'correctionOfId', 'source', 'importId', 'current', ...OF_CHARGE, 'day', 'rowKey', 'tags', 'more'] as const;
const MONTH = 1 + COST_AMOUNTS.length;
const CURRENCY = LINE_COLUMNS.indexOf('billingCurrency');

/** What stands for nothing. */
export const NULL = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const CHARACTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

/** A text or null as a field of COPY. */
export function field(text: string | null): string {
  if (text === null) return NULL;
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
}

/** How the line of a charge begins. */
export function headOf(id: string, { billedCost, effectiveCost }: Pick<Charge, 'billedCost' | 'effectiveCost'>): string {
  return `${id}\t${billedCost}\t${effectiveCost}`;
}

/** What of a line is not the charge's; the row is new, and counts in the month that it was billed for. */
export interface LineOptions {
  readonly rowKey: string;
  readonly contentHash: string;
  /** `source` and `importId` as fields. */
  readonly from: string;
}

/** The line of a charge behind its head, without the line break. */
export function restOf(charge: Charge, { rowKey, contentHash, from }: LineOptions): string {
  let line = `\t${field(charge.listCost)}\t${field(charge.contractedCost)}\t${field(charge.pricingQuantity)}\t${field(charge.consumedQuantity)}\t${charge.billingPeriodStart.slice(0, 7)}\t${contentHash}\t${NULL}\t${from}\tt\t`;
  for (const name of OF_CHARGE) line += `${field(charge[name])}\t`;
  return `${line}${charge.chargePeriodStart.slice(0, 10)}\t${field(rowKey)}\t${field(JSON.stringify(charge.tags))}\t${field(JSON.stringify(charge.more))}`;
}

/** What each field of a line says. */
export function fieldsOf(line: string): (string | null)[] {
  return line.split('\t').map((text) => (text === NULL ? null : text.includes('\\') ? text.replace(/\\(.)/g, (_all, character: string) => CHARACTERS[character] ?? character) : text));
}

/** The amounts of a line. */
export function amountsOf(line: string): Record<CostAmount, Decimal | null> {
  const fields = line.split('\t', MONTH);
  return Object.fromEntries(COST_AMOUNTS.map((name, index) => [name, fields[index + 1] === NULL ? null : fields[index + 1]!])) as Record<CostAmount, Decimal | null>;
}

/** The currency of a line. */
export function currencyOf(line: string): string {
  return line.split('\t', CURRENCY + 1)[CURRENCY]!;
}

/** The line of a row that is not simply new. */
export function changedLine(line: string, row: { readonly id: string; readonly amounts: Readonly<Record<CostAmount, Decimal | null>>; readonly month: string; readonly contentHash: string; readonly correctionOfId: string | null }): string {
  return [row.id, ...COST_AMOUNTS.map((name) => field(row.amounts[name])), row.month, row.contentHash, row.correctionOfId ?? NULL, ...line.split('\t').slice(MONTH + 3)].join('\t');
}
