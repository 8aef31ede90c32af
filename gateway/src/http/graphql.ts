import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { traceparentOf } from '@hubgraph/kit/request-id';
import { inSpan } from '@hubgraph/kit/trace/trace';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type ExecutionResult } from 'graphql';
import { createHandler, type RequestParams, type Response } from 'graphql-http';
import { Refused, type Engine } from '../query/engine.ts';
import { errorBody } from './app.ts';
import { authorizationOf } from './authorization.ts';
import { mayBeForged, mediaType } from './csrf.ts';
import { fulfil, isVouchedFor, wishOf } from './streams.ts';
import { withoutStream } from '../subscription/http/accept.ts';
import type { Streams } from '../subscription/http/streams.ts';

export interface GraphqlRouteOptions {
  readonly engine: Engine;
  /** Where subscriptions over HTTP go. */
  readonly streams: Streams;
  /** The stage `identify` for the value of an `Authorization` header. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
  /** Answers browsers that ask for a page; in development only. */
  readonly page?: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/** What a client may accept subscriptions as. */
const STREAMS = ['text/event-stream', 'multipart/mixed;subscriptionSpec="1.0"'] as const;

/** What the handler knows of a request besides its parameters. */
interface Facts {
  readonly identity?: Identity;
  readonly requestId: string;
  readonly traceparent?: string;
  readonly signal: AbortSignal;
}

/**
 * Serves `/graphql`: the protocol is graphql-http's, what happens to an operation is the engine's.
 */
export function mountGraphql(app: FastifyInstance, { engine, streams, identify, page }: GraphqlRouteOptions): void {
  const handle = createHandler<undefined, Facts>({
    onSubscribe: ({ method, context }, params) => answer(engine, method, context, params),
    formatError: (error) => (error instanceof GraphQLError && error.extensions.code ? error : new GraphQLError(error.message, { extensions: { code: 'BAD_USER_INPUT' } })),
  });

  app.route({
    url: '/graphql',
    method: app.supportedMethods,
    handler: (request, reply) => inSpan(() => ({ name: `${request.method} /graphql`, kind: 'server', parent: traceparentOf(request.headers.traceparent), root: traceparentOf(request.headers.traceparent) === undefined, attributes: { 'http.request.method': request.method, 'http.route': '/graphql' } }), async (span) => {
      if (page && wantsPage(request)) return page(request, reply);
      const wish = wishOf(request);
      const refusal = isVouchedFor(wish, request.method) ? undefined : refusalOf(request);
      if (refusal) return reply.code(refusal.status).send(errorBody('BAD_USER_INPUT', refusal.message));
      let identity: Identity | undefined;
      try {
        identity = await identify(authorizationOf(request));
      } catch (error) {
        if (error instanceof PublicError && error.code === 'UNAUTHENTICATED') return reply.code(401).header('www-authenticate', 'Bearer realm="hubgraph", error="invalid_token"').send(errorBody(error.code, error.message, error.facts));
        throw error;
      }
      const traceparent = span?.traceparent ?? traceparentOf(request.headers.traceparent);
      if (wish && (await fulfil(wish, request, reply, { engine, streams, identity, traceparent }))) return reply;
      const facts: Facts = { identity, requestId: request.id, traceparent, signal: goneSignal(reply) };
      const body = typeof request.body === 'string' ? request.body : null;
      const accept = wish ? withoutStream(request.headers.accept) : request.headers.accept;
      const [text, { status, headers = {} }] = await handle({ method: request.method, url: request.url, headers: { ...request.headers, accept }, body, raw: undefined, context: facts });
      span?.set({ 'http.response.status_code': status });
      return reply.code(status).headers(headers).header('cache-control', 'no-store').send(text ?? undefined);
    }),
  });
}

async function answer(engine: Engine, method: string, { identity, ...facts }: Facts, params: RequestParams): Promise<Response | readonly GraphQLError[] | ExecutionResult> {
  const prepared = await engine.prepare({ source: params.query, operationName: params.operationName, identity, requestId: facts.requestId });
  if (prepared instanceof Refused) return prepared.code === 'UNAUTHENTICATED' ? challenge(prepared) : prepared.errors;
  if (prepared.kind === 'subscription') return [JSON.stringify(errorBody('BAD_USER_INPUT', 'Subscriptions are served as one of these types, or over WebSocket at this address, subprotocol graphql-transport-ws.', { accept: STREAMS })), { status: 406, statusText: 'Not Acceptable', headers: { 'content-type': 'application/json; charset=utf-8' } }];
  // A link in a page must never change anything.
  if (prepared.kind === 'mutation' && method === 'GET') return [JSON.stringify(errorBody('BAD_USER_INPUT', 'Mutations need POST.')), { status: 405, statusText: 'Method Not Allowed', headers: { allow: 'POST', 'content-type': 'application/json; charset=utf-8' } }];
  const result = await engine.execute(prepared, { variables: params.variables, identity, ...facts });
  // Without data the operation did not run, which graphql-http tells by the status where the client understands it.
  return result.data === undefined ? (result.errors ?? []) : result;
}

function challenge(refused: Refused): Response {
  return [JSON.stringify({ errors: refused.errors }), { status: 401, statusText: 'Unauthorized', headers: { 'www-authenticate': 'Bearer realm="hubgraph"', 'content-type': 'application/json; charset=utf-8' } }];
}

/** What is wrong with the request before anything of it is read. */
function refusalOf({ method, headers }: FastifyRequest): { readonly status: number; readonly message: string } | undefined {
  if (method !== 'GET' && method !== 'POST') return undefined;
  if (method === 'GET' && mediaType(headers) !== '' && mediaType(headers) !== 'application/json') return { status: 415, message: 'GET has no body, so it has no content type.' };
  if (!mayBeForged(headers)) return undefined;
  return { status: 400, message: 'This request could come from any web page: send content-type application/json, a bearer token, or the header apollo-require-preflight.' };
}

/** Aborted when the client goes before it has its answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');
}
