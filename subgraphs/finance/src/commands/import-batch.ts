import { newId } from '@hubgraph/kit/ids';
import { bareHash, stepOf, type Link, type Step } from '../import/chain.ts';
import type { Charge } from '../import/entry.ts';
import { contentHashOf } from '../import/identity.ts';
import { addMonths } from '../money/calendar.ts';
import { COST_AMOUNTS, costRows, type CostAmount, type NewCostRow } from '../store/cost-row.ts';
import { costImports } from '../store/cost-import.ts';
import { allocateRows } from './attribution.ts';
import type { Work } from './common.ts';
import { holdMonths } from './period.ts';

/** A charge with the key that it has within its source. */
export interface KeyedCharge {
  readonly rowKey: string;
  readonly charge: Charge;
}

/** What came of some rows. */
export interface Outcome {
  readonly new: number;
  readonly unchanged: number;
  readonly corrected: number;
  /** In which rows came to count. */
  readonly months: ReadonlySet<string>;
}

/**
 * Brings charges in, in this transaction: new ones, replacements and corrections, with their allocations. The keys differ from
 * each other. Each row counts in its billing period, or in the first open month after it when that is closed; a month that is
 * being closed is waited for.
 */
export async function importBatch(work: Work, from: { readonly source: string; readonly importId: string }, batch: readonly KeyedCharge[]): Promise<Outcome> {
  const { tx } = work;
  await costImports.takeSource(tx, from.source);
  const known = await costImports.isSourceKnown(tx, from.source, from.importId);
  const chains = known ? await costRows.chains(tx, from.source, batch.map(({ rowKey }) => rowKey)) : new Map<string, Link<CostAmount>[]>();
  const rows = batch.map(({ rowKey, charge }) => ({ rowKey, charge, contentHash: contentHashOf(charge), month: charge.billingPeriodStart.slice(0, 7), chain: chains.get(rowKey) ?? [] }));
  const pending = rows.filter(({ contentHash, chain }) => chain.length === 0 || bareHash(chain.at(-1)!.contentHash) !== contentHash);
  const openFrom = await openMonths(work, pending.flatMap(({ month, chain }) => [month, ...chain.slice(-1).map((link) => link.month)]));

  const changed = pending.filter(({ chain }) => chain.length > 0).map(({ rowKey }) => rowKey);
  const lengths = await costRows.lengths(tx, from.source, changed);
  const replaced: string[] = [];
  const inserted: NewCostRow[] = [];
  let corrected = 0;
  for (const { rowKey, charge, contentHash, month, chain } of pending) {
    const step: Step<CostAmount> = stepOf({ contentHash, month, amounts: amountsOf(charge) }, chain, openFrom);
    if (step.kind === 'unchanged') continue;
    const { key: _key, ...columns } = charge;
    const row = { ...columns, id: newId(), rowKey, day: charge.chargePeriodStart.slice(0, 10), month: step.month };
    if (step.kind === 'new') inserted.push({ ...row, contentHash, correctionOfId: null });
    else {
      corrected++;
      if (step.replaces !== null) replaced.push(step.replaces);
      inserted.push({ ...row, ...(step.amounts as Pick<Charge, CostAmount>), contentHash: `${contentHash}#${lengths.get(rowKey) ?? 0}`, correctionOfId: step.of });
    }
  }
  await costRows.replace(tx, replaced);
  await costRows.insert(tx, from.source, from.importId, inserted);
  if (inserted.length > 0 || replaced.length > 0) await allocateRows(work, inserted, replaced);
  return { new: inserted.length - corrected, unchanged: batch.length - inserted.length, corrected, months: new Set(inserted.map(({ month }) => month)) };
}

function amountsOf(charge: Charge): Pick<Charge, CostAmount> {
  return Object.fromEntries(COST_AMOUNTS.map((name) => [name, charge[name]])) as Pick<Charge, CostAmount>;
}

/** Holds months until the transaction ends, so that a month that is being closed is waited for; answers the first month from one on that is not closed. */
export async function openMonths(work: Work, months: readonly string[]): Promise<(month: string) => string> {
  const held = new Map(await holdMonths(work, months));
  const openFrom = (month: string) => {
    let open = month;
    while (held.get(open)?.status === 'CLOSED') open = addMonths(open, 1);
    return open;
  };
  for (;;) {
    const unknown = [...new Set(months.map(openFrom))].filter((month) => !held.has(month));
    if (unknown.length === 0) return openFrom;
    for (const [month, period] of await holdMonths(work, unknown)) held.set(month, period);
  }
}
