import { defineEvents } from '@hubgraph/kit/events';
import { z } from 'zod';
import { manifest } from './manifest.ts';
import { DECISION_STATUSES, GOAL_STATUSES, TASK_STATUSES, WORKSTREAM_STATUSES } from './model.ts';

const READ = [['hub:read']] as const;
const id = z.uuid().describe('Key of the entity');
const version = z.int().positive().describe('Version of the entity after the change');
const imported = z.boolean().optional().describe('True for a past state that a file told of');
const reason = z.string().nullish().describe('The reason that was given; its first 1,000 characters');

const workstream = (description: string) => ({
  version: 1,
  description,
  feed: 'workstreamChanged',
  data: z.object({ id, code: z.string(), repo: z.string().nullish().describe('Slug of its repo'), from: z.enum(WORKSTREAM_STATUSES).nullable(), to: z.enum(WORKSTREAM_STATUSES), version, reason, imported }),
});
const task = (description: string) => ({
  version: 1,
  description,
  feed: 'taskChanged',
  data: z.object({ id, code: z.string(), workstream: z.string().describe('Code of its workstream'), from: z.enum(TASK_STATUSES).nullable(), to: z.enum(TASK_STATUSES), version, priority: z.string(), reason, successor: z.string().nullish().describe('Code of the task that carries it on'), imported }),
});
const decision = (description: string) => ({
  version: 1,
  description,
  feed: 'decisionChanged',
  data: z.object({ id, title: z.string(), from: z.enum(DECISION_STATUSES).nullable(), to: z.enum(DECISION_STATUSES), version, domains: z.array(z.string()), workstream: z.string().nullish().describe('Code of its workstream'), blocking: z.boolean(), supersededBy: z.string().nullish() }),
});
const goal = (description: string) => ({ version: 1, description, data: z.object({ id, title: z.string(), from: z.enum(GOAL_STATUSES).nullable(), to: z.enum(GOAL_STATUSES), version }) });
const slugged = (description: string) => ({ version: 1, description, data: z.object({ id, slug: z.string(), version }) });
const dependency = (description: string) => ({ version: 1, description, data: z.object({ id, from: z.string().describe('Code of what depends'), on: z.string().describe('Code of what it depends on') }) });

/** What others may rely on from governance. */
export const events = defineEvents({
  manifest,
  feeds: {
    workstreamChanged: {
      noun: 'Workstream',
      description: 'Workstreams as they change state or content.',
      status: 'WorkstreamStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        repos: { type: '[String!]', path: 'data.repo', description: 'Slugs of repos.' },
        codes: { type: '[String!]', path: 'data.code', description: 'Codes of workstreams.' },
        statuses: { type: '[WorkstreamStatus!]', path: 'data.to', description: 'States after the change.' },
        types: { type: '[String!]', path: 'type', description: 'Full event types.' },
      },
      snapshot: { list: 'workstreams', order: 'CREATED', filter: { domains: 'domains', repos: 'repos', statuses: 'statuses' } },
    },
    taskChanged: {
      noun: 'Task',
      description: 'Tasks as they change state or content.',
      status: 'TaskStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        workstreams: { type: '[String!]', path: 'data.workstream', description: 'Codes of workstreams.' },
        codes: { type: '[String!]', path: 'data.code', description: 'Codes of tasks.' },
        statuses: { type: '[TaskStatus!]', path: 'data.to', description: 'States after the change.' },
        types: { type: '[String!]', path: 'type', description: 'Full event types.' },
      },
      snapshot: { list: 'tasks', order: 'CODE', filter: { workstreams: 'workstreams', statuses: 'statuses' } },
    },
    decisionChanged: {
      noun: 'Decision',
      description: 'Decisions as they are proposed and made.',
      status: 'DecisionStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'data.domains', description: 'Slugs of domains that the decision binds.' },
        workstreams: { type: '[String!]', path: 'data.workstream', description: 'Codes of workstreams.' },
        statuses: { type: '[DecisionStatus!]', path: 'data.to', description: 'States after the change.' },
        types: { type: '[String!]', path: 'type', description: 'Full event types.' },
      },
      snapshot: { list: 'decisions', order: 'CREATED', filter: { domains: 'domains', workstreams: 'workstreams', statuses: 'statuses' } },
    },
  },
  types: {
    'domain.registered': slugged('A domain was registered.'),
    'domain.updated': slugged('A domain\'s name, owner or description changed.'),
    'domain.goal.set': goal('A goal was set for a domain.'),
    'domain.goal.activated': goal('A goal is pursued now.'),
    'domain.goal.retired': goal('A goal is no longer pursued.'),
    'repo.registered': slugged('A repo was registered.'),
    'repo.updated': slugged('A repo\'s facts changed.'),
    'topic.created': slugged('A topic was created.'),
    'workstream.proposed': workstream('A workstream was written down.'),
    'workstream.updated': workstream('A workstream\'s content changed without a change of state.'),
    'workstream.activated': workstream('Work began.'),
    'workstream.paused': workstream('A workstream was set aside.'),
    'workstream.resumed': workstream('A paused workstream goes on.'),
    'workstream.closing': workstream('A closure review was opened.'),
    'workstream.completed': workstream('A closure review was accepted; the workstream is completed.'),
    'workstream.cancelled': workstream('A workstream was given up or superseded.'),
    'workstream.archived': workstream('A closed workstream was put away.'),
    'workstream.reopened': workstream('A workstream is active again: its review was sent back, or a decision reopened it.'),
    'task.created': task('A task was created.'),
    'task.updated': task('A task\'s content changed without a change of state.'),
    'task.started': task('Work on a task began.'),
    'task.waiting': task('A task waits for something.'),
    'task.unblocked': task('What a task waited for is met or overruled.'),
    'task.done': task('A task is done.'),
    'task.cancelled': task('A task was given up.'),
    'task.carried': task('A closure review carried a task forward into another workstream.'),
    'task.reopened': task('A closed task is to do again.'),
    'task.stale': { ...task('An open task was not touched for 14 days; its state did not change.'), changesNothing: true },
    'dependency.added': dependency('Something depends on something else from now on.'),
    'dependency.removed': dependency('A dependency was removed.'),
    'decision.proposed': decision('A decision was proposed.'),
    'decision.updated': decision('The text of a proposed decision changed.'),
    'decision.accepted': decision('A decision was made.'),
    'decision.rejected': decision('A proposed decision was rejected.'),
    'decision.superseded': decision('A decision was superseded by another.'),
    'decision.deprecated': decision('A decision no longer holds, without a successor.'),
    'progress.recorded': { version: 1, description: 'An entry was written to the journal.', data: z.object({ id, eventType: z.string(), summary: z.string(), repo: z.string().nullish(), workstream: z.string().nullish(), task: z.string().nullish() }) },
  },
});

export type GovernanceEvents = (typeof events)['types'];
