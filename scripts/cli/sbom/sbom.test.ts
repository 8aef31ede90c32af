import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { definition as contributions } from '@hubgraph/contributions';
import { definition as governance } from '@hubgraph/governance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGraph, type TestGraph } from '../../../test/harness/hubs.ts';
import { createClient } from '../client.ts';
import { addRepo } from '../repos/add.ts';
import { openQuestions } from '../repos/questions.ts';

// The commands as a person runs them, through a gateway, on both hubs and their databases.
let graph: TestGraph;
let folder: string;
let author: string;
let maintainer: string;

const MANIFEST = { name: 'web', version: '1.0.0', dependencies: { jszip: '^3.10.0', mariadb: '^3.4.0' }, devDependencies: { vips: '^1.0.0' } };
const node = (version: string, license: string, more: object = {}) => ({ version, resolved: 'https://packages.example.org/x/-/x.tgz', integrity: 'sha512-AAAA', license, ...more });
const LOCK = {
  name: 'web', version: '1.0.0', lockfileVersion: 3, requires: true,
  packages: {
    '': MANIFEST,
    'node_modules/jszip': node('3.10.1', '(MIT OR GPL-3.0-or-later)', { dependencies: { pako: '~1.0.2' } }),
    'node_modules/mariadb': node('3.4.5', 'LGPL-2.1-or-later'),
    'node_modules/pako': node('1.0.11', '(MIT AND Zlib)'),
    'node_modules/vips': node('1.0.0', 'LGPL-3.0-or-later', { dev: true }),
  },
};
const path = (name: string) => join(folder, name);
const put = (name: string, content: unknown) => writeFile(path(name), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));

function hubgraph(args: readonly string[], token = author): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, '../../hubgraph.ts'), ...args], { cwd: folder, env: { HUBGRAPH_ENDPOINT: graph.url, HUBGRAPH_TOKEN: token } }, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }));
  });
}
const counts = async () => (await graph.hubs.contributions!.database.sql.query<{ snapshots: number; events: number }>('SELECT (SELECT count(*)::int FROM "SbomSnapshot") AS "snapshots", (SELECT count(*)::int FROM "outbox") AS "events"'))[0];

beforeAll(async () => {
  graph = await startTestGraph([governance, contributions]);
  folder = await mkdtemp(join(tmpdir(), 'hubgraph-sbom-'));
  [author, maintainer] = await Promise.all([graph.token('author'), graph.token('maintainer')]);
  await graph.hubs.governance!.change('registerDomain', { slug: 'infotech', name: 'IT' }, 'domain { slug }');
  await graph.hubs.governance!.change('registerDomain', { slug: 'stack', name: 'Stack' }, 'domain { slug }');
  await put('package-lock.json', LOCK);
  await put('package.json', MANIFEST);
});
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('repos add', () => {
  it('registers a repo and takes in its first bill of materials, all by flags; again it changes nothing', async () => {
    const args = ['repos', 'add', 'web', '--domain', 'infotech', '--lockfile', 'package-lock.json'];
    const first = await hubgraph(args);
    expect(first).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/web is registered in infotech\.\nweb: bill of materials 1 taken in: 4 added/) });
    const second = await hubgraph([...args, '--json']);
    expect(JSON.parse(second.out)).toMatchObject({ repo: { slug: 'web', domain: 'infotech', ecosystem: 'npm', registered: false }, ingest: { unchanged: true } });
    const data = await createClient({ endpoint: graph.url, token: author }).request<any>('{ repo(slug: "web") { ecosystem domain { slug } lastSbomAt sbomSource sbom { packageCount } } }'); // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever they asked for
    expect(data.repo).toMatchObject({ ecosystem: 'npm', domain: { slug: 'infotech' }, lastSbomAt: expect.any(String), sbomSource: 'package-lock.json', sbom: { packageCount: 4 } });
  });

  it('registers nothing when a file is refused, and asks nobody without a terminal', async () => {
    await put('cut.json', JSON.stringify(LOCK).slice(0, 300));
    expect(await hubgraph(['repos', 'add', 'broken', '--domain', 'infotech', '--lockfile', 'cut.json'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Nothing was registered.') });
    const data = await createClient({ endpoint: graph.url, token: author }).request<{ repo: null }>('{ repo(slug: "broken") { slug } }');
    expect(data.repo).toBeNull();
    expect(await hubgraph(['repos', 'add'])).toMatchObject({ code: 2, err: expect.stringContaining('Say the slug and --domain') });
    expect(await hubgraph(['repos', 'add', 'web', '--domain', 'stack'])).toMatchObject({ code: 1, err: expect.stringContaining('registered already, in the domain infotech') });
    expect(await hubgraph(['repos', 'add', 'x', '--domain', 'nowhere'])).toMatchObject({ code: 1, err: expect.stringContaining('There is no domain nowhere.') });
  });

  it('asks a person for what is left out', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answers: [RegExp, string][] = [[/Slug of the repo.*: $/, 'asked'], [/Number or name: $/, '9'], [/Number or name: $/, '2'], [/Lockfiles.*: $/, path('package-lock.json')], [/Ecosystem \[npm\]: $/, ''], [/in now\? \[Y\/n\] $/, 'y']];
    let said = '';
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (answers[0]?.[0].test(said)) {
        said = '';
        input.write(`${answers.shift()?.[1]}\n`);
      }
    });
    await addRepo(createClient({ endpoint: graph.url, token: author }), undefined, { manifest: [] }, () => openQuestions(input, output));
    expect(answers).toEqual([]);
    const data = await createClient({ endpoint: graph.url, token: author }).request<{ repo: object }>('{ repo(slug: "asked") { ecosystem domain { slug } sbom { version } } }');
    expect(data.repo).toEqual({ ecosystem: 'npm', domain: { slug: 'stack' }, sbom: { version: 1 } });
  });

  it('does nothing when the person gives up', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    output.once('data', () => input.end());
    await expect(addRepo(createClient({ endpoint: graph.url, token: author }), undefined, {}, () => openQuestions(input, output))).rejects.toThrow('the questions were not answered');
  });
});

