import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '@hubgraph/kit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forEachBounded } from '../for-each-bounded.ts';
import { checkFiles } from './check.ts';
import { cleanUp } from './cleanup.ts';
import { fakeGraph, idOf, type FakeGraph } from './fake-graph.ts';
import { flagStale } from './stale.ts';
import { syncFiles } from './sync.ts';

let folder: string;
let graph: FakeGraph;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-workplans-'));
  graph = fakeGraph();
});
afterEach(() => rm(folder, { recursive: true }));

const plan = (code: string, more: string[] = [], status = 'todo') => ['---', `id: ${code}`, 'type: workplan', 'domain: stack', `status: ${status === 'todo' ? 'active' : 'completed'}`, ...more, '---', `# ${code}: Plan`, ...[1, 2, 3].flatMap((n) => [`## Task ${n}`, '```task', `id: T0${n}`, `status: ${status}`, '```', '']), ''].join('\n');
const put = (name: string, text: string) => writeFile(join(folder, name), text);
const sync = (options: Partial<Parameters<typeof syncFiles>[2]> = {}, paths = [folder]) => syncFiles(graph.client, paths, { concurrency: 4, ...options });
const outcomes = async (run = sync()) => (await run).files.map(({ code, outcome }) => [code, outcome]);

describe('sync', () => {
  it('sends one mutation per file, and a second run changes nothing', async () => {
    await put('b.md', plan('A-WP-2'));
    await put('a.md', plan('A-WP-1'));
    expect(await outcomes()).toEqual([['A-WP-1', 'CREATED'], ['A-WP-2', 'CREATED']]);
    expect(await outcomes()).toEqual([['A-WP-1', 'UNCHANGED'], ['A-WP-2', 'UNCHANGED']]);
    expect(graph.calls.length).toBe(4);
    // Another run must be answered anew, so no two sends share a key.
    expect(new Set(graph.calls.map(({ variables }) => variables.input.idempotencyKey)).size).toBe(4);
  });

  it('takes workplans of a folder, also broken ones; any file that is named', async () => {
    await mkdir(join(folder, 'deep', '.hidden'), { recursive: true });
    await put('deep/a.MD', plan('A-WP-1'));
    await put('deep/.hidden/x.md', plan('A-WP-9'));
    await put('note.md', '# note');
    await put('plan.txt', plan('A-WP-3'));
    await put('broken.md', '---\nid: A-WP-2\ntype: workplan\n- x\n---\n');
    await symlink(folder, join(folder, 'loop'));
    const ignored: string[] = [];
    const run = await sync({ onIgnored: (path) => ignored.push(path) });
    expect(run.files.map(({ code, outcome }) => [code, outcome])).toEqual([[null, 'REFUSED'], ['A-WP-1', 'CREATED']]);
    expect(run.files[0]!.problems[0]).toMatchObject({ file: join(folder, 'broken.md'), line: 4 });
    expect(ignored).toEqual([join(folder, 'note.md')]);
    expect(await outcomes(sync({}, [join(folder, 'note.md'), join(folder, 'plan.txt'), folder, folder]))).toEqual([[null, 'REFUSED'], ['A-WP-3', 'CREATED'], [null, 'REFUSED'], ['A-WP-1', 'UNCHANGED']]);
  });

  it('refuses a code that an earlier file has, and tells the graph\'s refusal with the line of its task', async () => {
    await put('a.md', plan('A-WP-1'));
    await put('b.md', plan('A-WP-1'));
    await put('c.md', plan('A-WP-3').replace('domain: stack', 'domain: nowhere'));
    const { files } = await sync();
    expect(files.map(({ outcome }) => outcome)).toEqual(['CREATED', 'REFUSED', 'REFUSED']);
    expect(files[1]!.problems[0]!.reason).toBe(`${join(folder, 'a.md')} is already the workplan A-WP-1.`);
    expect(files[2]!.problems).toEqual([{ file: join(folder, 'c.md'), line: 9, reason: 'A-WP-3-T01 is refused.' }]);
  });

  it('refuses a huge file without reading all of it', async () => {
    await put('a.md', `${plan('A-WP-1')}${'x'.repeat(3_000_000)}`);
    expect((await sync()).files[0]!.problems[0]!.reason).toMatch(/^The file has 3000\d+ bytes; at most 262144 are read\.$/);
  });

  it('names files relative to their repository, whatever folder was asked for', async () => {
    await mkdir(join(folder, '.git'));
    await mkdir(join(folder, 'plans'));
    await put('plans/a.md', plan('A-WP-1'));
    for (const path of [folder, join(folder, 'plans'), join(folder, 'plans', 'a.md')]) await sync({}, [path]);
    expect(graph.calls.map(({ variables }) => variables.input.source.path)).toEqual(Array(3).fill('plans/a.md'));
  });

  it('sends files again that depend on what the same run made', async () => {
    await put('a.md', plan('A-WP-1', ['depends_on: [A-WP-2, A-WP-8]']));
    await put('b.md', plan('A-WP-2'));
    await sync({ concurrency: 1 });
    expect(graph.calls.map(({ variables }) => variables.input.code)).toEqual(['A-WP-1', 'A-WP-2', 'A-WP-1']);
  });

  it('gives --repo to files that name none', async () => {
    await put('a.md', plan('A-WP-1'));
    await put('b.md', plan('A-WP-2', ['repo: own']));
    await sync({ repo: 'given', concurrency: 1 });
    expect(graph.calls.map(({ variables }) => variables.input.repo)).toEqual(['given', 'own']);
  });

  it('writes ids back in one step, keeps the mode, and has nothing to do afterwards', async () => {
    await put('a.md', plan('A-WP-1').replaceAll('\n', '\r\n'));
    await chmod(join(folder, 'a.md'), 0o640);
    const { files } = await sync({ writeIds: true });
    expect(files).toMatchObject([{ outcome: 'CREATED', idsWritten: true, problems: [] }]);
    const text = await readFile(join(folder, 'a.md'), 'utf8');
    expect(text).toContain(`state_hub_workstream_id: "${idOf('A-WP-1')}"\r\n`);
    for (const n of [1, 2, 3]) expect(text).toContain(`state_hub_task_id: "${idOf(`A-WP-1-T0${n}`)}"\r\n`);
    expect((await stat(join(folder, 'a.md'))).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['a.md']);
    expect((await sync({ writeIds: true })).files).toMatchObject([{ outcome: 'UNCHANGED', idsWritten: false }]);
    expect(await readFile(join(folder, 'a.md'), 'utf8')).toBe(text);
  });

  it('tries again while a hub cannot answer; ends the run when it stays so, or when nobody may', async () => {
    for (const n of [1, 2, 3]) await put(`${n}.md`, plan(`A-WP-${n}`));
    graph.fail((nth) => (nth === 0 ? new UsageError('gone', 13) : undefined));
    expect((await outcomes()).map(([, outcome]) => outcome)).toEqual(['CREATED', 'CREATED', 'CREATED']);
    const denied = new UsageError('denied', 12);
    let syncs = 0;
    graph.fail(() => (++syncs === 2 ? denied : undefined));
    const run = await sync({ concurrency: 1 });
    expect(run.failure).toBe(denied);
    expect(run.files.length).toBe(1);
  });

  it('refuses one file that the graph stumbles over, and goes on', async () => {
    for (const n of [1, 2]) await put(`${n}.md`, plan(`A-WP-${n}`));
    graph.fail((nth) => (nth === 0 ? new UsageError('too large', 2) : undefined));
    expect((await sync({ concurrency: 1 })).files).toMatchObject([{ outcome: 'REFUSED', problems: [{ reason: 'too large' }] }, { outcome: 'CREATED' }]);
  });
});

