import type { TaskStatus as TaskWord, WorkstreamStatus as WorkstreamWord } from '../model.ts';
import { decisions, domains, repos, tasks, workstreams } from '../store/index.ts';
import { builder, READ, TaskStatus, WorkstreamStatus } from './builder.ts';

/** There is one summary of the organisation; every hub adds its own fields to it by this key. */
const STATE = { id: 'state' };

const WorkstreamCount = builder.objectRef<{ status: WorkstreamWord; count: number }>('WorkstreamStatusCount').implement({
  description: 'How many workstreams are in a state.',
  fields: (t) => ({ status: t.field({ type: WorkstreamStatus, description: 'The state.', resolve: (line) => line.status }), count: t.exposeInt('count', { description: 'How many.' }) }),
});
const TaskCount = builder.objectRef<{ status: TaskWord; count: number }>('TaskStatusCount').implement({
  description: 'How many tasks are in a state.',
  fields: (t) => ({ status: t.field({ type: TaskStatus, description: 'The state.', resolve: (line) => line.status }), count: t.exposeInt('count', { description: 'How many.' }) }),
});

const StateSummary = builder.objectRef<typeof STATE>('StateSummary').implement({
  description: 'What an operator wants to know first; every hub adds its part.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Always "state".' }),
    domains: t.int({ description: 'How many domains there are.', resolve: (_state, _args, context) => domains.count(context.sql) }),
    repos: t.int({ description: 'How many repos there are.', resolve: (_state, _args, context) => repos.count(context.sql) }),
    workstreams: t.field({ type: [WorkstreamCount], description: 'Workstreams by state; states that none is in are left out.', resolve: (_state, _args, context) => workstreams.countByStatus(context.sql) }),
    tasks: t.field({ type: [TaskCount], description: 'Tasks by state; states that none is in are left out.', resolve: (_state, _args, context) => tasks.countByStatus(context.sql) }),
    staleTasks: t.int({ description: 'Open tasks that were reported stale and not touched since.', resolve: (_state, _args, context) => tasks.countStale(context.sql) }),
    openDecisions: t.int({ description: 'Decisions that are proposed and not decided.', resolve: (_state, _args, context) => decisions.countOpen(context.sql) }),
  }),
});
builder.asEntity(StateSummary, { key: builder.selection<{ id: string }>('id'), resolveReference: (reference) => (reference.id === STATE.id ? STATE : null) });
builder.queryField('stateSummary', (t) => t.field({ type: StateSummary, nullable: true, description: 'The state of the organisation at a glance.', requiresScopes: READ, resolve: () => STATE }));
