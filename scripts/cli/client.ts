import { readConfig } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import { Option, type Command } from 'commander';
import { clientSettings, environment } from '../config.ts';
import { exitCodes } from '../exit-codes.ts';

/** What {@link withGraph} adds to a command's options. */
export interface GraphOptions {
  readonly endpoint?: string;
  readonly token?: string;
}

/** Adds `--endpoint` and `--token` to a command that talks to a running graph. */
export function withGraph(command: Command): Command {
  return command
    .addOption(new Option('--endpoint <url>', 'the graph to talk to (HUBGRAPH_ENDPOINT, else http://127.0.0.1:4000/graphql)'))
    .addOption(new Option('--token <token>', 'token to send (HUBGRAPH_TOKEN); `hubgraph token` prints one for development'));
}

/** A way to ask a running graph. */
export interface GraphClient {
  readonly endpoint: string;
  /**
   * Runs one operation and returns its data.
   *
   * @throws UsageError with one sentence: 11 nothing answers there, 12 the token is missing, not valid or lacks scopes,
   * 13 a hub cannot answer, 2 the variables are wrong, 1 any other refusal, 70 a fault of the graph.
   */
  request<Data>(query: string, variables?: Readonly<Record<string, unknown>>, options?: RequestOptions): Promise<Data>;
}

/** How one operation is sent. */
export interface RequestOptions {
  /** Asks the graph for its larger limit of a request, which bills of materials need. */
  readonly ingest?: boolean;
}

/** Makes a client of the options that {@link withGraph} gave, else of the environment. */
export function createClient(options: GraphOptions = {}): GraphClient {
  const settings = readConfig(clientSettings, { ...environment(), ...(options.endpoint && { HUBGRAPH_ENDPOINT: options.endpoint }) });
  const endpoint = settings.HUBGRAPH_ENDPOINT;
  const token = options.token ?? settings.HUBGRAPH_TOKEN;
  return {
    endpoint,
    async request<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}, { ingest = false }: RequestOptions = {}) {
      const { data, errors } = await answer(endpoint, await send(endpoint, { ...(token && { authorization: `Bearer ${token}` }), ...(ingest && { 'x-hubgraph-ingest': '1' }) }, { query, variables }));
      if (errors && errors.length > 0) throw refusal(endpoint, errors, token !== undefined);
      return data as Data;
    },
  };
}

interface GraphError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly missingScopes?: unknown; readonly hub?: string; readonly id?: string };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly GraphError[];
}

async function send(endpoint: string, headers: Readonly<Record<string, string>>, body: object): Promise<Response> {
  const all = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json', ...headers };
  try {
    return await fetch(endpoint, { method: 'POST', headers: all, body: JSON.stringify(body) });
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    throw new UsageError(`No graph answers at ${endpoint} (${cause?.code ?? cause?.message ?? (error as Error).message}): start one with npm start, or name another with --endpoint.`, exitCodes.graphUnreachable.code);
  }
}

async function answer(endpoint: string, response: Response): Promise<Answer> {
  try {
    const body = await response.json() as Answer | null;
    // GraphQL errors may come with a 404 too, as from another path of our own gateway
    if (response.status !== 404 && body !== null && typeof body === 'object' && ('data' in body || Array.isArray(body.errors))) return body;
  } catch {
    // not JSON: the same sentence as for JSON of another shape
  }
  throw new UsageError(`${endpoint} answered with status ${response.status} and nothing that is GraphQL: is it the URL of a graph?`, exitCodes.graphUnreachable.code);
}

function refusal(endpoint: string, errors: readonly GraphError[], hadToken: boolean): UsageError {
  const [first] = errors as [GraphError];
  const { code = '', missingScopes, hub, id } = first.extensions ?? {};
  const message = first.message.replace(/\.$/, '');
  switch (code) {
    case 'UNAUTHENTICATED':
      return new UsageError(hadToken
        ? `The graph at ${endpoint} does not accept this token: it may have expired or belong to another issuer.`
        : `The graph at ${endpoint} wants a token: give --token or set HUBGRAPH_TOKEN; npm run -s hubgraph -- token --role author prints one for development.`, exitCodes.denied.code);
    case 'FORBIDDEN':
      return new UsageError(`${message}${missingScopes && !namesAll(message, missingScopes) ? `; the token lacks ${scopesOf(missingScopes)}` : ''}.`, exitCodes.denied.code);
    case 'HUB_UNAVAILABLE':
      return new UsageError(`The hub ${hub ?? ''} cannot answer now; try again in a moment.`.replace('  ', ' '), exitCodes.hubUnavailable.code);
    case 'BAD_USER_INPUT':
      return new UsageError(`${message}.`, exitCodes.usage.code);
    case 'INTERNAL':
      return new UsageError(`The graph made a mistake${id ? `; its log has it under ${id}` : ''}.`, exitCodes.fault.code);
    case 'GRAPHQL_VALIDATION_FAILED':
      return new UsageError(`The graph at ${endpoint} does not know what this command asks for; are they of the same version? (${message})`, exitCodes.fault.code);
    default:
      return new UsageError(`${message}${code ? ` (${code})` : ''}.`, exitCodes.no.code);
  }
}

/** A list of scopes that are all needed, or several such lists of which one is. */
function scopesOf(missing: unknown): string {
  const sets = Array.isArray(missing) && missing.every(Array.isArray) ? (missing as unknown[][]) : [[missing].flat()];
  return sets.map((set) => set.join(' and ')).join(' or ');
}

function namesAll(message: string, missing: unknown): boolean {
  return [missing].flat(2).every((scope) => message.includes(String(scope)));
}
