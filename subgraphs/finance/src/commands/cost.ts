import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { BadRow, type Charge } from '../import/entry.ts';
import { packetOf } from '../import/packet.ts';
import { reportedCharge } from '../import/report.ts';
import { amount, bounded, currency, LONGEST_NAME, required } from '../import/value.ts';
import { addMonths } from '../money/calendar.ts';
import { CHARGE_CATEGORIES, type CostImport, type CostRow } from '../model/index.ts';
import { costImports } from '../store/cost-import.ts';
import type { Work } from './common.ts';
import { importBatch } from './import-batch.ts';

/** One charge, as a person or an agent records it. */
export interface CostInput {
  readonly sourceKey: string;
  readonly provider: string;
  readonly serviceName?: string | null;
  readonly description?: string | null;
  readonly billedCost: string;
  readonly effectiveCost?: string | null;
  readonly currency: string;
  /** First day and the first day after the last one. */
  readonly start: string;
  readonly end?: string | null;
  readonly category?: CostRow['chargeCategory'] | null;
  readonly account?: string | null;
  readonly subAccount?: string | null;
  readonly tags?: readonly { readonly key: string; readonly value: string }[] | null;
}

export interface RecordCostInput {
  readonly source: string;
  /** 1 to 1,000. */
  readonly costs: readonly CostInput[];
}

export const MOST_COSTS = 1_000;
const LONGEST_SOURCE = 200;

/**
 * Records charges, such as an invoice that comes on paper: all of a batch or nothing, with every reason at once. What its source
 * told under the same key before, with the same content, is unchanged; with another content it is corrected.
 */
export async function recordCost(work: Work, input: RecordCostInput): Promise<{ import: CostImport } | Refused> {
  const { source, costs } = input;
  if (costs.length === 0 || costs.length > MOST_COSTS) return new Refused([invalidField(['costs'], `A batch has 1 to ${MOST_COSTS} entries; this one has ${costs.length}.`)]);
  const wrong: MutationErrorData[] = [];
  if (source.trim() === '' || source.length > LONGEST_SOURCE || /\p{Cc}/u.test(source)) wrong.push(invalidField(['source'], `This has 1 to ${LONGEST_SOURCE} printable characters.`));
  const met = new Set<string>();
  const charges: Charge[] = [];
  for (const [index, cost] of costs.entries()) {
    try {
      if (cost.sourceKey.trim() === '') throw new BadRow('sourceKey is missing.');
      if (met.has(cost.sourceKey)) throw new BadRow('An earlier entry of this batch has the same sourceKey.');
      met.add(cost.sourceKey);
      charges.push(chargeOf(cost));
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      wrong.push(invalidField(['costs', String(index)], error.message));
    }
  }
  if (wrong.length > 0) return new Refused(wrong);
  const begun: CostImport = { id: newId(), source, file: 'recordCost', sha256: '', format: 'recordCost', startedAt: work.now, finishedAt: work.now, actor: work.caller.sub, read: costs.length, new: 0, unchanged: 0, corrected: 0, refused: 0 };
  await costImports.insert(work.tx, begun);
  const origin = { source, importId: begun.id };
  const outcome = await importBatch(work, origin, packetOf(origin, charges));
  if (outcome.refused.length > 0) return new Refused(outcome.refused.map(({ line, reason }) => invalidField(['costs', String(line - 1), 'currency'], reason)));
  const counts = { read: costs.length, new: outcome.new, unchanged: outcome.unchanged, corrected: outcome.corrected, refused: 0 };
  await costImports.save(work.tx, begun.id, counts);
  if (outcome.new + outcome.corrected > 0) {
    work.record('costs.imported', { subject: `costimport/${begun.id}`, data: { id: begun.id, source, format: begun.format, new: outcome.new, corrected: outcome.corrected, months: [...outcome.months].sort().slice(0, 120) } });
  }
  return { import: { ...begun, ...counts } };
}

function chargeOf(cost: CostInput): Charge {
  const end = cost.end ?? `${addMonths(cost.start.slice(0, 7), 1)}-01`;
  if (end <= cost.start) throw new BadRow('end is after start.');
  const category = cost.category ?? 'Usage';
  if (!(CHARGE_CATEGORIES as readonly string[]).includes(category)) throw new BadRow(`category is one of ${CHARGE_CATEGORIES.join(', ')}.`);
  const billedCost = required('billedCost', amount('billedCost', cost.billedCost));
  const said = (name: string, text: string | null | undefined, longest?: number) => bounded(name, text?.trim() || null, longest);
  return {
    ...reportedCharge({
      billedCost,
      effectiveCost: amount('effectiveCost', cost.effectiveCost ?? null) ?? billedCost,
      billingCurrency: required('currency', currency('currency', cost.currency)),
      chargePeriodStart: `${cost.start}T00:00:00.000Z`, chargePeriodEnd: `${end}T00:00:00.000Z`, chargeCategory: category, chargeFrequency: null,
      providerName: required('provider', said('provider', cost.provider, LONGEST_NAME)), serviceName: said('serviceName', cost.serviceName, LONGEST_NAME) ?? '(none)', serviceCategory: null, chargeDescription: said('description', cost.description),
      billingAccountId: said('account', cost.account, LONGEST_NAME), subAccountId: said('subAccount', cost.subAccount, LONGEST_NAME),
      tags: Object.fromEntries((cost.tags ?? []).map(({ key, value }) => [key.trim(), bounded(key, value)])),
      identity: [],
    }),
    key: bounded('sourceKey', cost.sourceKey, LONGEST_NAME),
  };
}
