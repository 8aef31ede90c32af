import { PublicError } from '@hubgraph/kit/errors';
import { isLabelName } from '../alert/matchers.ts';
import { ALERT_GROUPINGS, alertGroups, type AlertGroup as Group, type AlertGrouping as Grouping, type GroupBy } from '../store/index.ts';
import { AlertFilter, AlertSeverityCount, wantedAlerts } from './alert-lists.ts';
import { AlertSeverity, builder, READ } from './builder.ts';

const DEFAULT_GROUPS = 50;
const MAX_GROUPS = 200;
const MAX_GROUPINGS = 5;

const WORDS: Readonly<Record<Grouping, string>> = { SERVICE: 'By service.', DOMAIN: 'By domain.', WORKSTREAM: 'By workstream.', REPO: 'By repo.', PACKAGE: 'By package.', SEVERITY: 'By severity.', SOURCE: 'By who raised them.', LABEL: 'By the labels that `labels` names.' };
const AlertGrouping = builder.enumType('AlertGrouping', { description: 'What alerts are grouped by.', values: Object.fromEntries(ALERT_GROUPINGS.map((by) => [by, { description: WORDS[by] }])) as Record<Grouping, { description: string }> });

interface Key extends GroupBy {
  readonly value: string | null;
}
const AlertGroupKey = builder.objectRef<Key>('AlertGroupKey').implement({
  description: 'What all alerts of a group have in common.',
  fields: (t) => ({
    by: t.field({ type: AlertGrouping, description: 'What they are grouped by.', resolve: ({ by }) => by }),
    label: t.exposeString('label', { nullable: true, description: 'Of a label, its name.' }),
    value: t.exposeString('value', { nullable: true, description: 'What it is: a slug, code, purl, severity or text; null when they have nothing there.' }),
  }),
});
const AlertGroup = builder.objectRef<Group & { readonly keys: readonly Key[] }>('AlertGroup').implement({
  description: 'Alerts that belong together.',
  fields: (t) => ({
    keys: t.field({ type: [AlertGroupKey], description: 'What they have in common, in the order asked for.', resolve: ({ keys }) => [...keys] }),
    count: t.exposeInt('count', { description: 'How many there are.' }),
    severity: t.field({ type: AlertSeverity, description: 'The worst of them.', resolve: ({ severity }) => severity }),
    severities: t.field({ type: [AlertSeverityCount], description: 'How many of each severity, the worst first.', resolve: ({ severities }) => [...severities] }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When one of them was last raised.' }),
  }),
});

builder.queryField('alertGroups', (t) =>
  t.field({
    type: [AlertGroup],
    nullable: true,
    description: 'Alerts grouped, with counts; the group with the worst alert first, then the largest. Open ones unless the filter says otherwise.',
    requiresScopes: READ,
    args: {
      by: t.arg({ type: [AlertGrouping], required: true, description: `What to group by, 1 to ${MAX_GROUPINGS} in all.` }),
      labels: t.arg.stringList({ description: 'With LABEL, the names of the labels.' }),
      filter: t.arg({ type: AlertFilter, description: 'Which alerts.' }),
      first: t.arg.int({ description: `How many groups; ${DEFAULT_GROUPS} by default, at most ${MAX_GROUPS}.` }),
    },
    resolve: async (_root, { by, labels, filter, first }, context) => {
      const names = [...new Set(labels ?? [])];
      const groupings = [...new Set(by)].flatMap((one): GroupBy[] => (one === 'LABEL' ? names.map((label) => ({ by: one, label })) : [{ by: one, label: null }]));
      if (by.includes('LABEL') !== names.length > 0) throw new PublicError('BAD_USER_INPUT', 'LABEL and the names of labels go together.');
      if (!names.every(isLabelName)) throw new PublicError('BAD_USER_INPUT', 'This cannot be the name of a label.');
      if (groupings.length === 0 || groupings.length > MAX_GROUPINGS) throw new PublicError('BAD_USER_INPUT', `Alerts are grouped by 1 to ${MAX_GROUPINGS} things.`, { limit: MAX_GROUPINGS, value: groupings.length });
      const limit = first ?? DEFAULT_GROUPS;
      if (limit < 0 || limit > MAX_GROUPS) throw new PublicError('BAD_USER_INPUT', `first is ${limit}; it may be 0 to ${MAX_GROUPS}.`, { limit: MAX_GROUPS, value: limit });
      const wanted = filter?.open == null && filter?.statuses == null ? { ...filter, open: true } : filter;
      const groups = await alertGroups(context.sql, await wantedAlerts(context, wanted), groupings, limit);
      return groups.map((group) => ({ ...group, keys: groupings.map((one, index) => ({ ...one, value: group.values[index] ?? null })) }));
    },
  }),
);
