import { identityOf } from '@hubgraph/kit/identity';
import { silentLog } from '@hubgraph/kit/log';
import { afterAll, describe, expect, it } from 'vitest';
import { compose, testHub } from '../../test/compose.ts';
import { localCaller } from '../hubs/local.ts';
import { createEngine, Refused } from './engine.ts';
import { nesting } from './limit.ts';

// Groups 1 to 50 of the bad inputs that a hardened gateway must survive, as far as they end before a hub is asked.
const works = {
  sdl: `
    directive @note(text: String) repeatable on FIELD
    type Query { a: Node list(first: Int = 20, of: [Int!]): [Node!]! text(s: String, i: Int, f: Float, id: ID, k: Kind, j: JSON): String }
    type Mutation { touch: Boolean } type Subscription { a: Int b: Int }
    type Node { a: Node name: String } enum Kind { ONE TWO } scalar JSON
  `,
  resolvers: { Query: { a: () => null, list: () => [], text: () => 'ok' } },
};
const identity = identityOf({ sub: 'ada', roles: ['viewer'] });
const engine = createEngine({ supergraphSdl: compose({ works }), callers: new Map([['works', localCaller(testHub('works', works))]]), log: silentLog() });

let slowest = 0;
afterAll(() => expect(slowest).toBeLessThan(250));

async function ask(source: string, variables?: Record<string, unknown>, operationName?: string) {
  const started = performance.now();
  const prepared = await engine.prepare({ source, operationName, identity });
  const result = prepared instanceof Refused ? { errors: prepared.errors } : await engine.execute(prepared, { variables, identity });
  slowest = Math.max(slowest, performance.now() - started);
  return JSON.parse(JSON.stringify(result));
}
const codesOf = async (...asked: Parameters<typeof ask>) => {
  const { errors = [] } = await ask(...asked);
  expect(JSON.stringify(errors)).not.toMatch(/Did you mean|node_modules|\.ts:\d/);
  expect(JSON.stringify(errors).length).toBeLessThan(64_000);
  return [...new Set(errors.map((error: { extensions: { code: string } }) => error.extensions.code))];
};
const nested = (depth: number, inner = 'name') => `${'{ a '.repeat(depth)}{ ${inner} }${' }'.repeat(depth)}`;

describe('a document that cannot be read', () => {
  it.each<[string, string]>([
    ['empty', ''],
    ['white space and comments', ' \n# nothing\n,,'],
    ['an unterminated string', '{ text(s: "abc) }'],
    ['an unterminated block string', '{ text(s: """abc) }'],
    ['an escape beyond Unicode', '{ text(s: "\\u{110000}") }'],
    ['a lone surrogate escape', '{ text(s: "\\ud800") }'],
    ['a NUL byte', '{ te\0xt }'],
    ['open braces', '{'.repeat(5_000)],
    ['a list nested 20,000 times', `{ text(j: ${'['.repeat(20_000)}`],
    ['open selections', '{a'.repeat(900)],
    ['an open list', `{ text(j: ${'['.repeat(1_900)}`],
  ])('is refused: %s', async (_name, source) => {
    expect(await codesOf(source)).toEqual(['GRAPHQL_PARSE_FAILED']);
  });

  it('may begin with a byte order mark', async () => {
    expect(await ask('\uFEFF{ text }')).toEqual({ data: { text: 'ok' } });
  });
});

