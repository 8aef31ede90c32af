import type { ChangeAnswer, ChangeInput } from '@hubgraph/kit/change';
import { PublicError } from '@hubgraph/kit/errors';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { systemIdentity } from '@hubgraph/kit/identity';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { Refused } from '@hubgraph/kit/refusal';
import { MAX_TARGETS } from '../attribution/check.ts';
import { reallocate } from '../commands/attribution.ts';
import { MAX_PREVIEWED, previewAttribution, type Preview } from '../commands/attribution-preview.ts';
import { addAttributionRule, MAX_RULES, reallocateCosts, retireAttributionRule, updateAttributionRule, type MeasureInput, type RuleInput, type UpdateRuleInput } from '../commands/attribution-rule.ts';
import { manifest } from '../manifest.ts';
import { isMonth } from '../money/calendar.ts';
import type * as model from '../model/index.ts';
import { attributionRules, type AttributionRuleFilter as Filter } from '../store/attribution-rule.ts';
import { reallocations, type Reallocation as Pending } from '../store/reallocation.ts';
import { builder, loadHistory, paging, READ, RuleKind, shared, type FinanceContext } from './builder.ts';
import { ruleById } from './cost-row.ts';
import { AttributionRule, Domain, Money, Service, Workstream } from './refs.ts';

const SCOPES = [['finance:write']] as const;
/** Batches that a change of rules does at once; the sweep does the rest. */
const AT_ONCE = 3;

const MEASURE_WORDS: Readonly<Record<model.ShareMeasure['of'], string>> = { COST: 'The effective cost that other rules gave to each target in the same month and currency.', TOKENS: 'The tokens, of all four classes, that each target used in the same month.', NUMBERS: 'The numbers given with the rule: users, requests, square metres.' };
const ShareMeasureKind = builder.enumType('ShareMeasureKind', { description: 'What shares follow.', values: Object.fromEntries(Object.entries(MEASURE_WORDS).map(([of, description]) => [of, { description }])) as Record<model.ShareMeasure['of'], { description: string }> });

const MATCH = {
  tag: 'Key of a tag; spaces around it do not count.', values: 'Values of the tag that fit; any when left out.', anyCase: 'Key and values fit in upper and lower case alike.', providers: 'Providers that fit; any when left out.',
  accounts: 'Billing accounts or sub-accounts that fit; any when left out.', services: 'Services of the provider, as it calls them, that fit; any when left out.',
} as const;
const TARGET = { domain: 'Slug of the domain.', service: 'Slug of the service.', workstream: 'Code of the workstream.', ratio: 'Its ratio.' } as const;

