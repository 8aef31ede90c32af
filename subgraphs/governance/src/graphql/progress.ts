import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { recordProgress, type ProgressSubjectInput } from '../commands/progress.ts';
import { progress, type ProgressFilter as Filter, type ProgressOrder as Order } from '../store/index.ts';
import { builder, paging, READ } from './builder.ts';
import { ProgressConnection } from './connections.ts';
import { domainById } from './domain.ts';
import { Domain, ProgressEntry, Repo, Task, Workstream } from './refs.ts';
import { repoById } from './repo.ts';
import { taskById } from './task.ts';
import { workstreamById } from './workstream.ts';

ProgressEntry.implement({
  description: 'An entry of the journal that hubs, agents and people write to. It is never changed.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was written.' }),
    actor: t.exposeString('actor', { description: 'Who wrote it.' }),
    eventType: t.exposeString('eventType', { description: 'What kind of thing happened.' }),
    summary: t.exposeString('summary', { description: 'What happened, in a sentence or a few.' }),
    details: t.field({ type: 'JSON', nullable: true, description: 'What else the writer wanted to keep.', resolve: (entry) => entry.details }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it concerns.', resolve: (entry, _args, context) => (entry.domainId === null ? null : domainById(context, entry.domainId)) }),
    repo: t.field({ type: Repo, nullable: true, description: 'The repo that it concerns.', resolve: (entry, _args, context) => (entry.repoId === null ? null : repoById(context, entry.repoId)) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it concerns.', resolve: (entry, _args, context) => (entry.workstreamId === null ? null : workstreamById(context, entry.workstreamId)) }),
    task: t.field({ type: Task, nullable: true, description: 'The task that it concerns.', resolve: (entry, _args, context) => (entry.taskId === null ? null : taskById(context, entry.taskId)) }),
  }),
});

const ProgressFilter = builder.inputRef<Filter>('ProgressFilter').implement({
  description: 'Narrows the journal; what is given is combined by AND.',
  fields: (t) => ({
    domains: t.stringList({ description: 'About one of these domains or what belongs to them (slugs).' }),
    repos: t.stringList({ description: 'About one of these repos or what belongs to them (slugs).' }),
    workstreams: t.stringList({ description: 'About one of these workstreams or their tasks (codes).' }),
    tasks: t.stringList({ description: 'About one of these tasks (codes).' }),
    eventTypes: t.stringList({ description: 'Of one of these kinds.' }),
    actors: t.stringList({ description: 'Written by one of these.' }),
    since: t.field({ type: 'DateTime', description: 'Written then or later.' }),
    text: t.string({ description: 'Contains this text in the summary.' }),
  }),
});
const ProgressOrder = builder.enumType('ProgressOrder', {
  description: 'Order of the journal.',
  values: { AT_DESC: { description: 'Newest first.' }, AT: { description: 'Oldest first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({
  filter: t.field({ type: ProgressFilter, description: 'Which entries.' }),
  orderBy: t.field({ type: ProgressOrder, defaultValue: 'AT_DESC', description: 'In which order.' }),
}));

for (const [parent, column, what] of [[Domain, 'domainId', 'domain, its repos, workstreams and tasks'], [Repo, 'repoId', 'repo, its workstreams and tasks'], [Workstream, 'workstreamId', 'workstream and its tasks'], [Task, 'taskId', 'task']] as const) {
  // The refs differ only in their model, of which just `id` is used.
  builder.objectField(parent as typeof Domain, 'progress', (t) =>
    t.field({
      type: ProgressConnection,
      description: `Entries of the journal about the ${what}.`,
      args: { ...listArgs, ...paging },
      resolve: async (entity, { filter, orderBy, ...page }, context) =>
        (await context.loaders.load(argsName(`progress.${column}`, { filter, orderBy, page }), entity.id, (ids) => progress.pagesOf(context.sql, column, ids, filter ?? {}, orderBy ?? 'AT_DESC', page)))!,
    }),
  );
}
builder.queryField('progress', (t) =>
  t.field({
    type: ProgressConnection,
    nullable: true,
    description: 'The journal of the organisation.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => progress.page(context.sql, filter ?? {}, orderBy ?? 'AT_DESC', page),
  }),
);

const SubjectInput = builder.inputRef<ProgressSubjectInput>('ProgressSubjectInput').implement({
  description: 'What an entry is about: exactly one slug or code.',
  isOneOf: true,
  fields: (t) => ({
    domain: t.string({ description: 'Slug of a domain.' }),
    repo: t.string({ description: 'Slug of a repo.' }),
    workstream: t.string({ description: 'Code of a workstream.' }),
    task: t.string({ description: 'Code of a task.' }),
  }),
});

addMutation(builder, {
  verb: 'recordProgress',
  description: 'Writes an entry into the journal. Refuses an unknown subject (NotFound).',
  scopes: [['governance:write']],
  input: builder.inputType('RecordProgressInput', {
    description: 'A new entry.',
    fields: (t) => ({
      eventType: t.string({ required: true, description: 'What kind of thing happened, such as milestone; 1 to 100 characters.' }),
      summary: t.string({ required: true, description: 'What happened; 1 to 4000 characters. It travels in the event, so never a secret.' }),
      details: t.field({ type: 'JSON', description: 'What else to keep; at most 64 KiB.' }),
      subject: t.field({ type: SubjectInput, required: true, description: 'What it is about.' }),
      ...changeFields(t),
    }),
  }),
  payload: { progress: ProgressEntry },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordProgress(work, input)),
});
