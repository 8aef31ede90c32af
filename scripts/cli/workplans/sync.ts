import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { writeIds } from '@hubgraph/governance/workplan/ids';
import type { Problem, Workplan } from '@hubgraph/governance/workplan/model';
import type { SyncChange } from '@hubgraph/governance/workplan/sync-input';
import { toSyncInput } from '@hubgraph/governance/workplan/sync-input';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../../exit-codes.ts';
import { forEachBounded } from '../for-each-bounded.ts';
import type { GraphClient } from '../client.ts';
import { fetchWorkstream, sendWorkplan, sentenceOf, type MutationError } from './graph.ts';
import { parseFile, readWorkplans, type ReadFile } from './read.ts';

/** What became of one file. */
export interface FileReport {
  readonly file: string;
  readonly code: string | null;
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REFUSED';
  readonly tasks: number;
  readonly changes: readonly SyncChange[];
  /** Events that were recorded. */
  readonly events: number;
  readonly idsWritten: boolean;
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

export interface SyncOptions {
  readonly repo?: string;
  readonly writeIds?: boolean;
  readonly dryRun?: boolean;
  readonly concurrency: number;
  /** Called with every report as it comes, and with every Markdown file that is no workplan. */
  readonly onReport?: (report: FileReport) => void;
  readonly onIgnored?: (path: string) => void;
}

/** The reports of a run in the order of its files, and what stopped it before its end, if anything did. */
export interface SyncRun {
  readonly files: readonly FileReport[];
  readonly failure?: unknown;
}

/**
 * Syncs files with the graph: one file, one mutation. A bad file is refused and the others go on; a graph that does not
 * answer or does not let the caller in ends the run. Files that depend on workstreams which the same run made are sent a
 * second time, so that another run finds nothing to do.
 */
export async function syncFiles(client: GraphClient, paths: readonly string[], options: SyncOptions): Promise<SyncRun> {
  const reports = new Map<number, FileReport>();
  const known = new Set<string>();
  const again: { readonly read: ReadFile; readonly missing: readonly string[] }[] = [];
  const run = randomUUID();
  const keep = (index: number, report: FileReport) => {
    reports.set(index, report);
    options.onReport?.(report);
  };
  const one = async (read: ReadFile, round: number) => {
    const { report, missing } = await syncOne(client, read, { ...options, idempotencyKey: `${run}.${round}.${read.index}` });
    if (report.outcome !== 'REFUSED') known.add(report.code!);
    return { report, missing };
  };
  const ordered = () => [...reports].sort(([a], [b]) => a - b).map(([, report]) => report);
  try {
    await forEachBounded(readWorkplans(paths, options.onIgnored), options.concurrency, async (read) => {
      const { report, missing } = await one(read, 1);
      if (missing.length > 0) again.push({ read: { ...read, workplan: undefined, file: { ...read.file, bytes: new Uint8Array() } }, missing });
      keep(read.index, report);
    });
    for (const { read, missing } of again) {
      if (options.dryRun || !missing.some((code) => known.has(code))) continue;
      for await (const { file, workplan, problems } of readWorkplans([read.file.path])) {
        const { report } = await one({ index: read.index, file: { ...file, sourcePath: read.file.sourcePath }, workplan, problems }, 2);
        reports.set(read.index, joined(reports.get(read.index)!, report));
      }
    }
    return { files: ordered() };
  } catch (failure) {
    return { files: ordered(), failure };
  }
}

interface OneOptions extends SyncOptions {
  readonly idempotencyKey: string;
}

async function syncOne(client: GraphClient, { file, workplan, problems }: ReadFile, options: OneOptions): Promise<{ report: FileReport; missing: readonly string[] }> {
  const refused = (reasons: readonly Problem[]): { report: FileReport; missing: [] } =>
    ({ report: { ...emptyReport(file.shown, workplan), outcome: 'REFUSED', problems: reasons }, missing: [] });
  if (workplan === undefined) return refused(problems);
  const send = (as: Workplan, round: string) => sendWorkplan(client, toSyncInput(as, { path: file.sourcePath, repo: options.repo, idempotencyKey: `${options.idempotencyKey}${round}`, dryRun: options.dryRun }));
  try {
    const payload = await send(workplan, '');
    if (payload.sync === null) return refused(payload.errors.map((error) => located(workplan, error)));
    const { outcome, changes, unknownDependencies } = payload.sync;
    const report: FileReport = { ...emptyReport(file.shown, workplan), outcome, changes: changes.map(shortened), events: payload.events.length };
    const missing = [...unknownDependencies, ...(workplan.supersededBy === undefined ? [] : [workplan.supersededBy])];
    if (!options.writeIds) return { report, missing };
    const written = await writeBack(client, file.path, file.bytes, workplan);
    if (written === undefined) return { report, missing };
    // The bytes are others now; the graph learns their digest at once, so that another run finds nothing to do.
    const after = await send(written, '.ids');
    return { report: { ...report, idsWritten: true, events: report.events + after.events.length, problems: after.errors.map((error) => located(written, error)) }, missing };
  } catch (error) {
    if (!(error instanceof UsageError) || ends(error)) throw error;
    return refused([{ file: file.shown, line: 1, reason: error.message }]);
  }
}

/** Whether a failure would meet every other file too. */
function ends({ exitCode }: UsageError): boolean {
  const codes: readonly number[] = [exitCodes.graphUnreachable.code, exitCodes.denied.code, exitCodes.hubUnavailable.code];
  return codes.includes(exitCode);
}

/** Writes the graph's ids into the file, in one step; undefined when it has them. */
async function writeBack(client: GraphClient, path: string, bytes: Uint8Array, before: Workplan): Promise<Workplan | undefined> {
  const found = await fetchWorkstream(client, before.code);
  if (found === null) return undefined;
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const withIds = Buffer.from(writeIds(text, found.ids));
  if (withIds.equals(bytes)) return undefined;
  const { workplan } = parseFile({ path, shown: before.path, sourcePath: path, size: withIds.byteLength, bytes: withIds });
  if (workplan === undefined || sayings(workplan) !== sayings(before)) throw new UsageError(`${before.path} was left as it is: its ids could not be written without changing what it says.`, exitCodes.no.code);
  if (!(await readFile(path)).equals(bytes)) throw new UsageError(`${before.path} was left as it is: somebody changed it meanwhile; run the command again.`, exitCodes.no.code);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, withIds, { mode: (await stat(path)).mode });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new UsageError(`${before.path} cannot be written (${(error as NodeJS.ErrnoException).code}).`, exitCodes.no.code, { cause: error });
  }
  return workplan;
}

