// The nouns of governance: what is stored, in plain types. Column names in PostgreSQL are the field names.

export const WORKSTREAM_STATUSES = ['PROPOSED', 'ACTIVE', 'PAUSED', 'CLOSING', 'COMPLETED', 'CANCELLED', 'ARCHIVED'] as const;
export type WorkstreamStatus = (typeof WORKSTREAM_STATUSES)[number];

export const TASK_STATUSES = ['TODO', 'IN_PROGRESS', 'WAITING', 'DONE', 'CANCELLED', 'CARRIED_FORWARD'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
/** States in which work on a task is still to come. */
export const OPEN_TASK_STATUSES = ['TODO', 'IN_PROGRESS', 'WAITING'] as const satisfies readonly TaskStatus[];

/** Whether work on a task is still to come. */
export function isOpen(task: { readonly status: TaskStatus }): boolean {
  return (OPEN_TASK_STATUSES as readonly TaskStatus[]).includes(task.status);
}

export const DECISION_STATUSES = ['PROPOSED', 'ACCEPTED', 'REJECTED', 'SUPERSEDED', 'DEPRECATED'] as const;
export type DecisionStatus = (typeof DECISION_STATUSES)[number];

export const GOAL_STATUSES = ['SET', 'ACTIVE', 'RETIRED'] as const;
export type GoalStatus = (typeof GOAL_STATUSES)[number];

export const REVIEW_STATUSES = ['OPEN', 'ACCEPTED', 'REJECTED'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

export const PRIORITIES = ['HIGH', 'MEDIUM', 'LOW'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How a closure review disposes of one task. */
export const DISPOSITIONS = ['DONE', 'CANCELLED', 'CARRY_FORWARD'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** What a closure review concludes for the whole workstream. */
export const OUTCOMES = ['COMPLETED', 'PARTIAL', 'CANCELLED'] as const;
export type Outcome = (typeof OUTCOMES)[number];

interface Entity {
  /** UUIDv7 */
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Rises by one with every change. */
  readonly version: number;
}

export interface Domain extends Entity {
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly owner: string | null;
}

export interface Topic extends Entity {
  readonly slug: string;
  readonly domainId: string;
  readonly title: string;
  readonly description: string | null;
}

export interface Repo extends Entity {
  readonly slug: string;
  readonly domainId: string;
  readonly name: string;
  readonly description: string | null;
  readonly url: string | null;
  readonly defaultBranch: string | null;
  readonly ecosystem: string | null;
}

export interface Goal extends Entity {
  readonly domainId: string;
  readonly title: string;
  readonly description: string | null;
  readonly status: GoalStatus;
  /** Calendar day, `YYYY-MM-DD`. */
  readonly targetDate: string | null;
  readonly createdBy: string;
}

export interface Workstream extends Entity {
  /** Such as `CUST-WP-0025`. */
  readonly code: string;
  readonly title: string;
  readonly summary: string | null;
  readonly domainId: string;
  readonly repoId: string | null;
  readonly topicId: string | null;
  readonly status: WorkstreamStatus;
  readonly owner: string | null;
  readonly planningPriority: Priority | null;
  readonly planningOrder: number | null;
  readonly pauseReason: string | null;
  readonly supersededById: string | null;
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  readonly createdBy: string;
  readonly closedAt: Date | null;
}

/** One point of a task's acceptance list. */
export interface AcceptancePoint {
  readonly text: string;
  readonly done: boolean;
}

export interface Task extends Entity {
  /** Such as `CUST-WP-0025-T03`. */
  readonly code: string;
  readonly workstreamId: string;
  readonly ordinal: number;
  readonly title: string;
  readonly description: string | null;
  readonly status: TaskStatus;
  readonly priority: Priority;
  readonly assignee: string | null;
  readonly waitingOn: string | null;
  readonly waitingFrom: TaskStatus | null;
  readonly acceptance: readonly AcceptancePoint[];
  readonly completionNote: string | null;
  readonly cancelReason: string | null;
  readonly supersededBy: string | null;
  readonly successorId: string | null;
  readonly createdBy: string;
  readonly staleAt: Date | null;
}

export type DependencyKind = 'WORKSTREAM' | 'TASK';

/** `from` depends on `to`. */
export interface Dependency {
  readonly id: string;
  readonly fromKind: DependencyKind;
  readonly fromId: string;
  readonly toKind: DependencyKind;
  readonly toId: string;
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** One option that a decision weighs. */
export interface DecisionOption {
  readonly title: string;
  readonly description?: string | null;
}

export interface Decision extends Entity {
  readonly title: string;
  readonly context: string | null;
  readonly options: readonly DecisionOption[];
  readonly choice: string | null;
  readonly rationale: string | null;
  readonly consequences: string | null;
  readonly deciders: readonly string[];
  readonly status: DecisionStatus;
  readonly blocking: boolean;
  /** Slugs; more than one makes the decision cross-domain. */
  readonly domains: readonly string[];
  readonly workstreamId: string | null;
  readonly supersededById: string | null;
  readonly createdBy: string;
  readonly decidedAt: Date | null;
}

/** One task as a closure review disposes of it. */
export interface Classification {
  /** Task code. */
  readonly task: string;
  readonly as: Disposition;
  readonly reason?: string | null;
  /** Code of the receiving workstream, for CARRY_FORWARD. */
  readonly carryTo?: string | null;
  /** Code of the task that was made there. */
  readonly successor?: string | null;
}

export interface ClosureReview {
  readonly id: string;
  readonly workstreamId: string;
  readonly status: ReviewStatus;
  readonly context: string;
  readonly outcome: Outcome | null;
  readonly snapshot: readonly { readonly code: string; readonly status: TaskStatus }[];
  readonly classifications: readonly Classification[];
  readonly openedBy: string;
  readonly openedAt: Date;
  readonly reviewer: string | null;
  readonly closedAt: Date | null;
  readonly reason: string | null;
}

export interface ProgressEntry {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly eventType: string;
  readonly summary: string;
  readonly details: unknown;
  readonly domainId: string | null;
  readonly repoId: string | null;
  readonly workstreamId: string | null;
  readonly taskId: string | null;
}

/** Nouns of other hubs that may stand in the way of a closing, and what leads to them. */
export const FOREIGN_NOUNS = ['Alert', 'Gate', 'Contribution', 'ArtifactPackage', 'Commitment', 'Service'] as const;
export type ForeignNoun = (typeof FOREIGN_NOUNS)[number];

/** Hubs whose events tell what stands in the way of a closing. */
export const CLOSURE_HUBS = ['artifacts', 'contributions', 'finance', 'ops'] as const;
export type ClosureHub = (typeof CLOSURE_HUBS)[number];

/** What another hub says of one thing: the whole of it, each time. */
export interface ForeignItem {
  readonly noun: ForeignNoun;
  /** Of a service: its slug. */
  readonly id: string;
  readonly hub: ClosureHub;
  readonly code: string | null;
  readonly title: string;
  readonly status: string;
  /** Whether a closing waits for it. */
  readonly waits: boolean;
  /** Code of the workstream that it names. */
  readonly workstream: string | null;
  /** Slug of the service that it names. */
  readonly service: string | null;
  readonly domain: string | null;
  /** Of a service: slug of the repo that it comes from. */
  readonly repo: string | null;
  /** When it began to wait. */
  readonly since: Date;
}

/** Why what is known of a hub is not complete. */
export interface ForeignFault {
  readonly id: string;
  readonly hub: ClosureHub;
  readonly position: number;
  /** Of an event that was set aside; null: events up to `position` were gone. */
  readonly type: string | null;
  readonly subject: string | null;
  readonly missed: number;
  readonly reason: string;
  readonly at: Date;
}

/** A rebuild from the lists of a hub that is under way. */
export interface ForeignRebuild {
  readonly id: string;
  readonly hub: ClosureHub;
  readonly epoch: string | null;
  readonly position: number;
  readonly startedBy: string;
  readonly startedAt: Date;
}
