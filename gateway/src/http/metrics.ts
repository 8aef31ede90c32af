import { PublicError, UsageError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { hasToken } from '@hubgraph/kit/metrics/token';
import type { FastifyInstance } from 'fastify';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { mayObserve, OBSERVE } from '../observe/access.ts';
import { errorBody } from './app.ts';
import { authorizationOf } from './authorization.ts';

export interface MetricsRouteOptions {
  readonly registry: Registry;
  /** Whoever has it may read. */
  readonly token: string | undefined;
  /** The stage `identify` for the value of an `Authorization` header. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
}

/** Serves `/metrics` of the main port, in the text format of Prometheus, to whoever has the token or may observe. */
export function mountMetrics(app: FastifyInstance, { registry, token, identify }: MetricsRouteOptions): void {
  app.get('/metrics', async (request, reply) => {
    const authorization = authorizationOf(request);
    if (!hasToken(authorization, token)) {
      const identity = await identify(authorization).catch((error: unknown) => {
        if (error instanceof PublicError) return undefined;
        throw error;
      });
      if (!identity) return reply.code(401).header('www-authenticate', 'Bearer realm="hubgraph"').send(errorBody('UNAUTHENTICATED', 'A valid bearer token is needed.'));
      if (!mayObserve(identity)) return reply.code(403).send(errorBody('FORBIDDEN', `This needs the scopes ${OBSERVE[0]?.join(' and ')}.`, { missingScopes: OBSERVE[0]?.filter((scope) => !identity.scopes.includes(scope)) }));
    }
    return reply.header('content-type', registry.contentType).header('cache-control', 'no-store').send(await registry.metrics());
  });
}

/** A server with nothing but `/metrics`. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `/metrics` to everybody who reaches host and port. @throws UsageError when they cannot be had */
export async function serveMetrics(registry: Registry, host: string, port: number): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const asked = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
    if (!asked) return void response.writeHead(404).end();
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new UsageError(`HUBGRAPH_METRICS_PORT: cannot listen on ${host}:${port} (${error.message}).`)));
    server.listen({ host, port }, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/metrics`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
