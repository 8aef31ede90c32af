import { describe, expect, it } from 'vitest';
import type { SbomCounts } from '../model.ts';
import { detectKind } from './detect.ts';
import { file, fixture, named, read, refusals } from './fixtures.ts';

const counts = (entryCount: number, packageCount: number, direct: readonly [number, number] | null, scopes: readonly [number, number, number] | null, unknown = packageCount): SbomCounts => ({
  entryCount, packageCount, directCount: direct?.[0] ?? null, transitiveCount: direct?.[1] ?? null,
  prodCount: scopes?.[0] ?? null, devCount: scopes?.[1] ?? null, unknownScopeCount: scopes?.[2] ?? unknown,
});

describe('counts made by hand', () => {
  it.each<[string, string, string[], SbomCounts]>([
    ['npm-v3', 'package-lock.json', [], counts(8, 7, [5, 3], [5, 3, 0])],
    ['npm-v3', 'package-lock.json', ['package.json'], counts(8, 7, [5, 3], [5, 3, 0])],
    ['npm-v2', 'package-lock.json', [], counts(2, 2, [1, 1], [2, 0, 0])],
    ['npm-v1', 'package-lock.json', [], counts(5, 5, null, [3, 2, 0])],
    ['npm-v1', 'package-lock.json', ['package.json'], counts(5, 5, [3, 2], [3, 2, 0])],
    ['yarn-v1', 'yarn.lock', [], counts(7, 6, null, null, 7)],
    ['yarn-v1', 'yarn.lock', ['package.json'], counts(7, 6, null, [3, 0, 4])],
    ['yarn-v1', 'yarn.lock', ['package.json', 'packages/util/package.json'], counts(7, 6, [4, 3], [5, 2, 0])],
    ['yarn-berry', 'yarn.lock', [], counts(8, 5, [4, 1], null)],
    ['yarn-berry', 'yarn.lock', ['package.json'], counts(8, 5, [4, 1], null)],
    ['yarn-berry', 'yarn.lock', ['package.json', 'packages/util/package.json'], counts(8, 5, [4, 1], [4, 1, 0])],
    ['pnpm', 'pnpm-lock.yaml', [], counts(6, 6, [4, 2], [3, 3, 0])],
    ['pnpm', 'pnpm-lock.yaml', ['package.json'], counts(6, 6, [4, 2], [3, 3, 0])],
    ['uv', 'uv.lock', ['pyproject.toml'], counts(10, 8, [6, 2], [4, 4, 0])],
    ['cargo', 'Cargo.lock', ['Cargo.toml'], counts(9, 7, [5, 2], null)],
    ['cargo', 'Cargo.lock', ['Cargo.toml', 'util/Cargo.toml'], counts(9, 7, [5, 2], [5, 2, 0])],
    ['go', 'go.sum', [], counts(7, 3, null, null)],
    ['go', 'go.sum', ['go.mod'], counts(7, 3, [2, 1], null)],
    ['requirements', 'main.txt', [], counts(5, 5, [4, 1], null)],
    ['requirements', 'main.txt', ['main.in', 'base.in'], counts(5, 5, [4, 1], null)],
    ['poetry', 'poetry.lock', [], counts(4, 4, null, null)],
    ['poetry', 'poetry.lock', ['pyproject.toml'], counts(4, 4, [3, 1], [2, 2, 0])],
  ])('%s: %s with %j', (name, lock, manifests, expected) => {
    expect(read(fixture(name, lock), fixture(name, ...manifests)).counts).toEqual(expected);
  });

  it('several lockfiles of one repository are one snapshot', () => {
    const [lock] = fixture('npm-v3', 'package-lock.json');
    const both = read([{ ...lock!, name: './web/package-lock.json' }, ...fixture('cargo', 'Cargo.lock')]);
    expect(both.counts).toEqual(counts(17, 14, [10, 5], [5, 3, 7]));
    expect(both).toMatchObject({ kind: 'LOCKFILES', formatVersion: null, files: [{ name: 'web/package-lock.json', kind: 'PACKAGE_LOCK', formatVersion: '3' }, { name: 'Cargo.lock', kind: 'CARGO_LOCK', formatVersion: '4' }] });
    expect(both.packages[1]!.key).toBe('web/package-lock.json#node_modules/left');
  });

  it('a manifest belongs to the lock in the nearest folder above it', () => {
    const at = (folder: string, name: string) => fixture('npm-v1', name).map((one) => ({ ...one, name: `${folder}${name}` }));
    const document = read([...at('', 'package-lock.json'), ...at('web/', 'package-lock.json'), ...at('web/', 'package.json')]);
    const direct = (folder: string) => document.packages.filter(({ key, direct: isDirect }) => key.startsWith(`${folder}#`) && isDirect === true).length;
    expect([direct('package-lock.json'), direct('web/package-lock.json')]).toEqual([0, 3]);
    expect(document.counts.directCount).toBeNull();
  });
});

