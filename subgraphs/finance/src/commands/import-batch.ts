import { newId } from '@hubgraph/kit/ids';
import type { Tx } from '@hubgraph/kit/sql';
import { stepOf, type Link } from '../import/chain.ts';
import { amountsOf, changedLine, currencyOf, headOf, type CostAmount } from '../import/line.ts';
import { HASH_LENGTH, hashesOf, keysOf, lineAt, startOf, type Origin, type Packet, type Refusal } from '../import/packet.ts';
import { addMonths } from '../money/calendar.ts';
import { costRows } from '../store/cost-row.ts';
import { costImports } from '../store/cost-import.ts';
import { allocateRows, type RowsOfKinds } from './attribution.ts';
import type { Work } from './common.ts';
import { holdMonths } from './period.ts';

/** What came of some rows. */
export interface Outcome {
  readonly new: number;
  readonly unchanged: number;
  readonly corrected: number;
  /** Rows that cannot be brought in beside those that stay. */
  readonly refused: readonly Refusal[];
  /** In which rows came to count. */
  readonly months: ReadonlySet<string>;
}

/**
 * Brings charges in, in this transaction: new ones, replacements and corrections, with their allocations. Each row counts in its
 * billing period, or in the first open month after it when that is closed; a month that is being closed is waited for.
 */
export async function importBatch(work: Work, { source, importId }: Origin, packet: Packet): Promise<Outcome> {
  const { tx } = work;
  const { kinds, kindOf, lines, ends, heads, size } = packet;
  await costImports.takeSource(tx, source);
  const { pending, chains, lengths } = (await costImports.isSourceKnown(tx, source, importId)) ? await compared(tx, source, packet) : allNew(size);
  const openFrom = await openMonths(work, [...new Set([...pending.map((row) => kinds[kindOf[row]!]!.month), ...[...chains.values()].map((chain) => chain.at(-1)!.month)])]);

  const replaced: string[] = [];
  const written: Uint8Array[] = [];
  const rows: RowsOfKinds['rows'][number][] = [];
  const months = new Set<string>();
  const refused: Refusal[] = [];
  let corrected = 0;
  // rows that are written as they came, one behind the other, are one piece
  let piece = { start: 0, end: 0 };
  const cut = () => {
    if (piece.end > piece.start) written.push(lines.subarray(piece.start, piece.end));
  };
  for (const row of pending) {
    const kind = kindOf[row]!;
    const billed = kinds[kind]!.month;
    const chain = chains.get(row);
    const start = startOf(packet, row);
    if (chain === undefined && openFrom(billed) === billed) {
      if (piece.end === start) piece.end = ends[row]!;
      else {
        cut();
        piece = { start, end: ends[row]! };
      }
      rows.push({ kind, month: billed, bytes: lines, start, end: start + heads[row]! });
      months.add(billed);
      continue;
    }
    const line = lineAt(packet, row);
    const amounts = amountsOf(line);
    const contentHash = packet.hashes.slice(row * HASH_LENGTH, (row + 1) * HASH_LENGTH);
    const step = stepOf<CostAmount>({ contentHash, month: billed, currency: currencyOf(line), amounts }, chain ?? [], openFrom);
    if (step.kind === 'unchanged') continue;
    if (step.kind === 'refused') {
      refused.push({ line: packet.numbers[row]!, reason: step.reason });
      continue;
    }
    // made here and not where the file is read: the rows of a key are in the order of their ids
    const id = newId();
    const changed = step.kind === 'new'
      ? { id, amounts, month: step.month, contentHash, correctionOfId: null }
      : { id, amounts: step.amounts, month: step.month, contentHash: `${contentHash}#${lengths.get(row) ?? 0}`, correctionOfId: step.of };
    if (step.kind === 'corrected') {
      corrected++;
      if (step.replaces !== null) replaced.push(step.replaces);
    }
    written.push(Buffer.from(`${changedLine(line, changed)}\n`));
    const bytes = Buffer.from(headOf(id, changed.amounts as Record<'billedCost' | 'effectiveCost', string>));
    rows.push({ kind, month: step.month, bytes, start: 0, end: bytes.length });
    months.add(step.month);
  }
  cut();
  await costRows.replace(tx, replaced);
  await costRows.insert(tx, written);
  if (rows.length > 0) await allocateRows(work, { kinds, rows }, replaced);
  return { new: rows.length - corrected, unchanged: size - rows.length - refused.length, corrected, refused, months };
}

/** What has to be looked at: places of rows, and of those whose key is known the rows of it that count, and how many it ever had. */
interface Compared {
  readonly pending: readonly number[];
  readonly chains: ReadonlyMap<number, readonly Link<CostAmount>[]>;
  readonly lengths: ReadonlyMap<number, number>;
}

function allNew(size: number): Compared {
  return { pending: Array.from({ length: size }, (_, row) => row), chains: new Map(), lengths: new Map() };
}

async function compared(tx: Tx, source: string, packet: Packet): Promise<Compared> {
  const keys = keysOf(packet);
  const differing = await costRows.differing(tx, source, keys, hashesOf(packet));
  const changed = differing.filter(({ known }) => known).map(({ place }) => place);
  const [chains, lengths] = [await costRows.chains(tx, source, changed.map((row) => keys[row]!)), await costRows.lengths(tx, source, changed.map((row) => keys[row]!))];
  return { pending: differing.map(({ place }) => place), chains: new Map(changed.map((row) => [row, chains.get(keys[row]!)!])), lengths: new Map(changed.map((row) => [row, lengths.get(keys[row]!)!])) };
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
