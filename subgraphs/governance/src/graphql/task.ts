import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { createTask, moveTask, updateTask, type MoveTaskInput, type TaskMove } from '../commands/task.ts';
import { taskLifecycle } from '../lifecycle/task.ts';
import type * as model from '../model.ts';
import { tasks, type TaskFilter as Filter, type TaskOrder as Order } from '../store/index.ts';
import { builder, loadHistory, paging, Priority, READ, shared, TaskStatus, type GovernanceContext } from './builder.ts';
import { TaskConnection } from './connections.ts';
import { Task, Workstream } from './refs.ts';
import { workstreamById } from './workstream.ts';

/** Loads tasks by id or code, batched. */
export const taskById = (context: GovernanceContext, id: string) => context.loaders.load('Task.id', id, (ids) => tasks.byIds(context.sql, ids));
export const taskByCode = (context: GovernanceContext, code: string) => context.loaders.load('Task.code', code, (codes) => tasks.byCodes(context.sql, codes));

const AcceptancePoint = builder.objectRef<model.AcceptancePoint>('AcceptancePoint').implement({
  description: 'One point of a task\'s acceptance list.',
  fields: (t) => ({ text: t.exposeString('text', { description: 'What must hold.' }), done: t.exposeBoolean('done', { description: 'Whether it holds.' }) }),
});

Task.implement({
  description: 'A piece of a workstream.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    code: t.exposeString('code', { description: 'Natural key, such as CUST-WP-0025-T03.' }),
    title: t.exposeString('title', { description: 'What is to do.' }),
    description: t.exposeString('description', { nullable: true, description: 'In detail; Markdown.' }),
    status: t.field({ type: TaskStatus, description: 'Where it stands in its lifecycle.', resolve: (task) => task.status }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    priority: t.field({ type: Priority, description: 'How soon.', resolve: (task) => task.priority }),
    ordinal: t.exposeInt('ordinal', { description: 'Place within the workstream.' }),
    assignee: t.exposeString('assignee', { nullable: true, description: 'Who does it.' }),
    waitingOn: t.exposeString('waitingOn', { nullable: true, description: 'What it waits for: a text, or the code or id of a task, gate or decision.' }),
    acceptance: t.field({ type: [AcceptancePoint], description: 'What must hold before it is done.', resolve: (task) => [...task.acceptance] }),
    completionNote: t.exposeString('completionNote', { nullable: true, description: 'What was done.' }),
    cancelReason: t.exposeString('cancelReason', { nullable: true, description: 'Why it was given up.' }),
    supersededBy: t.exposeString('supersededBy', { nullable: true, description: 'Code of what replaces it.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last touched.' }),
    staleSince: t.field({ type: 'DateTime', nullable: true, description: 'Since when it is reported stale; null when it was touched after that.', resolve: (task) => (task.staleAt !== null && task.staleAt >= task.updatedAt ? task.staleAt : null) }),
    workstream: t.field({ type: Workstream, description: 'The workstream that it belongs to.', resolve: async (task, _args, context) => (await workstreamById(context, task.workstreamId))! }),
    successor: t.field({ type: Task, nullable: true, description: 'The task that carries it on in another workstream.', resolve: (task, _args, context) => (task.successorId === null ? null : taskById(context, task.successorId)) }),
    allowedTransitions: t.field({
      type: [shared.Allowed],
      description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.',
      resolve: async (task, _args, context) => {
        const facts = await context.loaders.load('Task.facts', task.id, (ids) => tasks.facts(context.sql, ids));
        return facts === null ? [] : taskLifecycle.allowed(task.status, facts, context.identity);
      },
    }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (task, _args, context) => loadHistory(context, 'Task', task.id) }),
  }),
});

builder.asEntity(Task, {
  key: [builder.selection<{ id: string }>('id'), builder.selection<{ code: string }>('code')],
  resolveReference: (reference: { id?: string; code?: string }, context) => (reference.id !== undefined ? (isUuid(reference.id) ? taskById(context, reference.id) : null) : taskByCode(context, reference.code ?? '')),
});

