import { isSlug, lineProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { decimalProblem, isNegative, plain } from '../money/decimal.ts';
import type { TokenSpend } from '../model/index.ts';
import { tokenSpends } from '../store/token-spend.ts';
import type { Work } from './common.ts';
import { recordUsage, type PricedUsage } from './token-batch.ts';

/** One use of a model, as an agent reports it. */
export interface TokenSpendInput {
  readonly sourceKey: string;
  readonly provider: string;
  readonly model: string;
  readonly at: Date;
  /** Uncached. */
  readonly input: number;
  readonly cachedInput?: number | null;
  readonly cacheWrite?: number | null;
  readonly output: number;
  readonly cost: string;
  readonly currency: string;
  readonly session?: string | null;
  readonly domain?: string | null;
  readonly service?: string | null;
  readonly workstream?: string | null;
}

export interface RecordTokenSpendInput {
  readonly source: string;
  /** 1 to 1,000. */
  readonly spend: readonly TokenSpendInput[];
}

/** What came of a batch: the rows that count, in its order. */
export interface TokenBatch {
  readonly spend: readonly TokenSpend[];
  readonly recorded: number;
  readonly unchanged: number;
  readonly corrected: number;
}

export const MOST_SPEND = 1_000;
/** Clocks differ; further ahead is a mistake. */
const AHEAD = 5 * 60_000;
const LONGEST = 200;

/**
 * Records what models were used for: all of a batch or nothing, with every reason at once. What its source told under the same
 * key before, with the same content, is unchanged; with another content it is corrected.
 */
export async function recordTokenSpend(work: Work, input: RecordTokenSpendInput): Promise<{ batch: TokenBatch } | Refused> {
  const given = input.spend;
  if (given.length === 0 || given.length > MOST_SPEND) return new Refused([invalidField(['spend'], `A batch has 1 to ${MOST_SPEND} entries; this one has ${given.length}.`)]);
  const met = new Set<string>();
  const wrong = [...wordProblems('source', input.source), ...given.flatMap((entry, index) => problemsOf(entry, work.now, met).map((problem) => ({ ...problem, path: ['input', 'spend', String(index), ...problem.path.slice(1)] })))];
  if (wrong.length > 0) return new Refused(wrong);
  const rows = given.map((entry): PricedUsage => ({
    key: entry.sourceKey, provider: entry.provider, model: entry.model, at: entry.at.toISOString(),
    input: BigInt(entry.input), cachedInput: BigInt(entry.cachedInput ?? 0), cacheWrite: BigInt(entry.cacheWrite ?? 0), output: BigInt(entry.output),
    cost: plain(entry.cost), currency: entry.currency, session: entry.session ?? null, domain: entry.domain ?? null, service: entry.service ?? null, workstream: entry.workstream ?? null,
  }));
  const outcome = await recordUsage(work, { source: input.source, importId: null }, rows);
  if (outcome.refused.length > 0) return new Refused(outcome.refused.map(({ line, reason }) => invalidField(['spend', String(line)], reason)));
  if (outcome.new + outcome.corrected > 0) {
    const id = newId();
    work.record('tokens.recorded', { subject: `costimport/${id}`, data: { id, source: input.source, format: 'recordTokenSpend', new: outcome.new, corrected: outcome.corrected, months: [...outcome.months].sort().slice(0, 120) } });
  }
  const stored = await tokenSpends.byIds(work.tx, outcome.ids);
  return { batch: { spend: outcome.ids.map((id) => stored.get(id)!), recorded: outcome.new, unchanged: outcome.unchanged, corrected: outcome.corrected } };
}

function problemsOf(entry: TokenSpendInput, now: Date, met: Set<string>): MutationErrorData[] {
  const problems = (['sourceKey', 'provider', 'model'] as const).flatMap((name) => wordProblems(name, entry[name]));
  if (met.has(entry.sourceKey)) problems.push(invalidField(['sourceKey'], 'An earlier entry of this batch has the same key.'));
  met.add(entry.sourceKey);
  for (const name of ['input', 'cachedInput', 'cacheWrite', 'output'] as const) if ((entry[name] ?? 0) < 0) problems.push(invalidField([name], 'A number of tokens is not negative.'));
  if (entry.at.getTime() > now.getTime() + AHEAD) problems.push(invalidField(['at'], 'A use is at most 5 minutes ahead of the hub\'s clock.'));
  if (entry.at.getUTCFullYear() < 2000) problems.push(invalidField(['at'], 'A use is from this century.'));
  problems.push(...costProblems(entry.cost));
  if (!/^[A-Z]{3}$/.test(entry.currency)) problems.push(invalidField(['currency'], 'A currency is a code such as USD.'));
  if (entry.session != null) problems.push(...wordProblems('session', entry.session));
  for (const name of ['domain', 'service'] as const) if (entry[name] != null && !isSlug(entry[name])) problems.push(invalidField([name], 'This is a slug.'));
  if (entry.workstream != null) problems.push(...wordProblems('workstream', entry.workstream));
  return problems;
}

function costProblems(cost: string): MutationErrorData[] {
  const bad = decimalProblem(cost) ?? (isNegative(cost) ? 'A cost is not negative.' : null);
  return bad === null ? [] : [invalidField(['cost'], bad)];
}

function wordProblems(name: string, text: string): MutationErrorData[] {
  return lineProblems(name, text).length > 0 || text.length > LONGEST || /\p{Cc}/u.test(text) ? [invalidField([name], `This has 1 to ${LONGEST} printable characters.`)] : [];
}
