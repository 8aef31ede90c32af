import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { placeHold, releaseHold } from '../commands/hold.ts';
import { holdLifecycle } from '../lifecycle/hold.ts';
import { holds } from '../store/index.ts';
import { builder, HoldStatus, loadHistory, shared } from './builder.ts';
import { packageById } from './package.ts';
import { ArtifactPackage, Hold } from './refs.ts';

Hold.implement({
  description: 'What stops the deletion of a package. It does not stop the clock of its retention.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    status: t.field({ type: HoldStatus, description: 'Where it stands in its lifecycle.', resolve: (hold) => hold.status }),
    active: t.boolean({ description: 'Whether it stops deletion now.', resolve: (hold) => hold.status === 'ACTIVE' }),
    reason: t.exposeString('reason', { description: 'Why it was placed.' }),
    authority: t.exposeString('authority', { description: 'Who ordered it: a court, a contract, a decision.' }),
    placedBy: t.exposeString('placedBy', { description: 'Who placed it.' }),
    placedAt: t.expose('placedAt', { type: 'DateTime', description: 'When it was placed.' }),
    releasedBy: t.exposeString('releasedBy', { nullable: true, description: 'Who released it.' }),
    releasedAt: t.expose('releasedAt', { type: 'DateTime', nullable: true, description: 'When it was released.' }),
    releaseReason: t.exposeString('releaseReason', { nullable: true, description: 'Why it was released.' }),
    artifactPackage: t.field({ type: ArtifactPackage, nullable: true, description: 'The package that it holds.', resolve: (hold, _args, context) => packageById(context, hold.packageId) }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.', resolve: (hold, _args, context) => holdLifecycle.allowed(hold.status, { reason: null }, context.identity) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (hold, _args, context) => loadHistory(context, 'Hold', hold.id) }),
  }),
});

builder.objectField(ArtifactPackage, 'holds', (t) =>
  t.field({
    type: [Hold],
    description: 'Holds on it, oldest first; while any is active it is not deleted.',
    args: { active: t.arg.boolean({ description: 'Only those that are active, or only those that are not.' }) },
    resolve: async (of, { active }, context) => {
      const all = (await context.loaders.load('ArtifactPackage.holds', of.id, (ids) => holds.ofPackages(context.sql, ids))) ?? [];
      return active == null ? all : all.filter((hold) => (hold.status === 'ACTIVE') === active);
    },
  }),
);

addMutation(builder, {
  verb: 'placeHold',
  description: 'Stops the deletion of a package until the hold is released; for operators and stewards. Any number at once. The clock of its retention goes on. Refuses a deleted package.',
  scopes: [['retention:manage'], ['holds:release']],
  input: builder.inputType('PlaceHoldInput', {
    description: 'What is held, and why.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the package.' }),
      reason: t.string({ required: true, description: 'Why; at most 50,000 characters.' }),
      authority: t.string({ required: true, description: 'Who ordered it: a court, a contract, a decision; at most 500 characters.' }),
      ...changeFields(t),
    }),
  }),
  payload: { hold: Hold, package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => placeHold(work, input)),
});
addMutation(builder, {
  verb: 'releaseHold',
  description: 'Takes one hold off a package; for stewards, who may not delete it. Other holds stay. Released is the end: hold again by a new hold.',
  scopes: [['holds:release']],
  input: builder.inputType('ReleaseHoldInput', {
    description: 'Which hold, and why.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Id of the hold.' }), reason: t.string({ required: true, description: 'Why; at most 50,000 characters.' }), ...changeFields(t) }),
  }),
  payload: { hold: Hold, package: ArtifactPackage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => releaseHold(work, input)),
});
