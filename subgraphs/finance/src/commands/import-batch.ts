import { newId } from '@hubgraph/kit/ids';
import { stepOf, type Link } from '../import/chain.ts';
import { amountsOf, withAmounts, type CostAmount } from '../import/line.ts';
import { rowsOf, type Packet } from '../import/packet.ts';
import { addMonths } from '../money/calendar.ts';
import { costRows, type NewCostRow } from '../store/cost-row.ts';
import { costImports } from '../store/cost-import.ts';
import { allocateRows, type RowOfKind } from './attribution.ts';
import type { Work } from './common.ts';
import { holdMonths } from './period.ts';

/** What came of some rows. */
export interface Outcome {
  readonly new: number;
  readonly unchanged: number;
  readonly corrected: number;
  /** In which rows came to count. */
  readonly months: ReadonlySet<string>;
}

/**
 * Brings charges in, in this transaction: new ones, replacements and corrections, with their allocations. Each row counts in its
 * billing period, or in the first open month after it when that is closed; a month that is being closed is waited for.
 */
export async function importBatch(work: Work, from: { readonly source: string; readonly importId: string }, packet: Packet): Promise<Outcome> {
  const { tx } = work;
  const { kinds } = packet;
  const rows = rowsOf(packet);
  await costImports.takeSource(tx, from.source);
  const known = await costImports.isSourceKnown(tx, from.source, from.importId);
  const differing = known ? await costRows.differing(tx, from.source, rows.map(({ key }) => key), rows.map(({ hash }) => hash)) : null;
  const pending = differing === null ? rows : differing.map(({ place }) => rows[place]!);
  const changed = differing === null ? [] : differing.flatMap(({ place, known: told }) => (told ? [rows[place]!.key] : []));
  const chains = await costRows.chains(tx, from.source, changed);
  const lengths = await costRows.lengths(tx, from.source, changed);
  const openFrom = await openMonths(work, [...new Set([...pending.map(({ kind }) => kinds[kind]!.month), ...[...chains.values()].map((chain) => chain.at(-1)!.month)])]);

  const none: readonly Link<CostAmount>[] = [];
  const replaced: string[] = [];
  const inserted: NewCostRow[] = [];
  const parts: RowOfKind[] = [];
  let corrected = 0;
  for (const { key, hash, line, kind } of pending) {
    const chain = chains.get(key) ?? none;
    const amounts = amountsOf(line);
    const step = stepOf<CostAmount>({ contentHash: hash, month: kinds[kind]!.month, amounts }, chain, openFrom);
    if (step.kind === 'unchanged') continue;
    const row = { id: newId(), month: step.month };
    if (step.kind === 'new') inserted.push({ ...row, contentHash: hash, correctionOfId: null, line });
    else {
      corrected++;
      if (step.replaces !== null) replaced.push(step.replaces);
      inserted.push({ ...row, contentHash: `${hash}#${lengths.get(key) ?? 0}`, correctionOfId: step.of, line: withAmounts(line, step.amounts) });
    }
    const { billedCost, effectiveCost } = step.kind === 'new' ? amounts : step.amounts;
    parts.push({ ...row, kind, billedCost: billedCost!, effectiveCost: effectiveCost! });
  }
  await costRows.replace(tx, replaced);
  await costRows.insert(tx, from.source, from.importId, inserted);
  if (inserted.length > 0 || replaced.length > 0) await allocateRows(work, kinds, parts, replaced);
  return { new: inserted.length - corrected, unchanged: rows.length - inserted.length, corrected, months: new Set(inserted.map(({ month }) => month)) };
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
