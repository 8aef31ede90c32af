import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

// Two workstreams with two tasks each, and one more that is alone.
const CODES = ['DEP-WP-0001', 'DEP-WP-0001-T01', 'DEP-WP-0001-T02', 'DEP-WP-0002', 'DEP-WP-0002-T01', 'DEP-WP-0002-T02', 'DEP-WP-0003'];
const author = as('author');
const end = (code: string) => (/-T\d+$/.test(code) ? { task: code } : { workstream: code });
const add = (from: string, on: string) => hub.change('addDependency', { from: end(from), on: end(on) }, 'dependency { id from { code } on { code } }', author);

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
  await hub.change('registerDomain', { slug: 'dep', name: 'Dep' }, 'domain { id }', author);
  for (const code of CODES.filter((name) => !name.includes('-T'))) {
    const { workstream } = await hub.change('proposeWorkstream', { code, title: code, domain: 'dep' }, 'workstream { id }', author);
    for (const task of CODES.filter((name) => name.startsWith(`${code}-T`))) await hub.change('createTask', { workstream: workstream.id, code: task, title: task }, 'task { id }', author);
  }
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  await hub.database.sql.query('DELETE FROM "Dependency"');
});

test('a dependency is added, seen from both ends, and removed', async () => {
  const added = await hub.change('addDependency', { from: end('DEP-WP-0001-T01'), on: end('DEP-WP-0002'), reason: 'needs it' }, 'dependency { id reason from { code task { title } workstream { title } } on { code task { title } workstream { title } } }', author);
  expect(added).toMatchObject({
    dependency: { reason: 'needs it', from: { code: 'DEP-WP-0001-T01', task: { title: 'DEP-WP-0001-T01' }, workstream: null }, on: { code: 'DEP-WP-0002', task: null, workstream: { title: 'DEP-WP-0002' } } },
    errors: [], events: [{ type: 'org.statehub.dependency.added' }],
  });
  const seen = await hub.ask('{ task(code: "DEP-WP-0001-T01") { dependencies { id } dependents { id } } workstream(code: "DEP-WP-0002") { dependencies { id } dependents { id } } }');
  expect(seen).toEqual({ task: { dependencies: [{ id: added.dependency.id }], dependents: [] }, workstream: { dependencies: [], dependents: [{ id: added.dependency.id }] } });
  const removed = await hub.change('removeDependency', { from: end('DEP-WP-0001-T01'), on: end('DEP-WP-0002') }, 'dependency { id }', author);
  expect(removed).toMatchObject({ dependency: { id: added.dependency.id }, events: [{ type: 'org.statehub.dependency.removed' }] });
  expect((await hub.change('removeDependency', { from: end('DEP-WP-0001-T01'), on: end('DEP-WP-0002') }, 'dependency { id }', author)).errors).toMatchObject([{ __typename: 'NotFound' }]);
});

test('itself, twice and the unknown are refused', async () => {
  expect((await add('DEP-WP-0001', 'DEP-WP-0001')).errors).toMatchObject([{ __typename: 'InvalidInput', message: 'DEP-WP-0001 cannot depend on itself.', path: ['input', 'on'] }]);
  await add('DEP-WP-0001', 'DEP-WP-0003');
  expect((await add('DEP-WP-0001', 'DEP-WP-0003')).errors).toMatchObject([{ __typename: 'Duplicate' }]);
  expect((await add('NO-WP-0001', 'NO-WP-0001-T01')).errors).toMatchObject([{ path: ['input', 'from', 'workstream'] }, { path: ['input', 'on', 'task'] }]);
});

test('both codes of one end, or none, are refused', async () => {
  for (const from of [{}, { workstream: CODES[0], task: CODES[1] }]) {
    await expect(hub.change('addDependency', { from, on: end('DEP-WP-0003') }, 'dependency { id }', author)).rejects.toThrow('xactly one key');
  }
});

test('a cycle is refused with its codes in order', async () => {
  await add('DEP-WP-0001-T01', 'DEP-WP-0001-T02');
  await add('DEP-WP-0001-T02', 'DEP-WP-0002-T01');
  expect((await add('DEP-WP-0002-T01', 'DEP-WP-0001-T01')).errors).toMatchObject([{ __typename: 'InvalidInput', message: 'The dependency would close a cycle. DEP-WP-0002-T01 -> DEP-WP-0001-T01 -> DEP-WP-0001-T02 -> DEP-WP-0002-T01' }]);
});

