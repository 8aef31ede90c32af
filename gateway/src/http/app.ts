import type { TopLevelCode } from '@hubgraph/kit/errors';
import { newId } from '@hubgraph/kit/ids';
import type { Identity } from '@hubgraph/kit/identity';
import { requestIdOf } from '@hubgraph/kit/request-id';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Reporter } from '../observe/reporter.ts';
import { authorizationOf } from './authorization.ts';
import { bodyLimitOf, BodyTooLarge, readBody, type BodyLimits } from './body.ts';

export interface AppOptions {
  readonly log: Logger;
  readonly reporter?: Reporter;
  readonly largestBody: BodyLimits;
  /** Who holds the value of an `Authorization` header. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
}

/** In milliseconds: for the headers and for the whole request; whoever sends slower holds a connection for nothing. */
const RECEIVE_TIME = 10_000;
const MASKED = 'Something went wrong on our side; extensions.id finds it in the log.';

/** The HTTP server without routes: request ids, bodies as text, every failure as a GraphQL error with a code. */
export function createApp({ log, reporter, largestBody, identify }: AppOptions): FastifyInstance {
  const app = fastify({
    requestTimeout: RECEIVE_TIME,
    http: { headersTimeout: RECEIVE_TIME, connectionsCheckingInterval: 1_000 },
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    trustProxy: false,
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    const encoding = request.headers['content-encoding'];
    // Nothing here unpacks: a small body cannot become a large one.
    if (encoding && encoding !== 'identity') return reply.code(415).send(errorBody('BAD_USER_INPUT', 'Send the body without content encoding.'));
  });
  app.addHook('onResponse', async (request, reply) => {
    reporter?.report('http.answered', { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode, milliseconds: reply.elapsedTime });
    log.info({ requestId: request.id, method: request.method, path: request.routeOptions.url, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) }, 'request');
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    const limit = await bodyLimitOf(request, largestBody, (from) => identify(authorizationOf(from)));
    return readBody(payload, limit, request.headers['content-length']);
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('BAD_USER_INPUT', 'There is nothing here; GraphQL is at /graphql.')));
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    // the rest of the body is on its way and nobody will read it
    if (error instanceof BodyTooLarge) return reply.code(413).header('connection', 'close').send(errorBody('OPERATION_TOO_LARGE', error.message, { what: 'body', limit: error.limit, value: error.value }));
    if (status < 500) return reply.code(status).send(errorBody('BAD_USER_INPUT', 'The request cannot be read.'));
    const id = newId();
    log.error({ id, requestId: request.id, err: error }, 'masked error');
    return reply.code(status === 503 ? 503 : 500).send(errorBody('INTERNAL', MASKED, { id }));
  });
  return app;
}

/** A GraphQL response with one error and nothing else. */
export function errorBody(code: TopLevelCode, message: string, facts: Readonly<Record<string, unknown>> = {}): { readonly errors: readonly object[] } {
  return { errors: [{ message, extensions: { code, ...facts } }] };
}
