import { defineEvents } from '@hubgraph/kit/events';
import { z } from 'zod';
import { manifest } from './manifest.ts';
import { BUDGET_STATUSES, COMMITMENT_KINDS, COMMITMENT_STATUSES, RUNWAY_STATUSES, THRESHOLD_KINDS } from './model/index.ts';

const READ = [['finance:read']] as const;
const id = z.uuid().describe('Key of the entity');
const key = (of: string) => z.string().nullish().describe(of);
const version = z.int().positive();

// Amounts are confidential and not in events, which hubs without finance:read follow.
const budget = (description: string) => ({
  version: 1,
  description,
  feed: 'budgetChanged',
  data: z.object({ id, from: z.enum(BUDGET_STATUSES).nullable(), to: z.enum(BUDGET_STATUSES), version, name: z.string(), periodStart: z.string(), periodEnd: z.string(), currency: z.string(), reason: key('Why') }),
});
const threshold = (description: string) => ({
  version: 1,
  description,
  scopes: READ,
  data: z.object({ id: id.describe('Id of the budget'), kind: z.enum(THRESHOLD_KINDS), threshold: z.string().describe('Percent of what is allocated'), used: key('Percent that is used, or forecast to be') }),
});
const commitment = (description: string) => ({
  version: 1,
  description,
  scopes: READ,
  data: z.object({ id, from: z.enum(COMMITMENT_STATUSES).nullable(), to: z.enum(COMMITMENT_STATUSES), version, kind: z.enum(COMMITMENT_KINDS), title: z.string(), budget: z.uuid().describe('Id of the budget'), workstream: key('Code of the workstream that it is for'), reason: key('Why') }),
});
const period = (description: string) => ({ version: 1, description, scopes: READ, data: z.object({ id, month: z.string(), version, reason: key('Why') }) });
const runway = (description: string) => ({
  version: 1,
  description,
  feed: 'runwayChanged',
  data: z.object({
    id: z.string().describe('Slug of the domain'), from: z.enum(RUNWAY_STATUSES).nullable(), to: z.enum(RUNWAY_STATUSES), version, escalated: z.boolean().describe('Whether the second threshold is crossed'),
    monthsRemaining: z.object({ low: key('Months'), expected: key('Months'), high: key('Months') }).nullable().describe('Null: not limited'), threshold: key('Months'),
  }),
});
const imported = (description: string) => ({ version: 1, description, scopes: READ, data: z.object({ id: id.describe('Id of the import'), source: z.string(), format: z.string(), new: z.int(), corrected: z.int(), months: z.array(z.string()).max(120) }) });

const anomaly = z.object({ id: z.string().describe('`<day>/<what>`'), day: z.string(), service: key('Slug of the service'), provider: key('Provider') });

/** What others may rely on from finance. */
export const events = defineEvents({
  manifest,
  feeds: {
    budgetChanged: {
      noun: 'Budget',
      description: 'Budgets as they change state or amount.',
      status: 'BudgetStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        ids: { type: '[ID!]', path: 'data.id', description: 'Ids of budgets.' },
        statuses: { type: '[BudgetStatus!]', path: 'data.to', description: 'States after the change.' },
      },
      snapshot: { list: 'budgets', order: 'CREATED', filter: { domains: 'domains', statuses: 'statuses' } },
    },
    runwayChanged: {
      noun: 'RunwayProjection',
      description: 'Runways as they cross their thresholds.',
      status: 'RunwayStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        statuses: { type: '[RunwayStatus!]', path: 'data.to', description: 'States after the change.' },
      },
      snapshot: { list: 'runways', order: 'DOMAIN', filter: { domains: 'domains', statuses: 'statuses' } },
    },
  },
  types: {
    'budget.drafted': budget('A budget was written down.'),
    'budget.updated': budget('What is written of a budget changed.'),
    'budget.activated': budget('A budget is in force.'),
    'budget.revised': budget('The amount of a budget changed.'),
    'budget.frozen': budget('A budget takes no new commitments.'),
    'budget.unfrozen': budget('A budget takes commitments again.'),
    'budget.closed': budget('The period of a budget is over and reconciled.'),
    'budget.reopened': budget('A closed budget is in force again.'),
    'budget.threshold_reached': threshold('What a budget has used, or is forecast to use, reached a threshold.'),
    'budget.threshold_left': threshold('What a budget has used, or is forecast to use, is below a threshold again.'),
    'commitment.proposed': commitment('A commitment was written down.'),
    'commitment.signed': commitment('A commitment was signed.'),
    'commitment.activated': commitment('A commitment is in force.'),
    'commitment.exhausted': commitment('The whole value of a commitment is paid.'),
    'commitment.expired': commitment('A commitment came to its end.'),
    'commitment.paid': commitment('A part of a commitment was paid.'),
    'commitment.canceled': commitment('A commitment ended early.'),
    'commitment.superseded': commitment('Another commitment took its place.'),
    'costs.imported': imported('Charges were taken in.'),
    'tokens.recorded': imported('Uses of models were taken in.'),
    'cost.anomaly': { version: 1, description: 'A day of a service or provider costs far more than the days before it.', scopes: READ, data: anomaly.extend({ factor: z.string().describe('Of the mean of the days before') }) },
    'cost.anomaly_left': { version: 1, description: 'A day that cost far more was corrected within a week, and does not any more.', scopes: READ, data: anomaly },
    'runway.changed': runway('The policy of a runway changed, or it is more than a tenth above its second threshold again.'),
    'runway.breached': runway('A runway is below its threshold, or with `escalated` below its second one; once for each crossing.'),
    'runway.recovered': runway('A runway is more than a tenth above its threshold again.'),
    'period.opened': period('A month is there.'),
    'period.closed': period('A month is closed: what changes in it is corrected in the open one.'),
    'period.reopened': period('A closed month is open again.'),
  },
});

export type FinanceEvents = (typeof events)['types'];
