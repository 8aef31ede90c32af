import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ImportedDocument } from './assemble.ts';
import { cycloneDxVersions, validateCycloneDx } from './cyclonedx-schema.ts';
import { detectDocument, readDocument } from './read.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
function read(name: string, bytes: Uint8Array | string = fixture(name)): ImportedDocument {
  const result = readDocument({ name, bytes: Buffer.from(bytes) });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document;
}
/** The packages in the words of a table. */
const table = ({ packages }: ImportedDocument) => packages.map((one) => [one.purl, one.direct, one.scope, one.declaredLicence, one.dependsOn?.map((key) => key.replace(/^.*#/, '')) ?? null]);

describe('CycloneDX', () => {
  const hash = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  it.each(['shop-cyclonedx-1.6.json', 'shop-cyclonedx-1.4.xml'])('%s', (name) => {
    const document = read(name);
    expect(table(document)).toEqual([
      ['pkg:generic/shop@2.0.0', null, null, null, ['a', 'c']],
      ['pkg:npm/%40acme/parser@1.2.0', true, 'PROD', 'MIT', ['b', 'a/inner']],
      ['pkg:npm/inner@0.1.0', false, 'PROD', 'Inner licence, 2nd edition', null],
      ['pkg:npm/zip@3.0.0', false, null, 'MIT OR GPL-3.0-or-later', ['a']],
      ['pkg:npm/tester@9.0.0', true, 'DEV', 'LGPL-3.0-only AND LicenseRef-Tester-s-own', null],
      ['pkg:generic/plain', false, 'PROD', null, null],
    ]);
    expect(document.packages[1]).toMatchObject({ name: '@acme/parser', version: '1.2.0', ecosystem: 'npm', integrity: hash, thirdParty: true, dev: false, licenceSource: 'DOCUMENT' });
    expect(document.packages[3]?.flags).toEqual(['OPTIONAL']);
    expect(document.packages[0]).toMatchObject({ thirdParty: false, name: 'shop' });
    expect(document.counts).toEqual({ entryCount: 6, packageCount: 5, directCount: 2, transitiveCount: 3, prodCount: 3, devCount: 1, unknownScopeCount: 1 });
    expect(document.concluded).toEqual([{ key: `${name}#b`, expression: 'MIT' }]);
    expect(document.notices.map(({ code }) => code)).toEqual(['SKIPPED']);
  });

  it.each(cycloneDxVersions)('%s, JSON and XML', (version) => {
    const json = { bomFormat: 'CycloneDX', specVersion: version, version: 1, components: [{ type: 'library', name: 'a', version: '1' }] };
    expect(read('a.json', JSON.stringify(json))).toMatchObject({ kind: 'CYCLONEDX_JSON', formatVersion: version, counts: { entryCount: 1 } });
    const xml = `<b:bom xmlns:b="http://cyclonedx.org/schema/bom/${version}" version="1"><b:components><b:component type="library"><b:name>a</b:name><b:version>1</b:version></b:component></b:components></b:bom>`;
    expect(read('a.xml', `\uFEFF<?xml version="1.0"?>\n${xml}`)).toMatchObject({ kind: 'CYCLONEDX_XML', formatVersion: version, counts: { entryCount: 1 } });
  });

  it('knows what npm tools write', () => {
    const component = (name: string, ...marks: string[]) => ({ type: 'library', name, version: '1', properties: marks.map((mark) => ({ name: `cdx:npm:package:${mark}`, value: mark === 'path' ? `node_modules/${name}` : 'true' })) });
    const { packages } = read('a.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: [component('a', 'development', 'path'), component('b', 'bundled', 'extraneous'), component('c', 'peer')] }));
    expect(packages.map(({ scope, flags, path }) => ({ scope, flags, path }))).toEqual([{ scope: 'DEV', flags: [], path: 'node_modules/a' }, { scope: null, flags: ['BUNDLED', 'EXTRANEOUS'], path: null }, { scope: null, flags: ['PEER'], path: null }]);
  });

  it('does not know a scope that the tool never writes', () => {
    const { counts } = read('a.json', '{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"a"}]}');
    expect(counts).toMatchObject({ directCount: null, prodCount: null, devCount: null, unknownScopeCount: 1 });
  });

  it('validates lists in linear time, and still finds what stands there twice', () => {
    const components = Array.from({ length: 10_000 }, (_, n) => ({ type: 'library', name: `a${n}` }));
    const started = performance.now();
    expect(validateCycloneDx('1.6', { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components })).toBeNull();
    expect(performance.now() - started).toBeLessThan(5_000);
    const twice = { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [...components, { name: 'a7', type: 'library' }] };
    expect(validateCycloneDx('1.6', twice)).toMatchObject({ steps: ['components'], reason: 'must NOT have duplicate items' });
  });
});

describe('SPDX', () => {
  it('2.3 JSON', () => {
    const document = read('shop-spdx-2.3.json');
    expect(table(document)).toEqual([
      ['pkg:generic/shop@2.0.0', null, null, null, ['SPDXRef-a', 'SPDXRef-c']],
      ['pkg:npm/%40acme/parser@1.2.0', true, null, 'MIT', ['SPDXRef-b']],
      ['pkg:npm/zip@3.0.0', false, 'PROD', 'MIT OR GPL-3.0-or-later', ['SPDXRef-a']],
      ['pkg:npm/tester@9.0.0', true, 'DEV', 'LGPL-3.0-only AND LicenseRef-own', []],
      ['pkg:generic/plain', false, null, null, []],
    ]);
    expect(document.packages[1]?.source).toEqual({ kind: 'REGISTRY', location: 'https://example.org/parser.tgz' });
    expect(document.concluded.map(({ expression }) => expression)).toEqual(['MIT', 'NONE']);
    expect(document.notices).toEqual([expect.objectContaining({ code: 'DANGLING_EDGE', line: 11, path: 'packages[1]' })]);
    expect(document.counts).toMatchObject({ entryCount: 5, packageCount: 4, directCount: 2 });
  });
  it('2.2 tag-value', () => {
    const document = read('shop-spdx-2.2.spdx');
    expect(document).toMatchObject({ kind: 'SPDX_TAG_VALUE', formatVersion: '2.2' });
    expect(table(document)).toEqual([
      ['pkg:generic/shop@2.0.0', null, null, null, ['SPDXRef-a', 'SPDXRef-c']],
      ['pkg:npm/%40acme/parser@1.2.0', true, null, 'MIT', []],
      ['pkg:npm/tester@9.0.0', true, 'DEV', 'LGPL-3.0-only AND LicenseRef-own', []],
    ]);
    expect(document.packages[1]?.integrity).toBe('sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    expect(document.concluded.map(({ expression }) => expression)).toEqual(['MIT']);
    expect(document.notices).toEqual([]);
  });
  it('3.0 JSON-LD', () => {
    const document = read('shop-spdx-3.0.json');
    expect(document).toMatchObject({ kind: 'SPDX_JSON', formatVersion: '3.0.1' });
    expect(table(document)).toEqual([
      ['pkg:generic/shop@2.0.0', null, null, null, ['urn:example:a', 'urn:example:c']],
      ['pkg:npm/%40acme/parser@1.2.0', true, 'PROD', 'MIT', []],
      ['pkg:npm/tester@9.0.0', true, 'DEV', 'LGPL-3.0-only', []],
    ]);
    expect(document.concluded).toEqual([{ key: 'shop-spdx-3.0.json#urn:example:c', expression: 'MIT' }]);
  });
});

it.each([
  ['shop-cyclonedx-1.6.json', 'CYCLONEDX_JSON', '1.6'],
  ['shop-cyclonedx-1.4.xml', 'CYCLONEDX_XML', '1.4'],
  ['shop-spdx-2.3.json', 'SPDX_JSON', '2.3'],
  ['shop-spdx-2.2.spdx', 'SPDX_TAG_VALUE', '2.2'],
  ['shop-spdx-3.0.json', 'SPDX_JSON', '3.0.1'],
])('detects %s', (name, kind, version) => {
  expect(detectDocument(fixture(name))).toEqual({ kind, version });
});

it.each(['', '{}', '{"lockfileVersion":3}', '<bom/>', '# a file\n', 'lockfileVersion: 9', '[[package]]\nname = "a"', '\0\0'])('detects nothing in %j', (text) => {
  expect(detectDocument(Buffer.from(text))).toBeNull();
});

const shared = new URL('../../../../../../shared/data/sbom/', import.meta.url);
describe.runIf(existsSync(shared))('real documents', () => {
  const licenceShape = (document: ImportedDocument) => document.packages.filter(({ thirdParty, declaredLicence }) => thirdParty && declaredLicence !== null).length;
  it.each([
    ['CycloneDX__bom-examples__SBOM--juice-shop--v11.1.2--bom.json', 840, 803],
    ['CycloneDX__bom-examples__SBOM--proton-bridge--proton-bridge-v1.8.0.bom.json', 201, 193],
    ['CycloneDX__bom-examples__SBOM--cern-lhc-vdm-editor-e564943--bom.json', 43, 43],
    ['CycloneDX__bom-examples__VEX--bom.json', 3, 3],
    ['spdx__spdx-examples__software--example11--spdx2.3--sbom.spdx.json', 4, 0],
    ['spdx__spdx-examples__software--example8--spdx2.3--examplemaven-0.0.1.spdx.json', 6, 1],
    ['spdx__spdx-examples__software--example9--spdx3.0--appbomination.spdx3.json', 7, 4],
  ])('%s', (name, entryCount, licensed) => {
    const document = read(name, readFileSync(new URL(name, shared)));
    expect(document.counts.entryCount).toBe(entryCount);
    expect(licenceShape(document)).toBe(licensed);
    if (name.startsWith('CycloneDX')) expect(document.counts.packageCount).toBe(entryCount);
  });
});
