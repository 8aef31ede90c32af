import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

const author = as('author', 'agent-7');
const FIELDS = 'progress { id actor eventType summary details domain { slug } repo { slug } workstream { code } task { code } }';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
  await hub.change('registerDomain', { slug: 'custodian', name: 'Custodian' }, 'domain { id }', author);
  await hub.change('registerRepo', { slug: 'the-custodian', domain: 'custodian' }, 'repo { id }', author);
  const { workstream } = await hub.change('proposeWorkstream', { code: 'CUST-WP-0001', title: 'Work', domain: 'custodian', repo: 'the-custodian' }, 'workstream { id }', author);
  await hub.change('createTask', { workstream: workstream.id, title: 'Task' }, 'task { code }', author);
});
afterAll(() => hub[Symbol.asyncDispose]());

const place = (domain: string | null, repo: string | null, workstream: string | null, task: string | null) => ({ domain: domain && { slug: domain }, repo: repo && { slug: repo }, workstream: workstream && { code: workstream }, task: task && { code: task } });
test.each([
  [{ task: 'CUST-WP-0001-T01' }, place('custodian', 'the-custodian', 'CUST-WP-0001', 'CUST-WP-0001-T01')],
  [{ workstream: 'CUST-WP-0001' }, place('custodian', 'the-custodian', 'CUST-WP-0001', null)],
  [{ repo: 'the-custodian' }, place('custodian', 'the-custodian', null, null)],
  [{ domain: 'custodian' }, place('custodian', null, null, null)],
])('an entry about %j belongs to all that it is part of', async (subject, belongs) => {
  const answer = await hub.change('recordProgress', { eventType: 'milestone', summary: 'Half-way', details: { percent: 50 }, subject }, FIELDS, author);
  expect(answer).toMatchObject({ progress: { actor: 'agent-7', eventType: 'milestone', summary: 'Half-way', details: { percent: 50 }, ...belongs }, errors: [], events: [{ type: 'org.statehub.progress.recorded' }] });
});

test.each([{}, [], 'text', 0, false, [null, { deep: ['🙂'] }]])('details may be any JSON: %j', async (details) => {
  const { progress } = await hub.change('recordProgress', { eventType: 'note', summary: 'x', details, subject: { domain: 'custodian' } }, FIELDS, author);
  expect(progress.details).toEqual(details);
  const { progress: kept } = await hub.ask('{ progress(first: 1) { nodes { id details } } }');
  expect(kept.nodes).toEqual([{ id: progress.id, details }]);
});

test('what is wrong is named, every field at once', async () => {
  const wrong = await hub.change('recordProgress', { eventType: '', summary: ' ', details: 'x'.repeat(70_000), subject: { domain: 'custodian' } }, FIELDS, author);
  expect(wrong.errors.map((error) => error.path.at(-1))).toEqual(['eventType', 'summary', 'details']);
  const deep = await hub.change('recordProgress', { eventType: 'note', summary: 'x', details: { list: ['fine', 'a\0'] }, subject: { domain: 'custodian' } }, FIELDS, author);
  expect(deep.errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'details', 'list', '1'] }]);
  for (const subject of [{ domain: 'no' }, { repo: 'no' }, { workstream: 'NO-WP-0001' }, { task: 'NO' }]) {
    expect((await hub.change('recordProgress', { eventType: 'note', summary: 'x', subject }, FIELDS, author)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'subject', Object.keys(subject)[0]] }]);
  }
  for (const subject of [{}, { domain: 'custodian', repo: 'the-custodian' }]) {
    await expect(hub.change('recordProgress', { eventType: 'note', summary: 'x', subject }, FIELDS, author)).rejects.toThrow('xactly one key');
  }
});

test('a repeated call with one idempotency key writes one entry and gets it again', async () => {
  const input = { eventType: 'once', summary: 'x', subject: { task: 'CUST-WP-0001-T01' }, idempotencyKey: 'k1' };
  const [first, second] = [await hub.change('recordProgress', input, FIELDS, author), await hub.change('recordProgress', input, FIELDS, author)];
  expect(second).toEqual(first);
  const { progress } = await hub.ask('{ progress(filter: { eventTypes: ["once"] }) { totalCount nodes { summary } } }');
  expect(progress).toEqual({ totalCount: 1, nodes: [{ summary: 'x' }] });
});

test('the journal is read newest first by whatever it concerns', async () => {
  const data = await hub.ask(`{
    progress(filter: { tasks: ["CUST-WP-0001-T01"], actors: ["agent-7"], since: "2020-01-01T00:00:00Z", text: "HALF" }) { totalCount }
    domain(slug: "custodian") { progress(filter: { eventTypes: ["milestone"] }) { nodes { task { code } } } }
    repo(slug: "the-custodian") { progress(filter: { eventTypes: ["milestone"] }, orderBy: AT) { totalCount } }
    workstream(code: "CUST-WP-0001") { progress(filter: { eventTypes: ["milestone"] }) { totalCount } }
    task(code: "CUST-WP-0001-T01") { progress(filter: { eventTypes: ["milestone"] }) { totalCount } }
  }`);
  expect(data).toMatchObject({ progress: { totalCount: 1 }, repo: { progress: { totalCount: 3 } }, workstream: { progress: { totalCount: 2 } }, task: { progress: { totalCount: 1 } } });
  expect(data.domain.progress.nodes).toEqual([{ task: null }, { task: null }, { task: null }, { task: { code: 'CUST-WP-0001-T01' } }]);
});
