import { Kind, type FieldNode } from 'graphql';
import { readAnswer, retryAfterOf } from './answer.ts';
import type { Clock } from './clock.ts';
import { definitionOf } from './document.ts';
import type { Endpoints } from './endpoints.ts';
import { HubgraphError, refusal } from './errors.ts';
import type { Pace } from './pace.ts';
import type { Tokens } from './token.ts';
import type { Operation, Payload } from './transport/transport.ts';
import type { Fault } from './values.ts';

/** What a query or mutation was answered. */
export interface Answer<Data> {
  readonly data: Data;
  /** Parts that could not be had, such as those of a hub that is down; what they stand for is null in `data`. */
  readonly errors?: readonly Fault[];
}

/** How one request is made. */
export interface RequestOptions {
  /** Gives the request up; it rejects with the signal's reason. A mutation may have been done nevertheless. */
  readonly signal?: AbortSignal;
  /** Which operation of a document with several. */
  readonly operationName?: string;
}

/** What requests work with. */
export interface RequestDeps {
  readonly endpoints: Endpoints;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly newPace: () => Pace;
  /** How often one request is made at most. */
  readonly attempts: number;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
}

/** Codes of answers without data after which the same may succeed. */
const LATER: ReadonlySet<string> = new Set(['RATE_LIMITED', 'HUB_UNAVAILABLE', 'TIMEOUT', 'INTERNAL']);
/** Codes that say that nothing of the operation was done. */
const NOTHING_DONE: ReadonlySet<string> = new Set(['RATE_LIMITED', 'UNAUTHENTICATED']);

/** One failed attempt. */
interface Failure {
  readonly error: HubgraphError;
  /** `never` to repeat, `safe` when the operation was not begun, else `unknown`. */
  readonly repeat: 'never' | 'safe' | 'unknown';
  readonly retryAfter?: number;
}

/**
 * Asks over HTTP, again and elsewhere where that is safe: what was not begun, and anything that `isRepeatable`.
 *
 * @throws HubgraphError for an answer without data, and `UNREACHABLE` when there is none.
 */
export async function request<Data>(operation: Operation, isRepeatable: boolean, { signal }: RequestOptions, deps: RequestDeps): Promise<Answer<Data>> {
  const { attempts, clock } = deps;
  const pace = deps.newPace();
  let tokenRefused = false;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    const attempt = pace.begin();
    const outcome = await once<Data>(operation, signal, deps);
    if ('data' in outcome) return outcome;
    signal?.throwIfAborted();
    const { error, repeat, retryAfter } = outcome;
    // a second token that is refused will not be followed by a good one
    const isLast = error.code === 'UNAUTHENTICATED' ? tokenRefused : count >= attempts;
    if (isLast || repeat === 'never' || (repeat === 'unknown' && !isRepeatable)) throw error;
    if (error.code === 'UNAUTHENTICATED') tokenRefused = true;
    else await pause(pace, attempt, retryAfter, clock, signal);
  }
}

async function once<Data>(operation: Operation, signal: AbortSignal | undefined, { endpoints, tokens, clock, fetch, timeout }: RequestDeps): Promise<Answer<Data> | Failure> {
  const url = endpoints.http();
  const token = await tokens.current();
  const late = new AbortController();
  const giveUp = (): void => late.abort(signal?.reason);
  const cancel = clock.after(timeout, () => late.abort(new Error(`There was no answer within ${timeout} ms.`)));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const response = await fetch(url, {
      method: 'POST', signal: late.signal,
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9', ...(token && { authorization: `Bearer ${token.text}` }) },
      body: JSON.stringify(operation),
    });
    const payload = await readAnswer(response);
    if (payload.data !== undefined && payload.data !== null) return { data: payload.data as Data, ...(payload.errors && { errors: payload.errors }) };
    if (response.status === 401) tokens.refused(token);
    const failure = failureOf(response, payload, clock.now());
    if (response.status >= 502) endpoints.failed(url);
    return failure;
  } catch (cause) {
    endpoints.failed(url);
    return { error: new HubgraphError('UNREACHABLE', `${url} could not be reached: ${(cause as Error).message}`, [], { cause }), repeat: 'unknown' };
  } finally {
    cancel();
    signal?.removeEventListener('abort', giveUp);
  }
}

function failureOf(response: Response, { data, errors = [] }: Payload, now: number): Failure {
  const code = errors[0]?.extensions?.code;
  if (code !== undefined) {
    const wait = errors[0]?.extensions?.retryAfter;
    const retryAfter = retryAfterOf(response, now) || (typeof wait === 'number' ? wait : 0);
    // with `data: null` it did run
    const repeat = NOTHING_DONE.has(code) && data === undefined ? 'safe' : LATER.has(code) ? 'unknown' : 'never';
    return { error: refusal(errors), repeat, retryAfter };
  }
  const error = new HubgraphError(response.status >= 500 || response.status === 429 ? 'UNREACHABLE' : 'BAD_RESPONSE', `The answer is no GraphQL response (HTTP ${response.status}).`, errors);
  return { error, repeat: response.status === 429 ? 'safe' : response.status >= 502 ? 'unknown' : 'never', retryAfter: retryAfterOf(response, now) };
}

function pause(pace: Pace, attempt: ReturnType<Pace['begin']>, retryAfter: number | undefined, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  pace.failed(attempt, retryAfter);
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(pace.wait(), done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Puts a new idempotency key into each `input: $variable` of a mutation that has none yet, so that repeating it does nothing
 * twice. `isRepeatable` when every field of the mutation has one.
 */
export function withKeys(operation: Operation, newKey: () => string): { readonly operation: Operation; readonly isRepeatable: boolean } {
  const definition = definitionOf(operation);
  const variables: Record<string, unknown> = { ...operation.variables };
  const fields = definition.selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  const keyed = fields.filter((field) => keep(field, variables, newKey));
  return { operation: { ...operation, variables }, isRepeatable: keyed.length === definition.selectionSet.selections.length };
}

/** Whether the field has a key, which it is given where that can be done. */
function keep({ arguments: given = [] }: FieldNode, variables: Record<string, unknown>, newKey: () => string): boolean {
  const value = given.find(({ name }) => name.value === 'input')?.value;
  if (value?.kind === Kind.OBJECT) return value.fields.some(({ name }) => name.value === 'idempotencyKey');
  if (value?.kind !== Kind.VARIABLE) return false;
  const name = value.name.value;
  const input = variables[name];
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  const { idempotencyKey } = input as { idempotencyKey?: unknown };
  if (typeof idempotencyKey !== 'string') variables[name] = { ...input, idempotencyKey: newKey() };
  return true;
}
