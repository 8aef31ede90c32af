import { SERVICE_HEADER, signRequest } from '@hubgraph/kit/identity/service';
import { systemClock, type Clock } from '@hubgraph/kit/clock';
import type { PartHealth } from '@hubgraph/kit/hub';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { errors, Pool, type Dispatcher } from 'undici';
import { DEFAULT_DEADLINES, deadlineOf, type Deadlines, type HubCall, type HubCaller } from './caller.ts';
import { startDeadline } from './deadline.ts';
import { outOfTime, unavailable } from './unavailable.ts';

export interface RemoteCallerOptions {
  readonly hub: string;
  /** Where the hub is, such as `http://127.0.0.1:4101`; without a path its endpoint is `/graphql`. */
  readonly url: string;
  /** Secret shared with the hub; undefined for a subgraph that is not ours and takes requests as they come. */
  readonly key?: string;
  readonly deadlines?: Deadlines;
  /** Largest answer read, in bytes; default 10 MiB. */
  readonly largestAnswer?: number;
  /** Connections kept; a call beyond them waits for one within its deadline. Default 64. */
  readonly connections?: number;
  readonly clock?: Clock;
}

const LARGEST_ANSWER = 10 * 1024 * 1024;
const CONNECTIONS = 64;
/** In milliseconds. */
const HEALTH_DEADLINE = 2_000;

/** Calls a hub over HTTP, on connections that are kept. Nothing is sent twice: a lost answer may have been a done deed. */
export function remoteCaller(options: RemoteCallerOptions): HubCaller {
  const { hub, key, deadlines = DEFAULT_DEADLINES, clock = systemClock } = options;
  const url = new URL(options.url);
  const largest = options.largestAnswer ?? LARGEST_ANSWER;
  const pool = new Pool(url.origin, { connections: options.connections ?? CONNECTIONS, pipelining: 1, keepAliveTimeout: 30_000, connect: { timeout: deadlines.query }, maxResponseSize: largest });
  const path = (url.pathname === '/' ? '/graphql' : url.pathname) + url.search;

  return {
    hub,
    async call(call) {
      const body = JSON.stringify({ query: call.query, variables: call.variables, operationName: call.operationName });
      const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json', 'x-request-id': call.requestId };
      if (call.traceparent) headers.traceparent = call.traceparent;
      if (key) headers[SERVICE_HEADER] = await signRequest({ key, hub, identity: call.identity, body, clock });
      using deadline = startDeadline(deadlineOf(call, deadlines), call.signal);
      try {
        const response = await pool.request({ method: 'POST', path, headers, body, signal: deadline.signal });
        return resultIn(await textOf(response));
      } catch (error) {
        throw failureOf(hub, call, error, largest);
      }
    },
    async health() {
      try {
        const { body } = await pool.request({ method: 'GET', path: '/health/ready', signal: AbortSignal.timeout(HEALTH_DEADLINE) });
        const { parts } = JSON.parse(await body.text()) as { parts: PartHealth[] };
        return parts.map(({ part, ready, reason }) => ({ part, ready, reason }));
      } catch (error) {
        return [{ part: `${hub}.hub`, ready: false, reason: `no answer (${(error as Error).message})` }];
      }
    },
    async close() {
      if (!pool.destroyed) await pool.destroy();
    },
  };
}

/** Why an answer was no use; goes to the log. */
class Unusable extends Error {}

async function textOf(response: Dispatcher.ResponseData): Promise<string> {
  const type = String(response.headers['content-type'] ?? '');
  // A hub answers wrong requests with 4xx and a GraphQL body; what is not JSON did not come from a hub's GraphQL.
  if (response.statusCode >= 500 || response.statusCode === 401 || !/^application\/(graphql-response\+)?json\b/.test(type)) {
    await response.body.dump();
    throw new Unusable(`status ${response.statusCode}, content type ${type.slice(0, 80)}`);
  }
  return response.body.text();
}

function resultIn(text: string): ExecutionResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Unusable('the answer is not JSON', { cause: error });
  }
  if (!isObject(parsed)) throw new Unusable('the answer is not an object');
  const data = Object.hasOwn(parsed, 'data') ? parsed.data : undefined;
  const found = Object.hasOwn(parsed, 'errors') ? parsed.errors : undefined;
  if (data !== undefined && data !== null && !isObject(data)) throw new Unusable('data is not an object');
  if (found !== undefined && !(Array.isArray(found) && found.every((error) => isObject(error) && typeof error.message === 'string'))) throw new Unusable('errors is not a list of errors');
  if (data === undefined && found === undefined) throw new Unusable('neither data nor errors');
  return { data: data as ExecutionResult['data'], errors: found as readonly GraphQLError[] | undefined };
}

function failureOf(hub: string, call: HubCall, error: unknown, largest: number): Error {
  if (call.signal.aborted) return outOfTime(error);
  if (error instanceof Unusable) return unavailable(hub, error.message, error.cause);
  if (error instanceof errors.ResponseExceededMaxSizeError) return unavailable(hub, `the answer is larger than ${largest} bytes`);
  const reason = error instanceof Error ? error.message : String(error);
  return unavailable(hub, reason, error);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
