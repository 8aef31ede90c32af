import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sbomLimits } from '../model.ts';
import { detectKind } from './detect.ts';
import { allFixtures, file, read, refusals } from './fixtures.ts';
import { parseLockfiles } from './parse.ts';

const lock = (packages: object, version: number = 3) => JSON.stringify({ lockfileVersion: version, packages: { '': {}, ...packages } }, null, 1);
const uv = (...packages: string[]) => ['version = 1', 'requires-python = ">=3"', ...packages.map((text) => `\n[[package]]\n${text}`)].join('\n');
const cargo = (...packages: string[]) => ['version = 4', ...packages.map((text) => `\n[[package]]\n${text}`)].join('\n');
const pnpm = (packages: string) => `lockfileVersion: '9.0'\nimporters:\n  .: {}\npackages:\n${packages}snapshots: {}\n`;
const berry = (entries: string) => `__metadata:\n  version: 8\n\n${entries}`;
const v1 = (entries: string) => `# yarn lockfile v1\n\n${entries}`;

describe('hostile files are refused with their position', () => {
  it.each<[string, string, string]>([
    // nesting
    ['package-lock.json', `{"lockfileVersion":3,"packages":${'['.repeat(10_000_000)}`, '1:232 LIMIT'],
    ['package-lock.json', `{"lockfileVersion":1,"dependencies":${'{"a":{"dependencies":'.repeat(400_000)}`, 'LIMIT'],
    ['uv.lock', `${uv()}\na = ${'['.repeat(10_000_000)}`, 'LIMIT'],
    ['uv.lock', `${uv()}\n[${'a.'.repeat(5_000_000)}b]`, '3:403 LIMIT'],
    ['pnpm-lock.yaml', `lockfileVersion: '9.0'\na: ${'['.repeat(5_000_000)}`, 'LIMIT'],
    ['pnpm-lock.yaml', `lockfileVersion: '9.0'\n${Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')}`, 'LIMIT'],
    ['yarn.lock', v1(Array.from({ length: 3000 }, (_, depth) => `${'  '.repeat(depth)}a:\n`).join('')), '9:13 LIMIT'],
    ['yarn.lock', berry(`a: ${'['.repeat(5_000_000)}`), 'LIMIT'],
    // aliases
    ['pnpm-lock.yaml', `lockfileVersion: '9.0'\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`, '3:9 LIMIT'],
    ['yarn.lock', berry('a: &a [x]\nb: [*a, *a]\n'), '5:6 LIMIT'],
    // tags
    ['pnpm-lock.yaml', "lockfileVersion: '9.0'\na: !!js/function 'x'\n", 'MALFORMED'],
    // cut off
    ['package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' } }).slice(0, -20), 'MALFORMED The JSON ends before it is complete'],
    ['package-lock.json', '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a', 'MALFORMED The JSON ends before it is complete'],
    ['uv.lock', uv('name = "a"\nversion = "1').trim(), 'MALFORMED'],
    ['Cargo.lock', cargo('name = "a"'), 'package[0].version must be text, not missing'],
    ['go.sum', 'a.example/b v1.0.0 h1:aaaa=\na.example/b v1.', '2:1 MALFORMED'],
    ['yarn.lock', v1('a@^1:\n  version "1.0.0"\n  dependencies:\n    b'), 'MALFORMED'],
    ['yarn.lock', v1('a@^1:\n'), '3:1 INVALID'],
    // names
    ['package-lock.json', lock({ 'node_modules/../../etc/passwd': { version: '1.0.0' } }), 'UNSAFE_NAME The name "../../etc/passwd" is a path'],
    ['package-lock.json', lock({ 'node_modules/__proto__': { version: '1.0.0' } }), '5:3 UNSAFE_NAME The name "__proto__"'],
    ['package-lock.json', lock({ 'node_modules/a': { name: 'a\u001b[31m', version: '1.0.0' } }), 'control characters'],
    ['package-lock.json', lock({ 'node_modules/a': { name: '/etc/passwd', version: '1.0.0' } }), 'UNSAFE_NAME'],
    ['package-lock.json', lock({ 'node_modules/a': { name: 'C:\\a', version: '1.0.0' } }), 'UNSAFE_NAME'],
    ['package-lock.json', lock({ 'node_modules/a': { version: '../1' } }), 'The version "../1" of "a" is no version'],
    ['package-lock.json', lock({ [`node_modules/${'a'.repeat(600)}`]: { version: '1.0.0' } }), 'longer than 512'],
    ['package-lock.json', lock({ [`node_modules/${'a/'.repeat(600)}`]: { version: '1.0.0' } }), 'LIMIT'],
    ['package-lock.json', lock({ 'node_modules/a': { link: true } }), '"resolved"'],
    ['uv.lock', uv('name = "../a"\nversion = "1"'), '5:1 UNSAFE_NAME'],
    ['uv.lock', uv('name = "__proto__"\nversion = "1"'), 'UNSAFE_NAME'],
    ['Cargo.lock', cargo('name = "a/b"\nversion = "1.0.0"\nsource = "registry+x"'), 'UNSAFE_NAME'],
    ['go.sum', '../../x v1.0.0 h1:aaaa=\n', '1:1 UNSAFE_NAME'],
    ['pnpm-lock.yaml', pnpm("  '../a@1.0.0':\n    resolution: {integrity: x}\n"), 'UNSAFE_NAME'],
    ['pnpm-lock.yaml', pnpm('  __proto__@1.0.0:\n    resolution: {integrity: x}\n'), 'UNSAFE_NAME'],
    ['yarn.lock', v1('"__proto__@^1":\n  version "1.0.0"\n'), 'UNSAFE_NAME'],
    ['yarn.lock', v1('a@^1:\n  version "1.0.0"\n  dependencies:\n    __proto__ "^1"\n'), '6: UNSAFE_NAME'],
    ['yarn.lock', berry('"__proto__@npm:1":\n  version: 1\n  resolution: "__proto__@npm:1"\n'), 'UNSAFE_NAME'],
    // shapes
    ['package-lock.json', '{"lockfileVersion":3,"packages":[]}', 'INVALID packages is not a table'],
    ['package-lock.json', '{"lockfileVersion":3,"packages":{"":7}}', '1:34 INVALID packages[""]'],
    ['package-lock.json', lock({ 'node_modules/a': { version: '1', dependencies: 'x' } }), 'INVALID'],
    ['package-lock.json', '{"lockfileVersion":1,"dependencies":{"a":[]}}', 'INVALID'],
    ['uv.lock', 'version = 1\nrequires-python = "x"\npackage = 7', 'package is not a list'],
    ['uv.lock', uv('name = "a"\nversion = "1"', 'name = "a"\nversion = "1"'), 'stands in the lock twice'],
    ['pnpm-lock.yaml', "lockfileVersion: '9.0'\nimporters: x\n", 'importers is not a table'],
    ['pnpm-lock.yaml', "lockfileVersion: '9.0'\nsnapshots:\n  a@1: {}\n", 'belongs to no package'],
    ['go.sum', 'a.example/b v1.0.0 h1:aaaa=\na.example/b v1.0.0 h1:bbbb=\n', '2:1 INVALID The file has two hashes'],
    ['requirements.txt', 'a==1\n-r other.txt\n', '2:1 USAGE The file includes other.txt'],
    ['requirements.txt', 'a==1\n?!\n', '2:1 MALFORMED'],
    ['requirements.txt', `a==1\nhttps://x${' '.repeat(5_000_000)}y`, '2:1 LIMIT'],
    ['requirements.txt', `a==1\nb ${'===1,'.repeat(800)}x`, '2:1 MALFORMED'],
    ['yarn.lock', v1(`${Array.from({ length: 1_000_000 }, (_, index) => `a@${index}`).join(', ')}:\n  version "1"\n`), '3:1 LIMIT'],
    ['package-lock.json', lock({ '': { dependencies: Object.fromEntries(Array.from({ length: 2_000_001 }, (_, index) => [`a${index}`, '1'])) } }), 'LIMIT'],
    ['x', `${'\n'.repeat(1_900_000)}x y`, 'UNKNOWN_FORMAT'],
    // bytes
    ['package-lock.json', '', '1:1 MALFORMED The file is empty'],
    ['package-lock.json', '{"lockfileVersion":3\n,"a":"\u0000"}', '2:7 MALFORMED The file holds a NUL'],
    ['x', 'hello world\n', '1:1 UNKNOWN_FORMAT'],
  ])('%s, case %#', (name, text, expected) => {
    const started = performance.now();
    const found = refusals([file(name, text)]);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('refuses what is too large, not UTF-8, given twice or nothing at all', () => {
    expect(refusals([{ name: 'a', bytes: new Uint8Array(sbomLimits.bytes + 1) }])[0]).toContain('LIMIT');
    expect(refusals([{ name: 'uv.lock', bytes: Uint8Array.from([0x61, 0x0a, 0x62, 0xff]) }])).toEqual(['uv.lock:2:2 MALFORMED The file is not UTF-8.']);
    expect(refusals([file('go.sum', 'a.example/b v1.0.0 h1:aaaa=\n'), file('./go.sum', 'x')])[0]).toContain('handed in twice');
    expect(refusals([])[0]).toContain('USAGE');
    expect(refusals([file('package.json', '{"name":"a","dependencies":{}}')])[0]).toContain('This is a manifest');
    expect(refusals([file('go.sum', `a${'\n'.repeat(2_000_001)}`)])[0]).toContain('LIMIT');
    expect(refusals([file('package-lock.json', `{"lockfileVersion":3,"a":[${'{},'.repeat(2_000_000)}0]}`)])[0]).toContain('LIMIT');
    const many = Object.fromEntries(Array.from({ length: sbomLimits.packages + 1 }, (_, index) => [`node_modules/p${index}`, { version: '1.0.0' }]));
    expect(refusals([file('package-lock.json', lock(many))])[0]).toContain(`at most ${sbomLimits.packages}`);
  });

  it('lists every bad name up to the limit, and nothing of a good file beside it', () => {
    const bad = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`node_modules/p ${index}`, { version: '1.0.0' }]));
    const parsed = parseLockfiles([file('package-lock.json', lock(bad)), file('go.sum', 'a.example/b v1.0.0 h1:aaaa=\n')]);
    expect('problems' in parsed && parsed.problems).toHaveLength(sbomLimits.problems);
    expect('problems' in parsed && parsed.problems.at(-1)!.reason).toMatch(/more problems like these/);
  });
});

