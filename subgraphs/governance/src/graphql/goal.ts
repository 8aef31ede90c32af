import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { moveGoal, setGoal } from '../commands/goal.ts';
import { goalLifecycle } from '../lifecycle/goal.ts';
import { goals, type GoalFilter as Filter, type GoalOrder as Order } from '../store/index.ts';
import { builder, GoalStatus, loadHistory, paging, READ, shared, type GovernanceContext } from './builder.ts';
import { GoalConnection } from './connections.ts';
import { domainById } from './domain.ts';
import { Domain, Goal } from './refs.ts';

const goalById = (context: GovernanceContext, id: string) => (isUuid(id) ? context.loaders.load('Goal.id', id, (ids) => goals.byIds(context.sql, ids)) : null);

Goal.implement({
  description: 'Something that a domain wants to reach.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    title: t.exposeString('title', { description: 'What is to be reached.' }),
    description: t.exposeString('description', { nullable: true, description: 'In detail; Markdown.' }),
    status: t.field({ type: GoalStatus, description: 'Where it stands in its lifecycle.', resolve: (goal) => goal.status }),
    targetDate: t.field({ type: 'Date', nullable: true, description: 'By when.', resolve: (goal) => goal.targetDate }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who set it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was set.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    domain: t.field({ type: Domain, description: 'The domain that it belongs to.', resolve: async (goal, _args, context) => (await domainById(context, goal.domainId))! }),
    allowedTransitions: t.field({
      type: [shared.Allowed],
      description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.',
      resolve: (goal, _args, context) => goalLifecycle.allowed(goal.status, { reason: null }, context.identity),
    }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (goal, _args, context) => loadHistory(context, 'Goal', goal.id) }),
  }),
});

builder.asEntity(Goal, { key: builder.selection<{ id: string }>('id'), resolveReference: (reference, context) => goalById(context, reference.id) });

const GoalFilter = builder.inputRef<Filter>('GoalFilter').implement({
  description: 'Narrows a list of goals; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [GoalStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    text: t.string({ description: 'Contains this text in title or description.' }),
  }),
});
const GoalOrder = builder.enumType('GoalOrder', {
  description: 'Order of a list of goals.',
  values: { CREATED: { description: 'Oldest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({
  filter: t.field({ type: GoalFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: GoalOrder, defaultValue: 'CREATED', description: 'In which order.' }),
}));

builder.objectField(Domain, 'goals', (t) =>
  t.field({
    type: GoalConnection,
    description: 'Goals of the domain.',
    args: { ...listArgs, ...paging },
    resolve: async (domain, { filter, orderBy, ...page }, context) =>
      (await context.loaders.load(argsName('Domain.goals', { filter, orderBy, page }), domain.id, (ids) => goals.pagesOf(context.sql, ids, filter ?? {}, orderBy ?? 'CREATED', page)))!,
  }),
);
builder.queryField('goal', (t) =>
  t.field({
    type: Goal,
    nullable: true,
    description: 'One goal by its id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => goalById(context, id),
  }),
);
builder.queryField('goals', (t) =>
  t.field({
    type: GoalConnection,
    nullable: true,
    description: 'Goals of the organisation.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => goals.page(context.sql, filter ?? {}, orderBy ?? 'CREATED', page),
  }),
);

addMutation(builder, {
  verb: 'setGoal',
  description: 'Writes a goal of a domain down as SET. Refuses an unknown domain (NotFound).',
  scopes: [['governance:write']],
  input: builder.inputType('SetGoalInput', {
    description: 'A new goal.',
    fields: (t) => ({
      domain: t.string({ required: true, description: 'Slug of its domain.' }),
      title: t.string({ required: true, description: 'What is to be reached; 1 to 500 characters.' }),
      description: t.string({ description: 'In detail; Markdown.' }),
      targetDate: t.field({ type: 'Date', description: 'By when.' }),
      ...changeFields(t),
    }),
  }),
  payload: { goal: Goal },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => setGoal(work, input)),
});

addMutation(builder, {
  verb: 'activateGoal',
  description: 'Begins to pursue a SET goal.',
  scopes: [['governance:write']],
  input: builder.inputType('ActivateGoalInput', {
    description: 'Which goal.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the goal.' }), ...changeFields(t) }),
  }),
  payload: { goal: Goal },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => moveGoal(work, 'activateGoal', input)),
});

addMutation(builder, {
  verb: 'retireGoal',
  description: 'Ends a goal that is reached or given up, with a reason.',
  scopes: [['governance:write']],
  input: builder.inputType('RetireGoalInput', {
    description: 'Which goal, and why.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the goal.' }), reason: t.string({ required: true, description: 'Why.' }), ...changeFields(t) }),
  }),
  payload: { goal: Goal },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => moveGoal(work, 'retireGoal', input)),
});
