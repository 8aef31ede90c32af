import { identityOf } from '@hubgraph/kit/identity';
import { PublicError } from '@hubgraph/kit/errors';
import { getIntrospectionQuery } from 'graphql';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { compose, testHub, type TestSubgraph } from '../../test/compose.ts';
import { localCaller } from '../hubs/local.ts';
import { createEngine, Refused, type EngineOptions } from './engine.ts';

const viewer = identityOf({ sub: 'ada', roles: ['viewer'] });
const allocator = identityOf({ sub: 'bob', roles: ['allocator'] });

const works: TestSubgraph = {
  sdl: `
    type Query { works: [Work!]! work(id: ID!): Work boom: String stop: String secret: String! @requiresScopes(scopes: [["finance:read"]]) }
    type Mutation { rename(id: ID!, title: String!): Work! erase(id: ID!): Boolean @requiresScopes(scopes: [["governance:close"]]) }
    type Work @key(fields: "id") { id: ID! title: String }
  `,
  resolvers: {
    Query: {
      works: () => [{ id: '1', title: 'One' }, { id: '2', title: 'Two' }],
      work: (_: unknown, { id }: { id: string }) => ({ id, title: `Work ${id}` }),
      boom: () => {
        throw new Error('SELECT * FROM secret');
      },
      stop: () => {
        throw new PublicError('RATE_LIMITED', 'Slower.', { retryAfter: 3 });
      },
      secret: () => 's3',
    },
    Mutation: { rename: (_: unknown, args: object) => args, erase: () => true },
  },
};
const money: TestSubgraph = {
  sdl: `
    type Work @key(fields: "id") { id: ID! cost: Int @requiresScopes(scopes: [["finance:read"]]) budget: Int! @requiresScopes(scopes: [["finance:read"], ["hub:read", "ops:write"]]) }
  `,
  resolvers: { Work: { cost: ({ id }: { id: string }) => Number(id) * 100, budget: () => 7 } },
};
const events: TestSubgraph = {
  sdl: `
    type Subscription { workChanged(filter: String): WorkEvent! }
    type WorkEvent { id: ID! type: String! work: Work! }
    type Work @key(fields: "id", resolvable: false) { id: ID! }
  `,
};

function engineOver(options: Partial<EngineOptions> = {}) {
  const hubs = { works: testHub('works', works), money: testHub('money', money) };
  const callers = new Map(Object.entries(hubs).map(([name, hub]) => [name, localCaller(hub)]));
  const engine = createEngine({ supergraphSdl: compose({ works, money, events }), callers, log: pino({ level: 'silent' }), development: true, ...options });
  const ask = async (source: string, identity = allocator as typeof viewer | undefined, variables?: Record<string, unknown>) => {
    const prepared = await engine.prepare({ source, identity });
    if (prepared instanceof Refused) return { refused: prepared.errors.map((error) => error.toJSON()) };
    return JSON.parse(JSON.stringify(await engine.execute(prepared, { identity, variables })));
  };
  return { engine, hubs, ask };
}

describe('a key of another hub that nobody knows', () => {
  const noted: TestSubgraph = {
    sdl: 'type Query { note: Note must: Note! } type Note { text: String! work: Work sure: Work! } type Work @key(fields: "id", resolvable: false) { id: ID! }',
    resolvers: { Query: { note: () => ({ text: 'hi', work: { id: '9' }, sure: { id: '9' } }), must: () => ({ text: 'hi', sure: { id: '9' } }) } },
  };
  const titled: TestSubgraph = { sdl: 'type Query { none: Int } type Work @key(fields: "id") { id: ID! title: String! }', resolvers: { Work: { __resolveReference: () => null } } };
  const ask = async (source: string) => {
    const callers = new Map(Object.entries({ noted, titled }).map(([name, subgraph]) => [name, localCaller(testHub(name, subgraph))]));
    const engine = createEngine({ supergraphSdl: compose({ noted, titled }), callers, log: pino({ level: 'silent' }), development: true });
    const prepared = await engine.prepare({ source, identity: viewer });
    if (prepared instanceof Refused) throw new Error('refused');
    return JSON.parse(JSON.stringify(await engine.execute(prepared, { identity: viewer })));
  };

  it('is null and no fault', async () => {
    expect(await ask('{ note { text work { id } } }')).toEqual({ data: { note: { text: 'hi', work: { id: '9' } } } });
    expect(await ask('{ note { text work { id title } } }')).toEqual({ data: { note: { text: 'hi', work: null } } });
    expect(await ask('{ note { text sure { title } } }')).toEqual({ data: { note: null } });
  });

  it('is told when it takes the whole answer along', async () => {
    expect(await ask('{ must { sure { title } } }')).toMatchObject({ data: null, errors: [{ extensions: { code: 'INTERNAL' } }] });
  });
});

