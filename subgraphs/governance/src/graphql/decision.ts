import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { decidesAcrossDomains, moveDecision, proposeDecision, updateDecision, type DecisionMove, type MoveDecisionInput } from '../commands/decision.ts';
import { decisionLifecycle } from '../lifecycle/decision.ts';
import type * as model from '../model.ts';
import { decisions, type DecisionFilter as Filter, type DecisionOrder as Order } from '../store/index.ts';
import { builder, DecisionStatus, loadHistory, paging, READ, shared, type GovernanceContext } from './builder.ts';
import { DecisionConnection } from './connections.ts';
import { domainBySlug } from './domain.ts';
import { Decision, Domain, Workstream } from './refs.ts';
import { workstreamById } from './workstream.ts';

/** Loads decisions by id, batched. */
export const decisionById = (context: GovernanceContext, id: string) => (isUuid(id) ? context.loaders.load('Decision.id', id, (ids) => decisions.byIds(context.sql, ids)) : null);

const DecisionOption = builder.objectRef<model.DecisionOption>('DecisionOption').implement({
  description: 'One option that a decision weighs.',
  fields: (t) => ({ title: t.exposeString('title', { description: 'What could be done.' }), description: t.string({ nullable: true, description: 'What speaks for and against it.', resolve: (option) => option.description }) }),
});

Decision.implement({
  description: 'A decision record: what was weighed, what was chosen, why and by whom. Its text is frozen once accepted.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    title: t.exposeString('title', { description: 'What is to be decided.' }),
    context: t.exposeString('context', { nullable: true, description: 'What makes the decision necessary.' }),
    options: t.field({ type: [DecisionOption], description: 'What was weighed.', resolve: (decision) => [...decision.options] }),
    choice: t.exposeString('choice', { nullable: true, description: 'What was chosen.' }),
    rationale: t.exposeString('rationale', { nullable: true, description: 'Why.' }),
    consequences: t.exposeString('consequences', { nullable: true, description: 'What follows from it.' }),
    deciders: t.stringList({ description: 'Who decides.', resolve: (decision) => [...decision.deciders] }),
    status: t.field({ type: DecisionStatus, description: 'Where it stands in its lifecycle.', resolve: (decision) => decision.status }),
    blocking: t.exposeBoolean('blocking', { description: 'Whether its workstream cannot be completed while it is open.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who proposed it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was proposed.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true, description: 'When it was accepted or rejected.' }),
    domains: t.field({
      type: [Domain],
      description: 'The domains that it binds; with more than one, only a steward decides.',
      resolve: async (decision, _args, context) => (await Promise.all(decision.domains.map((slug) => domainBySlug(context, slug)))).filter((domain) => domain !== null),
    }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it belongs to.', resolve: (decision, _args, context) => (decision.workstreamId === null ? null : workstreamById(context, decision.workstreamId)) }),
    supersededBy: t.field({ type: Decision, nullable: true, description: 'The decision that replaces it.', resolve: (decision, _args, context) => (decision.supersededById === null ? null : decisionById(context, decision.supersededById)) }),
    allowedTransitions: t.field({
      type: [shared.Allowed],
      description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.',
      resolve: async (decision, _args, context) => {
        const facts = await context.loaders.load('Decision.facts', decision.id, (ids) => decisions.facts(context.sql, ids));
        return facts === null ? [] : decisionLifecycle.allowed(decision.status, { ...facts, callerIsSteward: decidesAcrossDomains(context.identity) }, context.identity);
      },
    }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (decision, _args, context) => loadHistory(context, 'Decision', decision.id) }),
  }),
});

builder.asEntity(Decision, { key: builder.selection<{ id: string }>('id'), resolveReference: (reference, context) => decisionById(context, reference.id) });

