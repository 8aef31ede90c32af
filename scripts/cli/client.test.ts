import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createClient } from './client.ts';

/** An endpoint that answers every request the same way. */
async function endpoint(answer: (response: ServerResponse) => void): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => request.resume().on('end', () => answer(response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const errors = (code: string, message: string, more: object = {}): object => ({ errors: [{ message, extensions: { code, ...more } }] });

test.for([
  { answers: errors('UNAUTHENTICATED', 'no'), exitCode: 12, says: 'wants a token: give --token or set HUBGRAPH_TOKEN' },
  { answers: errors('UNAUTHENTICATED', 'no'), token: 'x', exitCode: 12, says: 'does not accept this token' },
  { answers: errors('FORBIDDEN', 'Not allowed.', { missingScopes: [['governance:write', 'hub:read'], ['finance:read']] }), exitCode: 12, says: 'Not allowed; the token lacks governance:write and hub:read or finance:read.' },
  { answers: errors('FORBIDDEN', 'This needs scopes that the token lacks: finance:read.', { missingScopes: ['finance:read'] }), exitCode: 12, says: /lacks: finance:read\.$/ },
  { answers: errors('FORBIDDEN', 'This field needs scopes that the token lacks: finance:read, finance:write.', { missingScopes: ['finance:read', 'finance:write'] }), exitCode: 12, says: /lacks: finance:read, finance:write\.$/ },
  { answers: errors('FORBIDDEN', 'Not allowed.', { missingScopes: ['finance:read', 'finance:write'] }), exitCode: 12, says: 'Not allowed; the token lacks finance:read and finance:write.' },
  { answers: errors('HUB_UNAVAILABLE', 'x', { hub: 'governance' }), exitCode: 13, says: 'The hub governance cannot answer now' },
  { answers: errors('BAD_USER_INPUT', 'slug is wrong'), exitCode: 2, says: 'slug is wrong.' },
  { answers: errors('INTERNAL', 'x', { id: 'abc' }), exitCode: 70, says: 'its log has it under abc' },
  { answers: errors('RATE_LIMITED', 'Slower'), exitCode: 1, says: 'Slower (RATE_LIMITED).' },
  { answers: { hello: 'world' }, exitCode: 11, says: 'nothing that is GraphQL' },
  { answers: null, exitCode: 11, says: 'nothing that is GraphQL' },
])('$answers is one sentence with exit code $exitCode', async ({ answers, token, exitCode, says }) => {
  await using graph = await endpoint((response) => response.end(JSON.stringify(answers)));
  await expect(createClient({ endpoint: graph.url, token }).request('{ a }')).rejects.toMatchObject({ exitCode, message: typeof says === 'string' ? expect.stringContaining(says) : expect.stringMatching(says) });
});

test('data comes back as it is', async () => {
  await using graph = await endpoint((response) => response.end('{"data":{"a":1}}'));
  await expect(createClient({ endpoint: graph.url }).request('{ a }')).resolves.toEqual({ a: 1 });
});

test('a page, a cut answer and a closed port are told apart from a graph', async () => {
  await using page = await endpoint((response) => response.writeHead(404).end('<html>'));
  await expect(createClient({ endpoint: page.url }).request('{ a }')).rejects.toMatchObject({ exitCode: 11, message: expect.stringContaining('status 404') });
  await using elsewhere = await endpoint((response) => response.writeHead(404).end(JSON.stringify(errors('BAD_USER_INPUT', 'There is nothing here; GraphQL is at /graphql.'))));
  await expect(createClient({ endpoint: elsewhere.url }).request('{ a }')).rejects.toMatchObject({ exitCode: 11, message: expect.stringContaining('status 404') });
  await using cut = await endpoint((response) => response.destroy());
  await expect(createClient({ endpoint: cut.url }).request('{ a }')).rejects.toMatchObject({ exitCode: 11 });
  await expect(createClient({ endpoint: 'http://127.0.0.1:1/graphql' }).request('{ a }')).rejects.toMatchObject({ exitCode: 11, message: expect.stringContaining('npm start') });
  expect(() => createClient({ endpoint: 'nonsense' })).toThrow('HUBGRAPH_ENDPOINT');
});
