import type { ChangeInput } from '@hubgraph/kit/change';
import { isUuid } from '@hubgraph/kit/ids';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { pageOf } from '@hubgraph/kit/page';
import { SILENCE_STATES, silenceState, type SilenceState as State } from '../alert/state.ts';
import { addInhibitionRule, endSilence, MAX_INHIBITION_RULES, MAX_SILENCE_DAYS, MAX_SILENCES, removeInhibitionRule, silenceAlerts, type AddInhibitionRuleInput, type SilenceAlertsInput } from '../commands/alert-rules.ts';
import * as model from '../model.ts';
import { ALERT_ORDERS, inhibitions, silences, suppressions } from '../store/index.ts';
import { builder, paging, READ, type OpsContext } from './builder.ts';
import { AlertConnection, SilenceConnection } from './connections.ts';
import { InhibitionRule, Silence } from './refs.ts';

/** Stewards have no ops:write, and may silence for longer. */
const SILENCE_SCOPES = [['ops:write'], ['gates:waive']] as const;
const RULE_SCOPES = [['ops:write']] as const;

const OPERATOR_WORDS: Readonly<Record<model.MatchOperator, string>> = {
  EQUAL: 'The value is this text.', NOT_EQUAL: 'The value is another text, or none.', MATCHES: 'The whole value fits this pattern (RE2).', NOT_MATCHES: 'The whole value does not fit this pattern (RE2).',
};
const MatchOperator = builder.enumType('MatchOperator', { description: 'How a matcher looks at a value.', values: Object.fromEntries(model.MATCH_OPERATORS.map((operator) => [operator, { description: OPERATOR_WORDS[operator] }])) as Record<model.MatchOperator, { description: string }> });
const NAME = 'A label, or one of severity, service, workstream, repo, domain, package, source and dedupKey.';
const VALUE = 'The text or pattern; what an alert does not have is the empty text.';
const AlertMatcher = builder.objectRef<model.Matcher>('AlertMatcher').implement({
  description: 'What an alert must be like.',
  fields: (t) => ({ name: t.exposeString('name', { description: NAME }), operator: t.field({ type: MatchOperator, description: 'How to look at it.', resolve: ({ operator }) => operator }), value: t.exposeString('value', { description: VALUE }) }),
});
const AlertMatcherInput = builder.inputRef<model.Matcher>('AlertMatcherInput').implement({
  description: 'What an alert must be like.',
  fields: (t) => ({ name: t.string({ required: true, description: NAME }), operator: t.field({ type: MatchOperator, required: true, description: 'How to look at it.' }), value: t.string({ required: true, description: `${VALUE} At most 500 characters.` }) }),
});

const STATE_WORDS: Readonly<Record<State, string>> = { PENDING: 'It has not begun.', ACTIVE: 'It holds.', EXPIRED: 'It is over.' };
const SilenceState = builder.enumType('SilenceState', { description: 'Where a silence stands, by its dates.', values: Object.fromEntries(SILENCE_STATES.map((state) => [state, { description: STATE_WORDS[state] }])) as Record<State, { description: string }> });
Silence.implement({
  description: 'That nobody needs to hear of some alerts for a time. They stay as they are; only escalation waits.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    state: t.field({ type: SilenceState, description: 'Where it stands now.', resolve: (silence, _args, context) => silenceState(silence, context.now()) }),
    matchers: t.field({ type: [AlertMatcher], description: 'All of them fit the alerts that it is about.', resolve: ({ matchers }) => [...matchers] }),
    startsAt: t.expose('startsAt', { type: 'DateTime', description: 'From when it holds.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', description: 'From when it holds no more.' }),
    comment: t.exposeString('comment', { description: 'Why.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who silenced them.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When that was said.' }),
    endedBy: t.exposeString('endedBy', { nullable: true, description: 'Who ended it before its time.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    alerts: t.field({
      type: AlertConnection,
      description: 'Open alerts that fit its matchers now, whether or not it holds; the worst first. Costs statements of its own for each silence.',
      args: paging,
      resolve: async ({ matchers }, page, context) => pageOf<model.Alert>(context.sql, { table: 'Alert', where: [{ sql: `t."status" <> 'RESOLVED'`, params: [] }, await suppressions.fitting(context.sql, matchers)], order: ALERT_ORDERS.SEVERITY_DESC }, page),
    }),
  }),
});
InhibitionRule.implement({
  description: 'That while one alert is open, others say nothing new.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    source: t.field({ type: [AlertMatcher], description: 'What the alert that is enough is like.', resolve: ({ source }) => [...source] }),
    target: t.field({ type: [AlertMatcher], description: 'What the alerts are like that it makes needless.', resolve: ({ target }) => [...target] }),
    equal: t.stringList({ description: 'Labels and fields that must be the same in both; missing in both is the same.', resolve: ({ equal }) => [...equal] }),
    comment: t.exposeString('comment', { nullable: true, description: 'Why.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who added it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
    version: t.exposeInt('version', { description: 'Hand it back as `expectedVersion`.' }),
  }),
});

