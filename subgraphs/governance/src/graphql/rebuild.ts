// Rebuilding what is known of other hubs; by `hubgraph governance projection rebuild`.
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { beginRebuild, finishRebuild, rebuildForeign, stageItems, type ListedItem, type RebuildReport } from '../commands/foreign.ts';
import { FOREIGN_NOUNS, type ForeignRebuild } from '../model.ts';
import { builder } from './builder.ts';
import { ClosureHub } from './outside.ts';

/** Who says what other hubs have decides what a closing waits for: those who may also pass over gates. */
const SCOPES: ['governance:close', 'gates:waive'][] = [['governance:close', 'gates:waive']];

const Rebuild = builder.objectRef<ForeignRebuild>('ClosureRebuild').implement({
  description: 'A rebuild from the lists of a hub that is under way.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id.' }),
    hub: t.field({ type: ClosureHub, description: 'The hub.', resolve: ({ hub }) => hub }),
    position: t.field({ type: 'SafeInt', description: 'How far its stream was taken in when it began.', resolve: ({ position }) => position }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began; a day later it is given up.' }),
  }),
});
const Report = builder.objectRef<RebuildReport>('ClosureRebuildReport').implement({
  description: 'What a rebuild came to.',
  fields: (t) => ({
    hub: t.field({ type: ClosureHub, description: 'The hub.', resolve: ({ hub }) => hub }),
    position: t.field({ type: 'SafeInt', description: 'What events behind this place said was left as it is.', resolve: ({ position }) => position }),
    items: t.exposeInt('items', { description: 'Things that were read.' }),
    added: t.exposeInt('added', { description: 'Things that were not known.' }),
    changed: t.exposeInt('changed', { description: 'Things that were known otherwise.' }),
    removed: t.exposeInt('removed', { description: 'Things that are no longer there.' }),
  }),
});
const Noun = builder.enumType('ClosureNoun', { description: 'Nouns of other hubs that a closing may wait for, and services, which lead to workstreams by their repos.', values: Object.fromEntries(FOREIGN_NOUNS.map((noun) => [noun.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(), { value: noun, description: noun }])) as Record<string, { value: (typeof FOREIGN_NOUNS)[number] }> });
const Item = builder.inputRef<Omit<ListedItem, 'since'> & { readonly since: Date }>('ClosureItemInput').implement({
  description: 'One thing as a list of its hub tells of it.',
  fields: (t) => ({
    noun: t.field({ type: Noun, required: true, description: 'What it is.' }),
    id: t.string({ required: true, description: 'Its id; of a service, its slug.' }),
    code: t.string({ description: 'Its natural key.' }),
    title: t.string({ required: true, description: 'What it is called.' }),
    status: t.string({ required: true, description: 'Its state, in the words of its hub.' }),
    workstream: t.string({ description: 'Code of the workstream that it names.' }),
    service: t.string({ description: 'Slug of the service that it names.' }),
    domain: t.string({ description: 'Slug of its domain.' }),
    repo: t.string({ description: 'Of a service: slug of the repo that it comes from.' }),
    since: t.field({ type: 'DateTime', required: true, description: 'When it began to wait.' }),
  }),
});

addMutation(builder, {
  verb: 'beginClosureRebuild',
  description: 'Begins to rebuild what is known of a hub from its lists, which are to be read after this. A rebuild of the same hub that is under way is given up.',
  scopes: SCOPES,
  input: builder.inputType('BeginClosureRebuildInput', { description: 'Which hub.', fields: (t) => ({ hub: t.field({ type: ClosureHub, required: true, description: 'The hub.' }), ...changeFields(t) }) }),
  payload: { rebuild: Rebuild },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => beginRebuild(work, input)),
});
addMutation(builder, {
  verb: 'stageClosureItems',
  description: 'Hands over a part of what the lists of a hub hold: what a closing may wait for, and services.',
  scopes: SCOPES,
  input: builder.inputType('StageClosureItemsInput', { description: 'A part of what was read.', fields: (t) => ({ rebuild: t.id({ required: true, description: 'Id of the rebuild.' }), items: t.field({ type: [Item], required: true, description: 'The things; the same one again is kept as it was read last.' }), ...changeFields(t) }) }),
  payload: { rebuild: Rebuild },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => stageItems(work, { rebuild: String(input.rebuild), items: input.items.map((item) => ({ ...item, code: item.code ?? null, workstream: item.workstream ?? null, service: item.service ?? null, domain: item.domain ?? null, repo: item.repo ?? null })) })),
});
addMutation(builder, {
  verb: 'finishClosureRebuild',
  description: 'Puts what was handed over in the place of what was known of the hub, but for what its events said meanwhile, which is younger. Refused when the stream began anew meanwhile.',
  scopes: SCOPES,
  input: builder.inputType('FinishClosureRebuildInput', { description: 'Which rebuild.', fields: (t) => ({ rebuild: t.id({ required: true, description: 'Id of the rebuild.' }), ...changeFields(t) }) }),
  payload: { report: Report },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => finishRebuild(work, { rebuild: String(input.rebuild) })),
});
addMutation(builder, {
  verb: 'replayClosureStream',
  description: 'Rebuilds what is known of a hub from the beginning of its stream. Fails with CURSOR_EXPIRED when the stream does not hold all any more; the lists of the hub do then.',
  scopes: SCOPES,
  input: builder.inputType('ReplayClosureStreamInput', { description: 'Which hub.', fields: (t) => ({ hub: t.field({ type: ClosureHub, required: true, description: 'The hub.' }), ...changeFields(t) }) }),
  payload: { report: Report },
  async run(input, verb, context) {
    const told = await context.others.fold(input.hub);
    return context.changes.run(context.caller, verb, (work) => rebuildForeign(work, { hub: input.hub, ...told }));
  },
});