describe('odd but right', () => {
  it('takes prototype words as the names they may be', () => {
    const document = read([file('package-lock.json', lock({ '': { dependencies: { constructor: '1', 'has-own-property': '1' } }, 'node_modules/constructor': { version: '1.0.0', dependencies: { toString: '1' } }, 'node_modules/toString': { version: '1.0.0' }, 'node_modules/has-own-property': { version: '1.0.0' } }))]);
    expect(document.counts).toMatchObject({ packageCount: 3, directCount: 2 });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const yarn = read([file('yarn.lock', v1('constructor@^1:\n  version "1.0.0"\n  dependencies:\n    valueOf "^1"\n'))]);
    expect(yarn.notices).toMatchObject([{ code: 'DANGLING_EDGE' }]);
  });

  it('never lets a key of a file reach a prototype', () => {
    const text = '{"lockfileVersion":3,"__proto__":{"polluted":1},"packages":{"":{"__proto__":{"link":true},"dependencies":{"__proto__":"1"}}}}';
    expect(refusals([file('package-lock.json', text)])[0]).toContain('OUT_OF_STEP');
    parseLockfiles([file('uv.lock', `${uv()}\n[__proto__]\npolluted = 1\n[constructor.prototype]\npolluted = 1\n`)]);
    parseLockfiles([file('pnpm-lock.yaml', "lockfileVersion: '9.0'\n__proto__:\n  polluted: 1\n")]);
    parseLockfiles([file('yarn.lock', berry('__proto__:\n  polluted: 1\n'))]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('follows cycles and chains of 10,000', () => {
    const chain = (next: (index: number) => object) => Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`node_modules/p${index}`, next(index)]));
    const npm = read([file('package-lock.json', lock({ '': { dependencies: { p0: '1' } }, ...chain((index) => ({ version: '1.0.0', dependencies: { [`p${(index + 1) % 10_000}`]: '1' } })) }))]);
    expect(npm.counts).toMatchObject({ packageCount: 10_000, directCount: 1, prodCount: 10_000 });
    const python = read([file('uv.lock', uv('name = "root"\nversion = "1"\nsource = { editable = "." }\ndependencies = [{ name = "p0" }]', ...Array.from({ length: 10_000 }, (_, index) => `name = "p${index}"\nversion = "1"\nsource = { registry = "r" }\ndependencies = [{ name = "p${(index + 1) % 10_000}" }]`)))]);
    expect(python.counts).toMatchObject({ packageCount: 10_000, directCount: 1, prodCount: 10_000 });
  });

  it('refuses edges that multiply instead of walking them', () => {
    const versions = Array.from({ length: 20_000 }, (_, index) => `name = "p"\nversion = "${index}"\nsource = { registry = "r" }\ndependencies = [{ name = "p" }]`);
    expect(refusals([file('uv.lock', uv(...versions))])[0]).toContain('LIMIT');
    const poetry = `content-hash = "x"\n${Array.from({ length: 3000 }, (_, index) => `[[package]]\nname = "p"\nversion = "${index}"\n[package.dependencies]\np = "*"\n`).join('')}`;
    expect(refusals([file('poetry.lock', poetry)])[0]).toContain('LIMIT');
  });
});

