import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveGateway, type TestGateway } from '../../gateway/test/serve.ts';

// GraphQL over HTTP, the audits of graphql-http: nobody here wrote them. CSRF prevention stays on, so each request says
// that it is not from a form, as clients that use GET do.
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await serveGateway({ works: { sdl: 'type Query { hello(name: String): String } type Mutation { touch: Boolean }' } });
});
afterAll(() => gateway.close());

const audits = serverAudits({
  url: () => gateway.url,
  fetchFn: (url: string, init: RequestInit = {}) => fetch(url, { ...init, headers: { ...init.headers, 'apollo-require-preflight': 'audit' } }),
});

it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s %s', async (_id, _name, audit) => {
  expect(await audit.fn()).toMatchObject({ status: 'ok' });
});

it('there are as many audits as we think', () => {
  expect(audits).toHaveLength(61);
});
