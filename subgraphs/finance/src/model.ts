// The nouns of money: what is stored, in plain types. Column names in PostgreSQL are the field names. An amount is a decimal
// text, as PostgreSQL's numeric writes it: no float anywhere; money/decimal.ts calculates.

/** A decimal number as text, such as `12.50`; at most 18 digits behind the point, and before it at most 20 where it is taken in. */
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

export const RUNWAY_STATUSES = ['OK', 'BREACHED', 'ESCALATED', 'NOT_LIMITED', 'UNKNOWN'] as const;
export type RunwayStatus = (typeof RUNWAY_STATUSES)[number];

export const THRESHOLD_KINDS = ['ACTUAL', 'FORECAST'] as const;
export type ThresholdKind = (typeof THRESHOLD_KINDS)[number];

/** A calendar month. */
export interface BillingPeriod {
  readonly id: string;
  /** `2024-09` */
  readonly month: string;
  readonly status: PeriodStatus;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

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

/** What is promised to be paid. */
export interface Commitment {
  readonly id: string;
  readonly budgetId: string;
  readonly domain: string;
  readonly kind: CommitmentKind;
  readonly title: string;
  readonly supplier: string | null;
  /** Code of the workstream that it is for. */
  readonly workstream: string | null;
  /** Each time, by the cadence. */
  readonly amount: Decimal;
  readonly currency: string;
  readonly cadence: Cadence;
  readonly start: string;
  /** The first day after the last one; null: without end. */
  readonly end: string | null;
  /** As stored; PENDING, ACTIVE, EXHAUSTED and EXPIRED follow from dates and payments, see money/commitment.ts. */
  readonly status: CommitmentStatus;
  /** What it takes of its budget's period, in the budget's currency. */
  readonly total: Decimal;
  readonly paid: Decimal;
  /** What all its instalments sum to, in the budget's currency, wherever they fall; null: it has no end. */
  readonly value: Decimal | null;
  readonly overrideDecision: string | null;
  /** The exchange rate that `total` was converted by. */
  readonly rateId: string | null;
  readonly successorId: string | null;
  readonly penalty: string | null;
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** What was paid of a commitment: moves from committed to spent. */
export interface Payment {
  readonly id: string;
  readonly commitmentId: string;
  readonly budgetId: string;
  /** What was paid, in the commitment's currency. */
  readonly amount: Decimal;
  /** In the budget's currency by the commitment's own rate: what leaves committed. */
  readonly settled: Decimal;
  /** In the budget's currency by the rate of the day: what is spent. */
  readonly spent: Decimal;
  /** The exchange rate of `spent`. */
  readonly rateId: string | null;
  readonly paidOn: string;
  readonly month: string;
  readonly costRowId: string | null;
  /** Where that row counts. */
  readonly costMonth: string | null;
  readonly source: string;
  readonly sourceKey: string;
  readonly actor: string;
  readonly at: Date;
}

/** One file, or one call, that brought rows. */
export interface CostImport {
  readonly id: string;
  readonly source: string;
  readonly file: string;
  readonly sha256: string;
  readonly format: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly actor: string;
  readonly read: number;
  readonly new: number;
  readonly unchanged: number;
  readonly corrected: number;
  readonly refused: number;
}

/** One charge, by the columns of FOCUS 1.0; what it has of later versions is in `more`. */
export interface CostRow {
  readonly id: string;
  readonly source: string;
  readonly rowKey: string;
  readonly contentHash: string;
  readonly current: boolean;
  readonly correctionOfId: string | null;
  readonly importId: string;
  readonly month: string;
  readonly billedCost: Decimal;
  readonly effectiveCost: Decimal;
  readonly listCost: Decimal | null;
  readonly contractedCost: Decimal | null;
  readonly listUnitPrice: Decimal | null;
  readonly contractedUnitPrice: Decimal | null;
  readonly billingCurrency: string;
  readonly billingPeriodStart: Date;
  readonly billingPeriodEnd: Date;
  readonly chargePeriodStart: Date;
  readonly chargePeriodEnd: Date;
  readonly day: string;
  readonly chargeCategory: string;
  readonly chargeClass: string | null;
  readonly chargeFrequency: string | null;
  readonly chargeDescription: string | null;
  readonly providerName: string;
  readonly publisherName: string | null;
  readonly invoiceIssuerName: string | null;
  readonly billingAccountId: string | null;
  readonly billingAccountName: string | null;
  readonly subAccountId: string | null;
  readonly subAccountName: string | null;
  readonly serviceCategory: string | null;
  readonly serviceName: string;
  readonly resourceId: string | null;
  readonly resourceName: string | null;
  readonly resourceType: string | null;
  readonly regionId: string | null;
  readonly regionName: string | null;
  readonly availabilityZone: string | null;
  readonly skuId: string | null;
  readonly skuPriceId: string | null;
  readonly pricingCategory: string | null;
  readonly pricingQuantity: Decimal | null;
  readonly pricingUnit: string | null;
  readonly consumedQuantity: Decimal | null;
  readonly consumedUnit: string | null;
  readonly commitmentDiscountId: string | null;
  readonly commitmentDiscountName: string | null;
  readonly commitmentDiscountCategory: string | null;
  readonly commitmentDiscountType: string | null;
  readonly commitmentDiscountStatus: string | null;
  /** Keys trimmed. */
  readonly tags: Readonly<Record<string, string | null>>;
  readonly more: Readonly<Record<string, string | null>>;
}

/** How much of a charge belongs to whom; the ratios of one row sum to exactly 1. */
export interface Allocation {
  readonly rowId: string;
  /** Counts the parts of a row from 0. */
  readonly part: number;
  readonly ruleId: string | null;
  /** All null: unallocated. */
  readonly domain: string | null;
  readonly service: string | null;
  readonly workstream: string | null;
  readonly ratio: Decimal;
  readonly billedCost: Decimal;
  readonly effectiveCost: Decimal;
  readonly month: string;
  readonly day: string;
  readonly providerName: string;
  readonly currency: string;
}

/** To whom a part of a charge belongs. */
export interface AttributionTarget {
  readonly domain?: string | null;
  readonly service?: string | null;
  readonly workstream?: string | null;
  /** Of RATIO; the ratios of one rule sum to exactly 1. */
  readonly ratio?: Decimal | null;
}

/** What rows must be like for a rule: every field given must fit. */
export interface RuleMatch {
  /** Key of a tag, and the values that fit; without values any. */
  readonly tag?: string | null;
  readonly values?: readonly string[] | null;
  /** Key and values of the tag fit in upper and lower case alike. */
  readonly anyCase?: boolean | null;
  readonly providers?: readonly string[] | null;
  /** Ids of billing accounts or sub-accounts. */
  readonly accounts?: readonly string[] | null;
  /** Names of the provider's services. */
  readonly services?: readonly string[] | null;
}

/** What the shares of SHARE follow: the cost, in the same month, of what other rules gave to each target, or numbers recorded by month. */
export interface ShareMeasure {
  readonly of: 'COST' | 'TOKENS' | 'NUMBERS';
  /** For NUMBERS: by target (slug of the service, domain or code of the workstream) a decimal. */
  readonly numbers?: Readonly<Record<string, Decimal>> | null;
}

/** To whom charges belong; the first rule that matches counts. */
export interface AttributionRule {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly kind: RuleKind;
  readonly match: RuleMatch;
  readonly targets: readonly AttributionTarget[];
  readonly measure: ShareMeasure | null;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly retiredAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** What models were used for. */
export interface TokenSpend {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly at: Date;
  /** Uncached. */
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly cacheWrite: bigint;
  readonly output: bigint;
  readonly cost: Decimal;
  readonly currency: string;
  readonly session: string | null;
  readonly domain: string | null;
  readonly service: string | null;
  readonly workstream: string | null;
  readonly source: string;
  readonly sourceKey: string;
  readonly contentHash: string;
  readonly current: boolean;
  readonly correctionOfId: string | null;
  readonly importId: string | null;
  readonly month: string;
  readonly recordedBy: string;
  readonly recordedAt: Date;
}

/** Money that is there. */
export interface Account {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly domain: string;
  readonly currency: string;
  readonly liquid: boolean;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export interface AccountBalance {
  readonly id: string;
  readonly accountId: string;
  readonly day: string;
  readonly amount: Decimal;
  readonly source: string;
  readonly recordedBy: string;
  readonly recordedAt: Date;
}

/** How much of `to` one of `from` is worth on a day. */
export interface ExchangeRate {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly day: string;
  readonly rate: Decimal;
  readonly source: string;
  readonly recordedBy: string;
  readonly recordedAt: Date;
}

/** Money that comes in each month. */
export interface Income {
  readonly id: string;
  readonly domain: string;
  readonly title: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly start: string;
  readonly end: string | null;
  readonly recordedBy: string;
  readonly recordedAt: Date;
}

/** When the runway of a domain is too short, and what was last told of it. */
export interface RunwayPolicy {
  readonly domain: string;
  readonly currency: string;
  readonly threshold: Decimal;
  readonly secondThreshold: Decimal | null;
  readonly told: Exclude<RunwayStatus, 'NOT_LIMITED' | 'UNKNOWN'>;
  readonly toldAt: Date | null;
  readonly updatedBy: string;
  readonly updatedAt: Date;
  readonly version: number;
}
