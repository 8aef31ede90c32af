import type { ManifestKind, Scope, SbomProblem } from '../../model.ts';
import type { SourceText } from '../text.ts';

/** One line of a manifest that asks for a package. */
export interface Wanted {
  /** As the lock names it: the name it is installed under. */
  readonly name: string;
  /** As written; empty when any version will do. */
  readonly range: string;
  /** PEER is asked of whoever uses the package. */
  readonly group: Scope | 'PEER';
}

/** What a manifest says about dependencies. */
export interface Manifest {
  readonly source: SourceText;
  readonly kind: ManifestKind;
  /** Name of the package itself, if it has one. */
  readonly name: string | null;
  readonly wanted: readonly Wanted[];
  /** Patterns of folders whose packages share the lock; null when it says nothing of them. */
  readonly workspaces: readonly string[] | null;
  /** Names whose versions the manifest forces, whatever the ranges say. */
  readonly forced: ReadonlySet<string>;
}

/** A manifest and the folder it has below its lockfile, empty beside it. */
export interface Placed {
  readonly manifest: Manifest;
  readonly folder: string;
}

/** The problem that a lock does not hold what a manifest asks for. */
export function outOfStep(lock: SourceText, manifest: Manifest, wanted: Pick<Wanted, 'name' | 'range'>, why = 'is missing'): SbomProblem {
  const what = wanted.range === '' ? wanted.name : `${wanted.name}@${wanted.range}`;
  return {
    file: lock.name,
    path: what,
    reason: `The lock is out of step with ${manifest.source.name}: ${what} ${why}. Run the package manager's install and ingest again.`,
    code: 'OUT_OF_STEP',
  };
}
