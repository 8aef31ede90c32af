// Anthropic's usage and cost reports (Admin API, /v1/organizations/usage_report/messages and /cost_report).
import { divide } from '../money/decimal.ts';
import { BadRow, type Bytes, type Charge, type Entry, type Usage } from './entry.ts';
import { digestOf } from './identity.ts';
import { objectOf, wordOf, type Json } from './json.ts';
import { readResults, reportedCharge, textsOf, type Result } from './report.ts';
import { amount, bounded, count, currency, LONGEST_NAME, required, time } from './value.ts';

/** What the cost report groups by; so what tells its results apart. */
const COST_GROUPS = ['workspace_id', 'description', 'cost_type', 'context_window', 'model', 'service_tier', 'token_type', 'inference_geo', 'speed'] as const;
/** What the usage report may group by. */
const USAGE_GROUPS = ['workspace_id', 'api_key_id', 'account_id', 'service_account_id', 'model', 'service_tier', 'context_window', 'inference_geo', 'speed'] as const;

/**
 * The charges of a cost report. Its amounts are decimal texts in the lowest unit of the currency, cents; they become dollars,
 * exactly. The cost of priority tier is not in the report.
 */
export function readAnthropicCost(bytes: Bytes): AsyncGenerator<Entry<Charge>[]> {
  return readResults(bytes, ({ bucket, result }) => {
    const cents = required('amount', amount('amount', wordOf(result.amount)));
    const { model, token_type: tokens, workspace_id: workspace, inference_geo: region } = textsOf(result, COST_GROUPS);
    return reportedCharge({
      ...spanOf(bucket),
      billedCost: inDollars(cents),
      billingCurrency: required('currency', currency('currency', wordOf(result.currency))),
      providerName: 'Anthropic', publisherName: 'Anthropic', invoiceIssuerName: 'Anthropic', serviceName: 'Claude API',
      chargeDescription: wordOf(result.description), subAccountId: workspace ?? null, regionId: region ?? null, skuId: [model, tokens].filter(Boolean).join('/') || null,
      more: textsOf(result, ['cost_type', 'context_window', 'model', 'service_tier', 'token_type', 'speed']),
      identity: ['anthropic', ...COST_GROUPS.map((name) => wordOf(result[name]))],
    });
  });
}

/** A hundredth; of an amount with 17 or 18 places that would have to be rounded, and then it is refused. */
function inDollars(cents: string): string {
  const dollars = divide(cents, '100', 18, 'truncate');
  if (divide(dollars, '0.01', 18, 'truncate') !== cents) throw new BadRow('amount: An amount has at most 16 digits behind the point in cents.');
  return dollars;
}

/** The usage of a usage report. It tells no cost. */
export function readAnthropicUsage(bytes: Bytes): AsyncGenerator<Entry<Usage>[]> {
  return readResults(bytes, ({ bucket, result }) => {
    const { chargePeriodStart, chargePeriodEnd } = spanOf(bucket);
    const written = objectOf(result.cache_creation);
    const cacheWrite = written === null ? count('cache_creation_input_tokens', result.cache_creation_input_tokens) : countAll(written, ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens']);
    return {
      key: digestOf('anthropic', chargePeriodStart, chargePeriodEnd, ...USAGE_GROUPS.map((name) => wordOf(result[name]))),
      provider: 'Anthropic', model: bounded('model', wordOf(result.model), LONGEST_NAME) ?? '(all)', at: chargePeriodStart,
      input: count('uncached_input_tokens', result.uncached_input_tokens), cachedInput: count('cache_read_input_tokens', result.cache_read_input_tokens), cacheWrite, output: count('output_tokens', result.output_tokens),
      cost: null, currency: null, session: null, domain: null, service: null, workstream: null,
    };
  });
}

function countAll(given: Readonly<Record<string, Json | undefined>>, names: readonly string[]): bigint {
  return names.reduce((total, name) => total + count(name, given[name]), 0n);
}

function spanOf(bucket: Result['bucket']): { readonly chargePeriodStart: string; readonly chargePeriodEnd: string } {
  return { chargePeriodStart: required('starting_at', time('starting_at', wordOf(bucket.starting_at))), chargePeriodEnd: required('ending_at', time('ending_at', wordOf(bucket.ending_at))) };
}
