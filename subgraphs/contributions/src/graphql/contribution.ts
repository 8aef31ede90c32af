import { isUuid } from '@hubgraph/kit/ids';
import { contributionLifecycle } from '../lifecycle.ts';
import { factsOf } from '../commands/contribution.ts';
import { contributions, type ContributionFilter as Filter, type ContributionOrder as Order } from '../store/index.ts';
import { builder, ContributionStatus, ContributionType, loadHistory, paging, READ, shared, type ContributionsContext } from './builder.ts';
import { ContributionConnection } from './connections.ts';
import { Contribution, Domain, Repo, Topic, Workstream } from './refs.ts';

/** Loads contributions by id or slug, batched. */
export const contributionById = (context: ContributionsContext, id: string) => (isUuid(id) ? context.loaders.load('Contribution.id', id.toLowerCase(), (ids) => contributions.byIds(context.sql, ids)) : null);
export const contributionBySlug = (context: ContributionsContext, slug: string) => context.loaders.load('Contribution.slug', slug, (slugs) => contributions.bySlugs(context.sql, slugs));

const DAY = 86_400_000;

/** What was submitted at this moment or earlier, and is not acknowledged, needs a follow-up now. */
export function followUpBefore(context: ContributionsContext): Date {
  return new Date(context.now().getTime() - context.followUpDays * DAY);
}

const AS_GIVEN = 'Its key is kept as it was given: asked for more than the key, one that governance does not know is null.';

Contribution.implement({
  description: 'What we give upstream: a bug report, a feature request, an extension point or an upstream pull request.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key: EP-<DOMAIN>-001 of an extension point, 2026-03-02--org--repo--words of the others.' }),
    type: t.field({ type: ContributionType, description: 'What kind it is.', resolve: (contribution) => contribution.type }),
    status: t.field({ type: ContributionStatus, description: 'Where it stands in its lifecycle.', resolve: (contribution) => contribution.status }),
    title: t.exposeString('title', { description: 'What it is about, in one line.' }),
    targetOrg: t.exposeString('targetOrg', { description: 'Organisation upstream, as in its URL.' }),
    targetRepo: t.exposeString('targetRepo', { description: 'Repo upstream, as in its URL.' }),
    body: t.exposeString('body', { nullable: true, description: 'Its text; Markdown.' }),
    bodyPath: t.exposeString('bodyPath', { nullable: true, description: 'Where its text stands, if not here: a path in our repo.' }),
    upstreamUrl: t.exposeString('upstreamUrl', { nullable: true, description: 'The issue upstream; of an upstream pull request, the pull request or patch.' }),
    answerUrl: t.exposeString('answerUrl', { nullable: true, description: 'Where upstream answered.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it was rejected or withdrawn.' }),
    notes: t.exposeString('notes', { nullable: true, description: 'What else is worth knowing; Markdown.' }),
    evidence: t.stringList({ description: 'Links, or hashes of commits, that show what happened.', resolve: (contribution) => [...contribution.evidence] }),
    sourcePath: t.exposeString('sourcePath', { nullable: true, description: 'Path of its file in our repo, if it was read from one.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who drafted it, or had its file read.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was drafted.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    submittedAt: t.expose('submittedAt', { type: 'DateTime', nullable: true, description: 'When it was sent upstream.' }),
    acknowledgedAt: t.expose('acknowledgedAt', { type: 'DateTime', nullable: true, description: 'When upstream first answered; null when that step was skipped.' }),
    resolvedAt: t.expose('resolvedAt', { type: 'DateTime', nullable: true, description: 'When it was merged, rejected or withdrawn.' }),
    needsFollowUp: t.boolean({
      description: 'Whether it was submitted a while ago (30 days, unless set otherwise) and nobody upstream has answered.',
      resolve: (contribution, _args, context) => contribution.status === 'SUBMITTED' && contribution.submittedAt !== null && contribution.submittedAt <= followUpBefore(context),
    }),
    domain: t.field({ type: Domain, nullable: true, description: `The domain that it belongs to. ${AS_GIVEN}`, resolve: (contribution) => ({ slug: contribution.domain }) }),
    repo: t.field({ type: Repo, nullable: true, description: `Our repo that it comes from. ${AS_GIVEN}`, resolve: (contribution) => (contribution.repo === null ? null : { slug: contribution.repo }) }),
    workstream: t.field({ type: Workstream, nullable: true, description: `The workstream that it belongs to. ${AS_GIVEN}`, resolve: (contribution) => (contribution.workstream === null ? null : { code: contribution.workstream }) }),
    topic: t.field({ type: Topic, nullable: true, description: `The topic that it belongs to. ${AS_GIVEN}`, resolve: (contribution) => (contribution.topic === null ? null : { slug: contribution.topic }) }),
    supersedes: t.field({ type: Contribution, nullable: true, description: 'The contribution that this one reworks.', resolve: (contribution, _args, context) => (contribution.supersedesId === null ? null : contributionById(context, contribution.supersedesId)) }),
    supersededBy: t.field({ type: [Contribution], description: 'Contributions that rework this one, oldest first.', resolve: async (contribution, _args, context) => (await context.loaders.load('Contribution.supersededBy', contribution.id, (ids) => contributions.successorsOf(context.sql, ids))) ?? [] }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: (contribution, _args, context) => contributionLifecycle.allowed(contribution.status, factsOf(contribution), context.identity) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (contribution, _args, context) => loadHistory(context, 'Contribution', contribution.id) }),
  }),
});

