// FOCUS CSV, versions 1.0 to 1.3 (and 1.4 where it only drops columns): the columns of 1.0 become fields, all others are kept by name.
import { badText } from '@hubgraph/kit/text';
import { CHARGE_CATEGORIES } from '../model/index.ts';
import { headerOf, linesOf, type Header, type Line } from './csv.ts';
import { BadRow, BrokenFile, type Bytes, type Charge, type Entry } from './entry.ts';
import { numbersAsWritten } from './json.ts';
import { amount, bounded, cleaned, currency, LONGEST_NAME, measure, required, speller, time } from './value.ts';

/** Columns that have a field of the same name, but for the case of the first letter. */
const COLUMNS = [
  'AvailabilityZone', 'BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd', 'BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargeFrequency',
  'ChargePeriodEnd', 'ChargePeriodStart', 'CommitmentDiscountCategory', 'CommitmentDiscountId', 'CommitmentDiscountName', 'CommitmentDiscountStatus', 'CommitmentDiscountType', 'ConsumedQuantity', 'ConsumedUnit',
  'ContractedCost', 'ContractedUnitPrice', 'EffectiveCost', 'InvoiceIssuerName', 'ListCost', 'ListUnitPrice', 'PricingCategory', 'PricingQuantity', 'PricingUnit', 'ProviderName', 'PublisherName', 'RegionId', 'RegionName',
  'ResourceId', 'ResourceName', 'ResourceType', 'ServiceCategory', 'ServiceName', 'SkuId', 'SkuPriceId', 'SubAccountId', 'SubAccountName', 'Tags',
] as const;
type Column = (typeof COLUMNS)[number];

/** 1.3 has ServiceProviderName in the place of ProviderName, which 1.4 drops. */
const NEEDED: readonly Column[] = ['BilledCost', 'BillingCurrency', 'BillingPeriodStart', 'BillingPeriodEnd', 'ChargeCategory', 'ChargePeriodStart', 'ChargePeriodEnd', 'EffectiveCost'];

/** Names of 1.1 to 1.4 that later code asks for: kept in this spelling whatever the file's. */
const LATER = ['AllocatedMethodDetails', 'AllocatedMethodId', 'AllocatedResourceId', 'AllocatedResourceName', 'AllocatedTags', 'BillingAccountType', 'CapacityReservationId', 'CapacityReservationStatus', 'CommitmentDiscountQuantity', 'CommitmentDiscountUnit', 'ContractApplied', 'HostProviderName', 'InvoiceId', 'PricingCurrency', 'PricingCurrencyContractedUnitPrice', 'PricingCurrencyEffectiveCost', 'PricingCurrencyListUnitPrice', 'ServiceProviderName', 'ServiceSubcategory', 'SkuMeter', 'SkuPriceDetails', 'SubAccountType'];

