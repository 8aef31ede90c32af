import { argsName } from '@hubgraph/kit/graphql/loaders';
import { isUuid } from '@hubgraph/kit/ids';
import type { PageArgs } from '@hubgraph/kit/page';
import { riskLifecycle, type RiskFacts } from '../lifecycle/risk.ts';
import { risks, type RiskCount as Count, type RiskFilter as Filter, type RiskOrder as Order, type RiskParent } from '../store/index.ts';
import { builder, loadHistory, paging, READ, RiskStatus, shared, type OpsContext } from './builder.ts';
import { RiskConnection } from './connections.ts';
import { Domain, Risk, Service, StateSummary, Workstream } from './refs.ts';
import { subjectFields, subjectOf, subjectUnion } from './subject.ts';
import type * as model from '../model.ts';

/** Loads risks by id, batched. */
export const riskById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('Risk.id', id.toLowerCase(), (ids) => risks.byIds(context.sql, ids)) : null);

const NO_FACTS: RiskFacts = { reason: null, level: null, mitigation: null, residualScore: null, decision: null, reviewDate: null };
const RiskSubject = subjectUnion('RiskSubject', 'What a risk can be about.');

Risk.implement({
  description: 'Something that may go wrong, how likely and how bad, and what is done about it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    title: t.exposeString('title', { description: 'What may go wrong, in one line.' }),
    description: t.exposeString('description', { nullable: true, description: 'What else is known; Markdown.' }),
    status: t.field({ type: RiskStatus, description: 'Where it stands in its lifecycle.', resolve: (risk) => risk.status }),
    likelihood: t.exposeInt('likelihood', { description: 'How likely it is: 1 (rare) to 5 (almost certain).' }),
    impact: t.exposeInt('impact', { description: 'How bad it would be: 1 (hardly noticed) to 5 (the end).' }),
    score: t.exposeInt('score', { description: 'Likelihood times impact: 1 to 25.' }),
    residualScore: t.exposeInt('residualScore', { nullable: true, description: 'The score that remains after what was done; null when nothing was.' }),
    owner: t.exposeString('owner', { description: 'Who answers for it.' }),
    level: t.exposeString('level', { nullable: true, description: 'Whom it was escalated to.' }),
    reviewDate: t.field({ type: 'Date', nullable: true, description: 'The day by which it is looked at again; when it is over, the hub surfaces or escalates the risk by itself.', resolve: (risk) => risk.reviewDate?.toISOString().slice(0, 10) ?? null }),
    decision: t.exposeString('decision', { nullable: true, description: 'Id or code of the decision to bear it.' }),
    mitigation: t.exposeString('mitigation', { nullable: true, description: 'What was last done about it.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it is in its present state.' }),
    subject: t.field({ type: RiskSubject, nullable: true, description: 'What it is about first of all; null for a service that is not registered.', resolve: (risk, _args, context) => subjectOf(context, risk) as never }),
    ...subjectFields<model.Risk>(t),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who surfaced it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was surfaced.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: (risk, _args, context) => riskLifecycle.allowed(risk.status, NO_FACTS, context.identity) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (risk, _args, context) => loadHistory(context, 'Risk', risk.id) }),
  }),
});
builder.asEntity(Risk, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => riskById(context, id) });

const RiskFilter = builder.inputRef<Filter>('RiskFilter').implement({
  description: 'Narrows a list of risks; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [RiskStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'About one of these domains, or services of theirs (slugs).' }),
    services: t.stringList({ description: 'About one of these services (slugs).' }),
    workstreams: t.stringList({ description: 'About one of these workstreams (codes).' }),
    owners: t.stringList({ description: 'Owned by one of these.' }),
    minScore: t.int({ description: 'With this score or more.' }),
    reviewDueBefore: t.field({ type: 'Date', description: 'With a review date before this day.' }),
    text: t.string({ description: 'Contains this text in title, description or mitigation.' }),
  }),
});
const RiskOrder = builder.enumType('RiskOrder', {
  description: 'Order of a list of risks.',
  values: { SCORE_DESC: { description: 'Highest score first.' }, CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
const riskArgs = builder.args((t) => ({
  filter: t.field({ type: RiskFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: RiskOrder, defaultValue: 'SCORE_DESC', description: 'In which order.' }),
}));

interface ListArgs extends PageArgs {
  readonly filter?: Filter | null;
  readonly orderBy?: Order | null;
}

/** The risks of one of many services, domains or workstreams: one statement, whatever their number. */
function risksOf(context: OpsContext, parent: RiskParent, key: string, { filter, orderBy, ...page }: ListArgs) {
  return context.loaders.load(argsName(`risks of ${parent}`, { filter, orderBy, page }), key, (keys) => risks.pagesOf(context.sql, parent, keys, { filter: filter ?? {}, order: orderBy ?? 'SCORE_DESC' }, page));
}

builder.queryField('risk', (t) =>
  t.field({ type: Risk, nullable: true, description: 'One risk by id; null when there is none.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => riskById(context, id) }),
);
builder.queryField('risks', (t) =>
  t.field({
    type: RiskConnection,
    nullable: true,
    description: 'Risks of the organisation, closed ones too; the highest score first unless ordered otherwise.',
    requiresScopes: READ,
    args: { ...riskArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => risks.page(context.sql, { filter: filter ?? {}, order: orderBy ?? 'SCORE_DESC' }, page),
  }),
);

builder.objectField(Domain, 'risks', (t) =>
  t.field({ type: RiskConnection, nullable: true, description: 'Risks of the domain and of its services.', args: { ...riskArgs, ...paging }, resolve: ({ slug }, args, context) => risksOf(context, 'domain', slug, args) }),
);
builder.objectField(Service, 'risks', (t) =>
  t.field({ type: RiskConnection, nullable: true, description: 'Risks of the service.', args: { ...riskArgs, ...paging }, resolve: ({ slug }, args, context) => risksOf(context, 'service', slug, args) }),
);
builder.objectField(Workstream, 'risks', (t) =>
  t.field({ type: RiskConnection, nullable: true, description: 'Risks of the workstream.', args: { ...riskArgs, ...paging }, resolve: ({ code }, args, context) => risksOf(context, 'workstream', code, args) }),
);

const RiskCount = builder.objectRef<Count>('RiskStatusCount').implement({
  description: 'How many risks are in a state.',
  fields: (t) => ({ status: t.field({ type: RiskStatus, description: 'The state.', resolve: (line) => line.status }), count: t.exposeInt('count', { description: 'How many.' }), highestScore: t.exposeInt('highestScore', { description: 'The highest score among them.' }) }),
});
builder.objectField(StateSummary, 'openRisks', (t) =>
  t.field({ type: [RiskCount], nullable: true, description: 'Risks that are not closed by state; states that none is in are left out.', resolve: (_state, _args, context) => risks.openCounts(context.sql) }),
);
