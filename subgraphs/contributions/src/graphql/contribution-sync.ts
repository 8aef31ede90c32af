import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { syncContribution, type SyncChange, type SyncReport } from '../commands/sync/index.ts';
import { builder, ContributionStatus, ContributionType } from './builder.ts';
import { Contribution } from './refs.ts';

const Change = builder.objectRef<SyncChange>('ContributionChange').implement({
  description: 'One field that a sync changed.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The field, or `created`.' }),
    from: t.exposeString('from', { nullable: true, description: 'In the graph before.' }),
    to: t.exposeString('to', { nullable: true, description: 'As the file says.' }),
  }),
});
const SyncOutcome = builder.enumType('ContributionSyncOutcome', {
  description: 'What became of a file.',
  values: { CREATED: { description: 'The graph did not know it.' }, UPDATED: { description: 'The graph knew it otherwise.' }, UNCHANGED: { description: 'The graph said the same; nothing was written.' } },
});
const Sync = builder.objectRef<SyncReport>('ContributionSync').implement({
  description: 'What a sync did.',
  fields: (t) => ({
    outcome: t.field({ type: SyncOutcome, description: 'What became of the file.', resolve: (report) => report.outcome }),
    changes: t.field({ type: [Change], description: 'Everything that changed.', resolve: (report) => [...report.changes] }),
  }),
});
const SourceInput = builder.inputType('ContributionSourceInput', {
  description: 'Where the file stands.',
  fields: (t) => ({ path: t.string({ required: true, description: 'Its path in our repo.' }), sha256: t.field({ type: 'Sha256', required: true, description: 'Digest of its bytes.' }) }),
});

addMutation(builder, {
  verb: 'syncContribution',
  description: 'Brings a contribution to what its file says, in one transaction: an unknown one is taken over in its state and recorded as imported, a known one is moved by the ordinary verbs with their rules. The same file again changes nothing. Normally called by `hubgraph contrib sync`.',
  scopes: [['contributions:write']],
  input: builder.inputType('SyncContributionInput', {
    description: 'A whole contribution file. What is left out, the file does not say and the graph keeps.',
    fields: (t) => ({
      type: t.field({ type: ContributionType, required: true, description: 'What kind it is.' }),
      slug: t.string({ description: 'Its slug; the hub gives one when left out, and knows the file again by its source.' }),
      title: t.string({ required: true, description: 'What it is about.' }),
      domain: t.string({ required: true, description: 'Slug of the domain that it belongs to.' }),
      targetOrg: t.string({ required: true, description: 'Organisation upstream.' }),
      targetRepo: t.string({ required: true, description: 'Repo upstream.' }),
      status: t.field({ type: ContributionStatus, required: true, description: 'Its state.' }),
      repo: t.string({ description: 'Slug of our repo that holds the file.' }),
      body: t.string({ description: 'Its text; Markdown.' }),
      workstream: t.string({ description: 'Code of the workstream that it belongs to.' }),
      topic: t.string({ description: 'Slug of the topic that it belongs to.' }),
      package: t.field({ type: 'Purl', description: 'The package that it is about; a version is left out.' }),
      upstreamUrl: t.string({ description: 'The issue upstream; of an upstream pull request, the pull request or patch.' }),
      answerUrl: t.string({ description: 'Where upstream answered.' }),
      evidence: t.stringList({ description: 'Links, or hashes of commits, that show what happened.' }),
      reason: t.string({ description: 'Why it was rejected or withdrawn.' }),
      notes: t.string({ description: 'What else is worth knowing; Markdown.' }),
      supersedes: t.string({ description: 'Slug of the contribution that this one reworks.' }),
      createdOn: t.field({ type: 'Date', description: 'The day it was written.' }),
      submittedOn: t.field({ type: 'Date', description: 'The day it was sent upstream.' }),
      acknowledgedOn: t.field({ type: 'Date', description: 'The day upstream answered.' }),
      resolvedOn: t.field({ type: 'Date', description: 'The day it was merged, rejected or withdrawn.' }),
      source: t.field({ type: SourceInput, required: true, description: 'Where the file stands.' }),
      ...changeFields(t),
    }),
  }),
  payload: { contribution: Contribution, sync: Sync },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => syncContribution(work, input)),
});
