import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { discardPoison, replayPoison } from '../commands/poison.ts';
import { poison, positions, type PoisonFilter, type StreamPlace } from '../store/index.ts';
import { builder, paging, READ } from './builder.ts';
import { PoisonMessageConnection } from './connections.ts';
import { PoisonMessage } from './refs.ts';

const Outcome = builder.enumType('PoisonOutcome', { description: 'What became of a message that was set aside.', values: { REPLAYED: { description: 'It was taken in after all.' }, DISCARDED: { description: 'Somebody gave it up.' } } });

PoisonMessage.implement({
  description: 'An event of another hub that could not be taken in; it was set aside so that the others go on. Later events of the same subject are set aside too, so that they keep their order.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id.' }),
    stream: t.exposeString('stream', { description: 'The stream that it came by.' }),
    position: t.field({ type: 'SafeInt', description: 'Its place in the stream.', resolve: ({ position }) => Number(position) }),
    type: t.exposeString('type', { nullable: true, description: 'CloudEvents type.' }),
    subject: t.exposeString('subject', { nullable: true, description: 'CloudEvents subject.' }),
    message: t.string({ description: 'The message as it came, as text.', resolve: ({ raw }) => new TextDecoder().decode(raw) }),
    reason: t.exposeString('reason', { description: 'Why it could not be taken in.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was set aside.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was set aside or replayed.' }),
    outcome: t.field({ type: Outcome, nullable: true, description: 'What became of it; null while it waits.', resolve: ({ outcome }) => outcome }),
    settledAt: t.expose('settledAt', { type: 'DateTime', nullable: true, description: 'When.' }),
    settledBy: t.exposeString('settledBy', { nullable: true, description: 'By whom.' }),
  }),
});
builder.asEntity(PoisonMessage, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => context.loaders.load('PoisonMessage', id, (ids) => poison.byIds(context.sql, ids)) });

builder.queryField('poisonMessage', (t) =>
  t.field({
    type: PoisonMessage,
    nullable: true,
    description: 'One event that could not be taken in; null when there is none of this id.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => context.loaders.load('PoisonMessage', id, (ids) => poison.byIds(context.sql, ids)),
  }),
);
const Filter = builder.inputRef<PoisonFilter>('PoisonMessageFilter').implement({
  description: 'Narrows the list of messages that were set aside; what is given is combined by AND.',
  fields: (t) => ({
    waiting: t.boolean({ description: 'Only those that wait for somebody, or only those that do not.' }),
    streams: t.stringList({ description: 'Of one of these streams.' }),
    types: t.stringList({ description: 'Of one of these CloudEvents types.' }),
  }),
});
builder.queryField('poisonMessages', (t) =>
  t.field({
    type: PoisonMessageConnection,
    nullable: true,
    description: 'Events of other hubs that could not be taken in, oldest first.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: Filter, description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => poison.page(context.sql, filter ?? {}, page),
  }),
);

const FollowedStream = builder.objectRef<StreamPlace>('FollowedStream').implement({
  description: 'A stream of another hub, and how far this hub has followed it.',
  fields: (t) => ({
    stream: t.exposeString('stream', { description: 'Name of the stream.' }),
    position: t.field({ type: 'SafeInt', description: 'The last event that is done with; events without effect are counted in steps.', resolve: ({ position }) => position }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When that was kept.' }),
    waiting: t.int({ description: 'Messages of it that were set aside and wait.', resolve: async ({ stream }, _args, context) => (await context.loaders.load('FollowedStream.waiting', stream, () => poison.waiting(context.sql))) ?? 0 }),
  }),
});
builder.queryField('followedStreams', (t) => t.field({ type: [FollowedStream], nullable: true, description: 'The streams of other hubs that this hub follows, and how far.', requiresScopes: READ, resolve: (_root, _args, context) => positions.all(context.sql) }));

addMutation(builder, {
  verb: 'replayPoison',
  description: 'Takes a message in that was set aside, after the reason for it was put right. The oldest of its subject comes first. Refused, and nothing changes, when it still cannot be taken in.',
  scopes: [['ops:write']],
  input: builder.inputType('ReplayPoisonInput', { description: 'Which one.', fields: (t) => ({ id: t.id({ required: true, description: 'Id of the message.' }), ...changeFields(t) }) }),
  payload: { poisonMessage: PoisonMessage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => replayPoison(work, input)),
});
addMutation(builder, {
  verb: 'discardPoison',
  description: 'Gives a message up that was set aside, with a reason. What it would have raised or resolved stays as it is.',
  scopes: [['ops:write']],
  input: builder.inputType('DiscardPoisonInput', { description: 'Which one, and why.', fields: (t) => ({ id: t.id({ required: true, description: 'Id of the message.' }), reason: t.string({ required: true, description: 'Why.' }), ...changeFields(t) }) }),
  payload: { poisonMessage: PoisonMessage },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => discardPoison(work, input)),
});
