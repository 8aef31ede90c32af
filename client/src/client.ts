import { systemClock, type Clock } from './clock.ts';
import { definitionOf, operationOf, type Document, type VariablesArgument } from './document.ts';
import { createEndpoints } from './endpoints.ts';
import { createPace, type Pace } from './pace.ts';
import { request, withKeys, type Answer, type RequestDeps, type RequestOptions } from './request.ts';
import { createSubscription, type SubscribeOptions, type Subscription } from './subscription.ts';
import { createTokens, type TokenSource } from './token.ts';
import { autoTransport } from './transport/auto.ts';
import type { SocketConstructor } from './transport/socket.ts';
import { sseTransport } from './transport/sse.ts';
import type { Report, Transport, TransportDeps } from './transport/transport.ts';
import { webSocketTransport } from './transport/websocket.ts';

export { HubgraphError } from './errors.ts';
export { watch, type Watched, type WatchOptions } from './watch.ts';
export type { Clock, Document, VariablesArgument, Answer, Report, RequestOptions, SocketConstructor, SubscribeOptions, Subscription, TokenSource };
export type { EventValue, Fault, GapValue, InterruptedValue, ReadyValue, SubscriptionValue } from './values.ts';

/** Which graph, and how to speak to it. All but `url` may be left out. */
export interface ClientOptions {
  /** The GraphQL endpoint of a gateway, or of several of one graph: the client goes on with another when one is away. */
  readonly url: string | readonly string[];
  /** Asked for an access token (without `Bearer`) when one is needed and again before it ends. */
  readonly token?: TokenSource;
  /**
   * What carries subscriptions: WebSockets (`ws`), server-sent events (`sse`), or WebSockets as long as they get through
   * (`auto`, the default). Queries and mutations go over HTTP in any case.
   */
  readonly transport?: 'ws' | 'sse' | 'auto';
  /** A constructor of WebSockets where there is no global one, such as `WebSocket` of the package `ws` for Node 20. */
  readonly webSocket?: SocketConstructor;
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds: the first pause after a failure is at most `base` (default 250) and doubles up to `longest` (default 15,000). */
  readonly backoff?: { readonly base?: number; readonly longest?: number };
  /** Milliseconds of silence after which a gateway is asked for a sign of life; default 12,000. */
  readonly silence?: number;
  /** What may wait for the consumer of one subscription before its stream is paused: values (default 1,000) and characters of JSON (default 1,048,576). */
  readonly buffer?: { readonly values?: number; readonly characters?: number };
  /** How often a query or a repeatable mutation is tried (default 4), and the milliseconds for each (default 40,000). */
  readonly requests?: { readonly attempts?: number; readonly timeout?: number };
  /** Told what becomes of connections, for an indicator or a log. Must not throw. */
  readonly observe?: (report: Report) => void;
  readonly clock?: Clock;
  /** Spreads pauses; in [0, 1). */
  readonly random?: () => number;
}

/** A graph, ready to be asked. */
export interface Client {
  /**
   * Runs a query, repeated at another gateway when one does not answer.
   *
   * @throws HubgraphError when there is no data: the gateway's code, or `UNREACHABLE`
   */
  query<Data = any, Variables = Record<string, unknown>>(document: Document<Data, Variables>, ...rest: [...VariablesArgument<Variables>, options?: RequestOptions]): Promise<Answer<Data>>; // any: a document as text has no types
  /**
   * Runs a mutation. Each `input: $variable` gets an idempotency key of its own unless it has one, and so it is repeated when
   * no answer came, and done once. A mutation whose input is written out in the document is repeated only when it was surely
   * not begun. Refusals of the domain are data (`errors` of the payload).
   *
   * @throws HubgraphError when there is no data: the gateway's code, or `UNREACHABLE`, after which it may have been done
   */
  mutate<Data = any, Variables = Record<string, unknown>>(document: Document<Data, Variables>, ...rest: [...VariablesArgument<Variables>, options?: RequestOptions]): Promise<Answer<Data>>; // any: as above
  /**
   * Watches events; nothing is asked before the first `next()`. Whatever happens to connections, gateways and tokens, every
   * event behind the start is handed out once and in order, or a gap in its place.
   *
   * The iteration throws a HubgraphError when the subscription is refused (`FORBIDDEN`, `GRAPHQL_VALIDATION_FAILED`, ...), or
   * two tokens in a row are.
   *
   * @throws TypeError for `snapshot` without a variable `$snapshot`
   */
  subscribe<Data = any, Variables = Record<string, unknown>>(document: Document<Data, Variables>, ...rest: [...VariablesArgument<Variables>, options?: SubscribeOptions & Pick<RequestOptions, 'operationName'>]): Subscription<Data>; // any: as above
  /** Ends all subscriptions and connections. Safe to call twice. */
  close(): void;
}