const category = speller(CHARGE_CATEGORIES);
/** Spelling is mended where the word is known; another word is kept, because a charge is not lost for it. */
const WORDS = {
  ChargeClass: speller(['Correction']),
  ChargeFrequency: speller(['One-Time', 'Recurring', 'Usage-Based']),
  PricingCategory: speller(['Standard', 'Dynamic', 'Committed', 'Other']),
  CommitmentDiscountCategory: speller(['Spend', 'Usage']),
  CommitmentDiscountStatus: speller(['Used', 'Unused']),
  ServiceCategory: speller(['AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools', 'Multicloud', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media', 'Migration', 'Mobile', 'Networking', 'Security', 'Storage', 'Web', 'Other']),
} as const;

/** Whether the names of the columns are those of FOCUS. */
export function isFocus(names: readonly string[]): boolean {
  const known = new Set(names.map((name) => name.toLowerCase().replace(/[^a-z]/g, '')));
  return NEEDED.every((name) => known.has(name.toLowerCase()));
}

/**
 * The charges of a FOCUS file, in its order, with a bounded part of it in memory.
 *
 * @throws BrokenFile when it is no CSV, or lacks a column that every version has
 */
export async function* readFocus(bytes: Bytes): AsyncGenerator<Entry<Charge>[]> {
  let read: ((line: Line) => Entry<Charge>) | undefined;
  for await (const lines of linesOf(bytes)) {
    if (read === undefined) read = readerOf(headerOf(lines.shift()!));
    yield lines.map(read);
  }
  if (read === undefined) throw new BrokenFile('The file is empty.');
}

function readerOf(header: Header): (line: Line) => Entry<Charge> {
  const missing = NEEDED.filter((name) => !header.at.has(name.toLowerCase()));
  if (!header.at.has('providername') && !header.at.has('serviceprovidername')) missing.push('ProviderName');
  if (missing.length > 0) throw new BrokenFile(`The file lacks the FOCUS columns ${missing.join(', ')}; other CSV needs a mapping.`, 1);
  const at = Object.fromEntries(COLUMNS.map((name) => [name, header.at.get(name.toLowerCase()) ?? -1])) as Record<Column, number>;
  const spelled = new Map(LATER.map((name) => [name.toLowerCase(), name]));
  const mapped = new Set(Object.values(at));
  const others = [...header.at].filter(([, index]) => !mapped.has(index)).map(([key, index]) => ({ index, name: spelled.get(key) ?? (header.names[index] || `column ${index + 1}`) }));
  return ({ line, cells }) => {
    try {
      if (cells.length !== header.names.length) throw new BadRow(`The row has ${cells.length} columns; the first line names ${header.names.length}.`);
      return { line, row: chargeOf(cells, at, others) };
    } catch (error) {
      if (error instanceof BadRow) return { line, problem: error.message };
      throw error;
    }
  };
}

function chargeOf(cells: readonly string[], at: Readonly<Record<Column, number>>, others: readonly { readonly index: number; readonly name: string }[]): Charge {
  const raw = (name: Column) => cleaned(cells[at[name]]);
  const text = (name: Column) => bounded(name, raw(name));
  const short = (name: Column) => bounded(name, raw(name), LONGEST_NAME);
  const word = (name: keyof typeof WORDS) => {
    const given = short(name);
    return given === null ? null : (WORDS[name](given) ?? given);
  };
  const more: Record<string, string | null> = {};
  for (const { index, name } of others) {
    const value = cleaned(cells[index]);
    if (value !== null) more[name] = bounded(name, value);
  }
  // quantities and unit prices are often floats of more places than are kept: then the text of the file is kept too
  const number = (name: Column) => {
    const given = raw(name);
    const read = measure(name, given);
    if (given !== null && given.length > 20 && amountOrNull(given) === null) more[name] = given;
    return read;
  };
  const chargeCategory = required('ChargeCategory', short('ChargeCategory'));
  const known = category(chargeCategory);
  if (known === undefined) throw new BadRow(`ChargeCategory is one of ${CHARGE_CATEGORIES.join(', ')}.`);
  const chargePeriodStart = required('ChargePeriodStart', time('ChargePeriodStart', raw('ChargePeriodStart')));
  const chargePeriodEnd = required('ChargePeriodEnd', time('ChargePeriodEnd', raw('ChargePeriodEnd')));
  const billingPeriodStart = required('BillingPeriodStart', time('BillingPeriodStart', raw('BillingPeriodStart')));
  const billingPeriodEnd = required('BillingPeriodEnd', time('BillingPeriodEnd', raw('BillingPeriodEnd')));
  if (chargePeriodEnd < chargePeriodStart) throw new BadRow('ChargePeriodEnd is before ChargePeriodStart.');
  if (billingPeriodEnd < billingPeriodStart) throw new BadRow('BillingPeriodEnd is before BillingPeriodStart.');
  return {
    key: null,
    billedCost: required('BilledCost', amount('BilledCost', raw('BilledCost'))),
    effectiveCost: required('EffectiveCost', amount('EffectiveCost', raw('EffectiveCost'))),
    listCost: amount('ListCost', raw('ListCost')),
    contractedCost: amount('ContractedCost', raw('ContractedCost')),
    listUnitPrice: number('ListUnitPrice'),
    contractedUnitPrice: number('ContractedUnitPrice'),
    billingCurrency: required('BillingCurrency', currency('BillingCurrency', raw('BillingCurrency'))),
    billingPeriodStart, billingPeriodEnd, chargePeriodStart, chargePeriodEnd,
    chargeCategory: known,
    chargeClass: word('ChargeClass'),
    chargeFrequency: word('ChargeFrequency'),
    chargeDescription: text('ChargeDescription'),
    providerName: required('ProviderName', short('ProviderName') ?? bounded('ServiceProviderName', more.ServiceProviderName ?? null, LONGEST_NAME)),
    publisherName: short('PublisherName'),
    invoiceIssuerName: short('InvoiceIssuerName'),
    billingAccountId: short('BillingAccountId'), billingAccountName: text('BillingAccountName'),
    subAccountId: short('SubAccountId'), subAccountName: text('SubAccountName'),
    serviceCategory: word('ServiceCategory'),
    // every version wants it; exports leave it out of taxes and credits, whose amounts count all the same
    serviceName: short('ServiceName') ?? '(none)',
    resourceId: text('ResourceId'), resourceName: text('ResourceName'), resourceType: text('ResourceType'),
    regionId: text('RegionId'), regionName: text('RegionName'), availabilityZone: text('AvailabilityZone'),
    skuId: text('SkuId'), skuPriceId: text('SkuPriceId'),
    pricingCategory: word('PricingCategory'), pricingQuantity: number('PricingQuantity'), pricingUnit: text('PricingUnit'),
    consumedQuantity: number('ConsumedQuantity'), consumedUnit: text('ConsumedUnit'),
    commitmentDiscountId: text('CommitmentDiscountId'), commitmentDiscountName: text('CommitmentDiscountName'),
    commitmentDiscountCategory: word('CommitmentDiscountCategory'), commitmentDiscountType: text('CommitmentDiscountType'), commitmentDiscountStatus: word('CommitmentDiscountStatus'),
    tags: tagsOf(text('Tags'), more),
    more,
  };
}

function amountOrNull(text: string): string | null {
  try {
    return amount('', text);
  } catch (error) {
    if (error instanceof BadRow) return null;
    throw error;
  }
}

/** Tags as JSON writes them: an object, or a list of `{ key, value }`. Anything else is kept as text in `more`: a charge is not lost for it. */
export function tagsOf(text: string | null, more: Record<string, string | null>): Record<string, string | null> {
  if (text === null || text === '{}') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const pairs = pairsOf(value);
  if (pairs === null) {
    more.Tags = text;
    return {};
  }
  const tags: Record<string, string | null> = {};
  // a number, such as that of an account, may have more digits than a float
  const written = pairs.some(([, tag]) => typeof tag === 'number') ? pairsOf(numbersAsWritten(text))! : pairs;
  for (const [index, [key, tag]] of pairs.entries()) {
    const name = key.trim();
    const said = tag == null ? null : typeof tag === 'object' ? JSON.stringify(tag) : String((typeof tag === 'number' ? written[index]![1] : tag) as string | boolean);
    if (badText(name) !== null || (said !== null && badText(said) !== null)) throw new BadRow('Tags holds a character that cannot be kept.');
    // the key that is written without spaces counts before one with them
    if (!Object.hasOwn(tags, name) || name === key) Object.defineProperty(tags, name, { value: said, enumerable: true, configurable: true, writable: true });
  }
  return tags;
}

function pairsOf(value: unknown): [string, unknown][] | null {
  if (Array.isArray(value)) {
    const pairs = value.map((tag: unknown): [string, unknown] | null => {
      const { key, value: said, Key, Value } = (tag ?? {}) as Record<string, unknown>;
      const name = key ?? Key;
      return typeof name === 'string' ? [name, said ?? Value ?? null] : null;
    });
    return pairs.every((pair) => pair !== null) ? pairs : null;
  }
  return typeof value === 'object' && value !== null ? Object.entries(value) : null;
}