describe('what single packages say', () => {
  it('npm: names, sources, marks and licences', () => {
    const document = read(fixture('npm-v3', 'package-lock.json'));
    expect(named(document, 'pretty-print')).toMatchObject({ alias: 'pretty', purl: 'pkg:npm/pretty-print@2.0.0', direct: true, directScope: 'PROD', declaredLicence: 'BSD-3-Clause', licenceSource: 'LOCKFILE' });
    expect(named(document, 'left').source).toEqual({ kind: 'REGISTRY', location: 'https://registry.example/left/-/left-1.0.0.tgz' });
    expect(named(document, 'left').dependsOn).toEqual(['package-lock.json#node_modules/left/node_modules/shared']);
    expect(named(document, 'native')).toMatchObject({ source: { kind: 'GIT', location: 'git+ssh://git@code.example/native.git#0123456789012345678901234567890123456789' }, flags: ['INSTALL_SCRIPT', 'OPTIONAL'], scope: 'PROD', directScope: 'PROD' });
    expect(named(document, 'tester')).toMatchObject({ source: { kind: 'URL' }, flags: ['DEPRECATED'], dev: true, declaredLicence: null, licenceSource: null });
    expect(named(document, 'inner').flags).toEqual(['BUNDLED']);
    expect(named(document, 'util')).toMatchObject({ thirdParty: false, direct: null, scope: null, dev: null, source: { kind: 'WORKSPACE' }, dependsOn: ['package-lock.json#packages/util/node_modules/shared'] });
    expect(named(document, 'shop').dependsOn).toHaveLength(4);
  });

  it('yarn: patterns, aliases, patches and versions that look like numbers', () => {
    const v1 = read(fixture('yarn-v1', 'yarn.lock'), fixture('yarn-v1', 'package.json', 'packages/util/package.json'));
    expect(v1.packages.filter(({ name }) => name === 'pretty-print').map(({ alias, scope, direct }) => [alias, scope, direct])).toEqual([[null, 'PROD', false], ['pretty', 'PROD', true]]);
    expect(named(v1, '@scope/shared')).toMatchObject({ purl: 'pkg:npm/%40scope/shared@1.0.1', integrity: '0123456789012345678901234567890123456789' });
    expect(v1.notices).toMatchObject([{ code: 'DANGLING_EDGE', path: 'tester@3.1.0' }]);
    const berry = read(fixture('yarn-berry', 'yarn.lock'));
    expect(named(berry, 'typed')).toMatchObject({ flags: ['PATCHED'], integrity: '10c0/ee' });
    expect(named(berry, 'pretty-print')).toMatchObject({ version: '2.10', alias: 'pretty', direct: false });
    expect(named(berry, 'native').source.kind).toBe('GIT');
    expect(named(berry, 'util')).toMatchObject({ thirdParty: false, version: null, path: 'packages/util' });
  });

  it('pnpm: peers, aliases, links and what installs pnpm', () => {
    const document = read(fixture('pnpm', 'pnpm-lock.yaml'));
    expect(named(document, 'left')).toMatchObject({ version: '1.10.0', flags: ['DEPRECATED'], dependsOn: ['pnpm-lock.yaml#pretty-print@2.0.0'] });
    expect(named(document, 'native')).toMatchObject({ version: '1.2.0', flags: ['OPTIONAL'], source: { kind: 'GIT' }, directScope: 'PROD' });
    expect(named(document, 'pretty-print')).toMatchObject({ direct: true, directScope: 'DEV', scope: 'PROD' });
    expect(named(document, 'pnpm')).toMatchObject({ direct: false, dev: true });
    expect(document.packages.find(({ path }) => path === '.' )).toBeDefined();
  });

  it('uv: extras on edges, forks and groups', () => {
    const document = read(fixture('uv', 'uv.lock'));
    expect(named(document, 'transport')).toMatchObject({ scope: 'PROD', direct: false, flags: [] });
    expect(named(document, 'native')).toMatchObject({ scope: 'PROD', direct: true, flags: ['OPTIONAL'], source: { kind: 'GIT' }, purl: expect.stringContaining('vcs_url=') });
    expect(document.packages.filter(({ name }) => name === 'writer').map(({ version, scope }) => [version, scope])).toEqual([['1.0', 'DEV'], ['2.0', 'DEV']]);
    expect(named(document, 'shop-tools')).toMatchObject({ version: null, thirdParty: false });
  });

  it('cargo, go, requirements, poetry', () => {
    const cargo = read(fixture('cargo', 'Cargo.lock'), fixture('cargo', 'Cargo.toml', 'util/Cargo.toml'));
    expect(named(cargo, 'left').dependsOn).toEqual(['Cargo.lock#shared@1.0.0']);
    expect(named(cargo, 'builder')).toMatchObject({ scope: 'PROD', direct: true });
    const go = read(fixture('go', 'go.sum'), fixture('go', 'go.mod'));
    expect(named(go, 'code.example/fork')).toMatchObject({ direct: true, version: 'v1.0.1', integrity: 'h1:8kQPlVe3sXpTloEFlpX5dhFAXB28i6rwq9ktqqnPx70=' });
    expect(named(go, 'code.example/Left').purl).toBe('pkg:golang/code.example/left@v1.0.0');
    const requirements = read(fixture('requirements', 'main.txt'));
    expect(named(requirements, 'framework').dependsOn).toEqual(['main.txt#left-hand@1.0', 'main.txt#transport@1.0']);
    expect(named(requirements, 'native')).toMatchObject({ version: null, source: { kind: 'GIT' } });
    expect(JSON.stringify(requirements)).not.toContain('secret');
    const poetry = read(fixture('poetry', 'poetry.lock'), fixture('poetry', 'pyproject.toml'));
    expect(named(poetry, 'watcher').source).toEqual({ kind: 'GIT', location: 'https://code.example/watcher.git#0123456789012345678901234567890123456789' });
  });
});

