import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import type { MutationErrorData } from '@hubgraph/kit/refusal';
import { completeWorkstream, openClosureReview, rejectClosureReview } from '../commands/closure.ts';
import { codes } from '../errors.ts';
import { readOutside } from '../commands/outside.ts';
import { OUTSIDE_LIMIT, type ClosureBlocker } from '../lifecycle/closure.ts';
import type { ClosureSource } from '../lifecycle/outside.ts';
import type * as model from '../model.ts';
import { previewBlockers, reviews, tasks } from '../store/index.ts';
import { renderClosureReview } from '../workplan/closure-review.ts';
import { builder, Disposition, Outcome, ReviewStatus, shared, TaskStatus } from './builder.ts';
import { Blocker, Classification, ClosureReview, ClosureSource as Source, Task, Workstream } from './refs.ts';

const BlockerCode = builder.enumType('ClosureBlockerCode', {
  description: 'What stands in the way of closing a workstream.',
  values: Object.fromEntries((['REVIEW_NOT_OPEN', 'TASK_UNCLASSIFIED', 'TASK_CLASSIFIED_TWICE', 'TASK_UNKNOWN', 'TASK_NOT_DONE', 'TASK_ALREADY_CLOSED', 'CANCEL_REASON_MISSING', 'CARRY_TARGET_MISSING', 'CARRY_TARGET_CLOSED', 'BLOCKING_DECISION_OPEN', 'SOLE_AUTHOR', 'ALERT_OPEN', 'GATE_PENDING', 'CONTRIBUTION_WAITING', 'PACKAGE_UPLOADING', 'COMMITMENT_PENDING', 'HUB_UNKNOWN'] as const).map((code) => [code, { description: codes[code].say }])),
});

Blocker.implement({
  description: 'One thing that stands in the way of closing a workstream.',
  fields: (t) => ({
    code: t.field({ type: BlockerCode, description: 'Stable code.', resolve: (blocker) => blocker.code }),
    message: t.exposeString('message', { description: 'What is in the way, in one sentence.' }),
    task: t.field({ type: Task, nullable: true, description: 'The task that it is about.', resolve: (blocker) => blocker.task }),
    refs: t.stringList({ description: 'Codes or ids that it names.', resolve: (blocker) => [...blocker.refs] }),
  }),
});

builder.objectRef<Extract<MutationErrorData, { type: 'ClosureRefused' }>>('ClosureRefused').implement({
  description: 'The closure protocol does not let the workstream be closed; every blocker is listed.',
  // The kit's shared types know only the kit's context, of which this hub's is an extension.
  interfaces: [shared.MutationError as never],
  fields: (t) => ({ blockers: t.field({ type: [Blocker], description: 'Everything in the way.', resolve: (error) => error.blockers as ClosureBlocker[] }), sources: t.field({ type: [Source], description: 'How well the other hubs were known; empty when the refusal had nothing to do with them.', resolve: (error) => error.sources as ClosureSource[] }) }),
});

Classification.implement({
  description: 'How a closure review disposes of one task.',
  fields: (t) => ({
    task: t.field({ type: Task, nullable: true, description: 'The task.', resolve: (line, _args, context) => context.loaders.load('Task.code', line.task, (found) => tasks.byCodes(context.sql, found)) }),
    taskCode: t.string({ description: 'Its code.', resolve: (line) => line.task }),
    as: t.field({ type: Disposition, description: 'What becomes of it.', resolve: (line) => line.as }),
    reason: t.string({ nullable: true, description: 'Why it is cancelled or carried.', resolve: (line) => line.reason }),
    carryTo: t.string({ nullable: true, description: 'Code of the receiving workstream.', resolve: (line) => line.carryTo }),
    successor: t.string({ nullable: true, description: 'Code of the task that carries it on there.', resolve: (line) => line.successor }),
  }),
});

const SnapshotLine = builder.objectRef<{ code: string; status: model.TaskStatus }>('ClosureSnapshotLine').implement({
  description: 'A task as it stood when the review was opened.',
  fields: (t) => ({ code: t.exposeString('code', { description: 'Its code.' }), status: t.field({ type: TaskStatus, description: 'Its state then.', resolve: (line) => line.status }) }),
});

