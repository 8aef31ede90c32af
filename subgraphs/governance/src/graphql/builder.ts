import { words } from '@hubgraph/kit/graphql/words';
import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import type { Sql } from '@hubgraph/kit/sql';
import { sharedTypes } from '@hubgraph/kit/graphql/shared';
import type { GovernanceChanges } from '../commands/common.ts';
import type { OtherHubs } from '../lifecycle/outside.ts';
import { DECISION_STATUSES, DISPOSITIONS, GOAL_STATUSES, OUTCOMES, PRIORITIES, REVIEW_STATUSES, TASK_STATUSES, WORKSTREAM_STATUSES } from '../model.ts';

/** What governance resolvers have in hand. */
export interface GovernanceContext extends HubContext {
  /** Reads outside of transactions. */
  readonly sql: Sql;
  readonly changes: GovernanceChanges;
  readonly others: OtherHubs;
  readonly now: () => Date;
}


/** The hub's schema builder; every file of this folder adds one noun to it. */
export const builder = createHubBuilder<GovernanceContext>();
export const shared = sharedTypes(builder);
export const paging = pageArgs(builder);

/** Reading needs this scope. */
export const READ: ['hub:read'][] = [['hub:read']];

const said = {
  PROPOSED: 'Written down, not begun.', ACTIVE: 'Under way.', PAUSED: 'Set aside, with a reason.', CLOSING: 'A closure review is open.', COMPLETED: 'Closed by an accepted review.',
  CANCELLED: 'Given up, with a reason.', ARCHIVED: 'Kept for the record.', TODO: 'Not begun.', IN_PROGRESS: 'Being worked on.', WAITING: 'Blocked by something named.', DONE: 'Finished.',
  CARRIED_FORWARD: 'Goes on in another workstream.', CARRY_FORWARD: 'Goes on in the workstream that `carryTo` names.', ACCEPTED: 'Agreed.', REJECTED: 'Turned down, with a reason.', SUPERSEDED: 'Replaced by another.',
  DEPRECATED: 'No longer holds.', SET: 'Written down.', RETIRED: 'No longer pursued.', OPEN: 'Being written.', PARTIAL: 'Some of it done, the rest carried forward or cancelled.', HIGH: 'Before the others.', MEDIUM: 'In its turn.', LOW: 'When there is time.',
};
export const WorkstreamStatus = words(builder, 'WorkstreamStatus', 'State of a workstream.', WORKSTREAM_STATUSES, said);
export const TaskStatus = words(builder, 'TaskStatus', 'State of a task.', TASK_STATUSES, said);
export const DecisionStatus = words(builder, 'DecisionStatus', 'State of a decision.', DECISION_STATUSES, said);
export const GoalStatus = words(builder, 'GoalStatus', 'State of a goal.', GOAL_STATUSES, said);
export const ReviewStatus = words(builder, 'ClosureReviewStatus', 'State of a closure review.', REVIEW_STATUSES, said);
export const Priority = words(builder, 'Priority', 'How soon.', PRIORITIES, said);
export const Disposition = words(builder, 'Disposition', 'How a closure review disposes of a task.', DISPOSITIONS, said);
export const Outcome = words(builder, 'ClosureOutcome', 'What a closure review concludes.', OUTCOMES, said);

export { loadHistory } from '@hubgraph/kit/graphql/history';