builder.asEntity(Contribution, {
  key: [builder.selection<{ slug: string }>('slug'), builder.selection<{ id: string }>('id')],
  resolveReference: (reference: { id?: string; slug?: string }, context) => (reference.slug !== undefined ? contributionBySlug(context, reference.slug) : contributionById(context, reference.id ?? '')),
});

const ContributionFilter = builder.inputRef<Filter>('ContributionFilter').implement({
  description: 'Narrows a list of contributions; what is given is combined by AND.',
  fields: (t) => ({
    types: t.field({ type: [ContributionType], description: 'Of one of these kinds.' }),
    statuses: t.field({ type: [ContributionStatus], description: 'In one of these states.' }),
    targetOrg: t.string({ description: 'To this organisation upstream, whatever the case.' }),
    targetRepo: t.string({ description: 'To a repo of this name upstream, whatever the case.' }),
    workstream: t.string({ description: 'Of this workstream (code).' }),
    needsFollowUp: t.boolean({ description: 'Whether they need a follow-up.' }),
    text: t.string({ description: 'Contains this text in slug, title, body or notes.' }),
  }),
});
const ContributionOrder = builder.enumType('ContributionOrder', {
  description: 'Order of a list of contributions.',
  values: { CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' }, UPDATED_DESC: { description: 'Last changed first.' }, SLUG: { description: 'By slug.' } } as Record<Order, { description: string }>,
});
/** The arguments of every list of contributions. */
export const contributionArgs = builder.args((t) => ({
  filter: t.field({ type: ContributionFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: ContributionOrder, defaultValue: 'CREATED_DESC', description: 'In which order.' }),
}));

builder.queryField('contribution', (t) =>
  t.field({
    type: Contribution,
    nullable: true,
    description: 'One contribution by id or by slug; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ description: 'Its id.' }), slug: t.arg.string({ description: 'Its slug, such as EP-CUSTODIAN-001.' }) },
    resolve: (_root, { id, slug }, context) => (id != null ? contributionById(context, id) : slug != null ? contributionBySlug(context, slug) : null),
  }),
);
builder.queryField('contributions', (t) =>
  t.field({
    type: ContributionConnection,
    nullable: true,
    description: 'Contributions of the organisation.',
    requiresScopes: READ,
    args: { ...contributionArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => contributions.page(context.sql, { filter: filter ?? {}, order: orderBy ?? 'CREATED_DESC', followUpBefore: followUpBefore(context) }, page),
  }),
);
