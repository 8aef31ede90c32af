// What is promised to be paid, and what was paid of it.
import type { Decimal } from './money.ts';

export const COMMITMENT_KINDS = ['SUBSCRIPTION', 'CONTRACT', 'SALARY'] as const;
export type CommitmentKind = (typeof COMMITMENT_KINDS)[number];

export const CADENCES = ['ONCE', 'MONTHLY', 'QUARTERLY', 'YEARLY'] as const;
export type Cadence = (typeof CADENCES)[number];

export const COMMITMENT_STATUSES = ['PROPOSED', 'PENDING', 'ACTIVE', 'EXHAUSTED', 'EXPIRED', 'CANCELED', 'SUPERSEDED'] as const;
export type CommitmentStatus = (typeof COMMITMENT_STATUSES)[number];

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
