import { isUuid } from '@hubgraph/kit/ids';
import { factsFrom } from '../commands/common.ts';
import { packageLifecycle } from '../lifecycle/package.ts';
import type * as model from '../model.ts';
import { metadataSchemas, packages, type PackageFilter as Filter, type PackageOrder as Order } from '../store/index.ts';
import { builder, loadHistory, PackageStatus, paging, READ, shared, type ArtifactsContext } from './builder.ts';
import { ArtifactPackageConnection } from './connections.ts';
import { ArtifactPackage, Domain, MetadataSchema, Repo, Service, Task, Workstream } from './refs.ts';

/** Loads packages by id, batched; null for what is no id. */
export const packageById = (context: ArtifactsContext, id: string) => (isUuid(id) ? context.loaders.load('ArtifactPackage.id', id.toLowerCase(), (ids) => packages.byIds(context.sql, ids)) : null);

const AS_GIVEN = 'Its key is kept as it was given: asked for more than the key, one that its hub does not know is null.';

/** In milliseconds, for all packages of one request together: somebody may register a schema that takes long on purpose. */
const PATIENCE = 2_000;
const NOT_JUDGED = { metadataProblems: ['The metadata were not judged here, because those of other packages took too long: ask for this package alone.'] };
const spent = new WeakMap<object, number>();

async function allowedTransitions(of: model.ArtifactPackage, context: ArtifactsContext) {
  const row = await context.loaders.load('ArtifactPackage.facts', of.id, (ids) => packages.factRows(context.sql, ids));
  if (row === null) return [];
  const before = spent.get(context.loaders) ?? 0;
  const began = performance.now();
  const moves = packageLifecycle.allowed(of.status, factsFrom(of, row, context.now(), before < PATIENCE ? {} : NOT_JUDGED), context.identity);
  spent.set(context.loaders, before + performance.now() - began);
  return moves;
}

const SourceCommit = builder.objectRef<{ readonly repo: string; readonly commit: string }>('SourceCommit').implement({
  description: 'A commit that evidence is about.',
  fields: (t) => ({
    repo: t.field({ type: Repo, nullable: true, description: `The repo. ${AS_GIVEN}`, resolve: ({ repo }) => ({ slug: repo }) }),
    commit: t.exposeString('commit', { description: 'The whole hash of the commit: 40 or 64 hexadecimal digits.' }),
  }),
});

ArtifactPackage.implement({
  description: 'Files that belong together as evidence, and what is known about them. Finalized, it never changes but for retention and holds.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    status: t.field({ type: PackageStatus, description: 'Where it stands in its lifecycle.', resolve: (of) => of.status }),
    producer: t.exposeString('producer', { description: 'What made the evidence: a tool, a person or an agent.' }),
    subject: t.exposeString('subject', { description: 'What it is evidence of.' }),
    metadata: t.field({ type: 'JSON', description: 'What is known about it besides, as its schema says; an object.', resolve: (of) => of.metadata }),
    metadataSchema: t.field({
      type: MetadataSchema,
      nullable: true,
      description: 'What its metadata must look like to be finalized; null when anything goes.',
      resolve: ({ metadataSchemaKey: key }, _args, context) => (key === null ? null : context.loaders.load('MetadataSchema.key', key, (keys) => metadataSchemas.byKeys(context.sql, keys))),
    }),
    sourceCommits: t.field({
      type: [SourceCommit],
      description: 'The commits that it is about, by slug of the repo.',
      resolve: ({ sourceCommits }) => Object.entries(sourceCommits).map(([repo, commit]) => ({ repo, commit })).sort((one, other) => (one.repo < other.repo ? -1 : 1)),
    }),
    domain: t.field({ type: Domain, nullable: true, description: `The domain that it belongs to. ${AS_GIVEN}`, resolve: (of) => (of.domain === null ? null : { slug: of.domain }) }),
    repo: t.field({ type: Repo, nullable: true, description: `The repo that it belongs to. ${AS_GIVEN}`, resolve: (of) => (of.repo === null ? null : { slug: of.repo }) }),
    workstream: t.field({ type: Workstream, nullable: true, description: `The workstream that it belongs to. ${AS_GIVEN}`, resolve: (of) => (of.workstream === null ? null : { code: of.workstream }) }),
    task: t.field({ type: Task, nullable: true, description: `The task that it belongs to. ${AS_GIVEN}`, resolve: (of) => (of.task === null ? null : { code: of.task }) }),
    service: t.field({ type: Service, nullable: true, description: `The service that it belongs to. ${AS_GIVEN}`, resolve: (of) => (of.service === null ? null : { slug: of.service }) }),
    claimedManifestDigest: t.field({ type: 'Blake3', nullable: true, description: 'The manifest digest that the producer expects; finalizing refuses another.', resolve: (of) => of.claimedManifestDigest }),
    manifestDigest: t.field({ type: 'Blake3', nullable: true, description: 'BLAKE3 digest of the canonical manifest, which anyone can recompute from the files and the metadata; null until it is finalized.', resolve: (of) => of.manifestDigest }),
    fileCount: t.exposeInt('fileCount', { description: 'Files announced so far; final when finalized.' }),
    byteCount: t.field({ type: 'SafeInt', description: 'Their bytes.', resolve: (of) => Number(of.byteCount) }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it failed or was deleted.' }),
    progressAt: t.expose('progressAt', { type: 'DateTime', description: 'When bytes last arrived or files were announced. An open package without progress for 24 hours fails.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who began it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was begun.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    finalizedAt: t.expose('finalizedAt', { type: 'DateTime', nullable: true, description: 'When it was finalized.' }),
    failedAt: t.expose('failedAt', { type: 'DateTime', nullable: true, description: 'When it failed; from then on it can be resumed for 24 hours.' }),
    deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true, description: 'When it was deleted.' }),
    deletedBy: t.exposeString('deletedBy', { nullable: true, description: 'Who deleted it.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change but the arrival of bytes; hand it back as `expectedVersion`.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing. A claimed manifest digest is compared by finalizing only.', resolve: (of, _args, context) => allowedTransitions(of, context) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (of, _args, context) => loadHistory(context, 'ArtifactPackage', of.id) }),
  }),
});

