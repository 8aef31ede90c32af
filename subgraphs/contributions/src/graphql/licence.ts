import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { PublicError } from '@hubgraph/kit/errors';
import { concludeLicence } from '../commands/licence.ts';
import { suggestLicence } from '../licence/suggest.ts';
import { groupKey, packages, type LicenceGroup as Group, type PackageFilter } from '../store/index.ts';
import { builder, LicenceClass, READ } from './builder.ts';
import { LicenceConclusion, LicenceSuggestion } from './package-licence.ts';
import { packageFilter } from './package-words.ts';
import { Package } from './refs.ts';

const MOST_LISTED = 200;

interface Report {
  readonly filter: PackageFilter;
  readonly groups: readonly Group[];
}

const LicenceGroup = builder.objectRef<Group & { filter: PackageFilter }>('LicenceGroup').implement({
  description: 'Packages with one licence. A package that is direct, or needed by production, in any repo of the report counts as that.',
  fields: (t) => ({
    expression: t.exposeString('expression', { nullable: true, description: 'What counts, as an SPDX expression; null when nothing that can be read is known.' }),
    declared: t.exposeString('declared', { nullable: true, description: 'What is declared instead and cannot be read; null beside a null expression: nothing is declared.' }),
    class: t.field({ type: LicenceClass, description: 'Its class.', resolve: (group) => group.class }),
    copyleft: t.exposeBoolean('copyleft', { description: 'Whether what counts is copyleft.' }),
    packageCount: t.exposeInt('packageCount', { description: 'Distinct packages with version.' }),
    repoCount: t.exposeInt('repoCount', { description: 'Repos that use any of them.' }),
    directCount: t.exposeInt('directCount', { description: 'Packages that a manifest names.' }),
    transitiveCount: t.exposeInt('transitiveCount', { description: 'Packages that no manifest names; what cannot be told is in neither count.' }),
    prodCount: t.exposeInt('prodCount', { description: 'Packages that production needs.' }),
    devCount: t.exposeInt('devCount', { description: 'Packages that only development needs; what cannot be told is in neither count.' }),
    suggestion: t.field({ type: LicenceSuggestion, nullable: true, description: 'What the declared text probably means; only for a person to confirm.', resolve: (group) => (group.declared === null ? null : suggestLicence(group.declared) ?? null) }),
    packages: t.field({
      type: [Package],
      description: 'The first of its packages, by purl.',
      args: { first: t.arg.int({ defaultValue: 20, description: `How many; at most ${MOST_LISTED}.` }) },
      resolve: async (group, { first }, context) => {
        const limit = first ?? 20;
        if (limit < 0 || limit > MOST_LISTED) throw new PublicError('BAD_USER_INPUT', `first is ${limit}; it may be 0 to ${MOST_LISTED}.`, { limit: MOST_LISTED, value: limit });
        const { filter } = group;
        return (await context.loaders.load(argsName('LicenceGroup.packages', { filter, limit }), groupKey(group), () => packages.ofGroups(context.sql, filter, limit))) ?? [];
      },
    }),
  }),
});
const LicenceReport = builder.objectRef<Report>('LicenceReport').implement({
  description: 'Licences of the third-party packages of all current bills of materials.',
  fields: (t) => ({
    groups: t.field({ type: [LicenceGroup], description: 'By what counts of each package (concluded, else declared), most packages first.', resolve: (report) => report.groups.map((group) => ({ ...group, filter: report.filter })) }),
    packageCount: t.int({ description: 'Distinct packages of all groups; one that repos declare differently is in several groups and counts in each.', resolve: (report) => report.groups.reduce((sum, group) => sum + group.packageCount, 0) }),
  }),
});
builder.queryField('licenceReport', (t) =>
  t.field({
    type: LicenceReport,
    nullable: true,
    description: 'What licences the organisation takes in.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: packageFilter('LicenceReportFilter', true), description: 'Of which packages.' }) },
    resolve: async (_root, { filter }, context) => ({ filter: filter ?? {}, groups: await packages.licenceGroups(context.sql, filter ?? {}) }),
  }),
);

addMutation(builder, {
  verb: 'concludeLicence',
  description: 'Records what licence a package version has, when its declaration is missing, wrong or cannot be read. From now on it counts before what is declared, in every repo; the newest conclusion counts, and all are kept. Refuses what is no SPDX expression and says what was probably meant.',
  scopes: [['licences:conclude']],
  input: builder.inputType('ConcludeLicenceInput', {
    description: 'What was concluded, and why.',
    fields: (t) => ({
      purl: t.field({ type: 'Purl', required: true, description: 'The package with its version, such as pkg:npm/jszip@3.10.1.' }),
      expression: t.string({ required: true, description: 'SPDX expression, such as MIT OR GPL-3.0-or-later.' }),
      reason: t.string({ required: true, description: 'Why.' }),
      evidence: t.stringList({ description: 'Links that show it, such as to the licence text; http or https.' }),
      ...changeFields(t),
    }),
  }),
  payload: { package: Package, conclusion: LicenceConclusion },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => concludeLicence(work, input)),
});
