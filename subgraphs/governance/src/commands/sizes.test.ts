import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

const maintainer = as('maintainer', 'codex');
const source = { path: 'workplans/a.md', sha256: 'a'.repeat(64) };

let hub: TestHub;
let id: string;
const change = (verb: string, input: object, fields: string) => hub.change(verb, input, fields, maintainer);
beforeAll(async () => {
  hub = await startTestHub(definition);
  await change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }');
  ({ workstream: { id } } = await change('proposeWorkstream', { code: 'CUST-WP-0001', title: 'Work', domain: 'custodian', owner: 'mara' }, 'workstream { id }'));
  await change('activateWorkstream', { id }, 'workstream { id }');
});
afterAll(() => hub[Symbol.asyncDispose]());

test.each(['CUST-WP-0001-Tx-T01', 'CUST-WP-0001-T1\n', 'CUST-WP-0001-T', 'CUST-WP-0001-T1234567', `CUST-WP-0001-T${'X'.repeat(9_000)}-T01`])('%j is no code of a task', async (code) => {
  expect((await change('createTask', { workstream: id, title: 'Task', code }, 'task { id }')).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'code'] }]);
  expect((await change('syncWorkplan', { code: 'CUST-WP-0001', title: 'Work', domain: 'custodian', status: 'ACTIVE', source, tasks: [{ code, title: 'Task', status: 'TODO' }] }, 'workstream { id }')).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'tasks', code, 'code'] }]);
});

test('a code of a workstream has at most 100 characters', async () => {
  const code = (length: number) => `${'A'.repeat(length - 8)}-WP-0001`;
  expect((await change('proposeWorkstream', { code: code(101), title: 'Work', domain: 'custodian' }, 'workstream { id }')).errors).toMatchObject([{ path: ['input', 'code'] }]);
  expect((await change('proposeWorkstream', { code: code(100), title: 'Work', domain: 'custodian' }, 'workstream { id }')).errors).toEqual([]);
});

test('a long reason is kept whole, and its beginning goes into the event', async () => {
  const { task } = await change('createTask', { workstream: id, title: 'Task' }, 'task { id }');
  // the cut falls into a character of two halves, and escapes make the text six times as long
  const note = `${'\u0007'.repeat(999)}🙂${'\u0007'.repeat(48_000)}`;
  const done = await change('completeTask', { id: task.id, note }, 'task { completionNote } events { type }');
  expect(done).toMatchObject({ errors: [], task: { completionNote: note } });
  const [event] = await hub.database.sql.query<{ reason: string }>(`SELECT "event"->'data'->>'reason' AS reason FROM "outbox" WHERE "type" = 'org.statehub.task.done' AND "aggregate" = $1`, [`task/${task.id}`]);
  expect(event?.reason).toBe(`${'\u0007'.repeat(999)}…`);
});

test.each([
  ['pauseWorkstream', { reason: 'x'.repeat(50_001) }, ['reason']],
  ['openClosureReview', { context: 'x'.repeat(50_001) }, ['context']],
  ['cancelWorkstream', { reason: 'x', classifications: [{ task: 'T', as: 'CANCELLED', reason: 'x'.repeat(50_001) }] }, ['classifications', '0', 'reason']],
  ['updateWorkstream', { title: '', owner: 'x'.repeat(501), summary: 'x'.repeat(50_001) }, ['title'], ['owner'], ['summary']],
])('%s names what is too long', async (verb, input, ...paths) => {
  const { errors } = await change(verb, { id, ...input }, 'workstream { id }');
  expect(errors.map(({ path }) => path.slice(1)).sort()).toEqual(paths.sort());
});

test.each([
  ['createTask', { title: 'Task', description: 'x'.repeat(50_001), assignee: 'x'.repeat(501), acceptance: ['fine', 'x'.repeat(2_001)] }, ['description'], ['assignee'], ['acceptance', '1']],
  ['createTask', { title: 'Task', acceptance: Array<string>(201).fill('x') }, ['acceptance']],
])('%s names what is too long', async (verb, input, ...paths) => {
  const { errors } = await change(verb, { workstream: id, ...input }, 'task { id }');
  expect(errors.map(({ path }) => path.slice(1)).sort()).toEqual(paths.sort());
});

test('a workplan with too long a note is refused by its task', async () => {
  const plan = (note: string) => ({ code: 'CUST-WP-0002', title: 'Work', domain: 'custodian', status: 'ACTIVE', source, tasks: [{ code: 'CUST-WP-0002-T01', title: 'Task', status: 'DONE', note }] });
  expect((await change('syncWorkplan', plan('x'.repeat(50_001)), 'workstream { id }')).errors).toMatchObject([{ path: ['input', 'tasks', 'CUST-WP-0002-T01', 'note'] }]);
  expect((await change('syncWorkplan', plan('x'.repeat(50_000)), 'workstream { id }')).errors).toEqual([]);
});
