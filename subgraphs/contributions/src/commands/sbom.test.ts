import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

const author = as('author', 'agent-7');
const SHA = 'a'.repeat(64);
const COUNTS = 'entryCount packageCount directCount transitiveCount prodCount devCount unknownScopeCount';
const FIELDS = `sbom { id version current takenBy repo { slug } files { name kind sha256 } ${COUNTS} licences { class count } } ingest { unchanged added removed changed licenceRiskCount previous { id } }`;

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
});
afterAll(() => hub[Symbol.asyncDispose]());

const pack = (purl: string, more: object = {}) => ({ purl, direct: false, scope: 'PROD', declaredLicence: 'MIT', licenceSource: 'LOCKFILE', dependsOn: [], ...more });
const WEB = [
  pack('pkg:npm/web@1.0.0', { thirdParty: false, direct: null, source: { kind: 'WORKSPACE' }, dependsOn: ['pkg:npm/jszip@3.10.1', 'pkg:npm/%40img/vips@1.0.0'] }),
  pack('pkg:npm/jszip@3.10.1', { direct: true, declaredLicence: '(MIT OR GPL-3.0-or-later)', dependsOn: ['pkg:npm/pako@1.0.11'] }),
  pack('pkg:npm/pako@1.0.11', { declaredLicence: '(MIT AND Zlib)' }),
  pack('pkg:npm/%40img/vips@1.0.0', { direct: true, scope: 'DEV', declaredLicence: 'LGPL-3.0-or-later' }),
  pack('pkg:npm/copied@2.0.0', { key: 'copy 1', declaredLicence: null }),
  pack('pkg:npm/copied@2.0.0', { key: 'copy 2', declaredLicence: null }),
];
const ingest = (repo: string, packages: readonly object[], more: object = {}) => hub.change('ingestSbom', { repo, packages, ...more }, FIELDS, author);
const outbox = async () => (await hub.database.sql.query<{ event: { type: string; domain?: string; data: Record<string, unknown> } }>('SELECT "event" FROM "outbox" ORDER BY "id"')).map(({ event }) => event);

test('a first ingest makes the current snapshot, with counts, classes and an event', async () => {
  const answer = await ingest('web', WEB, { domain: 'custodian', files: [{ name: 'package-lock.json', kind: 'PACKAGE_LOCK', sha256: SHA }] });
  expect(answer).toMatchObject({
    errors: [],
    sbom: {
      version: 1, current: true, takenBy: 'agent-7', repo: { slug: 'web' }, files: [{ name: 'package-lock.json', kind: 'PACKAGE_LOCK', sha256: SHA }],
      entryCount: 6, packageCount: 4, directCount: 2, transitiveCount: 3, prodCount: 4, devCount: 1, unknownScopeCount: 0,
    },
    ingest: { unchanged: false, added: 4, removed: 0, changed: 0, licenceRiskCount: 0, previous: null },
    events: [{ type: 'org.contribhub.sbom.ingested' }],
  });
  expect(answer.sbom.licences).toEqual([{ class: 'PERMISSIVE', count: 2 }, { class: 'UNKNOWN', count: 1 }, { class: 'WEAK_COPYLEFT', count: 1 }]);
  expect((await outbox()).at(-1)).toMatchObject({ domain: 'custodian', data: { id: answer.sbom.id, repo: 'web', previous: null, packageCount: 4, added: 4, licenceRisks: [], licenceRiskCount: 0 } });
});

