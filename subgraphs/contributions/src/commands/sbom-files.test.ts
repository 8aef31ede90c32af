import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { toCycloneDx16 } from '../sbom/document/export-cyclonedx.ts';
import { toSpdx23 } from '../sbom/document/export-spdx.ts';
import { inputOf } from '../sbom/input.ts';
import { readSbom } from '../sbom/read.ts';
import { definition } from '../subgraph.ts';

const author = as('author');
const COUNTS = 'entryCount packageCount directCount transitiveCount prodCount devCount unknownScopeCount';
const FIELDS = `sbom { id contentDigest files { name kind sha256 } ${COUNTS} } ingest { unchanged added licenceRiskCount notices { file reason } }`;

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
});
afterAll(() => hub[Symbol.asyncDispose]());

const upload = (repo: string, documents: readonly object[], more: object = {}) => hub.change('ingestSbom', { repo, documents, ...more }, FIELDS, author);
const LOCK = JSON.stringify({ name: 'x', lockfileVersion: 3, packages: { '': { name: 'x', dependencies: { a: '^1.0.0' } }, 'node_modules/a': { version: '1.0.0', license: 'MIT' } } });

test('documents are read by the hub, as text or as base64', async () => {
  const first = await upload('docs', [{ name: 'package-lock.json', text: LOCK }]);
  expect(first).toMatchObject({ errors: [], sbom: { packageCount: 1, directCount: 1, files: [{ name: 'package-lock.json', kind: 'PACKAGE_LOCK' }] }, ingest: { unchanged: false, added: 1 } });
  expect(await upload('docs', [{ name: 'package-lock.json', base64: Buffer.from(LOCK).toString('base64') }])).toMatchObject({ errors: [], ingest: { unchanged: true }, events: [] });
});

test.each([
  ['cut off', [{ name: 'package-lock.json', text: LOCK.slice(0, 90) }], ['input', 'documents', '0'], /^package-lock\.json:1:\d+: /],
  ['of no known format', [{ name: 'x.json', text: '{}' }], ['input', 'documents', '0'], /^x\.json/],
  ['neither text nor base64', [{ name: 'x.json' }], ['input', 'documents', '0'], /either text or base64/],
  ['no base64', [{ name: 'x.json', base64: '!' }], ['input', 'documents', '0', 'base64'], /not base64/],
  ['none', [], ['input', 'documents'], /At least one/],
  ['two, and one is a whole bill of materials', [{ name: 'bom.json', text: '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}' }, { name: 'package-lock.json', text: LOCK }], ['input', 'documents', '1'], /take it in alone/],
])('documents that are %s are refused with their place', async (_name, documents, path, message) => {
  expect(await upload('refused', documents)).toMatchObject({ sbom: null, errors: [{ __typename: 'InvalidInput', path, message: expect.stringMatching(message) }], events: [] });
  expect(await hub.database.sql.query(`SELECT 1 FROM "SbomSnapshot" WHERE "repo" = 'refused'`)).toEqual([]);
});

test('what no row can hold is refused of documents as of packages', async () => {
  const bom = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [{ type: 'library', 'bom-ref': 'a', name: 'a', version: '1', purl: `pkg:generic/a@1?checksum=${'a'.repeat(1_500)}` }, { type: 'library', 'bom-ref': 'x'.repeat(5_000), name: 'b', version: '1' }] });
  expect((await upload('refused', [{ name: 'bom.json', text: bom }])).errors).toMatchObject([{ path: ['input', 'documents'], message: 'bom.json#a: purl: This has at most 1000 characters.' }, { message: expect.stringContaining('key: A key has 1 to 2000 bytes.') }]);
});

test('packages and documents are not given together', async () => {
  expect((await upload('both', [{ name: 'package-lock.json', text: LOCK }], { packages: [] })).errors).toMatchObject([{ path: ['input', 'packages'] }]);
  expect((await upload('both', [{ name: 'package-lock.json', text: LOCK }], { entryCount: 3 })).errors).toMatchObject([{ path: ['input', 'entryCount'] }]);
  expect((await hub.change('ingestSbom', { repo: 'both', packages: [], manifests: [] }, FIELDS, author)).errors).toMatchObject([{ path: ['input', 'manifests'] }]);
});