describe('a document larger than a limit', () => {
  const doubling = (levels: number, leaf: string) => `{ ...F${levels} } ${Array.from({ length: levels }, (_, i) => `fragment F${i + 1} on Query { ...F${i} ...F${i} }`).join(' ')} fragment F0 on Query { ${leaf} }`;
  const many = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join(' ');

  it.each<[string, string, string]>([
    ['tokens: aliases', `{ ${many(10_000, (i) => `a${i}: text`)} }`, 'tokens'],
    ['tokens: directives', `{ text ${many(5_000, () => '@note')} }`, 'tokens'],
    ['tokens: fragments that nobody uses', `{ text } ${many(5_000, (i) => `fragment F${i} on Query { text }`)}`, 'tokens'],
    ['tokens: operations', many(5_000, (i) => `query Q${i} { text }`), 'tokens'],
    ['tokens: variables', `query (${many(5_000, (i) => `$v${i}: Int`)}) { text }`, 'tokens'],
    ['depth', nested(10), 'depth'],
    ['depth through fragments', `{ a { a { a { a { a { ...F } } } } } } fragment F on Node { a { a { a { a { a { name } } } } } }`, 'depth'],
    ['depth through a fragment that is shallow elsewhere', `{ ...G a { a { a { a { a { a { ...F } } } } } } } fragment G on Query { a { ...F } } fragment F on Node { a { a { a { a { name } } } } }`, 'depth'],
    ['aliases', `{ a { ${many(21, (i) => `n${i}: name`)} } }`, 'aliases'],
    ['aliases in a fragment used often', `{ a { a { ...F } ...F a { ...F } } } fragment F on Node { ${many(8, (i) => `n${i}: name`)} }`, 'aliases'],
    ['root fields', `{ ${many(21, () => 'text')} }`, 'rootFields'],
    ['root fields through fragments', doubling(5, 'text'), 'rootFields'],
    ['directives', `{ text ${many(51, () => '@note')} }`, 'directives'],
    ['directives through fragments', `{ a { ${many(6, () => '...F')} } } fragment F on Node { name ${many(9, () => '@note')} }`, 'directives'],
    ['fields through fragments that double 20 times', `{ a { ...F20 } } ${many(20, (i) => `fragment F${i + 1} on Node { ...F${i} ...F${i} }`)} fragment F0 on Node { name }`, 'fields'],
    ['fields through inline fragments', `{ a { ${many(20, () => '...F')} } } fragment F on Node { ${many(201, () => '... { name }')} }`, 'fields'],
  ])('is refused: %s', async (_name, source, what) => {
    const { errors } = await ask(source);
    expect(errors).toHaveLength(1);
    const { code, what: named, limit, value } = errors[0].extensions;
    expect([code, named]).toEqual(['OPERATION_TOO_LARGE', what]);
    expect(value).toBeGreaterThan(limit);
  });

  it('is accepted at the limit', async () => {
    expect(await codesOf(nested(9))).toEqual([]);
    expect(await codesOf(`{ a { ${many(20, (i) => `n${i}: name`)} } }`)).toEqual([]);
  });
});

