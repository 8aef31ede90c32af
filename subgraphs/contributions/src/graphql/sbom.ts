import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { isUuid } from '@hubgraph/kit/ids';
import type * as model from '../model.ts';
import { diffOf, type PurlDifference, type SbomDiff as Diff, type VersionChange } from '../sbom/diff.ts';
import { packages, sboms, type SbomFilter as Filter, type SbomOrder as Order } from '../store/index.ts';
import { builder, LicenceClass, paging, READ, type ContributionsContext } from './builder.ts';
import { LicenceSource, licenceOfEntry, PackageLicence } from './package-licence.ts';
import { packageFilter, PackageFlag, PackageScope, SourceKind } from './package-words.ts';
import { Package, Repo, Sbom, SbomPackage } from './refs.ts';

/** Loads snapshots by id, batched. */
export const sbomById = (context: ContributionsContext, id: string) => (isUuid(id) ? context.loaders.load('Sbom.id', id.toLowerCase(), (ids) => sboms.byIds(context.sql, ids)) : null);

export const SbomConnection = connectionOf(builder, Sbom, 'Sbom');
const SbomPackageConnection = connectionOf(builder, SbomPackage, 'SbomPackage');

const File = builder.objectRef<model.SbomSnapshot['files'][number]>('SbomFile').implement({
  description: 'A file that a bill of materials was read from.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    kind: t.exposeString('kind', { description: 'What it is, such as PACKAGE_LOCK, UV_LOCK, CYCLONEDX_JSON, or PACKAGE_JSON for a manifest.' }),
    sha256: t.field({ type: 'Sha256', description: 'Digest of its bytes.', resolve: (file) => file.sha256 }),
  }),
});
export const ClassCount = builder.objectRef<{ class: model.LicenceClass; count: number }>('LicenceClassCount').implement({
  description: 'How many packages have a licence of a class.',
  fields: (t) => ({ class: t.field({ type: LicenceClass, description: 'The class.', resolve: (line) => line.class }), count: t.exposeInt('count', { description: 'How many.' }) }),
});

const CANNOT = 'Null when the format cannot tell.';
Sbom.implement({
  description: 'The bill of materials of a repo at one moment: what it takes in. It never changes; the newest of a repo is the current one.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    repo: t.field({ type: Repo, description: 'The repo.', resolve: ({ repo }) => ({ slug: repo }) }),
    version: t.exposeInt('version', { description: 'Counts the bills of materials of the repo from 1; hand the current one back as `expectedVersion`.' }),
    current: t.exposeBoolean('current', { description: 'Whether it is the newest of the repo.' }),
    takenAt: t.expose('takenAt', { type: 'DateTime', description: 'When it was taken in.' }),
    takenBy: t.exposeString('takenBy', { description: 'Who took it in.' }),
    contentDigest: t.field({ type: 'Sha256', description: 'Digest of packages, licences and edges, whatever their order and the files they came from: equal content, equal digest.', resolve: (sbom) => sbom.contentDigest }),
    files: t.field({ type: [File], description: 'What it was read from.', resolve: (sbom) => [...sbom.files] }),
    entryCount: t.exposeInt('entryCount', { nullable: true, description: `Records of the files: a copy counts again. ${CANNOT}` }),
    packageCount: t.exposeInt('packageCount', { nullable: true, description: 'Distinct third-party packages: ecosystem, real name and version.' }),
    directCount: t.exposeInt('directCount', { nullable: true, description: `Third-party entries that the manifest of the root or of a member names. ${CANNOT}` }),
    transitiveCount: t.exposeInt('transitiveCount', { nullable: true, description: `Third-party entries that no manifest names. ${CANNOT}` }),
    prodCount: t.exposeInt('prodCount', { nullable: true, description: `Third-party entries that production needs. ${CANNOT}` }),
    devCount: t.exposeInt('devCount', { nullable: true, description: `Third-party entries that only development needs. ${CANNOT}` }),
    unknownScopeCount: t.exposeInt('unknownScopeCount', { nullable: true, description: 'Third-party entries of which it is not known who needs them.' }),
    licences: t.field({
      type: [ClassCount],
      description: 'Distinct third-party packages by the class of their effective licence (concluded, else declared), most first.',
      resolve: async (sbom, _args, context) => (await context.loaders.load('Sbom.licences', sbom.id, (ids) => sboms.classesOf(context.sql, ids))) ?? [],
    }),
    packages: t.field({
      type: SbomPackageConnection,
      description: 'Its entries in the order of the files, own packages of the repo included.',
      args: { filter: t.arg({ type: packageFilter('SbomPackageFilter'), description: 'Which ones.' }), ...paging },
      resolve: async (sbom, { filter, ...page }, context) => (await context.loaders.load(argsName('Sbom.packages', { filter, page }), sbom.id, (ids) => packages.pagesOf(context.sql, ids, filter ?? {}, page)))!,
    }),
  }),
});
builder.asEntity(Sbom, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => sbomById(context, id) });

