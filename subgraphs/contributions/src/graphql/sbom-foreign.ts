// What bills of materials add to the nouns of other hubs. All of it is nullable: when this hub is down, their own part stays.
import { argsName } from '@hubgraph/kit/graphql/loaders';
import { risksOf, watchedClasses, type LicenceRisk as Risk } from '../commands/risk.ts';
import type { ManifestKind } from '../sbom/model.ts';
import { packages, sboms } from '../store/index.ts';
import { builder, LicenceClass, paging, type ContributionsContext } from './builder.ts';
import { Package, Repo, Sbom, StateSummary } from './refs.ts';
import { SbomConnection } from './sbom.ts';

/** What stands beside lockfiles and is none. */
const MANIFESTS: ReadonlySet<string> = new Set<ManifestKind>(['PACKAGE_JSON', 'PYPROJECT', 'CARGO_TOML', 'GO_MOD', 'REQUIREMENTS_IN']);

const sbomOf = (context: ContributionsContext, repo: string) => context.loaders.load('Repo.sbom', repo, (repos) => sboms.currentOf(context.sql, repos));

async function risksIn(context: ContributionsContext, repos: readonly string[] | null): Promise<Risk[]> {
  return risksOf(context.policy, await packages.ofClasses(context.sql, repos, watchedClasses(context.policy)), context.now());
}

const RiskStatus = builder.enumType('LicenceRiskStatus', {
  description: 'Whether somebody accepts a risk.',
  values: { OPEN: { description: 'Nobody does.' }, WAIVED: { description: 'A waiver does, and it is not counted.' }, EXPIRED: { description: 'A waiver did; it has ended, so it is counted.' } },
});
const Waiver = builder.objectRef<NonNullable<Risk['waiver']>>('LicenceWaiver').implement({
  description: 'Why a violation of the licence policy is accepted for a time.',
  fields: (t) => ({
    package: t.exposeString('package', { description: 'Packages that it is about: a purl or name, with * for anything.' }),
    expression: t.string({ nullable: true, description: 'The licence that it is about; null for whatever the package has.', resolve: (waiver) => waiver.expression ?? null }),
    until: t.field({ type: 'Date', description: 'The last day that it holds.', resolve: (waiver) => waiver.until }),
    decision: t.exposeString('decision', { description: 'Code or link of the decision that accepts it.' }),
    reason: t.string({ nullable: true, description: 'Why.', resolve: (waiver) => waiver.reason ?? null }),
  }),
});
const LicenceRisk = builder.objectRef<Risk>('LicenceRisk').implement({
  description: 'A package of a repo that violates the licence policy; without one of your own: GPL, AGPL or LGPL effective in a direct production dependency.',
  fields: (t) => ({
    package: t.field({ type: Package, description: 'The package.', resolve: ({ purl }) => ({ purl }) }),
    repo: t.field({ type: Repo, description: 'The repo.', resolve: ({ repo }) => ({ slug: repo }) }),
    expression: t.exposeString('expression', { nullable: true, description: 'Its effective licence; null when it cannot be read.' }),
    class: t.field({ type: LicenceClass, description: 'Class of its effective licence.', resolve: (risk) => risk.class }),
    direct: t.exposeBoolean('direct', { nullable: true, description: 'Whether a manifest names it; null when it cannot be told.' }),
    dev: t.exposeBoolean('dev', { nullable: true, description: 'Whether only development needs it; null when it cannot be told.' }),
    licences: t.stringList({ description: 'Licences of the best branch that are the reason; empty when the class of the whole is.', resolve: (risk) => [...risk.because] }),
    status: t.field({ type: RiskStatus, description: 'Whether somebody accepts it.', resolve: (risk) => risk.status }),
    waiver: t.field({ type: Waiver, nullable: true, description: 'The waiver that accepts it, or did.', resolve: (risk) => risk.waiver }),
  }),
});

builder.objectFields(Repo, (t) => ({
  sbom: t.field({ type: Sbom, nullable: true, description: 'Its current bill of materials; null when none was taken in.', resolve: ({ slug }, _args, context) => sbomOf(context, slug) }),
  sboms: t.field({
    type: SbomConnection,
    nullable: true,
    description: 'All its bills of materials, newest first: the trend of its counts.',
    args: paging,
    resolve: ({ slug }, page, context) => context.loaders.load(argsName('Repo.sboms', page), slug, (slugs) => sboms.pagesOf(context.sql, slugs, page)),
  }),
  lastSbomAt: t.field({ type: 'DateTime', nullable: true, description: 'When its current bill of materials was taken in; the same content again does not count.', resolve: async ({ slug }, _args, context) => (await sbomOf(context, slug))?.takenAt ?? null }),
  sbomSource: t.string({ nullable: true, description: 'Lockfiles or document that its current bill of materials was read from.', resolve: async ({ slug }, _args, context) => (await sbomOf(context, slug))?.files.filter(({ kind }) => !MANIFESTS.has(kind)).map(({ name }) => name).join(', ') || null }),
  licenceRisks: t.field({
    type: [LicenceRisk],
    nullable: true,
    description: 'Packages of its current bill of materials that violate the licence policy, waived ones included, by purl.',
    resolve: async ({ slug }, _args, context) => (await context.loaders.load('Repo.licenceRisks', slug, async (slugs) => Map.groupBy(await risksIn(context, slugs), (risk) => risk.repo))) ?? [],
  }),
}));
builder.objectField(StateSummary, 'licenceRiskCount', (t) =>
  t.int({
    nullable: true,
    description: 'Violations of the licence policy that no waiver accepts: one for each package version in each repo.',
    resolve: async (_state, _args, context) => (await risksIn(context, null)).filter((risk) => risk.status !== 'WAIVED').length,
  }),
);
