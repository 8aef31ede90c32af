import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveGateway, type TestGateway } from '../../test/serve.ts';

const works = {
  sdl: `
    type Query { hello(name: String): String echo(json: JSON): JSON id: String }
    type Mutation { touch: Boolean }
    type Subscription { touched: Boolean }
    scalar JSON
  `,
  resolvers: {
    Query: {
      hello: (_: unknown, { name }: { name?: string }) => `Hello ${name}`,
      echo: (_: unknown, { json }: { json?: unknown }) => json,
      id: (_: unknown, __: unknown, { requestId, traceparent }: { requestId: string; traceparent?: string }) => `${requestId} ${traceparent}`,
    },
    Mutation: { touch: () => true },
  },
};

let dev: TestGateway;
let prod: TestGateway;
let bearer: string;
beforeAll(async () => {
  dev = await serveGateway({ works });
  prod = await serveGateway({ works }, { development: false });
  bearer = `Bearer ${await dev.token('viewer')}`;
});
afterAll(() => Promise.all([dev.close(), prod.close()]));

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly search?: string;
  readonly to?: TestGateway;
}

async function send({ method = 'POST', headers = {}, body, search = '', to = dev }: Sent) {
  const response = await fetch(to.url + search, { method, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, body, redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}
const ask = (query: string, more: Sent = {}, variables?: unknown) => send({ ...more, headers: { authorization: bearer, ...more.headers }, body: JSON.stringify({ query, variables }) });
const codeOf = (answer: { json?: { errors?: { extensions: { code: string } }[] } }) => answer.json?.errors?.[0]?.extensions.code;

describe('requests that any web page could cause', () => {
  const search = '?query=%7Bhello%7D';
  it.each<[string, Sent]>([
    ['GET', { method: 'GET', search }],
    ['POST as text/plain', { headers: { 'content-type': 'text/plain' }, body: '{"query":"{hello}"}' }],
    ['POST as text/plain with a parameter', { headers: { 'content-type': 'text/plain; a=application/json' }, body: '{"query":"{hello}"}' }],
    ['POST as a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={hello}' }],
    ['POST as multipart', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }],
    ['POST without a body or type', {}],
    ['GET with Basic credentials', { method: 'GET', search, headers: { authorization: 'Basic YTpi' } }],
  ])('are refused: %s', async (_name, sent) => {
    const answer = await send(sent);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('are served with a header that proves a preflight, or a bearer token', async () => {
    expect((await send({ method: 'GET', search: '?query=%7B__typename%7D', headers: { 'apollo-require-preflight': '1' } })).json).toEqual({ data: { __typename: 'Query' } });
    expect((await send({ method: 'GET', search, headers: { authorization: bearer } })).json).toEqual({ data: { hello: 'Hello undefined' } });
  });
});

describe('who asks', () => {
  it('needs a token for more than __typename', async () => {
    const answer = await send({ body: '{"query":"{ hello }"}' });
    expect([answer.status, codeOf(answer), answer.headers.get('www-authenticate')]).toEqual([401, 'UNAUTHENTICATED', 'Bearer realm="hubgraph"']);
    expect((await send({ body: '{"query":"{ __typename }"}', to: prod })).json).toEqual({ data: { __typename: 'Query' } });
  });

  it.each([
    ['a broken token', { authorization: 'Bearer a.b.c' }],
    ['another scheme', { authorization: 'Digest x' }],
    ['rubbish', { authorization: 'x' }],
  ])('is refused with %s, whatever is asked', async (_name, headers) => {
    const answer = await send({ headers, body: '{"query":"{ __typename }"}' });
    expect([answer.status, answer.json, answer.headers.get('www-authenticate')]).toEqual([401, { errors: [{ message: 'The bearer token is missing or not valid.', extensions: { code: 'UNAUTHENTICATED' } }] }, 'Bearer realm="hubgraph", error="invalid_token"']);
  });

  it('is nobody with two tokens, or one in the query string', async () => {
    const { port } = new URL(dev.url);
    const status = await new Promise((resolve, reject) => {
      const request = rawRequest({ port, path: '/graphql', method: 'POST', headers: ['host', 'x', 'content-type', 'application/json', 'authorization', bearer, 'authorization', bearer] }, (response) => resolve(response.resume().statusCode));
      request.on('error', reject).end('{"query":"{ hello }"}');
    });
    expect(status).toBe(401);
    expect((await send({ search: `?access_token=${bearer.slice(7)}`, body: '{"query":"{ hello }"}' })).status).toBe(401);
  });

  it('cannot be claimed by headers of our own making', async () => {
    expect((await send({ headers: { 'x-user': 'root', 'x-hubgraph-service': 'x', 'x-forwarded-user': 'root' }, body: '{"query":"{ hello }"}' })).status).toBe(401);
  });
});

describe('methods and bodies', () => {
  it.each<[string, Sent, number]>([
    ['a mutation by GET', { method: 'GET', search: '?query=mutation%7Btouch%7D' }, 405],
    ['PUT', { method: 'PUT', body: '{}' }, 405],
    ['DELETE', { method: 'DELETE' }, 405],
    ['OPTIONS', { method: 'OPTIONS' }, 405],
    ['GET with a text content type', { method: 'GET', search: '?query=%7Bhello%7D', headers: { 'content-type': 'text/plain' } }, 415],
    ['charset utf-7', { headers: { 'content-type': 'application/json; charset=utf-7' }, body: '{"query":"{hello}"}' }, 415],
    ['charset utf-32', { headers: { 'content-type': 'application/json; charset=utf-32' }, body: '{"query":"{hello}"}' }, 415],
    ['another type', { headers: { 'content-type': 'application/xml' }, body: '<a/>' }, 415],
    ['gzip', { headers: { 'content-encoding': 'gzip' }, body: 'x' }, 415],
    ['no JSON', { body: '{' }, 400],
    ['null', { body: 'null' }, 400],
    ['a batch of one', { body: '[{"query":"{hello}"}]' }, 400],
    ['a batch of a thousand', { body: `[${Array(1000).fill('{"query":"{hello}"}').join()}]` }, 400],
    ['a query that is no text', { body: '{"query":1}' }, 400],
    ['variables that are a list', { body: '{"query":"{hello}","variables":[]}' }, 400],
    ['300 kB', { body: JSON.stringify({ query: `{hello} #${'x'.repeat(300_000)}` }) }, 413],
  ])('%s is refused', async (_name, sent, status) => {
    const answer = await send({ ...sent, headers: { authorization: bearer, ...sent.headers } });
    expect(answer.status).toBe(status);
    if (answer.json) expect(codeOf(answer)).toEqual(expect.any(String));
    expect(answer.text).not.toMatch(/node_modules|\.ts:|at .*\(/);
  });

  it.each([
    ['a header block of 40 kB', `POST /graphql HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
    ['two lengths', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', /^HTTP\/1.1 400/],
    ['TRACE', 'TRACE /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1.1 40[45]/],
    ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1.1 400/],
    ['another path', 'GET //graphql/..%2f HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1.1 404/],
    ['HTTP/1.0', 'GET /health/live HTTP/1.0\r\n\r\n', /^HTTP\/1.1 200/],
  ])('%s is answered at the level of the connection', async (_name, bytes, expected) => {
    const text = await new Promise<string>((resolve, reject) => {
      let got = '';
      const socket = connect(Number(new URL(dev.url).port), '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => (got += chunk)).on('close', () => resolve(got)).on('error', reject);
    });
    expect(text).toMatch(expected);
  });

  describe('with the header of an ingest', () => {
    const query = 'query ($json: JSON) { hello echo(json: $json) }';
    const large = JSON.stringify({ query, variables: { json: 'x'.repeat(2_000_000) } });
    const ingest = { 'x-hubgraph-ingest': '1' };
    const chunked = (text: string) => new Blob([text]).stream();

    it.each([['its length', large], ['none, in chunks', undefined]])('may be large from who may ingest: %s', async (_name, body) => {
      const authorization = `Bearer ${await dev.token('author')}`;
      const response = await fetch(dev.url, { method: 'POST', headers: { ...ingest, authorization, 'content-type': 'application/json' }, body: body ?? chunked(large), duplex: 'half' } as RequestInit);
      expect(response.status).toBe(200);
      const { data } = await response.json() as { data: { echo: string } };
      expect(data.echo).toHaveLength(2_000_000);
    });

    it.each<[string, { readonly 'x-hubgraph-ingest'?: string; readonly authorization?: () => string | Promise<string> }]>([
      ['from a viewer', { ...ingest, authorization: () => bearer }],
      ['without a token', ingest],
      ['with a broken token', { ...ingest, authorization: () => 'Bearer a.b.c' }],
      ['without the header', { authorization: async () => `Bearer ${await dev.token('author')}` }],
    ])('may not %s', async (_name, { authorization, ...headers }) => {
      for (const body of [large, chunked(large)]) {
        const response = await fetch(dev.url, { method: 'POST', headers: { ...headers, ...(authorization && { authorization: await authorization() }), 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit).catch(() => undefined);
        // a refusal in the middle of sending may reach the sender as a cut connection
        if (response !== undefined || body === large) expect([response?.status, codeOf({ json: await response?.json() })]).toEqual([413, 'OPERATION_TOO_LARGE']);
      }
    });

    it('is refused beyond its own limit, and small bodies go their ordinary way', async () => {
      await using small = await serveGateway({ works }, { env: { HUBGRAPH_MAX_INGEST_BODY: '400000' } });
      const authorization = `Bearer ${await small.token('author')}`;
      const answer = await send({ to: small, headers: { ...ingest, authorization }, body: large });
      expect([answer.status, answer.json.errors[0].extensions]).toEqual([413, { code: 'OPERATION_TOO_LARGE', what: 'body', limit: 400_000, value: large.length }]);
      expect((await send({ to: small, headers: { ...ingest, authorization }, body: '{"query":"{ hello }"}' })).json).toEqual({ data: { hello: 'Hello undefined' } });
    });
  });

  it('take the last of two equal keys, and keys named __proto__ as data', async () => {
    expect((await send({ headers: { authorization: bearer }, body: '{"query":"{ a }","query":"{ hello }"}' })).json.data).toEqual({ hello: 'Hello undefined' });
    const body = '{"query":"query ($j: JSON) { __proto__: echo(json: $j) constructor: hello }","variables":{"j":{"__proto__":{"a":1}},"__proto__":{"j":2},"constructor":3}}';
    expect((await send({ headers: { authorization: bearer }, body })).text).toBe('{"data":{"__proto__":{"__proto__":{"a":1}},"constructor":"Hello undefined"}}');
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('request ids', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('of the caller go to the hubs and back, with the trace', async () => {
    const answer = await ask('{ id }', { headers: { 'x-request-id': 'mine-1', traceparent } });
    expect([answer.headers.get('x-request-id'), answer.json.data.id]).toEqual(['mine-1', `mine-1 ${traceparent}`]);
  });

  it('are made where the caller has none that fits', async () => {
    const answer = await ask('{ id }', { headers: { 'x-request-id': 'a b"<script>', traceparent: 'x' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.json.data.id).toBe(`${answer.headers.get('x-request-id')} undefined`);
  });
});

describe('pages', () => {
  it('show the explorer to browsers in development, complete in itself and with a token that works', async () => {
    const page = await send({ method: 'GET', headers: { accept: 'text/html,*/*' } });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)=["']?(https?:)?\/\//i);
    const token = /Bearer ([\w.-]+)/.exec(page.text)?.[1];
    expect((await send({ headers: { authorization: `Bearer ${token}` }, body: '{"query":"{ hello }"}' })).json.data).toEqual({ hello: 'Hello undefined' });
    expect(page.text).toContain('query Orientation');
    const home = await fetch(new URL('/', dev.url), { redirect: 'manual' });
    expect([home.status, home.headers.get('location')]).toEqual([302, '/graphql']);
  });

  it('carry no token under a foreign name', async () => {
    const { port } = new URL(dev.url);
    const text = await new Promise<string>((resolve, reject) => {
      rawRequest({ port, path: '/graphql', headers: { host: 'evil.example', accept: 'text/html' } }, (response) => {
        let got = '';
        response.on('data', (chunk) => (got += chunk)).on('end', () => resolve(got));
      }).on('error', reject).end();
    });
    expect(text).toContain('YogaGraphiQL');
    expect(text).not.toMatch(/Bearer [\w-]+\.[\w-]+\./);
  });

  it('are not there in production', async () => {
    expect((await send({ method: 'GET', headers: { accept: 'text/html' }, to: prod })).status).toBe(400);
    expect((await fetch(new URL('/', prod.url))).status).toBe(404);
  });

  it('show the keys of the development issuer, without the private part', async () => {
    const { keys } = (await (await fetch(new URL('/.well-known/jwks.json', dev.url))).json()) as { keys: Record<string, string>[] };
    expect(keys).toEqual([expect.objectContaining({ kty: 'EC', alg: 'ES256', kid: expect.any(String) })]);
    expect(keys[0]).not.toHaveProperty('d');
  });
});

it('health says which part is not ready', async () => {
  const sick = await serveGateway({ works }, { health: async () => [{ part: 'works.database', ready: false, reason: 'no connection' }] });
  const response = await fetch(new URL('/health/ready', sick.url));
  expect([response.status, await response.json()]).toMatchObject([503, { ready: false, parts: expect.arrayContaining([{ part: 'works.database', ready: false, reason: 'no connection' }]) }]);
  expect((await fetch(new URL('/health/live', sick.url))).status).toBe(200);
  await sick.close();
  expect((await fetch(new URL('/health/ready', dev.url))).status).toBe(200);
});

it('subscriptions are told where to go', async () => {
  expect(codeOf(await ask('subscription { touched }'))).toBe('BAD_USER_INPUT');
});

it('introspection and suggestions are for development', async () => {
  const token = `Bearer ${await prod.token('viewer')}`;
  for (const query of ['{ __schema { queryType { name } } }', '{ __type(name: "Query") { name } }', '{ ...F } fragment F on Query { __schema { queryType { name } } }']) {
    expect(codeOf(await ask(query, { to: prod, headers: { authorization: token } }))).toBe('GRAPHQL_VALIDATION_FAILED');
  }
  expect((await ask('{ helo }', { to: prod, headers: { authorization: token } })).text).not.toContain('hello');
  expect((await ask('{ helo }')).text).toContain('Did you mean');
});