describe('a lock out of step with its manifest is refused', () => {
  const changed = (name: string, path: string, from: string, to: string) => fixture(name, path).map(({ bytes, ...one }) => {
    const text = new TextDecoder().decode(bytes);
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    return { ...one, bytes: new TextEncoder().encode(text.replace(from, to)) };
  });
  it.each<[string, string, string, string, string, string]>([
    ['npm-v3', 'package-lock.json', 'package.json', '"left": "^1.0.0"', '"left": "^2.0.0"', 'left@^2.0.0 is ^1.0.0 there'],
    ['npm-v3', 'package-lock.json', 'package.json', '"left": "^1.0.0", ', '', 'left@^1.0.0 is no longer in the manifest'],
    ['npm-v1', 'package-lock.json', 'package.json', '"a"', '"zz"', 'zz@^1.0.0 is missing'],
    ['yarn-v1', 'yarn.lock', 'package.json', '"left": "^1.0.0"', '"left": "^2.0.0"', 'left@^2.0.0 is missing'],
    ['yarn-berry', 'yarn.lock', 'package.json', '"left": "^1.0.0"', '"left": "^2.0.0"', 'left@^2.0.0 is npm:^1.0.0 there'],
    ['pnpm', 'pnpm-lock.yaml', 'package.json', '"tester": "^3.0.0"', '"tester": "^4.0.0"', 'tester@^4.0.0 is ^3.0.0 there'],
    ['uv', 'uv.lock', 'pyproject.toml', 'left>=1', 'left>=2', 'left@>=2 is >=1 there'],
    ['uv', 'uv.lock', 'pyproject.toml', '"native"', '"extra-native"', 'extra-native is missing'],
    ['cargo', 'Cargo.lock', 'Cargo.toml', 'left = "1"', 'right = "1"', 'right@1 is missing'],
    ['go', 'go.sum', 'go.mod', 'Left v1.0.0', 'Left v1.1.0', 'no hash of code.example/Left@v1.1.0, required in line 6'],
    ['requirements', 'main.txt', 'main.in', 'Left_Hand', 'Right_Hand', 'right-hand@>=1 is missing'],
    ['poetry', 'poetry.lock', 'pyproject.toml', 'Left_Hand', 'Right_Hand', 'right-hand@^1.0 is missing'],
  ])('%s: %s', (name, lock, manifest, from, to, reason) => {
    const found = refusals(fixture(name, lock), changed(name, manifest, from, to));
    expect(found).toEqual([expect.stringContaining(reason)]);
    expect(found[0]).toContain('OUT_OF_STEP');
  });

  it('names ranges that npm and pnpm promise in the lock itself', () => {
    expect(refusals(changed('npm-v3', 'package-lock.json', '"node_modules/left":', '"node_modules/lost":'))).toEqual([expect.stringMatching(/^package-lock\.json:7:5 OUT_OF_STEP .*left@\^1\.0\.0/)]);
    expect(refusals(changed('pnpm', 'pnpm-lock.yaml', 'version: 3.1.0', 'version: 3.2.0'))).toEqual([expect.stringContaining('does not hold its version "3.2.0"')]);
  });
});

