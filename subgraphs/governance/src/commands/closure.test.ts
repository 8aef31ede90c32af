import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
let next = 1;

beforeAll(async () => {
  hub = await startTestHub(definition);
  await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
});
afterAll(() => hub[Symbol.asyncDispose]());

/** An active workstream of ada's with some tasks. */
async function activeWorkstream(tasks: readonly string[] = []): Promise<{ id: string; code: string; tasks: { id: string; code: string }[] }> {
  const code = `CUST-WP-${String(next++).padStart(4, '0')}`;
  const { workstream } = await hub.change('proposeWorkstream', { code, title: `Workstream ${code}`, domain: 'custodian', owner: 'ada' }, 'workstream { id }', as('author', 'ada'));
  await hub.change('activateWorkstream', { id: workstream.id }, 'workstream { id }');
  const made = [];
  for (const title of tasks) made.push((await hub.change('createTask', { workstream: workstream.id, title }, 'task { id code }', as('author', 'ada'))).task);
  return { id: workstream.id, code, tasks: made };
}

const COMPLETE = 'workstream { status version closureReview { status outcome reviewer classifications { taskCode as carryTo successor } } } errors { ... on ClosureRefused { blockers { code task { code status } } } ... on TransitionRefused { from unmet { code } allowed { verb } } }';

