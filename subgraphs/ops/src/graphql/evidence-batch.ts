import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { MAX_BATCH, recordEvidence, type EvidenceBatch as Batch } from '../commands/evidence.ts';
import { builder, EnvironmentKind, EvidenceKind, EvidenceResult } from './builder.ts';
import { Evidence } from './refs.ts';

const EvidenceInput = builder.inputType('EvidenceInput', {
  description: 'One observation. Nothing in it may be a secret or free text: what does not fit is refused, and never stored or logged.',
  fields: (t) => ({
    kind: t.field({ type: EvidenceKind, required: true, description: 'What was observed; it decides what the report may say.' }),
    environment: t.field({ type: EnvironmentKind, required: true, description: 'Where. LOCAL evidence never counts for a gate.' }),
    service: t.string({ description: 'Slug of the service that was observed; it must be registered.' }),
    workstream: t.string({ description: 'Code of the workstream that it was made for, such as CUST-WP-0025.' }),
    migrationRun: t.string({ description: 'Code of the migration run that it was made for.' }),
    domain: t.string({ description: 'Slug of the domain; that of the service when left out.' }),
    releaseDigest: t.string({ description: 'Digest of the release that was observed. A gate that asks for the same release does not count evidence without one.' }),
    result: t.field({ type: EvidenceResult, required: true, description: 'What it says.' }),
    observedAt: t.field({ type: 'DateTime', required: true, description: 'When it was so; at most 5 minutes ahead of the hub\'s clock.' }),
    source: t.string({ required: true, description: 'What made the observation, such as ci/smoke: at most 200 printable characters.' }),
    sourceKey: t.string({ required: true, description: 'The source\'s own key of it: the same key and content again changes nothing, the same key with another content is refused.' }),
    report: t.field({ type: 'JSON', description: 'What was seen, by the allowlist of its kind: ids, key prefixes, hashes, routes, counts, statuses, booleans and times (docs/evidence.md).' }),
  }),
});

const EvidenceBatch = builder.objectRef<Batch>('EvidenceBatch').implement({
  description: 'What came of a batch of evidence.',
  fields: (t) => ({
    evidence: t.field({ type: [Evidence], description: 'The evidence in the order of the input; what was there already as it is stored.', resolve: (batch) => [...batch.evidence] }),
    recorded: t.exposeInt('recorded', { description: 'How many are new.' }),
    unchanged: t.exposeInt('unchanged', { description: 'How many were there already.' }),
  }),
});

addMutation(builder, {
  verb: 'recordEvidence',
  description: `Records 1 to ${MAX_BATCH} observations: all or none, with every reason at once. Safe to repeat: what is there under its source and source key with the same content is answered as unchanged. Then the gates concerned are looked at anew.`,
  scopes: [['ops:write']],
  input: builder.inputType('RecordEvidenceInput', {
    description: 'A batch of evidence.',
    fields: (t) => ({ evidence: t.field({ type: [EvidenceInput], required: true, description: `1 to ${MAX_BATCH} observations.` }), ...changeFields(t) }),
  }),
  payload: { batch: EvidenceBatch },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordEvidence(work, input)),
});
