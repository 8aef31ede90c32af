import type { Caller } from '@hubgraph/kit/change';
import { newId } from '@hubgraph/kit/ids';
import type { Bytes, CostFormat } from '../import/entry.ts';
import type { Mapping } from '../import/mapping.ts';
import { MOST_REFUSALS, type Packet, type Refusal } from '../import/packet.ts';
import { readPackets } from '../import/reading.ts';
import { costImports, type ImportCounts } from '../store/cost-import.ts';
import type { FinanceChanges, Work } from './common.ts';
import { importBatch, type Outcome } from './import-batch.ts';

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

const SCOPES = [['finance:write']] as const;

/**
 * Imports a file while it is read, with a bounded part of it in memory: one packet is written while the next is read on another
 * thread. Every packet is a transaction of its own; a file that is imported again, after an interruption or by mistake, changes nothing that is
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
  const write = async (packet: Packet): Promise<void> => {
    counts.read += packet.read;
    counts.refused += packet.refused;
    refusals.push(...packet.refusals);
    if (packet.size === 0) return;
    const outcome: Outcome = await run(async (work) => {
      const came = await importBatch(work, { source, importId }, packet);
      if (!dryRun) await costImports.save(work.tx, importId, plus(counts, came));
      return came;
    });
    refusals.push(...outcome.refused.slice(0, Math.max(0, MOST_REFUSALS - refusals.length)));
    Object.assign(counts, plus(counts, outcome));
    for (const month of outcome.months) months.add(month);
  };
  const packets = readPackets({ format, mapping: request.mapping, currency: request.currency, origin: { source, importId } }, bytes);
  let broken: Refusal | null;
  try {
    let next = await packets.next();
    for (; !next.done; next = await packets.next()) await write(next.value);
    broken = next.value;
  } finally {
    await packets.return(null);
  }

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
  return { ...counts, new: counts.new + outcome.new, unchanged: counts.unchanged + outcome.unchanged, corrected: counts.corrected + outcome.corrected, refused: counts.refused + outcome.refused.length };
}
