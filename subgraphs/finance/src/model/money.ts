// Amounts, and what one currency is worth in another.

/** A decimal number as text, such as `12.50`; at most 18 digits behind the point, and before it at most 20 where it is taken in. */
export type Decimal = string;

/** An exact amount in one currency (ISO 4217). */
export interface Money {
  readonly amount: Decimal;
  readonly currency: string;
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
