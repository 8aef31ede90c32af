import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { registerDomain, updateDomain } from '../commands/domain.ts';
import { domains, type DomainFilter as Filter, type DomainOrder as Order } from '../store/index.ts';
import { builder, paging, READ, type GovernanceContext } from './builder.ts';
import { DomainConnection } from './connections.ts';
import { Domain } from './refs.ts';

/** Loads domains by id or slug, batched. */
export const domainById = (context: GovernanceContext, id: string) => context.loaders.load('Domain.id', id, (ids) => domains.byIds(context.sql, ids));
export const domainBySlug = (context: GovernanceContext, slug: string) => context.loaders.load('Domain.slug', slug, (slugs) => domains.bySlugs(context.sql, slugs));

Domain.implement({
  description: 'A part of the organisation that owns repos, goals and work.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    slug: t.exposeString('slug', { description: 'Natural key, such as custodian.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is about.' }),
    owner: t.exposeString('owner', { nullable: true, description: 'Who answers for it.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

builder.asEntity(Domain, {
  key: [builder.selection<{ slug: string }>('slug'), builder.selection<{ id: string }>('id')],
  resolveReference: (reference: { id?: string; slug?: string }, context) => (reference.slug !== undefined ? domainBySlug(context, reference.slug) : isUuid(reference.id ?? '') ? domainById(context, reference.id ?? '') : null),
});

const DomainFilter = builder.inputRef<Filter>('DomainFilter').implement({
  description: 'Narrows a list of domains; what is given is combined by AND.',
  fields: (t) => ({
    slugs: t.stringList({ description: 'One of these slugs.' }),
    text: t.string({ description: 'Contains this text in slug or name.' }),
  }),
});
const DomainOrder = builder.enumType('DomainOrder', {
  description: 'Order of a list of domains.',
  values: { SLUG: { description: 'By slug.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }>,
});

builder.queryField('domain', (t) =>
  t.field({
    type: Domain,
    nullable: true,
    description: 'One domain by its slug; null when there is none.',
    requiresScopes: READ,
    args: { slug: t.arg.string({ required: true, description: 'Its slug, such as custodian.' }) },
    resolve: (_root, { slug }, context) => domainBySlug(context, slug),
  }),
);
builder.queryField('domains', (t) =>
  t.field({
    type: DomainConnection,
    nullable: true,
    description: 'Domains of the organisation.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: DomainFilter, description: 'Which ones.' }), orderBy: t.arg({ type: DomainOrder, defaultValue: 'SLUG', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => domains.page(context.sql, filter ?? {}, orderBy ?? 'SLUG', page),
  }),
);

addMutation(builder, {
  verb: 'registerDomain',
  description: 'Registers a domain. Refuses a slug that is taken (Duplicate).',
  scopes: [['governance:write']],
  input: builder.inputType('RegisterDomainInput', {
    description: 'A new domain.',
    fields: (t) => ({
      slug: t.string({ required: true, description: 'Natural key: lower-case words with dashes, at most 100 characters. It stays for ever.' }),
      name: t.string({ required: true, description: 'What it is called; 1 to 500 characters.' }),
      description: t.string({ description: 'What it is about.' }),
      owner: t.string({ description: 'Who answers for it.' }),
      ...changeFields(t),
    }),
  }),
  payload: { domain: Domain },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => registerDomain(work, input)),
});

addMutation(builder, {
  verb: 'updateDomain',
  description: 'Changes what is said of a domain. What is left out stays; null clears.',
  scopes: [['governance:write']],
  input: builder.inputType('UpdateDomainInput', {
    description: 'What changes.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the domain.' }),
      name: t.string({ description: 'What it is called.' }),
      description: t.string({ description: 'What it is about.' }),
      owner: t.string({ description: 'Who answers for it.' }),
      ...changeFields(t),
    }),
  }),
  payload: { domain: Domain },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => updateDomain(work, input)),
});