test('the same content again, in another order and from another file, makes no snapshot and no event', async () => {
  const before = (await outbox()).length;
  const { sbom: first } = (await hub.ask('{ _entities(representations: [{ __typename: "Repo", slug: "web" }]) { ... on Repo { sbom { id } } } }'))._entities[0];
  const answer = await ingest('web', WEB.toReversed().map((one) => ({ ...one, key: `b#${'key' in one ? one.key : one.purl}`, path: 'elsewhere', dependsOn: one.dependsOn.map((key) => `b#${key}`) })));
  expect(answer).toMatchObject({ errors: [], events: [], sbom: { id: first.id, version: 1 }, ingest: { unchanged: true, added: 0, removed: 0, changed: 0, previous: { id: first.id } } });
  expect(await outbox()).toHaveLength(before);
  expect(await hub.database.sql.query('SELECT 1 FROM "SbomSnapshot" WHERE "repo" = $1', ['web'])).toHaveLength(1);
});

test('what changed is a new snapshot; the old one stays, and the two can be compared', async () => {
  const changed = [
    ...WEB.filter(({ purl }) => !purl.includes('pako') && !purl.includes('copied')),
    pack('pkg:npm/pako@2.1.0', { declaredLicence: '(MIT AND Zlib)' }), pack('pkg:npm/copied@2.0.0', { declaredLicence: 'ISC' }), pack('pkg:npm/new@1.0.0'), pack('pkg:npm/new@2.0.0'),
  ].map((one) => ({ ...one, dependsOn: [] }));
  const answer = await ingest('web', changed, { expectedVersion: 1 });
  expect(answer).toMatchObject({ errors: [], sbom: { version: 2, current: true, packageCount: 6 }, ingest: { unchanged: false, added: 2, removed: 0, changed: 2 } });
  const old = answer.ingest.previous.id;
  const data = await hub.ask(
    `query ($from: ID!, $to: ID!) {
      sbom(id: $from) { version current packages(first: 3) { totalCount nodes { purl direct dev licence { class source } dependsOn } } }
      sbomDiff(from: $from, to: $to) { from { version } to { version } added { purl } removed { purl } changedVersion { package { purl } from { version } to { version } } changedLicence { package { purl } from to } }
      back: sbomDiff(from: $to, to: $from) { added { purl } removed { purl } }
      none: sbomDiff(from: $from, to: "00000000-0000-7000-8000-000000000000") { added { purl } }
      _entities(representations: [{ __typename: "Repo", slug: "web" }, { __typename: "Repo", slug: "nowhere" }]) { ... on Repo { sboms { totalCount nodes { version packageCount } } lastSbomAt sbomSource licenceRisks { package { purl } } } }
    }`, { from: old, to: answer.sbom.id });
  expect(data).toMatchObject({
    sbom: { version: 1, current: false, packages: { totalCount: 6, nodes: [{ purl: 'pkg:npm/web@1.0.0', direct: null, dev: false }, { purl: 'pkg:npm/jszip@3.10.1', direct: true, licence: { class: 'PERMISSIVE', source: 'LOCKFILE' }, dependsOn: ['pkg:npm/pako@1.0.11'] }, {}] } },
    sbomDiff: {
      from: { version: 1 }, to: { version: 2 }, added: [{ purl: 'pkg:npm/new@1.0.0' }, { purl: 'pkg:npm/new@2.0.0' }], removed: [],
      changedVersion: [{ package: { purl: 'pkg:npm/pako' }, from: [{ version: '1.0.11' }], to: [{ version: '2.1.0' }] }], changedLicence: [{ package: { purl: 'pkg:npm/copied@2.0.0' }, from: null, to: 'ISC' }],
    },
    back: { added: [], removed: [{ purl: 'pkg:npm/new@1.0.0' }, { purl: 'pkg:npm/new@2.0.0' }] }, none: null,
    _entities: [{ sboms: { totalCount: 2, nodes: [{ version: 2, packageCount: 6 }, { version: 1, packageCount: 4 }] }, sbomSource: null, licenceRisks: [] }, { sboms: { totalCount: 0, nodes: [] }, lastSbomAt: null, sbomSource: null, licenceRisks: [] }],
  });
});

