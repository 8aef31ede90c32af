// What this hub adds to the nouns of other hubs. All of it is nullable: when this hub is down, their own part stays.
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { contributions, type ContributionFilter, type ContributionOrder, type ContributionParent } from '../store/index.ts';
import { builder, paging, type ContributionsContext } from './builder.ts';
import { ContributionConnection } from './connections.ts';
import { contributionArgs, followUpBefore } from './contribution.ts';
import { ContributionCount } from './contribution-counts.ts';
import { Domain, Repo, StateSummary, Topic, Workstream } from './refs.ts';

for (const ref of [Domain, Repo]) {
  ref.implement({ fields: (t) => ({ slug: t.exposeString('slug', {}) }) });
  builder.asEntity(ref, { key: builder.selection<{ slug: string }>('slug'), resolveReference: ({ slug }) => ({ slug }) });
}
Workstream.implement({ fields: (t) => ({ code: t.exposeString('code', {}) }) });
builder.asEntity(Workstream, { key: builder.selection<{ code: string }>('code'), resolveReference: ({ code }) => ({ code }) });
StateSummary.implement({ fields: (t) => ({ id: t.exposeID('id', {}) }) });
builder.asEntity(StateSummary, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }) => (id === 'state' ? { id } : null) });
// Nothing is added to a topic, so nobody needs to come here for one.
Topic.implement({ fields: (t) => ({ slug: t.exposeString('slug', {}) }) });
builder.asEntity(Topic, { key: builder.keyDirective(builder.selection<{ slug: string }>('slug'), false), resolveReference: ({ slug }) => ({ slug }) });

interface ListArgs {
  readonly filter?: ContributionFilter | null;
  readonly orderBy?: ContributionOrder | null;
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The contributions of one of many repos or workstreams: one statement, whatever their number. */
function contributionsOf(context: ContributionsContext, parent: ContributionParent, key: string, { filter, orderBy, ...page }: ListArgs) {
  const wanted = { filter: filter ?? {}, order: orderBy ?? 'CREATED_DESC', followUpBefore: followUpBefore(context) } as const;
  return context.loaders.load(argsName(`contributions of ${parent}`, { filter, orderBy, page }), key, (keys) => contributions.pagesOf(context.sql, parent, keys, wanted, page));
}

builder.objectField(Repo, 'contributions', (t) =>
  t.field({ type: ContributionConnection, nullable: true, description: 'Contributions that come from the repo.', args: { ...contributionArgs, ...paging }, resolve: ({ slug }, args, context) => contributionsOf(context, 'repo', slug, args) }),
);
builder.objectField(Workstream, 'contributions', (t) =>
  t.field({ type: ContributionConnection, nullable: true, description: 'Contributions that belong to the workstream.', args: { ...contributionArgs, ...paging }, resolve: ({ code }, args, context) => contributionsOf(context, 'workstream', code, args) }),
);
builder.objectField(Domain, 'contributionCounts', (t) =>
  t.field({
    type: [ContributionCount],
    nullable: true,
    description: 'Contributions of the domain by kind and state; combinations without any are left out.',
    resolve: async ({ slug }, _args, context) => (await context.loaders.load('Domain.contributionCounts', slug, (slugs) => contributions.countsOf(context.sql, slugs))) ?? [],
  }),
);
builder.objectField(StateSummary, 'contributionCounts', (t) =>
  t.field({ type: [ContributionCount], nullable: true, description: 'Contributions by kind and state; combinations without any are left out.', resolve: (_state, _args, context) => contributions.counts(context.sql) }),
);
