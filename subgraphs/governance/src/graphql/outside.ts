// What other hubs have that a closing waits for, and how well this hub knows it.
import type { ClosureBlocker } from '../lifecycle/closure.ts';
import type { ClosureSource, SourceState } from '../lifecycle/outside.ts';
import { CLOSURE_HUBS } from '../model.ts';
import { readSources } from '../commands/outside.ts';
import { decisions } from '../store/index.ts';
import { builder, READ } from './builder.ts';
import { Blocker, ClosureSource as Source, Decision, Task } from './refs.ts';

/** Nouns of other hubs that a blocker may lead to: their own hubs know all but the id. */
const LINKS = ['Alert', 'Gate', 'Contribution', 'ArtifactPackage', 'Commitment'] as const;
const links = LINKS.map((noun) => {
  const ref = builder.objectRef<{ readonly id: string }>(noun);
  ref.implement({ fields: (t) => ({ id: t.exposeID('id', {}) }) });
  builder.asEntity(ref, { key: builder.keyDirective(builder.selection<{ id: string }>('id'), false), resolveReference: ({ id }) => ({ id }) });
  return ref;
});

const BlockingEntity = builder.unionType('BlockingEntity', {
  description: 'What stands in the way of a closing, in whichever hub it is.',
  types: [Task, Decision, ...links],
  resolveType: (entity) => (entity as unknown as { readonly __typename: string }).__typename,
});

const GOVERNANCE = 'governance';
/** What a blocker is about: hub, noun and the facts that tell it from others. */
function about({ task, decision, item, source }: ClosureBlocker) {
  if (task !== null) return { hub: GOVERNANCE, noun: 'Task', id: task.id, key: task.code, title: task.title, status: task.status, since: task.createdAt };
  if (decision !== undefined) return { hub: GOVERNANCE, noun: 'Decision', id: decision.id, key: null, title: decision.title, status: 'PROPOSED', since: decision.createdAt };
  if (item !== undefined) return { ...item, key: item.code };
  return { hub: source?.hub ?? GOVERNANCE, noun: null, id: null, key: null, title: null, status: null, since: source?.asOf ?? null };
}

builder.objectField(Blocker, 'hub', (t) => t.string({ description: 'The hub that it is in.', resolve: (blocker) => about(blocker).hub }));
for (const [name, description] of [
  ['noun', 'What kind of thing it is, such as Task, Alert or Gate; null when it is about no one thing.'],
  ['key', 'Its natural key, such as the code of a task, when it has one.'],
  ['title', 'What it is called.'],
  ['status', 'Its state, in the words of its hub.'],
] as const) builder.objectField(Blocker, name as 'noun', (t) => t.string({ nullable: true, description, resolve: (blocker) => about(blocker)[name] }));
builder.objectField(Blocker, 'id', (t) => t.id({ nullable: true, description: 'Its id.', resolve: (blocker) => about(blocker).id }));
builder.objectField(Blocker, 'since', (t) => t.field({ type: 'DateTime', nullable: true, description: 'Since when it stands in the way; of a hub that is not known, the moment until which it is.', resolve: (blocker) => about(blocker).since }));
builder.objectField(Blocker, 'entity', (t) =>
  t.field({
    type: BlockingEntity,
    nullable: true,
    description: 'The thing itself, as its hub has it now.',
    resolve: async ({ task, decision, item }, _args, context) => {
      if (task !== null) return { ...task, __typename: 'Task' };
      if (item !== undefined) return { id: item.id, __typename: item.noun };
      const found = decision && (await context.loaders.load('Decision.id', decision.id, (ids) => decisions.byIds(context.sql, ids)));
      return found ? { ...found, __typename: 'Decision' } : null;
    },
  }),
);

const Hub = builder.enumType('ClosureHub', { description: 'A hub that may have something that a closing waits for.', values: Object.fromEntries(CLOSURE_HUBS.map((hub) => [hub.toUpperCase(), { value: hub, description: `The hub ${hub}.` }])) as Record<string, { value: ClosureSource['hub']; description: string }> });
const State = builder.enumType('ClosureSourceState', {
  description: 'How well a hub is known.',
  values: {
    CURRENT: { description: 'All that its stream holds is known.' },
    BEHIND: { description: 'Events of its stream are still to be taken in.' },
    INTERRUPTED: { description: 'Its stream cannot be read now; what it held at `asOf` is known.' },
    INCOMPLETE: { description: 'Events are missing: what is known of it has to be rebuilt.' },
    ABSENT: { description: 'It has no stream: it was never started here, and nothing is waited for.' },
    NOT_FOLLOWED: { description: 'Events are not followed here: nothing new is known, and a closing goes by what is.' },
  } satisfies Record<SourceState, object>,
});
Source.implement({
  description: 'How well this hub knows what another one has that a closing waits for.',
  fields: (t) => ({
    hub: t.field({ type: Hub, description: 'The hub.', resolve: ({ hub }) => hub }),
    state: t.field({ type: State, description: 'How well it is known.', resolve: ({ state }) => state }),
    asOf: t.expose('asOf', { type: 'DateTime', nullable: true, description: 'All that its stream held then is known, true to 1.5 s; null: nothing has been read since this hub began.' }),
    behind: t.field({ type: 'SafeInt', nullable: true, description: 'Events of its stream that are still to be taken in; null when that is not known.', resolve: ({ behind }) => behind }),
    position: t.field({ type: 'SafeInt', description: 'How far its stream is taken in.', resolve: ({ position }) => position }),
    missed: t.field({ type: 'SafeInt', description: 'Events that are missing.', resolve: ({ missed }) => missed }),
    reason: t.exposeString('reason', { nullable: true, description: 'What is amiss, and what helps.' }),
  }),
});
builder.queryField('closureSources', (t) =>
  t.field({ type: [Source], nullable: true, description: 'How well this hub knows what each of the others has that a closing waits for.', requiresScopes: READ, resolve: (_root, _args, context) => readSources(context.sql, context.others.views()) }),
);

export { Hub as ClosureHub };