test('a package knows where it is used and since when', async () => {
  // like a lock that states no licences: what another states is shown
  const jszip = (direct: boolean) => pack('pkg:npm/jszip@3.10.1', { direct, declaredLicence: null });
  await ingest('shop', [pack('pkg:npm/pako@2.1.0'), jszip(false)]);
  await ingest('shop', [jszip(true)]);
  await ingest('shop', [pack('pkg:npm/pako@2.1.0', { scope: null }), jszip(true)]);
  const { package: one, any, unknown } = await hub.ask(`{
    package(purl: "pkg:npm/jszip@3.10.1") { name version ecosystem usedBy { repo { slug } direct dev since version sbom { version } } versions { purl } snapshots { repo { slug } version } contributions { slug } licence { declared class source branches { expression class copyleft } } }
    any: package(purl: "pkg:npm/pako") { name version usedBy { repo { slug } version direct dev since } versions { version } licence { class } }
    unknown: package(purl: "pkg:npm/nothing") { name }
  }`);
  expect(one).toMatchObject({
    name: 'jszip', version: '3.10.1', ecosystem: 'npm', usedBy: [{ repo: { slug: 'shop' }, direct: true, dev: false, version: '3.10.1', sbom: { version: 3 } }, { repo: { slug: 'web' } }],
    versions: [{ purl: 'pkg:npm/jszip@3.10.1' }], contributions: [],
    licence: { declared: '(MIT OR GPL-3.0-or-later)', class: 'PERMISSIVE', source: 'LOCKFILE', branches: [{ expression: 'MIT', class: 'PERMISSIVE', copyleft: false }, { expression: 'GPL-3.0-or-later', class: 'STRONG_COPYLEFT', copyleft: true }] },
  });
  expect(one.snapshots).toHaveLength(5);
  expect(any).toMatchObject({ name: 'pako', version: null, licence: null, usedBy: [{ repo: { slug: 'shop' }, version: '2.1.0', direct: false, dev: null }, { repo: { slug: 'web' }, version: '2.1.0' }], versions: [{ version: '1.0.11' }, { version: '2.1.0' }] });
  const taken = await hub.database.sql.query<{ takenAt: Date }>(`SELECT "takenAt" FROM "SbomSnapshot" WHERE "repo" = 'shop' ORDER BY "version"`);
  // pako was away in between; jszip was always there
  expect([any.usedBy[0].since, one.usedBy[0].since].map((at) => new Date(at))).toEqual([taken[2]!.takenAt, taken[0]!.takenAt]);
  expect(unknown).toBeNull();
});