async function* numbers() {
  for (let n = 0; n < 100; n += 1) yield n;
}

it('forEachBounded has so many under way, and never more', async () => {
  let busy = 0;
  const { promise: full, resolve } = Promise.withResolvers<void>();
  await forEachBounded(numbers(), 3, async () => {
    busy += 1;
    expect(busy).toBeLessThanOrEqual(3);
    if (busy === 3) resolve();
    await full;
    busy -= 1;
  });
});

it('forEachBounded begins nothing after a failure and lets the others end', async () => {
  const ended: number[] = [];
  await expect(forEachBounded(numbers(), 2, async (n) => {
    await new Promise(setImmediate);
    if (n === 3) throw new Error('three');
    ended.push(n);
  })).rejects.toThrow('three');
  expect(ended.length).toBeLessThan(8);
});

describe('check', () => {
  it('finds nothing after a sync, and both directions later; sends no mutation', async () => {
    await put('a.md', plan('A-WP-1', ['repo: r']));
    await put('b.md', plan('A-WP-2', ['repo: r']));
    await sync();
    graph.calls.length = 0;
    expect(await checkFiles(graph.client, [folder], { repo: 'r', concurrency: 2 })).toEqual({ files: 2, drift: [], problems: [] });
    const known = graph.workstreams.get('A-WP-1')!;
    graph.workstreams.set('A-WP-1', { ...known, tasks: known.tasks.map((task, n) => (n === 2 ? { ...task, status: 'DONE' as const } : task)) });
    graph.workstreams.set('A-WP-7', { ...known, code: 'A-WP-7' });
    await put('c.md', plan('A-WP-3', ['repo: r']));
    expect((await checkFiles(graph.client, [folder], { repo: 'r', concurrency: 2 })).drift).toEqual([
      { code: 'A-WP-1-T03', field: 'status', file: 'TODO', graph: 'DONE', path: join(folder, 'a.md') },
      { code: 'A-WP-3', field: 'workstream', file: 'Plan', graph: null, path: join(folder, 'c.md') },
      { code: 'A-WP-7', field: 'workstream', file: null, graph: 'Plan', path: null },
    ]);
    expect(graph.calls.map(({ operation }) => operation)).not.toContain('SyncWorkplan');
  });
});