const Source = builder.objectRef<model.SbomPackageRow['source']>('PackageSource').implement({
  description: 'Where the bytes of a package come from.',
  fields: (t) => ({
    kind: t.field({ type: SourceKind, description: 'What kind of place it is.', resolve: (source) => source.kind as never }),
    location: t.string({ nullable: true, description: 'URL, folder or repository with commit, without credentials.', resolve: (source) => source.location ?? null }),
  }),
});
SbomPackage.implement({
  description: 'One entry of a bill of materials. One package can stand in several, since some package managers install copies.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Unique within the bill of materials; edges name it.' }),
    package: t.field({ type: Package, description: 'The package, wherever it is used.', resolve: ({ purl }) => ({ purl }) }),
    purl: t.field({ type: 'Purl', description: 'Its package URL.', resolve: (entry) => entry.purl }),
    ecosystem: t.exposeString('ecosystem', { description: 'Type of the purl, such as npm or pypi.' }),
    name: t.exposeString('name', { description: 'Real name with its namespace, never an alias.' }),
    alias: t.exposeString('alias', { nullable: true, description: 'The name it is installed under, when that is another.' }),
    version: t.exposeString('version', { nullable: true, description: 'Its version.' }),
    direct: t.exposeBoolean('direct', { nullable: true, description: 'Whether the manifest of the root or of a member names it; null when it cannot be told, and for own packages.' }),
    dev: t.exposeBoolean('dev', { nullable: true, description: 'Whether only development needs it; null when it cannot be told.' }),
    scope: t.field({ type: PackageScope, nullable: true, description: 'Who needs it; null when it cannot be told.', resolve: (entry) => entry.scope as never }),
    flags: t.field({ type: [PackageFlag], description: 'Marks that the file sets.', resolve: (entry) => [...entry.flags] as never[] }),
    source: t.field({ type: Source, description: 'Where its bytes come from.', resolve: (entry) => entry.source }),
    integrity: t.exposeString('integrity', { nullable: true, description: 'Hash as the file writes it.' }),
    path: t.exposeString('path', { nullable: true, description: 'Place in the tree of installed packages, or the folder of an own package.' }),
    thirdParty: t.exposeBoolean('thirdParty', { description: 'False for the root, members and paths of the repo itself.' }),
    declaredLicence: t.exposeString('declaredLicence', { nullable: true, description: 'Licence as the file states it, unread.' }),
    licenceSource: t.field({ type: LicenceSource, nullable: true, description: 'Where the declared licence is from.', resolve: (entry) => entry.licenceSource as never }),
    licence: t.field({ type: PackageLicence, description: 'What counts: what was concluded, else what this entry declares.', resolve: (entry, _args, context) => licenceOfEntry(context, entry) }),
    dependsOn: t.stringList({ nullable: true, description: 'Keys of the entries that it depends on; null when the format has no edges.', resolve: (entry) => (entry.dependsOn === null ? null : [...entry.dependsOn]) }),
  }),
});

builder.queryField('sbom', (t) =>
  t.field({
    type: Sbom,
    nullable: true,
    description: 'One bill of materials by its id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => sbomById(context, id),
  }),
);