/** What the functions of {@link Client} take behind the document. */
function read(rest: readonly unknown[]): [variables: unknown, options: SubscribeOptions & RequestOptions] {
  const [variables, options = {}] = rest;
  return [variables, options as SubscribeOptions & RequestOptions];
}

/**
 * Makes a client. Nothing is connected before there is something to watch.
 *
 * @throws TypeError for a URL that is none, and for `transport: 'ws'` where there is no WebSocket
 */
export function createClient(options: ClientOptions): Client {
  const { clock = systemClock, random = Math.random, fetch = globalThis.fetch.bind(globalThis), observe = () => undefined } = options;
  const { base = 250, longest = 15_000 } = options.backoff ?? {};
  const bounds = { values: 1_000, characters: 1_048_576, ...options.buffer };
  const newPace = (): Pace => createPace({ clock, random, base, longest });
  const endpoints = createEndpoints(options.url, random);
  const tokens = createTokens(options.token, clock);
  const pace = newPace();
  const transport = transportOf(options, { endpoints, tokens, pace, clock, observe, silence: options.silence ?? 12_000 }, fetch);
  const requests: RequestDeps = { endpoints, tokens, clock, fetch, newPace, attempts: 4, timeout: 40_000, ...options.requests };
  const closing = new AbortController();

  return {
    async query(document, ...rest: unknown[]) {
      const [variables, settings] = read(rest);
      return request(operationOf(document, variables, settings.operationName), true, settings, requests);
    },
    async mutate(document, ...rest: unknown[]) {
      const [variables, settings] = read(rest);
      const { operation, isRepeatable } = withKeys(operationOf(document, variables, settings.operationName), () => crypto.randomUUID());
      return request(operation, isRepeatable, settings, requests);
    },
    subscribe(document, ...rest: unknown[]) {
      const [variables, settings] = read(rest);
      const operation = operationOf(document, settings.snapshot === undefined ? variables : { ...(variables as object), snapshot: settings.snapshot }, settings.operationName);
      if (settings.snapshot && !definitionOf(operation).variableDefinitions?.some(({ variable }) => variable.name.value === 'snapshot')) {
        throw new TypeError('The document has no variable $snapshot that could be set.');
      }
      return createSubscription(operation, settings, closing.signal, { transport, clock, pace, ownPace: newPace(), bounds });
    },
    close() {
      closing.abort();
      transport.close();
    },
  };
}

function transportOf({ transport = 'auto', webSocket }: ClientOptions, deps: TransportDeps, fetch: typeof globalThis.fetch): Transport {
  const WebSocket = webSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (transport === 'ws' && !WebSocket) throw new TypeError('There is no WebSocket here: give one as `webSocket`, or take another transport.');
  if (transport === 'sse' || !WebSocket) return sseTransport(deps, fetch);
  const socket = webSocketTransport(deps, WebSocket);
  return transport === 'ws' ? socket : autoTransport(socket, sseTransport(deps, fetch));
}
