import { driftOf, withoutFile } from '@hubgraph/governance/workplan/drift';
import type { Drift } from '@hubgraph/governance/workplan/drift';
import type { Problem } from '@hubgraph/governance/workplan/model';
import { forEachBounded } from '../for-each-bounded.ts';
import type { GraphClient } from '../client.ts';
import { fetchCodes, fetchWorkstream } from './graph.ts';
import { readWorkplans } from './read.ts';

/** What a comparison found; nothing was changed. */
export interface CheckReport {
  readonly files: number;
  /** In the order of the files, then workstreams that no file has. */
  readonly drift: readonly (Drift & { readonly path: string | null })[];
  /** Why files could not be read. */
  readonly problems: readonly Problem[];
}

/** Compares files with the graph, both ways. With `repo`, workstreams of that repo which no file has are drift too. */
export async function checkFiles(client: GraphClient, paths: readonly string[], options: { readonly repo?: string; readonly concurrency: number; readonly onIgnored?: (path: string) => void; readonly onFile?: () => void }): Promise<CheckReport> {
  const found: { index: number; drift: CheckReport['drift'] }[] = [];
  const problems: Problem[] = [];
  const codes = new Set<string>();
  let files = 0;
  await forEachBounded(readWorkplans(paths, options.onIgnored), options.concurrency, async ({ index, file, workplan, problems: reasons }) => {
    files += 1;
    problems.push(...reasons);
    if (workplan !== undefined) {
      codes.add(workplan.code);
      const known = await fetchWorkstream(client, workplan.code);
      const said = workplan.repo === undefined && options.repo !== undefined ? { ...workplan, repo: options.repo } : workplan;
      found.push({ index, drift: driftOf(said, known?.workstream ?? null).map((row) => ({ ...row, path: file.shown })) });
    }
    options.onFile?.();
  });
  const only = options.repo === undefined ? [] : withoutFile(await fetchCodes(client, options.repo), codes);
  return { files, drift: [...found.sort((a, b) => a.index - b.index).flatMap(({ drift }) => drift), ...only.map((row) => ({ ...row, path: null }))], problems };
}
