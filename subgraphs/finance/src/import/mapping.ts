// How a CSV file that is not FOCUS is read, such as the invoice of a hoster: which column is which, and what stands in none.
import { z } from 'zod';
import { ENCODINGS } from './text.ts';

/** Fields that a mapping may fill, from a column or by a constant. */
export const MAPPED_FIELDS = [
  'billedCost', 'effectiveCost', 'listCost', 'contractedCost', 'listUnitPrice', 'contractedUnitPrice', 'billingCurrency', 'billingPeriodStart', 'billingPeriodEnd', 'chargePeriodStart', 'chargePeriodEnd', 'chargeCategory', 'chargeClass', 'chargeFrequency',
  'chargeDescription', 'providerName', 'publisherName', 'invoiceIssuerName', 'billingAccountId', 'billingAccountName', 'subAccountId', 'subAccountName', 'serviceCategory', 'serviceName', 'resourceId', 'resourceName', 'resourceType', 'regionId',
  'regionName', 'availabilityZone', 'skuId', 'skuPriceId', 'pricingQuantity', 'pricingUnit', 'consumedQuantity', 'consumedUnit',
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

const column = z.string().min(1).max(500);

/** A mapping file, as it is read from YAML or JSON. */
export const mappingSchema = z.strictObject({
  /** Where the rows come from, unless the import says so. */
  source: z.string().min(1).max(200).optional(),
  delimiter: z.string().length(1).regex(/[^"\r\n]/, 'no quote and no line break').default(','),
  encoding: z.enum(ENCODINGS).default('utf-8'),
  /** Field to the name of its column. */
  columns: z.partialRecord(z.enum(MAPPED_FIELDS), column),
  /** Field to what it is in every row. */
  constants: z.partialRecord(z.enum(MAPPED_FIELDS), z.string().min(1).max(500)).default({}),
  /** Columns that together are the provider's own key of a row; without it rows are known by what identifies them. */
  key: z.array(column).min(1).max(5).optional(),
  /** Tag to the name of its column. */
  tags: z.record(z.string().min(1).max(200), column).default({}),
  /** How days are written: YYYY, MM and DD in their order, such as DD.MM.YYYY. ISO 8601 is always read. */
  dates: z.string().regex(/^(?=.*YYYY)(?=.*MM)(?=.*DD)[YMD./ -]{8,12}$/).optional(),
  decimal: z.enum(['point', 'comma']).default('point'),
  /** What divides thousands, if anything does. */
  thousands: z.enum(['.', ',', ' ', '\'', '’']).optional(),
  /** How long a charge is for when no column says when it ends. */
  period: z.enum(['day', 'month']).default('month'),
  /** Amounts are credits or payments and count the other way round. */
  negate: z.boolean().default(false),
  /** Rows to leave out, such as totals: those whose column has one of the values. */
  skip: z.array(z.strictObject({ column, values: z.array(z.string()).min(1).max(100) })).max(10).default([]),
}).refine(({ columns, constants }) => columns.billedCost !== undefined || constants.billedCost !== undefined, 'columns.billedCost names the column with the amounts')
  .refine(({ columns }) => columns.chargePeriodStart !== undefined || columns.billingPeriodStart !== undefined, 'columns.chargePeriodStart names the column with the dates')
  .refine(({ columns, constants }) => (columns.providerName ?? constants.providerName) !== undefined, 'constants.providerName says whose invoice it is')
  .refine(({ columns, constants }) => (columns.billingCurrency ?? constants.billingCurrency) !== undefined, 'constants.billingCurrency says in which currency it is')
  .refine(({ decimal, thousands }) => thousands !== (decimal === 'comma' ? ',' : '.'), 'thousands and decimal are not the same character');

export type Mapping = z.output<typeof mappingSchema>;

/** Reads what a mapping file holds; the sentences say what is wrong, and where. */
export function mappingOf(value: unknown): { readonly mapping: Mapping } | { readonly problems: readonly string[] } {
  const read = mappingSchema.safeParse(value);
  if (read.success) return { mapping: read.data };
  return { problems: read.error.issues.map(({ path, message }) => `${path.length === 0 ? 'The mapping' : path.join('.')}: ${message}`) };
}
