import type { SbomProblem } from '../model.ts';
import { isTable, own, textOf } from './fields.ts';
import { outOfStep } from './manifest/model.ts';
import type { Manifest, Placed } from './manifest/model.ts';
import { pypiName } from './names.ts';
import type { SourceText } from './text.ts';
import type { UvEntry } from './uv-lock.ts';

/** uv keeps beside every own package what its pyproject.toml asked for: that must still be so. */
export function uvStepProblems(source: SourceText, entries: readonly UvEntry[], manifests: readonly Placed[]): SbomProblem[] {
  const problems: SbomProblem[] = [];
  for (const { manifest } of manifests) {
    const entry = entries.find(({ draft }) => !draft.thirdParty && manifest.name !== null && pypiName(draft.name) === manifest.name);
    if (entry !== undefined) problems.push(...compare(source, entry, manifest));
  }
  return problems;
}

function compare(source: SourceText, entry: UvEntry, manifest: Manifest): SbomProblem[] {
  const locked = lockedRanges(entry);
  const problems: SbomProblem[] = [];
  for (const wanted of manifest.wanted) {
    const ranges = locked.get(wanted.name);
    if (ranges === undefined) {
      if (wanted.name !== manifest.name) problems.push(outOfStep(source, manifest, wanted));
    } else if (wanted.range !== '' && !ranges.has(wanted.range) && !ranges.has('')) {
      problems.push(outOfStep(source, manifest, wanted, `is ${[...ranges].join(' or ')} there`));
    }
  }
  return problems;
}

/** By name, the ranges that the lock noted; an empty one for a git, path or workspace source, which has none. */
function lockedRanges(entry: UvEntry): Map<string, Set<string>> {
  const ranges = new Map<string, Set<string>>();
  const add = (value: unknown) => {
    if (!isTable(value)) return;
    const name = pypiName(textOf(value, 'name') ?? '');
    const range = (textOf(value, 'specifier') ?? '').replaceAll(/\s+/g, '').split(',').toSorted().join(',');
    ranges.set(name, (ranges.get(name) ?? new Set()).add(range));
  };
  const metadata = own(entry.table, 'metadata');
  if (!isTable(metadata)) return ranges;
  const dist = own(metadata, 'requires-dist');
  if (Array.isArray(dist)) dist.forEach(add);
  const dev = own(metadata, 'requires-dev');
  if (isTable(dev)) for (const list of Object.values(dev)) if (Array.isArray(list)) list.forEach(add);
  return ranges;
}