builder.asEntity(ArtifactPackage, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => packageById(context, id) });

/** Narrows a list of packages; the lists of other hubs' nouns and of deletion eligibility share it. */
export const ArtifactPackageFilter = builder.inputRef<Filter>('ArtifactPackageFilter').implement({
  description: 'Narrows a list of packages; what is given is combined by AND.',
  fields: (t) => ({
    ids: t.idList({ description: 'One of these.' }),
    statuses: t.field({ type: [PackageStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    repos: t.stringList({ description: 'Of one of these repos (slugs).' }),
    workstreams: t.stringList({ description: 'Of one of these workstreams (codes).' }),
    services: t.stringList({ description: 'Of one of these services (slugs).' }),
    domain: t.string({ description: 'Of this domain (slug).' }),
    repo: t.string({ description: 'Of this repo (slug).' }),
    workstream: t.string({ description: 'Of this workstream (code).' }),
    task: t.string({ description: 'Of this task (code).' }),
    service: t.string({ description: 'Of this service (slug).' }),
    producer: t.string({ description: 'Of exactly this producer.' }),
    subject: t.string({ description: 'Of exactly this subject.' }),
    retentionClasses: t.stringList({ description: 'Of one of these retention classes (slugs).' }),
    manifestDigest: t.field({ type: 'Blake3', description: 'With this manifest digest: the same content.' }),
    claimedManifestDigest: t.field({ type: 'Blake3', description: 'Whose producer expects this manifest digest; finds an interrupted upload again.' }),
    expiresBefore: t.field({ type: 'DateTime', description: 'Kept until a date before this moment; those kept for ever are left out.' }),
    text: t.string({ description: 'Contains this text in producer or subject, whatever the case.' }),
  }),
});
const ArtifactPackageOrder = builder.enumType('ArtifactPackageOrder', {
  description: 'Order of a list of packages.',
  values: { CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
/** The arguments of every list of packages. */
export const packageArgs = builder.args((t) => ({
  filter: t.field({ type: ArtifactPackageFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: ArtifactPackageOrder, defaultValue: 'CREATED_DESC', description: 'In which order.' }),
}));

builder.queryField('artifactPackage', (t) =>
  t.field({
    type: ArtifactPackage,
    nullable: true,
    description: 'One package of evidence; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => packageById(context, id),
  }),
);
builder.queryField('artifactPackages', (t) =>
  t.field({
    type: ArtifactPackageConnection,
    nullable: true,
    description: 'Packages of evidence, deleted ones included.',
    requiresScopes: READ,
    args: { ...packageArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => packages.page(context.sql, { filter: filter ?? {}, order: orderBy ?? 'CREATED_DESC' }, page),
  }),
);
