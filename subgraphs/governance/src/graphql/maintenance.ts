import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { invalidInput } from '@hubgraph/kit/refusal';
import { cleanupTasks, flagStaleTasks, type CleanupReport as Cleanup, type ReadAgain, type StaleReport as Stale, type TaskDrift as Drift } from '../commands/maintenance.ts';
import { builder, TaskStatus } from './builder.ts';

const StaleReport = builder.objectRef<Stale>('StaleReport').implement({
  description: 'What was found stale.',
  fields: (t) => ({
    flagged: t.stringList({ description: 'Codes of the tasks that were reported stale now.', resolve: (report) => [...report.flagged] }),
    more: t.exposeBoolean('more', { description: 'Whether more are left for another run.' }),
  }),
});
const TaskDrift = builder.objectRef<Drift>('TaskDrift').implement({
  description: 'A task whose file and graph disagreed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Its code.' }),
    file: t.field({ type: TaskStatus, description: 'State in the file.', resolve: (drift) => drift.file }),
    graph: t.field({ type: TaskStatus, description: 'State in the graph before the clean-up.', resolve: (drift) => drift.graph }),
  }),
});
const CleanupReport = builder.objectRef<Cleanup>('CleanupReport').implement({
  description: 'What a clean-up did.',
  fields: (t) => ({
    completed: t.stringList({ description: 'Codes of tasks that their files call done, so they are done now.', resolve: (report) => [...report.completed] }),
    cancelled: t.stringList({ description: 'Codes of tasks that were cancelled.', resolve: (report) => [...report.cancelled] }),
    drift: t.field({ type: [TaskDrift], description: 'Where file and graph disagreed.', resolve: (report) => [...report.drift] }),
    unread: t.stringList({ description: 'Codes of workstreams whose files were not read again; their tasks were left alone.', resolve: (report) => [...report.unread] }),
  }),
});

addMutation(builder, {
  verb: 'flagStaleTasks',
  description: 'Reports open tasks that nobody touched for some days: one `org.statehub.task.stale` event per staleness, no change of state; at most 1,000 a run.',
  scopes: [['governance:write']],
  input: builder.inputType('FlagStaleTasksInput', { description: 'What counts as stale.', fields: (t) => ({ days: t.int({ defaultValue: 14, description: 'Days without a touch; 1 to 3,650.' }), ...changeFields(t) }) }),
  payload: { report: StaleReport },
  run: (input, verb, context) =>
    context.changes.run(context.caller, verb, async (work) => {
      const days = input.days ?? 14;
      return days >= 1 && days <= 3_650 ? flagStaleTasks(work, { days }) : invalidInput(['days'], 'Days are 1 to 3,650.');
    }),
});

const FileTaskInput = builder.inputType('ReadAgainTaskInput', {
  description: 'A task as its file says now.',
  fields: (t) => ({ code: t.string({ required: true, description: 'Its code.' }), status: t.field({ type: TaskStatus, required: true, description: 'Its state in the file.' }) }),
});
const FileInput = builder.inputRef<ReadAgain>('ReadAgainFileInput').implement({
  description: 'A workplan file that was read again just now.',
  fields: (t) => ({
    code: t.string({ required: true, description: 'Code of its workstream.' }),
    path: t.string({ required: true, description: 'Its path.' }),
    sha256: t.field({ type: 'Sha256', required: true, description: 'Digest of its bytes.' }),
    tasks: t.field({ type: [FileTaskInput], required: true, description: 'Its tasks.' }),
  }),
});

addMutation(builder, {
  verb: 'cleanupTasks',
  description: 'Cleans up open tasks of closed workstreams: done in the file becomes done, the rest is cancelled; workstreams whose files were not read again are left alone. Normally called by `hubgraph maintenance cleanup`, which reads the files.',
  scopes: [['governance:write']],
  input: builder.inputType('CleanupTasksInput', { description: 'The files, read again.', fields: (t) => ({ files: t.field({ type: [FileInput], required: true, description: 'Files of the closed workstreams.' }), ...changeFields(t) }) }),
  payload: { report: CleanupReport },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => cleanupTasks(work, input)),
});
