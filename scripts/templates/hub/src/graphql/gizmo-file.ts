import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { closeGizmo, openGizmo } from '../commands.ts';
import { gizmoLifecycle } from '../lifecycle.ts';
import type * as model from '../model.ts';
import { gizmos, type GizmoFilter as Filter } from '../store.ts';
import { builder, loadHistory, paging, READ, shared, type WorkshopContext } from './builder.ts';
import { Domain } from './foreign.ts';

const gizmoById = (context: WorkshopContext, id: string) => (isUuid(id) ? context.loaders.load('Gizmo.id', id, (ids) => gizmos.byIds(context.sql, ids)) : null);

const GizmoStatus = builder.enumType('GizmoStatus', { description: 'State of a gizmo.', values: { OPEN: { description: 'Under way.' }, CLOSED: { description: 'Over, with an outcome.' } } });

const Gizmo = builder.objectRef<model.Gizmo>('Gizmo').implement({
  description: 'A gizmo of the workshop hub.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    title: t.exposeString('title', { description: 'What it is about.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it belongs to.', resolve: (gizmo) => (gizmo.domain === null ? null : { slug: gizmo.domain }) }),
    status: t.field({ type: GizmoStatus, description: 'Where it stands in its lifecycle.', resolve: (gizmo) => gizmo.status }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    outcome: t.exposeString('outcome', { nullable: true, description: 'What came of it, once it is closed.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who opened it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was opened.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
    allowedTransitions: t.field({
      type: [shared.Allowed],
      description: 'Every move from the present state, and for each whether the caller may make it now and what is missing.',
      resolve: (gizmo, _args, context) => gizmoLifecycle.allowed(gizmo.status, { outcome: gizmo.outcome }, context.identity),
    }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (gizmo, _args, context) => loadHistory(context, 'Gizmo', gizmo.id) }),
  }),
});

builder.asEntity(Gizmo, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: (reference: { id: string }, context) => gizmoById(context, reference.id),
});

const GizmoFilter = builder.inputRef<Filter>('GizmoFilter').implement({
  description: 'Narrows a list of gizmos; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [GizmoStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
  }),
});
const GizmoConnection = connectionOf(builder, Gizmo, 'Gizmo');

builder.queryField('gizmo', (t) =>
  t.field({
    type: Gizmo,
    nullable: true,
    description: 'One gizmo by id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => gizmoById(context, id),
  }),
);
builder.queryField('gizmos', (t) =>
  t.field({
    type: GizmoConnection,
    nullable: true,
    description: 'Gizmos in the order in which they were opened.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: GizmoFilter, description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => gizmos.page(context.sql, filter ?? {}, page),
  }),
);

addMutation(builder, {
  verb: 'openGizmo',
  description: 'Opens a gizmo.',
  scopes: [['write:scope']],
  input: builder.inputType('OpenGizmoInput', {
    description: 'A new gizmo.',
    fields: (t) => ({
      title: t.string({ required: true, description: 'What it is about; 1 to 500 characters.' }),
      domain: t.string({ description: 'Slug of the domain that it belongs to.' }),
      ...changeFields(t),
    }),
  }),
  payload: { gizmo: Gizmo },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => openGizmo(work, input)),
});

addMutation(builder, {
  verb: 'closeGizmo',
  description: 'Closes a gizmo with what came of it. Refused without an outcome.',
  scopes: [['write:scope']],
  input: builder.inputType('CloseGizmoInput', {
    description: 'Which one, and why.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the gizmo.' }),
      outcome: t.string({ description: 'What came of it.' }),
      ...changeFields(t),
    }),
  }),
  payload: { gizmo: Gizmo },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => closeGizmo(work, input)),
});
