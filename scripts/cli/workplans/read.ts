import type { Problem, Workplan } from '@hubgraph/governance/workplan/model';
import { limits } from '@hubgraph/governance/workplan/model';
import { parseWorkplan } from '@hubgraph/governance/workplan/parse';
import { tooLarge } from '@hubgraph/kit/front-matter/source';
import type { WorkplanFile } from './files.ts';
import { findWorkplans } from './files.ts';

/** One file of a run: read, or refused with every reason. */
export interface ReadFile {
  /** Place in the run, from 0. */
  readonly index: number;
  readonly file: WorkplanFile;
  readonly workplan?: Workplan;
  readonly problems: readonly Problem[];
}

/** Parses one file. */
export function parseFile(file: WorkplanFile): { readonly workplan?: Workplan; readonly problems: readonly Problem[] } {
  if (file.size > limits.fileBytes) return { problems: [tooLarge(file.shown, file.size)] };
  const parsed = parseWorkplan({ path: file.shown, text: file.bytes });
  return 'workplan' in parsed ? { workplan: parsed.workplan, problems: [] } : { problems: parsed.problems };
}

/** Finds and reads the files of a run, one at a time. A code that an earlier file of the run has is refused. */
export async function* readWorkplans(paths: readonly string[], ignored: (path: string) => void = () => undefined): AsyncGenerator<ReadFile> {
  const files = new Map<string, string>();
  let index = 0;
  for await (const found of findWorkplans(paths)) {
    if ('ignored' in found) {
      ignored(found.ignored);
      continue;
    }
    const { file } = found;
    const { workplan, problems } = parseFile(file);
    const other = workplan && files.get(workplan.code);
    if (workplan !== undefined && other === undefined) files.set(workplan.code, file.shown);
    yield other === undefined ? { index, file, workplan, problems } : { index, file, problems: [{ file: file.shown, line: 1, reason: `${other} is already the workplan ${workplan!.code}.` }] };
    index += 1;
  }
}
