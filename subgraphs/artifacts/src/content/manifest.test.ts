import { createHash } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { encode, rfc8949EncodeOptions } from 'cborg';
import { cdeDecodeOptions, cdeEncodeOptions, decode as decodeByOther, encode as encodeByOther } from 'cbor2';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHasher, hashStream } from './digest.ts';
import { ManifestError, decodeManifest, encodeManifest, manifestDigest, type Manifest, type ManifestFile } from './manifest.ts';
import { pathProblem } from './path.ts';

function fileOf(path: string, content = path): ManifestFile {
  const hasher = createHasher();
  hasher.update(Buffer.from(content));
  return { path, size: hasher.size, ...hasher.digest() };
}

const golden: Manifest = {
  schema: 'guide-board.run.v1',
  metadata: { run_id: 'gb-1', counts: { b: 2, a: 1.5 }, paths: ['z', 'a', 'ä'], none: null, yes: true },
  files: [fileOf('reports/summary.md'), fileOf('run.json'), fileOf('ä.txt'), fileOf('Z'), fileOf('reports-2')],
};

test('the digest of a known manifest stays what it is', () => {
  expect(manifestDigest(encodeManifest(golden))).toBe('blake3:10f712357cd6b1492b2fa2cbbc96d2b21e3006dd6c3a7ae34294611fede701d1');
});

test('files are sorted by the bytes of their paths', () => {
  const paths = ['a/b', 'a-b', 'a', '\u{10000}', '\uff01', 'B'].filter((path) => path !== 'a');
  expect(decodeManifest(encodeManifest({ ...golden, files: paths.map((path) => fileOf(path)) })).files.map(({ path }) => path)).toEqual(['B', 'a-b', 'a/b', '\uff01', '\u{10000}']);
});

test.for([0, 1, 23, 24, 255, 256, 300, 70_000])('a manifest of %d files is what an encoder makes of it at once', (count) => {
  const one = fileOf('a');
  const files = Array.from({ length: count }, (_, index) => ({ ...one, path: `f${String(index).padStart(6, '0')}` }));
  const entries = files.map(({ path, size, sha256, blake3: other }) => ({ path, size, sha256: Buffer.from(sha256, 'hex'), blake3: Buffer.from(other.slice(7), 'hex') }));
  const whole = encode({ format: 'hubgraph.artifact-manifest.v1', schema: null, metadata: { a: 1 }, files: entries }, rfc8949EncodeOptions);
  expect(Buffer.compare(encodeManifest({ schema: null, metadata: { a: 1 }, files: files.toReversed() }), whole)).toBe(0);
});

/** As the graph and PostgreSQL hand it on. */
const json = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }).map((key) => key.normalize('NFC')).filter((key) => key !== '__proto__' && !key.includes('\0')), fc.oneof(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number)), fc.boolean(), fc.constant(null), fc.array(fc.integer(), { maxLength: 30 })), { noNullPrototype: true });
const paths = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((path) => pathProblem(path) === null && !path.includes('/')), { minLength: 1, maxLength: 12 });

