import type { Identity } from '@hubgraph/kit/identity';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseRequestParams, type RequestParams } from 'graphql-http';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Engine } from '../query/engine.ts';
import { Refused } from '../query/engine.ts';
import { transportFor, type Transport } from '../subscription/http/accept.ts';
import type { Answer, Streams } from '../subscription/http/streams.ts';
import { TOKEN_HEADER, type Visit } from '../subscription/http/visit.ts';
import { errorBody } from './app.ts';
import { authorizationOf } from './authorization.ts';

/** What a request wants of streams. */
export type Wish =
  | { readonly kind: 'reserve' }
  | { readonly kind: 'attach'; readonly token: string }
  | { readonly kind: 'operate'; readonly token: string }
  | { readonly kind: 'renew'; readonly token: string }
  | { readonly kind: 'complete'; readonly token: string }
  | { readonly kind: 'distinct'; readonly transport: Transport; readonly token?: string };

/** What the gateway knows of a request besides what stands in it. */
export interface Asking {
  readonly engine: Engine;
  readonly streams: Streams;
  readonly identity?: Identity;
  readonly traceparent?: string;
}

/** What `request` wants of streams; undefined when it wants an ordinary answer. */
export function wishOf(request: FastifyRequest): Wish | undefined {
  const { method, headers } = request;
  if (method === 'PUT') return request.body ? undefined : { kind: 'reserve' };
  const search = searchOf(request);
  const token = headers[TOKEN_HEADER]?.toString() ?? search.get('token') ?? undefined;
  if (method === 'DELETE') return token === undefined ? undefined : { kind: 'complete', token };
  const transport = transportFor(headers.accept);
  if (method === 'POST' && token !== undefined) return { kind: request.body ? 'operate' : 'renew', token };
  if (method === 'GET' && token !== undefined && transport === 'sse' && !search.has('query')) return { kind: 'attach', token };
  if (!transport || (method !== 'GET' && method !== 'POST')) return undefined;
  return { kind: 'distinct', transport, token };
}

/** Whether the secret of a reservation vouches for the request: no foreign page knows one. An EventSource has no other way. */
export function isVouchedFor(wish: Wish | undefined, method: string): boolean {
  return method === 'GET' && wish !== undefined && 'token' in wish && wish.token !== undefined;
}

/** Does what `wish` says. @returns false when the request is to be answered as one that wants no stream */
export async function fulfil(wish: Wish, request: FastifyRequest, reply: FastifyReply, { engine, streams, identity, traceparent }: Asking): Promise<boolean> {
  const visit: Visit = {
    request: request.raw,
    identity, traceparent,
    authorization: authorizationOf(request),
    requestId: request.id,
    headers: reply.getHeaders() as OutgoingHttpHeaders,
    take() {
      reply.hijack();
      return reply.raw;
    },
  };
  const send = (answer: Answer | undefined): true => {
    if (!answer) return true;
    const { status, text, errors, headers = {} } = answer;
    reply.code(status).headers(headers).header('cache-control', 'no-store');
    if (errors) void reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify({ errors }));
    else void reply.header('content-type', 'text/plain; charset=utf-8').send(text ?? '');
    return true;
  };

  if (wish.kind === 'reserve') return send(streams.reserve(identity));
  if (wish.kind === 'attach') return send(streams.attach(wish.token, visit));
  if (wish.kind === 'renew') return send(await streams.renew(wish.token, visit));
  if (wish.kind === 'complete') return send(streams.complete(wish.token, identity, searchOf(request).get('operationId')));

  const params = await paramsOf(request);
  if (typeof params === 'string') {
    void reply.code(400).send(errorBody('BAD_USER_INPUT', params));
    return true;
  }
  // what is wrong with method or type is said the ordinary way
  if (!params) return false;
  const { token } = wish;
  const holder = wish.kind === 'distinct' && token !== undefined ? streams.holder(token, identity) : identity;
  if (wish.kind === 'distinct' && token !== undefined && !holder) return send({ status: 404, text: 'There is no such reservation.' });
  const prepared = await engine.prepare({ source: params.query, operationName: params.operationName, identity: holder, requestId: request.id });
  const parameters = { variables: params.variables, extensions: params.extensions, lastEventId: request.headers['last-event-id']?.toString() };
  if (wish.kind === 'operate') return send(streams.operate(wish.token, visit, prepared, parameters));
  const kind = prepared instanceof Refused ? undefined : prepared.kind;
  // a link must never change anything
  if (kind === 'mutation' && request.method === 'GET') return send(streams.needsPost());
  // parts are for subscriptions; all else is answered, or refused, the ordinary way
  if (kind !== 'subscription' && wish.transport === 'multipart') return false;
  return send(streams.distinct(wish.transport, { ...visit, identity: holder, token }, prepared, parameters));
}

/** The parameters of an operation; a text says what is wrong with them, undefined that the request cannot have any. */
async function paramsOf({ method, url, headers, body }: FastifyRequest): Promise<RequestParams | string | undefined> {
  try {
    const params = await parseRequestParams({ method, url, headers, body: typeof body === 'string' ? body : null, raw: undefined, context: undefined });
    return 'query' in params ? params : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function searchOf({ url }: FastifyRequest): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start));
}
