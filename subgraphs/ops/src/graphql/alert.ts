import { isUuid } from '@hubgraph/kit/ids';
import { escalatesAt } from '../alert/escalation.ts';
import { asOf } from '../alert/state.ts';
import { NO_FACTS } from '../commands/alert-record.ts';
import { alertLifecycle } from '../lifecycle/alert.ts';
import * as model from '../model.ts';
import { alerts, suppressions, type Suppressed } from '../store/index.ts';
import { AlertSeverity, AlertStatus, builder, loadHistory, shared, type OpsContext } from './builder.ts';
import { Alert, InhibitionRule, Silence } from './refs.ts';
import { subjectFields, subjectOf, subjectUnion } from './subject.ts';

/** Loads alerts by id, batched. */
export const alertById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('Alert.id', id.toLowerCase(), (ids) => alerts.byIds(context.sql, ids)) : null);

const AlertSubject = subjectUnion('AlertSubject', 'What an alert can be about.');
const AlertLabel = builder.objectRef<readonly [name: string, value: string]>('AlertLabel').implement({
  description: 'A label of an alert, by which silences, inhibition rules and groups know it.',
  fields: (t) => ({ name: t.string({ description: 'Its name.', resolve: ([name]) => name }), value: t.string({ description: 'Its value.', resolve: ([, value]) => value }) }),
});

const ENTRY_WORDS: Readonly<Record<model.AlertEntryKind, string>> = {
  RAISED: 'It was raised.', REPEATED: 'It was raised again, once or more often.', SEVERITY_CHANGED: 'It became worse.', ACKNOWLEDGED: 'Somebody took it.', RETURNED: 'It was given back.', LAPSED: 'The time of its acknowledgement was over.',
  ESCALATED: 'Nobody took it in time; it went to the next level.', NOTED: 'Somebody wrote a note.', RESOLVED: 'It is over.',
};
const AlertEntryKind = builder.enumType('AlertEntryKind', { description: 'What happened to an alert.', values: Object.fromEntries(model.ALERT_ENTRY_KINDS.map((kind) => [kind, { description: ENTRY_WORDS[kind] }])) as Record<model.AlertEntryKind, { description: string }> });
const AlertEntry = builder.objectRef<model.AlertEntry>('AlertEntry').implement({
  description: 'One line of an alert\'s timeline.',
  fields: (t) => ({
    kind: t.field({ type: AlertEntryKind, description: 'What happened.', resolve: (entry) => entry.kind }),
    at: t.expose('at', { type: 'DateTime', description: 'When; of several repeats, the first.' }),
    until: t.expose('until', { type: 'DateTime', description: 'Of several repeats, the last; otherwise as `at`.' }),
    count: t.exposeInt('count', { description: 'How many: repeats by the same actor stand in one line until something else happens.' }),
    actor: t.exposeString('actor', { description: 'Who; `system:ops` is the hub itself.' }),
    note: t.exposeString('note', { nullable: true, description: 'What there is to say of it.' }),
  }),
});

const SuppressedBy = builder.enumType('SuppressedBy', { description: 'Why nobody needs to hear of an alert.', values: { SILENCE: { description: 'Somebody silenced it for a time.' }, INHIBITION: { description: 'Another open alert says enough.' } } });
const Suppression = builder.objectRef<Suppressed>('AlertSuppression').implement({
  description: 'That nobody needs to hear of an alert now, and why. It changes nothing of the alert itself; only escalation waits.',
  fields: (t) => ({
    by: t.field({ type: SuppressedBy, description: 'Why. A silence goes before an inhibition.', resolve: ({ by }) => by }),
    silence: t.field({ type: Silence, nullable: true, description: 'The silence; of several, the one that ends last.', resolve: (why) => (why.by === 'SILENCE' ? why.silence : null) }),
    rule: t.field({ type: InhibitionRule, nullable: true, description: 'The inhibition rule.', resolve: (why) => (why.by === 'INHIBITION' ? why.rule : null) }),
    alert: t.field({ type: Alert, nullable: true, description: 'The alert that inhibits it.', resolve: (why, _args, context) => (why.by === 'INHIBITION' ? alertById(context, why.alertId) : null) }),
  }),
});

const now = (alert: model.Alert, context: OpsContext) => asOf(alert, context.now());

