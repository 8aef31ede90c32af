// OpenCost's allocations (/allocation, and Kubecost's of the same shape): a list of sets, each by name.
import type { Decimal } from '../model/index.ts';
import { BadRow, BrokenFile, type Bytes, type Charge, type Entry } from './entry.ts';
import { documentsOf, listOf, objectOf, wordOf, type JsonObject } from './json.ts';
import { reportedCharge } from './report.ts';
import { LONGEST_NAME, bounded, measure, required, time } from './value.ts';

const PLACES = ['cluster', 'node', 'namespace', 'controllerKind', 'controller', 'pod', 'container'] as const;
const PARTS = ['cpuCost', 'gpuCost', 'ramCost', 'pvCost', 'networkCost', 'loadBalancerCost', 'sharedCost', 'externalCost'] as const;

/**
 * The charges of an allocation answer, in the currency that the cluster is priced in, which the answer does not tell. Amounts
 * are floats there: what is behind the 18th place is rounded, half to even. What is idle or unallocated in the cluster is a
 * charge too. Labels are tags.
 */
export async function* readOpencost(bytes: Bytes, currency: string): AsyncGenerator<Entry<Charge>[]> {
  let line = 0;
  for (const document of await documentsOf(bytes)) {
    const answer = objectOf(document);
    if (answer === null || !Array.isArray(answer.data)) throw new BrokenFile('The answer has no list data of allocations.');
    for (const set of listOf(answer.data)) {
      const entries: Entry<Charge>[] = [];
      for (const [name, value] of Object.entries(objectOf(set) ?? {})) {
        line++;
        try {
          const allocation = objectOf(value);
          if (allocation === null) throw new BadRow('An allocation is an object.');
          entries.push({ line, row: chargeOf(name, allocation, currency) });
        } catch (error) {
          if (!(error instanceof BadRow)) throw error;
          entries.push({ line, problem: error.message });
        }
      }
      yield entries;
    }
  }
}

function chargeOf(name: string, allocation: JsonObject, currency: string): Charge {
  const window = objectOf(allocation.window);
  const at = (field: 'start' | 'end') => required(field, time(field, wordOf(window?.[field]) ?? wordOf(allocation[field])));
  const properties = objectOf(allocation.properties) ?? {};
  const said = (field: (typeof PLACES)[number]) => bounded(field, wordOf(properties[field]), LONGEST_NAME);
  const parts = PARTS.map((field): [string, Decimal | null] => [field, measure(field, wordOf(allocation[field]))]);
  const labels = Object.entries(objectOf(properties.labels) ?? {}).map(([label, value]): [string, string | null] => [label.trim(), wordOf(value)]);
  const places = PLACES.map((field): [string, string | null] => [field, said(field)]);
  return reportedCharge({
    chargePeriodStart: at('start'), chargePeriodEnd: at('end'),
    billedCost: required('totalCost', measure('totalCost', wordOf(allocation.totalCost))),
    billingCurrency: currency,
    providerName: 'OpenCost', serviceName: said('namespace') ?? bounded('name', name, LONGEST_NAME)!, serviceCategory: 'Compute',
    billingAccountId: said('cluster'), subAccountId: said('namespace'), resourceId: bounded('name', name), resourceName: said('controller'), resourceType: said('controllerKind'),
    tags: Object.fromEntries(labels), more: Object.fromEntries([...places, ...parts].filter(([, value]) => value !== null)),
    identity: ['opencost', name, ...places.map(([, value]) => value)],
  });
}
