import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import type { ContributionFile, Problem } from '@hubgraph/contributions/contrib/model';
import { toSyncInput, type SyncContributionInput } from '@hubgraph/contributions/contrib/sync-input';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../../exit-codes.ts';
import type { GraphClient } from '../client.ts';
import { forEachBounded } from '../for-each-bounded.ts';
import { whenAvailable } from '../when-available.ts';
import { parseFile, readContributions, type ReadFile } from './read.ts';

/** One field that a sync changed. */
export interface SyncChange {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** What became of one file. */
export interface FileReport {
  readonly file: string;
  readonly slug: string | null;
  readonly status: string | null;
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REFUSED';
  readonly changes: readonly SyncChange[];
  /** Events that were recorded. */
  readonly events: number;
  readonly idWritten: boolean;
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

export interface SyncOptions {
  readonly repo?: string;
  readonly writeIds?: boolean;
  readonly dryRun?: boolean;
  readonly concurrency: number;
  /** Called with every report as it comes, and with every Markdown file that is no contribution. */
  readonly onReport?: (report: FileReport) => void;
  readonly onIgnored?: (path: string) => void;
}

/** The reports of a run in the order of its files, and what stopped it before its end, if anything did. */
export interface SyncRun {
  readonly files: readonly FileReport[];
  readonly failure?: unknown;
}

interface MutationError {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}
interface Payload {
  readonly contribution: { readonly slug: string; readonly status: string } | null;
  readonly sync: { readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED'; readonly changes: readonly SyncChange[] } | null;
  readonly errors: readonly MutationError[];
  readonly events: readonly { readonly id: string }[];
}

/** The mutation that one file is sent by. */
export const SYNC = `mutation SyncContribution($input: SyncContributionInput!) {
  syncContribution(input: $input) { contribution { slug status } sync { outcome changes { field from to } } errors { code message path } events { id } }
}`;

/**
 * Syncs files with the graph: one file, one mutation. A bad file is refused and the others go on; a graph that does not
 * answer or does not let the caller in ends the run. Files that supersede what the same run made are sent again.
 */
export async function syncFiles(client: GraphClient, paths: readonly string[], options: SyncOptions): Promise<SyncRun> {
  const reports = new Map<number, FileReport>();
  const run = randomUUID();
  let waiting: { readonly read: ReadFile; readonly supersedes: string }[] = [];
  const one = async (read: ReadFile, round: number) => {
    const report = await syncOne(client, read, { ...options, idempotencyKey: `${run}.${round}.${read.index}` });
    const supersedes = report.outcome === 'REFUSED' ? read.contribution?.supersedes : undefined;
    if (supersedes !== undefined) waiting.push({ read, supersedes });
    reports.set(read.index, report);
    return report;
  };
  const ordered = () => [...reports].sort(([a], [b]) => a - b).map(([, report]) => report);
  try {
    await forEachBounded(readContributions(paths, options.onIgnored), options.concurrency, async (read) => {
      const report = await one(read, 1);
      options.onReport?.(report);
    });
    for (let round = 2, before = -1; waiting.length !== before; round++) {
      const known = new Set(ordered().filter(({ outcome }) => outcome !== 'REFUSED').map(({ slug }) => slug));
      const again = waiting;
      before = again.length;
      waiting = [];
      for (const entry of again) {
        if (known.has(entry.supersedes)) await one(entry.read, round);
        else waiting.push(entry);
      }
    }
    return { files: ordered() };
  } catch (failure) {
    return { files: ordered(), failure };
  }
}

async function syncOne(client: GraphClient, { file, contribution, problems }: ReadFile, options: SyncOptions & { readonly idempotencyKey: string }): Promise<FileReport> {
  const blank: FileReport = { file: file.shown, slug: contribution?.slug ?? null, status: contribution?.status ?? null, outcome: 'REFUSED', changes: [], events: 0, idWritten: false, problems, notices: contribution?.notices ?? [] };
  if (contribution === undefined) return blank;
  const refused = (reasons: readonly Problem[]): FileReport => ({ ...blank, problems: reasons });
  const send = (as: ContributionFile, key: string) => request(client, toSyncInput(as, { path: file.sourcePath, repo: options.repo, idempotencyKey: key, dryRun: options.dryRun }));
  try {
    const payload = await send(contribution, options.idempotencyKey);
    if (payload.sync === null || payload.contribution === null) return refused(payload.errors.map((error) => located(file.shown, error)));
    const { slug, status } = payload.contribution;
    const report: FileReport = { ...blank, slug, status, outcome: payload.sync.outcome, changes: payload.sync.changes.map(shortened), events: payload.events.length };
    if (!options.writeIds || options.dryRun || contribution.slug !== undefined) return report;
    const written = await writeId(file, slug);
    const after = await send(written, `${options.idempotencyKey}.id`);
    return { ...report, idWritten: true, events: report.events + after.events.length, problems: after.errors.map((error) => located(file.shown, error)) };
  } catch (error) {
    if (!(error instanceof UsageError) || ends(error)) throw error;
    return refused([{ file: file.shown, line: 1, reason: error.message }]);
  }
}

async function request(client: GraphClient, input: SyncContributionInput): Promise<Payload> {
  return (await whenAvailable(() => client.request<{ syncContribution: Payload }>(SYNC, { input }))).syncContribution;
}

/** Whether a failure would meet every other file too. */
function ends({ exitCode }: UsageError): boolean {
  const codes: readonly number[] = [exitCodes.graphUnreachable.code, exitCodes.denied.code, exitCodes.hubUnavailable.code];
  return codes.includes(exitCode);
}

/** Writes the slug that the hub gave as `id:` into the front matter, in one step. */
async function writeId(file: ReadFile['file'], slug: string): Promise<ContributionFile> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.bytes);
  const bytes = Buffer.from(text.replace(/^(\uFEFF?---[ \t]*(\r?\n))/, `$1id: ${JSON.stringify(slug)}$2`));
  const { contribution } = parseFile({ ...file, size: bytes.byteLength, bytes });
  if (contribution?.slug !== slug) throw new UsageError(`${file.shown} was left as it is: its id could not be written without changing what it says.`, exitCodes.no.code);
  if (!(await readFile(file.path)).equals(file.bytes)) throw new UsageError(`${file.shown} was left as it is: somebody changed it meanwhile; run the command again.`, exitCodes.no.code);
  const temporary = `${file.path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, bytes, { mode: (await stat(file.path)).mode });
    await rename(temporary, file.path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new UsageError(`${file.shown} cannot be written (${(error as NodeJS.ErrnoException).code}).`, exitCodes.no.code, { cause: error });
  }
  return contribution;
}

function located(file: string, error: MutationError): Problem {
  const field = error.path.slice(1).join('.');
  return { file, line: 1, reason: error.code === 'INVALID_INPUT' && field !== '' ? `${field}: ${error.message}` : error.message };
}

const LONGEST = 200;

/** Changes are for reading; a whole body would only fill memory. */
function shortened(change: SyncChange): SyncChange {
  const short = (text: string | null) => (text !== null && text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
  return { ...change, from: short(change.from), to: short(change.to) };
}
