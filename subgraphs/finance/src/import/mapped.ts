// CSV of any shape, by a mapping.
import { addDays, addMonths, dayOf } from '../money/calendar.ts';
import { negate } from '../money/decimal.ts';
import { CHARGE_CATEGORIES } from '../model/index.ts';
import { folded, headerOf, linesOf, type Header, type Line } from './csv.ts';
import { BadRow, BrokenFile, type Bytes, type Charge, type Entry } from './entry.ts';
import type { MappedField, Mapping } from './mapping.ts';
import { amount, bounded, cleaned, currency, LONGEST_NAME, measure, required, speller, time } from './value.ts';

const category = speller(CHARGE_CATEGORIES);

/**
 * The charges of a CSV file by a mapping, in its order, with a bounded part of it in memory. Columns that the mapping does not
 * name are kept in `more`.
 *
 * @throws BrokenFile when it is no CSV, or lacks a column that the mapping names
 */
export async function* readMapped(bytes: Bytes, mapping: Mapping): AsyncGenerator<Entry<Charge>[]> {
  let read: ((line: Line) => Entry<Charge>[]) | undefined;
  for await (const lines of linesOf(bytes, mapping)) {
    if (read === undefined) read = readerOf(headerOf(lines.shift()!), mapping);
    yield lines.flatMap(read);
  }
  if (read === undefined) throw new BrokenFile('The file is empty.');
}

function readerOf(header: Header, mapping: Mapping): (line: Line) => Entry<Charge>[] {
  const wanted = [...Object.values(mapping.columns), ...(mapping.key ?? []), ...Object.values(mapping.tags), ...mapping.skip.map(({ column }) => column)];
  const missing = [...new Set(wanted.filter((name) => name !== undefined && !header.at.has(folded(name))))];
  if (missing.length > 0) throw new BrokenFile(`The file lacks the columns ${missing.join(', ')}, which the mapping names; it has ${header.names.join(', ')}.`, 1);
  const indexOf = (name: string) => header.at.get(folded(name))!;
  const used = new Set([...Object.values(mapping.columns), ...Object.values(mapping.tags)].filter((name) => name !== undefined).map(indexOf));
  const others = header.names.map((name, index) => ({ name: name || `column ${index + 1}`, index })).filter(({ index }) => !used.has(index));
  return ({ line, cells }) => {
    if (mapping.skip.some(({ column, values }) => values.includes((cells[indexOf(column)] ?? '').trim()))) return [];
    try {
      if (cells.length !== header.names.length) throw new BadRow(`The row has ${cells.length} columns; the first line names ${header.names.length}.`);
      return [{ line, row: chargeOf(mapping, (name) => cleaned(cells[indexOf(name)]), Object.fromEntries(others.flatMap(({ name, index }) => (cleaned(cells[index]) === null ? [] : [[name, bounded(name, cleaned(cells[index]))]])))) }];
    } catch (error) {
      if (error instanceof BadRow) return [{ line, problem: error.message }];
      throw error;
    }
  };
}

