import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definition } from '@hubgraph/contributions';
import { UsageError } from '@hubgraph/kit/errors';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../test/harness/hub.ts';
import type { GraphClient } from '../client.ts';
import { writeNew } from './new.ts';
import { syncTable, totalsOf } from './print.ts';
import { syncFiles } from './sync.ts';

// The commands on the hub itself, without a gateway between.
let hub: TestHub;
let folder: string;
beforeAll(async () => {
  hub = await startTestHub(definition);
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-contrib-'));
  await mkdir(join(folder, '.git'));
});
afterEach(() => rm(folder, { recursive: true }));

const client: GraphClient = { endpoint: 'memory', request: (query, variables) => hub.ask(query, variables, as('maintainer')) };
const sync = (options: Partial<Parameters<typeof syncFiles>[2]> = {}, paths = [folder]) => syncFiles(client, paths, { concurrency: 4, repo: 'warehouse', ...options });
const outcomes = async (run = sync()) => (await run).files.map(({ slug, outcome }) => [slug, outcome]);
const put = async (name: string, text: string) => {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), text);
};
const known = (title: string, more: object = {}) => ({ title, domain: 'tools', target: 'Stuk/jszip', folder: join(folder, 'contrib'), day: new Date('2026-03-09'), ...more });

describe('contrib', () => {
  it('new writes templates that sync takes as they are, and a second run changes nothing', async () => {
    for (const type of ['BR', 'feature-request', 'EP', 'upstream-pr']) await writeNew({ ...known(`New ${type}`), type });
    await put('contrib/README.md', '# How we do it\n');
    await put('contrib/bug-reports/README.md', '# Bugs\n');
    const created = await sync();
    expect(created.files.map(({ slug, outcome, status, events }) => [slug, outcome, status, events])).toEqual([
      ['2026-03-09--stuk--jszip--new-br', 'CREATED', 'DRAFT', 1], ['EP-TOOLS-001', 'CREATED', 'DRAFT', 1], ['2026-03-09--stuk--jszip--new-feature-request', 'CREATED', 'DRAFT', 1], ['2026-03-09--stuk--jszip--new-upstream-pr', 'CREATED', 'DRAFT', 1],
    ]);
    const again = await sync();
    expect(totalsOf(again.files)).toEqual({ files: 4, created: 0, updated: 0, unchanged: 4, refused: 0, events: 0 });
    expect(syncTable(again.files, false)).toBe('4 files: 0 created, 0 updated, 4 unchanged, 0 refused; 0 events recorded.');
    expect((await hub.ask('{ contribution(slug: "EP-TOOLS-001") { sourcePath repo { slug } body } }')).contribution).toMatchObject({ sourcePath: 'contrib/extension-points/new-ep.md', repo: { slug: 'warehouse' }, body: expect.stringContaining('## Interface') });
  });

  it('new refuses to overwrite, an unknown type and wrong fields, and writes nothing then', async () => {
    const path = await writeNew({ ...known('Once'), type: 'BR' });
    await writeFile(path, 'mine');
    await expect(writeNew({ ...known('Once'), type: 'BR' })).rejects.toThrow('is there already, and was left as it is.');
    expect(await readFile(path, 'utf8')).toBe('mine');
    await expect(writeNew({ ...known('x'), type: 'story' })).rejects.toThrow('There is no type story; there are BR (bug-report)');
    await expect(writeNew({ ...known('x', { target: 'nowhere', domain: 'No' }), type: 'FR' })).rejects.toThrow(/domain must be a slug.*target must be the owner and repo/);
    expect(await readdir(join(folder, 'contrib'))).toEqual(['bug-reports']);
  });

  it('refuses bad files with line and reason, and goes on with the others', async () => {
    await writeNew({ ...known('Good'), type: 'BR' });
    await put('contrib/bug-reports/broken.md', '---\ntype: bug-report\ntitle: [\n---\n');
    await put('contrib/bug-reports/z-double.md', (await readFile(join(folder, 'contrib/bug-reports/2026-03-09--stuk--jszip--good.md'), 'utf8')).replace('---\n', '---\nid: 2026-03-09--stuk--jszip--good\n'));
    const { files } = await sync({ concurrency: 1 });
    expect(files.map(({ outcome }) => outcome)).toEqual(['CREATED', 'REFUSED', 'REFUSED']);
    expect(files[1]!.problems).toMatchObject([{ line: 4, reason: expect.stringContaining('Not valid YAML') }]);
    expect(files[2]!.problems[0]!.reason).toContain('is already the contribution 2026-03-09--stuk--jszip--good.');
  });

  it('writes back the slug that the graph gave, in one step, and has nothing to do afterwards', async () => {
    const path = await writeNew({ ...known('Numbered', { domain: 'numbers' }), type: 'EP' });
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('\n', '\r\n'));
    expect((await sync({ writeIds: true })).files).toMatchObject([{ slug: 'EP-NUMBERS-001', outcome: 'CREATED', idWritten: true, problems: [] }]);
    expect(await readFile(path, 'utf8')).toMatch(/^---\r\nid: "EP-NUMBERS-001"\r\ntype: extension-point\r\n/);
    expect((await sync({ writeIds: true })).files).toMatchObject([{ outcome: 'UNCHANGED', idWritten: false, events: 0 }]);
    await rm(path);
    await put('contrib/extension-points/moved.md', `---\nid: EP-NUMBERS-001\ntype: EP\ntitle: Numbered\ndomain: numbers\ntarget: Stuk/jszip\n---\n`);
    expect((await sync()).files).toMatchObject([{ slug: 'EP-NUMBERS-001', outcome: 'UPDATED' }]);
  });

  it('sends files again that supersede what the same run made, whatever their order', async () => {
    for (const [name, by] of [['a', 'b'], ['b', 'c'], ['c', null], ['d', 'nothing']] as const) {
      await put(`contrib/feature-requests/2026-04-01--o--r--${name}.md`, `---\ntype: FR\ntitle: ${name}\ndomain: tools\ntarget: o/r\n${by === null ? '' : `supersedes: 2026-04-01--o--r--${by}\n`}---\n`);
    }
    expect((await outcomes(sync({ concurrency: 1 }))).map(([, outcome]) => outcome)).toEqual(['CREATED', 'CREATED', 'CREATED', 'REFUSED']);
  });

  it('tells what the graph refuses, changes nothing in a dry run, and ends when nobody may go on', async () => {
    await put('contrib/bug-reports/2026-05-01--o--r--x.md', '---\ntype: BR\ntitle: x\ndomain: tools\ntarget: o/r\nstatus: merged\nupstream: https://example.org/1\nevidence: [4f2a1c9]\n---\nText.\n');
    expect(await outcomes(sync({ dryRun: true }))).toEqual([['2026-05-01--o--r--x', 'CREATED']]);
    expect(await outcomes()).toEqual([['2026-05-01--o--r--x', 'CREATED']]);
    await put('contrib/bug-reports/2026-05-01--o--r--x.md', '---\ntype: BR\ntitle: x\ndomain: tools\ntarget: o/r\n---\nText.\n');
    const { files } = await sync();
    expect(files[0]).toMatchObject({ outcome: 'REFUSED', problems: [{ line: 1, reason: expect.stringContaining('status: 2026-05-01--o--r--x is MERGED in the graph') }] });
    const denied: GraphClient = { ...client, request: () => Promise.reject(new UsageError('no', 12)) };
    expect((await syncFiles(denied, [folder], { concurrency: 1 })).failure).toMatchObject({ exitCode: 12 });
  });
});
