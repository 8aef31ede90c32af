import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { registerEnvironment, updateEnvironment } from '../commands/environment.ts';
import { environments, type EnvironmentFilter as Filter } from '../store/index.ts';
import { builder, EnvironmentKind, paging, READ } from './builder.ts';
import { EnvironmentConnection } from './connections.ts';
import { Environment } from './refs.ts';

Environment.implement({
  description: 'A place where services run.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key, such as production-eu.' }),
    kind: t.field({ type: EnvironmentKind, description: 'What counts for gates.', resolve: ({ kind }) => kind }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    url: t.exposeString('url', { nullable: true, description: 'Where it is looked at.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    source: t.exposeString('source', { nullable: true, description: 'The inventory file that told of it.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});
builder.asEntity(Environment, { key: builder.selection<{ slug: string }>('slug'), resolveReference: ({ slug }, context) => context.loaders.load('Environment.slug', slug, (slugs) => environments.bySlugs(context.sql, slugs)) });

const EnvironmentFilter = builder.inputRef<Filter>('EnvironmentFilter').implement({ description: 'Narrows a list of environments.', fields: (t) => ({ kinds: t.field({ type: [EnvironmentKind], description: 'Of one of these kinds.' }) }) });
builder.queryField('environments', (t) =>
  t.field({
    type: EnvironmentConnection,
    nullable: true,
    description: 'Places where services run, by slug.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: EnvironmentFilter, description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => environments.page(context.sql, filter ?? {}, page),
  }),
);
const SCOPES = [['ops:write']] as const;

addMutation(builder, {
  verb: 'registerEnvironment',
  description: 'Registers a place where services run, under a slug that is free.',
  scopes: SCOPES,
  input: builder.inputType('RegisterEnvironmentInput', {
    description: 'A new environment.',
    fields: (t) => ({
      slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes. It stays for ever.' }),
      kind: t.field({ type: EnvironmentKind, required: true, description: 'What counts for gates. It stays for ever.' }),
      name: t.string({ description: 'What it is called; the slug when left out.' }),
      url: t.string({ description: 'Where it is looked at: http or https, without credentials.' }),
      description: t.string({ description: 'What it is for.' }),
      ...changeFields(t),
    }),
  }),
  payload: { environment: Environment },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => registerEnvironment(work, input)),
});
addMutation(builder, {
  verb: 'updateEnvironment',
  description: 'Changes what is known of an environment. What is left out stays; null clears. Slug and kind stay for ever.',
  scopes: SCOPES,
  input: builder.inputType('UpdateEnvironmentInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the environment.' }),
      name: t.string({ description: 'What it is called.' }),
      url: t.string({ description: 'Where it is looked at.' }),
      description: t.string({ description: 'What it is for.' }),
      ...changeFields(t),
    }),
  }),
  payload: { environment: Environment },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateEnvironment(work, input)),
});
