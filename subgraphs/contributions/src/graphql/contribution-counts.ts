import { contributions, type ContributionCount as Count, type WeekCount as Week } from '../store/index.ts';
import { PublicError } from '@hubgraph/kit/errors';
import { builder, ContributionStatus, ContributionType, READ } from './builder.ts';

const DAY = 86_400_000;
const DEFAULT_WEEKS = 12;
const MAX_WEEKS = 530;

export const ContributionCount = builder.objectRef<Count>('ContributionCount').implement({
  description: 'How many contributions there are of a kind in a state.',
  fields: (t) => ({
    type: t.field({ type: ContributionType, description: 'The kind.', resolve: (line) => line.type }),
    status: t.field({ type: ContributionStatus, description: 'The state.', resolve: (line) => line.status }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
});
const Velocity = builder.objectRef<Week>('ContributionVelocity').implement({
  description: 'What happened to contributions in one ISO week.',
  fields: (t) => ({
    week: t.exposeString('week', { description: 'The week, such as 2026-W09.' }),
    from: t.field({ type: 'Date', description: 'Its Monday (UTC).', resolve: (line) => line.from }),
    submitted: t.exposeInt('submitted', { description: 'How many were sent upstream.' }),
    resolved: t.exposeInt('resolved', { description: 'How many were merged, rejected or withdrawn, and are so still.' }),
  }),
});
const Period = builder.inputType('ContributionPeriod', {
  description: `Days of UTC that a look back covers; its weeks are whole ones. The last ${DEFAULT_WEEKS} weeks when left out, at most ${MAX_WEEKS}.`,
  fields: (t) => ({
    from: t.field({ type: 'Date', description: 'First day; 12 weeks before the last one when left out.' }),
    to: t.field({ type: 'Date', description: 'Last day; today when left out.' }),
  }),
});

builder.queryField('contributionCounts', (t) =>
  t.field({ type: [ContributionCount], nullable: true, description: 'Contributions by kind and state; combinations without any are left out.', requiresScopes: READ, resolve: (_root, _args, context) => contributions.counts(context.sql) }),
);
builder.queryField('contributionVelocity', (t) =>
  t.field({
    type: [Velocity],
    nullable: true,
    description: 'What was submitted and resolved in each ISO week of a period, oldest first; weeks without anything are there too.',
    requiresScopes: READ,
    args: { period: t.arg({ type: Period, description: 'When.' }) },
    resolve: (_root, { period }, context) => {
      const to = period?.to == null ? context.now() : new Date(period.to);
      const from = period?.from == null ? new Date(to.getTime() - (DEFAULT_WEEKS - 1) * 7 * DAY) : new Date(period.from);
      if (from > to) throw new PublicError('BAD_USER_INPUT', 'The period ends before it begins.');
      if (to.getTime() - from.getTime() > MAX_WEEKS * 7 * DAY) throw new PublicError('BAD_USER_INPUT', `The period has more than ${MAX_WEEKS} weeks.`, { limit: MAX_WEEKS });
      return contributions.velocity(context.sql, from, to);
    },
  }),
);