const RuleMatch = builder.objectRef<model.RuleMatch>('AttributionMatch').implement({
  description: 'What charges must be like: all that is given fits.',
  fields: (t) => ({
    tag: t.exposeString('tag', { nullable: true, description: MATCH.tag }),
    values: t.exposeStringList('values', { nullable: true, description: MATCH.values }),
    anyCase: t.boolean({ description: MATCH.anyCase, resolve: ({ anyCase }) => anyCase ?? false }),
    providers: t.exposeStringList('providers', { nullable: true, description: MATCH.providers }),
    accounts: t.exposeStringList('accounts', { nullable: true, description: MATCH.accounts }),
    services: t.exposeStringList('services', { nullable: true, description: MATCH.services }),
  }),
});
const slugged = (slug: string | null | undefined) => (slug == null || slug.startsWith('{') ? null : { slug });
const Target = builder.objectRef<model.AttributionTarget>('AttributionTarget').implement({
  description: 'To whom a part of a charge belongs; nobody when it names nothing.',
  fields: (t) => ({
    domain: t.field({ type: Domain, nullable: true, description: 'The domain.', resolve: ({ domain }) => slugged(domain) }),
    service: t.field({ type: Service, nullable: true, description: 'The service.', resolve: ({ service }) => slugged(service) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream.', resolve: ({ workstream }) => (workstream == null || workstream.startsWith('{') ? null : { code: workstream }) }),
    fromValue: t.boolean({ description: 'Whether one of them is the value of the tag.', resolve: (target) => [target.domain, target.service, target.workstream].some((name) => name?.startsWith('{') ?? false) }),
    ratio: t.expose('ratio', { type: 'Decimal', nullable: true, description: 'Its ratio; those of a rule sum to exactly 1. Null: all of it, or by its share.' }),
  }),
});
const TargetNumber = builder.objectRef<{ readonly target: string; readonly number: string }>('AttributionNumber').implement({
  description: 'What a target weighs.',
  fields: (t) => ({ target: t.exposeString('target', { description: 'The narrowest name of the target: code of the workstream, slug of the service or domain.' }), number: t.expose('number', { type: 'Decimal', description: 'Its weight.' }) }),
});
const Measure = builder.objectRef<model.ShareMeasure>('ShareMeasure').implement({
  description: 'What shares follow.',
  fields: (t) => ({
    of: t.field({ type: ShareMeasureKind, description: 'The measure.', resolve: ({ of }) => of }),
    numbers: t.field({ type: [TargetNumber], description: 'Of NUMBERS, the numbers.', resolve: ({ numbers }) => Object.entries(numbers ?? {}).map(([target, number]) => ({ target, number })) }),
  }),
});
AttributionRule.implement({
  description: 'To whom charges belong. The first rule that fits a charge counts; what no rule takes belongs to nobody, and is shown so.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    priority: t.exposeInt('priority', { description: 'The smaller comes first; of equals the older.' }),
    kind: t.field({ type: RuleKind, description: 'By what it attributes.', resolve: ({ kind }) => kind }),
    match: t.field({ type: RuleMatch, description: 'What charges must be like.', resolve: ({ match }) => match }),
    targets: t.field({ type: [Target], description: 'To whom they belong.', resolve: ({ targets }) => [...targets] }),
    measure: t.field({ type: Measure, nullable: true, description: 'Of SHARE, what the shares follow.', resolve: ({ measure }) => measure }),
    validFrom: t.expose('validFrom', { type: 'Date', nullable: true, description: 'First day of charges that it takes.' }),
    validTo: t.expose('validTo', { type: 'Date', nullable: true, description: 'First day of charges that it takes no more.' }),
    retiredAt: t.expose('retiredAt', { type: 'DateTime', nullable: true, description: 'Since when it is out of force.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who added it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    history: t.field({ type: [shared.Transition], description: 'Every change so far, oldest first.', resolve: ({ id }, _args, context) => loadHistory(context, 'AttributionRule', id) }),
  }),
});
builder.asEntity(AttributionRule, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => ruleById(context, id) });

const Connection = connectionOf(builder, AttributionRule, 'AttributionRule');
const RuleFilter = builder.inputRef<Filter>('AttributionRuleFilter').implement({
  description: 'Narrows the list of rules; what is given is combined by AND.',
  fields: (t) => ({ kinds: t.field({ type: [RuleKind], description: 'Of one of these kinds.' }), retired: t.boolean({ description: 'Those out of force, or those in force; both when left out.' }) }),
});
builder.queryField('attributionRules', (t) =>
  t.field({ type: Connection, nullable: true, description: 'Rules, first the one that counts first.', requiresScopes: READ, args: { filter: t.arg({ type: RuleFilter, description: 'Which ones.' }), ...paging }, resolve: (_root, { filter, ...page }, context) => attributionRules.page(context.sql, filter ?? {}, page) }),
);
builder.queryField('attributionRule', (t) =>
  t.field({ type: AttributionRule, nullable: true, description: 'One rule by its id; null when there is none.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => ruleById(context, id) }),
);
const Reallocation = builder.objectRef<Pending>('Reallocation').implement({
  description: 'A month whose charges are being allocated anew.',
  fields: (t) => ({ month: t.exposeString('month', { description: 'The month.' }), sharesOnly: t.boolean({ description: 'Whether only what shares divide is left.', resolve: ({ pass }) => pass === 2 }), requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'Since when.' }), requestedBy: t.exposeString('requestedBy', { description: 'Who changed the rules.' }) }),
});
builder.queryField('reallocations', (t) => t.field({ type: [Reallocation], nullable: true, description: 'Months whose charges are being allocated anew; empty when every charge belongs to whom the rules say.', requiresScopes: READ, resolve: (_root, _args, context) => reallocations.pending(context.sql) }));

const MatchInput = builder.inputRef<model.RuleMatch>('AttributionMatchInput').implement({
  description: 'What charges must be like: all that is given must fit.',
  fields: (t) => ({ tag: t.string({ description: MATCH.tag }), values: t.stringList({ description: MATCH.values }), anyCase: t.boolean({ description: MATCH.anyCase }), providers: t.stringList({ description: MATCH.providers }), accounts: t.stringList({ description: MATCH.accounts }), services: t.stringList({ description: MATCH.services }) }),
});
const TargetInput = builder.inputRef<model.AttributionTarget>('AttributionTargetInput').implement({
  description: 'To whom a part belongs. In a TAG rule `{value}` stands for the value of the tag, as a slug.',
  fields: (t) => ({ domain: t.string({ description: TARGET.domain }), service: t.string({ description: TARGET.service }), workstream: t.string({ description: TARGET.workstream }), ratio: t.field({ type: 'Decimal', description: `${TARGET.ratio} Needed when there are several targets, and with RATIO; they must sum to exactly 1.` }) }),
});
const NumberInput = builder.inputType('AttributionNumberInput', { description: 'What a target weighs.', fields: (t) => ({ target: t.string({ required: true, description: 'The narrowest name of the target.' }), number: t.field({ type: 'Decimal', required: true, description: 'Its weight.' }) }) });
const Measured = builder.inputRef<MeasureInput>('ShareMeasureInput').implement({
  description: 'What shares follow.',
  fields: (t) => ({ of: t.field({ type: ShareMeasureKind, required: true, description: 'The measure.' }), numbers: t.field({ type: [NumberInput], description: 'With NUMBERS, the numbers; a target without one gets nothing.' }) }),
});
const MORE = { priority: 'The smaller comes first; 100 when left out.', targets: `To whom they belong, 1 to ${MAX_TARGETS}.`, measure: 'With SHARE, what the shares follow.', validFrom: 'First day of charges that it takes.', validTo: 'First day of charges that it takes no more.' } as const;
const ruleFields = (t: PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>) => ({
  name: t.string({ required: true, description: 'What it is called; no other rule has this name.' }),
  kind: t.field({ type: RuleKind, required: true, description: 'By what it attributes.' }),
  priority: t.int({ description: MORE.priority }),
  match: t.field({ type: MatchInput, description: 'What charges must be like.' }),
  targets: t.field({ type: [TargetInput], required: true, description: MORE.targets }),
  measure: t.field({ type: Measured, description: MORE.measure }),
  validFrom: t.field({ type: 'Date', description: MORE.validFrom }),
  validTo: t.field({ type: 'Date', description: MORE.validTo }),
});

/** After a change of rules, small months are done before the answer; the sweep does the rest of large ones. */
async function settled<Result extends object>(context: FinanceContext, input: ChangeInput, running: Promise<ChangeAnswer<Result>>): Promise<ChangeAnswer<Result>> {
  const answer = await running;
  if (answer.result === null || answer.replayed || input.dryRun) return answer;
  for (let turn = 0, more = true; more && turn < AT_ONCE; turn++) {
    more = (await context.changes.run({ identity: systemIdentity(manifest.name) }, { name: 'reallocate', scopes: SCOPES, input: {} }, reallocate)).result?.swept.more ?? false;
  }
  return answer;
}

addMutation<FinanceContext, RuleInput & ChangeInput, { rule: model.AttributionRule }>(builder, {
  verb: 'addAttributionRule',
  description: `Adds a rule. Open months are allocated anew at once, large ones in the background (see reallocations); closed months stay as they are. At most ${MAX_RULES} rules in force.`,
  scopes: SCOPES,
  input: builder.inputRef<RuleInput & ChangeInput>('AddAttributionRuleInput').implement({ description: 'A new rule.', fields: (t) => ({ ...ruleFields(t), ...changeFields(t) }) }),
  payload: { rule: AttributionRule },
  run: (input, verb, context) => settled(context, input, context.changes.run(context.caller, verb, (work) => addAttributionRule(work, input))),
});
addMutation<FinanceContext, UpdateRuleInput & ChangeInput, { rule: model.AttributionRule }>(builder, {
  verb: 'updateAttributionRule',
  description: 'Changes a rule in force; what is left out stays. Open months are allocated anew, closed months stay as they are.',
  scopes: SCOPES,
  input: builder.inputRef<UpdateRuleInput & ChangeInput>('UpdateAttributionRuleInput').implement({
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the rule.' }), name: t.string({ description: 'What it is called.' }), priority: t.int({ description: MORE.priority }), match: t.field({ type: MatchInput, description: 'What charges must be like: exactly this from now on.' }),
      targets: t.field({ type: [TargetInput], description: 'To whom they belong: exactly these from now on.' }), measure: t.field({ type: Measured, description: MORE.measure }), validFrom: t.field({ type: 'Date', description: `${MORE.validFrom} Null clears.` }), validTo: t.field({ type: 'Date', description: `${MORE.validTo} Null clears.` }), ...changeFields(t),
    }),
  }),
  payload: { rule: AttributionRule },
  run: (input, verb, context) => settled(context, input, context.changes.run(context.caller, verb, (work) => updateAttributionRule(work, input))),
});
addMutation(builder, {
  verb: 'retireAttributionRule',
  description: 'Takes a rule out of force. Open months are allocated anew without it, closed months stay as they are. To undo it add the rule again.',
  scopes: SCOPES,
  input: builder.inputType('RetireAttributionRuleInput', { description: 'Which rule.', fields: (t) => ({ id: t.id({ required: true, description: 'Id of the rule.' }), ...changeFields(t) }) }),
  payload: { rule: AttributionRule },
  run: (input, verb, context) => settled(context, input, context.changes.run(context.caller, verb, (work) => retireAttributionRule(work, input))),
});
const Requested = builder.objectRef<{ readonly months: readonly string[] }>('ReallocationRequest').implement({ description: 'Months that are allocated anew.', fields: (t) => ({ months: t.stringList({ description: 'The months.', resolve: ({ months }) => [...months] }) }) });
addMutation(builder, {
  verb: 'reallocateCosts',
  description: 'Allocates open months anew by the rules as they are: after a month was reopened, say, or to follow tokens recorded since. Closed months are refused.',
  scopes: SCOPES,
  input: builder.inputType('ReallocateCostsInput', { description: 'Which months.', fields: (t) => ({ months: t.stringList({ description: 'Months, such as 2024-09; every open one when left out.' }), ...changeFields(t) }) }),
  payload: { reallocations: Requested },
  run: (input, verb, context) => settled(context, input, context.changes.run(context.caller, verb, (work) => reallocateCosts(work, input))),
});

