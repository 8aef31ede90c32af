import type { Caller } from '@hubgraph/kit/change';
import { newId } from '@hubgraph/kit/ids';
import type { Bytes, Charge, CostFormat, Entry } from '../import/entry.ts';
import { BrokenFile } from '../import/entry.ts';
import { readCharges } from '../import/formats.ts';
import { identityOf, Occurrences } from '../import/identity.ts';
import type { Mapping } from '../import/mapping.ts';
import { costImports, type ImportCounts } from '../store/cost-import.ts';
import type { FinanceChanges, Work } from './common.ts';
import { importBatch, type KeyedCharge, type Outcome } from './import-batch.ts';

/** What is imported, and as what. */
export interface ImportRequest {
  /** Where the rows come from: keys of rows are unique within it. */
  readonly source: string;
  readonly file: string;
  readonly format: CostFormat;
  readonly mapping?: Mapping;
  /** Of formats that do not tell one. */
  readonly currency?: string;
  readonly dryRun?: boolean;
}

/** A row that was refused. */
export interface Refusal {
  readonly line: number;
  readonly reason: string;
}

/** What came of an import. */
export interface ImportReport extends ImportCounts {
  /** Null of a dry run. */
  readonly importId: string | null;
  readonly months: readonly string[];
  /** The first ones; `refused` counts all. */
  readonly refusals: readonly Refusal[];
  /** Where the file broke; what is before it came in. Null: all was read. */
  readonly broken: Refusal | null;
}

/** Rows of one transaction: enough that its cost is shared, few enough that a closing month waits for no more than a moment. */
const BATCH = 2_000;
export const MOST_REFUSALS = 1_000;
const SCOPES = [['finance:write']] as const;

/**
 * Imports a file while it is read, with a bounded part of it in memory: one batch is written while the next is read. Every
 * batch is a transaction of its own; a file that is imported again, after an interruption or by mistake, changes nothing that is
 * there already.
 *
 * @throws PublicError `FORBIDDEN` without the scope `finance:write`, and whatever the database throws; batches before stay
 */
export async function importCosts(changes: FinanceChanges, caller: Caller, request: ImportRequest, bytes: Bytes, sha256: () => string): Promise<ImportReport> {
  const importId = newId();
  const { source, file, format, dryRun = false } = request;
  const run = <Result extends object>(command: (work: Work) => Promise<Result>) =>
    changes.run(caller, { name: 'importCosts', scopes: SCOPES.map((all) => [...all]), input: { dryRun } }, command).then(({ result }) => result!);
  await run(async (work) => {
    await costImports.insert(work.tx, { id: importId, source, file, sha256: '', format, startedAt: work.now, finishedAt: null, actor: work.caller.sub, read: 0, new: 0, unchanged: 0, corrected: 0, refused: 0 });
    return {};
  });

  const counts = { read: 0, new: 0, unchanged: 0, corrected: 0, refused: 0 };
  const months = new Set<string>();
  const refusals: Refusal[] = [];
  let broken: Refusal | null = null;
  const write = async (rows: readonly KeyedCharge[]): Promise<void> => {
    const outcome: Outcome = await run(async (work) => {
      const came = await importBatch(work, { source, importId }, rows);
      if (!dryRun) await costImports.save(work.tx, importId, plus(counts, came));
      return came;
    });
    Object.assign(counts, plus(counts, outcome));
    for (const month of outcome.months) months.add(month);
  };

  let under: Promise<void> = Promise.resolve();
  const flush = async (rows: readonly KeyedCharge[]) => {
    await under;
    under = write(rows);
    // told by the next await of it; without this, Node would take it for unhandled until then
    under.catch(() => undefined);
  };
  const keys = keyer();
  let rows: KeyedCharge[] = [];
  try {
    for await (const entries of readCharges(format, bytes, request)) {
      for (const entry of entries) {
        counts.read++;
        const keyed = keys(entry);
        if ('reason' in keyed) {
          counts.refused++;
          if (refusals.length < MOST_REFUSALS) refusals.push(keyed);
        } else if (rows.push(keyed) >= BATCH) {
          await flush(rows);
          rows = [];
        }
      }
    }
  } catch (error) {
    if (!(error instanceof BrokenFile)) {
      await under;
      throw error;
    }
    broken = { line: error.line, reason: error.message };
  }
  if (rows.length > 0) await flush(rows);
  await under;

  const told = [...months].sort();
  if (!dryRun) {
    await run(async (work) => {
      await costImports.save(work.tx, importId, { ...counts, ...(broken === null && { finishedAt: work.now, sha256: sha256() }) });
      if (counts.new + counts.corrected > 0) work.record('costs.imported', { subject: `costimport/${importId}`, data: { id: importId, source, format, new: counts.new, corrected: counts.corrected, months: told.slice(0, 120) } });
      return {};
    });
  }
  return { ...counts, importId: dryRun ? null : importId, months: told, refusals, broken };
}

function plus(counts: ImportCounts, outcome: Outcome): ImportCounts {
  return { ...counts, new: counts.new + outcome.new, unchanged: counts.unchanged + outcome.unchanged, corrected: counts.corrected + outcome.corrected };
}

/** Gives rows their keys within the source: the provider's own, or what identifies them with a number for those that are alike. */
export function keyer(): (entry: Entry<Charge>) => KeyedCharge | Refusal {
  const met = new Occurrences();
  return (entry) => {
    if ('problem' in entry) return { line: entry.line, reason: entry.problem };
    const { row: charge } = entry;
    const identity = identityOf(charge);
    const before = met.next(identity);
    if (charge.key !== null) return before === 0 ? { rowKey: charge.key, charge } : { line: entry.line, reason: 'An earlier row of this file has the same key.' };
    // the day first: rows of one day stand together in the index, whatever their hashes
    return { rowKey: `${charge.chargePeriodStart.slice(0, 10)}/${identity.toString('base64url')}${before === 0 ? '' : `/${before}`}`, charge };
  };
}
