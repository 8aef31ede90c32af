// The nouns of money: what is stored, in plain types. Column names in PostgreSQL are the field names. An amount is a decimal
// text, as PostgreSQL's numeric writes it: no float anywhere; money/decimal.ts calculates.

/** A decimal number as text, such as `12.50`; at most 20 digits before and 18 behind the point. */
export type Decimal = string;

/** An exact amount in one currency (ISO 4217). */
export interface Money {
  readonly amount: Decimal;
  readonly currency: string;
}

export const PERIOD_STATUSES = ['OPEN', 'CLOSED'] as const;
export type PeriodStatus = (typeof PERIOD_STATUSES)[number];

export const BUDGET_STATUSES = ['DRAFT', 'ACTIVE', 'FROZEN', 'CLOSED'] as const;
export type BudgetStatus = (typeof BUDGET_STATUSES)[number];

export const COMMITMENT_KINDS = ['SUBSCRIPTION', 'CONTRACT', 'SALARY'] as const;
export type CommitmentKind = (typeof COMMITMENT_KINDS)[number];

export const CADENCES = ['ONCE', 'MONTHLY', 'QUARTERLY', 'YEARLY'] as const;
export type Cadence = (typeof CADENCES)[number];

export const COMMITMENT_STATUSES = ['PROPOSED', 'PENDING', 'ACTIVE', 'EXHAUSTED', 'EXPIRED', 'CANCELED', 'SUPERSEDED'] as const;
export type CommitmentStatus = (typeof COMMITMENT_STATUSES)[number];

export const CHARGE_CATEGORIES = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] as const;
export type ChargeCategory = (typeof CHARGE_CATEGORIES)[number];

export const RULE_KINDS = ['TAG', 'ACCOUNT', 'SERVICE', 'RATIO', 'SHARE'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

export const RUNWAY_STATUSES = ['OK', 'BREACHED', 'ESCALATED'] as const;
export type RunwayStatus = (typeof RUNWAY_STATUSES)[number];

export const THRESHOLD_KINDS = ['ACTUAL', 'FORECAST'] as const;
export type ThresholdKind = (typeof THRESHOLD_KINDS)[number];
