import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { createTopic } from '../commands/topic.ts';
import { topics, type TopicFilter as Filter, type TopicOrder as Order } from '../store/index.ts';
import { builder, paging, READ, type GovernanceContext } from './builder.ts';
import { TopicConnection } from './connections.ts';
import { domainById } from './domain.ts';
import { Domain, Topic } from './refs.ts';

const topicById = (context: GovernanceContext, id: string) => context.loaders.load('Topic.id', id, (ids) => topics.byIds(context.sql, ids));
const topicBySlug = (context: GovernanceContext, slug: string) => context.loaders.load('Topic.slug', slug, (slugs) => topics.bySlugs(context.sql, slugs));

Topic.implement({
  description: 'A theme of a domain that groups workstreams.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key.' }),
    title: t.exposeString('title', { description: 'What it is called.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is about.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    domain: t.field({ type: Domain, description: 'The domain that it belongs to.', resolve: async (topic, _args, context) => (await domainById(context, topic.domainId))! }),
  }),
});

builder.asEntity(Topic, {
  key: [builder.selection<{ slug: string }>('slug'), builder.selection<{ id: string }>('id')],
  resolveReference: (reference: { id?: string; slug?: string }, context) => (reference.slug !== undefined ? topicBySlug(context, reference.slug) : isUuid(reference.id ?? '') ? topicById(context, reference.id ?? '') : null),
});

const TopicFilter = builder.inputRef<Filter>('TopicFilter').implement({
  description: 'Narrows a list of topics; what is given is combined by AND.',
  fields: (t) => ({
    slugs: t.stringList({ description: 'One of these slugs.' }),
    domains: t.stringList({ description: 'In one of these domains (slugs).' }),
    text: t.string({ description: 'Contains this text in slug, title or description.' }),
  }),
});
const TopicOrder = builder.enumType('TopicOrder', {
  description: 'Order of a list of topics.',
  values: { SLUG: { description: 'By slug.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});
const listArgs = builder.args((t) => ({
  filter: t.field({ type: TopicFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: TopicOrder, defaultValue: 'SLUG', description: 'In which order.' }),
}));

builder.objectField(Domain, 'topics', (t) =>
  t.field({
    type: TopicConnection,
    description: 'Topics of the domain.',
    args: { ...listArgs, ...paging },
    resolve: async (domain, { filter, orderBy, ...page }, context) =>
      (await context.loaders.load(argsName('Domain.topics', { filter, orderBy, page }), domain.id, (ids) => topics.pagesOf(context.sql, ids, filter ?? {}, orderBy ?? 'SLUG', page)))!,
  }),
);
builder.queryField('topic', (t) =>
  t.field({
    type: Topic,
    nullable: true,
    description: 'One topic by its slug; null when there is none.',
    requiresScopes: READ,
    args: { slug: t.arg.string({ required: true, description: 'Its slug.' }) },
    resolve: (_root, { slug }, context) => topicBySlug(context, slug),
  }),
);
builder.queryField('topics', (t) =>
  t.field({
    type: TopicConnection,
    nullable: true,
    description: 'Topics of the organisation.',
    requiresScopes: READ,
    args: { ...listArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => topics.page(context.sql, filter ?? {}, orderBy ?? 'SLUG', page),
  }),
);

addMutation(builder, {
  verb: 'createTopic',
  description: 'Creates a topic of a domain. Refuses a slug that is taken (Duplicate) and an unknown domain (NotFound).',
  scopes: [['governance:write']],
  input: builder.inputType('CreateTopicInput', {
    description: 'A new topic.',
    fields: (t) => ({
      slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes, at most 100 characters. It stays for ever.' }),
      domain: t.string({ required: true, description: 'Slug of its domain.' }),
      title: t.string({ required: true, description: 'What it is called; 1 to 500 characters.' }),
      description: t.string({ description: 'What it is about.' }),
      ...changeFields(t),
    }),
  }),
  payload: { topic: Topic },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => createTopic(work, input)),
});
