import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes, type TransitionRecordRow } from '@hubgraph/kit/graphql/shared';
import type { Changes } from '@hubgraph/kit/change';
import type { Sql } from '@hubgraph/kit/sql';
import { historyOf } from '@hubgraph/kit/store';
import type { Turns } from '../commands/turns.ts';
import type { FinanceEvents } from '../events.ts';
import * as model from '../model/index.ts';

/** What finance resolvers have in hand. */
export interface FinanceContext extends HubContext {
  /** Reads outside of transactions. */
  readonly sql: Sql;
  readonly changes: Changes<FinanceEvents>;
  /** Of those who change one budget. */
  readonly turns: Turns;
  readonly now: () => Date;
  readonly anomalyFactor: number;
  /** Origin of the hub's own door; empty when it has none. */
  readonly publicUrl: () => string;
}

/** Reading needs this scope, on every field and every type: finance is confidential. */
export const READ: ['finance:read'][] = [['finance:read']];

/** The hub's schema builder; every file of this folder adds one noun to it. A batch of token spend is for agents, who need not read finance to tell of their own. */
export const builder = createHubBuilder<FinanceContext>({ confidential: { scopes: READ, open: ['Domain', 'Service', 'Workstream', 'StateSummary', 'TokenBatch'] } });
export const shared = sharedTypes(builder);
export const paging = pageArgs(builder);

function words<const Values extends readonly string[]>(name: string, description: string, values: Values, said: Readonly<Record<Values[number], string>>) {
  return builder.enumType(name, { description, values: Object.fromEntries(values.map((value) => [value, { description: said[value as Values[number]] }])) as Record<Values[number], { description: string }> });
}
export const PeriodStatus = words('BillingPeriodStatus', 'State of a month.', model.PERIOD_STATUSES, { OPEN: 'Rows may come in.', CLOSED: 'Corrections go into the open one.' });
export const BudgetStatus = words('BudgetStatus', 'State of a budget.', model.BUDGET_STATUSES, { DRAFT: 'Not in force.', ACTIVE: 'In force.', FROZEN: 'In force, without new commitments.', CLOSED: 'Over and reconciled.' });
export const CommitmentKind = words('CommitmentKind', 'Kind of commitment.', model.COMMITMENT_KINDS, { SUBSCRIPTION: 'Paid as long as it is used.', CONTRACT: 'Paid as agreed.', SALARY: 'Paid to people.' });
export const Cadence = words('Cadence', 'How often an amount is paid.', model.CADENCES, { ONCE: 'Once, at the start.', MONTHLY: 'Every month.', QUARTERLY: 'Every three months.', YEARLY: 'Every year.' });
export const CommitmentStatus = words('CommitmentStatus', 'State of a commitment, in the words of FOCUS 1.4.', model.COMMITMENT_STATUSES, { PROPOSED: 'Not signed.', PENDING: 'Signed, before its start.', ACTIVE: 'In force.', EXHAUSTED: 'Its value is paid.', EXPIRED: 'Its end has passed.', CANCELED: 'Ended early.', SUPERSEDED: 'Another took its place.' });
export const RuleKind = words('AttributionRuleKind', 'By what charges are attributed.', model.RULE_KINDS, { TAG: 'By a tag.', ACCOUNT: 'By billing account or sub-account.', SERVICE: 'By the provider\'s service.', RATIO: 'Divided by fixed ratios.', SHARE: 'Divided by the shares of another measure.' });
export const RunwayStatus = words('RunwayStatus', 'Where a runway stands.', model.RUNWAY_STATUSES, { OK: 'Above its threshold.', BREACHED: 'Below its threshold.', ESCALATED: 'Below its second threshold.', NOT_LIMITED: 'No more goes out than comes in.', UNKNOWN: 'A balance or an exchange rate is missing.' });
export const ThresholdKind = words('ThresholdKind', 'What a threshold of a budget is compared with.', model.THRESHOLD_KINDS, { ACTUAL: 'What is spent.', FORECAST: 'What is spent, committed, and to be expected until the end of the period.' });

/** The history of one entity, batched over all that a request asks for. */
export async function loadHistory(context: FinanceContext, noun: string, id: string): Promise<TransitionRecordRow[]> {
  const lines = await context.loaders.load(`${noun}.history`, id, (ids) => historyOf<TransitionRecordRow & { entityId: string }>(context.sql, noun, ids));
  return lines ?? [];
}