test('a workstream waits for its own tasks, so that a task cannot wait for what waits for it', async () => {
  expect((await add('DEP-WP-0001-T01', 'DEP-WP-0001')).errors).toMatchObject([{ message: 'The dependency would close a cycle. DEP-WP-0001-T01 -> DEP-WP-0001 -> DEP-WP-0001-T01' }]);
  await add('DEP-WP-0001-T01', 'DEP-WP-0002');
  expect((await add('DEP-WP-0002-T02', 'DEP-WP-0001')).errors).toMatchObject([{ message: 'The dependency would close a cycle. DEP-WP-0002-T02 -> DEP-WP-0001 -> DEP-WP-0001-T01 -> DEP-WP-0002 -> DEP-WP-0002-T02' }]);
});

test('two that would close a cycle together do not both pass', async () => {
  for (let round = 0; round < 20; round++) {
    await hub.database.sql.query('DELETE FROM "Dependency"');
    const answers = await Promise.all([add('DEP-WP-0001', 'DEP-WP-0002'), add('DEP-WP-0002', 'DEP-WP-0003'), add('DEP-WP-0003', 'DEP-WP-0001')]);
    expect(answers.filter((answer) => answer.dependency !== null)).toHaveLength(2);
  }
});

test('a ladder of diamonds is searched at once, though it has a billion paths', async () => {
  await hub.database.sql.query(
    `WITH layer AS (SELECT n, k, gen_random_uuid() AS "id" FROM generate_series(1, 30) n, generate_series(1, 2) k), made AS (
       INSERT INTO "Workstream" ("id", "code", "title", "domainId", "status", "createdBy", "createdAt", "updatedAt")
       SELECT l."id", 'LAD-WP-' || lpad((l.n * 10 + l.k)::text, 4, '0'), 'ladder', (SELECT "id" FROM "Domain"), 'PROPOSED', 'test', now(), now() FROM layer l)
     INSERT INTO "Dependency" ("id", "fromKind", "fromId", "toKind", "toId", "createdBy", "createdAt")
     SELECT gen_random_uuid(), 'WORKSTREAM', a."id", 'WORKSTREAM', b."id", 'test', now() FROM layer a JOIN layer b ON b.n = a.n + 1`,
  );
  const { errors } = await add('LAD-WP-0301', 'LAD-WP-0011');
  expect(errors[0]?.message.split(' -> ')).toHaveLength(31);
});

test('whatever is added in whatever order, exactly what would close a cycle is refused', async () => {
  const code = fc.constantFrom(...CODES);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(code, code), { maxLength: 14 }), async (wanted) => {
      await hub.database.sql.query('DELETE FROM "Dependency"');
      const edges = CODES.filter((name) => name.includes('-T')).map((task): [string, string] => [task.replace(/-T\d+$/, ''), task]);
      const added = new Set<string>();
      for (const [from, on] of wanted) {
        const { errors } = await add(from, on);
        const fits = from !== on && !added.has(`${from} ${on}`) && !reaches(edges, on, from);
        expect(errors.length === 0, `${from} on ${on} among ${JSON.stringify(edges)}`).toBe(fits);
        if (fits) {
          edges.push([from, on]);
          added.add(`${from} ${on}`);
        } else checkCycle(errors[0]?.message ?? '', edges, from, on);
      }
    }),
    { numRuns: 25 },
  );
});

/** Walks every path; fine for seven nodes. */
function reaches(edges: readonly [string, string][], from: string, to: string, seen: readonly string[] = []): boolean {
  return from === to || edges.some(([a, b]) => a === from && !seen.includes(b) && reaches(edges, b, to, [...seen, from]));
}

/** A cycle that a refusal names begins with the new edge, follows edges that exist, and comes back. */
function checkCycle(message: string, edges: readonly [string, string][], from: string, on: string): void {
  const cycle = message.match(/cycle\. (.*)$/)?.[1]?.split(' -> ');
  if (cycle === undefined) return;
  expect([cycle[0], cycle[1], cycle.at(-1)]).toEqual([from, on, from]);
  for (let index = 1; index + 1 < cycle.length; index++) expect(edges).toContainEqual([cycle[index], cycle[index + 1]]);
}
