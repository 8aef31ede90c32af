import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { changeWorkstream, moveWorkstream, proposeWorkstream, cancelWorkstream, type MoveInput, type PlainMove } from '../commands/workstream.ts';
import { workstreamLifecycle } from '../lifecycle/workstream.ts';
import type * as model from '../model.ts';
import { domains, repos, topics, workstreams, type WorkstreamFilter as Filter, type WorkstreamOrder as Order } from '../store/index.ts';
import { builder, loadHistory, paging, Priority, READ, shared, WorkstreamStatus, type GovernanceContext } from './builder.ts';
import { ClassificationInput } from './closure.ts';
import { WorkstreamConnection } from './connections.ts';
import { Domain, Repo, Topic, Workstream } from './refs.ts';

/** Loads workstreams by id or code, batched. */
export const workstreamById = (context: GovernanceContext, id: string) => context.loaders.load('Workstream.id', id, (ids) => workstreams.byIds(context.sql, ids));
export const workstreamByCode = (context: GovernanceContext, code: string) => context.loaders.load('Workstream.code', code, (codes) => workstreams.byCodes(context.sql, codes));

Workstream.implement({
  description: 'A body of work with an owner, tasks and a closure protocol; usually a workplan file in a repo.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    code: t.exposeString('code', { description: 'Natural key, such as CUST-WP-0025.' }),
    title: t.exposeString('title', { description: 'What it is called.' }),
    summary: t.exposeString('summary', { nullable: true, description: 'What it is about.' }),
    status: t.field({ type: WorkstreamStatus, description: 'Where it stands in its lifecycle.', resolve: (workstream) => workstream.status }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    owner: t.exposeString('owner', { nullable: true, description: 'Who answers for it.' }),
    planningPriority: t.field({ type: Priority, nullable: true, description: 'How soon it is planned.', resolve: (workstream) => workstream.planningPriority }),
    planningOrder: t.exposeInt('planningOrder', { nullable: true, description: 'Place among those of the same priority.' }),
    pauseReason: t.exposeString('pauseReason', { nullable: true, description: 'Why it is paused.' }),
    sourcePath: t.exposeString('sourcePath', { nullable: true, description: 'Path of its workplan file, as the last sync saw it.' }),
    sourceSha256: t.field({ type: 'Sha256', nullable: true, description: 'Digest of the file\'s bytes at the last sync.', resolve: (workstream) => workstream.sourceSha256 }),
    createdBy: t.exposeString('createdBy', { description: 'Who proposed it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was proposed.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    closedAt: t.expose('closedAt', { type: 'DateTime', nullable: true, description: 'When it was completed or cancelled.' }),
    domain: t.field({ type: Domain, description: 'The domain that it belongs to.', resolve: async (workstream, _args, context) => (await context.loaders.load('Domain.id', workstream.domainId, (ids) => domains.byIds(context.sql, ids)))! }),
    repo: t.field({ type: Repo, nullable: true, description: 'The repo that holds its file.', resolve: (workstream, _args, context) => (workstream.repoId === null ? null : context.loaders.load('Repo.id', workstream.repoId, (ids) => repos.byIds(context.sql, ids))) }),
    topic: t.field({ type: Topic, nullable: true, description: 'The topic that it belongs to.', resolve: (workstream, _args, context) => (workstream.topicId === null ? null : context.loaders.load('Topic.id', workstream.topicId, (ids) => topics.byIds(context.sql, ids))) }),
    supersededBy: t.field({ type: Workstream, nullable: true, description: 'The workstream that takes over.', resolve: (workstream, _args, context) => (workstream.supersededById === null ? null : workstreamById(context, workstream.supersededById)) }),
    allowedTransitions: t.field({
      type: [shared.Allowed],
      description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.',
      resolve: async (workstream, _args, context) => {
        const facts = await context.loaders.load('Workstream.facts', workstream.id, (ids) => workstreams.facts(context.sql, ids));
        return facts === null ? [] : workstreamLifecycle.allowed(workstream.status, facts, context.identity);
      },
    }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (workstream, _args, context) => loadHistory(context, 'Workstream', workstream.id) }),
  }),
});

