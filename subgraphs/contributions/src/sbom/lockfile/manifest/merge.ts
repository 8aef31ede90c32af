import type { SbomProblem } from '../../model.ts';
import { isWorkspace } from './workspaces.ts';
import type { Placed } from './model.ts';

/**
 * The package.json files that share a lock of yarn: the root's and those of its workspaces. Others lie below it by chance,
 * such as a documentation site with a lock of its own.
 */
export function members(manifests: readonly Placed[]): { root: Placed | null; all: readonly Placed[]; notices: SbomProblem[] } {
  const root = manifests.find(({ folder, manifest }) => folder === '' && manifest.workspaces !== null) ?? manifests.find(({ folder }) => folder === '') ?? null;
  const patterns = root?.manifest.workspaces ?? null;
  const notices: SbomProblem[] = [];
  const all = manifests.filter((one) => {
    if (one.folder === '' || patterns === null || isWorkspace(one.folder, patterns)) return true;
    notices.push({ file: one.manifest.source.name, reason: `The manifest is passed over: ${root!.manifest.source.name} does not count its folder among its workspaces.`, code: 'SKIPPED' });
    return false;
  });
  return { root, all, notices };
}

/** Names that any of the manifests forces to a version. */
export function forcedNames(manifests: readonly Placed[]): ReadonlySet<string> {
  return new Set(manifests.flatMap(({ manifest }) => [...manifest.forced]));
}
