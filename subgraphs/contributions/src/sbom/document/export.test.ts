import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateLicence } from '../../licence/evaluate.ts';
import { contentDigest } from '../digest.ts';
import { purlOf } from '../lockfile/names.ts';
import { parseLockfiles } from '../lockfile/parse.ts';
import { countPackages } from '../model.ts';
import type { PackageFlag, ParsedDocument, SbomPackage } from '../model.ts';
import type { ConcludedLicence, ImportedDocument } from './assemble.ts';
import { toCycloneDx16 } from './export-cyclonedx.ts';
import { toSpdx23 } from './export-spdx.ts';
import { readDocument } from './read.ts';
import type { ExportSnapshot } from './snapshot.ts';
import { checkSpdx } from './spdx-check.ts';

const validator = new JsonStrictValidator(Version.v1dot6);
function read(name: string, bytes: Uint8Array): ImportedDocument {
  const result = readDocument({ name, bytes });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document;
}
const conclusions = (concluded: readonly ConcludedLicence[]) => concluded.map(({ expression }) => evaluateLicence(expression).expression ?? expression).toSorted();
/** Writes the snapshot in both formats, validates and reads them again: the same packages, edges, counts, conclusions. */
async function roundTrip(document: ParsedDocument & { readonly concluded?: readonly ConcludedLicence[] }): Promise<void> {
  const snapshot: ExportSnapshot = { name: 'warehouse', packages: document.packages, entryCount: document.counts.entryCount, concluded: document.concluded };
  for (const write of [toCycloneDx16, toSpdx23]) {
    const text = write(snapshot);
    if (write === toCycloneDx16) expect(await validator.validate(text)).toBeNull();
    else expect(checkSpdx(JSON.parse(text), { strict: true })).toEqual([]);
    expect(write({ ...snapshot, packages: document.packages.toReversed() })).toBe(text);
    const again = read('again.json', Buffer.from(text));
    expect(contentDigest(again.packages)).toBe(contentDigest(document.packages));
    expect(again.counts).toEqual(document.counts);
    expect(conclusions(again.concluded)).toEqual(conclusions(document.concluded ?? []));
    expect(again.notices).toEqual([]);
  }
}

describe('fixtures', () => {
  it.each(readdirSync(new URL('fixtures', import.meta.url)))('%s', async (name) => {
    await roundTrip(read(name, readFileSync(new URL(`fixtures/${name}`, import.meta.url))));
  });
});

