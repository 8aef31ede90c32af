import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { finalizeArtifactPackage } from '../commands/finalize.ts';
import { createArtifactPackage, failArtifactPackage, resumeArtifactPackage, updateArtifactPackage } from '../commands/package.ts';
import { builder } from './builder.ts';
import { ArtifactPackage } from './refs.ts';

const SCOPES = [['artifacts:write']] as const;
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

const SourceCommitInput = builder.inputType('SourceCommitInput', {
  description: 'A commit that evidence is about.',
  fields: (t) => ({
    repo: t.string({ required: true, description: 'Slug of the repo; each at most once.' }),
    commit: t.string({ required: true, description: 'The whole hash of the commit: 40 or 64 hexadecimal digits in lower case.' }),
  }),
});

/** What producers write, the same in creating and updating. */
const contentFields = (t: InputFields) => ({
  domain: t.string({ description: 'Slug of the domain that it belongs to. Only its shape is checked, as of all keys of other hubs.' }),
  repo: t.string({ description: 'Slug of the repo that it belongs to.' }),
  workstream: t.string({ description: 'Code of the workstream that it belongs to, such as CUST-WP-0025.' }),
  task: t.string({ description: 'Code of the task that it belongs to, such as CUST-WP-0025-T03.' }),
  service: t.string({ description: 'Slug of the service that it belongs to.' }),
  sourceCommits: t.field({ type: [SourceCommitInput], description: 'All commits that it is about, at most 100.' }),
  metadataSchema: t.string({ description: 'Key of the schema that its metadata must fit to be finalized, such as guide-board.run.v1; without one, anything goes.' }),
  metadata: t.field({ type: 'JSON', description: 'What is known about it besides: a JSON object of at most 64 KiB. Whole numbers beyond 53 bits are refused.' }),
  claimedManifestDigest: t.field({ type: 'Blake3', description: 'The manifest digest that you computed; finalizing refuses another.' }),
});

addMutation(builder, {
  verb: 'createArtifactPackage',
  description: 'Begins a package of evidence as CREATED, without files; `requestUpload` comes next. Its retention class says until when it is kept, counted anew from finalizing. Keys of other hubs are kept as they are given: only their shape is checked.',
  scopes: SCOPES,
  input: builder.inputType('CreateArtifactPackageInput', {
    description: 'A new package.',
    fields: (t) => ({
      producer: t.string({ required: true, description: 'What made the evidence: a tool, a person or an agent; 1 to 500 characters.' }),
      subject: t.string({ required: true, description: 'What it is evidence of; 1 to 500 characters.' }),
      retentionClass: t.string({ required: true, description: 'Slug of its retention class: transient, raw-evidence, summary-evidence, release-evidence or permanent-record. It stays for ever.' }),
      ...contentFields(t),
      ...changeFields(t),
    }),
  }),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => createArtifactPackage(work, input)),
});

addMutation(builder, {
  verb: 'updateArtifactPackage',
  description: 'Changes what is written of a package that is not finalized. What is left out stays; null clears. Its retention class stays.',
  scopes: SCOPES,
  input: builder.inputType('UpdateArtifactPackageInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the package.' }),
      producer: t.string({ description: 'What made the evidence.' }),
      subject: t.string({ description: 'What it is evidence of.' }),
      ...contentFields(t),
      ...changeFields(t),
    }),
  }),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateArtifactPackage(work, input)),
});

addMutation(builder, {
  verb: 'finalizeArtifactPackage',
  description: 'Makes a package complete and immutable. Needs at least one file, every file complete, metadata that fit their schema and, where a manifest digest was claimed, just that one. Its manifest is kept for ever; the date until which it is kept counts from now.',
  scopes: SCOPES,
  input: builder.inputType('FinalizeArtifactPackageInput', {
    description: 'Which package.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the package.' }), ...changeFields(t) }),
  }),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => finalizeArtifactPackage(work, input)),
});

addMutation(builder, {
  verb: 'failArtifactPackage',
  description: 'Says that a package came to no end: a storage error, or no progress for 24 hours. For the system; a producer deletes what is abandoned. Finished files stay, and for 24 hours it can be resumed.',
  scopes: SCOPES,
  input: builder.inputType('FailArtifactPackageInput', {
    description: 'Which package, and why.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the package.' }), reason: t.string({ required: true, description: 'Why.' }), ...changeFields(t) }),
  }),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => failArtifactPackage(work, input)),
});

addMutation(builder, {
  verb: 'resumeArtifactPackage',
  description: 'Takes a FAILED package up again, within 24 hours; finished files are kept. `requestUpload` then gives new URLs for the others.',
  scopes: SCOPES,
  input: builder.inputType('ResumeArtifactPackageInput', {
    description: 'Which package.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the package.' }), reason: t.string({ description: 'A note for the history.' }), ...changeFields(t) }),
  }),
  payload: { package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => resumeArtifactPackage(work, input)),
});
