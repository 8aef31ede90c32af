import { fileLimits, type Problem } from '@hubgraph/kit/front-matter/source';
import type { AcceptancePoint, Outcome, Priority, TaskStatus, WorkstreamStatus } from '../model.ts';

export type { Problem };

/** One task of a workplan. What is undefined, the file does not say. */
export interface WorkplanTask {
  /** Full form, such as `CUST-WP-0040-T01`. */
  readonly code: string;
  readonly title: string;
  readonly status: TaskStatus;
  readonly priority?: Priority;
  /** Markdown below the task up to the next heading of its rank, notes included; empty when there is none. */
  readonly description: string;
  /** What a waiting task waits for. */
  readonly waitingOn?: string;
  /** A `[x]` in the file is done; so is a plain bullet when its task is. */
  readonly acceptance: readonly AcceptancePoint[];
  /** Completion note of a done task, reason of a cancelled one. */
  readonly note?: string;
  /** `state_hub_task_id` in the file. */
  readonly id?: string;
  /** Where the task begins in the file. */
  readonly line: number;
}

/** What a closure review in a file says about one task; the hub's record of one also names the successor. */
export type Classification =
  | { readonly task: string; readonly as: 'DONE' }
  | { readonly task: string; readonly as: 'CANCELLED'; readonly reason: string }
  | { readonly task: string; readonly as: 'CARRY_FORWARD'; readonly carryTo: string; readonly reason?: string };

/** The section `## Closure Review — <date>` of a workplan. */
export interface ClosureReview {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly outcome: Outcome;
  /** Markdown, may be empty; a sentence that stands beside the outcome is its first paragraph. */
  readonly context: string;
  readonly reviewer?: string;
  readonly classifications: readonly Classification[];
}

/** A workplan file as it was read. What is undefined, the file does not say. */
export interface Workplan {
  readonly path: string;
  /** Of the bytes of the file, lower-case hex. */
  readonly sha256: string;
  readonly code: string;
  readonly title: string;
  readonly domain: string;
  readonly repo?: string;
  readonly status: WorkstreamStatus;
  readonly owner?: string;
  readonly topic?: string;
  /** The section Summary or Purpose, else the text under the first heading; empty when there is none. */
  readonly summary: string;
  readonly planningPriority?: Priority;
  readonly planningOrder?: number;
  /** Codes of workstreams. */
  readonly dependsOn?: readonly string[];
  readonly supersededBy?: string;
  /** `YYYY-MM-DD`. */
  readonly createdOn?: string;
  readonly updatedOn?: string;
  /** `state_hub_workstream_id` in the file. */
  readonly id?: string;
  readonly tasks: readonly WorkplanTask[];
  readonly closureReview?: ClosureReview;
  /** Keys that nothing reads, such as a misspelt one. */
  readonly notices: readonly Problem[];
}

/** What a workplan may be at most; beyond it the file is refused, before it can cost time or memory. */
export const limits = { ...fileLimits, tasks: 1_000, title: 500 } as const;
