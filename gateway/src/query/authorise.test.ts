import { identityOf } from '@hubgraph/kit/identity';
import { silentLog } from '@hubgraph/kit/log';
import { describe, expect, it } from 'vitest';
import { compose, testHub, type TestSubgraph } from '../../test/compose.ts';
import { localCaller } from '../hubs/local.ts';
import { loadSupergraph } from '../supergraph/supergraph.ts';
import { createEngine, Refused } from './engine.ts';

const nobodySpecial = identityOf({ sub: 'ada', scopes: [] });
const insider = identityOf({ sub: 'bob', scopes: ['inside'] });

function asking(subgraphs: Record<string, TestSubgraph>, supergraphSdl = compose(subgraphs)) {
  const callers = new Map(Object.entries(subgraphs).map(([name, subgraph]) => [name, localCaller(testHub(name, subgraph))]));
  const engine = createEngine({ supergraphSdl, callers, log: silentLog(), anonymous: true });
  return async (source: string, identity: typeof insider | undefined = nobodySpecial, variables?: Record<string, unknown>) => {
    const prepared = await engine.prepare({ source, identity });
    if (prepared instanceof Refused) return JSON.parse(JSON.stringify({ errors: prepared.errors }));
    return JSON.parse(JSON.stringify(await engine.execute(prepared, { identity, variables })));
  };
}
const paths = ({ errors = [] }: { errors?: { path: unknown[] }[] }) => errors.map(({ path }) => path.join('.'));

const animals: TestSubgraph = {
  sdl: `
    type Query { any: [Animal!] thing: Thing cat: Cat vault: Vault mood: Mood open: String }
    interface Animal { id: ID! name: String sound: String }
    type Cat implements Animal @key(fields: "id") { id: ID! name: String sound: String @requiresScopes(scopes: [["inside"]]) lives: Int }
    type Dog implements Animal @key(fields: "id") { id: ID! name: String sound: String }
    union Thing = Cat | Vault
    type Vault @requiresScopes(scopes: [["inside"]]) { gold: Int }
    enum Mood @requiresScopes(scopes: [["inside"]]) { GOOD BAD }
  `,
  resolvers: {
    Query: { any: () => [{ __typename: 'Cat', id: 'c', name: 'Tom', sound: 'miaow' }, { __typename: 'Dog', id: 'd', name: 'Rex', sound: 'woof' }], thing: () => ({ __typename: 'Vault', gold: 1 }), cat: () => ({ id: 'c', name: 'Tom', sound: 'miaow', lives: 9 }), vault: () => ({ gold: 1 }), mood: () => 'GOOD', open: () => 'yes' },
  },
};