describe('a query over two hubs', () => {
  it('joins entities, under aliases and through fragments', async () => {
    const { ask } = engineOver();
    const answer = await ask('{ all: works { ...F } work(id: "3") { t: title cost } } fragment F on Work { id c: cost }');
    expect(answer).toEqual({ data: { all: [{ id: '1', c: 100 }, { id: '2', c: 200 }], work: { t: 'Work 3', cost: 300 } } });
  });

  it('carries identity and request id to the hubs', async () => {
    const { engine, hubs } = engineOver();
    const prepared = await engine.prepare({ source: '{ works { id } }', identity: viewer });
    if (prepared instanceof Refused) throw prepared;
    await engine.execute(prepared, { identity: viewer, requestId: 'r1', traceparent: 't1' });
    expect(hubs.works.received[0]).toMatchObject({ identity: viewer, requestId: 'r1', traceparent: 't1' });
  });

  it('plans an operation once for each authorisation class', async () => {
    const { engine } = engineOver();
    const ask = (identity: typeof viewer) => engine.prepare({ source: '{ works { id } }', identity });
    expect(await ask(viewer)).toBe(await ask(identityOf({ sub: 'eve', roles: ['viewer'] })));
    expect(await ask(viewer)).not.toBe(await ask(allocator));
  });
});