describe('whatever the bytes', () => {
  const samples = allFixtures();
  const answers = (name: string, bytes: Uint8Array) => {
    const parsed = parseLockfiles([{ name, bytes }], []);
    if (!('problems' in parsed)) return parsed.packages.every(({ purl }) => purl.startsWith('pkg:'));
    return parsed.problems.length > 0 && parsed.problems.every(({ reason }) => reason.length > 10);
  };

  it('arbitrary bytes and texts are answered', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => answers('x', bytes)));
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => answers('x', new TextEncoder().encode(text))));
  });

  it('cut, repeated and changed lockfiles are answered', () => {
    const change = fc.record({ sample: fc.nat(samples.length - 1), at: fc.nat(10_000), length: fc.nat(40), put: fc.oneof(fc.constantFrom('', '"', '{', '[', ']', '\n', ':', '  ', 'null', '-1', '__proto__', '..', '\\', '&a ', '*a', '\u202e'), fc.string({ maxLength: 8 })) });
    fc.assert(fc.property(change, ({ sample, at, length, put }) => {
      const { name, bytes } = samples[sample]!;
      const start = at % bytes.length;
      return answers(name, Buffer.concat([bytes.subarray(0, start), Buffer.from(put), bytes.subarray(start + length)]));
    }), { numRuns: 2000 });
  });

  it('changed manifests are answered too', () => {
    const locks = samples.filter(({ name, bytes }) => /lock|sum|txt/.test(name) && detectKind(name, bytes) !== null);
    const others = samples.filter((one) => !locks.includes(one));
    const change = fc.record({ lock: fc.nat(locks.length - 1), manifest: fc.nat(others.length - 1), at: fc.nat(2000), length: fc.nat(20), put: fc.string({ maxLength: 6 }) });
    fc.assert(fc.property(change, ({ lock: chosen, manifest, at, length, put }) => {
      const { name, bytes } = others[manifest]!;
      const start = at % bytes.length;
      const parsed = parseLockfiles([locks[chosen]!], [{ name, bytes: Buffer.concat([bytes.subarray(0, start), Buffer.from(put), bytes.subarray(start + length)]) }]);
      return !('problems' in parsed) || parsed.problems.length > 0;
    }), { numRuns: 1000 });
  });
});

