import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { registerMetadataSchema } from '../commands/metadata-schema.ts';
import { metadataSchemas } from '../store/index.ts';
import { builder, paging, READ } from './builder.ts';
import { MetadataSchema } from './refs.ts';

MetadataSchema.implement({
  description: 'What the metadata of packages must look like: a JSON Schema 2020-12. It cannot change once a finalized package uses it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    key: t.exposeString('key', { description: 'How packages name it, such as guide-board.run.v1.' }),
    name: t.exposeString('name', { description: 'Its key without the version, such as guide-board.run.' }),
    number: t.exposeInt('number', { description: 'Its version.' }),
    schema: t.field({ type: 'JSON', description: 'The document: an object, true or false.', resolve: (of) => of.schema }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who registered it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
    usedAt: t.expose('usedAt', { type: 'DateTime', nullable: true, description: 'Since when it cannot change: the first package that uses it was finalized, or it came with the hub.' }),
  }),
});
const MetadataSchemaConnection = connectionOf(builder, MetadataSchema, 'MetadataSchema');

builder.queryField('metadataSchema', (t) =>
  t.field({
    type: MetadataSchema,
    nullable: true,
    description: 'One metadata schema by its key; null when there is none.',
    requiresScopes: READ,
    args: { key: t.arg.string({ required: true, description: 'Its key, such as guide-board.run.v1.' }) },
    resolve: (_root, { key }, context) => context.loaders.load('MetadataSchema.key', key, (keys) => metadataSchemas.byKeys(context.sql, keys)),
  }),
);
builder.queryField('metadataSchemas', (t) =>
  t.field({
    type: MetadataSchemaConnection,
    nullable: true,
    description: 'Metadata schemas by name and version.',
    requiresScopes: READ,
    args: { name: t.arg.string({ description: 'Of this name only, such as guide-board.run.' }), ...paging },
    resolve: (_root, { name, ...page }, context) => metadataSchemas.page(context.sql, name ?? null, page),
  }),
);

addMutation(builder, {
  verb: 'registerMetadataSchema',
  description: 'Registers what metadata must look like, under a name and version. References stay inside the document; patterns are evaluated in linear time. The same again is no change. One that a finalized package uses never changes: register the next version.',
  scopes: [['artifacts:write']],
  input: builder.inputType('RegisterMetadataSchemaInput', {
    description: 'A metadata schema.',
    fields: (t) => ({
      key: t.string({ required: true, description: 'Name and version, such as guide-board.run.v1: lower-case words with dots or dashes between them, then .v and a number.' }),
      schema: t.field({ type: 'JSON', required: true, description: 'JSON Schema 2020-12: an object, true or false.' }),
      description: t.string({ description: 'What it is for; at most 2,000 characters.' }),
      replace: t.boolean({ defaultValue: false, description: 'Take the place of another document under this key that nothing uses yet.' }),
      ...changeFields(t),
    }),
  }),
  payload: { schema: MetadataSchema },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => registerMetadataSchema(work, input)),
});
