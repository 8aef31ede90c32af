// Lists of alerts: at the root, and on everything that alerts are about. Fields on nouns of other hubs are nullable: when this hub is down, their own part stays.
import { argsName } from '@hubgraph/kit/graphql/loaders';
import type { PageArgs } from '@hubgraph/kit/page';
import type { AlertSeverity as Severity } from '../model.ts';
import { alerts, suppressions, type AlertFilter as Filter, type AlertList, type AlertOrder as Order, type AlertParent } from '../store/index.ts';
import { alertById } from './alert.ts';
import { AlertSeverity, AlertStatus, builder, paging, READ, type OpsContext } from './builder.ts';
import { AlertConnection } from './connections.ts';
import { Alert, Domain, Package, Repo, Service, StateSummary, Workstream } from './refs.ts';

export const AlertFilter = builder.inputRef<Filter>('AlertFilter').implement({
  description: 'Narrows a list of alerts; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [AlertStatus], description: 'In one of these states.' }),
    severities: t.field({ type: [AlertSeverity], description: 'Of one of these severities.' }),
    services: t.stringList({ description: 'About one of these services (slugs).' }),
    domains: t.stringList({ description: 'About one of these domains, or services of theirs (slugs).' }),
    workstreams: t.stringList({ description: 'About one of these workstreams (codes).' }),
    repos: t.stringList({ description: 'About one of these repos, or services that come from them (slugs).' }),
    packages: t.stringList({ description: 'About one of these packages (purls).' }),
    dedupKey: t.string({ description: 'Under this key: the open one and those before it.' }),
    open: t.boolean({ description: 'Whether they are open: RAISED or ACKNOWLEDGED.' }),
    suppressed: t.boolean({ description: 'Whether a silence or an inhibition says that nobody needs to hear of them now.' }),
    text: t.string({ description: 'Contains this text in title or detail.' }),
    since: t.field({ type: 'DateTime', description: 'Raised, at first or again, at this moment or later.' }),
  }),
});
const AlertOrder = builder.enumType('AlertOrder', {
  description: 'Order of a list of alerts.',
  values: { SEVERITY_DESC: { description: 'Worst first; of the same severity, last raised first.' }, LAST_DESC: { description: 'Last raised first.' }, CREATED: { description: 'Oldest first.' }, CREATED_DESC: { description: 'Newest first.' } } as Record<Order, { description: string }>,
});
const alertArgs = builder.args((t) => ({
  filter: t.field({ type: AlertFilter, description: 'Which ones.' }),
  orderBy: t.field({ type: AlertOrder, defaultValue: 'SEVERITY_DESC', description: 'In which order.' }),
}));

interface ListArgs extends PageArgs {
  readonly filter?: Filter | null;
  readonly orderBy?: Order | null;
}

/** What a filter asks for, with the conditions of what is suppressed now. */
export async function wantedAlerts(context: OpsContext, filter: Filter, order: Order = 'SEVERITY_DESC'): Promise<AlertList> {
  const now = context.now();
  return { filter, order, now, suppressed: filter.suppressed == null ? null : await suppressions.condition(context.sql, filter.suppressed, now) };
}

/** The alerts of one of many services, domains, workstreams, repos or packages: the same statements, whatever their number. */
function alertsOf(context: OpsContext, parent: AlertParent, key: string, { filter, orderBy, ...page }: ListArgs, open?: true) {
  // Open ones that are not open: there are none.
  const wanted = open && filter?.open === false ? { statuses: [] } : { ...filter, ...(open && { open }) };
  return context.loaders.load(argsName(`alerts of ${parent}`, { wanted, orderBy, page }), key, async (keys) => alerts.pagesOf(context.sql, parent, keys, await wantedAlerts(context, wanted, orderBy ?? undefined), page));
}

builder.queryField('alert', (t) =>
  t.field({ type: Alert, nullable: true, description: 'One alert by id; null when there is none.', requiresScopes: READ, args: { id: t.arg.id({ required: true, description: 'Its id.' }) }, resolve: (_root, { id }, context) => alertById(context, id) }),
);
builder.queryField('alerts', (t) =>
  t.field({
    type: AlertConnection,
    nullable: true,
    description: 'Alerts of the organisation, open and over; the worst first unless ordered otherwise.',
    requiresScopes: READ,
    args: { ...alertArgs, ...paging },
    resolve: async (_root, { filter, orderBy, ...page }, context) => alerts.page(context.sql, await wantedAlerts(context, filter ?? {}, orderBy ?? undefined), page),
  }),
);

builder.objectField(Service, 'openAlerts', (t) =>
  t.field({ type: AlertConnection, nullable: true, description: 'Alerts about the service that are not over.', args: { ...alertArgs, ...paging }, resolve: ({ slug }, args, context) => alertsOf(context, 'service', slug, args, true) }),
);
builder.objectField(Service, 'alerts', (t) =>
  t.field({ type: AlertConnection, nullable: true, description: 'Alerts about the service, open and over.', args: { ...alertArgs, ...paging }, resolve: ({ slug }, args, context) => alertsOf(context, 'service', slug, args) }),
);
builder.objectField(Domain, 'openAlerts', (t) =>
  t.field({ type: AlertConnection, nullable: true, description: 'Alerts about the domain, and about services of it, that are not over.', args: { ...alertArgs, ...paging }, resolve: ({ slug }, args, context) => alertsOf(context, 'domain', slug, args, true) }),
);
builder.objectField(Repo, 'openAlerts', (t) =>
  t.field({ type: AlertConnection, nullable: true, description: 'Alerts about the repo, and about services that come from it, that are not over.', args: { ...alertArgs, ...paging }, resolve: ({ slug }, args, context) => alertsOf(context, 'repo', slug, args, true) }),
);
builder.objectField(Workstream, 'openAlerts', (t) =>
  t.field({ type: AlertConnection, nullable: true, description: 'Alerts about the workstream that are not over.', args: { ...alertArgs, ...paging }, resolve: ({ code }, args, context) => alertsOf(context, 'workstream', code, args, true) }),
);
builder.objectField(Package, 'openAlerts', (t) =>
  t.field({ type: AlertConnection, nullable: true, description: 'Alerts about exactly this package, with or without version as in its purl, that are not over.', args: { ...alertArgs, ...paging }, resolve: ({ purl }, args, context) => alertsOf(context, 'package', purl, args, true) }),
);

/** How many alerts there are of a severity. */
export const AlertSeverityCount = builder.objectRef<{ readonly severity: Severity; readonly count: number }>('AlertSeverityCount').implement({
  description: 'How many alerts there are of a severity.',
  fields: (t) => ({ severity: t.field({ type: AlertSeverity, description: 'The severity.', resolve: (line) => line.severity }), count: t.exposeInt('count', { description: 'How many.' }) }),
});
builder.objectField(StateSummary, 'openAlerts', (t) =>
  t.field({ type: [AlertSeverityCount], nullable: true, description: 'Alerts that are not over by severity, the worst first; severities without any are left out.', resolve: (_state, _args, context) => alerts.openCounts(context.sql) }),
);
