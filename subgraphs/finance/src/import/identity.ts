// Which row of a source is which, and whether it still says the same.
import { createHash, hash } from 'node:crypto';
import type { Charge } from './entry.ts';

/**
 * What tells one charge from another where the provider gives no key: to whom, for what and when, but nothing that a provider
 * corrects later, such as amounts, quantities, names and tags. So a corrected charge is known again.
 */
const IDENTIFYING = [
  'providerName', 'invoiceIssuerName', 'billingAccountId', 'subAccountId', 'billingCurrency', 'billingPeriodStart', 'chargePeriodStart', 'chargePeriodEnd', 'chargeCategory', 'chargeClass', 'chargeFrequency',
  'chargeDescription', 'serviceName', 'resourceId', 'regionId', 'availabilityZone', 'skuId', 'skuPriceId', 'pricingCategory', 'pricingUnit', 'commitmentDiscountId', 'commitmentDiscountStatus',
] as const satisfies readonly (keyof Charge)[];

/** Columns of later versions that identify too: what a charge was split into, and on which invoice it stands. */
const IDENTIFYING_MORE = ['AllocatedMethodId', 'AllocatedResourceId', 'CapacityReservationId', 'CapacityReservationStatus', 'InvoiceId', 'SkuMeter'] as const;

/** What is compared to find out whether a charge changed, in a fixed order. */
const CONTENT = [
  ...IDENTIFYING, 'billedCost', 'effectiveCost', 'listCost', 'contractedCost', 'listUnitPrice', 'contractedUnitPrice', 'billingPeriodEnd', 'publisherName', 'billingAccountName', 'subAccountName', 'serviceCategory', 'resourceName', 'resourceType',
  'regionName', 'pricingQuantity', 'consumedQuantity', 'consumedUnit', 'commitmentDiscountName', 'commitmentDiscountCategory', 'commitmentDiscountType',
] as const satisfies readonly (keyof Charge)[];

/** SHA-256 of the provider's key, or of what identifies a charge without one; then equal for charges that only their place in the file tells apart. */
export function identityOf(charge: Charge): Buffer {
  if (charge.key !== null) return hash('sha256', charge.key, 'buffer');
  const parts: (string | null | undefined)[] = IDENTIFYING.map((name) => charge[name]);
  for (const name of IDENTIFYING_MORE) parts.push(charge.more[name]);
  return hash('sha256', JSON.stringify(parts), 'buffer');
}

/** SHA-256 of all that a charge says, in base64url. */
export function contentHashOf(charge: Charge): string {
  return hash('sha256', JSON.stringify([CONTENT.map((name) => charge[name]), sorted(charge.tags), sorted(charge.more)]), 'base64url');
}

function sorted(record: Readonly<Record<string, string | null>>): [string, string | null][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** SHA-256 of parts that identify something, in base64url. */
export function digestOf(...parts: readonly (string | null | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

const FIRST_SLOTS = 1 << 12;

/**
 * Counts how often each identity was met in one file, in 12 bytes for each and not more: a file may have ten million rows. Two
 * identities that share 64 bits of SHA-256 would be counted as one, which only numbers their rows otherwise.
 */
export class Occurrences {
  #slots = FIRST_SLOTS;
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  #met = new Uint32Array(FIRST_SLOTS);
  #used = 0;

  /** How often this identity was met before: 0 the first time. */
  next(identity: Buffer): number {
    if (this.#used * 10 > this.#slots * 6) this.#grow();
    const high = identity.readUInt32LE(0);
    const low = identity.readUInt32LE(4);
    const slot = this.#slotOf(high, low);
    const met = this.#met[slot]!;
    if (met === 0) {
      this.#high[slot] = high;
      this.#low[slot] = low;
      this.#used++;
    }
    this.#met[slot] = met + 1;
    return met;
  }

  #slotOf(high: number, low: number): number {
    let slot = low & (this.#slots - 1);
    while (this.#met[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = (slot + 1) & (this.#slots - 1);
    return slot;
  }

  #grow(): void {
    const [high, low, met] = [this.#high, this.#low, this.#met];
    this.#slots *= 2;
    this.#high = new Uint32Array(this.#slots);
    this.#low = new Uint32Array(this.#slots);
    this.#met = new Uint32Array(this.#slots);
    for (let old = 0; old < met.length; old++) {
      if (met[old] === 0) continue;
      const slot = this.#slotOf(high[old]!, low[old]!);
      this.#high[slot] = high[old]!;
      this.#low[slot] = low[old]!;
      this.#met[slot] = met[old]!;
    }
  }
}
