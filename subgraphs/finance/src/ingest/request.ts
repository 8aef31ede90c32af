import type { IncomingHttpHeaders } from 'node:http';
import { HttpProblem } from '@hubgraph/kit/door-http';
import type { ImportRequest } from '../commands/import.ts';
import type { TokenImportRequest } from '../commands/import-tokens.ts';
import { COST_FORMATS, TOKEN_FORMATS, type CostFormat, type TokenFormat } from '../import/entry.ts';
import { mappingOf, type Mapping } from '../import/mapping.ts';
import { pricesOf, type PriceList } from '../import/prices.ts';

/** What a request wants imported. */
export type ImportAsk = ({ readonly kind: 'costs' } & ImportRequest) | ({ readonly kind: 'tokens' } & TokenImportRequest);

/** In characters; a name, not a text. */
const LONGEST = 200;

/**
 * Reads what a request asks: `source`, `format`, `file`, `currency` and `dryRun` of its query; a mapping (of `csv`) or a price
 * list (of token usage) as JSON in base64url in the header `hubgraph-mapping` or `hubgraph-prices`.
 *
 * @throws HttpProblem 400 or 422, saying what is wrong
 */
export function requestOf(query: URLSearchParams, headers: IncomingHttpHeaders): ImportAsk {
  const format = query.get('format') ?? '';
  const mapping = headerJson(headers['hubgraph-mapping'], 'mapping', mappingOf, 'mapping' as const) as Mapping | undefined;
  const prices = headerJson(headers['hubgraph-prices'], 'price list', pricesOf, 'prices' as const) as PriceList | undefined;
  const source = query.get('source') ?? mapping?.source ?? format;
  const file = query.get('file') ?? 'stdin';
  for (const [name, text] of [['source', source], ['file', file]] as const) {
    if (text === '' || text.length > LONGEST || /\p{Cc}/u.test(text)) throw new HttpProblem(400, 'INVALID_INPUT', `${name} has 1 to ${LONGEST} printable characters.`);
  }
  const dryRun = query.get('dryRun') === 'true';
  if ((TOKEN_FORMATS as readonly string[]).includes(format)) return { kind: 'tokens', source, file, format: format as TokenFormat, dryRun, prices };
  if (!(COST_FORMATS as readonly string[]).includes(format)) throw new HttpProblem(400, 'INVALID_INPUT', `format is one of ${[...COST_FORMATS, ...TOKEN_FORMATS].join(', ')}.`);
  if (format === 'csv' && mapping === undefined) throw new HttpProblem(400, 'INVALID_INPUT', 'CSV that is not FOCUS needs a mapping.');
  const currency = query.get('currency') ?? undefined;
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) throw new HttpProblem(400, 'INVALID_INPUT', 'currency is a code such as USD.');
  return { kind: 'costs', source, file, format: format as CostFormat, dryRun, mapping, currency };
}

function headerJson(header: string | string[] | undefined, what: string, read: (value: unknown) => object, name: string): unknown {
  if (typeof header !== 'string') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, 'base64url').toString());
  } catch {
    throw new HttpProblem(400, 'INVALID_INPUT', `The ${what} is not JSON in base64url.`);
  }
  const answer = read(value) as Record<string, unknown> & { readonly problems?: readonly string[] };
  if (answer.problems !== undefined) throw new HttpProblem(422, 'INVALID_INPUT', `The ${what} is not right.`, {}, answer.problems);
  return answer[name];
}