const SbomFilter = builder.inputRef<Filter>('SbomFilter').implement({
  description: 'Narrows a list of bills of materials; what is given is combined by AND.',
  fields: (t) => ({
    repos: t.stringList({ description: 'Of one of these repos (slugs).' }),
    takenBefore: t.field({ type: 'DateTime', description: 'Taken in before this moment.' }),
    text: t.string({ description: 'Of a repo whose slug contains this text, whatever the case.' }),
  }),
});
const SbomOrder = builder.enumType('SbomOrder', {
  description: 'Order of a list of bills of materials.',
  values: { REPO: { description: 'By slug of the repo.' }, TAKEN: { description: 'Taken in first, first.' }, TAKEN_DESC: { description: 'Taken in last, first.' } } as Record<Order, { description: string }>,
});
builder.queryField('sboms', (t) =>
  t.field({
    type: SbomConnection,
    nullable: true,
    description: 'The current bill of materials of every repo that has one.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: SbomFilter, description: 'Which ones.' }), orderBy: t.arg({ type: SbomOrder, defaultValue: 'TAKEN_DESC', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => sboms.page(context.sql, filter ?? {}, orderBy ?? 'TAKEN_DESC', page),
  }),
);

const Changed = builder.objectRef<VersionChange>('PackageVersionChange').implement({
  description: 'A package that is at other versions now.',
  fields: (t) => ({
    package: t.field({ type: Package, description: 'The package, without version.', resolve: (change) => ({ purl: change.package }) }),
    from: t.field({ type: [Package], description: 'Versions that went.', resolve: (change) => change.from.map(({ purl }) => ({ purl })) }),
    to: t.field({ type: [Package], description: 'Versions that came.', resolve: (change) => change.to.map(({ purl }) => ({ purl })) }),
  }),
});
const Relicensed = builder.objectRef<PurlDifference>('PackageLicenceChange').implement({
  description: 'A package version that states another licence now.',
  fields: (t) => ({
    package: t.field({ type: Package, description: 'The package.', resolve: ({ purl }) => ({ purl }) }),
    from: t.string({ nullable: true, description: 'Declared before.', resolve: (change) => change.fromLicence }),
    to: t.string({ nullable: true, description: 'Declared now.', resolve: (change) => change.toLicence }),
  }),
});
const SbomDiff = builder.objectRef<Diff & { from: model.SbomSnapshot; to: model.SbomSnapshot }>('SbomDiff').implement({
  description: 'What changed from one bill of materials to another; third-party packages only.',
  fields: (t) => ({
    from: t.field({ type: Sbom, description: 'The one before.', resolve: (diff) => diff.from }),
    to: t.field({ type: Sbom, description: 'The one after.', resolve: (diff) => diff.to }),
    added: t.field({ type: [Package], description: 'Packages, or further versions of them, that are new.', resolve: (diff) => diff.added.map(({ purl }) => ({ purl })) }),
    removed: t.field({ type: [Package], description: 'Packages, or versions of them beside others, that are gone.', resolve: (diff) => diff.removed.map(({ purl }) => ({ purl })) }),
    changedVersion: t.field({ type: [Changed], description: 'Packages of which versions went and others came.', resolve: (diff) => [...diff.changedVersion] }),
    changedLicence: t.field({ type: [Relicensed], description: 'Package versions in both that declare another licence.', resolve: (diff) => [...diff.changedLicence] }),
  }),
});
builder.queryField('sbomDiff', (t) =>
  t.field({
    type: SbomDiff,
    nullable: true,
    description: 'What changed from one bill of materials to another, of one repo or of two; null when one of them is not there.',
    requiresScopes: READ,
    args: { from: t.arg.id({ required: true, description: 'Id of the one before.' }), to: t.arg.id({ required: true, description: 'Id of the one after.' }) },
    resolve: async (_root, args, context) => {
      const [from, to] = await Promise.all([sbomById(context, args.from), sbomById(context, args.to)]);
      return from && to ? { ...diffOf(await sboms.difference(context.sql, from.id, to.id)), from, to } : null;
    },
  }),
);
