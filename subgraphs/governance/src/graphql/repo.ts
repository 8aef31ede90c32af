import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { registerRepo, updateRepo } from '../commands/repo.ts';
import { repos, type RepoFilter as Filter, type RepoOrder as Order } from '../store/index.ts';
import { builder, paging, READ, type GovernanceContext } from './builder.ts';
import { RepoConnection } from './connections.ts';
import { domainById } from './domain.ts';
import { Domain, Repo } from './refs.ts';

/** Loads repos by id or slug, batched. */
export const repoById = (context: GovernanceContext, id: string) => context.loaders.load('Repo.id', id, (ids) => repos.byIds(context.sql, ids));
export const repoBySlug = (context: GovernanceContext, slug: string) => context.loaders.load('Repo.slug', slug, (slugs) => repos.bySlugs(context.sql, slugs));

Repo.implement({
  description: 'A source repository of a domain.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key, such as state-hub.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it holds.' }),
    url: t.exposeString('url', { nullable: true, description: 'Where it is cloned from.' }),
    defaultBranch: t.exposeString('defaultBranch', { nullable: true, description: 'Branch that counts.' }),
    ecosystem: t.exposeString('ecosystem', { nullable: true, description: 'Language or package ecosystem, such as python.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    domain: t.field({ type: Domain, description: 'The domain that owns it.', resolve: async (repo, _args, context) => (await domainById(context, repo.domainId))! }),
  }),
});

builder.asEntity(Repo, {
  key: [builder.selection<{ slug: string }>('slug'), builder.selection<{ id: string }>('id')],
  resolveReference: (reference: { id?: string; slug?: string }, context) => (reference.slug !== undefined ? repoBySlug(context, reference.slug) : isUuid(reference.id ?? '') ? repoById(context, reference.id ?? '') : null),
});

const RepoFilter = builder.inputRef<Filter>('RepoFilter').implement({
  description: 'Narrows a list of repos; what is given is combined by AND.',
  fields: (t) => ({
    slugs: t.stringList({ description: 'One of these slugs.' }),
    domains: t.stringList({ description: 'Owned by one of these domains (slugs).' }),
    ecosystems: t.stringList({ description: 'Of one of these ecosystems.' }),
    text: t.string({ description: 'Contains this text in slug, name or description.' }),
  }),
});
const RepoOrder = builder.enumType('RepoOrder', {
  description: 'Order of a list of repos.',
  values: { SLUG: { description: 'By slug.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({
  filter: t.field({ type: RepoFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: RepoOrder, defaultValue: 'SLUG', description: 'In which order.' }),
}));

builder.objectField(Domain, 'repos', (t) =>
  t.field({
    type: RepoConnection,
    description: 'Repos of the domain.',
    args: { ...listArgs, ...paging },
    resolve: async (domain, { filter, orderBy, ...page }, context) =>
      (await context.loaders.load(argsName('Domain.repos', { filter, orderBy, page }), domain.id, (ids) => repos.pagesOf(context.sql, ids, filter ?? {}, orderBy ?? 'SLUG', page)))!,
  }),
);
builder.queryField('repo', (t) =>
  t.field({
    type: Repo,
    nullable: true,
    description: 'One repo by its slug; null when there is none.',
    requiresScopes: READ,
    args: { slug: t.arg.string({ required: true, description: 'Its slug, such as state-hub.' }) },
    resolve: (_root, { slug }, context) => repoBySlug(context, slug),
  }),
);
builder.queryField('repos', (t) =>
  t.field({
    type: RepoConnection,
    nullable: true,
    description: 'Repos of the organisation.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => repos.page(context.sql, filter ?? {}, orderBy ?? 'SLUG', page),
  }),
);

addMutation(builder, {
  verb: 'registerRepo',
  description: 'Registers a repo of a domain. Refuses a slug that is taken (Duplicate) and an unknown domain (NotFound).',
  scopes: [['governance:write']],
  input: builder.inputType('RegisterRepoInput', {
    description: 'A new repo.',
    fields: (t) => ({
      slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes, at most 100 characters. It stays for ever.' }),
      domain: t.string({ required: true, description: 'Slug of the domain that owns it. It stays for ever.' }),
      name: t.string({ description: 'What it is called; the slug when left out.' }),
      description: t.string({ description: 'What it holds.' }),
      url: t.string({ description: 'Where it is cloned from: https, http, ssh, git or user@host:path, without credentials.' }),
      defaultBranch: t.string({ description: 'Branch that counts.' }),
      ecosystem: t.string({ description: 'Language or package ecosystem, such as python.' }),
      ...changeFields(t),
    }),
  }),
  payload: { repo: Repo },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => registerRepo(work, input)),
});

addMutation(builder, {
  verb: 'updateRepo',
  description: 'Changes what is said of a repo. What is left out stays; null clears.',
  scopes: [['governance:write']],
  input: builder.inputType('UpdateRepoInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the repo.' }),
      name: t.string({ description: 'What it is called.' }),
      description: t.string({ description: 'What it holds.' }),
      url: t.string({ description: 'Where it is cloned from, without credentials.' }),
      defaultBranch: t.string({ description: 'Branch that counts.' }),
      ecosystem: t.string({ description: 'Language or package ecosystem, such as python.' }),
      ...changeFields(t),
    }),
  }),
  payload: { repo: Repo },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateRepo(work, input)),
});