describe('interfaces', () => {
  const ask = asking({ animals });

  it('do not open a way around a field of an implementing type', async () => {
    for (const source of ['{ any { name sound } }', '{ any { name ... on Animal { sound } } }', '{ any { ...F } } fragment F on Animal { name s: sound }']) {
      const answer = await ask(source);
      expect(answer.errors[0].extensions).toEqual({ code: 'FORBIDDEN', missingScopes: ['inside'] });
      expect(JSON.stringify(answer.data)).not.toContain('miaow');
      expect(answer.data.any[1].name).toBe('Rex');
    }
    expect((await ask('{ any { sound } }', insider)).data.any).toEqual([{ sound: 'miaow' }, { sound: 'woof' }]);
  });

  it('do not close the types that are open', async () => {
    const answer = await ask('{ any { ... on Dog { sound } ... on Cat { name sound } } }');
    expect(answer.data.any).toEqual([{ name: 'Tom', sound: null }, { sound: 'woof' }]);
    expect(paths(answer)).toEqual(['any.@.sound']);
  });

  it('are held to it also in a supergraph composed without the propagation of 2.12.1', async () => {
    const supergraph = compose({ animals });
    const before = supergraph.replace(/(interface Animal[^{]*\{[^}]*sound: String) @requiresScopes\(scopes: \[\["inside"\]\]\)/, '$1');
    expect(before).not.toBe(supergraph);
    const answer = await asking({ animals }, before)('{ any { name sound } }');
    expect(JSON.stringify(answer.data)).not.toContain('miaow');
    expect(paths(answer)).toEqual(['any.@.sound']);
  });
});

describe('types', () => {
  const ask = asking({ animals });

  it('are withheld wherever they are returned or entered', async () => {
    const answer = await ask('{ vault { gold } mood open thing { ... on Vault { gold } ... on Cat { lives } __typename } }');
    expect(answer.data).toEqual({ vault: null, mood: null, open: 'yes', thing: { gold: null, __typename: 'Vault' } });
    expect(paths(answer)).toEqual(['vault', 'mood', 'thing.gold']);
    expect((await ask('{ vault { gold } mood thing { ... on Vault { gold } } }', insider)).data).toEqual({ vault: { gold: 1 }, mood: 'GOOD', thing: { gold: 1 } });
  });
});

describe('@authenticated', () => {
  const ask = asking({ one: { sdl: 'type Query { mine: Mine open: String } type Mine @authenticated { a: String } type Mutation { touch: Boolean @authenticated }', resolvers: { Query: { mine: () => ({ a: 'x' }), open: () => 'yes' }, Mutation: { touch: () => true } } } });

  it('asks for an identity and nothing else', async () => {
    expect((await ask('{ mine { a } }')).data).toEqual({ mine: { a: 'x' } });
    const anonymous = createEngine({ supergraphSdl: compose({ one: { sdl: 'type Query { mine: String @authenticated open: String }' } }), callers: new Map(), log: silentLog(), anonymous: true });
    const prepared = await anonymous.prepare({ source: '{ mine }' });
    if (prepared instanceof Refused) throw prepared;
    expect(await anonymous.execute(prepared, {})).toMatchObject({ data: { mine: null }, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await anonymous.prepare({ source: 'mutation { a }' })).toBeInstanceOf(Refused);
  });
});

describe('keys and requirements', () => {
  const parts: Record<string, TestSubgraph> = {
    people: {
      sdl: 'type Query { person: Person } type Person @key(fields: "id") { id: ID! @requiresScopes(scopes: [["inside"]]) name: String salary: Int @requiresScopes(scopes: [["inside"]]) }',
      resolvers: { Query: { person: () => ({ id: 'secret-id', name: 'Ann', salary: 5 }) }, Person: { __resolveReference: () => ({ id: 'secret-id', name: 'Ann', salary: 5 }) } },
    },
    taxes: {
      sdl: 'type Person @key(fields: "id") { id: ID! salary: Int @external tax: Int @requires(fields: "salary") @requiresScopes(scopes: [["inside"]]) nick: String }',
      resolvers: { Person: { tax: ({ salary }: { salary: number }) => salary / 5, nick: () => 'Annie' } },
    },
  };

  it('a key that the plan fetches for itself does not answer a withheld field', async () => {
    const answer = await asking(parts)('{ person { a: name nick } p: person { id: name key: nick } }');
    expect(answer.errors).toBeUndefined();
    const withheld = await asking({ ...parts, people: { ...parts.people, sdl: parts.people?.sdl.replace('id: ID! @', 'id: ID @') ?? '' }, taxes: { ...parts.taxes, sdl: parts.taxes?.sdl.replace('id: ID!', 'id: ID') ?? '' } })('{ person { id name nick } }');
    expect(withheld.data).toEqual({ person: { id: null, name: 'Ann', nick: 'Annie' } });
    expect(JSON.stringify(withheld)).not.toContain('secret-id');
  });

  it('a field computed from a protected one is protected: composition demands it, the gateway holds to it', async () => {
    const answer = await asking(parts)('{ person { name tax } }');
    expect(answer.data).toEqual({ person: { name: 'Ann', tax: null } });
    expect((await asking(parts)('{ person { tax } }', insider)).data).toEqual({ person: { tax: 1 } });
    const leaky = parts.taxes?.sdl.replace('@requires(fields: "salary") @requiresScopes(scopes: [["inside"]])', '@requires(fields: "salary")') ?? '';
    expect(() => compose({ ...parts, taxes: { sdl: leaky } })).toThrow(/requires/i);
  });
});

describe('several alternatives', () => {
  it('are an OR of ANDs', async () => {
    const ask = asking({ one: { sdl: 'type Query { x: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) y: Int }', resolvers: { Query: { x: () => 1 } } } });
    const may = async (...scopes: string[]) => (await ask('{ x }', identityOf({ sub: 's', scopes }))).data.x === 1;
    expect([await may('a'), await may('b'), await may('a', 'b'), await may('c'), await may()]).toEqual([false, false, true, true, false]);
  });
});

describe('a supergraph is refused', () => {
  const base = compose({ one: { sdl: 'type Query { x: Int }' } });
  it.each<[string, string]>([
    ['with @policy, which nobody here enforces', base.replace('schema\n', 'schema\n  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)\n')],
    ['with an unknown security feature', base.replace('schema\n', 'schema\n  @link(url: "https://example.org/lock/v1.0", for: SECURITY)\n')],
    ['that is no supergraph', 'type Query { x: Int }'],
    ['that is no SDL', 'type {'],
  ])('%s', (_name, sdl) => {
    expect(sdl).not.toBe(base);
    expect(() => loadSupergraph(sdl)).toThrow();
  });

  it('and the present one stays', async () => {
    const engine = createEngine({ supergraphSdl: base, callers: new Map(), log: silentLog() });
    await expect(engine.stage('type {')).rejects.toThrow();
    expect(await engine.prepare({ source: '{ __typename }' })).not.toBeInstanceOf(Refused);
  });
});