describe('fields that the caller may not see', () => {
  it('are null with one error each, and never asked for', async () => {
    const { ask, hubs } = engineOver();
    const answer = await ask('{ works { id cost } }', viewer);
    expect(answer.data).toEqual({ works: [{ id: '1', cost: null }, { id: '2', cost: null }] });
    expect(answer.errors).toEqual([{ message: expect.stringContaining('finance:read'), path: ['works', '@', 'cost'], extensions: { code: 'FORBIDDEN', missingScopes: ['finance:read'] } }]);
    expect(hubs.money.received).toEqual([]);
  });

  it('make their parent null when they cannot be null', async () => {
    const { ask } = engineOver();
    const answer = await ask('{ work(id: "1") { title budget } ok: __typename }', viewer);
    expect(answer.data).toEqual({ work: null, ok: 'Query' });
    expect(answer.errors).toHaveLength(1);
    expect((await ask('{ secret works { id } }', viewer)).data).toBeNull();
  });

  it('name the alternative that lacks least', async () => {
    const { ask } = engineOver();
    const operator = identityOf({ sub: 'op', scopes: ['hub:read'] });
    expect((await ask('{ work(id: "1") { budget } }', operator)).errors[0].extensions.missingScopes).toHaveLength(1);
  });

  it('stay null at their place in the answer, and are not reported when skipped', async () => {
    const { ask } = engineOver();
    const answer = await ask('query ($s: Boolean = true) { works { c: cost title b: cost @skip(if: $s) } }', viewer);
    expect(JSON.stringify(answer.data.works[0])).toBe('{"c":null,"title":"One"}');
    expect(answer.errors).toHaveLength(1);
  });

  it('stop a mutation before any part of it runs', async () => {
    const { ask, hubs } = engineOver();
    const answer = await ask('mutation { rename(id: "1", title: "x") { id } erase(id: "1") }', viewer);
    expect(answer.refused[0].extensions).toEqual({ code: 'FORBIDDEN', missingScopes: ['governance:close'] });
    expect(hubs.works.received).toEqual([]);
  });

  it('are refused to strangers, who get __typename and introspection', async () => {
    const { ask } = engineOver();
    for (const source of ['{ works { id } }', '{ ...F } fragment F on Query { __typename works { id } }']) {
      const { engine } = engineOver();
      expect(await engine.prepare({ source })).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    const { engine } = engineOver();
    const open = await engine.prepare({ source: '{ __typename __schema { queryType { name } } }' });
    if (open instanceof Refused) throw open;
    expect(await engine.execute(open, {})).toMatchObject({ data: { __typename: 'Query', __schema: { queryType: { name: 'Query' } } } });
    expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });
});

it('introspection answers whatever graphql-js lets tools ask for', async () => {
  const { ask } = engineOver();
  const everything = getIntrospectionQuery({ oneOf: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true });
  for (const source of [everything, '{ __schema { directives(includeDeprecated: true) { isDeprecated deprecationReason } } }']) {
    expect(await ask(source)).toEqual({ data: { __schema: expect.any(Object) } });
  }
});

describe('errors', () => {
  it('of hubs pass with a public code and are masked without one', async () => {
    const { ask } = engineOver();
    const answer = await ask('{ boom stop }');
    expect(answer.data).toEqual({ boom: null, stop: null });
    expect(answer.errors).toContainEqual({ message: 'Slower.', path: ['stop'], extensions: { code: 'RATE_LIMITED', retryAfter: 3 } });
    expect(answer.errors).toContainEqual({ message: expect.stringContaining('log'), path: ['boom'], extensions: { code: 'INTERNAL', id: expect.any(String) } });
    expect(JSON.stringify(answer)).not.toContain('SELECT');
  });

  it('of a hub that cannot answer leave the rest of the data', async () => {
    const { ask } = engineOver({ callers: new Map([['works', localCaller(testHub('works', works))]]) });
    const answer = await ask('{ works { id cost } }');
    expect(answer.data.works).toEqual([{ id: '1', cost: null }, { id: '2', cost: null }]);
    expect(answer.errors).toEqual([{ message: 'The hub money cannot answer now.', path: ['works', '@'], extensions: { code: 'HUB_UNAVAILABLE', hub: 'money' } }]);
  });

  it('of ours before the operation runs are logged under the id of the request', async () => {
    const lines: string[] = [];
    const { engine } = engineOver({ log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }) });
    let [reads, allowed] = [0, Infinity];
    const broken = { ...viewer, get scopes(): typeof viewer.scopes {
      if (reads++ >= allowed) throw new Error('boom');
      return viewer.scopes;
    } };
    engine.classOf(broken);
    // whoever looks at them after the key of the cache was made
    allowed = reads * 2;
    const refused = await engine.prepare({ source: '{ works { cost } }', identity: broken, requestId: 'r1' });
    expect(refused).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ requestId: 'r1', err: { message: 'boom' } });
  });

  it('of variables name the variable', async () => {
    const { ask } = engineOver();
    expect(await ask('query ($id: ID!) { work(id: $id) { id } }', viewer, { id: { a: 1 } })).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});

describe('a subscription', () => {
  it('is answered per event through the plan, the event data left alone', async () => {
    const { engine } = engineOver();
    const prepared = await engine.prepare({ source: 'subscription S { e: workChanged(filter: "x") { id kind: type work { title cost } } }', identity: allocator });
    if (prepared instanceof Refused) throw prepared;
    expect(prepared.subscription).toMatchObject({ subgraph: 'events', field: 'workChanged', responseName: 'e' });
    expect(prepared.subscription?.arguments({})).toEqual({ filter: 'x' });
    const data = { e: { id: 'ev1', kind: 'done', work: { __typename: 'Work', id: '4' } } };
    const copy = structuredClone(data);
    for (let round = 0; round < 2; round++) {
      const result = await engine.executeEvent(prepared, data, { identity: allocator });
      expect(JSON.parse(JSON.stringify(result))).toEqual({ data: { e: { id: 'ev1', kind: 'done', work: { title: null, cost: 400 } } } });
    }
    expect(data).toEqual(copy);
  });
});