describe('maintenance', () => {
  it('cleans up with the files as they are now, and leaves alone what it cannot read or tell apart', async () => {
    for (const n of [1, 2, 3]) await put(`${n}.md`, plan(`A-WP-${n}`));
    await sync();
    for (const [code, known] of graph.workstreams) graph.workstreams.set(code, { ...known, status: 'COMPLETED' });
    await put('1.md', plan('A-WP-1', [], 'done'));
    await put('2.md', '---\nid: A-WP-2\ntype: workplan\n- x\n---\n');
    await mkdir(join(folder, 'copies'));
    await put('copies/3.md', plan('A-WP-3', ['owner: other']));
    await put('copies/33.md', plan('A-WP-3', ['owner: another']));
    await rm(join(folder, '3.md'));
    const report = await cleanUp(graph.client, [folder], true);
    expect(graph.calls.at(-1)!.variables.input).toMatchObject({ dryRun: true, files: [{ code: 'A-WP-1', path: '1.md', tasks: [1, 2, 3].map((n) => ({ code: `A-WP-1-T0${n}`, status: 'DONE' })) }] });
    expect(report.completed).toEqual(['A-WP-1-T01', 'A-WP-1-T02', 'A-WP-1-T03']);
    expect(report.unread).toEqual(['A-WP-2', 'A-WP-3']);
    expect(report.problems.map(({ file }) => file)).toEqual([join(folder, '2.md'), join(folder, 'copies/33.md')]);
  });

  it('asks for nothing when no closed workstream has open tasks', async () => {
    expect(await cleanUp(graph.client, [folder], false)).toMatchObject({ workstreams: [], completed: [] });
    expect(graph.calls.map(({ operation }) => operation)).toEqual(['ClosedWorkstreams']);
  });

  it('reports stale tasks until none is left', async () => {
    expect(await flagStale(graph.client, 14, false)).toEqual({ flagged: ['A-WP-1-T1', 'A-WP-1-T2', 'A-WP-1-T3'], more: false, errors: [] });
  });
});

describe('the command line', () => {
  const run = async (...args: string[]) => promisify(execFile)(process.execPath, ['scripts/hubgraph.ts', ...args], { env: { PATH: process.env.PATH } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error: { code: number; stdout: string; stderr: string }) => error);

  it.each([
    [['workplans', 'sync'], 2, /missing required argument/i],
    [['workplans', 'sync', 'no-such-folder'], 2, /^There is no file or folder no-such-folder\.$/m],
    [['workplans', 'sync', '.', '--check', '--write-ids'], 2, /--check changes nothing/],
    [['workplans', 'sync', '.', '--concurrency', '0'], 2, /from 1 to 32/],
    [['workplans', 'sync', 'subgraphs/governance/src/workplan/fixtures', '--endpoint', 'http://127.0.0.1:1/graphql'], 11, /No graph answers/],
    [['maintenance', 'stale-tasks', '--days', '0'], 2, /from 1 to 3650/],
    [['maintenance', 'cleanup', '--endpoint', 'http://127.0.0.1:1/graphql'], 11, /No graph answers/],
    [['workplans', 'show', 'subgraphs/governance/src/workplan/fixtures/invalid-lost-indentation.md'], 1, /invalid-lost-indentation\.md:10:1: Not valid YAML/],
  ])('%j ends with %i', async (args, code, sentence) => {
    const ended = await run(...args);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(sentence);
  });

  it('shows a file as a table or JSON', async () => {
    const path = 'subgraphs/governance/src/workplan/fixtures/DEMO-WP-0002.md';
    expect((await run('workplans', 'show', path)).stdout).toContain('Draw the map');
    expect(JSON.parse((await run('workplans', 'show', path, '--json')).stdout).workplan).toMatchObject({ code: 'DEMO-WP-0002', tasks: [{ status: 'IN_PROGRESS' }, {}, {}] });
  });
});