function chargeOf(mapping: Mapping, cell: (column: string) => string | null, more: Charge['more']): Charge {
  const raw = (field: MappedField): string | null => {
    const column = mapping.columns[field];
    return (column === undefined ? null : cell(column)) ?? mapping.constants[field] ?? null;
  };
  const text = (field: MappedField) => bounded(field, raw(field));
  const short = (field: MappedField) => bounded(field, raw(field), LONGEST_NAME);
  const money = (field: MappedField) => {
    const read = amount(field, digits(mapping, raw(field)));
    return read !== null && mapping.negate ? negate(read) : read;
  };
  const number = (field: MappedField) => measure(field, digits(mapping, raw(field)));
  const at = (field: MappedField) => time(field, dated(mapping, raw(field)));

  const chargePeriodStart = required('chargePeriodStart', at('chargePeriodStart') ?? at('billingPeriodStart'));
  const month = chargePeriodStart.slice(0, 7);
  const chargePeriodEnd = at('chargePeriodEnd') ?? (mapping.period === 'day' ? midnight(addDays(dayOf(new Date(chargePeriodStart)), 1)) : midnight(`${addMonths(month, 1)}-01`));
  const billingPeriodStart = at('billingPeriodStart') ?? midnight(`${month}-01`);
  const billingPeriodEnd = at('billingPeriodEnd') ?? midnight(`${addMonths(billingPeriodStart.slice(0, 7), 1)}-01`);
  if (chargePeriodEnd < chargePeriodStart) throw new BadRow('chargePeriodEnd is before chargePeriodStart.');
  if (billingPeriodEnd < billingPeriodStart) throw new BadRow('billingPeriodEnd is before billingPeriodStart.');
  const billedCost = required('billedCost', money('billedCost'));
  const chargeCategory = category(short('chargeCategory') ?? 'Usage');
  if (chargeCategory === undefined) throw new BadRow(`chargeCategory is one of ${CHARGE_CATEGORIES.join(', ')}.`);
  return {
    key: mapping.key === undefined ? null : bounded('key', mapping.key.map((name) => required(name, cell(name))).join('/'), LONGEST_NAME),
    billedCost, effectiveCost: money('effectiveCost') ?? billedCost, listCost: money('listCost'), contractedCost: money('contractedCost'),
    listUnitPrice: number('listUnitPrice'), contractedUnitPrice: number('contractedUnitPrice'),
    billingCurrency: required('billingCurrency', currency('billingCurrency', raw('billingCurrency'))),
    billingPeriodStart, billingPeriodEnd, chargePeriodStart, chargePeriodEnd,
    chargeCategory, chargeClass: short('chargeClass'), chargeFrequency: short('chargeFrequency'), chargeDescription: text('chargeDescription'),
    providerName: required('providerName', short('providerName')), publisherName: short('publisherName'), invoiceIssuerName: short('invoiceIssuerName'),
    billingAccountId: short('billingAccountId'), billingAccountName: text('billingAccountName'), subAccountId: short('subAccountId'), subAccountName: text('subAccountName'),
    serviceCategory: short('serviceCategory'), serviceName: short('serviceName') ?? '(none)',
    resourceId: text('resourceId'), resourceName: text('resourceName'), resourceType: text('resourceType'),
    regionId: text('regionId'), regionName: text('regionName'), availabilityZone: text('availabilityZone'), skuId: text('skuId'), skuPriceId: text('skuPriceId'),
    pricingCategory: null, pricingQuantity: number('pricingQuantity'), pricingUnit: text('pricingUnit'), consumedQuantity: number('consumedQuantity'), consumedUnit: text('consumedUnit'),
    commitmentDiscountId: null, commitmentDiscountName: null, commitmentDiscountCategory: null, commitmentDiscountType: null, commitmentDiscountStatus: null,
    tags: Object.fromEntries(Object.entries(mapping.tags).map(([tag, column]) => [tag, bounded(column, cell(column))])),
    more,
  };
}

/** A number as the mapping says it is written, with a point and without anything between thousands. @throws BadRow */
function digits({ decimal, thousands }: Mapping, text: string | null): string | null {
  if (text === null) return null;
  const point = decimal === 'comma' ? ',' : '.';
  if (thousands !== undefined && text.includes(thousands)) {
    const [whole = '', ...places] = text.split(point);
    // 1.2.34 is a mistake, or another notation than the mapping says
    const groups = whole.replace(/^[+-]/, '').split(thousands);
    if (places.join('').includes(thousands) || !/^\d{1,3}$/.test(groups[0]!) || groups.slice(1).some((group) => !/^\d{3}$/.test(group))) throw new BadRow(`${text} has no thousands as the mapping writes them.`);
    return [whole.replaceAll(thousands, ''), ...places].join('.');
  }
  if (decimal === 'comma' && text.includes('.')) throw new BadRow(`${text} has a point, and the mapping says that it is written with a comma.`);
  return decimal === 'comma' ? text.replace(',', '.') : text;
}

/** A day as the mapping says it is written, in ISO 8601. */
function dated({ dates }: Mapping, text: string | null): string | null {
  if (text === null || dates === undefined || text.length !== dates.length) return text;
  const part = (letters: string) => text.slice(dates.indexOf(letters), dates.indexOf(letters) + letters.length);
  const fits = [...dates].every((letter, index) => (/[YMD]/.test(letter) ? /\d/.test(text[index]!) : letter === text[index]));
  return fits ? `${part('YYYY')}-${part('MM')}-${part('DD')}` : text;
}

function midnight(day: string): string {
  return `${day}T00:00:00.000Z`;
}
