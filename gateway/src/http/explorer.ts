import type { DevIssuer } from '@hubgraph/kit/identity/issuer';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a new tab of the explorer shows: the state of things, and what may be done next. */
const DEFAULT_QUERY = `# The graph of all hubs. Press Ctrl-Enter to ask, Ctrl-Space to see what can be asked.
query Orientation {
  stateSummary { domains repos workstreams { status count } tasks { status count } staleTasks openDecisions }
  domains { nodes { slug name workstreams(first: 5) { totalCount nodes { code title status version
    tasks(first: 50) { totalCount nodes { code title status priority allowedTransitions { verb to allowed unmet { code message } } } } } } } }
}
`;

/** In seconds: a working day. */
const TOKEN_LIFETIME = 12 * 60 * 60;

/** The page gets everything from itself and talks to nobody but this gateway. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Answers with the explorer. With a development issuer its requests and sockets carry a token. */
export function explorerPage(issuer: DevIssuer | undefined): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    // Nine megabytes of script that a gateway without a browser never needs.
    const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
    // A foreign name that resolves to the loopback belongs to a page that wants the token for itself.
    const token = issuer && isLoopbackName(request.headers.host) ? await issuer.sign({ sub: 'explorer', roles: ['maintainer', 'operator', 'allocator', 'steward'], ttlSeconds: TOKEN_LIFETIME }) : undefined;
    const authorization = token ? { Authorization: `Bearer ${token}` } : {};
    const headers = JSON.stringify(authorization, null, 2);
    const options = {
      title: 'hubgraph',
      endpoint: '/graphql',
      defaultQuery: DEFAULT_QUERY,
      headers,
      defaultHeaders: headers,
      // A stored token would outlive its validity.
      shouldPersistHeaders: false,
      subscriptionsProtocol: 'WS' as const,
      // Not in the declared options, but handed on to the socket client.
      connectionParams: authorization,
    };
    return reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CONTENT_SECURITY_POLICY, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).send(renderGraphiQL(options));
  };
}

function isLoopbackName(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? '');
}
