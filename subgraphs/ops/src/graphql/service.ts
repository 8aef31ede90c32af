import { isUuid } from '@hubgraph/kit/ids';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { registerService, retireService, updateService } from '../commands/service.ts';
import { deployments, environments, services, type Place, type ServiceFilter as Filter, type ServiceOrder as Order } from '../store/index.ts';
import { builder, EnvironmentKind, paging, READ, ServiceTier, type OpsContext } from './builder.ts';
import { ServiceConnection } from './connections.ts';
import { Deployment, Domain, Environment, Repo, Service } from './refs.ts';

/** Loads services, batched. */
export const serviceById = (context: OpsContext, id: string) => context.loaders.load('Service.id', id, (ids) => services.byIds(context.sql, ids));
export const serviceBySlug = (context: OpsContext, slug: string) => context.loaders.load('Service.slug', slug, (slugs) => services.bySlugs(context.sql, slugs));
const environmentById = (context: OpsContext, id: string) => context.loaders.load('Environment.id', id, (ids) => environments.byIds(context.sql, ids));
const deploymentById = (context: OpsContext, id: string) => context.loaders.load('Deployment.id', id, (ids) => deployments.byIds(context.sql, ids));

const ServicePlace = builder.objectRef<Place>('ServiceEnvironment').implement({
  description: 'That a service runs in an environment, and what is there now.',
  fields: (t) => ({
    environment: t.field({ type: Environment, description: 'Where.', resolve: async ({ environmentId }, _args, context) => (await environmentById(context, environmentId))! }),
    url: t.exposeString('url', { nullable: true, description: 'How it is reached there.' }),
    releaseDigest: t.exposeString('releaseDigest', { nullable: true, description: 'The release that was brought there last; null when no deployment named this environment.' }),
    deployment: t.field({ type: Deployment, nullable: true, description: 'The deployment that did.', resolve: ({ deploymentId }, _args, context) => (deploymentId === null ? null : deploymentById(context, deploymentId)) }),
  }),
});
const Release = builder.objectRef<{ environment: 'LOCAL' | 'STAGING' | 'PRODUCTION'; releaseDigest: string; deploymentId: string }>('RunningRelease').implement({
  description: 'The release that runs in a kind of environment: that of the last deployment that succeeded there.',
  fields: (t) => ({
    environment: t.field({ type: EnvironmentKind, description: 'Kind of environment.', resolve: (running) => running.environment }),
    releaseDigest: t.exposeString('releaseDigest', { description: 'The release.' }),
    deployment: t.field({ type: Deployment, nullable: true, description: 'The deployment that brought it.', resolve: ({ deploymentId }, _args, context) => deploymentById(context, deploymentId) }),
  }),
});