const DATA = join(import.meta.dirname, '../../../../../shared/data/lockfiles');
/** A real lock, its manifests by the paths that they have in their repo, and the counts of its truth. */
const REAL: readonly { readonly lock: string; readonly as: string; readonly manifests: Readonly<Record<string, string>>; readonly truth: object }[] = [
  { lock: 'pypi__warehouse__package-lock.json', as: 'package-lock.json', manifests: { 'package.json': 'pypi__warehouse__package.json' }, truth: { entryCount: 1064, packageCount: 999, directCount: 49, transitiveCount: 1015, prodCount: 169, devCount: 895, unknownScopeCount: 0 } },
  { lock: 'kysely-org__kysely__example--package-lock.json', as: 'package-lock.json', manifests: { 'package.json': 'kysely-org__kysely__example--package.json' }, truth: { entryCount: 243, packageCount: 239, directCount: 24, transitiveCount: 219, prodCount: 113, devCount: 130 } },
  { lock: 'npm__cli__package-lock.json', as: 'package-lock.json', manifests: {}, truth: { entryCount: 1241, packageCount: 1020, directCount: 107, transitiveCount: 1134, prodCount: 209, devCount: 1030 } },
  { lock: 'npm__cli__workspaces--arborist--test--fixtures--tap-old-lockfile--package-lock.json', as: 'package-lock.json', manifests: {}, truth: { entryCount: 413, packageCount: 354, directCount: null, transitiveCount: null } },
  { lock: 'pallets__flask__uv.lock', as: 'uv.lock', manifests: { 'pyproject.toml': 'pallets__flask__pyproject.toml' }, truth: { packageCount: 82, directCount: 28, transitiveCount: 54, devCount: 72 } },
  { lock: 'pydantic__pydantic-ai__uv.lock', as: 'uv.lock', manifests: { 'pyproject.toml': 'pydantic__pydantic-ai__pyproject.toml' }, truth: { packageCount: 341, directCount: 88, transitiveCount: 253, devCount: 35 } },
  // its three aliases repeat a package each
  { lock: 'excalidraw__excalidraw__yarn.lock', as: 'yarn.lock', manifests: {}, truth: { entryCount: 1444, packageCount: 1444 - 3, directCount: null } },
  { lock: 'enisdenjo__graphql-ws__yarn.lock', as: 'yarn.lock', manifests: { 'package.json': 'enisdenjo__graphql-ws__package.json' }, truth: { entryCount: 505 } },
  { lock: 'unjs__unstorage__pnpm-lock.yaml', as: 'pnpm-lock.yaml', manifests: { 'package.json': 'unjs__unstorage__package.json' }, truth: { packageCount: 972, directCount: 51 } },
  { lock: 'withastro__astro__pnpm-lock.yaml', as: 'pnpm-lock.yaml', manifests: {}, truth: { packageCount: 2158, directCount: 258 } },
  { lock: 'BurntSushi__ripgrep__Cargo.lock', as: 'Cargo.lock', manifests: {}, truth: { packageCount: 52 } },
  { lock: 'in-toto__archivista__go.sum', as: 'go.sum', manifests: { 'go.mod': 'in-toto__archivista__go.mod' }, truth: { entryCount: 512 } },
  { lock: 'pypi__warehouse__requirements--main.txt', as: 'requirements/main.txt', manifests: { 'requirements/main.in': 'pypi__warehouse__requirements--main.in' }, truth: { entryCount: 184, packageCount: 184 } },
];
const bytesOf = (name: string) => readFileSync(join(DATA, name));
const manifestOf = (name: string) => bytesOf(join('manifests', name));

