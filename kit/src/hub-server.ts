import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { GraphQLError, parse, type DocumentNode, type ExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { systemClock, type Clock } from './clock.ts';
import { PublicError } from './errors.ts';
import type { Hub } from './hub.ts';
import { doorServer } from './hub-door.ts';
import { SERVICE_HEADER, verifyRequest } from './identity/service.ts';
import { newId } from './ids.ts';
import { hasToken } from './metrics/token.ts';
import { maskResult } from './mask.ts';
import { requestIdOf, traceparentOf } from './request-id.ts';

export interface HubServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Secrets accepted from the gateway and sister hubs. */
  readonly keys: readonly string[];
  readonly log: Logger;
  readonly clock?: Clock;
  /** Served at `/metrics` to who has the token; without both there is nothing. */
  readonly metrics?: { readonly registry: Registry; readonly token: string | undefined };
  /** Largest request body in bytes; default 36 MiB: what the gateway lets through at most, and its query. */
  readonly largestBody?: number;
}

/** A hub that listens. */
export interface HubServer {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly port: number;
  /** Lets requests under way end, then stops listening. The hub itself is not stopped. Safe to call twice. */
  close(): Promise<void>;
}

const LARGEST_BODY = 36 * 1024 * 1024;
const DOCUMENTS = 4_000;
const MOST_TOKENS = 20_000;

interface Asked {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

/**
 * Serves `hub` over HTTP for the gateway and sister hubs: `/graphql` to whoever signs each request with a service key,
 * `/health/live` and `/health/ready` to all, and what the hub has beside GraphQL to whom the hub itself lets in.
 */
export async function serveHub(hub: Hub, options: HubServerOptions): Promise<HubServer> {
  const { log } = options;
  const app = fastify({ bodyLimit: options.largestBody ?? LARGEST_BODY, genReqId: ({ headers }) => requestIdOf(headers['x-request-id']), requestIdHeader: false, forceCloseConnections: 'idle', serverFactory: (rest) => doorServer(hub, rest) });
  answerErrors(app, log);
  // The signature covers the body's bytes, so it is read as text here.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.get('/health/live', async () => ({ live: true }));
  app.get('/health/ready', async (_request, reply) => {
    const parts = await hub.health();
    const ready = parts.every((part) => part.ready);
    return reply.code(ready ? 200 : 503).send({ ready, parts });
  });
  app.post('/graphql', graphqlRoute(hub, options));
  const { metrics } = options;
  if (metrics?.token !== undefined) {
    app.get('/metrics', async (request, reply) => {
      if (!hasToken(request.headers.authorization, metrics.token)) return reply.code(401).header('www-authenticate', 'Bearer realm="hubgraph"').send('');
      return reply.header('content-type', metrics.registry.contentType).header('cache-control', 'no-store').send(await metrics.registry.metrics());
    });
  }

  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return { url: `http://${options.host}:${port}/graphql`, port, close: () => app.close() };
}

function graphqlRoute(hub: Hub, { keys, log, clock = systemClock }: HubServerOptions) {
  const name = hub.definition.manifest.name;
  const documents = new LRUCache<string, DocumentNode>({ max: DOCUMENTS });

  const documentOf = (query: string): DocumentNode => {
    let document = documents.get(query);
    if (!document) documents.set(query, (document = parse(query, { noLocation: true, maxTokens: MOST_TOKENS })));
    return document;
  };

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const header = request.headers[SERVICE_HEADER];
    // Throws before a byte of the body is looked at: whoever is not a service learns nothing of this hub.
    const identity = await verifyRequest({ keys, hub: name, header: typeof header === 'string' ? header : undefined, body, clock });
    const { query, operationName, variables } = askedIn(body);
    const gone = new AbortController();
    reply.raw.once('close', () => reply.raw.writableFinished || gone.abort());
    const result = await answer(documentOf, query, (document) =>
      hub.execute({ document, operationName, variables, identity, requestId: request.id, traceparent: traceparentOf(request.headers.traceparent), signal: gone.signal }),
    );
    return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(maskResult(result, { log, requestId: request.id })));
  };
}

async function answer(documentOf: (query: string) => DocumentNode, query: string, execute: (document: DocumentNode) => Promise<ExecutionResult>): Promise<ExecutionResult> {
  try {
    return await execute(documentOf(query));
  } catch (error) {
    const failure = error instanceof GraphQLError ? error : new GraphQLError(String(error), { originalError: error instanceof Error ? error : undefined });
    return { errors: [failure] };
  }
}

function askedIn(body: string): Asked {
  let asked: unknown;
  try {
    asked = JSON.parse(body);
  } catch (error) {
    throw new PublicError('BAD_USER_INPUT', 'The body is not JSON.', {}, { cause: error });
  }
  const { query, operationName, variables } = (asked ?? {}) as Record<string, unknown>;
  const fits = typeof query === 'string' && (operationName == null || typeof operationName === 'string') && (variables == null || (typeof variables === 'object' && !Array.isArray(variables)));
  if (!fits) throw new PublicError('BAD_USER_INPUT', 'The body is not a GraphQL request.');
  return { query, operationName: operationName ?? undefined, variables: (variables ?? undefined) as Record<string, unknown> | undefined };
}

/** Whatever goes wrong is answered as a GraphQL error with a code, never with a stack. */
function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    if (error instanceof PublicError) {
      return reply.code(error.code === 'UNAUTHENTICATED' ? 401 : 400).send({ errors: [{ message: error.message, extensions: error.extensions }] });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ errors: [{ message: 'The request cannot be read.', extensions: { code: 'BAD_USER_INPUT' } }] });
    const id = newId();
    log.error({ id, requestId: request.id, err: error }, 'masked error');
    return reply.code(500).send({ errors: [{ message: 'Something went wrong on our side; extensions.id finds it in the log.', extensions: { code: 'INTERNAL', id } }] });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ errors: [{ message: 'There is nothing here.', extensions: { code: 'BAD_USER_INPUT' } }] }));
}
