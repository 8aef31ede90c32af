import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = ['kit', 'gateway', 'subgraphs', 'prisma', 'schema', 'docs', 'scripts', 'test', 'package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts', '.oxlintrc.json'];

let tree: string;
let made: { status: number | null; said: string };

/** Runs one of the project's tools in the copy, as npm would. */
function run(command: string, ...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: tree, encoding: 'utf8', env: { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined, FORCE_COLOR: '0', PATH: `${join(tree, 'node_modules/.bin')}:${process.env.PATH}` } });
  return { status, said: `${stdout}${stderr}` };
}

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'hubgraph-new-hub-'));
  for (const path of COPIED) if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(tree, path), { recursive: true, filter: (from) => !from.includes('/node_modules/') });
  // the copy's own packages, and everybody else's from the original
  mkdirSync(join(tree, 'node_modules/@hubgraph'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) if (name !== '@hubgraph') symlinkSync(join(ROOT, 'node_modules', name), join(tree, 'node_modules', name));
  for (const name of ['kit', 'gateway']) symlinkSync(join(tree, name), join(tree, 'node_modules/@hubgraph', name));
  for (const name of readdirSync(join(tree, 'subgraphs'))) symlinkSync(join(tree, 'subgraphs', name), join(tree, 'node_modules/@hubgraph', name));
  made = run('node', 'scripts/new-hub.ts', 'people', '--noun', 'JobOffer');
}, 120_000);

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('a hub made by new-hub', () => {
  it('is written, and is in the graph', () => {
    expect(made).toMatchObject({ status: 0, said: expect.stringContaining('The hub people is in the graph: JobOffer, openJobOffer, closeJobOffer.') });
    const api = readFileSync(join(tree, 'schema/api.graphql'), 'utf8');
    for (const part of ['jobOffer(', 'openJobOffer(', 'jobOfferChanged(', 'type JobOfferEvent implements HubEvent']) expect(api).toContain(part);
    expect(readFileSync(join(tree, 'subgraphs/people/src/graphql/job-offer.ts'), 'utf8')).not.toMatch(/gizmo|workshop/i);
    expect(readFileSync(join(tree, 'package-lock.json'), 'utf8')).toContain('"node_modules/@hubgraph/people"');
  });

  it('passes the checks', () => {
    expect(run('node', 'scripts/check/all.ts', 'boundaries', 'hub-shape', 'lockfile', 'migrations', 'schema', 'environment')).toMatchObject({ status: 0 });
  }, 60_000);

  it('passes lint and typecheck', () => {
    expect(run('oxlint', 'subgraphs/people')).toMatchObject({ status: 0 });
    expect(run('tsc', '-p', '.').said.split('\n').filter((line) => line.startsWith('subgraphs/people'))).toEqual([]);
  }, 120_000);

  it('passes its own tests and the contract of every hub', () => {
    const { status, said } = run('vitest', 'run', '--project', 'all', 'subgraphs/people', 'test/contract/hubs.test.ts');
    expect(said).toContain('3 passed');
    expect(status).toBe(0);
  }, 180_000);

  it('is not made twice, and not under a name that cannot be one', () => {
    expect(run('node', 'scripts/new-hub.ts', 'people')).toMatchObject({ status: 2, said: expect.stringContaining('subgraphs/people is there already.') });
    expect(run('node', 'scripts/new-hub.ts', 'Events!')).toMatchObject({ status: 2, said: expect.stringContaining('is no name for a hub') });
    expect(run('node', 'scripts/new-hub.ts', 'other', '--event-hub', 'statehub')).toMatchObject({ status: 2, said: expect.stringContaining('say --event-hub') });
  }, 60_000);
});