builder.queryField('silences', (t) =>
  t.field({
    type: SilenceConnection,
    nullable: true,
    description: 'Silences, those that end last first.',
    requiresScopes: READ,
    args: { state: t.arg({ type: SilenceState, description: 'In this state now.' }), ...paging },
    resolve: (_root, { state, ...page }, context) => silences.page(context.sql, state ?? null, context.now(), page),
  }),
);
builder.queryField('silence', (t) =>
  t.field({
    type: Silence,
    nullable: true,
    description: 'One silence by id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => (isUuid(id) ? context.loaders.load('Silence.id', id.toLowerCase(), (ids) => silences.byIds(context.sql, ids)) : null),
  }),
);
builder.queryField('inhibitionRules', (t) => t.field({ type: [InhibitionRule], nullable: true, description: 'Every inhibition rule, by name.', requiresScopes: READ, resolve: (_root, _args, context) => inhibitions.all(context.sql) }));

addMutation<OpsContext, SilenceAlertsInput & ChangeInput, { silence: model.Silence }>(builder, {
  verb: 'silenceAlerts',
  description: `Says that nobody needs to hear of the alerts that fit all matchers, for at most ${MAX_SILENCE_DAYS} days; a steward may say a year. The alerts stay as they are: raised, counted and listed, but marked as suppressed, and they do not escalate. At most ${MAX_SILENCES} silences that have not ended.`,
  scopes: SILENCE_SCOPES,
  input: builder.inputRef<SilenceAlertsInput & ChangeInput>('SilenceAlertsInput').implement({
    description: 'Which alerts, when and why.',
    fields: (t) => ({
      matchers: t.field({ type: [AlertMatcherInput], required: true, description: 'All of them must fit; 1 to 10, at least one of which asks for something that an alert has.' }),
      startsAt: t.field({ type: 'DateTime', description: 'From when it holds; now when left out.' }),
      endsAt: t.field({ type: 'DateTime', required: true, description: 'From when it holds no more.' }),
      comment: t.string({ required: true, description: 'Why; 1 to 2,000 characters.' }),
      ...changeFields(t),
    }),
  }),
  payload: { silence: Silence },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => silenceAlerts(work, input)),
});
addMutation(builder, {
  verb: 'endSilence',
  description: 'Ends a silence now, also one that has not begun. One that is over stays as it is.',
  scopes: SILENCE_SCOPES,
  input: builder.inputType('EndSilenceInput', { description: 'Which silence.', fields: (t) => ({ id: t.id({ required: true, description: 'Id of the silence.' }), ...changeFields(t) }) }),
  payload: { silence: Silence },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => endSilence(work, input)),
});
addMutation<OpsContext, AddInhibitionRuleInput & ChangeInput, { rule: model.InhibitionRule }>(builder, {
  verb: 'addInhibitionRule',
  description: `Says that while an alert that fits \`source\` is open, those that fit \`target\` say nothing new, where both have the same under every name of \`equal\`. An alert that is both does not inhibit its like. At most ${MAX_INHIBITION_RULES} rules.`,
  scopes: RULE_SCOPES,
  input: builder.inputRef<AddInhibitionRuleInput & ChangeInput>('AddInhibitionRuleInput').implement({
    description: 'A new rule.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'What it is called; no other rule has this name.' }),
      source: t.field({ type: [AlertMatcherInput], required: true, description: 'What the alert that is enough is like.' }),
      target: t.field({ type: [AlertMatcherInput], required: true, description: 'What the alerts are like that it makes needless.' }),
      equal: t.stringList({ description: 'Labels and fields that must be the same in both, at most 10.' }),
      comment: t.string({ description: 'Why.' }),
      ...changeFields(t),
    }),
  }),
  payload: { rule: InhibitionRule },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => addInhibitionRule(work, input)),
});
addMutation(builder, {
  verb: 'removeInhibitionRule',
  description: 'Removes a rule; the alerts that it held back are heard of again.',
  scopes: RULE_SCOPES,
  input: builder.inputType('RemoveInhibitionRuleInput', { description: 'Which rule.', fields: (t) => ({ id: t.id({ required: true, description: 'Id of the rule.' }), ...changeFields(t) }) }),
  payload: { rule: InhibitionRule },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => removeInhibitionRule(work, input)),
});
