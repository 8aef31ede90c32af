// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { previewBlockers } from './closure.ts';
export { decisions, type DecisionFilter, type DecisionOrder } from './decision.ts';
export { dependencies } from './dependency.ts';
export { domains, type DomainFilter, type DomainOrder } from './domain.ts';
export { foreign, hubPlaces, type HubPlace, type ItemOf } from './foreign.ts';
export { faults, rebuilds } from './foreign-rebuild.ts';
export { goals, type GoalFilter, type GoalOrder } from './goal.ts';
export { progress, type ProgressFilter, type ProgressOrder, type ProgressSubject } from './progress.ts';
export { repos, type RepoFilter, type RepoOrder } from './repo.ts';
export { reviews } from './review.ts';
export { tasks, TASK_ORDERS, type TaskFilter, type TaskOrder } from './task.ts';
export { topics, type TopicFilter, type TopicOrder } from './topic.ts';
export { workstreams, WORKSTREAM_ORDERS, type WorkstreamFilter, type WorkstreamOrder } from './workstream.ts';
