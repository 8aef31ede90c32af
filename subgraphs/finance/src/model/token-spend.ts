// What models were used for.
import type { Decimal } from './money.ts';

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
