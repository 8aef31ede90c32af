import type { Allocation, CostRow } from '../model.ts';
import { allocations } from '../store/index.ts';
import type { Work } from './common.ts';

/** What of a row decides to whom it belongs. */
export type AllocatedRow = Pick<CostRow, 'id' | 'month' | 'day' | 'billedCost' | 'effectiveCost' | 'billingCurrency' | 'providerName' | 'serviceName' | 'billingAccountId' | 'subAccountId' | 'tags' | 'more'>;

/**
 * Writes to whom new rows belong, in the transaction that writes the rows and after them. `replaced` are the ids of rows
 * that count no more from now on: their parts go. Call it once for a batch.
 */
export async function allocateRows(work: Work, rows: readonly AllocatedRow[], replaced: readonly string[] = []): Promise<void> {
  await allocations.remove(work.tx, replaced);
  await allocations.insert(work.tx, rows.map((row): Allocation => ({ rowId: row.id, part: 0, ruleId: null, domain: null, service: null, workstream: null, ratio: '1', billedCost: row.billedCost, effectiveCost: row.effectiveCost, month: row.month, day: row.day, providerName: row.providerName, currency: row.billingCurrency })));
}
