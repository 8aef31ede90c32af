import { newId } from '@hubgraph/kit/ids';
import type { Refused } from '@hubgraph/kit/refusal';
import { Refused as Refusal } from '@hubgraph/kit/refusal';
import type { Sql } from '@hubgraph/kit/sql';
import { allocate, inOrder } from '../attribution/allocate.ts';
import { fit } from '../attribution/match.ts';
import { format, parse } from '../money/decimal.ts';
import type { AttributionRule, AttributionTarget, Money } from '../model/index.ts';
import { allocations, attributionRules } from '../store/index.ts';
import { weightsIn } from './attribution.ts';
import { draftOf, problemsOf, type RuleInput } from './attribution-rule.ts';

const BATCH = 5_000;
/** More rows than these are not looked at: a preview answers within seconds. */
export const MAX_PREVIEWED = 200_000;

/** What a rule would do to the charges of a month. */
export interface Preview {
  /** Charges that were looked at, after what the database can tell. */
  readonly looked: number;
  /** Charges that fit, and of those the ones that a rule before it takes. */
  readonly fitting: number;
  readonly takenBefore: number;
  /** Charges that would belong to others than now. */
  readonly changing: number;
  /** What each target would get (billed cost), by currency; a target without names is nobody. */
  readonly parts: readonly { readonly target: AttributionTarget; readonly amount: Money }[];
  /** False: there were more charges than are looked at. */
  readonly complete: boolean;
}

/** Tries a rule on a month, closed ones too, and writes nothing. `replaces` is a rule that it would take the place of. */
export async function previewAttribution(sql: Sql, now: Date, input: RuleInput, replaces: string | null, month: string): Promise<Preview | Refused> {
  const draft = draftOf(input);
  const wrong = problemsOf(draft);
  if (wrong.length > 0) return new Refusal(wrong);
  const rule: AttributionRule = { ...draft, id: newId(), name: input.name, retiredAt: null, createdBy: '', createdAt: now, updatedAt: now, version: 1 };
  const rules = inOrder([...(await attributionRules.inForce(sql)).filter(({ id }) => id !== replaces), rule]);
  const weightsOf = await weightsIn(sql, month, rules);
  const sums = new Map<string, { target: AttributionTarget; currency: string; amount: bigint }>();
  const counts = { looked: 0, fitting: 0, takenBefore: 0, changing: 0 };
  let after: string | null = null;
  let more = true;
  while (more && counts.looked < MAX_PREVIEWED) {
    const rows = await allocations.rows(sql, month, after, BATCH, { ...rule.match, since: rule.validFrom, before: rule.validTo });
    const fitting = rows.filter((row) => fit(rule, row) !== null);
    const stored = await allocations.ofRows(sql, fitting.map(({ id }) => id));
    for (const row of fitting) {
      const parts = allocate(row, rules, weightsOf);
      if (parts[0]!.ruleId !== rule.id) {
        counts.takenBefore++;
        continue;
      }
      const names = (all: typeof parts) => JSON.stringify(all.map(({ domain, service, workstream, billedCost, effectiveCost }) => [domain, service, workstream, billedCost, effectiveCost]));
      if (names(stored.get(row.id) ?? []) !== names(parts)) counts.changing++;
      for (const { domain, service, workstream, currency, billedCost } of parts) {
        const key = JSON.stringify([domain, service, workstream, currency]);
        const line = sums.get(key) ?? { target: { domain, service, workstream }, currency, amount: 0n };
        sums.set(key, { ...line, amount: line.amount + parse(billedCost) });
      }
    }
    counts.looked += rows.length;
    counts.fitting += fitting.length;
    after = rows.at(-1)?.id ?? after;
    more = rows.length === BATCH;
  }
  const parts = [...sums.values()].sort((a, b) => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : 0)).map(({ target, currency, amount }) => ({ target, amount: { currency, amount: format(amount) } }));
  return { ...counts, parts, complete: !more };
}
