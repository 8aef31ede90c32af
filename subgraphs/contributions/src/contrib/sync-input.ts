import type { ContributionStatus, ContributionType } from '../model.ts';
import type { ContributionFile } from './model.ts';

/**
 * `syncContribution(input: SyncContributionInput!)`: one file, one transaction. What is left out, the file does not say and
 * the graph keeps. The file is the authority for what it says.
 */
export interface SyncContributionInput {
  readonly type: ContributionType;
  /** Given by the hub when left out, and found again by the source. */
  readonly slug?: string | null;
  readonly title: string;
  /** Slug. */
  readonly domain: string;
  readonly targetOrg: string;
  readonly targetRepo: string;
  readonly status: ContributionStatus;
  readonly repo?: string | null;
  readonly body?: string | null;
  readonly workstream?: string | null;
  readonly topic?: string | null;
  readonly package?: string | null;
  readonly upstreamUrl?: string | null;
  readonly answerUrl?: string | null;
  readonly evidence?: readonly string[] | null;
  readonly reason?: string | null;
  readonly notes?: string | null;
  /** Slug. */
  readonly supersedes?: string | null;
  /** Days, `YYYY-MM-DD`. */
  readonly createdOn?: string | null;
  readonly submittedOn?: string | null;
  readonly acknowledgedOn?: string | null;
  readonly resolvedOn?: string | null;
  readonly source: {
    /** As the graph should name the file. */
    readonly path: string;
    /** Of the bytes of the file, lower-case hex. */
    readonly sha256: string;
  };
  readonly expectedVersion?: number | null;
  readonly idempotencyKey?: string | null;
  readonly dryRun?: boolean | null;
}

/** The input that a file is sent as. */
export function toSyncInput(file: ContributionFile, options: { readonly path?: string; readonly repo?: string; readonly idempotencyKey?: string; readonly dryRun?: boolean } = {}): SyncContributionInput {
  const { path, sha256, notices: _notices, ...said } = file;
  return { ...said, repo: said.repo ?? options.repo, source: { path: options.path ?? path, sha256 }, idempotencyKey: options.idempotencyKey, dryRun: options.dryRun ?? false };
}
