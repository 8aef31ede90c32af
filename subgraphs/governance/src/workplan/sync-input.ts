import type { AcceptancePoint, Outcome, Priority, TaskStatus, WorkstreamStatus } from '../model.ts';
import type { Classification, Workplan } from './model.ts';

/** One task in {@link SyncWorkplanInput}. What is left out, the file does not say and the graph keeps. */
export interface SyncTaskInput {
  readonly code: string;
  readonly title: string;
  readonly status: TaskStatus;
  readonly priority?: Priority;
  /** Markdown; empty when the file has none. */
  readonly description: string;
  readonly waitingOn?: string;
  /** Empty when the file has none. */
  readonly acceptance: readonly AcceptancePoint[];
  /** Completion note of a done task, reason of a cancelled one. */
  readonly note?: string;
}

/** The closure review of the file in {@link SyncWorkplanInput}. */
export interface SyncClosureReviewInput {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly outcome: Outcome;
  readonly context: string;
  readonly reviewer?: string;
  readonly classifications: readonly Classification[];
}

/**
 * `syncWorkplan(input: SyncWorkplanInput!)`: one file, one transaction. What is left out, the file does not say and the
 * graph keeps; lists that are there are the whole list. The file is the authority for what it says.
 */
export interface SyncWorkplanInput {
  readonly code: string;
  readonly title: string;
  /** Slug of the domain. */
  readonly domain: string;
  /** Slug of the repo. */
  readonly repo?: string;
  readonly status: WorkstreamStatus;
  readonly owner?: string;
  /** Slug of the topic. */
  readonly topic?: string;
  /** Markdown; empty when the file has none. */
  readonly summary: string;
  readonly planningPriority?: Priority;
  readonly planningOrder?: number;
  /** Codes of workstreams. */
  readonly dependsOn?: readonly string[];
  readonly supersededBy?: string;
  /** `YYYY-MM-DD`. */
  readonly createdOn?: string;
  readonly source: {
    /** As the graph should name the file. */
    readonly path: string;
    /** Of the bytes of the file, lower-case hex. */
    readonly sha256: string;
  };
  /** In the order of the file. */
  readonly tasks: readonly SyncTaskInput[];
  readonly closureReview?: SyncClosureReviewInput;
  readonly idempotencyKey?: string;
  readonly dryRun: boolean;
}

/** What the CLI reads of `SyncWorkplanPayload`. */
export interface SyncWorkplanPayload {
  /** Null when refused. */
  readonly sync: {
    readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED';
    readonly changes: readonly SyncChange[];
    /** Codes that the file depends on and that the graph does not know yet; a later sync adds them. */
    readonly unknownDependencies: readonly string[];
  } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
  readonly events: readonly { readonly id: string; readonly type: string }[];
}

/** One field that the sync changed (or would change, in a dry run). */
export interface SyncChange {
  /** Of the workstream or of a task. */
  readonly code: string;
  /** As in the input, such as `status`; `created` for the thing itself. */
  readonly field: string;
  /** As text; null when there was nothing. */
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * `flagStaleTasks(input: FlagStaleTasksInput!)`: records `org.statehub.task.stale` once per staleness.
 * Payload: `report { flagged more }`, `errors`, `events`.
 */
export interface FlagStaleTasksInput {
  /** A task is stale when it is open and was not touched for so many days. */
  readonly days: number;
  readonly dryRun: boolean;
}

/**
 * `cleanupTasks(input: CleanupTasksInput!)`: open tasks of the closed workstreams named, after their files were read
 * again. Done in the file becomes done, with drift reported; any other is cancelled. A workstream whose file was not
 * found is not named here, and its tasks are left alone.
 * Payload: `report { completed cancelled drift { code file graph } unread }`, `errors`, `events`.
 */
export interface CleanupTasksInput {
  readonly files: readonly {
    /** Of the workstream. */
    readonly code: string;
    readonly path: string;
    readonly sha256: string;
    /** Every task that the file has. */
    readonly tasks: readonly { readonly code: string; readonly status: TaskStatus }[];
  }[];
  readonly dryRun: boolean;
}

/** The input that a parsed file is sent as. */
export function toSyncInput(workplan: Workplan, options: { readonly path?: string; readonly repo?: string; readonly idempotencyKey?: string; readonly dryRun?: boolean } = {}): SyncWorkplanInput {
  const { code, title, domain, repo, status, owner, topic, summary, planningPriority, planningOrder, dependsOn, supersededBy, createdOn, closureReview } = workplan;
  return {
    code, title, domain, status, owner, topic, summary, planningPriority, planningOrder, dependsOn, supersededBy, createdOn, closureReview,
    repo: repo ?? options.repo,
    source: { path: options.path ?? workplan.path, sha256: workplan.sha256 },
    tasks: workplan.tasks.map(({ id: _id, line: _line, ...task }) => task),
    idempotencyKey: options.idempotencyKey,
    dryRun: options.dryRun ?? false,
  };
}