/** What a file says, ids and places in the file left out. */
function sayings(workplan: Workplan): string {
  return JSON.stringify({ ...workplan, sha256: '', id: '', notices: [], tasks: workplan.tasks.map((task) => ({ ...task, id: '', line: 0 })) });
}

function emptyReport(file: string, workplan: Workplan | undefined): FileReport {
  return { file, code: workplan?.code ?? null, outcome: 'UNCHANGED', tasks: workplan?.tasks.length ?? 0, changes: [], events: 0, idsWritten: false, problems: [], notices: workplan?.notices ?? [] };
}

/** Puts a refusal of the graph at the line of the task that it is about. */
function located(workplan: Workplan, error: MutationError): Problem {
  const reason = sentenceOf(error);
  const words = new Set([...error.path, ...reason.split(/[^A-Z0-9-]+/)]);
  return { file: workplan.path, line: workplan.tasks.find((task) => words.has(task.code))?.line ?? 1, reason };
}

const LONGEST = 200;

/** Changes are for reading; a whole description would only fill memory. */
function shortened(change: SyncChange): SyncChange {
  const short = (text: string | null) => (text !== null && text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
  return { ...change, from: short(change.from), to: short(change.to) };
}

function joined(first: FileReport, second: FileReport): FileReport {
  const outcome = second.outcome === 'REFUSED' || first.outcome === 'UNCHANGED' ? second.outcome : first.outcome;
  return { ...second, outcome, changes: [...first.changes, ...second.changes], events: first.events + second.events, idsWritten: first.idsWritten || second.idsWritten };
}
