import type { AcceptancePoint, Disposition, Outcome, Priority, TaskStatus, WorkstreamStatus } from '../../model.ts';

/** One task as a workplan file has it; null or undefined is what the file does not say. */
export interface SyncTask {
  readonly code: string;
  readonly title: string;
  readonly status: TaskStatus;
  readonly priority?: Priority | null;
  readonly description?: string | null;
  readonly waitingOn?: string | null;
  readonly acceptance?: readonly AcceptancePoint[] | null;
  /** Completion note of a done task, reason of a cancelled one. */
  readonly note?: string | null;
}

/** The closure review of a file. */
export interface SyncReview {
  /** Calendar day. */
  readonly date: string;
  readonly outcome: Outcome;
  /** The sentence that goes with the outcome. */
  readonly outcomeNote?: string | null;
  readonly context: string;
  readonly reviewer?: string | null;
  readonly classifications: readonly { readonly task: string; readonly as: Disposition; readonly reason?: string | null; readonly carryTo?: string | null }[];
}

/** A whole workplan file, the authority for its workstream and tasks. */
export interface SyncWorkplanInput {
  readonly code: string;
  readonly title: string;
  readonly domain: string;
  readonly repo?: string | null;
  readonly status: WorkstreamStatus;
  readonly owner?: string | null;
  readonly topic?: string | null;
  readonly summary?: string | null;
  readonly planningPriority?: Priority | null;
  readonly planningOrder?: number | null;
  readonly dependsOn?: readonly string[] | null;
  readonly supersededBy?: string | null;
  /** Calendar day. */
  readonly createdOn?: string | null;
  readonly source: { readonly path: string; readonly sha256: string };
  readonly tasks: readonly SyncTask[];
  readonly closureReview?: SyncReview | null;
  readonly expectedVersion?: number | null;
}

/** One thing that a sync changed. */
export interface SyncChange {
  /** Code of the workstream or task. */
  readonly code: string;
  /** Field, or `created`. */
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** What a sync did. */
export interface SyncReport {
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED';
  readonly changes: readonly SyncChange[];
  /** Codes that the file depends on and that the graph does not know yet; a later sync adds them. */
  readonly unknownDependencies: readonly string[];
}

/** What the record keeps of a review's prose. */
export function proseOf(review: SyncReview): string {
  return [review.outcomeNote, review.context].filter(Boolean).join('\n\n');
}