describe('completeWorkstream', () => {
  it('lists every task and the missing review at once when nothing is classified', async () => {
    const { id } = await activeWorkstream(['one', 'two']);
    await hub.change('openClosureReview', { id, context: 'cut-over done' }, 'workstream { status }', as('author', 'ada'));
    const refused = await hub.change('completeWorkstream', { id, review: { outcome: 'COMPLETED', context: 'x', classifications: [] } }, COMPLETE);
    expect(refused.workstream).toBeNull();
    expect(refused.errors).toMatchObject([{ __typename: 'ClosureRefused', code: 'CLOSURE_REFUSED', blockers: [{ code: 'TASK_UNCLASSIFIED', task: { status: 'TODO' } }, { code: 'TASK_UNCLASSIFIED' }] }]);
    expect(refused.events).toEqual([]);
  });

  it('carries tasks forward, cancels with a reason and keeps the review, in one transaction', async () => {
    const target = await activeWorkstream(['there already']);
    const { id, tasks } = await activeWorkstream(['done', 'dropped', 'goes on']);
    await hub.change('completeTask', { id: tasks[0]!.id, note: 'did it' }, 'task { status }');
    await hub.change('openClosureReview', { id, context: 'over' }, 'workstream { status }', as('author', 'ada'));
    const classifications = [{ task: tasks[0]!.code, as: 'DONE' }, { task: tasks[1]!.code, as: 'CANCELLED', reason: 'not needed' }, { task: tasks[2]!.code, as: 'CARRY_FORWARD', carryTo: target.code }];
    const done = await hub.change('completeWorkstream', { id, review: { outcome: 'COMPLETED', context: 'over', classifications } }, COMPLETE, as('maintainer', 'bob'));
    expect(done.errors).toEqual([]);
    expect(done.workstream).toMatchObject({ status: 'COMPLETED', closureReview: { status: 'ACCEPTED', reviewer: 'bob', classifications: [{ as: 'DONE' }, { as: 'CANCELLED' }, { as: 'CARRY_FORWARD', carryTo: target.code, successor: `${target.code}-T02` }] } });
    expect(done.events.map((event) => event.type)).toEqual(['org.statehub.task.cancelled', 'org.statehub.task.carried', 'org.statehub.task.created', 'org.statehub.workstream.completed']);
    const { workstream } = await hub.ask('query ($id: ID!) { workstream(id: $id) { tasks { nodes { code status successor { code workstream { code } } } } } }', { id });
    expect(workstream.tasks.nodes.map((task: { status: string }) => task.status)).toEqual(['DONE', 'CANCELLED', 'CARRIED_FORWARD']);
    expect(workstream.tasks.nodes[2].successor).toEqual({ code: `${target.code}-T02`, workstream: { code: target.code } });
  });

  it('is refused to the only author, and to an author by role', async () => {
    const code = `CUST-WP-${String(next++).padStart(4, '0')}`;
    const bob = as('maintainer', 'bob');
    const { workstream } = await hub.change('proposeWorkstream', { code, title: 'x', domain: 'custodian', owner: 'bob' }, 'workstream { id }', bob);
    await hub.change('activateWorkstream', { id: workstream.id }, 'workstream { id }', bob);
    await hub.change('openClosureReview', { id: workstream.id, context: 'x' }, 'workstream { id }', bob);
    const input = { id: workstream.id, review: { outcome: 'COMPLETED', context: 'x', classifications: [] } };
    expect((await hub.change('completeWorkstream', input, COMPLETE, bob)).errors).toMatchObject([{ __typename: 'ClosureRefused', blockers: [{ code: 'SOLE_AUTHOR' }] }]);
    await expect(hub.change('completeWorkstream', input, COMPLETE, as('author', 'eve'))).rejects.toThrow(/governance:close/);
    expect((await hub.change('completeWorkstream', input, COMPLETE, as('steward', 'sam'))).workstream).toMatchObject({ status: 'COMPLETED' });
  });

  it('waits for a blocking decision', async () => {
    const { id, code } = await activeWorkstream();
    const { decision } = await hub.change('proposeDecision', { title: 'Which way?', domains: ['custodian'], workstream: code, blocking: true, options: [{ title: 'this' }] }, 'decision { id }');
    await hub.change('openClosureReview', { id, context: 'x' }, 'workstream { id }', as('author', 'ada'));
    const input = { id, review: { outcome: 'COMPLETED', context: 'x', classifications: [] } };
    expect((await hub.change('completeWorkstream', input, COMPLETE)).errors).toMatchObject([{ blockers: [{ code: 'BLOCKING_DECISION_OPEN' }] }]);
    await hub.change('rejectDecision', { id: decision.id, reason: 'moot' }, 'decision { status }');
    expect((await hub.change('completeWorkstream', input, COMPLETE)).workstream).toMatchObject({ status: 'COMPLETED' });
  });

  it('is won by exactly one of fifty agents at once, with one event', async () => {
    const { id } = await activeWorkstream();
    await hub.change('openClosureReview', { id, context: 'x' }, 'workstream { id }', as('author', 'ada'));
    const answers = await Promise.all(Array.from({ length: 50 }, (_, agent) => hub.change('completeWorkstream', { id, review: { outcome: 'COMPLETED', context: `agent ${agent}`, classifications: [] } }, COMPLETE, as('maintainer', `agent-${agent}`))));
    expect(answers.filter((answer) => answer.workstream !== null)).toHaveLength(1);
    for (const answer of answers.filter((lost) => lost.workstream === null)) expect(answer.errors).toMatchObject([{ __typename: 'TransitionRefused', from: 'COMPLETED' }]);
    const rows = await hub.database.sql.query(`SELECT 1 FROM "outbox" WHERE "type" = 'org.statehub.workstream.completed' AND "aggregate" = $1`, [`workstream/${id}`]);
    expect(rows).toHaveLength(1);
  });

  it('does not deadlock when two workstreams carry into each other at once', async () => {
    const [a, b] = [await activeWorkstream(['a']), await activeWorkstream(['b'])];
    const third = await activeWorkstream();
    for (const { id } of [a, b]) await hub.change('openClosureReview', { id, context: 'x' }, 'workstream { id }', as('author', 'ada'));
    const complete = (from: typeof a, to: typeof a) => hub.change('completeWorkstream', { id: from.id, review: { outcome: 'COMPLETED', context: 'x', classifications: [{ task: from.tasks[0]!.code, as: 'CARRY_FORWARD', carryTo: to.code }] } }, COMPLETE);
    const answers = await Promise.all([complete(a, b), complete(b, a)]);
    // Both receivers are closing, so both are refused; what matters is that both answer.
    for (const answer of answers) expect(answer.errors).toMatchObject([{ blockers: [{ code: 'CARRY_TARGET_CLOSED' }] }]);
    expect((await complete(a, third)).workstream).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('the mutation contract', () => {
  it('gives the first answer again for the same key and input, and refuses the key for another input', async () => {
    const input = { slug: 'idem', name: 'Idempotent', idempotencyKey: 'k1' };
    const first = await hub.change('registerDomain', input, 'domain { id version createdAt }');
    const again = await Promise.all(Array.from({ length: 20 }, () => hub.change('registerDomain', input, 'domain { id version createdAt }')));
    for (const answer of again) expect(answer).toEqual(first);
    expect((await hub.change('registerDomain', { ...input, name: 'Other' }, 'domain { id }')).errors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
    expect((await hub.change('registerDomain', { ...input, slug: 'idem2', name: 'x' }, 'domain { id }', as('maintainer', 'someone-else'))).errors).toEqual([]);
    const rows = await hub.database.sql.query(`SELECT 1 FROM "outbox" WHERE "event"->'data'->>'slug' = 'idem'`);
    expect(rows).toHaveLength(1);
  });

  it('lets a hundred replays of one key at once do the thing once', async () => {
    const input = { slug: 'storm', name: 'Storm', idempotencyKey: 'storm' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => hub.change('registerDomain', input, 'domain { id }')));
    expect(new Set(answers.map((answer) => answer.domain.id)).size).toBe(1);
    expect(answers.every((answer) => answer.errors.length === 0)).toBe(true);
  });

  it('tries everything in a dry run and leaves nothing', async () => {
    const before = await hub.database.sql.query(`SELECT count(*)::int AS n FROM "outbox"`);
    const dry = await hub.change('registerDomain', { slug: 'dry', name: 'Dry', dryRun: true, idempotencyKey: 'dry' }, 'domain { slug version }');
    expect(dry).toMatchObject({ domain: { slug: 'dry', version: 1 }, errors: [], events: [] });
    expect((await hub.ask('{ domain(slug: "dry") { id } }')).domain).toBeNull();
    expect(await hub.database.sql.query(`SELECT count(*)::int AS n FROM "outbox"`)).toEqual(before);
    expect(await hub.database.sql.query(`SELECT 1 FROM "idempotency" WHERE "key" = 'dry'`)).toEqual([]);
  });

  it('refuses a stale version and says which one it is', async () => {
    const { id } = await activeWorkstream();
    const refused = await hub.change('pauseWorkstream', { id, reason: 'x', expectedVersion: 1 }, 'workstream { id } errors { ... on VersionConflict { expected actual } }');
    expect(refused.errors).toMatchObject([{ __typename: 'VersionConflict', expected: 1, actual: 2 }]);
  });

  it('refuses text that PostgreSQL cannot keep, naming the field', async () => {
    const refused = await hub.change('registerDomain', { slug: 'nul', name: 'a\0b' }, 'domain { id }');
    expect(refused.errors).toMatchObject([{ code: 'INVALID_INPUT', path: ['input', 'name'] }]);
  });
});