builder.asEntity(Workstream, {
  key: [builder.selection<{ id: string }>('id'), builder.selection<{ code: string }>('code')],
  resolveReference: (reference: { id?: string; code?: string }, context) => (reference.id !== undefined ? (isUuid(reference.id) ? workstreamById(context, reference.id) : null) : workstreamByCode(context, reference.code ?? '')),
});

export const WorkstreamFilter = builder.inputRef<Filter>('WorkstreamFilter').implement({
  description: 'Narrows a list of workstreams; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [WorkstreamStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'In one of these domains (slugs).' }),
    repos: t.stringList({ description: 'In one of these repos (slugs).' }),
    owners: t.stringList({ description: 'Owned by one of these.' }),
    text: t.string({ description: 'Contains this text in code, title or summary.' }),
  }),
});
export const WorkstreamOrder = builder.enumType('WorkstreamOrder', {
  description: 'Order of a list of workstreams.',
  values: { CODE: { description: 'By code.' }, UPDATED_DESC: { description: 'Last changed first.' }, CREATED: { description: 'Oldest first.' } } as Record<Order, { description: string }>,
});

const listArgs = builder.args((t) => ({
  filter: t.field({ type: WorkstreamFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: WorkstreamOrder, defaultValue: 'CODE', description: 'In which order.' }),
}));

/** Adds a list of workstreams to a noun that they belong to. */
for (const [parent, column, what] of [[Domain, 'domainId', 'domain'], [Repo, 'repoId', 'repo'], [Topic, 'topicId', 'topic']] as const) {
  // The three refs differ only in their model, of which just `id` is used.
  builder.objectField(parent as typeof Domain, 'workstreams', (t) =>
    t.field({
      type: WorkstreamConnection,
      description: `Workstreams of the ${what}.`,
      args: { ...listArgs, ...paging },
      resolve: async (entity, { filter, orderBy, ...page }, context) =>
        (await context.loaders.load(argsName(`${what}.workstreams`, { filter, orderBy, page }), entity.id, (ids) => workstreams.pagesOf(context.sql, column, ids, filter ?? {}, orderBy ?? 'CODE', page)))!,
    }),
  );
}

builder.queryField('workstream', (t) =>
  t.field({
    type: Workstream,
    nullable: true,
    description: 'One workstream by id or by code; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ description: 'Its id.' }), code: t.arg.string({ description: 'Its code, such as CUST-WP-0025.' }) },
    resolve: (_root, { id, code }, context) => (id != null ? (isUuid(id) ? workstreamById(context, id) : null) : code != null ? workstreamByCode(context, code) : null),
  }),
);
builder.queryField('workstreams', (t) =>
  t.field({
    type: WorkstreamConnection,
    nullable: true,
    description: 'Workstreams of the organisation.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => workstreams.page(context.sql, filter ?? {}, orderBy ?? 'CODE', page),
  }),
);

addMutation(builder, {
  verb: 'proposeWorkstream',
  description: 'Writes a workstream down as PROPOSED. Refuses a code that exists (Duplicate) and an unknown domain, repo or topic (NotFound).',
  scopes: [['governance:write']],
  input: builder.inputType('ProposeWorkstreamInput', {
    description: 'A new workstream.',
    fields: (t) => ({
      code: t.string({ required: true, description: 'Natural key, such as CUST-WP-0025.' }),
      title: t.string({ required: true, description: 'What it is called; 1 to 500 characters.' }),
      domain: t.string({ required: true, description: 'Slug of its domain.' }),
      repo: t.string({ description: 'Slug of the repo that holds its file.' }),
      topic: t.string({ description: 'Slug of its topic.' }),
      summary: t.string({ description: 'What it is about.' }),
      owner: t.string({ description: 'Who answers for it; needed before it can be activated.' }),
      planningPriority: t.field({ type: Priority, description: 'How soon.' }),
      planningOrder: t.int({ description: 'Place among those of the same priority.' }),
      ...changeFields(t),
    }),
  }),
  payload: { workstream: Workstream },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => proposeWorkstream(work, input)),
});

