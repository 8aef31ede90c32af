import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { PublicError } from '@hubgraph/kit/errors';
import { readPurl } from '../sbom/purl.ts';
import { conclusions, contributions, packages, sboms, type PackageUse as Use } from '../store/index.ts';
import { builder, paging, READ, type ContributionsContext } from './builder.ts';
import { LicenceConclusion, licenceOfPackage, PackageLicence } from './package-licence.ts';
import { packageFilter } from './package-words.ts';
import { Contribution, Package, Repo, Sbom } from './refs.ts';

const MOST_LISTED = 200;

const PackageUse = builder.objectRef<Use>('PackageUse').implement({
  description: 'A repo that uses a package now.',
  fields: (t) => ({
    repo: t.field({ type: Repo, description: 'The repo.', resolve: ({ repo }) => ({ slug: repo }) }),
    package: t.field({ type: Package, description: 'The package with its version.', resolve: ({ purl }) => ({ purl }) }),
    version: t.exposeString('version', { nullable: true, description: 'Which version.' }),
    direct: t.exposeBoolean('direct', { nullable: true, description: 'Whether a manifest of the repo names it; null when it cannot be told.' }),
    dev: t.exposeBoolean('dev', { nullable: true, description: 'Whether only development needs it; null when it cannot be told.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When the bill of materials was taken from which on every one of the repo holds this version.' }),
    sbom: t.field({ type: Sbom, description: 'The current bill of materials of the repo.', resolve: async (use, _args, context) => (await context.loaders.load('Sbom.id', use.snapshotId, (ids) => sboms.byIds(context.sql, ids)))! }),
  }),
});

const base = (purl: string): string => readPurl(purl)?.package ?? purl;
const listed = (first: number | null | undefined): number => {
  const size = first ?? 20;
  if (size < 0 || size > MOST_LISTED) throw new PublicError('BAD_USER_INPUT', `first is ${size}; it may be 0 to ${MOST_LISTED}.`, { limit: MOST_LISTED, value: size });
  return size;
};

Package.implement({
  description: 'A package of the world, by its purl. Without a version in the purl it stands for every version.',
  fields: (t) => ({
    purl: t.field({ type: 'Purl', description: 'Natural key: the canonical package URL.', resolve: ({ purl }) => purl }),
    ecosystem: t.string({ description: 'Type of the purl, such as npm or pypi.', resolve: ({ purl }) => readPurl(purl)?.ecosystem ?? 'generic' }),
    name: t.string({ description: 'Name with its namespace.', resolve: ({ purl }) => readPurl(purl)?.name ?? purl }),
    version: t.string({ nullable: true, description: 'Its version; null when the purl has none.', resolve: ({ purl }) => readPurl(purl)?.version ?? null }),
    usedBy: t.field({
      type: [PackageUse],
      description: 'Repos whose current bill of materials holds it, by slug; of a purl without version, at any version.',
      resolve: async ({ purl }, _args, context) => (await context.loaders.load('Package.usedBy', purl, (purls) => packages.usesOf(context.sql, purls))) ?? [],
    }),
    versions: t.field({
      type: [Package],
      description: 'Every version of the package that any bill of materials ever held.',
      resolve: async ({ purl }, _args, context) => (await context.loaders.load('Package.versions', base(purl), (bases) => packages.versionsOf(context.sql, bases))) ?? [],
    }),
    snapshots: t.field({
      type: [Sbom],
      description: 'The newest bills of materials, also past ones, that hold it; newest first.',
      args: { first: t.arg.int({ description: `How many; 20 by default, at most ${MOST_LISTED}.` }) },
      resolve: async ({ purl }, { first }, context) => {
        const limit = listed(first);
        const ids = (await context.loaders.load(argsName('Package.snapshots', { limit }), purl, (purls) => packages.snapshotsOf(context.sql, purls, limit))) ?? [];
        return Promise.all(ids.map(async (id) => (await context.loaders.load('Sbom.id', id, (all) => sboms.byIds(context.sql, all)))!));
      },
    }),
    contributions: t.field({
      type: [Contribution],
      description: 'What we gave upstream about it, at any version; newest first.',
      resolve: async ({ purl }, _args, context) => (await context.loaders.load('Package.contributions', base(purl), (bases) => contributions.byPackages(context.sql, bases))) ?? [],
    }),
    licence: t.field({
      type: PackageLicence,
      nullable: true,
      description: 'Its licence: what was concluded, else what the newest bill of materials that states one declares. Null for a purl without version, and for a package that no bill of materials ever held.',
      resolve: ({ purl }, _args, context) => licenceOfPackage(context, purl),
    }),
    conclusions: t.field({
      type: [LicenceConclusion],
      description: 'Everything that was concluded about its licence, newest first.',
      resolve: async ({ purl }, _args, context) => (await context.loaders.load('Package.conclusions', purl, (purls) => conclusions.allOf(context.sql, purls))) ?? [],
    }),
  }),
});
builder.asEntity(Package, { key: builder.selection<{ purl: string }>('purl'), resolveReference: ({ purl }) => (readPurl(purl) === null ? null : { purl: readPurl(purl)!.purl }) });

builder.objectField(Contribution, 'package', (t) =>
  t.field({ type: Package, nullable: true, description: 'The package that it is about, at any version.', resolve: (contribution) => (contribution.package === null ? null : { purl: contribution.package }) }),
);

/** A package that this hub has heard of, batched. */
export function packageByPurl(context: ContributionsContext, text: string): Promise<{ purl: string } | null> {
  const read = readPurl(text);
  return read === null ? Promise.resolve(null) : context.loaders.load('Package.purl', read.purl, (purls) => packages.known(context.sql, purls));
}

const PackageConnection = connectionOf(builder, Package, 'Package');
builder.queryField('package', (t) =>
  t.field({
    type: Package,
    nullable: true,
    description: 'One package by its purl, with or without version; null when no bill of materials ever held it and no contribution is about it.',
    requiresScopes: READ,
    args: { purl: t.arg({ type: 'Purl', required: true, description: 'Such as pkg:npm/jszip@3.10.1.' }) },
    resolve: (_root, { purl }, context) => packageByPurl(context, purl),
  }),
);
builder.queryField('packages', (t) =>
  t.field({
    type: PackageConnection,
    nullable: true,
    description: 'Third-party packages of all current bills of materials, by purl.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: packageFilter('PackageFilter', true), description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => packages.page(context.sql, filter ?? {}, page),
  }),
);
