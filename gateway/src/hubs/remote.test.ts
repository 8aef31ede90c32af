import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog } from '@hubgraph/kit/log';
import { identityOf } from '@hubgraph/kit/identity';
import { afterEach, describe, expect, it } from 'vitest';
import { compose, testHub } from '../../test/compose.ts';
import { createEngine, Refused } from '../query/engine.ts';
import { localCaller } from './local.ts';
import { remoteCaller } from './remote.ts';

const identity = identityOf({ sub: 'ada', roles: ['viewer'] });
const works = { sdl: 'type Query { works: [Work!] } type Work @key(fields: "id") { id: ID! }', resolvers: { Query: { works: () => [{ id: '1' }] } } };
const notes = { sdl: 'type Query { notes: [String!] } type Work @key(fields: "id") { id: ID! note: String must: String! }' };
const UNAVAILABLE = { code: 'HUB_UNAVAILABLE', hub: 'notes' };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Asks for a field of a hub that answers as `listener` does, beside one that is well. */
async function ask(listener: RequestListener, source = '{ works { id note } }') {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const bad = remoteCaller({ hub: 'notes', url, deadlines: { query: 300, mutation: 300 }, largestAnswer: 1_000_000 });
  const engine = createEngine({ supergraphSdl: compose({ works, notes }), callers: new Map([['works', localCaller(testHub('works', works))], ['notes', bad]]), log: silentLog() });
  const prepared = await engine.prepare({ source, identity });
  if (prepared instanceof Refused) throw prepared;
  const result = JSON.parse(JSON.stringify(await engine.execute(prepared, { identity })));
  await bad.close();
  return result;
}

const json = (body: string, status = 200): RequestListener => (_request, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body);

describe('a hub that answers nonsense is unavailable, and the rest of the data is there', () => {
  it.each<[string, RequestListener]>([
    ['HTML', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Oops</h1>')],
    ['half a JSON', json('{"data":{"_entities":[{"no')],
    ['nothing', json('')],
    ['null', json('null')],
    ['a list', json('[]')],
    ['neither data nor errors', json('{"ok":true}')],
    ['data of a wrong type', json('{"data":"yes"}')],
    ['errors of a wrong type', json('{"errors":{"message":"x"}}')],
    ['status 500', json('{"errors":[{"message":"x"}]}', 500)],
    ['status 401', json('{"errors":[{"message":"x"}]}', 401)],
    ['a redirect', (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
    ['a broken connection', (request) => request.socket.destroy()],
    ['2 MB', json(`{"data":{"_entities":[{"note":"${'x'.repeat(2_000_000)}"}]}}`)],
    ['a body without end', (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{')],
    ['no answer', () => {}],
  ])('%s', async (_name, listener) => {
    const { data, errors } = await ask(listener);
    expect(data).toEqual({ works: [{ id: '1', note: null }] });
    expect(errors).toEqual([{ message: 'The hub notes cannot answer now.', path: ['works', '@'], extensions: UNAVAILABLE }]);
  });

  it('names every root field that is missing for it', async () => {
    const { data, errors } = await ask(json('no'), '{ a: notes notes works { id } }');
    expect(data).toEqual({ a: null, notes: null, works: [{ id: '1' }] });
    expect(errors.map(({ path }: { path: string[] }) => path)).toEqual([['a'], ['notes']]);
  });
});

describe('a hub that answers GraphQL of a wrong shape', () => {
  it.each<[string, string, unknown]>([
    ['too few entities', '{"data":{"_entities":[]}}', [{ id: '1', note: null }]],
    ['no entities', '{"data":{}}', [{ id: '1', note: null }]],
    ['an entity that is null', '{"data":{"_entities":[null]}}', [{ id: '1', note: null }]],
    ['an object for text', '{"data":{"_entities":[{"note":{"a":1}}]}}', [{ id: '1', note: null }]],
    ['an unknown __typename', '{"data":{"_entities":[{"__typename":"Nope","note":"x"}]}}', null],
    ['a __proto__ key', '{"data":{"_entities":[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"note":"fine"}]}}', [{ id: '1', note: 'fine' }]],
  ])('%s', async (_name, body, works) => {
    const { data } = await ask(json(body));
    expect(data?.works ?? null).toEqual(works);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('null for what cannot be null is an error, and its parent is null', async () => {
    const { data, errors } = await ask(json('{"data":{"_entities":[{"must":null}]}}'), '{ works { id must } }');
    expect(data).toEqual({ works: null });
    expect(errors).toEqual([expect.objectContaining({ path: ['works', 0, 'must'], extensions: { code: 'INTERNAL', id: expect.any(String) } })]);
  });

  it('errors without a public code are masked, also when they pretend', async () => {
    const { errors } = await ask(json('{"data":null,"errors":[{"message":"at /srv/app.js:1","extensions":{"code":"INTERNAL","id":"x1"}},{"message":"SQL","extensions":{"code":"P2002","stacktrace":["a"]}}]}'));
    expect(JSON.stringify(errors)).not.toMatch(/srv|SQL|P2002|stacktrace/);
    expect(errors[0].extensions).toEqual({ code: 'INTERNAL', id: 'x1' });
  });
});

it('a hub that is not there is unavailable', async () => {
  const caller = remoteCaller({ hub: 'notes', url: 'http://127.0.0.1:9/graphql' });
  await expect(caller.call({ query: '{ notes }', kind: 'query', variables: {}, requestId: 'r', signal: new AbortController().signal })).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
  await caller.close();
});

it('a hub that comes back is available again', async () => {
  const answer = json('{"data":{"notes":["a"]}}');
  const listen = (port: number) => new Promise<number>((resolve) => (server = createServer(answer)).listen(port, '127.0.0.1', function (this: Server) { resolve((this.address() as AddressInfo).port); }));
  const port = await listen(0);
  const caller = remoteCaller({ hub: 'notes', url: `http://127.0.0.1:${port}` });
  const ask = () => caller.call({ query: '{ notes }', kind: 'query', variables: {}, requestId: 'r', signal: new AbortController().signal });
  expect(await ask()).toMatchObject({ data: { notes: ['a'] } });
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await expect(ask()).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
  await listen(port);
  expect(await ask()).toMatchObject({ data: { notes: ['a'] } });
  await caller.close();
});
