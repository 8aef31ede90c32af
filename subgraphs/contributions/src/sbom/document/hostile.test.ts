import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDocument } from './read.ts';

function problemOf(text: string | Uint8Array) {
  const read = readDocument({ name: 'f', bytes: Buffer.from(text) });
  if ('document' in read) throw new Error('it was read');
  return read.problems[0];
}
const cyclonedx = (rest: string, version = '1.6') => `{"bomFormat":"CycloneDX","specVersion":"${version}","version":1,\n${rest}}`;
const bom = (rest: string) => `<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1">\n${rest}</bom>`;
const spdx = (rest: object) => JSON.stringify({ spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name: 'x', creationInfo: { created: '2026-01-01T00:00:00Z', creators: ['Tool: x'] }, ...rest }, null, 1);

describe('a clear problem and its place', () => {
  it.each([
    ['nested lists', cyclonedx(`"components":${'['.repeat(5_000_000)}${']'.repeat(5_000_000)}`), 'LIMIT', 2, /nested/],
    ['nested objects', `{"spdxVersion":"SPDX-2.3","x":${'{"a":'.repeat(2_000_000)}`, 'LIMIT', 1, /nested/],
    ['nested elements', bom('<a>'.repeat(1_000_000)), 'LIMIT', 2, /nested/],
    ['a document type', `<!DOCTYPE bom [<!ENTITY a "${'a'.repeat(1_000)}"><!ENTITY b "&a;&a;">]>\n${bom('')}`, 'INVALID', 1, /document type/],
    ['a fetched entity', `<!DOCTYPE bom SYSTEM "http://localhost/x.dtd">\n${bom('')}`, 'INVALID', 1, /document type/],
    ['an entity', bom('<components><component type="library"><name>&b;</name></component></components>'), 'MALFORMED', 2, /entity/],
    ['a prototype', cyclonedx('"components":[],\n"__proto__":{"a":1}', '1.2'), 'INVALID', 3, /__proto__/],
    ['truncated JSON', cyclonedx('"components":[{"type":"library","na').slice(0, -1), 'MALFORMED', 2, /truncated/],
    ['truncated XML', bom('<components>').replace('</bom>', ''), 'MALFORMED', 2, /unclosed/],
    ['a truncated text', 'SPDXVersion: SPDX-2.2\nDocumentComment: <text>no end', 'MALFORMED', 2, /truncated/],
    ['no tag', 'SPDXVersion: SPDX-2.2\nwhat is this', 'MALFORMED', 2, /tag/],
    ['a wrong word', cyclonedx('"components":[{"type":"library","name":"a"},\n{"type":"librar","name":"b"}]'), 'INVALID', 3, /components\[1\]\.type .*allowed values/],
    ['a wrong word in XML', bom('<components>\n<component type="lib"><name>a</name></component></components>'), 'INVALID', 3, /components\[0\]\.type/],
    ['no name', spdx({ packages: [{ SPDXID: 'SPDXRef-a', downloadLocation: 'NONE' }] }), 'INVALID', 13, /packages\[0\] lacks name/],
    ['a wrong id', spdx({ packages: [{ SPDXID: 'a', name: 'a', downloadLocation: 'NONE' }] }), 'INVALID', 14, /SPDXRef/],
    ['SPDX 3 without a graph', '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":{}}', 'INVALID', 1, /@graph/],
    ['SPDX 3 with a broken element', '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"x"},\n{"type":"software_Package"}]}', 'INVALID', 2, /@graph\[1\]/],
    ['a path as a name', cyclonedx('"components":[{"type":"library","name":"../../etc/passwd"}]'), 'UNSAFE_NAME', 2, /path/],
    ['a path in a purl', cyclonedx('"components":[{"type":"library","name":"x","purl":"pkg:npm/..%2f..%2fetc"}]'), 'UNSAFE_NAME', 2, /path/],
    ['an absolute path', spdx({ packages: [{ SPDXID: 'SPDXRef-a', name: 'a', downloadLocation: 'NONE' }, { SPDXID: 'SPDXRef-b', name: '/etc/passwd', downloadLocation: 'NONE' }] }), 'UNSAFE_NAME', 18, /path/],
    ['control characters', cyclonedx('"components":[{"type":"library","name":"a\\u0007"}]'), 'UNSAFE_NAME', 2, /control/],
    ['a reserved name', cyclonedx('"components":[{"type":"library","name":"__proto__"}]'), 'UNSAFE_NAME', 2, /reserved/],
    ['a path as a version', cyclonedx('"components":[{"type":"library","name":"a","version":"../1"}]'), 'UNSAFE_NAME', 2, /version/],
    ['a future version', cyclonedx('"x":1', '1.9'), 'UNSUPPORTED_VERSION', 1, /1\.9/],
    ['an old version', '{"spdxVersion":\n"SPDX-2.1"}', 'UNSUPPORTED_VERSION', 2, /2\.1/],
    ['an old XML', '<bom xmlns="http://cyclonedx.org/schema/bom/1.1"/>', 'UNSUPPORTED_VERSION', 1, /1\.1/],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe]), 'MALFORMED', 1, /UTF-8/],
    ['nothing', '', 'MALFORMED', 1, /empty/],
    ['a lockfile', '{"lockfileVersion":3}', 'UNKNOWN_FORMAT', undefined, /no CycloneDX/],
    ['too much', Buffer.alloc(65 * 1024 * 1024, 32), 'LIMIT', undefined, /bytes/],
  ] as const)('%s', (_name, text, code, line, reason) => {
    const started = performance.now();
    const problem = problemOf(text);
    expect(problem).toMatchObject({ file: 'f', code, reason: expect.stringMatching(reason) });
    expect(problem.line).toBe(line);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

it('reads cycles, doubles and loose ends', () => {
  const read = readDocument({ name: 'f', bytes: Buffer.from(cyclonedx('"components":[{"type":"library","bom-ref":"a","name":"constructor"},{"type":"library","bom-ref":"b","name":"b"},{"type":"library","bom-ref":"b","name":"c","purl":"pkg:nonsense"}],"dependencies":[{"ref":"a","dependsOn":["b","a","gone"]},{"ref":"b","dependsOn":["a"]}]')) });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  expect(read.document.packages.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([['constructor', ['f#b']], ['b', ['f#a']], ['c', ['f#a']]]);
  expect(read.document.notices.map(({ code, path }) => [code, path])).toEqual([['INVALID', 'components[2]'], ['DANGLING_EDGE', 'components[0]'], ['INVALID', 'components[2]']]);
});

it('throws for no damage to any file', () => {
  const files = ['shop-cyclonedx-1.6.json', 'shop-cyclonedx-1.4.xml', 'shop-spdx-2.3.json', 'shop-spdx-2.2.spdx', 'shop-spdx-3.0.json'].map((name) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'));
  const cut = fc.record({ file: fc.constantFrom(...files), from: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(200), put: fc.oneof(fc.string(), fc.constantFrom('null', '[]', '{}', '""', '"__proto__"', '<', '&x;', '\n', '12', 'true')) });
  fc.assert(fc.property(cut, ({ file, from, length, put }) => {
    const at = Math.floor(from * file.length);
    const read = readDocument({ name: 'f', bytes: Buffer.from(file.slice(0, at) + put + file.slice(at + length)) });
    if ('problems' in read) expect(read.problems[0].reason).toMatch(/\.$/);
    else expect(read.document.packages.every(({ key, purl }) => key.startsWith('f#') && purl.startsWith('pkg:'))).toBe(true);
  }), { numRuns: 2_000 });
});