describe('sbom', () => {
  it('takes in what changed, and nothing when nothing did', async () => {
    await put('package-lock.json', { ...LOCK, packages: { ...LOCK.packages, 'node_modules/pako': node('1.0.12', '(MIT AND Zlib)') } });
    const before = await counts();
    const dry = await hubgraph(['sbom', 'ingest', '--repo', 'web', 'package-lock.json', '--dry-run', '--json']);
    expect(JSON.parse(dry.out)).toMatchObject({ repo: 'web', sbom: { version: 2, packageCount: 4, directCount: 3, prodCount: 3, devCount: 1 }, ingest: { unchanged: false, changed: 1 }, errors: [], events: [] });
    expect(await counts()).toEqual(before);
    expect(await hubgraph(['sbom', 'ingest', '--repo', 'web', 'package-lock.json', '--manifest', 'package.json'])).toMatchObject({ code: 0, out: expect.stringContaining('0 added, 0 removed, 1 changed') });
    const after = await counts();
    expect(after).toEqual({ snapshots: before!.snapshots + 1, events: before!.events + 1 });
    expect(await hubgraph(['sbom', 'ingest', '--repo', 'web', 'package-lock.json'])).toMatchObject({ code: 0, out: expect.stringContaining('nothing changed') });
    expect(await counts()).toEqual(after);
  });

  it.each([
    ['is truncated', 'cut.json', JSON.stringify(LOCK, undefined, 2).slice(0, 500), /^cut\.json:\d+:\d+: .*truncated/],
    ['is no lockfile', 'note.txt', 'Nothing that anyone could install.\n', /^note\.txt/],
    ['is nested without end', 'deep.json', '['.repeat(100_000), /^deep\.json:1:\d+: /],
    ['has a path as a name', 'hostile.json', JSON.stringify({ ...LOCK, packages: { ...LOCK.packages, 'node_modules/x': { ...node('1.0.0', 'MIT'), name: '../../etc/passwd' } } }), /^hostile\.json/],
    ['is out of step with its manifest', 'step.json', JSON.stringify({ ...LOCK, packages: { ...LOCK.packages, '': { ...MANIFEST, dependencies: { ...MANIFEST.dependencies, 'left-out': '^1.0.0' } } } }), /^step\.json.*left-out/],
  ])('refuses a file that %s, with its place, and nothing changes', async (_name, name, content, says) => {
    await put(name, content);
    const before = await counts();
    const answer = await hubgraph(['sbom', 'ingest', '--repo', 'web', name]);
    expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringMatching(says) });
    expect(JSON.parse((await hubgraph(['sbom', 'ingest', '--repo', 'web', name, '--json'])).out).problems.length).toBeGreaterThan(0);
    expect(await counts()).toEqual(before);
  });

  it('says what is missing', async () => {
    expect(await hubgraph(['sbom', 'ingest', '--repo', 'web', 'nowhere.json'])).toMatchObject({ code: 2, err: 'There is no file nowhere.json.\n' });
    expect(await hubgraph(['sbom', 'ingest', '--repo', 'nowhere', 'package-lock.json'])).toMatchObject({ code: 1, err: expect.stringContaining('hubgraph repos add nowhere') });
    expect(await hubgraph(['sbom', 'check', '--repo', 'nowhere'])).toMatchObject({ code: 1, err: 'The graph knows no repo nowhere.\n' });
    expect(await hubgraph(['sbom', 'ingest', '--repo', 'web', 'package-lock.json'], await graph.token('viewer'))).toMatchObject({ code: 12, err: expect.stringContaining('sbom:ingest') });
  });

  it('checks by the policy of the graph or of a file', async () => {
    const violated = await hubgraph(['sbom', 'check', '--repo', 'web']);
    expect(violated).toMatchObject({ code: 1, err: '', out: expect.stringMatching(/mariadb 3\.4\.5.*LGPL-2\.1-or-later.*weak copyleft.*direct.*production.*open/) });
    expect(violated.out).toContain('web: 4 packages, 1 licence risk.');
    await put('policy.yaml', "waivers:\n  - { package: mariadb, until: '2999-01-01', decision: ADR-7 }\n");
    expect(await hubgraph(['sbom', 'check', '--repo', 'web', '--policy', 'policy.yaml'])).toMatchObject({ code: 0, out: expect.stringContaining('waived 2999-01-01 (ADR-7)') });
    await put('strict.yaml', 'scopes: { dev: true }\n');
    const strict = await hubgraph(['sbom', 'check', '--repo', 'web', '--policy', 'strict.yaml', '--json']);
    expect([strict.code, JSON.parse(strict.out).risks.map((risk: { package: { name: string } }) => risk.package.name)]).toEqual([1, ['mariadb', 'vips']]);
    await put('wrong.yaml', 'families: [MIT]\n');
    expect(await hubgraph(['sbom', 'check', '--repo', 'web', '--policy', 'wrong.yaml'])).toMatchObject({ code: 2, err: expect.stringContaining('wrong.yaml:1') });
    await createClient({ endpoint: graph.url, token: maintainer }).request('mutation { concludeLicence(input: { purl: "pkg:npm/mariadb@3.4.5", expression: "MIT OR LGPL-2.1-or-later", reason: "they sell both" }) { errors { message } } }');
    expect(await hubgraph(['sbom', 'check', '--repo', 'web'])).toMatchObject({ code: 0, out: 'web: 4 packages, 0 licence risks.\n' });
    expect(await hubgraph(['sbom', 'check', '--repo', 'web', '--policy', 'strict.yaml'])).toMatchObject({ code: 1, out: expect.not.stringContaining('mariadb') });
  });

  it.each([['cyclonedx-1.6', 'bom.json'], ['spdx-2.3', 'bom.spdx.json']])('writes %s that is the same when it is taken in again', async (format, name) => {
    expect(await hubgraph(['sbom', 'export', '--repo', 'web', '--format', format, '--out', name])).toEqual({ code: 0, out: `${name} written.\n`, err: '' });
    expect((await hubgraph(['sbom', 'export', '--repo', 'web', '--format', format])).out.length).toBe((await readFile(path(name), 'utf8')).length);
    const before = await counts();
    const again = await hubgraph(['sbom', 'ingest', '--repo', 'web', name, '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ ingest: { unchanged: true }, errors: [] });
    expect(await counts()).toEqual(before);
  });
});
