import type { InputRef } from '@pothos/core';
import type { ChangeInput } from '@hubgraph/kit/change';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { invalidInput, type Refused } from '@hubgraph/kit/refusal';
import { inTurn } from '../alert/turns.ts';
import { acknowledgeAlert, noteAlert, raiseAlert, resolveAlert, returnAlert, type AcknowledgeAlertInput, type NotedAlertInput, type RaiseAlertInput, type ResolveAlertInput } from '../commands/alert.ts';
import type { AlertKey } from '../commands/alert-record.ts';
import type { Work } from '../commands/common.ts';
import type * as model from '../model.ts';
import { AlertSeverity, builder, SubjectKind, type OpsContext } from './builder.ts';
import { Alert } from './refs.ts';
import { subjectInputs } from './subject.ts';

const SCOPES = [['ops:write']] as const;
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

const AlertLabelInput = builder.inputType('AlertLabelInput', {
  description: 'A label of an alert.',
  fields: (t) => ({ name: t.string({ required: true, description: 'Its name: a letter or underscore, then letters, digits and _ . - /; at most 100 characters.' }), value: t.string({ required: true, description: 'Its value; at most 500 characters.' }) }),
});

type RaiseFields = Omit<RaiseAlertInput, 'labels'> & ChangeInput & { readonly labels?: readonly { readonly name: string; readonly value: string }[] | null };
addMutation<OpsContext, RaiseFields, { alert: model.Alert }>(builder, {
  verb: 'raiseAlert',
  description: 'Raises an alert about a service, workstream, repo, domain or package. An open one of the same key is counted up instead: it takes over title, detail and labels, and the severity when that is higher. While somebody has acknowledged it, repeats are counted and nothing is told, unless the severity rises. One that is over stays over: a new alert is opened, linked to it.',
  scopes: SCOPES,
  input: builder.inputRef<RaiseFields>('RaiseAlertInput').implement({
    description: 'What needs somebody. Texts that hold a secret are refused.',
    fields: (t) => ({
      dedupKey: t.string({ required: true, description: 'By which repeats are recognised, such as disk-full/db-1; 1 to 500 characters.' }),
      severity: t.field({ type: AlertSeverity, required: true, description: 'How bad it is.' }),
      title: t.string({ required: true, description: 'What it is, in one line; 1 to 500 characters.' }),
      detail: t.string({ description: 'What else there is to say; Markdown, at most 5,000 characters.' }),
      subject: t.field({ type: SubjectKind, description: 'What it is about first of all; the first of service, workstream, repo, domain and package that is given, when left out.' }),
      ...subjectInputs(t),
      labels: t.field({ type: [AlertLabelInput], description: 'Labels, at most 32, by which silences, inhibition rules and groups know it.' }),
      source: t.string({ description: 'Who says so; the caller when left out.' }),
      ...changeFields(t),
    }),
  }),
  payload: { alert: Alert },
  run: (input, verb, context) =>
    inTurn(input.dedupKey, () =>
      context.changes.run<{ alert: model.Alert }>(context.caller, verb, async (work) => {
        const labels = Object.fromEntries((input.labels ?? []).map(({ name, value }) => [name, value]));
        if (Object.keys(labels).length < (input.labels?.length ?? 0)) return invalidInput(['labels'], 'Each label has one value.');
        return raiseAlert(work, { ...input, labels });
      }),
    ),
});

const key = (t: InputFields) => ({
  id: t.id({ description: 'Id of the alert.' }),
  dedupKey: t.string({ description: 'Without an id: the key of an open alert.' }),
});

/** Adds a mutation of an alert that its id or key names. */
function addAlertMutation<Input extends AlertKey & ChangeInput>(verb: string, description: string, fields: (t: InputFields) => object, run: (work: Work, input: Input, context: OpsContext) => Promise<{ alert: model.Alert } | Refused>): void {
  addMutation<OpsContext, Input, { alert: model.Alert }>(builder, {
    verb,
    description,
    scopes: SCOPES,
    input: builder.inputRef<Input>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({ description: 'Which alert, by id or by its key while it is open, and what the verb needs.', fields: (t) => ({ ...key(t), ...fields(t), ...changeFields(t) }) as never }) as unknown as InputRef<Input>,
    payload: { alert: Alert },
    run: (input, call, context) => context.changes.run<{ alert: model.Alert }>(context.caller, call, (work) => run(work, input, context)),
  });
}

addAlertMutation<AcknowledgeAlertInput & ChangeInput>(
  'acknowledgeAlert',
  'Takes a RAISED alert, for oneself or for somebody else: repeats and escalation stop until the acknowledgement lapses, is given back or the alert is resolved. For maintainers and operators.',
  (t) => ({
    owner: t.string({ description: 'Who takes it: a person, a team or an agent; the caller when left out.' }),
    until: t.field({ type: 'DateTime', description: 'When the acknowledgement lapses, within 90 days; after 24 hours (unless set otherwise) when left out.' }),
    note: t.string({ description: 'A note for the timeline.' }),
  }),
  (work, input, context) => acknowledgeAlert(work, input, context.alerting.acknowledgedHours),
);
addAlertMutation<NotedAlertInput & ChangeInput>('returnAlert', 'Gives an ACKNOWLEDGED alert back: it is RAISED again, nobody has it, and escalation begins anew. For maintainers and operators.', (t) => ({ note: t.string({ description: 'Why, for the timeline.' }) }), returnAlert);
addAlertMutation<ResolveAlertInput & ChangeInput>(
  'resolveAlert',
  'Ends an open alert. A person says in a note what was done, or why it is none; the source that raised it may say `causeGone` instead. It never reopens: raised again, its key opens a new alert that is linked to it.',
  (t) => ({
    note: t.string({ description: 'What was done, or why it is none.' }),
    causeGone: t.boolean({ description: 'Whether the source itself says that the cause is gone. Counts only from the source that raised it.' }),
    source: t.string({ description: 'With `causeGone`: who says so, as the alert was raised with; the caller when left out.' }),
  }),
  resolveAlert,
);
addAlertMutation<AlertKey & ChangeInput & { readonly note: string }>('noteAlert', 'Writes a note into the timeline of an alert, in any state. Nothing else changes and no event tells of it.', (t) => ({ note: t.string({ required: true, description: 'The note; 1 to 5,000 characters.' }) }), noteAlert);
