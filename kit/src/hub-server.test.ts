import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, type ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldClock } from './clock.ts';
import type { Hub, HubDefinition, PartHealth } from './hub.ts';
import { serveHub, type HubServer } from './hub-server.ts';
import { identityOf } from './identity.ts';
import { SERVICE_HEADER, signRequest } from './identity/service.ts';
import { silentLog } from './log.ts';

const KEY = 'the secret of gateway and hubs';
const ada = identityOf({ sub: 'ada', roles: ['viewer'] });
const schema = buildSubgraphSchema([
  {
    typeDefs: parse('type Query { who: String fault: String } type Work @key(fields: "id") { id: ID! name: String }'),
    resolvers: {
      Query: {
        who: (_: unknown, __: unknown, { identity }: { identity?: { sub: string } }) => identity?.sub ?? 'nobody',
        fault: () => {
          throw new Error('SELECT password');
        },
      },
      Work: { __resolveReference: ({ id }: { id: string }) => ({ id, name: id }) },
    },
  },
]);
const parts: PartHealth[] = [{ part: 'works.database', ready: true }];
const hub: Hub = {
  definition: { manifest: { name: 'works' } } as HubDefinition,
  execute: async ({ document, variables, ...context }) => (await execute({ schema, document, variableValues: variables, contextValue: context })) as ExecutionResult,
  health: async () => parts,
  start: async () => {},
  stop: async () => {},
};

const clock = heldClock('2026-03-01T12:00:00Z');
let server: HubServer;
beforeAll(async () => {
  server = await serveHub(hub, { host: '127.0.0.1', port: 0, keys: [KEY], log: silentLog(), clock, largestBody: 100_000 });
});
afterAll(() => server.close());

async function post(body: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  return { status: response.status, body: JSON.parse(await response.text()) };
}
const signed = async (body: string, hub = 'works') => ({ [SERVICE_HEADER]: await signRequest({ key: KEY, hub, identity: ada, body, clock }) });
const REFUSED = { status: 401, body: { errors: [{ message: 'The bearer token is missing or not valid.', extensions: { code: 'UNAUTHENTICATED' } }] } };
const WHO = JSON.stringify({ query: '{ who }' });

describe('whoever is not a service', () => {
  const ENTITIES = JSON.stringify({ query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }', variables: { r: [{ __typename: 'Work', id: '1' }] } });

  it.each<[string, string, Record<string, string>]>([
    ['a query', WHO, {}],
    ['_entities', ENTITIES, {}],
    ['_service', JSON.stringify({ query: '{ _service { sdl } }' }), {}],
    ['introspection', JSON.stringify({ query: '{ __schema { types { name } } }' }), {}],
    ['__typename', JSON.stringify({ query: '{ __typename }' }), {}],
    ['no JSON', '{', {}],
    ['a user header', WHO, { 'x-user': 'root', 'x-user-id': 'root', 'x-hubgraph-identity': '{"sub":"root"}' }],
    ['a forwarded bearer token', WHO, { authorization: 'Bearer a.b.c' }],
    ['a service header of rubbish', WHO, { [SERVICE_HEADER]: 'aGk=' }],
  ])('gets the same refusal for %s', async (_name, body, headers) => {
    expect(await post(body, headers)).toEqual(REFUSED);
  });

  it('cannot use a signature for another body, hub or minute', async () => {
    const headers = await signed(WHO);
    expect(await post(ENTITIES, headers)).toEqual(REFUSED);
    expect(await post(WHO, await signed(WHO, 'finance'))).toEqual(REFUSED);
    clock.advance(61_000);
    expect(await post(WHO, headers)).toEqual(REFUSED);
  });

  it('may ask for health', async () => {
    const base = new URL(server.url).origin;
    expect((await fetch(`${base}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${base}/health/ready`)).json()).toEqual({ ready: true, parts });
    parts.push({ part: 'works.relay', ready: false, reason: 'no stream' });
    const response = await fetch(`${base}/health/ready`);
    parts.pop();
    expect([response.status, await response.json()]).toEqual([503, { ready: false, parts: [{ part: 'works.database', ready: true }, { part: 'works.relay', ready: false, reason: 'no stream' }] }]);
  });
});

describe('a service', () => {
  it('asks in the name of the end user, whatever other headers say', async () => {
    expect(await post(WHO, { ...(await signed(WHO)), 'x-user': 'root' })).toEqual({ status: 200, body: { data: { who: 'ada' } } });
  });

  it('gets faults masked', async () => {
    const body = JSON.stringify({ query: '{ fault }' });
    const answer = await post(body, await signed(body));
    expect(answer.body.errors[0].extensions).toEqual({ code: 'INTERNAL', id: expect.any(String) });
    expect(JSON.stringify(answer)).not.toContain('password');
  });

  it.each([
    ['no JSON', '{', 400],
    ['null', 'null', 400],
    ['a list', '[]', 400],
    ['a query that is no text', '{"query":1}', 400],
    ['variables that are a list', '{"query":"{ who }","variables":[]}', 400],
    ['a document that cannot be read', '{"query":"{"}', 200],
    ['a body of 200 kB', JSON.stringify({ query: '{ who }', pad: 'x'.repeat(200_000) }), 413],
  ])('gets an error with a code for %s', async (_name, body, status) => {
    const answer = await post(body, await signed(body));
    expect(answer.status).toBe(status);
    expect(answer.body.errors[0].extensions.code).toEqual(expect.any(String));
  });

  it('may send 10,000 references', async () => {
    const representations = Array.from({ length: 10_000 }, (_, id) => ({ __typename: 'Work', id: String(id), extra: 'x' }));
    const body = JSON.stringify({ query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Work { name } } }', variables: { r: representations } });
    const big = await serveHub(hub, { host: '127.0.0.1', port: 0, keys: [KEY], log: silentLog(), clock });
    const response = await fetch(big.url, { method: 'POST', headers: { 'content-type': 'application/json', ...(await signed(body)) }, body });
    const { data } = (await response.json()) as { data: { _entities: unknown[] } };
    expect(data._entities).toHaveLength(10_000);
    await big.close();
  });

  it('gets an error for a reference of an unknown type', async () => {
    const body = '{"query":"query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }","variables":{"r":[{"__typename":"Nope","id":"1","__proto__":{"a":1}}]}}';
    expect((await post(body, await signed(body))).body.errors).toHaveLength(1);
  });
});
