// To whom charges belong.
import type { Decimal } from './money.ts';

export const RULE_KINDS = ['TAG', 'ACCOUNT', 'SERVICE', 'RATIO', 'SHARE'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

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
