import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { syncWorkplan, type SyncChange, type SyncReport } from '../commands/sync/index.ts';
import { builder, Outcome, Priority, TaskStatus, WorkstreamStatus } from './builder.ts';
import { ClassificationInput } from './closure.ts';
import { Workstream } from './refs.ts';
import { AcceptanceInput } from './task.ts';

const Change = builder.objectRef<SyncChange>('WorkplanChange').implement({
  description: 'One thing that a sync changed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Code of the workstream or task.' }),
    field: t.exposeString('field', { description: 'The field, or `created`.' }),
    from: t.exposeString('from', { nullable: true, description: 'In the graph before.' }),
    to: t.exposeString('to', { nullable: true, description: 'As the file says.' }),
  }),
});
const SyncOutcome = builder.enumType('WorkplanSyncOutcome', {
  description: 'What became of a file.',
  values: { CREATED: { description: 'The graph did not know it.' }, UPDATED: { description: 'The graph knew it otherwise.' }, UNCHANGED: { description: 'The graph said the same; nothing was written.' } },
});
const Sync = builder.objectRef<SyncReport>('WorkplanSync').implement({
  description: 'What a sync did.',
  fields: (t) => ({
    outcome: t.field({ type: SyncOutcome, description: 'What became of the file.', resolve: (report) => report.outcome }),
    changes: t.field({ type: [Change], description: 'Everything that changed.', resolve: (report) => [...report.changes] }),
    unknownDependencies: t.stringList({ description: 'Codes that the file depends on and that the graph does not know yet; a later sync adds them.', resolve: (report) => [...report.unknownDependencies] }),
  }),
});

const SourceInput = builder.inputType('WorkplanSourceInput', {
  description: 'Where the file stands.',
  fields: (t) => ({ path: t.string({ required: true, description: 'Its path.' }), sha256: t.field({ type: 'Sha256', required: true, description: 'Digest of its bytes.' }) }),
});
const TaskInput = builder.inputType('WorkplanTaskInput', {
  description: 'A task as the file has it.',
  fields: (t) => ({
    code: t.string({ required: true, description: 'In full, such as CUST-WP-0040-T01.' }),
    title: t.string({ required: true, description: 'What is to do.' }),
    status: t.field({ type: TaskStatus, required: true, description: 'Its state.' }),
    priority: t.field({ type: Priority, description: 'How soon.' }),
    description: t.string({ description: 'In detail; Markdown.' }),
    waitingOn: t.string({ description: 'What it waits for.' }),
    acceptance: t.field({ type: [AcceptanceInput], description: 'Its acceptance list.' }),
    note: t.string({ description: 'Completion note of a done task, reason of a cancelled one.' }),
  }),
});
const ReviewInput = builder.inputType('WorkplanReviewInput', {
  description: 'The closure review section of the file.',
  fields: (t) => ({
    date: t.field({ type: 'Date', required: true, description: 'Its day.' }),
    outcome: t.field({ type: Outcome, required: true, description: 'What it concludes.' }),
    outcomeNote: t.string({ description: 'The sentence that goes with the outcome.' }),
    context: t.string({ required: true, description: 'What it says.' }),
    reviewer: t.string({ description: 'Who reviewed.' }),
    classifications: t.field({ type: [ClassificationInput], required: true, description: 'How it disposes of each task.' }),
  }),
});

/** A file in one of these states may close its workstream. */
const CLOSED: readonly string[] = ['COMPLETED', 'ARCHIVED'];

addMutation(builder, {
  verb: 'syncWorkplan',
  description: 'Brings a workstream and its tasks to what its workplan file says, in one transaction: unknown ones are taken over and recorded as imported, known ones are moved by the ordinary verbs with their rules. The same file again changes nothing. Normally called by `hubgraph workplans sync`.',
  scopes: [['governance:write']],
  input: builder.inputType('SyncWorkplanInput', {
    description: 'A whole workplan file.',
    fields: (t) => ({
      code: t.string({ required: true, description: 'Code of the workstream.' }),
      title: t.string({ required: true, description: 'What it is called.' }),
      domain: t.string({ required: true, description: 'Slug of its domain.' }),
      repo: t.string({ description: 'Slug of the repo that holds the file.' }),
      status: t.field({ type: WorkstreamStatus, required: true, description: 'Its state.' }),
      owner: t.string({ description: 'Who answers for it.' }),
      topic: t.string({ description: 'Slug of its topic; made when it is not there.' }),
      summary: t.string({ description: 'What it is about.' }),
      planningPriority: t.field({ type: Priority, description: 'How soon.' }),
      planningOrder: t.int({ description: 'Place among those of the same priority.' }),
      dependsOn: t.stringList({ description: 'Codes of workstreams that it depends on.' }),
      supersededBy: t.string({ description: 'Code of the workstream that takes over.' }),
      createdOn: t.field({ type: 'Date', description: 'The day it was written.' }),
      source: t.field({ type: SourceInput, required: true, description: 'Where the file stands.' }),
      tasks: t.field({ type: [TaskInput], required: true, description: 'Its tasks in their order; at most 1,000.' }),
      closureReview: t.field({ type: ReviewInput, description: 'Its closure review.' }),
      ...changeFields(t),
    }),
  }),
  payload: { workstream: Workstream, sync: Sync },
  async run(input, verb, context) {
    const outside = CLOSED.includes(input.status) ? await context.others.reach() : undefined;
    return context.changes.run(context.caller, verb, (work) => syncWorkplan({ ...work, outside }, input));
  },
});
