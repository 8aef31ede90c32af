import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definition } from '@hubgraph/governance';
import { heldClock } from '@hubgraph/kit/clock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../../../test/harness/hub.ts';
import type { GraphClient } from '../client.ts';
import { checkFiles } from './check.ts';
import { cleanUp } from './cleanup.ts';
import { flagStale } from './stale.ts';
import { syncFiles } from './sync.ts';

// The commands against the governance hub and its database, without gateway.
const clock = heldClock('2026-06-01T10:00:00Z');
let hub: TestHub;
let client: GraphClient;
let folder: string;

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  client = { endpoint: 'hub', request: (query, variables) => hub.ask(query, { ...variables }) };
  for (const slug of ['custodian', 'stack']) await hub.change('registerDomain', { slug, name: slug }, 'domain { slug }');
  for (const [slug, domain] of [['weather-board', 'stack'], ['the-custodian', 'custodian'], ['artifact-store', 'stack'], ['other', 'custodian']]) await hub.change('registerRepo', { slug, domain, name: slug }, 'repo { slug }');
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-hub-'));
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const sync = (options: Partial<Parameters<typeof syncFiles>[2]> = {}, path = folder) => syncFiles(client, [path], { concurrency: 4, ...options });
const plan = (code: string, status: string, tasks: string, more = '') => `---\nid: ${code}\ntype: workplan\ndomain: custodian\nstatus: ${status}\n${more}---\n# ${code}: Plan\n## First\n\`\`\`task\nid: T01\nstatus: ${tasks}\n\`\`\`\n## Second\n\`\`\`task\nid: T02\nstatus: ${tasks}\n\`\`\`\n`;
const put = (name: string, text: string) => writeFile(join(folder, name), text);

describe('workplans', () => {
  it('go in, stay as they are in a second run, and show no drift', async () => {
    await cp(fileURLToPath(new URL('../../../subgraphs/governance/src/workplan/fixtures', import.meta.url)), folder, { recursive: true });
    // DEMO-WP-0002 lies in another domain than its repo; the hub is right to refuse that.
    await put('DEMO-WP-0002.md', (await readFile(join(folder, 'DEMO-WP-0002.md'), 'utf8')).replace('repo: weather-board', 'repo: other'));
    const first = await sync();
    expect(first.failure).toBeUndefined();
    expect(first.files.map(({ code, outcome, tasks }) => [code, outcome, tasks])).toEqual([
      ['DEMO-WP-0001', 'CREATED', 3], ['DEMO-WP-0002', 'CREATED', 3], ['DEMO-WP-0003', 'CREATED', 3], [null, 'REFUSED', 0], [null, 'REFUSED', 0],
    ]);
    const second = await sync();
    expect(second.files.map(({ outcome, changes, events }) => [outcome, changes.length, events])).toEqual([...Array(3).fill(['UNCHANGED', 0, 0]), ...Array(2).fill(['REFUSED', 0, 0])]);
    const check = await checkFiles(client, [folder], { concurrency: 2, repo: 'other' });
    expect(check.drift.filter(({ field }) => field !== 'repo')).toEqual([]);
    expect(check.problems.length).toBeGreaterThan(10);
  });

  it('take their ids back, after which there is nothing to do', async () => {
    const first = await sync({ writeIds: true });
    expect(first.files.filter(({ idsWritten }) => idsWritten).map(({ code, problems }) => [code, problems])).toEqual([['DEMO-WP-0001', []], ['DEMO-WP-0002', []], ['DEMO-WP-0003', []]]);
    const { workstream } = await hub.ask('{ workstream(code: "DEMO-WP-0002") { id tasks(first: 9) { nodes { id } } } }');
    const text = await readFile(join(folder, 'DEMO-WP-0002.md'), 'utf8');
    for (const id of [workstream.id, ...workstream.tasks.nodes.map((task: { id: string }) => task.id)]) expect(text).toContain(id);
    expect((await sync({ writeIds: true })).files.map(({ events, idsWritten }) => [events, idsWritten])).toEqual(Array(5).fill([0, false]));
  });

  it('move tasks by the ordinary verbs, and the drift is seen both ways before', async () => {
    await put('moving.md', plan('MOVE-WP-1', 'active', 'todo'));
    await sync({}, join(folder, 'moving.md'));
    await put('moving.md', plan('MOVE-WP-1', 'active', 'todo').replace('status: todo', 'status: done'));
    const { task } = await hub.ask('{ task(code: "MOVE-WP-1-T02") { id } }');
    await hub.change('startTask', { id: task.id }, 'task { status }');
    expect((await checkFiles(client, [join(folder, 'moving.md')], { concurrency: 1 })).drift.map(({ code, file, graph }) => [code, file, graph])).toEqual([['MOVE-WP-1-T01', 'DONE', 'TODO'], ['MOVE-WP-1-T02', 'TODO', 'IN_PROGRESS']]);
    const { files } = await sync({}, join(folder, 'moving.md'));
    expect(files.map(({ outcome, problems }) => [outcome, problems.map(({ line }) => line)])).toEqual([['UPDATED', []]]);
    expect((await checkFiles(client, [join(folder, 'moving.md')], { concurrency: 1 })).drift).toEqual([]);
  });

  it('a dry run writes nothing', async () => {
    await put('dry.md', plan('DRY-WP-1', 'active', 'todo'));
    expect((await sync({ dryRun: true }, join(folder, 'dry.md'))).files).toMatchObject([{ outcome: 'CREATED', events: 0 }]);
    expect(await hub.ask('{ workstream(code: "DRY-WP-1") { code } }')).toEqual({ workstream: null });
    await rm(join(folder, 'dry.md'));
  });

  it('depend on each other in any order within one run', async () => {
    await put('dep-a.md', plan('DEP-WP-1', 'active', 'todo', 'depends_on: DEP-WP-2\n'));
    await put('dep-b.md', plan('DEP-WP-2', 'active', 'todo'));
    await sync({ concurrency: 1 });
    expect((await sync()).files.filter(({ outcome }) => outcome !== 'REFUSED').map(({ outcome }) => outcome)).toEqual(Array(6).fill('UNCHANGED'));
  });

  it('are refused as a whole by the graph, with the reason', async () => {
    await put('nowhere.md', plan('NOWHERE-WP-1', 'active', 'todo').replace('domain: custodian', 'domain: nowhere'));
    const { files } = await sync({}, join(folder, 'nowhere.md'));
    expect(files[0]).toMatchObject({ outcome: 'REFUSED', events: 0, problems: [{ line: 1, reason: expect.stringContaining('nowhere') }] });
    await rm(join(folder, 'nowhere.md'));
  });
});

