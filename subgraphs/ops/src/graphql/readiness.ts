import { readinessOf, type Action, type Readiness } from '../commands/readiness.ts';
import { builder, READ } from './builder.ts';
import { keepStates } from './gate-state.ts';
import { Alert, Gate } from './refs.ts';

const ActionRequired = builder.objectRef<Action>('ActionRequired').implement({
  description: 'Something that somebody has to do now.',
  fields: (t) => ({
    who: t.exposeString('who', { description: 'A person, a team, an agent or a role.' }),
    what: t.exposeString('what', { description: 'What, in one or two sentences.' }),
    since: t.expose('since', { type: 'DateTime', description: 'Since when it waits.' }),
  }),
});
const ReadinessType = builder.objectRef<Readiness>('Readiness').implement({
  description: 'One summary for a person: whether it is ready, what stands in the way, and who has to act.',
  fields: (t) => ({
    ready: t.exposeBoolean('ready', { description: 'Whether there is a gate, every gate is passed or waived, and no alert blocks: none is ERROR or CRITICAL, open and not suppressed.' }),
    gates: t.field({ type: [Gate], description: 'Its gates, by code.', resolve: ({ gates }) => gates.map(({ gate }) => gate) }),
    openAlerts: t.field({ type: [Alert], description: 'Its alerts that are not over: those that block first, then the worst; at most 200.', resolve: ({ openAlerts }) => [...openAlerts] }),
    actionRequired: t.field({ type: [ActionRequired], description: 'Who has to do what now; what waits longest first.', resolve: ({ actionRequired }) => [...actionRequired] }),
  }),
});

builder.queryField('readiness', (t) =>
  t.field({
    type: ReadinessType,
    nullable: true,
    description: 'Whether a domain, a service, a workstream or a migration run is ready; name exactly one. Null for a service or migration run that is not known.',
    requiresScopes: READ,
    args: {
      domain: t.arg.string({ description: 'Slug of the domain: its gates and those of its services.' }),
      service: t.arg.string({ description: 'Slug of the service.' }),
      workstream: t.arg.string({ description: 'Code of the workstream.' }),
      migrationRun: t.arg.string({ description: 'Id or code of the migration run: its gates, and the alerts and risks of its service and workstream.' }),
    },
    resolve: async (_root, scope, context) => {
      const readiness = await readinessOf(context.sql, scope, context.now());
      if (readiness !== null) keepStates(context, readiness.gates);
      return readiness;
    },
  }),
);
