import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { finishDeployment, recordDeployment, type FinishDeploymentInput, type RecordDeploymentInput } from '../commands/deployment.ts';
import { deployments, environments, type DeploymentFilter as Filter, type DeploymentOrder as Order } from '../store/index.ts';
import { builder, DeploymentResult, EnvironmentKind, paging, READ, type OpsContext } from './builder.ts';
import { DeploymentConnection } from './connections.ts';
import { Deployment, Domain, Environment, Service } from './refs.ts';
import { serviceBySlug } from './service.ts';

const deploymentById = (context: OpsContext, id: string) => context.loaders.load('Deployment.id', id, (ids) => deployments.byIds(context.sql, ids));

Deployment.implement({
  description: 'A release brought to an environment.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    service: t.field({ type: Service, nullable: true, description: 'The service.', resolve: ({ service }, _args, context) => serviceBySlug(context, service) }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that the service belonged to.', resolve: ({ domain }) => (domain === null ? null : { slug: domain }) }),
    environment: t.field({ type: EnvironmentKind, description: 'Kind of environment.', resolve: ({ environment }) => environment }),
    place: t.field({ type: Environment, nullable: true, description: 'The environment itself, when one was named.', resolve: ({ place }, _args, context) => (place === null ? null : context.loaders.load('Environment.slug', place, (slugs) => environments.bySlugs(context.sql, slugs))) }),
    releaseDigest: t.exposeString('releaseDigest', { description: 'The release, named by its content: sha256:<hex>, blake3:<hex> or the hash of a commit.' }),
    release: t.exposeString('release', { nullable: true, description: 'What people call the release, such as 2.14.0.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended; null while it runs.' }),
    result: t.field({ type: DeploymentResult, description: 'How it ended.', resolve: ({ result }) => result }),
    actor: t.exposeString('actor', { description: 'Who deployed.' }),
    rollbackOf: t.field({ type: Deployment, nullable: true, description: 'The deployment that this one undoes.', resolve: ({ rollbackOfId }, _args, context) => (rollbackOfId === null ? null : deploymentById(context, rollbackOfId)) }),
    rollbacks: t.field({ type: [Deployment], description: 'The deployments that undo this one.', resolve: async ({ id }, _args, context) => (await context.loaders.load('Deployment.rollbacks', id, (ids) => deployments.rollbacksOf(context.sql, ids))) ?? [] }),
    source: t.exposeString('source', { description: 'Who told of it.' }),
    sourceKey: t.exposeString('sourceKey', { description: 'What it is called there.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
  }),
});
builder.asEntity(Deployment, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => (isUuid(id) ? deploymentById(context, id) : null) });

const DeploymentFilter = builder.inputRef<Filter>('DeploymentFilter').implement({
  description: 'Narrows a list of deployments; what is given is combined by AND.',
  fields: (t) => ({
    services: t.stringList({ description: 'Of one of these services (slugs).' }),
    domains: t.stringList({ description: 'Of services of one of these domains (slugs).' }),
    environments: t.field({ type: [EnvironmentKind], description: 'To one of these kinds of environment.' }),
    places: t.stringList({ description: 'To one of these environments (slugs).' }),
    results: t.field({ type: [DeploymentResult], description: 'With one of these results.' }),
    releaseDigest: t.string({ description: 'Of this release.' }),
    since: t.field({ type: 'DateTime', description: 'Begun at this moment or later.' }),
    until: t.field({ type: 'DateTime', description: 'Begun before this moment.' }),
  }),
});
const DeploymentOrder = builder.enumType('DeploymentOrder', { description: 'Order of a list of deployments.', values: { STARTED: { description: 'Oldest first.' }, STARTED_DESC: { description: 'Newest first.' } } as Record<Order, { description: string }> });
const listArgs = builder.args((t) => ({ filter: t.field({ type: DeploymentFilter, description: 'Which ones.' }), orderBy: t.field({ type: DeploymentOrder, defaultValue: 'STARTED_DESC', description: 'In which order.' }) }));

builder.queryField('deployment', (t) =>
  t.field({ type: Deployment, nullable: true, description: 'One deployment; null when there is none of this id.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => (isUuid(id) ? deploymentById(context, id) : null) }),
);
builder.queryField('deployments', (t) =>
  t.field({ type: DeploymentConnection, nullable: true, description: 'The log of deployments.', requiresScopes: READ, args: { ...listArgs, ...paging }, resolve: (_root, { filter, orderBy, ...page }, context) => deployments.page(context.sql, filter ?? {}, orderBy ?? 'STARTED_DESC', page) }),
);
builder.objectField(Service, 'deployments', (t) =>
  t.field({
    type: DeploymentConnection,
    nullable: true,
    description: 'Its deployments, newest first.',
    args: { ...listArgs, ...paging },
    resolve: ({ slug }, { filter, orderBy, ...page }, context) => context.loaders.load(argsName('Service.deployments', { filter, orderBy, page }), slug, (slugs) => deployments.pagesOf(context.sql, slugs, filter ?? {}, orderBy ?? 'STARTED_DESC', page)),
  }),
);

const SCOPES = [['ops:write']] as const;
addMutation(builder, {
  verb: 'recordDeployment',
  description: 'Records that a release was, or is being, brought to an environment. The same source and key again changes nothing; a RUNNING one that has ended meanwhile is finished.',
  scopes: SCOPES,
  input: builder.inputRef<RecordDeploymentInput>('RecordDeploymentInput').implement({
    description: 'A deployment.',
    fields: (t) => ({
      service: t.string({ required: true, description: 'Slug of the service; it must be registered.' }),
      environment: t.field({ type: EnvironmentKind, required: true, description: 'Kind of environment.' }),
      place: t.string({ description: 'Slug of the environment itself, of the same kind.' }),
      releaseDigest: t.string({ required: true, description: 'The release, named by its content: sha256:<hex>, blake3:<hex> or the hash of a commit.' }),
      release: t.string({ description: 'What people call the release.' }),
      startedAt: t.field({ type: 'DateTime', description: 'When it began; now when left out.' }),
      finishedAt: t.field({ type: 'DateTime', description: 'When it ended; now when left out, unless it is RUNNING.' }),
      result: t.field({ type: DeploymentResult, required: true, description: 'How it ended, or that it goes on.' }),
      actor: t.string({ description: 'Who deployed; the caller when left out.' }),
      rollbackOf: t.id({ description: 'Id of the deployment that this one undoes: of the same service and kind of environment.' }),
      source: t.string({ description: 'Who tells of it, such as the pipeline; the caller when left out.' }),
      sourceKey: t.string({ description: 'What it is called there; makes a repetition harmless.' }),
      ...changeFields(t),
    }),
  }),
  payload: { deployment: Deployment },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordDeployment(work, input)),
});
addMutation(builder, {
  verb: 'finishDeployment',
  description: 'Says how a RUNNING deployment ended. What has ended stays: a new attempt is a new deployment.',
  scopes: SCOPES,
  input: builder.inputRef<FinishDeploymentInput>('FinishDeploymentInput').implement({
    description: 'Which one, and how.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the deployment.' }),
      result: t.field({ type: DeploymentResult, required: true, description: 'How it ended; not RUNNING.' }),
      finishedAt: t.field({ type: 'DateTime', description: 'When; now when left out.' }),
      ...changeFields(t),
    }),
  }),
  payload: { deployment: Deployment },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => finishDeployment(work, input)),
});
