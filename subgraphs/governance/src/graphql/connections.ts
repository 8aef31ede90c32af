// One connection type per noun, shared by every field that lists it.
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { builder } from './builder.ts';
import * as refs from './refs.ts';

export const DomainConnection = connectionOf(builder, refs.Domain, 'Domain');
export const TopicConnection = connectionOf(builder, refs.Topic, 'Topic');
export const RepoConnection = connectionOf(builder, refs.Repo, 'Repo');
export const GoalConnection = connectionOf(builder, refs.Goal, 'Goal');
export const WorkstreamConnection = connectionOf(builder, refs.Workstream, 'Workstream');
export const TaskConnection = connectionOf(builder, refs.Task, 'Task');
export const DecisionConnection = connectionOf(builder, refs.Decision, 'Decision');
export const ProgressConnection = connectionOf(builder, refs.ProgressEntry, 'ProgressEntry');
