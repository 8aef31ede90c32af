import { serveHub, type HubServer } from '@hubgraph/kit/hub-server';
import { PublicError } from '@hubgraph/kit/errors';
import { identityOf } from '@hubgraph/kit/identity';
import { silentLog } from '@hubgraph/kit/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHub } from '../../gateway/test/compose.ts';
import type { HubCall, HubCaller } from '@hubgraph/gateway/hubs/caller';
import { localCaller } from '@hubgraph/gateway/hubs/local';
import { remoteCaller } from '@hubgraph/gateway/hubs/remote';

const KEY = 'the secret of gateway and hubs';
const ada = identityOf({ sub: 'ada', roles: ['viewer'], expiresAt: 99 });

let release: () => void = () => {};
const reached: AbortSignal[] = [];
const hub = testHub('works', {
  sdl: 'type Query { hello(name: String): String who: String denied: String fault: String never: String } type Work @key(fields: "id") { id: ID! name: String } type Mutation { never: String }',
  resolvers: {
    Query: {
      hello: (_: unknown, { name }: { name?: string }) => `Hello ${name}`,
      who: (_: unknown, __: unknown, request: { identity?: { sub: string }; requestId: string; traceparent: string }) => `${request.identity?.sub} ${request.requestId} ${request.traceparent}`,
      denied: () => {
        throw new PublicError('FORBIDDEN', 'Not you.', { missingScopes: ['a:b'] });
      },
      fault: () => {
        throw new Error('password=1');
      },
      never: (_: unknown, __: unknown, request: { signal: AbortSignal }) => {
        reached.push(request.signal);
        return new Promise<void>((resolve) => (release = resolve));
      },
    },
    Mutation: { never: () => new Promise<void>((resolve) => (release = resolve)) },
    Work: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `Work ${id}` }) },
  },
});

const deadlines = { query: 150, mutation: 400 };
let server: HubServer;
const callers: Record<string, HubCaller> = {};
beforeAll(async () => {
  server = await serveHub(hub, { host: '127.0.0.1', port: 0, keys: [KEY], log: silentLog() });
  callers.local = localCaller(hub, deadlines);
  callers.http = remoteCaller({ hub: 'works', url: server.url, key: KEY, deadlines });
});
afterAll(async () => {
  release();
  for (const caller of Object.values(callers)) await caller.close();
  await server.close();
});

function call(query: string, more: Partial<HubCall> = {}): HubCall {
  return { query, kind: 'query', variables: {}, identity: ada, requestId: 'r1', signal: new AbortController().signal, ...more };
}

describe.each(['local', 'http'])('the %s caller', (kind) => {
  const ask = (query: string, more?: Partial<HubCall>) => (callers[kind] as HubCaller).call(call(query, more));
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

  it('answers with data', async () => {
    expect(plain(await ask('query A($n: String) { hello(name: $n) } query B { who }', { operationName: 'A', variables: { n: 'Bob' } }))).toEqual({ data: { hello: 'Hello Bob' } });
  });

  it('answers with data of its own at each call', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Work { name } } }';
    const representations = [{ __typename: 'Work', id: '1' }];
    const [one, two] = [await ask(query, { variables: { r: representations } }), await ask(query, { variables: { r: representations } })];
    expect(plain(one)).toEqual({ data: { _entities: [{ name: 'Work 1' }] } });
    expect(one.data).not.toBe(two.data);
  });

  it('tells the hub who asks, for which request, in which trace', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(plain(await ask('{ who }', { traceparent }))).toEqual({ data: { who: `ada r1 ${traceparent}` } });
  });

  it('hands on public errors with their facts', async () => {
    expect(plain(await ask('{ denied }'))).toMatchObject({ data: { denied: null }, errors: [{ message: 'Not you.', path: ['denied'], extensions: { code: 'FORBIDDEN', missingScopes: ['a:b'] } }] });
  });

  it('gives up after its deadline, which is longer for mutations', async () => {
    await expect(ask('{ never }')).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE', facts: { hub: 'works' } });
    const started = performance.now();
    await expect(ask('mutation { never }', { kind: 'mutation' })).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
    expect(performance.now() - started).toBeGreaterThan(390);
  });

  it('gives up at once when nobody waits any longer, and tells the hub', async () => {
    const controller = new AbortController();
    const before = reached.length;
    const asked = ask('{ never }', { signal: controller.signal });
    asked.catch(() => {});
    await expect.poll(() => reached.length).toBe(before + 1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => reached[before]?.aborted).toBe(true);
  });

  it('does not begin when nobody waits', async () => {
    await expect(ask('{ hello }', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('is unavailable once closed', async () => {
    const own = kind === 'local' ? localCaller(hub) : remoteCaller({ hub: 'works', url: server.url, key: KEY });
    await own.close();
    await own.close();
    await expect(own.call(call('{ hello }'))).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE', facts: { hub: 'works' } });
  });
});