describe('a document that does not fit the schema', () => {
  const many = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join(' ');
  it.each<[string, string, string?]>([
    ['unknown fields', `{ a { ${many(900, () => 'nam')} } }`],
    ['a fragment named __schema that is unknown', '{ ...__schemas }'],
    ['a fragment cycle', '{ ...F } fragment F on Query { ...F }'],
    ['a mutual fragment cycle', '{ ...F } fragment F on Query { a { name } ...G } fragment G on Query { ...F }'],
    ['unused fragments', `{ text } ${many(250, (i) => `fragment F${i} on Query { text }`)}`],
    ['many operations and no name', many(300, (i) => `query Q${i} { text }`)],
    ['an unknown operation name', 'query A { text }', 'B'],
    ['unknown directives', `{ text ${many(40, () => '@nope')} }`],
    ['@skip twice', '{ text @skip(if: true) @skip(if: false) }'],
    ['fields in conflict', `{ ${many(19, (i) => `text(i: ${i})`)} }`],
    ['introspection', '{ __schema { types { name } } }'],
    ['introspection of a type', '{ __type(name: "Query") { name } }'],
    ['introspection in a fragment', '{ ...F } fragment F on Query { __schema { types { name } } }'],
    ['a subscription with two fields', 'subscription { a b }'],
    ['a subscription whose field is skipped', 'subscription { a @skip(if: true) }'],
    ['a subscription whose field depends on a variable', 'subscription ($yes: Boolean = true) { a @include(if: $yes) }'],
    ['a subscription with a condition on a fragment', 'subscription { ... @include(if: true) { a } }'],
    ['a subscription of a fragment cycle', 'subscription { ...F } fragment F on Subscription { ...F }'],
    ['a subscription with a condition within a fragment', 'subscription { ...F } fragment F on Subscription { a @skip(if: false) }'],
    ['@defer', '{ ... @defer { text } }'],
    ['@stream', '{ list @stream { name } }'],
    ['_entities', '{ _entities(representations: []) { __typename } }'],
    ['_service', '{ _service { sdl } }'],
    ['a number of 100,000 digits', `{ text(i: ${'9'.repeat(100_000)}) }`],
    ['a number beyond Int', '{ text(i: 2147483648) }'],
    ['an enum by number', '{ text(k: 1) }'],
    ['a mutation as subscription', 'subscription { touch }'],
    ['only fragments', 'fragment F on Query { text }'],
    ['a type definition', 'type Query { a: Int }'],
  ])('is refused: %s', async (_name, source, operationName) => {
    expect(await codesOf(source, undefined, operationName)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });
});

describe('variables that do not fit', () => {
  const all = 'query ($s: String, $i: Int, $f: Float, $id: ID, $k: Kind, $of: [Int!]) { text(s: $s, i: $i, f: $f, id: $id, k: $k) list(of: $of) { name } }';
  it.each<[string, Record<string, unknown>]>([
    ['a list for text', { s: ['a'] }],
    ['an object for text, as operators are smuggled', { s: { contains: '' } }],
    ['a number for text', { s: 1 }],
    ['text for a number', { i: '1' }],
    ['an Int over 2^31', { i: 2 ** 31 }],
    ['an Int over 2^53', { i: 2 ** 60 }],
    ['a fraction for Int', { i: 1.5 }],
    ['infinity', { f: Number.POSITIVE_INFINITY }],
    ['an object for ID', { id: {} }],
    ['an enum by number', { k: 1 }],
    ['an unknown enum value', { k: 'THREE' }],
    ['a list with a wrong element', { of: [1, 'x'] }],
    ['a list of 10,000 wrong elements', { of: Array(10_000).fill('x') }],
  ])('are refused: %s', async (_name, variables) => {
    expect(await codesOf(all, variables)).toEqual(['BAD_USER_INPUT']);
  });

  it('are refused when one is missing', async () => {
    expect(await codesOf('query ($m: Boolean!) { text @skip(if: $m) }')).toEqual(['BAD_USER_INPUT']);
  });

  it('are refused when they nest too deep, and not when they are merely long', async () => {
    const deep = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`) as unknown;
    const query = 'query ($j: JSON) { text(j: $j) }';
    expect((await ask(query, { j: deep })).errors[0].extensions).toMatchObject({ code: 'OPERATION_TOO_LARGE', what: 'variablesDepth', limit: 32 });
    expect(await ask(query, { j: Array(10_000).fill({ a: [1] }) })).toEqual({ data: { text: 'ok' } });
  });

  it('are repeated in the message only in part', async () => {
    const { errors } = await ask('query ($i: Int) { text(i: $i) }', { i: 'x'.repeat(100_000) });
    expect(errors[0].message.length).toBeLessThan(600);
  });

  it('that nobody declared are ignored', async () => {
    expect(await ask('{ text }', JSON.parse('{"__proto__":{"x":1},"nope":1}'))).toEqual({ data: { text: 'ok' } });
  });
});

it('nesting counts lists and objects', () => {
  expect([1, {}, { a: 1 }, { a: [1, { b: 2 }] }].map((value) => nesting(value, 10))).toEqual([0, 0, 1, 3]);
});
