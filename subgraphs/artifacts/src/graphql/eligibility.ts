import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import type { Page } from '@hubgraph/kit/page';
import { deleteArtifactPackage } from '../commands/delete.ts';
import type * as model from '../model.ts';
import { retention, type EligibilityFilter, type EligibilityTotals as Totals } from '../store/index.ts';
import { builder, paging, READ, shared } from './builder.ts';
import { ArtifactPackage } from './refs.ts';
import { loadEligibility } from './retention.ts';

const DeletionEligibility = builder.objectRef<model.ArtifactPackage>('DeletionEligibility').implement({
  description: 'Whether a finalized package may be deleted now, by the rules that the deletion itself asks.',
  fields: (t) => ({
    artifactPackage: t.field({ type: ArtifactPackage, description: 'The package.', resolve: (of) => of }),
    eligible: t.boolean({ description: 'Whether it may go.', resolve: async (of, _args, context) => (await loadEligibility(context, of)).eligible }),
    reasons: t.field({ type: [shared.Unmet], description: 'Why it may not, every reason; empty when it may.', resolve: async (of, _args, context) => [...(await loadEligibility(context, of)).reasons] }),
    eligibleFrom: t.field({ type: 'DateTime', nullable: true, description: 'The end of its retention: from then on it may go, when no hold is active. Null: never.', resolve: async (of, _args, context) => (await loadEligibility(context, of)).eligibleFrom }),
  }),
});
const EligibilityTotals = builder.objectRef<Totals>('DeletionEligibilityTotals').implement({
  description: 'Of all finalized packages that fit the filter, whatever it says of `eligible`. One may be stopped by several things.',
  fields: (t) => ({
    packageCount: t.exposeInt('packageCount', { description: 'How many there are.' }),
    eligibleCount: t.exposeInt('eligibleCount', { description: 'Of them, those that may go.' }),
    notExpiredCount: t.exposeInt('notExpiredCount', { description: 'Of them, those whose retention has not ended.' }),
    heldCount: t.exposeInt('heldCount', { description: 'Of them, those with an active hold.' }),
    permanentCount: t.exposeInt('permanentCount', { description: 'Of them, permanent records.' }),
    byteCount: t.field({ type: 'SafeInt', description: 'Bytes of all, as if none shared any.', resolve: (totals) => Number(totals.byteCount) }),
    eligibleByteCount: t.field({ type: 'SafeInt', description: 'Bytes of those that may go, as if none shared any.', resolve: (totals) => Number(totals.eligibleByteCount) }),
  }),
});

interface Report extends Page<model.ArtifactPackage> {
  readonly totals: () => Promise<Totals>;
}
const DeletionEligibilityConnection = connectionOf(builder, DeletionEligibility, 'DeletionEligibility');
builder.objectField(DeletionEligibilityConnection, 'totals', (t) => t.field({ type: EligibilityTotals, description: 'Counts of the whole report.', resolve: (report) => (report as Report).totals() }));

const DeletionEligibilityFilter = builder.inputRef<EligibilityFilter>('DeletionEligibilityFilter').implement({
  description: 'Narrows the report; what is given is combined by AND.',
  fields: (t) => ({
    eligible: t.boolean({ description: 'Only those that may go, or only those that may not.' }),
    domain: t.string({ description: 'Of this domain (slug).' }),
    repo: t.string({ description: 'Of this repo (slug).' }),
    workstream: t.string({ description: 'Of this workstream (code).' }),
    task: t.string({ description: 'Of this task (code).' }),
    service: t.string({ description: 'Of this service (slug).' }),
    producer: t.string({ description: 'Made by this producer.' }),
    subject: t.string({ description: 'Evidence of this subject.' }),
    retentionClasses: t.stringList({ description: 'Of one of these retention classes (slugs).' }),
    manifestDigest: t.field({ type: 'Blake3', description: 'With this manifest digest.' }),
    claimedManifestDigest: t.field({ type: 'Blake3', description: 'Claimed to have this manifest digest.' }),
    expiresBefore: t.field({ type: 'DateTime', description: 'Whose retention ends before this moment.' }),
    text: t.string({ description: 'Contains this text in producer or subject, whatever the case.' }),
  }),
});
builder.queryField('deletionEligibility', (t) =>
  t.field({
    type: DeletionEligibilityConnection,
    nullable: true,
    description: 'Which finalized packages may be deleted now, and why the others may not; oldest first. Nothing is deleted by itself: see deleteArtifactPackage.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: DeletionEligibilityFilter, description: 'Which packages.' }), ...paging },
    resolve: async (_root, { filter, ...page }, context): Promise<Report> => {
      const now = context.now();
      return { ...(await retention.eligibility(context.sql, filter ?? {}, now, page)), totals: () => retention.eligibilityTotals(context.sql, filter ?? {}, now) };
    },
  }),
);

addMutation(builder, {
  verb: 'deleteArtifactPackage',
  description: 'Deletes a package: one that never came to its end, by its producer, or by an operator a finalized one whose retention has ended and that nothing holds. Its record, history and manifest stay; bytes that no other package needs are removed later.',
  scopes: [['artifacts:write']],
  input: builder.inputType('DeleteArtifactPackageInput', {
    description: 'Which package, and why.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the package.' }), reason: t.string({ required: true, description: 'Why; at most 50,000 characters.' }), ...changeFields(t) }),
  }),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => deleteArtifactPackage(work, input)),
});