const real = fileURLToPath(new URL('../../../../shared/data/workplans', import.meta.url));
describe.runIf(existsSync(real))('the real files', () => {
  it('give the graph what was counted by hand', async () => {
    const files = (await readdir(real)).filter((name) => name !== 'README.md').map((name) => join(real, name));
    const run = await syncFiles(client, files, { concurrency: 4 });
    expect(run.files.map(({ code, outcome }) => [code, outcome])).toEqual([['ARTIFACT-STORE-WP-0005', 'CREATED'], ['CUST-WP-0002', 'CREATED'], ['CUST-WP-0040', 'CREATED'], [null, 'REFUSED']]);
    const count = async (code: string) => (await hub.ask('query ($code: String!) { workstream(code: $code) { status done: tasks(filter: { statuses: [DONE] }) { totalCount } todo: tasks(filter: { statuses: [TODO] }) { totalCount } high: tasks(filter: { priorities: [HIGH] }) { totalCount } } }', { code })).workstream;
    expect(await count('CUST-WP-0002')).toEqual({ status: 'COMPLETED', done: { totalCount: 15 }, todo: { totalCount: 0 }, high: { totalCount: 8 } });
    expect(await count('ARTIFACT-STORE-WP-0005')).toEqual({ status: 'COMPLETED', done: { totalCount: 5 }, todo: { totalCount: 0 }, high: { totalCount: 3 } });
    expect(await count('CUST-WP-0040')).toEqual({ status: 'ACTIVE', done: { totalCount: 0 }, todo: { totalCount: 6 }, high: { totalCount: 0 } });
    expect((await checkFiles(client, files.slice(0, 3), { concurrency: 1 })).drift).toEqual([]);
  });
});

describe('maintenance', () => {
  it('cleans up with the files as they are now: done there is done, without a file nothing is touched', async () => {
    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'hubgraph-hub-'));
    for (const code of ['OLD-WP-1', 'OLD-WP-2']) await put(`${code}.md`, plan(code, 'completed', 'todo'));
    await sync();
    await put('OLD-WP-1.md', plan('OLD-WP-1', 'completed', 'todo').replace('status: todo', 'status: done'));
    await rm(join(folder, 'OLD-WP-2.md'));
    expect(await cleanUp(client, [folder], true)).toMatchObject({ completed: ['OLD-WP-1-T01'], cancelled: ['OLD-WP-1-T02'], unread: ['OLD-WP-2'], errors: [] });
    expect(await cleanUp(client, [folder], false)).toMatchObject({ completed: ['OLD-WP-1-T01'], cancelled: ['OLD-WP-1-T02'], drift: [{ code: 'OLD-WP-1-T01', file: 'DONE', graph: 'TODO' }], unread: ['OLD-WP-2'] });
    expect(await hub.ask('{ a: task(code: "OLD-WP-1-T01") { status } b: task(code: "OLD-WP-2-T01") { status } }')).toEqual({ a: { status: 'DONE' }, b: { status: 'TODO' } });
  });

  it('reports a task stale once per staleness', async () => {
    clock.advance(15 * 86_400_000);
    const first = await flagStale(client, 14, false);
    expect(first.flagged).toContain('MOVE-WP-1-T02');
    expect((await flagStale(client, 14, false)).flagged).toEqual([]);
  });
});
