// Lists of gates: at the root, and on everything that gates guard.
import { argsName } from '@hubgraph/kit/graphql/loaders';
import type { PageArgs } from '@hubgraph/kit/page';
import { statesOf } from '../commands/gate-state.ts';
import { GATE_STATUSES, type GateStatus as Status } from '../model.ts';
import { gates, type GateFilter as Stored, type GateOrder as Order, type GateParent } from '../store/index.ts';
import { builder, GatePhase, GateStatus, paging, READ, type OpsContext } from './builder.ts';
import { GateConnection } from './connections.ts';
import { gateByCode, gateById } from './gate.ts';
import { Domain, Gate, MigrationRun, Service, StateSummary, Workstream } from './refs.ts';

/** What clients narrow a list by; `statuses` are computed. */
type Filter = Omit<Stored, 'ids'> & { readonly statuses?: readonly Status[] | null };

const GateFilter = builder.inputRef<Filter>('GateFilter').implement({
  description: 'Narrows a list of gates; what is given is combined by AND.',
  fields: (t) => ({
    codes: t.stringList({ description: 'Of one of these codes.' }),
    services: t.stringList({ description: 'About one of these services (slugs).' }),
    domains: t.stringList({ description: 'Of one of these domains (slugs).' }),
    workstreams: t.stringList({ description: 'Guarding one of these workstreams (codes).' }),
    migrationRuns: t.stringList({ description: 'Guarding one of these migration runs (codes).' }),
    owners: t.stringList({ description: 'Owned by one of these.' }),
    statuses: t.field({ type: [GateStatus], description: 'Where they stand at the moment of asking.' }),
    phases: t.field({ type: [GatePhase], description: 'Guarding one of these steps of a migration run.' }),
  }),
});
const GateOrder = builder.enumType('GateOrder', { description: 'Order of a list of gates.', values: { CODE: { description: 'By code.' }, CREATED: { description: 'Oldest first.' }, UPDATED_DESC: { description: 'Last changed first.' } } as Record<Order, { description: string }> });
const gateArgs = builder.args((t) => ({ filter: t.field({ type: GateFilter, description: 'Which ones.' }), orderBy: t.field({ type: GateOrder, defaultValue: 'CODE', description: 'In which order.' }) }));

interface ListArgs extends PageArgs {
  readonly filter?: Filter | null;
  readonly orderBy?: Order | null;
}

/** The stored part of a filter. A computed status is none: gates are few, so all that could fit are evaluated, and what is left is asked for by id. */
async function storedOf(context: OpsContext, { statuses, ...filter }: Filter, of?: { readonly parent: GateParent; readonly keys: readonly string[] }): Promise<Stored> {
  if (statuses == null) return filter;
  const candidates = await gates.all(context.sql, filter, of);
  const states = await statesOf(context.sql, new Map(candidates.map((gate) => [gate.id, gate])), context.now());
  return { ...filter, ids: [...states].flatMap(([id, { status }]) => (statuses.includes(status) ? [id] : [])) };
}

/** The gates of one of many services, domains, workstreams or migration runs: the same statements, whatever their number. */
function gatesOf(context: OpsContext, parent: GateParent, key: string, { filter, orderBy, ...page }: ListArgs) {
  return context.loaders.load(argsName(`gates of ${parent}`, { filter, orderBy, page }), key, async (keys) => gates.pagesOf(context.sql, parent, keys, await storedOf(context, filter ?? {}, { parent, keys }), orderBy ?? 'CODE', page));
}

builder.queryField('gate', (t) =>
  t.field({
    type: Gate,
    nullable: true,
    description: 'One gate, by its id or its code; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ description: 'Its id.' }), code: t.arg.string({ description: 'Its code; looked at when no id is given.' }) },
    resolve: (_root, { id, code }, context) => (id != null ? gateById(context, id) : code != null ? gateByCode(context, code) : null),
  }),
);
builder.queryField('gates', (t) =>
  t.field({
    type: GateConnection,
    nullable: true,
    description: 'Gates of the organisation, in every state.',
    requiresScopes: READ,
    args: { ...gateArgs, ...paging },
    resolve: async (_root, { filter, orderBy, ...page }, context) => gates.page(context.sql, await storedOf(context, filter ?? {}), orderBy ?? 'CODE', page),
  }),
);

builder.objectField(Domain, 'gates', (t) =>
  t.field({ type: GateConnection, nullable: true, description: 'Gates of the domain.', args: { ...gateArgs, ...paging }, resolve: ({ slug }, args, context) => gatesOf(context, 'domain', slug, args) }),
);
builder.objectField(Service, 'gates', (t) =>
  t.field({ type: GateConnection, nullable: true, description: 'Gates about the service.', args: { ...gateArgs, ...paging }, resolve: ({ slug }, args, context) => gatesOf(context, 'service', slug, args) }),
);
builder.objectField(Workstream, 'gates', (t) =>
  t.field({ type: GateConnection, nullable: true, description: 'Gates that guard the workstream.', args: { ...gateArgs, ...paging }, resolve: ({ code }, args, context) => gatesOf(context, 'workstream', code, args) }),
);
builder.objectField(MigrationRun, 'gates', (t) =>
  t.field({ type: GateConnection, nullable: true, description: 'Gates that guard its steps.', args: { ...gateArgs, ...paging }, resolve: ({ id }, args, context) => gatesOf(context, 'migrationRunId', id, args) }),
);

const GateCount = builder.objectRef<{ readonly status: Status; readonly count: number }>('GateStatusCount').implement({
  description: 'How many gates stand somewhere.',
  fields: (t) => ({ status: t.field({ type: GateStatus, description: 'Where.', resolve: ({ status }) => status }), count: t.exposeInt('count', { description: 'How many.' }) }),
});
builder.objectField(StateSummary, 'readiness', (t) =>
  t.field({
    type: [GateCount],
    nullable: true,
    description: 'Gates by where they stand now; states that none is in are left out.',
    resolve: async (_state, _args, context) => {
      const states = await statesOf(context.sql, new Map((await gates.all(context.sql, {})).map((gate) => [gate.id, gate])), context.now());
      const by = Map.groupBy(states.values(), ({ status }) => status);
      return GATE_STATUSES.flatMap((status) => (by.has(status) ? [{ status, count: by.get(status)!.length }] : []));
    },
  }),
);
