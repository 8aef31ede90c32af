import { identityOf } from '@hubgraph/kit/identity';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { compose } from '../../test/compose.ts';
import { createEngine, Refused, type Prepared } from '../query/engine.ts';
import { meaningOf } from './meaning.ts';

/** What can be done to a schema. */
interface Edit {
  readonly name: string;
  apply(sdl: string): string;
}
const swap = (name: string, from: string, to: string): Edit => ({
  name,
  apply(sdl) {
    expect(sdl).toContain(from);
    return sdl.replace(from, to);
  },
});

const before = `
  type Query { tasks(status: Status = OPEN, first: Int): [Task!]! task(filter: Filter): Task owner: Person @requiresScopes(scopes: [["hub:read"]]) }
  enum Status { OPEN DONE }
  input Filter { code: String, size: Int = 3 }
  interface Noun { id: ID! }
  type Task implements Noun @key(fields: "id") { id: ID! code: String! size: Int notes: [String!]! }
  type Person implements Noun @key(fields: "id") { id: ID! name: String! }
`;
const edits = {
  fieldAdded: swap('a field is added', 'size: Int notes', 'size: Int colour: String notes'),
  typeAdded: swap('a type is added', 'enum Status', 'type Robot implements Noun @key(fields: "id") { id: ID! } enum Status'),
  valueAdded: swap('an enum value is added', 'OPEN DONE', 'OPEN DONE GONE'),
  unusedRemoved: swap('an unused field is removed', ' notes: [String!]!', ''),
  unusedRetyped: swap('the type of an unused field changes', 'notes: [String!]!', 'notes: Int'),
  argumentAdded: swap('an optional argument is added', 'first: Int)', 'first: Int, after: String)'),
  inputFieldAdded: swap('an optional input field is added', 'size: Int = 3', 'size: Int = 3, colour: String'),
  usedRemoved: swap('a used field is removed', 'code: String! size', 'size'),
  usedRetyped: swap('the type of a used field changes', 'code: String!', 'code: String'),
  usedScalarRetyped: swap('a used field gets another scalar', 'code: String!', 'code: Int!'),
  typeRenamed: { name: 'a used type is renamed', apply: (sdl: string) => sdl.replaceAll('Task', 'Chore') },
  defaultChanged: swap('the default of an argument that was left out changes', 'status: Status = OPEN', 'status: Status = DONE'),
  inputDefaultChanged: swap('the default of an input field that was left out changes', 'size: Int = 3', 'size: Int = 4'),
  argumentRequired: swap('an argument is required', 'first: Int)', 'first: Int!)'),
  scopeAdded: swap('a scope is added to a used field', 'code: String! size', 'code: String! @requiresScopes(scopes: [["finance:read"]]) size'),
  scopeTaken: swap('a scope that the caller has is taken off', ' @requiresScopes(scopes: [["hub:read"]])', ''),
} satisfies Record<string, Edit>;

type Name = keyof typeof edits;
const operations: Record<string, { readonly source: string; readonly variables?: Record<string, unknown>; readonly touched: readonly Name[] }> = {
  'with a default left out': { source: '{ tasks(first: 2) { id code } }', touched: ['usedRemoved', 'usedRetyped', 'usedScalarRetyped', 'typeRenamed', 'defaultChanged', 'scopeAdded'] },
  'with every argument said': { source: 'query($s: Status!) { tasks(status: $s, first: 1) { id } }', variables: { s: 'DONE' }, touched: ['typeRenamed'] },
  'without an optional argument': { source: '{ tasks(status: OPEN) { size } }', touched: ['typeRenamed', 'argumentRequired'] },
  'with an input object': { source: 'query($f: Filter) { task(filter: $f) { ...F } } fragment F on Noun { id ... on Task { code } }', variables: { f: { code: 'c' } }, touched: ['usedRemoved', 'usedRetyped', 'usedScalarRetyped', 'typeRenamed', 'inputDefaultChanged', 'scopeAdded'] },
  'with an input object said in full': { source: '{ task(filter: { code: "c", size: 1 }) { id } }', touched: ['typeRenamed'] },
  'of something else': { source: '{ owner { id name __typename } }', touched: [] },
};

const viewer = identityOf({ sub: 'ada', roles: ['viewer'] });
const allocator = identityOf({ sub: 'ada', roles: ['allocator'] });
const engineOf = (sdl: string) => createEngine({ supergraphSdl: compose({ works: { sdl } }), callers: new Map(), log: pino({ level: 'silent' }) });

async function meaning(sdl: string, { source, variables = {} }: { source: string; variables?: Record<string, unknown> }, identity = viewer): Promise<string | undefined> {
  const prepared = await engineOf(sdl).prepare({ source, identity });
  return prepared instanceof Refused ? undefined : meaningOf(prepared as Prepared, variables);
}

describe('what an operation means', () => {
  const cases = Object.entries(operations).flatMap(([operation, facts]) => (Object.keys(edits) as Name[]).map((edit) => [operation, edits[edit].name, facts.touched.includes(edit), facts, edit] as const));
  it.each(cases)('%s, when %s: touched is %s', async (_operation, _edit, touched, facts, edit) => {
    const now = await meaning(before, facts);
    expect(now).toBeDefined();
    expect((await meaning(edits[edit].apply(before), facts)) !== now).toBe(touched);
  });

  it('is the same to a caller who holds the scope that was added', async () => {
    const facts = operations['with a default left out']!;
    expect(await meaning(edits.scopeAdded.apply(before), facts, allocator)).toBe(await meaning(before, facts, allocator));
  });

  it('is the same when a field moves to another hub', async () => {
    const prepared = await createEngine({ supergraphSdl: compose({ works: { sdl: before.replace(' size: Int notes', ' notes') }, more: { sdl: 'type Task @key(fields: "id") { id: ID! size: Int }' } }), callers: new Map(), log: pino({ level: 'silent' }) }).prepare({ source: '{ tasks { size } }', identity: viewer });
    expect(meaningOf(prepared as Prepared, {})).toBe(await meaning(before, { source: '{ tasks { size } }' }));
  });

  it('is nothing for variables that do not fit', async () => {
    expect(await meaning(before, { source: 'query($s: Status!) { tasks(status: $s) { id } }', variables: { s: 'LOST' } })).toBeUndefined();
  });
});