const shared = new URL('../../../../../../shared/data/', import.meta.url);
const list = (folder: string) => (existsSync(shared) ? readdirSync(new URL(folder, shared)).filter((name) => !/README|SOURCES|truth|manifests/.test(name)) : ['none']);
describe.runIf(existsSync(shared))('real documents', () => {
  it.each(list('sbom/'))('%s', async (name) => {
    await roundTrip(read(name, readFileSync(new URL(`sbom/${name}`, shared))));
  });
});
describe.runIf(existsSync(shared))('real lockfiles', () => {
  it.each(list('lockfiles/'))('%s', async (file) => {
    const last = file.split(/__|--/).at(-1) ?? file;
    const parsed = parseLockfiles([{ name: last === 'main.txt' ? 'requirements.txt' : last, bytes: readFileSync(new URL(`lockfiles/${file}`, shared)) }]);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    await roundTrip(parsed);
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const licence = fc.oneof(fc.constantFrom('MIT', 'mit', 'GPL-2.0', 'GPL-2.0+', '(MIT OR Apache-2.0)', 'GPL-2.0-only WITH Classpath-exception-2.0', 'LicenseRef-x', 'DocumentRef-a:LicenseRef-b', 'MIT WITH AdditionRef-y', 'UNLICENSED', 'SEE LICENSE IN X', 'NONE', 'MIT/X11', 'a "quoted" licence'), fc.string({ minLength: 1 }).map((text) => text.trim()).filter((text) => text !== '' && text !== 'NOASSERTION' && text.isWellFormed()));
const one = fc.record({
  name: fc.oneof(word, fc.tuple(word, word).map(([scope, name]) => `@${scope}/${name}`)),
  version: fc.stringMatching(/^\d{1,3}\.\d{1,3}\.\d{1,3}(-[a-z]{1,5})?(\+[a-z]{1,3})?$/),
  alias: maybe(word), direct: maybe(fc.boolean()), scope: maybe(fc.constantFrom('PROD' as const, 'DEV' as const)),
  flags: fc.uniqueArray(fc.constantFrom<PackageFlag>('OPTIONAL', 'PEER', 'BUNDLED', 'DEV_OPTIONAL', 'DEPRECATED', 'PATCHED')),
  source: fc.oneof(fc.constantFrom({ kind: 'REGISTRY' as const }, { kind: 'PATH' as const, location: '../x y' }), fc.webUrl().map((location) => ({ kind: 'GIT' as const, location }))),
  integrity: maybe(fc.constantFrom('sha512-MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==', 'sha1-oops', 'h1:abc=', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'sha256:short')),
  path: maybe(fc.constantFrom('node_modules/a', 'packages/x y')), declaredLicence: maybe(licence), thirdParty: fc.boolean(), hasEdges: fc.boolean(),
});
const snapshot = fc.tuple(fc.array(one, { maxLength: 8 }), fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 12 })).map(([ones, edges]): SbomPackage[] => ones.map(({ hasEdges, ...rest }, n) => ({
  ...rest,
  key: `lock#${n}`,
  purl: purlOf('npm', rest.name, rest.version, rest.source),
  ecosystem: 'npm',
  dev: rest.scope === null ? null : rest.scope === 'DEV',
  licenceSource: rest.declaredLicence === null ? null : 'LOCKFILE',
  dependsOn: hasEdges ? [...new Set(edges.flatMap(([from, to]) => (from === n && to !== n && to < ones.length ? [`lock#${to}`] : [])))] : null,
})));

it('any snapshot reads the same again', async () => {
  await fc.assert(fc.asyncProperty(snapshot, async (packages) => {
    await roundTrip({ kind: 'PACKAGE_LOCK', formatVersion: '3', files: [], packages, counts: countPackages(packages), notices: [] });
  }), { numRuns: 300 });
});

it('names a time only when it is given one', () => {
  const bare = { name: 'x', packages: [] };
  expect(JSON.parse(toCycloneDx16(bare)).metadata.timestamp).toBeUndefined();
  expect(JSON.parse(toSpdx23(bare)).creationInfo.created).toBe('1970-01-01T00:00:00Z');
  const taken = { ...bare, takenAt: new Date('2026-11-21T04:00:00.123Z') };
  expect(JSON.parse(toCycloneDx16(taken)).metadata.timestamp).toBe('2026-11-21T04:00:00.123Z');
  expect(JSON.parse(toSpdx23(taken)).creationInfo.created).toBe('2026-11-21T04:00:00Z');
});

describe('the strict check of SPDX', () => {
  const whole = () => JSON.parse(toSpdx23({ name: 'x', packages: [] })) as Record<string, unknown>;
  it.each([
    [{ spdxVersion: undefined }, 'lacks spdxVersion'],
    [{ extra: 1 }, 'is not known'],
    [{ documentNamespace: 'has space' }, 'URI'],
    [{ creationInfo: { created: 'today', creators: [] } }, 'must be a time'],
    [{ relationships: [{ spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'LIKES', relatedSpdxElement: 'NONE' }] }, 'one of'],
    [{ relationships: [{ spdxElementId: 'SPDXRef-gone', relationshipType: 'DEPENDS_ON', relatedSpdxElement: 'NONE' }] }, 'SPDXRef-gone'],
    [{ packages: [{ SPDXID: 'SPDXRef-a', name: 'a', downloadLocation: 'NONE', licenseDeclared: 'LicenseRef-z' }] }, 'LicenseRef-z'],
    [{ packages: [{ SPDXID: 'SPDXRef-DOCUMENT', name: 'a', downloadLocation: 'NONE' }], relationships: [] }, 'twice'],
    [{ packages: [{ SPDXID: 'SPDXRef-a', name: 'a', downloadLocation: 'NONE', filesAnalyzed: 'no' }] }, 'true or false'],
  ])('refuses %j', (change, reason) => {
    const faults = checkSpdx(JSON.parse(JSON.stringify({ ...whole(), ...change })), { strict: true });
    expect(faults.map((fault) => fault.reason).join()).toContain(reason);
  });
});