test('the order of files and keys does not matter, another strict decoder agrees, and reading gives the same back', () => {
  fc.assert(fc.property(json, paths, (metadata, names) => {
    const files = names.map((path) => fileOf(path));
    const bytes = encodeManifest({ schema: null, metadata, files });
    const turned = Object.fromEntries(Object.entries(metadata).toReversed());
    expect(encodeManifest({ schema: null, metadata: turned, files: files.toReversed() })).toEqual(bytes);
    expect(encodeManifest(decodeManifest(bytes))).toEqual(bytes);
    const other = decodeByOther<{ files: { path: string; sha256: Uint8Array; blake3: Uint8Array }[] }>(bytes, cdeDecodeOptions);
    expect(other.files.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
    const plain = other.files.map((file) => ({ ...file, sha256: new Uint8Array(file.sha256), blake3: new Uint8Array(file.blake3) })); // it writes a Buffer as a tagged array
    expect(Buffer.from(encodeByOther({ ...other, files: plain }, cdeEncodeOptions)).equals(bytes)).toBe(true);
    expect(manifestDigest(bytes)).toBe(`blake3:${Buffer.from(blake3(bytes)).toString('hex')}`);
  }), { numRuns: 200 });
});

test('-0 is 0; fractions stay', () => {
  expect(encodeManifest({ ...golden, metadata: { a: -0 } })).toEqual(encodeManifest({ ...golden, metadata: { a: 0 } }));
  expect(decodeManifest(encodeManifest({ ...golden, metadata: { a: 0.1, b: -1.5e-300, c: 5e-324, d: Number.MAX_SAFE_INTEGER } })).metadata).toEqual({ a: 0.1, b: -1.5e-300, c: 5e-324, d: Number.MAX_SAFE_INTEGER });
});

test.for<[string, unknown]>([
  ['a huge integer', 2 ** 53], ['a huge integer as a float', 1e300], ['a bigint', 1n], ['NaN', NaN], ['infinity', -Infinity], ['undefined', undefined], ['a date', new Date(0)], ['bytes', new Uint8Array(1)], ['a map', new Map()],
  ['a lone surrogate', 'a\ud800'], ['a NUL', 'a\0'], ['a key not in NFC', { 'e\u0301': 1 }], ['a key that is __proto__', JSON.parse('{"__proto__":1}')], ['a key with a NUL', { 'a\0': 1 }],
  ['33 levels', JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`)], ['very many values', new Array(100_001).fill(0)],
])('metadata with %s are refused', ([, value]) => {
  expect(() => encodeManifest({ ...golden, metadata: { value } })).toThrow(ManifestError);
});

test.for<[string, Partial<ManifestFile>]>([
  ['a hostile path', { path: '../a' }], ['no size', { size: -1 }], ['a fraction of a byte', { size: 0.5 }], ['a short sha256', { sha256: 'ab' }], ['capitals', { sha256: 'A'.repeat(64) }], ['a bare blake3', { blake3: 'a'.repeat(64) }],
])('a file with %s is refused', ([, part]) => {
  expect(() => encodeManifest({ ...golden, files: [{ ...fileOf('a'), ...part }] })).toThrow(ManifestError);
});

test('files that cannot be in one folder are refused', () => {
  expect(() => encodeManifest({ ...golden, files: [fileOf('a'), fileOf('a')] })).toThrow('a is there twice');
  expect(() => encodeManifest({ ...golden, files: [fileOf('a/b'), fileOf('a')] })).toThrow('a file and a folder');
});

test('only canonical bytes are read', () => {
  const bytes = Buffer.from(encodeManifest(golden));
  const [first, second] = [fileOf('a'), fileOf('b')].map(({ path, size, sha256, blake3: other }) => ({ path, size, sha256: Buffer.from(sha256, 'hex'), blake3: Buffer.from(other.slice(7), 'hex') }));
  const unsorted = encode({ format: 'hubgraph.artifact-manifest.v1', schema: null, metadata: {}, files: [second, first] });
  for (const wrong of [Buffer.alloc(0), bytes.subarray(1), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.from([0])]), Buffer.from('{}'), encode({ format: 'x' }), encode([]), encode(null), encode('a'), unsorted, Buffer.from([0xbf, 0xff])]) {
    expect(() => decodeManifest(wrong)).toThrow(ManifestError);
  }
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const other = Buffer.from(bytes);
    other[at] = (other[at] as number) ^ by;
    try {
      expect(manifestDigest(encodeManifest(decodeManifest(other)))).not.toBe(manifestDigest(bytes));
    } catch (error) {
      expect(error).toBeInstanceOf(ManifestError);
    }
  }), { numRuns: 500 });
});

test('both digests agree with other implementations, in whatever pieces the bytes come', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 5 }), async (pieces) => {
    const all = Buffer.concat(pieces);
    async function* source() {
      yield* pieces;
    }
    expect(await hashStream(source())).toEqual({ size: all.length, sha256: createHash('sha256').update(all).digest('hex'), blake3: `blake3:${Buffer.from(blake3(all)).toString('hex')}` });
  }));
});
