import { decode } from '@hubgraph/kit/front-matter/source';
import type { Problem } from '@hubgraph/governance/workplan/model';
import type { CleanupTasksInput } from '@hubgraph/governance/workplan/sync-input';
import type { GraphClient } from '../client.ts';
import type { WorkplanFile } from './files.ts';
import { findWorkplans } from './files.ts';
import { ERRORS, fetchClosedWithOpenTasks, type MutationError } from './graph.ts';
import { parseFile } from './read.ts';

/** What a clean-up did, or would do. */
export interface CleanupReport {
  /** Closed workstreams with open tasks. */
  readonly workstreams: readonly { readonly code: string; readonly sourcePath: string | null; readonly open: number }[];
  /** Files that were read again. */
  readonly files: readonly { readonly code: string; readonly path: string }[];
  readonly completed: readonly string[];
  readonly cancelled: readonly string[];
  readonly drift: readonly { readonly code: string; readonly file: string; readonly graph: string }[];
  /** Workstreams whose file was not found or is not right; their tasks were left alone. */
  readonly unread: readonly string[];
  readonly problems: readonly Problem[];
  readonly errors: readonly MutationError[];
}

const CLEANUP = `mutation CleanupTasks($input: CleanupTasksInput!) {
  cleanupTasks(input: $input) { report { completed cancelled drift { code file graph } unread } ${ERRORS} }
}`;

/** Finds open tasks of closed workstreams, reads their files again below `roots`, and lets the graph clean up what they say. */
export async function cleanUp(client: GraphClient, roots: readonly string[], dryRun: boolean): Promise<CleanupReport> {
  const workstreams = await fetchClosedWithOpenTasks(client);
  const nothing = { workstreams, files: [], completed: [], cancelled: [], drift: [], unread: [], problems: [], errors: [] };
  if (workstreams.length === 0) return nothing;
  const { files, problems } = await readAgain(roots, new Map(workstreams.map(({ code, sourcePath }) => [code, sourcePath])));
  const { cleanupTasks } = await client.request<{ cleanupTasks: { report: Pick<CleanupReport, 'completed' | 'cancelled' | 'drift' | 'unread'> | null; errors: MutationError[] } }>(CLEANUP, { input: { files, dryRun } });
  return { ...nothing, ...cleanupTasks.report, files: files.map(({ code, path }) => ({ code, path })), problems, errors: cleanupTasks.errors };
}

/** Reads the files of the wanted workstreams. A code that two different files claim is left out: either could be a stale copy. */
async function readAgain(roots: readonly string[], wanted: ReadonlyMap<string, string | null>): Promise<{ files: CleanupTasksInput['files']; problems: Problem[] }> {
  const found = new Map<string, CleanupTasksInput['files'][number] & { readonly shown: string }>();
  const problems: Problem[] = [];
  const doubtful = new Set<string>();
  for await (const one of findWorkplans(roots)) {
    if ('ignored' in one || !mentions(one.file, wanted)) continue;
    const { workplan, problems: reasons } = parseFile(one.file);
    problems.push(...reasons);
    if (workplan === undefined || !wanted.has(workplan.code)) continue;
    const { code, sha256, tasks } = workplan;
    const other = found.get(code);
    const path = one.file.sourcePath;
    if (other !== undefined && other.sha256 !== sha256 && (other.path === wanted.get(code)) === (path === wanted.get(code))) {
      doubtful.add(code);
      problems.push({ file: one.file.shown, line: 1, reason: `${other.shown} is a different workplan ${code}; name the right one by --root.` });
    } else if (other === undefined || path === wanted.get(code)) {
      found.set(code, { code, path, sha256, tasks: tasks.map((task) => ({ code: task.code, status: task.status })), shown: one.file.shown });
    }
  }
  return { files: [...found.values()].filter(({ code }) => !doubtful.has(code)).map(({ shown: _shown, ...file }) => file), problems };
}

/** Whether the text names one of the codes; spares the parsing of all others. */
function mentions(file: WorkplanFile, codes: ReadonlyMap<string, unknown>): boolean {
  const decoded = decode(file.shown, file.bytes);
  return 'text' in decoded && [...decoded.text.matchAll(/^\s*id:\s*["']?([A-Z0-9-]+-WP-\d+)["']?\s*(?:#.*)?$/gm)].some(([, code]) => codes.has(code!));
}
