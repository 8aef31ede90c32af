// What may be spent, and what was told of it.
import type { Decimal } from './money.ts';

export const BUDGET_STATUSES = ['DRAFT', 'ACTIVE', 'FROZEN', 'CLOSED'] as const;
export type BudgetStatus = (typeof BUDGET_STATUSES)[number];

export const THRESHOLD_KINDS = ['ACTUAL', 'FORECAST'] as const;
export type ThresholdKind = (typeof THRESHOLD_KINDS)[number];

/** What a domain may spend in a period, in one currency. What is committed, spent and available is computed from rows. */
export interface Budget {
  readonly id: string;
  readonly name: string;
  /** Slug. */
  readonly domain: string;
  /** First day, and the first day after the last one: `2024-09-01`. */
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly currency: string;
  readonly allocated: Decimal;
  readonly parentId: string | null;
  readonly status: BudgetStatus;
  /** Percent, rising. */
  readonly actualThresholds: readonly number[];
  readonly forecastThresholds: readonly number[];
  readonly owner: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** How the allocated amount changed. */
export interface BudgetRevision {
  readonly id: string;
  readonly budgetId: string;
  readonly from: Decimal | null;
  readonly to: Decimal;
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
}

/** That a threshold of a budget was reached; told once until it is left. */
export interface BudgetAlert {
  readonly budgetId: string;
  readonly kind: ThresholdKind;
  /** Percent of what is allocated. */
  readonly threshold: number;
  readonly since: Date;
  /** What was used, or forecast to be, when it was reached; in the budget's currency. */
  readonly used: Decimal;
}
