// OpenAI's usage and costs (Admin API, /v1/organization/usage/completions and /costs).
import { BadRow, type Bytes, type Charge, type Entry, type Usage } from './entry.ts';
import { digestOf } from './identity.ts';
import { objectOf, wordOf } from './json.ts';
import { readResults, reportedCharge, textsOf, unixTime } from './report.ts';
import { bounded, count, currency, LONGEST_NAME, measure, required } from './value.ts';

const COST_GROUPS = ['organization_id', 'project_id', 'line_item', 'api_key_id', 'user_id'] as const;
const USAGE_GROUPS = ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier'] as const;

/** The charges of a costs report. Its amounts are floats: what is behind the 18th place is rounded, half to even. */
export function readOpenaiCosts(bytes: Bytes): AsyncGenerator<Entry<Charge>[]> {
  return readResults(bytes, ({ bucket, result }) => {
    const told = objectOf(result.amount);
    if (told === null) throw new BadRow('amount is an object with value and currency.');
    return reportedCharge({
      chargePeriodStart: unixTime('start_time', bucket.start_time), chargePeriodEnd: unixTime('end_time', bucket.end_time),
      billedCost: required('amount.value', measure('amount.value', wordOf(told.value))),
      billingCurrency: required('amount.currency', currency('amount.currency', wordOf(told.currency))),
      providerName: 'OpenAI', publisherName: 'OpenAI', invoiceIssuerName: 'OpenAI', serviceName: 'OpenAI API',
      chargeDescription: wordOf(result.line_item), skuId: wordOf(result.line_item), billingAccountId: wordOf(result.organization_id), billingAccountName: wordOf(result.organization_name),
      subAccountId: wordOf(result.project_id), subAccountName: wordOf(result.project_name), more: textsOf(result, ['api_key_id', 'user_id']),
      identity: ['openai', ...COST_GROUPS.map((name) => wordOf(result[name]))],
    });
  });
}

/** The usage of completions. `input_tokens` includes what was cached and what was written to the cache; here they are apart. */
export function readOpenaiUsage(bytes: Bytes): AsyncGenerator<Entry<Usage>[]> {
  return readResults(bytes, ({ bucket, result }) => {
    const start = unixTime('start_time', bucket.start_time);
    const all = count('input_tokens', result.input_tokens);
    const cachedInput = count('input_cached_tokens', result.input_cached_tokens);
    const cacheWrite = count('input_cache_write_tokens', result.input_cache_write_tokens);
    if (cachedInput + cacheWrite > all) throw new BadRow('input_tokens includes the cached ones, and is less than they are.');
    return {
      key: digestOf('openai', start, unixTime('end_time', bucket.end_time), ...USAGE_GROUPS.map((name) => (typeof result[name] === 'boolean' ? String(result[name]) : wordOf(result[name])))),
      provider: 'OpenAI', model: bounded('model', wordOf(result.model), LONGEST_NAME) ?? '(all)', at: start,
      input: all - cachedInput - cacheWrite, cachedInput, cacheWrite, output: count('output_tokens', result.output_tokens),
      cost: null, currency: null, session: null, domain: null, service: null, workstream: null,
    };
  });
}
