import type { ChangeAnswer } from '@hubgraph/kit/change';
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { registerReporter, updateReporter } from '../commands/reporter.ts';
import type { Reporter, ReporterKind } from '../model.ts';
import { reporters, type ReporterFilter as Filter } from '../store/index.ts';
import { builder, paging, READ } from './builder.ts';
import { ApiConsumer, RegisteredHub, Service, Widget } from './refs.ts';
import { serviceBySlug } from './service.ts';

const ReporterFilter = builder.inputRef<Filter>('ReporterFilter').implement({
  description: 'Narrows a list of hubs, API consumers or widgets; what is given is combined by AND.',
  fields: (t) => ({ slugs: t.stringList({ description: 'One of these slugs.' }), services: t.stringList({ description: 'Belonging to one of these services (slugs).' }) }),
});
const SCOPES = [['ops:write']] as const;

/** The three kinds differ by what their manifest says; a fourth is one more line. */
const KINDS = [
  { kind: 'HUB', ref: RegisteredHub, noun: 'Hub', list: 'hubs', field: 'hub', about: 'A hub of the graph, as it is registered.', manifest: 'Its manifest: name, event hub, stream, what it owns.' },
  { kind: 'API_CONSUMER', ref: ApiConsumer, noun: 'ApiConsumer', list: 'apiConsumers', field: 'apiConsumer', about: 'Something that uses the graph or an API of a service.', manifest: 'What it uses: scopes, operations, versions.' },
  { kind: 'WIDGET', ref: Widget, noun: 'Widget', list: 'widgets', field: 'widget', about: 'A part of a dashboard that reports.', manifest: 'What it shows and asks: title, operation, refresh.' },
] as const satisfies readonly { kind: ReporterKind; ref: typeof Widget; noun: string; list: string; field: string; about: string; manifest: string }[];

for (const { kind, ref, noun, list, field, about, manifest } of KINDS) {
  ref.implement({
    description: about,
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
      slug: t.exposeString('slug', { description: 'Natural key among its kind.' }),
      name: t.exposeString('name', { description: 'What it is called.' }),
      owner: t.exposeString('owner', { nullable: true, description: 'Who answers for it.' }),
      service: t.field({ type: Service, nullable: true, description: 'The service that it belongs to; null when none is named or it is not registered.', resolve: ({ service }, _args, context) => (service === null ? null : serviceBySlug(context, service)) }),
      manifest: t.field({ type: 'JSON', description: manifest, resolve: (reporter) => reporter.manifest }),
      url: t.exposeString('url', { nullable: true, description: 'Where it is.' }),
      source: t.exposeString('source', { nullable: true, description: 'The inventory file that told of it.' }),
      version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    }),
  });
  builder.asEntity(ref, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => context.loaders.load('Reporter', id, (ids) => reporters.byIds(context.sql, ids)) });
  const Connection = connectionOf(builder, ref, ref.name);
  builder.queryField(list, (t) =>
    t.field({
      type: Connection,
      nullable: true,
      description: `${about.replace(/\.$/, '')}; by slug.`,
      requiresScopes: READ,
      args: { filter: t.arg({ type: ReporterFilter, description: 'Which ones.' }), ...paging },
      resolve: (_root, { filter, ...page }, context) => reporters.page(context.sql, kind, filter ?? {}, page),
    }),
  );
  addMutation(builder, {
    verb: `register${noun}`,
    description: `Registers one under a slug that is free among its kind. ${about}`,
    scopes: SCOPES,
    input: builder.inputType(`Register${noun}Input`, {
      description: 'What is known of it.',
      fields: (t) => ({
        slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes. It stays for ever.' }),
        name: t.string({ description: 'What it is called; the slug when left out.' }),
        owner: t.string({ description: 'Who answers for it.' }),
        service: t.string({ description: 'Slug of the service that it belongs to.' }),
        manifest: t.field({ type: 'JSON', description: `${manifest} A JSON object of at most 16,384 characters.` }),
        url: t.string({ description: 'Where it is: http or https, without credentials.' }),
        ...changeFields(t),
      }),
    }),
    payload: { [field]: ref },
    run: async (input, verb, context) => renamed(field, await context.changes.run(context.caller, verb, (work) => registerReporter(work, kind, input))),
  });
  addMutation(builder, {
    verb: `update${noun}`,
    description: 'Changes what is known of one. What is left out stays; null clears.',
    scopes: SCOPES,
    input: builder.inputType(`Update${noun}Input`, {
      description: 'What changes.',
      fields: (t) => ({
        id: t.id({ required: true, description: 'Its id.' }),
        name: t.string({ description: 'What it is called.' }),
        owner: t.string({ description: 'Who answers for it.' }),
        service: t.string({ description: 'Slug of the service that it belongs to.' }),
        manifest: t.field({ type: 'JSON', description: manifest }),
        url: t.string({ description: 'Where it is.' }),
        ...changeFields(t),
      }),
    }),
    payload: { [field]: ref },
    run: async (input, verb, context) => renamed(field, await context.changes.run(context.caller, verb, (work) => updateReporter(work, kind, input))),
  });
}

/** The payload's field is called after the noun. */
function renamed(field: string, answer: ChangeAnswer<{ readonly reporter: Reporter }>): ChangeAnswer<Record<string, Reporter>> {
  return { ...answer, result: answer.result && { [field]: answer.result.reporter } };
}