Service.implement({
  description: 'Something that runs and that somebody answers for.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key, such as core-hub.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it does.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it belongs to.', resolve: ({ domain }) => ({ slug: domain }) }),
    repo: t.field({ type: Repo, nullable: true, description: 'The repo that it is built from.', resolve: ({ repo }) => (repo === null ? null : { slug: repo }) }),
    owner: t.exposeString('owner', { description: 'Who is asked first: a person, a team or an agent.' }),
    tier: t.field({ type: ServiceTier, description: 'How much depends on it.', resolve: ({ tier }) => tier }),
    environments: t.field({ type: [ServicePlace], description: 'Where it runs.', resolve: async ({ id }, _args, context) => (await context.loaders.load('Service.environments', id, (ids) => services.placesOf(context.sql, ids))) ?? [] }),
    running: t.field({
      type: [Release],
      description: 'Which release runs in each kind of environment.',
      resolve: async ({ slug }, _args, context) => (await context.loaders.load('Service.running', slug, async (slugs) => Map.groupBy(await deployments.running(context.sql, slugs), (running) => running.service))) ?? [],
    }),
    retiredAt: t.expose('retiredAt', { type: 'DateTime', nullable: true, description: 'When it ran for the last time; null while it runs.' }),
    source: t.exposeString('source', { nullable: true, description: 'The inventory file that told of it.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});
builder.asEntity(Service, {
  key: [builder.selection<{ slug: string }>('slug'), builder.selection<{ id: string }>('id')],
  resolveReference: (reference: { id?: string; slug?: string }, context) => (reference.slug !== undefined ? serviceBySlug(context, reference.slug) : isUuid(reference.id ?? '') ? serviceById(context, reference.id ?? '') : null),
});

const ServiceFilter = builder.inputRef<Filter>('ServiceFilter').implement({
  description: 'Narrows a list of services; what is given is combined by AND.',
  fields: (t) => ({
    slugs: t.stringList({ description: 'One of these slugs.' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    repos: t.stringList({ description: 'Built from one of these repos (slugs).' }),
    owners: t.stringList({ description: 'Owned by one of these.' }),
    tiers: t.field({ type: [ServiceTier], description: 'Of one of these tiers.' }),
    retired: t.boolean({ description: 'Those that run no more, or those that do; both when left out.' }),
    text: t.string({ description: 'Contains this text in slug, name or description.' }),
  }),
});
const ServiceOrder = builder.enumType('ServiceOrder', {
  description: 'Order of a list of services.',
  values: { SLUG: { description: 'By slug.' }, CREATED: { description: 'Oldest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({ filter: t.field({ type: ServiceFilter, description: 'Which ones.' }), orderBy: t.field({ type: ServiceOrder, defaultValue: 'SLUG', description: 'In which order.' }) }));

builder.queryField('service', (t) =>
  t.field({ type: Service, nullable: true, description: 'One service by its slug; null when there is none.', requiresScopes: READ, args: { slug: t.arg.string({ required: true, description: 'Its slug, such as core-hub.' }) }, resolve: (_root, { slug }, context) => serviceBySlug(context, slug) }),
);
builder.queryField('services', (t) =>
  t.field({ type: ServiceConnection, nullable: true, description: 'Services.', requiresScopes: READ, args: { ...listArgs, ...paging }, resolve: (_root, { filter, orderBy, ...page }, context) => services.page(context.sql, filter ?? {}, orderBy ?? 'SLUG', page) }),
);
for (const [ref, parent, description] of [[Domain, 'domain', 'Services of the domain.'], [Repo, 'repo', 'Services that are built from the repo.']] as const) {
  builder.objectField(ref, 'services', (t) =>
    t.field({
      type: ServiceConnection,
      nullable: true,
      description,
      args: { ...listArgs, ...paging },
      resolve: ({ slug }, { filter, orderBy, ...page }, context) => context.loaders.load(argsName(`${parent}.services`, { filter, orderBy, page }), slug, (slugs) => services.pagesOf(context.sql, parent, slugs, filter ?? {}, orderBy ?? 'SLUG', page)),
    }),
  );
}

const PlaceInput = builder.inputType('ServiceEnvironmentInput', {
  description: 'Where a service runs.',
  fields: (t) => ({ environment: t.string({ required: true, description: 'Slug of the environment; it must be registered.' }), url: t.string({ description: 'How the service is reached there: http or https, without credentials.' }) }),
});
const SCOPES = [['ops:write']] as const;

addMutation(builder, {
  verb: 'registerService',
  description: 'Registers a service under a slug that is free. Domain and repo are kept as they are named: only their shape is checked.',
  scopes: SCOPES,
  input: builder.inputType('RegisterServiceInput', {
    description: 'A new service.',
    fields: (t) => ({
      slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes. It stays for ever.' }),
      name: t.string({ description: 'What it is called; the slug when left out.' }),
      domain: t.string({ required: true, description: 'Slug of the domain that it belongs to.' }),
      repo: t.string({ description: 'Slug of the repo that it is built from.' }),
      owner: t.string({ required: true, description: 'Who is asked first: a person, a team or an agent.' }),
      tier: t.field({ type: ServiceTier, description: 'How much depends on it; TIER_3 when left out.' }),
      description: t.string({ description: 'What it does.' }),
      environments: t.field({ type: [PlaceInput], description: 'Where it runs.' }),
      ...changeFields(t),
    }),
  }),
  payload: { service: Service },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => registerService(work, input)),
});
addMutation(builder, {
  verb: 'updateService',
  description: 'Changes what is known of a service; one that was retired runs again. What is left out stays; null clears.',
  scopes: SCOPES,
  input: builder.inputType('UpdateServiceInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the service.' }),
      name: t.string({ description: 'What it is called.' }),
      domain: t.string({ description: 'Slug of the domain that it belongs to.' }),
      repo: t.string({ description: 'Slug of the repo that it is built from.' }),
      owner: t.string({ description: 'Who is asked first.' }),
      tier: t.field({ type: ServiceTier, description: 'How much depends on it.' }),
      description: t.string({ description: 'What it does.' }),
      environments: t.field({ type: [PlaceInput], description: 'Where it runs: exactly these from now on.' }),
      ...changeFields(t),
    }),
  }),
  payload: { service: Service },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateService(work, input)),
});
addMutation(builder, {
  verb: 'retireService',
  description: 'Says that a service runs no more. What is known of it stays; updateService brings it back.',
  scopes: SCOPES,
  input: builder.inputType('RetireServiceInput', { description: 'Which one.', fields: (t) => ({ id: t.id({ required: true, description: 'Id of the service.' }), ...changeFields(t) }) }),
  payload: { service: Service },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => retireService(work, input)),
});
