import type { Work } from './common.ts';

/** What changed, and with it the gates that look at it. */
export interface GateScope {
  /** Slugs. */
  readonly services?: readonly string[];
  /** Codes. */
  readonly workstreams?: readonly string[];
  /** Codes. */
  readonly migrationRuns?: readonly string[];
  readonly gateIds?: readonly string[];
}

/** Tells the computed moves of the gates of a scope. */
export async function settleGates(_work: Work, _scope: GateScope): Promise<void> {}