describe('size', () => {
  const count = 20_000;
  const each = (text: (index: number, next: number) => string) => Array.from({ length: count }, (_, index) => text(index, (index * 7 + 1) % count)).join('');
  it.each<[string, string]>([
    ['package-lock.json', lock(Object.fromEntries(Array.from({ length: count }, (_, index) => [`node_modules/@scope/p${index}`, { version: '1.0.0', resolved: `https://registry.example/@scope/p${index}/-/p${index}-1.0.0.tgz`, integrity: 'sha512-aaaaaaaaaaaaaaaaaaaaaaaaaaaa', license: 'MIT', dependencies: { [`@scope/p${(index * 7 + 1) % count}`]: '^1.0.0' } }])))],
    ['yarn.lock', v1(each((index, next) => `"@scope/p${index}@^1.0.0":\n  version "1.0.0"\n  resolved "https://registry.example/@scope/p${index}/-/p-1.0.0.tgz"\n  integrity sha512-aa==\n  dependencies:\n    "@scope/p${next}" "^1.0.0"\n\n`))],
    ['yarn.lock', berry(each((index, next) => `"@scope/p${index}@npm:^1.0.0":\n  version: 1.0.0\n  resolution: "@scope/p${index}@npm:1.0.0"\n  dependencies:\n    "@scope/p${next}": "npm:^1.0.0"\n  checksum: 10c0/aa\n  languageName: node\n  linkType: hard\n\n`))],
    ['pnpm-lock.yaml', `lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      '@scope/p0':\n        specifier: ^1.0.0\n        version: 1.0.0\npackages:\n${each((index) => `  '@scope/p${index}@1.0.0':\n    resolution: {integrity: sha512-aa==}\n`)}snapshots:\n${each((index, next) => `  '@scope/p${index}@1.0.0':\n    dependencies:\n      '@scope/p${next}': 1.0.0\n`)}`],
    ['uv.lock', uv(...Array.from({ length: count }, (_, index) => `name = "p${index}"\nversion = "1.0"\nsource = { registry = "https://registry.example/simple" }\ndependencies = [{ name = "p${(index * 7 + 1) % count}" }]\nsdist = { url = "https://files.example/p.tar.gz", hash = "sha256:aa", size = 1 }`))],
    ['Cargo.lock', cargo(...Array.from({ length: count }, (_, index) => `name = "p${index}"\nversion = "1.0.0"\nsource = "registry+https://code.example/index"\nchecksum = "aa"\ndependencies = [\n "p${(index * 7 + 1) % count}",\n]`))],
    ['go.sum', each((index) => `code.example/p${index} v1.0.0 h1:PJZzG1zTA8SzMR1giJ7XnQe4VjfDWEbJjHnIaK45BFg=\n`)],
    ['requirements.txt', each((index, next) => `p${index}==1.0 \\\n    --hash=sha256:aa\n    # via p${next}\n`)],
  ])('%s with 20,000 packages is read in under two seconds', (name, text) => {
    const started = performance.now();
    expect(read([file(name, text)]).counts.packageCount).toBe(count);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
