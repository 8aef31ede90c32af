// What this hub adds to the nouns of other hubs. All of it is nullable: when this hub is down, their own part stays.
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { packages, type PackageCount, type PackageFilter, type PackageOrder, type PackageParent } from '../store/index.ts';
import { builder, PackageStatus, paging, type ArtifactsContext } from './builder.ts';
import { ArtifactPackageConnection } from './connections.ts';
import { packageArgs } from './package.ts';
import { Domain, Repo, Service, StateSummary, Task, Workstream } from './refs.ts';

for (const ref of [Domain, Repo, Service]) {
  ref.implement({ fields: (t) => ({ slug: t.exposeString('slug', {}) }) });
  builder.asEntity(ref, { key: builder.selection<{ slug: string }>('slug'), resolveReference: ({ slug }) => ({ slug }) });
}
for (const ref of [Workstream, Task]) {
  ref.implement({ fields: (t) => ({ code: t.exposeString('code', {}) }) });
  builder.asEntity(ref, { key: builder.selection<{ code: string }>('code'), resolveReference: ({ code }) => ({ code }) });
}
StateSummary.implement({ fields: (t) => ({ id: t.exposeID('id', {}) }) });
builder.asEntity(StateSummary, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }) => (id === 'state' ? { id } : null) });

interface ListArgs {
  readonly filter?: PackageFilter | null;
  readonly orderBy?: PackageOrder | null;
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The packages of one of many repos, workstreams and so on: one statement, whatever their number. */
function packagesOf(context: ArtifactsContext, parent: PackageParent, key: string, { filter, orderBy, ...page }: ListArgs) {
  const wanted = { filter: filter ?? {}, order: orderBy ?? 'CREATED_DESC' } as const;
  return context.loaders.load(argsName(`packages of ${parent}`, { filter, orderBy, page }), key, (keys) => packages.pagesOf(context.sql, parent, keys, wanted, page));
}

for (const [ref, parent] of [[Domain, 'domain'], [Repo, 'repo'], [Service, 'service']] as const) {
  builder.objectField(ref, 'artifactPackages', (t) =>
    t.field({ type: ArtifactPackageConnection, nullable: true, description: `Packages of evidence that belong to the ${parent}.`, args: { ...packageArgs, ...paging }, resolve: ({ slug }, args, context) => packagesOf(context, parent, slug, args) }),
  );
}
for (const [ref, parent] of [[Workstream, 'workstream'], [Task, 'task']] as const) {
  builder.objectField(ref, 'artifactPackages', (t) =>
    t.field({ type: ArtifactPackageConnection, nullable: true, description: `Packages of evidence that belong to the ${parent}.`, args: { ...packageArgs, ...paging }, resolve: ({ code }, args, context) => packagesOf(context, parent, code, args) }),
  );
}

const ArtifactCount = builder.objectRef<PackageCount>('ArtifactCount').implement({
  description: 'How many packages of evidence there are in a state.',
  fields: (t) => ({
    status: t.field({ type: PackageStatus, description: 'The state.', resolve: (line) => line.status }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
});
builder.objectFields(StateSummary, (t) => ({
  artifactCounts: t.field({ type: [ArtifactCount], nullable: true, description: 'Packages of evidence by state; states without any are left out.', resolve: (_state, _args, context) => packages.counts(context.sql) }),
  artifactBytes: t.field({ type: 'SafeInt', nullable: true, description: 'Bytes of all finalized packages; what several share counts for each.', resolve: async (_state, _args, context) => Number(await packages.bytes(context.sql)) }),
}));
