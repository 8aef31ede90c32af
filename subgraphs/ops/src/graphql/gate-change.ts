import type { ChangeInput } from '@hubgraph/kit/change';
import type { Scope } from '@hubgraph/kit/identity';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { defineGate, failGate, passGate, reopenGate, updateGate, waiveGate, type DecideGateInput, type DefineGateInput, type UpdateGateInput, type WaiveGateInput } from '../commands/gate.ts';
import type { RequirementInput } from '../commands/gate-input.ts';
import type * as model from '../model.ts';
import { builder, EnvironmentKind, EvidenceKind, GatePhase, type OpsContext } from './builder.ts';
import { Gate } from './refs.ts';

const PASS = [['gates:pass']] as const;
const DEFINE = [['gates:pass', 'ops:write']] as const;
const WAIVE = [['gates:waive']] as const;
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

const Requirement = builder.inputRef<RequirementInput>('GateRequirementInput').implement({
  description: 'One thing that a gate asks of the evidence.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'A name for it, unique within the gate, such as smoke.' }),
    kind: t.field({ type: EvidenceKind, required: true, description: 'What must have been observed.' }),
    environments: t.field({ type: [EnvironmentKind], required: true, description: 'Where: in each of these. STAGING, PRODUCTION or both; LOCAL is refused.' }),
    freshnessHours: t.int({ description: 'Observations older than this many hours do not count; left out: any age counts.' }),
    minimum: t.int({ defaultValue: 1, description: 'How many passing observations are needed in each environment, 1 to 100.' }),
    sameRelease: t.boolean({ defaultValue: false, description: 'Whether they must be of the gate\'s release.' }),
  }),
});

const releaseDigest = 'The release that it is about, named by its content; the one that runs in production (before the first deployment there, in staging) when left out.';

addMutation<OpsContext, DefineGateInput & ChangeInput, { gate: model.Gate }>(builder, {
  verb: 'defineGate',
  description: 'Defines a gate: what the evidence must say before somebody may pass it. Evidence counts that names the first of these that the gate has: migration run, service, workstream, domain. For maintainers and operators.',
  scopes: DEFINE,
  input: builder.inputRef<DefineGateInput & ChangeInput>('DefineGateInput').implement({
    description: 'A new gate.',
    fields: (t) => ({
      code: t.string({ required: true, description: 'What people call it; unique. 1 to 100 of A-Z a-z 0-9 . _ -' }),
      title: t.string({ required: true, description: 'What it guards, in one line.' }),
      domain: t.string({ description: 'Slug of the domain; that of the service or of the migration run when left out.' }),
      service: t.string({ description: 'Slug of the service; it must be registered.' }),
      workstream: t.string({ description: 'Code of the workstream. Only its shape is checked.' }),
      migrationRun: t.string({ description: 'Id or code of the migration run that it guards a step of.' }),
      phase: t.field({ type: GatePhase, description: 'With a migration run: the step that it guards.' }),
      owner: t.string({ description: 'Who passes it; the caller when left out.' }),
      requirements: t.field({ type: [Requirement], required: true, description: 'What it asks, 1 to 20.' }),
      releaseDigest: t.string({ description: releaseDigest }),
      ...changeFields(t),
    }),
  }),
  payload: { gate: Gate },
  run: (input, verb, context) => context.changes.run<{ gate: model.Gate }>(context.caller, verb, (work) => defineGate(work, input)),
});
addMutation<OpsContext, UpdateGateInput & ChangeInput, { gate: model.Gate }>(builder, {
  verb: 'updateGate',
  description: 'Changes what a gate asks, which release it is about, its title or its owner. A pass or waiver was for what was asked then: other requirements or another release end it. For those who may define gates.',
  scopes: DEFINE,
  input: builder.inputRef<UpdateGateInput & ChangeInput>('UpdateGateInput').implement({
    description: 'What changes; what is left out stays.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the gate.' }),
      title: t.string({ description: 'What it guards.' }),
      owner: t.string({ description: 'Who passes it.' }),
      requirements: t.field({ type: [Requirement], description: 'All that it asks from now on, 1 to 20.' }),
      releaseDigest: t.string({ description: `${releaseDigest.replace(' when left out', '')} for null.` }),
      ...changeFields(t),
    }),
  }),
  payload: { gate: Gate },
  run: (input, verb, context) => context.changes.run<{ gate: model.Gate }>(context.caller, verb, (work) => updateGate(work, input)),
});

type Decide = (work: Parameters<typeof passGate>[0], input: WaiveGateInput) => ReturnType<typeof passGate>;
const note = (description: string) => (t: InputFields) => ({ note: t.string({ description: `${description}; at most 5,000 characters.` }) });
const verbs: readonly { readonly verb: string; readonly description: string; readonly scopes: readonly (readonly Scope[])[]; readonly brings: (t: InputFields) => object; readonly run: Decide }[] = [
  { verb: 'passGate', description: 'Passes a READY gate: every requirement is met, and somebody says so. It falls back by itself when evidence expires or contradicts, or the release changes. For maintainers and operators.', scopes: PASS, brings: note('What else there is to say'), run: passGate },
  { verb: 'failGate', description: 'Says no: because evidence contradicts, or for the reason in the note. It stays FAILED until it is reopened or waived. For maintainers and operators.', scopes: PASS, brings: note('Why; needed when no evidence contradicts'), run: failGate },
  { verb: 'reopenGate', description: 'Says that what failed was mended, with the reason in the note: the evidence counts again. For maintainers and operators.', scopes: PASS, brings: note('What was mended'), run: reopenGate },
  {
    verb: 'waiveGate',
    description: 'Passes over a PENDING or FAILED gate by a decision, until a moment, while a named risk is borne. It ends by itself: then, when the risk is closed, or when the release changes. For a steward.',
    scopes: WAIVE,
    brings: (t) => ({ decision: t.string({ description: 'Id or code of the decision.' }), until: t.field({ type: 'DateTime', description: 'When it ends, in the future.' }), risk: t.id({ description: 'Id of a risk that is not closed.' }), ...note('Why')(t) }),
    run: waiveGate,
  },
];
for (const { verb, description, scopes, brings, run } of verbs) {
  addMutation<OpsContext, DecideGateInput & ChangeInput, { gate: model.Gate }>(builder, {
    verb,
    description,
    scopes,
    input: builder.inputRef<DecideGateInput & ChangeInput>(`${verb[0]?.toUpperCase()}${verb.slice(1)}Input`).implement({
      description: 'Which gate, and what the verb needs.',
      fields: (t) => ({ id: t.id({ required: true, description: 'Id of the gate.' }), ...brings(t), ...changeFields(t) }) as never,
    }),
    payload: { gate: Gate },
    run: (input, call, context) => context.changes.run<{ gate: model.Gate }>(context.caller, call, (work) => run(work, input)),
  });
}