const TaskFilter = builder.inputRef<Filter>('TaskFilter').implement({
  description: 'Narrows a list of tasks; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [TaskStatus], description: 'In one of these states.' }),
    priorities: t.field({ type: [Priority], description: 'With one of these priorities.' }),
    assignees: t.stringList({ description: 'Assigned to one of these.' }),
    workstreams: t.stringList({ description: 'In one of these workstreams (codes).' }),
    stale: t.boolean({ description: 'Reported stale and not touched since, or not.' }),
    text: t.string({ description: 'Contains this text in code, title or description.' }),
  }),
});
const TaskOrder = builder.enumType('TaskOrder', {
  description: 'Order of a list of tasks.',
  values: { PLACE: { description: 'By workstream, then as in its file.' }, CODE: { description: 'By code.' }, UPDATED_DESC: { description: 'Last touched first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({ filter: t.field({ type: TaskFilter, description: 'Which ones.' }), orderBy: t.field({ type: TaskOrder, defaultValue: 'PLACE', description: 'In which order.' }) }));

builder.objectField(Workstream, 'tasks', (t) =>
  t.field({
    type: TaskConnection,
    description: 'Tasks of the workstream.',
    args: { ...listArgs, ...paging },
    resolve: async (workstream, { filter, orderBy, ...page }, context) =>
      (await context.loaders.load(argsName('Workstream.tasks', { filter, orderBy, page }), workstream.id, (ids) => tasks.pagesOf(context.sql, ids, filter ?? {}, orderBy ?? 'PLACE', page)))!,
  }),
);
builder.queryField('task', (t) =>
  t.field({
    type: Task,
    nullable: true,
    description: 'One task by id or by code; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ description: 'Its id.' }), code: t.arg.string({ description: 'Its code, such as CUST-WP-0025-T03.' }) },
    resolve: (_root, { id, code }, context) => (id != null ? (isUuid(id) ? taskById(context, id) : null) : code != null ? taskByCode(context, code) : null),
  }),
);
builder.queryField('tasks', (t) =>
  t.field({
    type: TaskConnection,
    nullable: true,
    description: 'Tasks of all workstreams.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => tasks.page(context.sql, filter ?? {}, orderBy ?? 'PLACE', page),
  }),
);

addMutation(builder, {
  verb: 'createTask',
  description: 'Makes a task in a workstream that is proposed, active or paused. Without a code it gets the next free one.',
  scopes: [['governance:write']],
  input: builder.inputType('CreateTaskInput', {
    description: 'A new task.',
    fields: (t) => ({
      workstream: t.id({ required: true, description: 'Id of the workstream.' }),
      code: t.string({ description: 'Such as CUST-WP-0025-T03; the next free one when left out.' }),
      title: t.string({ required: true, description: 'What is to do; 1 to 500 characters.' }),
      description: t.string({ description: 'In detail; Markdown.' }),
      priority: t.field({ type: Priority, description: 'How soon; MEDIUM when left out.' }),
      assignee: t.string({ description: 'Who does it.' }),
      acceptance: t.stringList({ description: 'What must hold before it is done.' }),
      ...changeFields(t),
    }),
  }),
  payload: { task: Task, workstream: Workstream },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => createTask(work, input)),
});

export const AcceptanceInput = builder.inputRef<model.AcceptancePoint>('AcceptancePointInput').implement({
  description: 'One point of the acceptance list.',
  fields: (t) => ({ text: t.string({ required: true, description: 'What must hold.' }), done: t.boolean({ required: true, description: 'Whether it holds.' }) }),
});

addMutation(builder, {
  verb: 'updateTask',
  description: 'Changes what is said of a task. Its state moves only by its verbs. What is left out stays; null clears.',
  scopes: [['governance:write']],
  input: builder.inputType('UpdateTaskInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the task.' }),
      title: t.string({ description: 'What is to do.' }),
      description: t.string({ description: 'In detail; Markdown.' }),
      priority: t.field({ type: Priority, description: 'How soon.' }),
      assignee: t.string({ description: 'Who does it.' }),
      acceptance: t.field({ type: [AcceptanceInput], description: 'The whole acceptance list, ticked or not.' }),
      ...changeFields(t),
    }),
  }),
  payload: { task: Task, workstream: Workstream },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateTask(work, input)),
});

const moves: readonly { verb: TaskMove; description: string; fields: readonly ('waitingOn' | 'note' | 'reason' | 'optionalReason' | 'supersededBy' | 'evidence' | 'to')[] }[] = [
  { verb: 'startTask', description: 'Begins a TODO task. The workstream must be active and everything it depends on done.', fields: [] },
  { verb: 'waitTask', description: 'Sets a task aside until something happens, and says what.', fields: ['waitingOn'] },
  { verb: 'unblockTask', description: 'Takes a WAITING task up again, to where it came from: its blocker is met, or overruled with a reason.', fields: ['optionalReason', 'to'] },
  { verb: 'completeTask', description: 'Finishes a task with a note; every point of its acceptance list must be ticked.', fields: ['note', 'evidence'] },
  { verb: 'cancelTask', description: 'Gives a task up, with a reason.', fields: ['reason', 'supersededBy'] },
  { verb: 'reopenTask', description: 'Takes a DONE or CANCELLED task up again while its workstream is active, with a reason.', fields: ['reason'] },
];
for (const { verb, description, fields } of moves) {
  addMutation(builder, {
    verb,
    description,
    scopes: [['governance:write']],
    input: builder.inputRef<MoveTaskInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which task, and what the verb needs.',
      fields: (t) => ({
        id: t.id({ required: true, description: 'Id of the task.' }),
        ...(fields.includes('waitingOn') ? { waitingOn: t.string({ required: true, description: 'What it waits for: a text, or the code or id of a task, gate or decision.' }) } : {}),
        ...(fields.includes('note') ? { note: t.string({ required: true, description: 'What was done.' }) } : {}),
        ...(fields.includes('reason') || fields.includes('optionalReason') ? { reason: t.string({ required: fields.includes('reason'), description: 'Why.' }) } : {}),
        ...(fields.includes('supersededBy') ? { supersededBy: t.string({ description: 'Code of what replaces it.' }) } : {}),
        ...(fields.includes('evidence') ? { evidence: t.stringList({ description: 'Links or ids that show it.' }) } : {}),
        ...(fields.includes('to') ? { to: t.field({ type: TaskStatus, description: 'TODO or IN_PROGRESS; where it came from when left out.' }) } : {}),
        ...changeFields(t),
      }),
    }),
    payload: { task: Task, workstream: Workstream },
    run: (input: MoveTaskInput, call, context) => context.changes.run<{ task: model.Task; workstream: model.Workstream }>(context.caller, call, (work) => moveTask(work, verb, input)),
  });
}