// the reference data lies beside the project and may not be there
describe.runIf(existsSync(DATA))('real lockfiles', () => {
  test.each(REAL)('$lock gives the counts of its truth, and its exports give the same snapshot', async ({ lock, as: name, manifests, truth }) => {
    const files = { documents: [{ name, bytes: bytesOf(lock) }], manifests: Object.entries(manifests).map(([path, file]) => ({ name: path, bytes: manifestOf(file) })) };
    const coded = (all: typeof files.documents) => all.map(({ name: path, bytes }) => ({ name: path, base64: bytes.toString('base64') }));
    const repo = lock.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 90);
    const { sbom, errors } = await upload(repo, coded(files.documents), { manifests: coded(files.manifests) });
    expect(errors).toEqual([]);
    expect(sbom).toMatchObject(truth);
    const read = await readSbom(files.documents, files.manifests);
    if ('problems' in read) throw new Error(read.problems[0]?.reason);
    expect(sbom).toMatchObject(read.counts);

    // what the command line sends
    const again = await hub.change('ingestSbom', { repo, packages: read.packages.map(inputOf), entryCount: read.counts.entryCount }, FIELDS, author);
    expect(again).toMatchObject({ errors: [], ingest: { unchanged: true } });
    for (const [path, text] of Object.entries({ 'bom.cdx.json': toCycloneDx16({ name: repo, packages: read.packages, entryCount: read.counts.entryCount }), 'bom.spdx.json': toSpdx23({ name: repo, packages: read.packages, entryCount: read.counts.entryCount }) })) {
      expect(await upload(repo, [{ name: path, text }])).toMatchObject({ errors: [], sbom: { id: sbom.id }, ingest: { unchanged: true }, events: [] });
      // and by itself: nothing that counts is lost
      expect((await upload(`${repo}-again`, [{ name: path, text }])).sbom).toMatchObject({ contentDigest: sbom.contentDigest, ...read.counts });
    }
  });

  test('the licence truth of the warehouse lock', async () => {
    await upload('warehouse', [{ name: 'package-lock.json', base64: bytesOf('pypi__warehouse__package-lock.json').toString('base64') }]);
    const { _entities: [repo], licenceReport, dev, unknown } = await hub.ask(`{
      _entities(representations: [{ __typename: "Repo", slug: "warehouse" }]) { ... on Repo { licenceRisks { package { purl } } sbom { licences { class count } all: packages(first: 0) { totalCount } weak: packages(first: 200, filter: { licenceClass: WEAK_COPYLEFT, direct: true, dev: false }) { nodes { purl licence { expression } } } } } }
      licenceReport(filter: { repo: "warehouse" }) { groups { expression declared class copyleft packageCount directCount prodCount devCount packages(first: 200) { name } } }
      dev: licenceReport(filter: { repo: "warehouse", dev: true }) { groups { expression packageCount packages(first: 200) { name } } }
      unknown: packages(filter: { repo: "warehouse", licenceClass: UNKNOWN }, first: 200) { totalCount }
    }`);
    expect(repo.licenceRisks).toEqual([]);
    type Group = { expression: string | null; copyleft: boolean; packageCount: number; directCount: number; prodCount: number; devCount: number; packages: { name: string }[] };
    const group = (expression: string) => (licenceReport.groups as Group[]).find((one) => one.expression === expression);
    expect(group('MIT OR GPL-3.0')).toMatchObject({ copyleft: false, packageCount: 1, directCount: 0, prodCount: 1, packages: [{ name: 'jqvmap-novulnerability' }] });
    expect(group('MIT OR GPL-3.0-or-later')).toMatchObject({ copyleft: false, packageCount: 1, directCount: 0, prodCount: 1, packages: [{ name: 'jszip' }] });
    expect(group('LGPL-3.0-or-later')).toMatchObject({ copyleft: true, packageCount: 10, directCount: 0, prodCount: 0, devCount: 10 });
    expect(group('LGPL-3.0-or-later')!.packages.every(({ name }) => name.startsWith('@img/sharp-libvips-'))).toBe(true);
    expect(group('Apache-2.0 AND LGPL-3.0-or-later')).toMatchObject({ copyleft: true, packageCount: 3, prodCount: 0 });
    expect(group('Apache-2.0 AND LGPL-3.0-or-later AND MIT')).toMatchObject({ copyleft: true, packageCount: 1, prodCount: 0 });
    expect((dev.groups as Group[]).filter(({ expression }) => expression?.includes('GPL'))).toHaveLength(3);
    expect(unknown.totalCount).toBe(11);
  });

  test('a lock out of step with its manifest is refused, and nothing changes', async () => {
    const { errors } = await upload('xstate', [{ name: 'yarn.lock', text: bytesOf('statelyai__xstate__templates--react-ts--yarn.lock').toString() }], { manifests: [{ name: 'package.json', text: manifestOf('statelyai__xstate__templates--react-ts--package.json').toString() }] });
    expect(errors.length).toBeGreaterThanOrEqual(8);
    expect(errors.map(({ message }) => message).join('\n')).toMatch(/@statelyai\/inspect.*\^0\.4\.0/);
    expect(await hub.database.sql.query(`SELECT 1 FROM "SbomSnapshot" WHERE "repo" = 'xstate'`)).toEqual([]);
  });
});