Alert.implement({
  description: 'Something that needs somebody now. Of one key at most one is open; raised again, it counts up.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    dedupKey: t.exposeString('dedupKey', { description: 'The key by which repeats are recognised.' }),
    status: t.field({ type: AlertStatus, description: 'Where it stands. An acknowledgement whose time is over counts no more from that moment on.', resolve: (alert, _args, context) => now(alert, context).status }),
    severity: t.field({ type: AlertSeverity, description: 'How bad it is; of an open one that was raised again, the worst of all.', resolve: (alert) => alert.severity }),
    title: t.exposeString('title', { description: 'What it is, in one line, as it was last raised.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What else its source says; Markdown.' }),
    subject: t.field({ type: AlertSubject, nullable: true, description: 'What it is about first of all; null for a service that is not registered.', resolve: (alert, _args, context) => subjectOf(context, alert) as never }),
    ...subjectFields<model.Alert>(t),
    source: t.exposeString('source', { description: 'Who raised it: a person, a stream of another hub, a webhook.' }),
    labels: t.field({ type: [AlertLabel], description: 'Its labels, by name.', resolve: (alert) => Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1)) }),
    count: t.exposeInt('count', { description: 'How often it was raised while open.' }),
    firstAt: t.expose('firstAt', { type: 'DateTime', description: 'When it was raised at first.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When it was last raised.' }),
    owner: t.string({ nullable: true, description: 'Who has it, or had it when it was resolved.', resolve: (alert, _args, context) => now(alert, context).owner }),
    waitsSince: t.field({ type: 'DateTime', nullable: true, description: 'Since when nobody has it; null when somebody has, or it is over.', resolve: (alert, _args, context) => (now(alert, context).status === 'RAISED' ? now(alert, context).waitsSince : null) }),
    acknowledgedAt: t.field({ type: 'DateTime', nullable: true, description: 'When its owner took it.', resolve: (alert, _args, context) => now(alert, context).acknowledgedAt }),
    acknowledgedUntil: t.field({ type: 'DateTime', nullable: true, description: 'When the acknowledgement lapses.', resolve: (alert, _args, context) => now(alert, context).acknowledgedUntil }),
    escalation: t.int({ description: 'How many levels up it went because nobody took it: 0 to 3.', resolve: (alert, _args, context) => now(alert, context).escalation }),
    escalatedAt: t.field({ type: 'DateTime', nullable: true, description: 'When it went to its present level.', resolve: (alert, _args, context) => now(alert, context).escalatedAt }),
    escalatedTo: t.string({ nullable: true, description: 'Whom its present level is for, in words.', resolve: (alert, _args, context) => now(alert, context).escalatedTo }),
    escalatesAt: t.field({ type: 'DateTime', nullable: true, description: 'When it goes to the next level if nobody takes it and nothing suppresses it; null when it does not.', resolve: (alert, _args, context) => escalatesAt(now(alert, context), context.alerting.escalateMinutes) }),
    resolvedAt: t.expose('resolvedAt', { type: 'DateTime', nullable: true, description: 'When it was over.' }),
    resolvedBy: t.exposeString('resolvedBy', { nullable: true, description: 'Who resolved it: a person, or the source that says that the cause is gone.' }),
    note: t.exposeString('note', { nullable: true, description: 'What was done, as whoever resolved it says.' }),
    previous: t.field({ type: Alert, nullable: true, description: 'The one before it under the same key, which is over.', resolve: (alert, _args, context) => (alert.previousId === null ? null : alertById(context, alert.previousId)) }),
    timeline: t.field({ type: [AlertEntry], description: 'What happened to it, oldest first.', resolve: async (alert, _args, context) => (await context.loaders.load('Alert.timeline', alert.id, (ids) => alerts.timelines(context.sql, ids))) ?? [] }),
    suppressed: t.field({
      type: Suppression,
      nullable: true,
      description: 'Why nobody needs to hear of it now; null when somebody does, or it is over.',
      resolve: (alert, _args, context) => (alert.status === 'RESOLVED' ? null : context.loaders.load('Alert.suppressed', alert.id, async (ids) => suppressions.of(context.sql, [...(await alerts.byIds(context.sql, ids)).values()], context.now()))),
    }),
    version: t.exposeInt('version', { description: 'Rises by one with every change that an event tells of; hand it back as `expectedVersion`. Repeats of an acknowledged alert do not raise it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was raised at first.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: (alert, _args, context) => alertLifecycle.allowed(now(alert, context).status, NO_FACTS, context.identity) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first; repeats and notes are in the timeline.', resolve: (alert, _args, context) => loadHistory(context, 'Alert', alert.id) }),
  }),
});
builder.asEntity(Alert, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => alertById(context, id) });
