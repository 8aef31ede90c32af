// What there is, what comes in, and when it is too little.
import type { Decimal } from './money.ts';

export const RUNWAY_STATUSES = ['OK', 'BREACHED', 'ESCALATED', 'NOT_LIMITED', 'UNKNOWN'] as const;
export type RunwayStatus = (typeof RUNWAY_STATUSES)[number];

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
