// What the usage and cost reports of model providers have in common: pages of time buckets with results.
import { addMonths } from '../money/calendar.ts';
import type { Decimal } from '../model/index.ts';
import { BadRow, BrokenFile, type Bytes, type Charge, type Entry } from './entry.ts';
import { documentsOf, listOf, objectOf, type Json, type JsonObject } from './json.ts';
import { digestOf } from './identity.ts';
import { bounded, LONGEST_NAME } from './value.ts';

/** One result with the bucket that it is in. */
export interface Result {
  readonly bucket: JsonObject;
  readonly result: JsonObject;
}

/**
 * Reads pages of buckets, each result by `read`. The line is the place of the result in the file, counted from 1.
 *
 * @throws BrokenFile when the file has no buckets
 */
export async function* readResults<Row>(bytes: Bytes, read: (result: Result) => Row): AsyncGenerator<Entry<Row>[]> {
  let line = 0;
  for (const document of await documentsOf(bytes)) {
    const entries: Entry<Row>[] = [];
    for (const bucket of bucketsOf(document)) {
      for (const result of listOf(bucket.results)) {
        line++;
        try {
          const given = objectOf(result);
          if (given === null) throw new BadRow('A result is an object.');
          entries.push({ line, row: read({ bucket, result: given }) });
        } catch (error) {
          if (!(error instanceof BadRow)) throw error;
          entries.push({ line, problem: error.message });
        }
      }
    }
    yield entries;
  }
}

/** A page, a list of pages, or a list of buckets. */
function bucketsOf(document: Json): JsonObject[] {
  if (Array.isArray(document)) return (document as readonly Json[]).flatMap((part) => (objectOf(part)?.results === undefined ? bucketsOf(part) : [objectOf(part)!]));
  const page = objectOf(document);
  if (page === null || !Array.isArray(page.data)) throw new BrokenFile('The report has no list data of buckets.');
  return listOf(page.data).map((bucket) => {
    const given = objectOf(bucket);
    if (given === null || !Array.isArray(given.results)) throw new BrokenFile('A bucket of the report has no list of results.');
    return given;
  });
}

/** A charge of a report, of which little more is known than an amount. @throws BadRow when it ends before it starts, or a text is too long */
export function reportedCharge(told: Pick<Charge, 'billedCost' | 'billingCurrency' | 'chargePeriodStart' | 'chargePeriodEnd' | 'providerName' | 'serviceName'> & Partial<Charge> & { readonly identity: readonly (string | null)[] }): Charge {
  const { identity, ...given } = told;
  if (given.chargePeriodEnd < given.chargePeriodStart) throw new BadRow('It ends before it starts.');
  for (const name of ['billingAccountId', 'subAccountId'] as const) bounded(name, given[name] ?? null, LONGEST_NAME);
  for (const name of ['chargeDescription', 'skuId', 'billingAccountName', 'subAccountName', 'regionId'] as const) bounded(name, given[name] ?? null);
  const month = given.chargePeriodStart.slice(0, 7);
  const cost: Decimal = given.billedCost;
  return {
    effectiveCost: cost, listCost: null, contractedCost: null, listUnitPrice: null, contractedUnitPrice: null,
    billingPeriodStart: `${month}-01T00:00:00.000Z`, billingPeriodEnd: `${addMonths(month, 1)}-01T00:00:00.000Z`,
    chargeCategory: 'Usage', chargeClass: null, chargeFrequency: 'Usage-Based', chargeDescription: null, publisherName: null, invoiceIssuerName: null,
    billingAccountId: null, billingAccountName: null, subAccountId: null, subAccountName: null, serviceCategory: 'AI and Machine Learning',
    resourceId: null, resourceName: null, resourceType: null, regionId: null, regionName: null, availabilityZone: null, skuId: null, skuPriceId: null,
    pricingCategory: null, pricingQuantity: null, pricingUnit: null, consumedQuantity: null, consumedUnit: null,
    commitmentDiscountId: null, commitmentDiscountName: null, commitmentDiscountCategory: null, commitmentDiscountType: null, commitmentDiscountStatus: null,
    tags: {}, more: {},
    ...given,
    key: `${given.chargePeriodStart.slice(0, 10)}/${digestOf(given.chargePeriodStart, given.chargePeriodEnd, given.billingCurrency, ...identity)}`,
  };
}

/** A time that is told in seconds since 1970. @throws BadRow */
export function unixTime(name: string, value: Json | undefined): string {
  if (typeof value !== 'string' || !/^\d{1,11}$/.test(value)) throw new BadRow(`${name} is not a time in seconds.`);
  return new Date(Number(value) * 1_000).toISOString();
}

/** The texts of an object, without what is null or an object. */
export function textsOf(given: JsonObject, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof given[name] === 'string' && given[name] !== '' ? [[name, given[name]]] : [])));
}
