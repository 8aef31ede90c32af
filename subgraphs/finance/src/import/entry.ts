// What the readers of files give: charges or token usage, line by line, and what could not be read.
import type { CostRow, Decimal } from '../model/index.ts';

/** Formats of files with charges. */
export const COST_FORMATS = ['focus', 'csv', 'anthropic-cost', 'openai-costs', 'opencost'] as const;
export type CostFormat = (typeof COST_FORMATS)[number];

/** Formats of files with token usage. */
export const TOKEN_FORMATS = ['anthropic-usage', 'openai-usage'] as const;
export type TokenFormat = (typeof TOKEN_FORMATS)[number];

/** Where the hub's own door takes files in. */
export const IMPORT_PATH = '/finance/imports';

type Time = 'billingPeriodStart' | 'billingPeriodEnd' | 'chargePeriodStart' | 'chargePeriodEnd';
type Stored = 'id' | 'source' | 'rowKey' | 'contentHash' | 'current' | 'correctionOfId' | 'importId' | 'month' | 'day';

/** A charge as a file tells it. Times are RFC 3339 texts in UTC with milliseconds, amounts plain decimals. */
export interface Charge extends Omit<CostRow, Stored | Time>, Readonly<Record<Time, string>> {
  /** The provider's own key of the row, unique within its source; null when it has none. */
  readonly key: string | null;
}

/** Token usage as a file or an agent tells it. */
export interface Usage {
  readonly key: string;
  readonly provider: string;
  readonly model: string;
  /** RFC 3339 in UTC. */
  readonly at: string;
  /** Uncached. */
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly cacheWrite: bigint;
  readonly output: bigint;
  /** Null: the source does not tell it. */
  readonly cost: Decimal | null;
  readonly currency: string | null;
  readonly session: string | null;
  readonly domain: string | null;
  readonly service: string | null;
  readonly workstream: string | null;
}

/** One row of a file: what it says, or why it is refused. */
export type Entry<Row> = { readonly line: number; readonly row: Row } | { readonly line: number; readonly problem: string };

/** A byte stream, such as a file or the body of a request. */
export type Bytes = AsyncIterable<Uint8Array>;

/** The file cannot be read any further, or is not what it should be; what was read before is sound. `message` is one sentence for people. */
export class BrokenFile extends Error {
  /** Line at which it broke; 0 when lines say nothing. */
  readonly line: number;

  constructor(message: string, line = 0) {
    super(message);
    this.line = line;
  }
}

/** Why one row is refused; readers catch it and go on with the next. */
export class BadRow extends Error {}