addMutation(builder, {
  verb: 'updateWorkstream',
  description: 'Changes what is said of a workstream: title, summary, owner, topic, planning. Its state moves only by its verbs. What is left out stays; null clears.',
  scopes: [['governance:write']],
  input: builder.inputType('UpdateWorkstreamInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the workstream.' }),
      title: t.string({ description: 'What it is called.' }),
      summary: t.string({ description: 'What it is about.' }),
      owner: t.string({ description: 'Who answers for it.' }),
      topic: t.string({ description: 'Slug of its topic.' }),
      planningPriority: t.field({ type: Priority, description: 'How soon.' }),
      planningOrder: t.int({ description: 'Place among those of the same priority.' }),
      ...changeFields(t),
    }),
  }),
  payload: { workstream: Workstream },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => changeWorkstream(work, input)),
});

/** The verbs that need nothing but a reason (or a decision). */
const moves: readonly { verb: Exclude<PlainMove, 'cancelWorkstream'>; description: string; close?: true; reason?: 'required' | 'optional'; decision?: true }[] = [
  { verb: 'activateWorkstream', description: 'Begins the work: PROPOSED to ACTIVE. Needs an owner and dependencies that exist.' },
  { verb: 'pauseWorkstream', description: 'Sets an ACTIVE workstream aside, with a reason.', reason: 'required' },
  { verb: 'resumeWorkstream', description: 'Takes a PAUSED workstream up again, with a reason.', reason: 'required' },
  { verb: 'archiveWorkstream', description: 'Puts a COMPLETED or CANCELLED workstream away. No task may be open, and nothing in other hubs may wait for it; otherwise `ClosureRefused` lists what does.', close: true, reason: 'optional' },
  { verb: 'reopenWorkstream', description: 'Takes a COMPLETED workstream up again by an accepted decision that says why; a new closure review is then needed.', close: true, reason: 'optional', decision: true },
];
for (const { verb, description, close, reason, decision } of moves) {
  addMutation(builder, {
    verb,
    description,
    scopes: [[close ? 'governance:close' : 'governance:write']],
    input: builder.inputRef<MoveInput & { decision?: string | null }>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which workstream, and why.',
      fields: (t) => ({
        id: t.id({ required: true, description: 'Id of the workstream.' }),
        ...(reason === undefined ? {} : { reason: t.string({ required: reason === 'required', description: 'Why.' }) }),
        ...(decision ? { decision: t.id({ required: true, description: 'Id of the accepted decision that says why.' }) } : {}),
        ...changeFields(t),
      }),
    }),
    payload: { workstream: Workstream },
    async run(input: MoveInput & { decision?: string | null }, call, context) {
      const outside = verb === 'archiveWorkstream' ? await context.others.reach() : undefined;
      return context.changes.run<{ workstream: model.Workstream }>(context.caller, call, (work) => moveWorkstream({ ...work, outside }, verb, input));
    },
  });
}

addMutation(builder, {
  verb: 'cancelWorkstream',
  description: 'Gives a workstream up, with a reason. Every open task is classified as cancelled or carry-forward, or another workstream supersedes this one and its open tasks are cancelled with it.',
  scopes: [['governance:close']],
  input: builder.inputType('CancelWorkstreamInput', {
    description: 'Which workstream, why, and what becomes of its tasks.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the workstream.' }),
      reason: t.string({ required: true, description: 'Why.' }),
      supersededBy: t.string({ description: 'Code of the workstream that takes over.' }),
      classifications: t.field({ type: [ClassificationInput], description: 'What becomes of each open task.' }),
      ...changeFields(t),
    }),
  }),
  payload: { workstream: Workstream },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => cancelWorkstream(work, input)),
});