const DecisionFilter = builder.inputRef<Filter>('DecisionFilter').implement({
  description: 'Narrows a list of decisions; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [DecisionStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'Binding one of these domains (slugs).' }),
    workstreams: t.stringList({ description: 'Of one of these workstreams (codes).' }),
    blocking: t.boolean({ description: 'Blocking or not.' }),
    text: t.string({ description: 'Contains this text in title, context or choice.' }),
  }),
});
const DecisionOrder = builder.enumType('DecisionOrder', {
  description: 'Order of a list of decisions.',
  values: { CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({
  filter: t.field({ type: DecisionFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: DecisionOrder, defaultValue: 'CREATED', description: 'In which order.' }),
}));

builder.objectField(Workstream, 'decisions', (t) =>
  t.field({
    type: DecisionConnection,
    description: 'Decisions of the workstream.',
    args: { ...listArgs, ...paging },
    resolve: async (workstream, { filter, orderBy, ...page }, context) =>
      (await context.loaders.load(argsName('Workstream.decisions', { filter, orderBy, page }), workstream.id, (ids) => decisions.pagesOf(context.sql, ids, filter ?? {}, orderBy ?? 'CREATED', page)))!,
  }),
);
builder.queryField('decision', (t) =>
  t.field({
    type: Decision,
    nullable: true,
    description: 'One decision by its id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => decisionById(context, id),
  }),
);
builder.queryField('decisions', (t) =>
  t.field({
    type: DecisionConnection,
    nullable: true,
    description: 'Decisions of the organisation.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => decisions.page(context.sql, filter ?? {}, orderBy ?? 'CREATED', page),
  }),
);

const OptionInput = builder.inputRef<model.DecisionOption>('DecisionOptionInput').implement({
  description: 'One option to weigh.',
  fields: (t) => ({ title: t.string({ required: true, description: 'What could be done.' }), description: t.string({ description: 'What speaks for and against it.' }) }),
});

addMutation(builder, {
  verb: 'proposeDecision',
  description: 'Writes a decision down as PROPOSED. Refuses an unknown domain or workstream (NotFound), and a blocking decision of a closed workstream.',
  scopes: [['governance:write']],
  input: builder.inputType('ProposeDecisionInput', {
    description: 'A new decision. Options, choice, rationale and deciders may follow later, but are needed before it is accepted.',
    fields: (t) => ({
      title: t.string({ required: true, description: 'What is to be decided; 1 to 500 characters.' }),
      domains: t.stringList({ description: 'Slugs of the domains that it binds; the domain of the workstream is one by itself.' }),
      workstream: t.string({ description: 'Code of the workstream that it belongs to.' }),
      blocking: t.boolean({ defaultValue: false, description: 'Whether the workstream cannot be completed while it is open.' }),
      context: t.string({ description: 'What makes the decision necessary.' }),
      options: t.field({ type: [OptionInput], description: 'What is weighed.' }),
      choice: t.string({ description: 'What is chosen.' }),
      rationale: t.string({ description: 'Why.' }),
      consequences: t.string({ description: 'What follows from it.' }),
      deciders: t.stringList({ description: 'Who decides.' }),
      ...changeFields(t),
    }),
  }),
  payload: { decision: Decision },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => proposeDecision(work, input)),
});

addMutation(builder, {
  verb: 'updateDecision',
  description: 'Changes the text of a PROPOSED decision; afterwards it is frozen (TransitionRefused with TEXT_FROZEN). What is left out stays; null clears.',
  scopes: [['governance:write']],
  input: builder.inputType('UpdateDecisionInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the decision.' }),
      title: t.string({ description: 'What is to be decided.' }),
      context: t.string({ description: 'What makes the decision necessary.' }),
      options: t.field({ type: [OptionInput], description: 'All that is weighed.' }),
      choice: t.string({ description: 'What is chosen.' }),
      rationale: t.string({ description: 'Why.' }),
      consequences: t.string({ description: 'What follows from it.' }),
      deciders: t.stringList({ description: 'All who decide.' }),
      ...changeFields(t),
    }),
  }),
  payload: { decision: Decision },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateDecision(work, input)),
});

const moves: readonly { verb: DecisionMove; description: string; fields: 'text' | 'reason' | 'by' }[] = [
  { verb: 'acceptDecision', description: 'Accepts a PROPOSED decision and freezes its text. Needs options, choice, rationale and deciders, of which all but the options may be given here. A decision that binds several domains is for a steward.', fields: 'text' },
  { verb: 'rejectDecision', description: 'Rejects a PROPOSED decision, with a reason.', fields: 'reason' },
  { verb: 'supersedeDecision', description: 'Replaces an ACCEPTED decision by another accepted one.', fields: 'by' },
  { verb: 'deprecateDecision', description: 'Ends an ACCEPTED decision that nothing replaces, with a reason.', fields: 'reason' },
];
for (const { verb, description, fields } of moves) {
  addMutation(builder, {
    verb,
    description,
    scopes: [['governance:close']],
    input: builder.inputRef<MoveDecisionInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which decision, and what the verb needs.',
      fields: (t) => ({
        id: t.id({ required: true, description: 'Id of the decision.' }),
        ...(fields === 'text'
          ? {
              choice: t.string({ description: 'What is chosen; as written before when left out.' }),
              rationale: t.string({ description: 'Why; as written before when left out.' }),
              consequences: t.string({ description: 'What follows from it; as written before when left out.' }),
              deciders: t.stringList({ description: 'Who decides; as named before when left out.' }),
            }
          : { reason: t.string({ required: fields === 'reason', description: 'Why.' }) }),
        ...(fields === 'by' ? { by: t.id({ required: true, description: 'Id of the accepted decision that replaces it.' }) } : {}),
        ...changeFields(t),
      }),
    }),
    payload: { decision: Decision },
    run: (input: MoveDecisionInput, call, context) => context.changes.run<{ decision: model.Decision }>(context.caller, call, (work) => moveDecision(work, verb, input)),
  });
}
