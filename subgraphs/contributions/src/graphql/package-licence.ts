import { evaluateLicence, type LicenceBranch as Branch, type LicenceEvaluation } from '../licence/evaluate.ts';
import { suggestLicence, type LicenceSuggestion as Suggestion } from '../licence/suggest.ts';
import type * as model from '../model.ts';
import { conclusions, packages } from '../store/index.ts';
import { builder, LicenceClass, type ContributionsContext } from './builder.ts';
import { Package } from './refs.ts';

/** The licence of a package: what counts, and what it comes from. */
export interface LicenceFacts {
  readonly declared: string | null;
  readonly declaredIn: string | null;
  readonly concluded: model.LicenceConclusion | null;
  /** Of what was concluded, else of what is declared. */
  readonly effective: LicenceEvaluation;
}

/** Loads the newest conclusion on a package, batched. */
const conclusionOn = (context: ContributionsContext, purl: string) => context.loaders.load('LicenceConclusion.purl', purl, (purls) => conclusions.latestOf(context.sql, purls));

/** The licence of one entry of a bill of materials. */
export async function licenceOfEntry(context: ContributionsContext, { purl, declaredLicence, licenceSource }: Pick<model.SbomPackageRow, 'purl' | 'declaredLicence' | 'licenceSource'>): Promise<LicenceFacts> {
  const concluded = await conclusionOn(context, purl);
  return { declared: declaredLicence, declaredIn: licenceSource, concluded, effective: evaluateLicence(concluded?.expression ?? declaredLicence) };
}

/** The licence of a package over all bills of materials: the newest that states one counts; null when none holds the package. */
export async function licenceOfPackage(context: ContributionsContext, purl: string): Promise<LicenceFacts | null> {
  const declared = await context.loaders.load('Package.declared', purl, (purls) => packages.declaredOf(context.sql, purls));
  return declared && licenceOfEntry(context, declared);
}

export const LicenceSource = builder.enumType('LicenceSource', {
  description: 'Where a licence is from.',
  values: { LOCKFILE: { description: 'The lockfile states it.' }, DOCUMENT: { description: 'An SBOM document, or whoever sent the packages, states it.' }, CONCLUSION: { description: 'Somebody concluded it.' } },
});
const LicenceBranch = builder.objectRef<Branch>('LicenceBranch').implement({
  description: 'One way to comply with a licence expression: of OR, one side.',
  fields: (t) => ({
    expression: t.exposeString('expression', { description: 'Licences that hold together.' }),
    class: t.field({ type: LicenceClass, description: 'Of the licence that asks for the most.', resolve: (branch) => branch.class }),
    copyleft: t.exposeBoolean('copyleft', { description: 'Whether any of its licences is copyleft.' }),
  }),
});
export const LicenceSuggestion = builder.objectRef<Suggestion>('LicenceSuggestion').implement({
  description: 'What a text that is no SPDX expression probably means. Nothing is counted by it until somebody concludes it.',
  fields: (t) => ({ expression: t.exposeString('expression', { description: 'The expression.' }), note: t.exposeString('note', { description: 'What to look at before concluding it.' }) }),
});
export const LicenceConclusion = builder.objectRef<model.LicenceConclusion>('LicenceConclusion').implement({
  description: 'What somebody concluded about the licence of a package. The newest counts, before what is declared, in every repo.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    package: t.field({ type: Package, description: 'The package.', resolve: ({ purl }) => ({ purl }) }),
    expression: t.exposeString('expression', { description: 'SPDX expression.' }),
    class: t.field({ type: LicenceClass, description: 'Class of its best branch.', resolve: (conclusion) => conclusion.licenceClass }),
    copyleft: t.exposeBoolean('copyleft', { description: 'Whether its best branch is copyleft.' }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    evidence: t.stringList({ description: 'Links that show it.', resolve: (conclusion) => [...conclusion.evidence] }),
    by: t.exposeString('actor', { description: 'Who concluded it.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
  }),
});
export const PackageLicence = builder.objectRef<LicenceFacts>('PackageLicence').implement({
  description: 'The licence of a package: what is declared, what was concluded, and what counts.',
  fields: (t) => ({
    declared: t.exposeString('declared', { nullable: true, description: 'As the file states it, unread.' }),
    concluded: t.field({ type: LicenceConclusion, nullable: true, description: 'The newest conclusion; null when there is none.', resolve: (licence) => licence.concluded }),
    source: t.field({ type: LicenceSource, nullable: true, description: 'Where what counts is from; null when nothing is known.', resolve: (licence) => (licence.concluded ? 'CONCLUSION' : licence.declaredIn as 'LOCKFILE' | 'DOCUMENT' | null) }),
    expression: t.string({ nullable: true, description: 'What counts, as an SPDX expression; null when it cannot be read.', resolve: (licence) => licence.effective.expression }),
    class: t.field({ type: LicenceClass, description: 'Class of what counts: OR takes the best branch, AND the worst licence. UNKNOWN is never taken for permissive.', resolve: (licence) => licence.effective.class }),
    copyleft: t.boolean({ description: 'Whether what counts is copyleft.', resolve: (licence) => licence.effective.copyleft }),
    branches: t.field({ type: [LicenceBranch], description: 'The choices that OR leaves; one without OR, none without an expression.', resolve: (licence) => [...licence.effective.branches] }),
    problem: t.string({ nullable: true, description: 'Why the class is not what the words suggest.', resolve: (licence) => licence.effective.problem ?? null }),
    suggestions: t.field({
      type: [LicenceSuggestion],
      description: 'What a declared text that cannot be read probably means; only for a person to confirm.',
      resolve: (licence) => (licence.effective.expression !== null || licence.declared === null ? [] : [suggestLicence(licence.declared)].filter((one) => one !== undefined)),
    }),
  }),
});