test('two ingests at once get an order, and one content makes one snapshot', async () => {
  const different = await Promise.all(Array.from({ length: 12 }, (_, index) => ingest('busy', [pack(`pkg:npm/a@${index}.0.0`)])));
  expect(different.map(({ sbom }) => sbom.version).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  const rows = await hub.database.sql.query<{ version: number; current: boolean }>(`SELECT "version", "current" FROM "SbomSnapshot" WHERE "repo" = 'busy' ORDER BY "version"`);
  expect(rows.map(({ current }) => current)).toEqual([...Array<boolean>(11).fill(false), true]);
  const events = (await outbox()).filter(({ data }) => data.repo === 'busy');
  expect(events.map(({ data }) => data.previous)).toEqual([null, ...events.slice(0, -1).map(({ data }) => data.id)]);
  const same = await Promise.all(Array.from({ length: 8 }, () => ingest('busy', [pack('pkg:npm/b@1.0.0')])));
  expect(same.filter(({ ingest: { unchanged } }) => !unchanged)).toHaveLength(1);
  expect(new Set(same.map(({ sbom }) => sbom.id)).size).toBe(1);
});

test('the list has the current one of every repo', async () => {
  const list = async (more: string) => (await hub.ask(`{ sboms(${more}) { totalCount nodes { current version repo { slug } } } }`)).sboms;
  for (const repo of ['list-b', 'list-a', 'list-c']) await ingest(repo, [pack('pkg:npm/a@1.0.0')]);
  await ingest('list-b', [pack('pkg:npm/a@2.0.0')]);
  const of = (repo: string, version = 1) => ({ current: true, version, repo: { slug: repo } });
  expect(await list('filter: { text: "LIST-" }, orderBy: REPO')).toEqual({ totalCount: 3, nodes: [of('list-a'), of('list-b', 2), of('list-c')] });
  expect((await list('filter: { text: "list-" }, orderBy: TAKEN')).nodes.at(-1)).toEqual(of('list-b', 2));
  expect((await list('filter: { text: "list-" }, first: 1')).nodes).toEqual([of('list-b', 2)]);
  expect(await list('filter: { repos: ["list-a", "nowhere"] }')).toEqual({ totalCount: 1, nodes: [of('list-a')] });
  expect((await list('filter: { takenBefore: "2020-01-01T00:00:00Z" }')).totalCount).toBe(0);
});

test('a dry run tells what would be and writes nothing', async () => {
  const answer = await ingest('dry', WEB, { dryRun: true });
  expect(answer).toMatchObject({ errors: [], events: [], sbom: { version: 1, packageCount: 4 }, ingest: { unchanged: false, added: 4 } });
  expect(await hub.database.sql.query(`SELECT 1 FROM "SbomSnapshot" WHERE "repo" = 'dry'`)).toEqual([]);
});

test('what is wrong is named with its place, and nothing changes', async () => {
  const wrong = await ingest('Bad Slug', [pack('pkg:npm/a@1')], { domain: '!' });
  expect(wrong.sbom).toBeNull();
  expect(wrong.errors.map(({ path }) => path.join('.'))).toEqual(['input.repo', 'input.domain']);
  const inside = await ingest('bad', [pack('pkg:npm/a@1'), pack('pkg:npm/a@1'), pack('pkg:npm/b@1', { dependsOn: ['pkg:npm/nowhere'] }), pack('pkg:npm/c@1', { source: { kind: 'GIT', location: 'git+https://me:secret@example.org/x.git' } }), pack('pkg:npm/d@1', { path: 'x'.repeat(5_000) }), pack('pkg:npm/@/')]);
  expect(inside.errors.map(({ path }) => path.join('.'))).toEqual(['input.packages.1.key', 'input.packages.3.source', 'input.packages.4.path', 'input.packages.5.purl', 'input.packages.2.dependsOn']);
  expect((await ingest('bad', [pack('pkg:npm/a@1', { path: 'a\0' })])).errors).toMatchObject([{ code: 'INVALID_INPUT', path: ['input', 'packages', '0', 'path'] }]);
  expect((await hub.change('ingestSbom', { repo: 'bad' }, FIELDS, author)).errors).toMatchObject([{ path: ['input', 'packages'] }]);
  expect((await ingest('web', WEB, { expectedVersion: 7 })).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
  await expect(hub.change('ingestSbom', { repo: 'bad', packages: [] }, FIELDS, as('viewer'))).rejects.toThrow('sbom:ingest');
  expect(await hub.database.sql.query(`SELECT 1 FROM "SbomSnapshot" WHERE "repo" = 'bad'`)).toEqual([]);
});

test('an empty bill of materials is one', async () => {
  expect(await ingest('empty', [])).toMatchObject({ errors: [], sbom: { packageCount: 0, licences: [] }, ingest: { added: 0 } });
});

test('an event names so many risks as it can hold, and counts all', async () => {
  const name = (index: number) => `pkg:npm/${'x'.repeat(900)}${index}@1.0.0`;
  const answer = await ingest('risky', Array.from({ length: 300 }, (_, index) => pack(name(index), { direct: true, declaredLicence: 'GPL-3.0-only', name: `x${index}` })));
  expect(answer).toMatchObject({ errors: [], ingest: { licenceRiskCount: 300 } });
  const { data } = (await outbox()).at(-1)!;
  expect(data.licenceRiskCount).toBe(300);
  expect((data.licenceRisks as string[]).length).toBe(35);
});
