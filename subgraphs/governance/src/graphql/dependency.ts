import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { addDependency, removeDependency, type EndInput as End } from '../commands/dependency.ts';
import type * as model from '../model.ts';
import { dependencies } from '../store/index.ts';
import { builder } from './builder.ts';
import { Dependency, Task, Workstream } from './refs.ts';
import { taskById } from './task.ts';
import { workstreamById } from './workstream.ts';

interface DependencyEnd {
  readonly kind: model.DependencyKind;
  readonly id: string;
}

const EndType = builder.objectRef<DependencyEnd>('DependencyEnd').implement({
  description: 'One end of a dependency: a workstream or a task.',
  fields: (t) => ({
    code: t.string({
      description: 'Its code.',
      resolve: async (end, _args, context) => (await (end.kind === 'TASK' ? taskById(context, end.id) : workstreamById(context, end.id)))?.code ?? end.id,
    }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream, when it is one.', resolve: (end, _args, context) => (end.kind === 'WORKSTREAM' ? workstreamById(context, end.id) : null) }),
    task: t.field({ type: Task, nullable: true, description: 'The task, when it is one.', resolve: (end, _args, context) => (end.kind === 'TASK' ? taskById(context, end.id) : null) }),
  }),
});

Dependency.implement({
  description: 'Something waits for something else.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    from: t.field({ type: EndType, description: 'What waits.', resolve: (dependency) => ({ kind: dependency.fromKind, id: dependency.fromId }) }),
    on: t.field({ type: EndType, description: 'What it waits for.', resolve: (dependency) => ({ kind: dependency.toKind, id: dependency.toId }) }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who added it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
  }),
});

for (const [parent, what] of [[Workstream, 'workstream'], [Task, 'task']] as const) {
  // The two refs differ only in their model, of which just `id` is used.
  const noun = parent as typeof Workstream;
  builder.objectField(noun, 'dependencies', (t) =>
    t.field({
      type: [Dependency],
      description: `What the ${what} itself waits for, oldest first.`,
      resolve: async (entity, _args, context) => (await context.loaders.load('Dependency.of', entity.id, (ids) => dependencies.of(context.sql, ids))) ?? [],
    }),
  );
  builder.objectField(noun, 'dependents', (t) =>
    t.field({
      type: [Dependency],
      description: `What waits for the ${what}, oldest first.`,
      resolve: async (entity, _args, context) => (await context.loaders.load('Dependency.onto', entity.id, (ids) => dependencies.onto(context.sql, ids))) ?? [],
    }),
  );
}

const EndInput = builder.inputRef<End>('DependencyEndInput').implement({
  description: 'A workstream or a task: exactly one code.',
  isOneOf: true,
  fields: (t) => ({ workstream: t.string({ description: 'Code of a workstream.' }), task: t.string({ description: 'Code of a task.' }) }),
});

addMutation(builder, {
  verb: 'addDependency',
  description: 'Notes that one thing waits for another. Refuses itself, a dependency that exists (Duplicate), and what would close a cycle; the message names the cycle. A workstream waits for its own tasks by itself.',
  scopes: [['governance:write']],
  input: builder.inputType('AddDependencyInput', {
    description: 'What waits for what.',
    fields: (t) => ({
      from: t.field({ type: EndInput, required: true, description: 'What waits.' }),
      on: t.field({ type: EndInput, required: true, description: 'What it waits for.' }),
      reason: t.string({ description: 'Why.' }),
      ...changeFields(t),
    }),
  }),
  payload: { dependency: Dependency },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => addDependency(work, input)),
});

addMutation(builder, {
  verb: 'removeDependency',
  description: 'Takes a dependency away; the payload shows what it was.',
  scopes: [['governance:write']],
  input: builder.inputType('RemoveDependencyInput', {
    description: 'Which dependency.',
    fields: (t) => ({
      from: t.field({ type: EndInput, required: true, description: 'What waits.' }),
      on: t.field({ type: EndInput, required: true, description: 'What it waits for.' }),
      ...changeFields(t),
    }),
  }),
  payload: { dependency: Dependency },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => removeDependency(work, input)),
});
