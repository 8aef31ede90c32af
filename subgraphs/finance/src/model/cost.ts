// Charges and what brought them.
import type { Decimal } from './money.ts';

export const CHARGE_CATEGORIES = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] as const;
export type ChargeCategory = (typeof CHARGE_CATEGORIES)[number];

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