const PreviewPart = builder.objectRef<Preview['parts'][number]>('AttributionPreviewPart').implement({
  description: 'What one target would get.',
  fields: (t) => ({ target: t.field({ type: Target, description: 'The target.', resolve: ({ target }) => target }), amount: t.field({ type: Money, description: 'Billed cost.', resolve: ({ amount }) => amount }) }),
});
const AttributionPreview = builder.objectRef<Preview | Refused>('AttributionPreview').implement({
  description: 'What a rule would do to the charges of a month.',
  fields: (t) => {
    const of = <Value>(read: (preview: Preview) => Value, none: Value) => (preview: Preview | Refused) => (preview instanceof Refused ? none : read(preview));
    return {
      errors: t.field({ type: [shared.MutationError], description: 'What is wrong with the rule; empty when nothing is.', resolve: (preview) => (preview instanceof Refused ? [...preview.errors] : []) }),
      fitting: t.int({ description: 'Charges that fit.', resolve: of(({ fitting }) => fitting, 0) }),
      takenBefore: t.int({ description: 'Of those, charges that a rule before it takes.', resolve: of(({ takenBefore }) => takenBefore, 0) }),
      changing: t.int({ description: 'Charges that would belong to others than now.', resolve: of(({ changing }) => changing, 0) }),
      parts: t.field({ type: [PreviewPart], description: 'What each target would get, the largest first, at most 200.', resolve: of(({ parts }) => parts.slice(0, 200), []) }),
      complete: t.boolean({ description: `False: there were more charges than the ${MAX_PREVIEWED} that are looked at.`, resolve: of(({ complete }) => complete, true) }),
    };
  },
});
const RuleDraftInput = builder.inputRef<RuleInput>('AttributionRuleInput').implement({ description: 'A rule to try.', fields: ruleFields });
builder.queryField('previewAttribution', (t) =>
  t.field({
    type: AttributionPreview,
    nullable: true,
    description: 'Tries a rule on the charges of a month, beside the rules in force, and writes nothing.',
    requiresScopes: READ,
    args: { rule: t.arg({ type: RuleDraftInput, required: true, description: 'The rule.' }), replaces: t.arg.id({ description: 'Id of a rule that it would take the place of.' }), month: t.arg.string({ required: true, description: 'The month, such as 2024-09; closed ones too.' }) },
    resolve: (_root, { rule, replaces, month }, context) => {
      if (!isMonth(month)) throw new PublicError('BAD_USER_INPUT', 'A month is written like 2024-09.');
      return previewAttribution(context.sql, context.now(), rule, replaces ?? null, month);
    },
  }),
);
