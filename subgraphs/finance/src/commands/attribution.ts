import { allocate, inOrder, type WeightsOf } from '../attribution/allocate.ts';
import type { AllocatedRow, AttributedBy } from '../attribution/match.ts';
import type { Sql } from '@hubgraph/kit/sql';
import type { Swept } from '@hubgraph/kit/sweep';
import { headOf } from '../import/line.ts';
import { Lines } from '../import/lines.ts';
import type { Allocation, AttributionRule } from '../model/index.ts';
import { allocationRest } from '../store/allocation.ts';
import { allocations, attributionRules } from '../store/index.ts';
import { reallocations, type Reallocation } from '../store/reallocation.ts';
import type { Work } from './common.ts';

export type { AllocatedRow } from '../attribution/match.ts';

/** Rows that are allocated anew in one transaction. */
export const REALLOCATED_AT_ONCE = 1_000;

/** New rows by the place of their kind: the rows of one kind are divided alike. */
export interface RowsOfKinds {
  readonly kinds: readonly AttributedBy[];
  /** The month that it counts in, and the head of its line: the bytes of `bytes` from `start` to `end`. */
  readonly rows: readonly { readonly kind: number; readonly month: string; readonly bytes: Uint8Array; readonly start: number; readonly end: number }[];
}

/**
 * Writes to whom new rows belong, in the transaction that writes the rows and after them. `replaced` are the ids of rows that
 * count no more from now on: their parts go. Call it once for a batch.
 *
 * What a SHARE rule divides by cost or tokens is not known before the month's other rows are: it stays without target, under the
 * name of its rule, and the months are noted for {@link reallocate}. So the order of imports changes nothing.
 */
export async function allocateRows(work: Work, given: RowsOfKinds, replaced: readonly string[] = []): Promise<void> {
  const { tx } = work;
  await attributionRules.lockForUse(tx);
  const rules = inOrder(await attributionRules.inForce(tx));
  await allocations.remove(tx, replaced);
  await allocations.insertLines(tx, linesOf(given, rules));
  if (rules.some(follows)) await reallocations.requestShares(tx, given.rows.map(({ month }) => month), work.caller.sub, work.now);
}

/** The lines of the rows' parts; rules are asked once for each kind, and again only for rows that have several parts. */
function linesOf({ kinds, rows }: RowsOfKinds, rules: readonly AttributionRule[]): Uint8Array {
  const lines = new Lines(rows.length * 200);
  const known: ({ readonly month: string; readonly rest: Buffer | null } | undefined)[] = [];
  for (const { kind, month, bytes, start, end } of rows) {
    let same = known[kind];
    if (same?.month !== month) {
      const parts = allocate({ ...kinds[kind]!, id: '', month, billedCost: '0', effectiveCost: '0' }, rules, () => null);
      same = known[kind] = { month, rest: parts.length === 1 ? Buffer.from(allocationRest(parts[0]!)) : null };
    }
    if (same.rest === null) {
      const [id = '', billedCost = '', effectiveCost = ''] = Buffer.from(bytes.subarray(start, end)).toString().split('\t');
      for (const part of allocate({ ...kinds[kind]!, id, month, billedCost, effectiveCost }, rules, () => null)) lines.add(`${headOf(id, part)}${allocationRest(part)}`);
    } else {
      lines.addBytes(bytes, start, end);
      lines.addBytes(same.rest, 0, same.rest.length);
    }
  }
  return lines.view();
}

/** Whether a rule divides by what others were given, so that it has to wait for them. */
export function follows(rule: AttributionRule): boolean {
  return rule.kind === 'SHARE' && rule.measure?.of !== 'NUMBERS';
}

