import { createHash } from 'node:crypto';
import type { Caller } from '@hubgraph/kit/change';
import { newId } from '@hubgraph/kit/ids';
import { BadRow, BrokenFile, type Bytes, type Entry, type TokenFormat, type Usage } from '../import/entry.ts';
import { readUsage } from '../import/formats.ts';
import { Occurrences } from '../import/identity.ts';
import { MOST_REFUSALS, type Refusal } from '../import/packet.ts';
import { costOf, type PriceList } from '../import/prices.ts';
import { costImports } from '../store/cost-import.ts';
import type { FinanceChanges, Work } from './common.ts';
import type { ImportReport } from './import.ts';
import { recordUsage, type PricedUsage } from './token-batch.ts';

/** What is imported, and by which prices. */
export interface TokenImportRequest {
  readonly source: string;
  readonly file: string;
  readonly format: TokenFormat;
  /** Without it, and for models that it does not have, the cost is 0: the provider's cost report brings it as charges. */
  readonly prices?: PriceList;
  readonly dryRun?: boolean;
}

/** What came of an import of usage. */
export interface TokenImportReport extends ImportReport {
  /** Rows whose cost is 0 because nobody gave a price of their model. */
  readonly unpriced: number;
}

const BATCH = 2_000;

interface LinedUsage extends PricedUsage {
  readonly line: number;
}

/** Imports a usage report, as importCosts imports charges. Throws what that throws. */
export async function importTokens(changes: FinanceChanges, caller: Caller, request: TokenImportRequest, bytes: Bytes, sha256: () => string): Promise<TokenImportReport> {
  const importId = newId();
  const { source, file, format, prices, dryRun = false } = request;
  const run = <Result extends object>(command: (work: Work) => Promise<Result>) =>
    changes.run(caller, { name: 'importTokens', scopes: [['finance:write']], input: { dryRun } }, command).then(({ result }) => result!);
  await run(async (work) => {
    await costImports.insert(work.tx, { id: importId, source, file, sha256: '', format, startedAt: work.now, finishedAt: null, actor: work.caller.sub, read: 0, new: 0, unchanged: 0, corrected: 0, refused: 0 });
    return {};
  });
  const counts = { read: 0, new: 0, unchanged: 0, corrected: 0, refused: 0 };
  const months = new Set<string>();
  const refusals: Refusal[] = [];
  const met = new Occurrences();
  let unpriced = 0;
  let broken: Refusal | null = null;
  const flush = async (rows: readonly LinedUsage[]) => {
    const outcome = await run((work) => recordUsage(work, { source, importId }, rows));
    counts.refused += outcome.refused.length;
    refusals.push(...outcome.refused.slice(0, Math.max(0, MOST_REFUSALS - refusals.length)).map(({ line, reason }) => ({ line: rows[line]!.line, reason })));
    counts.new += outcome.new;
    counts.unchanged += outcome.unchanged;
    counts.corrected += outcome.corrected;
    for (const month of outcome.months) months.add(month);
  };
  const take = (entry: Entry<Usage>): LinedUsage | Refusal => {
    if ('problem' in entry) return { line: entry.line, reason: entry.problem };
    const { row } = entry;
    const digest = createHash('sha256').update(row.key).digest();
    if (met.next(digest) > 0) return { line: entry.line, reason: 'An earlier result of this file is of the same time, model and groups.' };
    try {
      const cost = row.cost ?? (prices === undefined ? null : costOf(row, prices));
      if (cost === null) unpriced++;
      return { ...row, line: entry.line, cost: cost ?? '0', currency: row.currency ?? prices?.currency ?? 'USD' };
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      return { line: entry.line, reason: error.message };
    }
  };
  let rows: LinedUsage[] = [];
  try {
    for await (const entries of readUsage(format, bytes)) {
      for (const entry of entries) {
        counts.read++;
        const taken = take(entry);
        if ('reason' in taken) {
          counts.refused++;
          if (refusals.length < MOST_REFUSALS) refusals.push(taken);
        } else if (rows.push(taken) >= BATCH) {
          await flush(rows);
          rows = [];
        }
      }
    }
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    broken = { line: error.line, reason: error.message };
  }
  if (rows.length > 0) await flush(rows);
  if (!dryRun) {
    await run(async (work) => {
      await costImports.save(work.tx, importId, { ...counts, ...(broken === null && { finishedAt: work.now, sha256: sha256() }) });
      if (counts.new + counts.corrected > 0) work.record('tokens.recorded', { subject: `costimport/${importId}`, data: { id: importId, source, format, new: counts.new, corrected: counts.corrected, months: [...months].sort().slice(0, 120) } });
      return {};
    });
  }
  return { ...counts, importId: dryRun ? null : importId, months: [...months].sort(), refusals, broken, unpriced };
}
