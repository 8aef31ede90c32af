import { isUuid } from '@hubgraph/kit/ids';
import { argsName } from '@hubgraph/kit/graphql/loaders';
import type { PageArgs } from '@hubgraph/kit/page';
import { evidences, type EvidenceFilter as Filter, type EvidenceOrder as Order, type EvidenceScope } from '../store/evidence.ts';
import { services } from '../store/service.ts';
import { builder, EnvironmentKind, EvidenceKind, EvidenceResult, paging, READ, type OpsContext } from './builder.ts';
import { EvidenceConnection } from './connections.ts';
import { Domain, Evidence, MigrationRun, Service, Workstream } from './refs.ts';

const serviceBySlug = (context: OpsContext, slug: string) => context.loaders.load('Service.slug', slug, (slugs) => services.bySlugs(context.sql, slugs));
/** Loads evidence by id, batched. */
export const evidenceById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('Evidence.id', id.toLowerCase(), (ids) => evidences.byIds(context.sql, ids)) : null);

Evidence.implement({
  description: 'One observation: ids, key prefixes, hashes, routes, counts, statuses and booleans only. It is never changed.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    kind: t.field({ type: EvidenceKind, description: 'What was observed.', resolve: (evidence) => evidence.kind }),
    environment: t.field({ type: EnvironmentKind, description: 'Where. LOCAL evidence never counts for a gate.', resolve: (evidence) => evidence.environment }),
    service: t.field({ type: Service, nullable: true, description: 'The service that was observed.', resolve: (evidence, _args, context) => (evidence.service === null ? null : serviceBySlug(context, evidence.service)) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it was made for. Its key is kept as it was given: asked for more than the key, one that governance does not know is null.', resolve: ({ workstream }) => (workstream === null ? null : { code: workstream }) }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain: as given, else that of the service when it was recorded.', resolve: ({ domain }) => (domain === null ? null : { slug: domain }) }),
    migrationRun: t.exposeString('migrationRun', { nullable: true, description: 'Code of the migration run that it was made for.' }),
    releaseDigest: t.exposeString('releaseDigest', { nullable: true, description: 'Digest of the release that was observed.' }),
    result: t.field({ type: EvidenceResult, description: 'What it says.', resolve: (evidence) => evidence.result }),
    observedAt: t.expose('observedAt', { type: 'DateTime', description: 'When it was so; freshness counts from here.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When the hub was told.' }),
    recordedBy: t.exposeString('recordedBy', { description: 'Who told it.' }),
    source: t.exposeString('source', { description: 'What made the observation: a job, a probe, a CloudEvents source.' }),
    sourceKey: t.exposeString('sourceKey', { description: 'The source\'s own key of it; recorded again under the same key, nothing is doubled.' }),
    report: t.field({ type: 'JSON', description: 'What was seen, by the allowlist of its kind (docs/evidence.md).', resolve: (evidence) => evidence.report }),
  }),
});

builder.asEntity(Evidence, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => evidenceById(context, id) });

const EvidenceFilter = builder.inputRef<Filter>('EvidenceFilter').implement({
  description: 'Narrows a list of evidence; what is given is combined by AND.',
  fields: (t) => ({
    kinds: t.field({ type: [EvidenceKind], description: 'Of one of these kinds.' }),
    environments: t.field({ type: [EnvironmentKind], description: 'From one of these environments.' }),
    results: t.field({ type: [EvidenceResult], description: 'With one of these results.' }),
    services: t.stringList({ description: 'Of one of these services (slugs).' }),
    workstreams: t.stringList({ description: 'Of one of these workstreams (codes).' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    migrationRuns: t.stringList({ description: 'Of one of these migration runs (codes).' }),
    releaseDigest: t.string({ description: 'Of this release.' }),
    source: t.string({ description: 'Of this source.' }),
    observedSince: t.field({ type: 'DateTime', description: 'Observed then or later.' }),
    observedBefore: t.field({ type: 'DateTime', description: 'Observed before that.' }),
  }),
});
const EvidenceOrder = builder.enumType('EvidenceOrder', {
  description: 'Order of a list of evidence.',
  values: { OBSERVED: { description: 'Oldest observation first.' }, OBSERVED_DESC: { description: 'Newest observation first.' } } as Record<Order, { description: string }>,
});
/** The arguments of every list of evidence. */
export const evidenceArgs = builder.args((t) => ({
  filter: t.field({ type: EvidenceFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: EvidenceOrder, defaultValue: 'OBSERVED_DESC', description: 'In which order.' }),
}));

builder.queryField('evidence', (t) =>
  t.field({
    type: Evidence,
    nullable: true,
    description: 'One observation by its id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => evidenceById(context, id),
  }),
);
builder.queryField('evidences', (t) =>
  t.field({
    type: EvidenceConnection,
    nullable: true,
    description: 'All evidence.',
    requiresScopes: READ,
    args: { ...evidenceArgs, ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => evidences.page(context.sql, filter ?? {}, orderBy ?? 'OBSERVED_DESC', page),
  }),
);

interface ListArgs extends PageArgs {
  readonly filter?: Filter | null;
  readonly orderBy?: Order | null;
}
/** The evidence of one of many services or workstreams: one statement, whatever their number. */
function evidenceOf(context: OpsContext, scope: EvidenceScope, key: string, { filter, orderBy, ...page }: ListArgs) {
  return context.loaders.load(argsName(`evidence of ${scope}`, { filter, orderBy, page }), key, (keys) => evidences.pagesOf(context.sql, scope, keys, filter ?? {}, orderBy ?? 'OBSERVED_DESC', page));
}

builder.objectField(Service, 'evidence', (t) =>
  t.field({ type: EvidenceConnection, nullable: true, description: 'What was observed of it.', args: { ...evidenceArgs, ...paging }, resolve: ({ slug }, args, context) => evidenceOf(context, 'service', slug, args) }),
);
builder.objectField(Workstream, 'evidence', (t) =>
  t.field({ type: EvidenceConnection, nullable: true, description: 'What was observed for it.', args: { ...evidenceArgs, ...paging }, resolve: ({ code }, args, context) => evidenceOf(context, 'workstream', code, args) }),
);
builder.objectField(MigrationRun, 'evidence', (t) =>
  t.field({ type: EvidenceConnection, nullable: true, description: 'What was observed for it.', args: { ...evidenceArgs, ...paging }, resolve: ({ code }, args, context) => evidenceOf(context, 'migrationRun', code, args) }),
);
