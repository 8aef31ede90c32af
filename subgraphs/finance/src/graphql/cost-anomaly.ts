import { monthOf, monthSpan } from '../money/calendar.ts';
import { ANOMALY_KINDS, anomalies, LEAST_DAYS, TRAILING_DAYS, type CostAnomaly as Anomaly } from '../store/anomaly.ts';
import { builder, READ } from './builder.ts';
import { CostPeriodInput, periodOf } from './cost-input.ts';
import { Money, Service } from './refs.ts';

const WORDS: Readonly<Record<Anomaly['kind'], string>> = { SERVICE: 'A service.', PROVIDER: 'A provider.' };
const CostAnomalyKind = builder.enumType('CostAnomalyKind', { description: 'What cost more than before.', values: Object.fromEntries(ANOMALY_KINDS.map((kind) => [kind, { description: WORDS[kind] }])) as Record<Anomaly['kind'], { description: string }> });
const CostAnomaly = builder.objectRef<Anomaly>('CostAnomaly').implement({
  description: 'A day that cost far more than the days before it.',
  fields: (t) => ({
    day: t.expose('day', { type: 'Date', description: 'The day.' }),
    kind: t.field({ type: CostAnomalyKind, description: 'What cost more.', resolve: ({ kind }) => kind }),
    service: t.field({ type: Service, nullable: true, description: 'The service.', resolve: ({ kind, subject }) => (kind === 'SERVICE' ? { slug: subject } : null) }),
    provider: t.string({ nullable: true, description: 'The provider.', resolve: ({ kind, subject }) => (kind === 'PROVIDER' ? subject : null) }),
    amount: t.field({ type: Money, description: 'Effective cost of the day.', resolve: ({ amount, currency }) => ({ amount, currency }) }),
    mean: t.field({ type: Money, description: 'Mean of the days before.', resolve: ({ mean, currency }) => ({ amount: mean, currency }) }),
    deviation: t.field({ type: Money, description: 'Standard deviation of the days before.', resolve: ({ deviation, currency }) => ({ amount: deviation, currency }) }),
    factor: t.expose('factor', { type: 'Decimal', description: 'How many times the mean it is, rounded to two places.' }),
  }),
});

builder.queryField('costAnomalies', (t) =>
  t.field({
    type: [CostAnomaly],
    nullable: true,
    description: `Days of services and providers that cost several times the mean of the ${TRAILING_DAYS} days before, and lie as many standard deviations above it (HUBGRAPH_FINANCE_ANOMALY_FACTOR); of those days the ones with charges count, and there must be ${LEAST_DAYS}. The latest first, at most 1,000.`,
    requiresScopes: READ,
    args: { period: t.arg({ type: CostPeriodInput, required: true, description: 'When the days are.' }) },
    resolve: async (_root, { period: asked }, context) => {
      const period = periodOf(asked);
      if (!('months' in period)) return anomalies.find(context.sql, period.start, period.end, context.anomalyFactor);
      const found = await anomalies.find(context.sql, monthSpan(period.months[0]!).start, monthSpan(period.months.at(-1)!).end, context.anomalyFactor);
      return found.filter(({ day }) => period.months.includes(monthOf(day)));
    },
  }),
);
