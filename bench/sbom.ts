import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'graphql';
import { definition } from '@hubgraph/contributions';
import { systemClock } from '@hubgraph/kit/clock';
import { identityOf } from '@hubgraph/kit/identity';
import { silentLog } from '@hubgraph/kit/log';
import { startPostgres } from '../scripts/embedded/postgres.ts';
import { makeDatabase } from '../test/harness/postgres-pool.ts';

// Time and memory to take in a large bill of materials, with the product's own PostgreSQL (fsync on): from the text of the
// request to the answer, in one process. Then the same again (nothing to do), a slightly different one, and what is read
// most, over as many repos.
//
//   node bench/sbom.ts [--packages 20000] [--edges 5] [--repos 5] [--json]

const { values } = parseArgs({ options: { packages: { type: 'string', default: '20000' }, edges: { type: 'string', default: '5' }, repos: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } } });
const [count, edges, repos] = [Number(values.packages), Number(values.edges), Number(values.repos)];
const LICENCES = ['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause', '(MIT OR GPL-3.0-or-later)', 'LGPL-3.0-or-later', null];

const INGEST = parse('mutation ($input: IngestSbomInput!) { ingestSbom(input: $input) { sbom { id packageCount } ingest { unchanged added changed } errors { message path } } }', { noLocation: true });
const identity = identityOf({ sub: 'bench', roles: ['author'] });

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-bench-'));
const postgres = await startPostgres({ dir: join(folder, 'postgres'), password: 'bench', log: join(folder, 'postgres.log') });
const database = await makeDatabase(postgres.url(), definition.manifest.name);
const hub = await definition.create({ databaseUrl: database.url, cursorKeys: ['x'.repeat(32)], clock: systemClock, log: silentLog(), env: {} });
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
try {
  const runs = [];
  const idle = process.memoryUsage.rss();
  const text = request('repo-0', '1');
  for (let index = 1; index < repos; index++) await ingest(request(`repo-${index}`, '1'));
  peak = 0;
  runs.push(await timed('first', () => ingest(text)));
  runs.push(await timed('the same again', () => ingest(text)));
  runs.push(await timed('one package in a hundred at another version', () => ingest(request('repo-0', '2'))));
  const peakRssMiB = Math.round(peak / 1024 ** 2);
  runs.push(await timed('licence report over all repos', () => ask('{ licenceReport { groups { expression packageCount repoCount packages { purl } } } }')));
  runs.push(await timed('state summary: licence risks of all repos', () => ask('{ _entities(representations: [{ __typename: "StateSummary", id: "state" }]) { ... on StateSummary { licenceRiskCount } } }')));
  runs.push(await timed('first page of packages by class', () => ask('{ packages(filter: { licenceClass: WEAK_COPYLEFT }, first: 100) { totalCount nodes { purl licence { class } } } }')));
  runs.push(await timed('where one package is used', () => ask('{ package(purl: "pkg:npm/some-package-7@1.0.7") { usedBy { repo { slug } since } versions { purl } } }')));
  const report = { packages: count, edges, repos, requestMiB: Math.round(text.length / 1024 ** 2 * 10) / 10, runs, idleRssMiB: Math.round(idle / 1024 ** 2), peakRssMiB };
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.table(runs);
    console.log(`${count} packages with ${edges} edges each, a request of ${report.requestMiB} MiB, ${repos} repos; RSS ${report.idleRssMiB} MiB before, at most ${peakRssMiB} MiB while taking in`);
  }
} finally {
  clearInterval(watch);
  await hub.stop();
  await database.drop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function timed(what: string, run: () => Promise<unknown>): Promise<{ what: string; seconds: number; answer: string }> {
  const started = performance.now();
  const answer = JSON.stringify(await run());
  return { what, seconds: Math.round(performance.now() - started) / 1000, answer: answer.length > 80 ? `${answer.slice(0, 79)}…` : answer };
}

async function ingest(text: string): Promise<unknown> {
  const { errors, data } = await hub.execute({ document: INGEST, variables: JSON.parse(text) as Record<string, unknown>, identity });
  const answer = data?.ingestSbom as { errors: unknown[]; ingest: unknown } | undefined;
  if (errors || !answer || answer.errors.length > 0) throw new Error(JSON.stringify(errors ?? answer?.errors));
  return answer.ingest;
}

async function ask(text: string): Promise<unknown> {
  const { errors, data } = await hub.execute({ document: parse(text), identity });
  if (errors) throw new Error(errors[0]?.message);
  return data;
}

/** The variables of one ingest, as they travel. */
function request(repo: string, major: string): string {
  const purlOf = (index: number) => `pkg:npm/some-package-${index}@${index % 100 === 0 ? major : '1'}.0.${index % 50}`;
  const packages = Array.from({ length: count }, (_, index) => ({
    key: `package-lock.json#node_modules/some-package-${index}`, purl: purlOf(index), direct: index < 100, scope: index % 3 === 0 ? 'DEV' : 'PROD', flags: [], source: { kind: 'REGISTRY', location: `https://registry.example/some-package-${index}.tgz` },
    integrity: `sha512-${'x'.repeat(86)}==`, path: `node_modules/some-package-${index}`, declaredLicence: LICENCES[index % LICENCES.length], licenceSource: 'LOCKFILE',
    dependsOn: Array.from({ length: edges }, (_unused, edge) => `package-lock.json#node_modules/some-package-${(index * 7 + edge * 13 + 1) % count}`),
  }));
  return JSON.stringify({ input: { repo, packages } });
}
