import { Refused } from '@hubgraph/kit/refusal';
import type { Workstream } from '../../model.ts';
import { dependencies, workstreams } from '../../store/index.ts';
import { addDependency } from '../dependency.ts';
import type { Work } from '../common.ts';
import type { SyncChange, SyncWorkplanInput } from './input.ts';

/** Adds the dependencies that the file names and the graph lacks, by the ordinary command: a cycle is refused. */
export async function syncDependencies(work: Work, workstream: Workstream, input: SyncWorkplanInput): Promise<{ changes: SyncChange[]; unknown: string[] } | Refused> {
  const wanted = [...new Set(input.dependsOn ?? [])];
  if (wanted.length === 0) return { changes: [], unknown: [] };
  const known = await workstreams.byCodes(work.tx, wanted);
  const present = new Set(((await dependencies.of(work.tx, [workstream.id])).get(workstream.id) ?? []).map((dependency) => dependency.toId));
  const changes: SyncChange[] = [];
  for (const target of known.values()) {
    if (present.has(target.id)) continue;
    const added = await addDependency(work, { from: { workstream: workstream.code }, on: { workstream: target.code } });
    if (added instanceof Refused) return added;
    changes.push({ code: workstream.code, field: 'dependsOn', from: null, to: target.code });
  }
  return { changes, unknown: wanted.filter((code) => !known.has(code)) };
}