ClosureReview.implement({
  description: 'The review that a workstream must pass to be completed.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    status: t.field({ type: ReviewStatus, description: 'Open, accepted or rejected.', resolve: (review) => review.status }),
    context: t.exposeString('context', { description: 'What was said of it.' }),
    outcome: t.field({ type: Outcome, nullable: true, description: 'What it concludes.', resolve: (review) => review.outcome }),
    snapshot: t.field({ type: [SnapshotLine], description: 'Every task and its state when the review was opened.', resolve: (review) => [...review.snapshot] }),
    classifications: t.field({ type: [Classification], description: 'How each task was disposed of.', resolve: (review) => [...review.classifications] }),
    openedBy: t.exposeString('openedBy', { description: 'Who opened it.' }),
    openedAt: t.expose('openedAt', { type: 'DateTime', description: 'When it was opened.' }),
    reviewer: t.exposeString('reviewer', { nullable: true, description: 'Who accepted or rejected it.' }),
    closedAt: t.expose('closedAt', { type: 'DateTime', nullable: true, description: 'When it was accepted or rejected.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it was rejected.' }),
    markdown: t.string({
      description: 'The review as the `## Closure Review` section of its workplan file; `workplans sync` reads it back.',
      resolve: async (review, _args, context) => {
        const found = await tasks.byCodes(context.sql, review.classifications.map((line) => line.task));
        return renderClosureReview({ ...review, date: (review.closedAt ?? review.openedAt).toISOString().slice(0, 10) }, new Map([...found].map(([code, task]) => [code, task.title])));
      },
    }),
  }),
});

builder.objectField(Workstream, 'closureReview', (t) =>
  t.field({ type: ClosureReview, nullable: true, description: 'The newest closure review.', resolve: (workstream, _args, context) => context.loaders.load('Workstream.closureReview', workstream.id, (ids) => reviews.latestOf(context.sql, ids)) }),
);
builder.objectField(Workstream, 'closureBlockers', (t) =>
  t.field({
    type: [Blocker],
    description: `What stands in the way of completing it, before anyone tries: tasks to classify, blocking decisions, a missing review, and what waits for it in other hubs (at most ${OUTSIDE_LIMIT} things, the oldest first). \`closureSources\` says how fresh that is.`,
    resolve: async (workstream, _args, context) => {
      const [own, others] = await Promise.all([
        context.loaders.load('Workstream.closureBlockers', workstream.id, (ids) => previewBlockers(context.sql, ids)),
        context.loaders.load('Workstream.closureBlockers outside', workstream.id, async (ids) => (await readOutside(context.sql, ids, context.others.glance())).blockers as Map<string, ClosureBlocker[]>),
      ]);
      return [...(own ?? []), ...(others ?? [])];
    },
  }),
);

export const ClassificationInput = builder.inputRef<model.Classification>('ClosureClassificationInput').implement({
  description: 'How the review disposes of one task.',
  fields: (t) => ({
    task: t.string({ required: true, description: 'Code of the task.' }),
    as: t.field({ type: Disposition, required: true, description: 'DONE for what is done; CANCELLED with a reason; CARRY_FORWARD with the receiving workstream.' }),
    reason: t.string({ description: 'Why it is cancelled or carried.' }),
    carryTo: t.string({ description: 'Code of the workstream that receives it.' }),
  }),
});

const ReviewInput = builder.inputType('ClosureReviewInput', {
  description: 'The review that completes a workstream.',
  fields: (t) => ({
    outcome: t.field({ type: Outcome, required: true, description: 'What the review concludes.' }),
    context: t.string({ required: true, description: 'What the record should say of it.' }),
    classifications: t.field({ type: [ClassificationInput], required: true, description: 'Every task of the workstream exactly once.' }),
  }),
});

addMutation(builder, {
  verb: 'openClosureReview',
  description: 'Opens the closure review of an ACTIVE workstream: it is CLOSING then, and a snapshot of all tasks is taken.',
  scopes: [['governance:write'], ['governance:close']],
  input: builder.inputType('OpenClosureReviewInput', {
    description: 'Which workstream, and what the review is about.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the workstream.' }), context: t.string({ required: true, description: 'Why it closes now.' }), ...changeFields(t) }),
  }),
  payload: { workstream: Workstream, review: ClosureReview },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => openClosureReview(work, input)),
});

addMutation(builder, {
  verb: 'rejectClosureReview',
  description: 'Sends an open closure review back with a reason; the workstream is ACTIVE again.',
  scopes: [['governance:close']],
  input: builder.inputType('RejectClosureReviewInput', {
    description: 'Which workstream, and why its review is sent back.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the workstream.' }), reason: t.string({ required: true, description: 'What is missing.' }), ...changeFields(t) }),
  }),
  payload: { workstream: Workstream, review: ClosureReview },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => rejectClosureReview(work, input)),
});

addMutation(builder, {
  verb: 'completeWorkstream',
  description: 'Completes a CLOSING workstream by its review: every task classified exactly once as done, cancelled (with a reason) or carry-forward (its successor is made in the receiving workstream), no blocking decision open, the reviewer not the only author, and nothing in other hubs waiting for it that their streams told of before the call. Otherwise `ClosureRefused` lists every blocker.',
  scopes: [['governance:close']],
  input: builder.inputType('CompleteWorkstreamInput', {
    description: 'Which workstream, and the review.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the workstream.' }), review: t.field({ type: ReviewInput, required: true, description: 'The review.' }), ...changeFields(t) }),
  }),
  payload: { workstream: Workstream, review: ClosureReview },
  async run(input, verb, context) {
    const outside = await context.others.reach();
    return context.changes.run(context.caller, verb, (work) => completeWorkstream({ ...work, outside }, input));
  },
});