describe('kinds', () => {
  it.each([
    ['npm-v3', 'package-lock.json', 'PACKAGE_LOCK'], ['npm-v1', 'package-lock.json', 'PACKAGE_LOCK'], ['npm-v3', 'package.json', 'PACKAGE_JSON'], ['yarn-v1', 'yarn.lock', 'YARN_V1'],
    ['yarn-berry', 'yarn.lock', 'YARN_BERRY'], ['pnpm', 'pnpm-lock.yaml', 'PNPM_LOCK'], ['uv', 'uv.lock', 'UV_LOCK'], ['uv', 'pyproject.toml', 'PYPROJECT'], ['poetry', 'poetry.lock', 'POETRY_LOCK'],
    ['poetry', 'pyproject.toml', 'PYPROJECT'], ['cargo', 'Cargo.lock', 'CARGO_LOCK'], ['cargo', 'Cargo.toml', 'CARGO_TOML'], ['go', 'go.sum', 'GO_SUM'], ['go', 'go.mod', 'GO_MOD'],
    ['requirements', 'main.txt', 'REQUIREMENTS'],
  ])('%s/%s is %s, whatever its name', (name, path, kind) => {
    for (const { bytes } of fixture(name, path)) expect(detectKind('upload.bin', bytes)).toBe(kind);
  });

  it('knows a shrinkwrap by its name, and no other documents', () => {
    const [lock] = fixture('npm-v3', 'package-lock.json');
    expect(read([{ ...lock!, name: 'npm-shrinkwrap.json' }]).kind).toBe('NPM_SHRINKWRAP');
    for (const text of ['{"bomFormat":"CycloneDX","lockfileVersion":3}', '{"spdxVersion":"SPDX-2.3"}', 'hello world', '<html>', 'MZ\u0000', '# only a comment', '[1,2]']) expect(detectKind('x', file('x', text).bytes)).toBeNull();
  });

  it.each([
    ['{"lockfileVersion":4,"packages":{}}', 'UNSUPPORTED_VERSION'], ["lockfileVersion: '6.0'\nimporters: {}\n", 'UNSUPPORTED_VERSION'],
    ['version = 5\n[[package]]\nname = "a"\nversion = "1"\n', 'UNSUPPORTED_VERSION'], ['version = 2\nrequires-python = ">=3"\n', 'UNSUPPORTED_VERSION'],
  ])('refuses a version it does not know: %j', (text, code) => {
    expect(refusals([file('lock', text)])).toEqual([expect.stringContaining(code)]);
  });
});
