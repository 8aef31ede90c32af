// Calendar months that are open or closed.

export const PERIOD_STATUSES = ['OPEN', 'CLOSED'] as const;
export type PeriodStatus = (typeof PERIOD_STATUSES)[number];

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
