import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub(definition);
  await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
  const tasks = Array.from({ length: 1_000 }, (_, n) => ({ code: `CUST-WP-0001-T${String(n + 1).padStart(4, '0')}`, title: `Task ${n}`, status: 'TODO' }));
  await hub.change('syncWorkplan', { code: 'CUST-WP-0001', title: 'Big', domain: 'custodian', status: 'ACTIVE', source: { path: 'x.md', sha256: 'a'.repeat(64) }, tasks }, 'sync { outcome }');
});
afterAll(() => hub[Symbol.asyncDispose]());

interface Connection {
  readonly nodes: readonly { readonly code: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string | null; readonly endCursor: string | null };
}

const ENTITIES = 'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Task { code status allowedTransitions { verb } workstream { code domain { slug } } } ... on Domain { name } } }';

describe('references', () => {
  it('are resolved in one database round trip per type, whatever their number', async () => {
    const rows = await hub.database.sql.query<{ id: string; code: string }>(`SELECT "id", "code" FROM "Task"`);
    const representations = rows.map((row) => ({ __typename: 'Task', id: row.id }));
    hub.counted();
    const plain = await hub.ask('query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Task { code } } }', { representations });
    expect(plain._entities.map((task: { code: string }) => task.code)).toEqual(rows.map((row) => row.code));
    expect(hub.counted()).toHaveLength(1);
  });

  it('cost one statement per nested field and type, not per entity', async () => {
    const rows = await hub.database.sql.query<{ code: string }>(`SELECT "code" FROM "Task"`);
    const representations = [...rows.map((row) => ({ __typename: 'Task', code: row.code })), { __typename: 'Domain', slug: 'custodian' }];
    hub.counted();
    const answer = await hub.ask(ENTITIES, { representations });
    expect(answer._entities).toHaveLength(1_001);
    expect(answer._entities[7].workstream.domain.slug).toBe('custodian');
    // tasks by code, domain by slug, facts of tasks, workstream, its domain
    expect(hub.counted()).toHaveLength(5);
  });

  it('answer null for what does not exist or is no id', async () => {
    const representations = [{ __typename: 'Task', id: 'no uuid' }, { __typename: 'Task', code: 'CUST-WP-0001-T9999' }, { __typename: 'Domain', slug: 'nowhere' }];
    expect((await hub.ask(ENTITIES, { representations }))._entities).toEqual([null, null, null]);
  });

  it('pages nested lists of many parents in one statement, and counts only when asked', async () => {
    hub.counted();
    const page = await hub.ask('{ domains { nodes { workstreams(first: 5) { nodes { code tasks(first: 3) { nodes { code } pageInfo { hasNextPage endCursor } } } } } } }');
    expect(page.domains.nodes[0].workstreams.nodes[0].tasks.nodes).toHaveLength(3);
    expect(hub.counted()).toHaveLength(3);
    const counted = await hub.ask('{ domains { totalCount nodes { workstreams(first: 5) { totalCount nodes { tasks(first: 3) { totalCount } } } } } }');
    expect(counted.domains).toMatchObject({ totalCount: 1, nodes: [{ workstreams: { totalCount: 1, nodes: [{ tasks: { totalCount: 1_000 } }] } }] });
    expect(hub.counted()).toHaveLength(6);
  });

  it('walks a list by cursor in both directions without gap or double', async () => {
    const walk = async (forward: boolean) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const args: string = forward ? 'first: 170, after: $cursor' : 'last: 170, before: $cursor';
        const { tasks }: { tasks: Connection } = await hub.ask(`query ($cursor: String) { tasks(${args}) { nodes { code } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, { cursor });
        const codes = tasks.nodes.map((task: { code: string }) => task.code);
        if (forward) seen.push(...codes);
        else seen.unshift(...codes);
        cursor = forward ? (tasks.pageInfo.hasNextPage ? tasks.pageInfo.endCursor : null) : tasks.pageInfo.hasPreviousPage ? tasks.pageInfo.startCursor : null;
      } while (cursor !== null);
      return seen;
    };
    const forward = await walk(true);
    expect(forward).toHaveLength(1_000);
    expect(new Set(forward).size).toBe(1_000);
    expect(await walk(false)).toEqual(forward);
  });

  it.each([['first: 201'], ['first: -1'], ['first: 1, last: 1'], ['after: "garbage"'], [`after: "${Buffer.from('["Task:x","1"]').toString('base64url')}"`]])('refuses the page %s as the caller\'s mistake', async (args) => {
    await expect(hub.ask(`{ tasks(${args}) { nodes { code } } }`)).rejects.toThrow(/BAD_USER_INPUT/);
  });
});
