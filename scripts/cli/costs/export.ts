import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { UsageError } from '@hubgraph/kit/errors';
import { InvalidArgumentError, type Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, withGraph, type GraphClient, type GraphOptions } from '../client.ts';
import { whenAvailable } from '../when-available.ts';
import { csvLine } from './csv.ts';

interface Flags extends GraphOptions {
  readonly month: string;
  readonly out?: string;
}

/** Columns by the names of FOCUS, and where they stand in an answer. */
const COLUMNS = {
  BilledCost: 'billed.amount', EffectiveCost: 'effective.amount', ListCost: 'listCost', ContractedCost: 'contractedCost', BillingCurrency: 'billed.currency', BillingPeriodStart: 'billingPeriodStart', BillingPeriodEnd: 'billingPeriodEnd',
  ChargePeriodStart: 'chargePeriodStart', ChargePeriodEnd: 'chargePeriodEnd', ChargeCategory: 'chargeCategory', ChargeClass: 'chargeClass', ChargeFrequency: 'chargeFrequency', ChargeDescription: 'chargeDescription', ProviderName: 'providerName',
  PublisherName: 'publisherName', InvoiceIssuerName: 'invoiceIssuerName', BillingAccountId: 'billingAccountId', SubAccountId: 'subAccountId', SubAccountName: 'subAccountName', ServiceCategory: 'serviceCategory', ServiceName: 'serviceName',
  ResourceId: 'resourceId', ResourceName: 'resourceName', ResourceType: 'resourceType', RegionId: 'regionId', SkuId: 'skuId', SkuPriceId: 'skuPriceId', PricingQuantity: 'pricingQuantity', PricingUnit: 'pricingUnit', ConsumedQuantity: 'consumedQuantity', ConsumedUnit: 'consumedUnit',
} as const;
/** Amounts, days and words of ours, which no cell of a spreadsheet takes for a formula. */
const OURS = new Set(['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'PricingQuantity', 'ConsumedQuantity']);
const FIELDS = [...new Set(Object.values(COLUMNS).map((path) => path.split('.')[0]!))].map((name) => (name === 'billed' || name === 'effective' ? `${name} { amount currency }` : name)).join(' ');
const QUERY = `query ($month: String!, $after: String) { costRows(filter: { months: [$month] }, orderBy: CHARGED, first: 200, after: $after) { nodes { id month source correctionOf { id } ${FIELDS} tags { key value } } pageInfo { hasNextPage endCursor } } }`;

interface Row extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly month: string;
  readonly source: string;
  readonly correctionOf: { readonly id: string } | null;
  readonly tags: readonly { readonly key: string; readonly value: string | null }[];
}
interface Page {
  readonly costRows: { readonly nodes: readonly Row[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null } };
}

/** `costs export`. */
export function addCostExport(group: Command): void {
  withGraph(group.command('export'))
    .description('print the charges that count in a month, as CSV with the columns of FOCUS; cells that a spreadsheet would take for formulas are guarded')
    .requiredOption('--month <month>', 'such as 2024-09', parseMonth)
    .option('--out <file>', 'write there instead of printing; the file appears when it is whole')
    .action(exportMonth);
}

function parseMonth(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('Give it like 2024-09.');
  return text;
}

async function exportMonth({ month, out, ...options }: Flags): Promise<void> {
  const client = createClient(options);
  if (out === undefined) {
    for await (const text of linesOf(client, month)) if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    return;
  }
  const partial = `${out}.part`;
  try {
    await writeFile(partial, linesOf(client, month));
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw syscall !== undefined && code !== undefined ? new UsageError(`${out} cannot be written (${code}).`, exitCodes.usage.code, { cause: error }) : error;
  }
}

async function* linesOf(client: GraphClient, month: string): AsyncGenerator<string> {
  // with the first charges, so that nothing is printed when they are refused
  let head = csvLine([...Object.keys(COLUMNS), 'Tags', 'x_Id', 'x_Month', 'x_Source', 'x_CorrectionOf'].map((name) => ({ text: name, ours: true })));
  let after: string | null = null;
  do {
    const page: Page = await whenAvailable(() => client.request<Page>(QUERY, { month, after }));
    const { nodes, pageInfo } = page.costRows;
    yield head + nodes.map(lineOf).join('');
    head = '';
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
}

function lineOf(row: Row): string {
  const at = (path: string) => path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], row);
  const cells = Object.entries(COLUMNS).map(([name, path]) => ({ text: String(at(path) ?? ''), ours: OURS.has(name) }));
  const tags = row.tags.length === 0 ? '' : JSON.stringify(Object.fromEntries(row.tags.map(({ key, value }) => [key, value])));
  return csvLine([...cells, { text: tags, ours: false }, { text: row.id, ours: true }, { text: row.month, ours: true }, { text: row.source, ours: false }, { text: row.correctionOf?.id ?? '', ours: true }]);
}