/** What the shares of rules follow in a month, as it stands. */
export async function weightsIn(sql: Sql, month: string, rules: readonly AttributionRule[]): Promise<WeightsOf> {
  const weighed = await allocations.weigh(sql, month, rules.filter(follows).map(({ id, measure, targets }) => ({ ruleId: id, of: measure!.of as 'COST' | 'TOKENS', targets })));
  return ({ id, measure }, row) => weighed.get(`${id} ${measure?.of === 'TOKENS' ? '*' : row.billingCurrency}`) ?? null;
}

/** Notes open months whose charges shares divide: what the shares follow may have changed without a charge, as tokens do. */
export async function followShares(work: Work): Promise<{ swept: Swept }> {
  const rules = (await attributionRules.inForce(work.tx)).filter(follows);
  const months = rules.length === 0 ? [] : await allocations.openMonthsOf(work.tx, rules.map(({ id }) => id));
  await reallocations.requestShares(work.tx, months, work.caller.sub, work.now);
  return { swept: { done: months.length, more: false } };
}

/**
 * Allocates the next batch of the months that are noted: all rows by all rules first, then those that shares of cost or tokens
 * divide. Writes only what differs. A month that is closed waits until it is reopened; safe to repeat, and beside imports.
 *
 * Locks in the order of imports (month, rows, rules, note), so that none waits for the other in a circle.
 */
export async function reallocate(work: Work): Promise<{ swept: Swept }> {
  const { tx } = work;
  const pending = await reallocations.next(tx);
  if (pending === null) return { swept: { done: 0, more: false } };
  // closed just now: the next call does not find it
  if (!(await reallocations.holdOpen(tx, pending.month))) return { swept: { done: 0, more: true } };
  const sharing = pending.pass === 1 ? null : (await attributionRules.inForce(tx)).filter(follows).map(({ id }) => id);
  const rows = await allocations.lockRows(tx, pending.month, pending.after, REALLOCATED_AT_ONCE, sharing);
  await attributionRules.lockForUse(tx);
  const rules = inOrder(await attributionRules.inForce(tx));
  await rewrite(work, pending, rows, rules);
  await goOn(work, pending, rows, rules);
  return { swept: { done: rows.length, more: true } };
}

async function rewrite({ tx }: Work, { month, pass }: Reallocation, rows: readonly AllocatedRow[], rules: readonly AttributionRule[]): Promise<void> {
  if (rows.length === 0) return;
  const weightsOf: WeightsOf = pass === 1 ? () => null : await weightsIn(tx, month, rules);
  const waiting = new Set(rules.filter(follows).map(({ id }) => id));
  const stored = await allocations.ofRows(tx, rows.map(({ id }) => id));
  const differing = rows.flatMap((row) => {
    const before = stored.get(row.id) ?? [];
    const after = allocate(row, rules, weightsOf);
    // what shares divide is divided as before until the second pass
    const waits = pass === 1 && waiting.has(after[0]?.ruleId ?? '') && before[0]?.ruleId === after[0]?.ruleId;
    return waits || same(before, after) ? [] : [{ id: row.id, after }];
  });
  await allocations.remove(tx, differing.map(({ id }) => id));
  await allocations.insert(tx, differing.flatMap(({ after }) => after));
}

async function goOn({ tx }: Work, pending: Reallocation, rows: readonly AllocatedRow[], rules: readonly AttributionRule[]): Promise<void> {
  if (rows.length === REALLOCATED_AT_ONCE) await reallocations.advance(tx, pending, pending.pass, rows.at(-1)!.id);
  else if (pending.pass === 1 && rules.some(follows)) await reallocations.advance(tx, pending, 2, null);
  else await reallocations.finish(tx, pending);
}

const COMPARED = ['part', 'ruleId', 'domain', 'service', 'workstream', 'ratio', 'billedCost', 'effectiveCost', 'month', 'day', 'providerName', 'currency'] as const satisfies (keyof Allocation)[];

function same(before: readonly Allocation[], after: readonly Allocation[]): boolean {
  return before.length === after.length && before.every((part, index) => COMPARED.every((name) => part[name] === after[index]![name]));
}
