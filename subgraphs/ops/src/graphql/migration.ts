import { migrationLifecycle } from '../lifecycle/migration.ts';
import { migrationFacts, migrations, type MigrationFilter as Filter, type MigrationOrder as Order, type StoredMigrationFacts } from '../store/index.ts';
import type * as model from '../model.ts';
import { builder, loadHistory, MigrationStatus, paging, READ, shared, type OpsContext } from './builder.ts';
import { MigrationRunConnection } from './connections.ts';
import { migrationByCode, migrationById } from './migration-load.ts';
import { Domain, MigrationRun, Service, Workstream } from './refs.ts';
import { serviceBySlug } from './service.ts';

/** The runs that a request looks at, by id and version: those of a dry run are nowhere else. */
const seen = new WeakMap<OpsContext['loaders'], Map<string, model.MigrationRun>>();

/** What a run's next steps look at, batched over all that a request looks at. */
async function factsOf(context: OpsContext, run: model.MigrationRun): Promise<StoredMigrationFacts> {
  const runs = seen.get(context.loaders) ?? new Map<string, model.MigrationRun>();
  seen.set(context.loaders, runs);
  const key = `${run.id} ${run.version}`;
  runs.set(key, run);
  return (await context.loaders.load('MigrationRun.facts', key, async (keys) => {
    const wanted = keys.map((one) => [one, runs.get(one)!] as const);
    const facts = await migrationFacts(context.sql, wanted.map(([, one]) => one), context.now());
    return new Map(wanted.map(([one, { id }]) => [one, facts.get(id)!]));
  }))!;
}

MigrationRun.implement({
  description: 'A system replaced by another, step by step: bundle validated, imported, dual run, cut over, retired; the way back is explicit.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    code: t.exposeString('code', { description: 'What people and evidence call it; unique.' }),
    title: t.exposeString('title', { description: 'What is replaced by what, in one line.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it belongs to.', resolve: ({ domain }) => ({ slug: domain }) }),
    service: t.field({ type: Service, nullable: true, description: 'The service that is replaced or comes new.', resolve: ({ service }, _args, context) => (service === null ? null : serviceBySlug(context, service)) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it is done in. Its key is kept as it was given: asked for more than the key, one that governance does not know is null.', resolve: ({ workstream }) => (workstream === null ? null : { code: workstream }) }),
    status: t.field({ type: MigrationStatus, description: 'Where it stands in its lifecycle.', resolve: ({ status }) => status }),
    owner: t.exposeString('owner', { description: 'Who answers for it.' }),
    bundleDigest: t.exposeString('bundleDigest', { nullable: true, description: 'Digest of the bundle that is moved.' }),
    countsIn: t.exposeInt('countsIn', { nullable: true, description: 'How many went in.' }),
    countsStored: t.exposeInt('countsStored', { nullable: true, description: 'How many were stored; the same, once it is IMPORTED.' }),
    cutoverDecision: t.exposeString('cutoverDecision', { nullable: true, description: 'Id or code of the decision to cut over.' }),
    legacyFallback: t.exposeBoolean('legacyFallback', { nullable: true, description: 'Whether the old system remains as a fallback, as that decision says.' }),
    soakUntil: t.expose('soakUntil', { type: 'DateTime', nullable: true, description: 'Until when the new system has to serve before the old one may go.' }),
    rollbackRehearsedAt: t.field({ type: 'DateTime', nullable: true, description: 'When the way back was last tried with success, by evidence that is not LOCAL; null when it was not, or failed since.', resolve: async (run, _args, context) => (await factsOf(context, run)).rehearsedAt }),
    reason: t.exposeString('reason', { nullable: true, description: 'What was said with its last step; why, of one that was rolled back.' }),
    version: t.exposeInt('version', { description: 'Rises by one with every change; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who planned it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was planned.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    allowedTransitions: t.field({ type: [shared.Allowed], description: 'Every move from the present state, and for each whether the caller may make it now and what is missing: evidence, gates, soak time.', resolve: async (run, _args, context) => migrationLifecycle.allowed(run.status, (await factsOf(context, run)).facts, context.identity) }),
    history: t.field({ type: [shared.Transition], description: 'Every transition so far, oldest first.', resolve: (run, _args, context) => loadHistory(context, 'MigrationRun', run.id) }),
  }),
});
builder.asEntity(MigrationRun, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => migrationById(context, id) });

const MigrationFilter = builder.inputRef<Filter>('MigrationRunFilter').implement({
  description: 'Narrows a list of migration runs; what is given is combined by AND.',
  fields: (t) => ({
    codes: t.stringList({ description: 'Of one of these codes.' }),
    statuses: t.field({ type: [MigrationStatus], description: 'In one of these states.' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    services: t.stringList({ description: 'Of one of these services (slugs).' }),
    workstreams: t.stringList({ description: 'Of one of these workstreams (codes).' }),
    owners: t.stringList({ description: 'Owned by one of these.' }),
  }),
});
const MigrationOrder = builder.enumType('MigrationRunOrder', { description: 'Order of a list of migration runs.', values: { CODE: { description: 'By code.' }, CREATED_DESC: { description: 'Newest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }> });

builder.queryField('migrationRun', (t) =>
  t.field({
    type: MigrationRun,
    nullable: true,
    description: 'One migration run, by its id or its code; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ description: 'Its id.' }), code: t.arg.string({ description: 'Its code; looked at when no id is given.' }) },
    resolve: (_root, { id, code }, context) => (id != null ? migrationById(context, id) : code != null ? migrationByCode(context, code) : null),
  }),
);
builder.queryField('migrationRuns', (t) =>
  t.field({
    type: MigrationRunConnection,
    nullable: true,
    description: 'Migration runs, over ones too.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: MigrationFilter, description: 'Which ones.' }), orderBy: t.arg({ type: MigrationOrder, defaultValue: 'CODE', description: 'In which order.' }), ...paging },
    resolve: (_root, { filter, orderBy, ...page }, context) => migrations.page(context.sql, filter ?? {}, orderBy ?? 'CODE', page),
  }),
);
