// One door to all formats.
import { readAnthropicCost, readAnthropicUsage } from './anthropic.ts';
import { BrokenFile, type Bytes, type Charge, type CostFormat, type Entry, type TokenFormat, type Usage } from './entry.ts';
import { readFocus } from './focus.ts';
import { readMapped } from './mapped.ts';
import type { Mapping } from './mapping.ts';
import { readOpenaiCosts, readOpenaiUsage } from './openai.ts';
import { readOpencost } from './opencost.ts';

/** What a format may need besides the file. */
export interface FormatOptions {
  /** Of `csv`. */
  readonly mapping?: Mapping;
  /** Of `opencost`, which does not tell it; USD when left out. */
  readonly currency?: string;
}

/** The charges of a file. Throws {@link BrokenFile} where it cannot be read any further. */
export function readCharges(format: CostFormat, bytes: Bytes, { mapping, currency = 'USD' }: FormatOptions = {}): AsyncGenerator<Entry<Charge>[]> {
  switch (format) {
    case 'focus':
      return readFocus(bytes);
    case 'csv':
      if (mapping === undefined) throw new BrokenFile('CSV that is not FOCUS needs a mapping.');
      return readMapped(bytes, mapping);
    case 'anthropic-cost':
      return readAnthropicCost(bytes);
    case 'openai-costs':
      return readOpenaiCosts(bytes);
    case 'opencost':
      return readOpencost(bytes, currency);
  }
}

/** The token usage of a file. Throws {@link BrokenFile} where it cannot be read any further. */
export function readUsage(format: TokenFormat, bytes: Bytes): AsyncGenerator<Entry<Usage>[]> {
  return format === 'anthropic-usage' ? readAnthropicUsage(bytes) : readOpenaiUsage(bytes);
}

/**
 * The format of a file by how it begins; null when it is none of ours. A few thousand characters are enough: reports tell the
 * kind of their results in the first one.
 */
export function formatOf(beginning: string): CostFormat | TokenFormat | null {
  const text = beginning.replace(/^\uFEFF/, '').trimStart();
  if (!text.startsWith('{') && !text.startsWith('[')) return /billed[ _]?cost/i.test(text.split('\n', 1)[0]!) ? 'focus' : null;
  if (text.includes('"organization.costs.result"')) return 'openai-costs';
  if (text.includes('"organization.usage.completions.result"')) return 'openai-usage';
  if (text.includes('"uncached_input_tokens":')) return 'anthropic-usage';
  if (/"amount"\s*:\s*"/.test(text) && text.includes('"starting_at"')) return 'anthropic-cost';
  if (/"(totalCost|cpuCost)"\s*:/.test(text)) return 'opencost';
  return null;
}
