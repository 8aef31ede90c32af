import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ParsedDocument, SbomPackage } from '../model.ts';
import { detectKind } from './detect.ts';
import { parseLockfiles } from './parse.ts';

/*
 * The real lockfiles beside this repository, with counts that were made without any lockfile library. A machine without
 * them runs the tests of the fixtures only.
 */
const folder = new URL('../../../../../../shared/data/lockfiles/', import.meta.url);
const isThere = existsSync(folder);

type Truth = Record<string, unknown>;
const truth = (isThere ? JSON.parse(readFileSync(new URL('truth.json', folder), 'utf8')) : {}) as Record<string, Truth>;

interface Real {
  readonly file: string;
  /** Path in its repository. */
  readonly name: string;
  /** Files in `manifests/` and their paths. */
  readonly manifests?: Readonly<Record<string, string>>;
}

const EXCALIDRAW = ['', 'excalidraw-app', 'packages/common', 'packages/element', 'packages/excalidraw', 'packages/fractional-indexing', 'packages/laser-pointer', 'packages/math', 'packages/utils', 'examples/with-nextjs', 'examples/with-script-in-browser', 'dev-docs'];

const real = {
  ripgrep: { file: 'BurntSushi__ripgrep__Cargo.lock', name: 'Cargo.lock', manifests: { 'BurntSushi__ripgrep__Cargo.toml': 'Cargo.toml' } },
  graphqlWs: { file: 'enisdenjo__graphql-ws__yarn.lock', name: 'yarn.lock', manifests: { 'enisdenjo__graphql-ws__package.json': 'package.json' } },
  excalidraw: {
    file: 'excalidraw__excalidraw__yarn.lock', name: 'yarn.lock',
    manifests: Object.fromEntries(EXCALIDRAW.map((path) => [`excalidraw__excalidraw__${path === '' ? '' : `${path.replaceAll('/', '--')}--`}package.json`, `${path === '' ? '' : `${path}/`}package.json`])),
  },
  archivista: { file: 'in-toto__archivista__go.sum', name: 'go.sum', manifests: { 'in-toto__archivista__go.mod': 'go.mod' } },
  kysely: { file: 'kysely-org__kysely__example--package-lock.json', name: 'example/package-lock.json', manifests: { 'kysely-org__kysely__example--package.json': 'example/package.json' } },
  npm: { file: 'npm__cli__package-lock.json', name: 'package-lock.json', manifests: { 'npm__cli__package.json': 'package.json' } },
  tap: { file: 'npm__cli__workspaces--arborist--test--fixtures--tap-old-lockfile--package-lock.json', name: 'package-lock.json' },
  flask: { file: 'pallets__flask__uv.lock', name: 'uv.lock', manifests: { 'pallets__flask__pyproject.toml': 'pyproject.toml' } },
  pydanticAi: { file: 'pydantic__pydantic-ai__uv.lock', name: 'uv.lock', manifests: { 'pydantic__pydantic-ai__pyproject.toml': 'pyproject.toml' } },
  warehouse: { file: 'pypi__warehouse__package-lock.json', name: 'package-lock.json', manifests: { 'pypi__warehouse__package.json': 'package.json' } },
  warehouseMain: { file: 'pypi__warehouse__requirements--main.txt', name: 'requirements/main.txt', manifests: { 'pypi__warehouse__requirements--main.in': 'requirements/main.in' } },
  xstate: { file: 'statelyai__xstate__templates--react-ts--yarn.lock', name: 'templates/react-ts/yarn.lock', manifests: { 'statelyai__xstate__templates--react-ts--package.json': 'templates/react-ts/package.json' } },
  unstorage: { file: 'unjs__unstorage__pnpm-lock.yaml', name: 'pnpm-lock.yaml', manifests: { 'unjs__unstorage__package.json': 'package.json' } },
  astro: { file: 'withastro__astro__pnpm-lock.yaml', name: 'pnpm-lock.yaml' },
} satisfies Record<string, Real>;

const bytes = (path: string) => readFileSync(new URL(path, folder));
const tryRead = ({ file, name, manifests = {} }: Real, withManifests = true) =>
  parseLockfiles([{ name, bytes: bytes(file) }], withManifests ? Object.entries(manifests).map(([from, path]) => ({ name: path, bytes: bytes(`manifests/${from}`) })) : []);

function read(one: Real, withManifests = true): ParsedDocument {
  const parsed = tryRead(one, withManifests);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems.slice(0, 5)));
  return parsed;
}

const third = (document: ParsedDocument) => document.packages.filter((one) => one.thirdParty);
const flagged = (document: ParsedDocument, flag: SbomPackage['flags'][number]) => third(document).filter(({ flags }) => flags.includes(flag)).length;
const names = (packages: readonly SbomPackage[]) => new Set(packages.map(({ name }) => name)).size;

describe.runIf(isThere)('the real lockfiles', () => {
  it('covers every file that has a truth', () => {
    expect(Object.values(real).map(({ file }) => file).toSorted()).toEqual(Object.keys(truth).toSorted());
  });

  it.each(Object.values<Real>(real))('$file is known by its content', ({ file, name }) => {
    const kind = detectKind(`upload/${file}.data`, bytes(file));
    expect(kind).not.toBeNull();
    expect(detectKind(name, bytes(file))).toBe(kind);
  });

  it.each(Object.values<Real>(real))('$file gives canonical, unique keys and edges that lead somewhere', (one) => {
    const parsed = tryRead(one);
    if ('problems' in parsed) return;
    const keys = new Set(parsed.packages.map(({ key }) => key));
    expect(keys.size).toBe(parsed.packages.length);
    for (const { dependsOn } of parsed.packages) for (const key of dependsOn ?? []) expect(keys.has(key)).toBe(true);
  });

  it.each<[string, Real]>([['version 3 of an application', real.warehouse], ['version 3 with workspaces', real.npm], ['version 2', real.kysely]])('package-lock: %s', (_title, one) => {
    const document = read(one);
    const expected = truth[one.file]!;
    const packages = third(document);
    const licences = new Map<string, number>();
    for (const { declaredLicence } of packages) licences.set(declaredLicence ?? 'None', (licences.get(declaredLicence ?? 'None') ?? 0) + 1);
    expect(document.counts).toEqual({
      entryCount: expected.installed_nodes,
      packageCount: expected.distinct_name_version,
      directCount: expected['direct_nodes(root+workspaces, dep+opt+dev, not peer)'],
      transitiveCount: expected.transitive_nodes,
      prodCount: expected['nodes_prod(not dev, not devOptional)'],
      devCount: expected.nodes_dev,
      unknownScopeCount: expected.nodes_devOptional,
    });
    expect({
      lockfileVersion: Number(document.formatVersion),
      workspace_dirs: document.packages.filter(({ source }) => source.kind === 'WORKSPACE').length - 1,
      distinct_names: names(packages),
      nodes_optional: flagged(document, 'OPTIONAL'),
      nodes_devOptional: flagged(document, 'DEV_OPTIONAL'),
      nodes_peer: flagged(document, 'PEER'),
      nodes_inBundle: flagged(document, 'BUNDLED'),
      nodes_extraneous: flagged(document, 'EXTRANEOUS'),
      nodes_hasInstallScript: flagged(document, 'INSTALL_SCRIPT'),
      nodes_deprecated: flagged(document, 'DEPRECATED'),
      direct_prod_nodes: packages.filter(({ directScope }) => directScope === 'PROD').length,
      direct_devonly_nodes: packages.filter(({ directScope }) => directScope === 'DEV').length,
      aliases: packages.filter(({ alias }) => alias !== null).length,
      nodes_with_license_field: packages.filter(({ declaredLicence }) => declaredLicence !== null).length,
      unresolved_edges: document.notices.length,
    }).toEqual(pick(expected, ['lockfileVersion', 'workspace_dirs', 'distinct_names', 'nodes_optional', 'nodes_devOptional', 'nodes_peer', 'nodes_inBundle', 'nodes_extraneous', 'nodes_hasInstallScript', 'nodes_deprecated', 'direct_prod_nodes', 'direct_devonly_nodes', 'aliases', 'nodes_with_license_field', 'unresolved_edges']));
    expect(Object.fromEntries(licences)).toMatchObject({ ...expected.license_top as object, ...expected.license_copyleft as object });
    const root = document.packages.find(({ path }) => path === '.')!;
    const direct = new Set(root.dependsOn);
    expect(packages.filter(({ key, directScope }) => direct.has(key) && directScope !== null)).toHaveLength(expected.direct_nodes_root_only as number);
    for (const [origin, count] of Object.entries(expected.sources as Record<string, number>)) {
      expect(packages.filter(({ source: { location } }) => (origin === 'None' ? location === undefined : location?.startsWith(`${origin}/`)))).toHaveLength(count);
    }
  });

  it('package-lock: the licence truth of the warehouse', () => {
    const packages = third(read(real.warehouse));
    const copyleft = packages.filter(({ declaredLicence }) => /GPL/.test(declaredLicence ?? ''));
    expect(copyleft.filter(({ direct, scope }) => direct === true && scope === 'PROD')).toEqual([]);
    const prod = copyleft.filter(({ scope }) => scope === 'PROD').map(({ name, direct, declaredLicence }) => ({ name, direct, declaredLicence }));
    expect(prod).toEqual([
      { name: 'jqvmap-novulnerability', direct: false, declaredLicence: '(MIT OR GPL-3.0)' },
      { name: 'jszip', direct: false, declaredLicence: '(MIT OR GPL-3.0-or-later)' },
    ]);
    const dev = copyleft.filter(({ scope }) => scope === 'DEV').map(({ name }) => name);
    expect(dev.filter((name) => name.startsWith('@img/sharp-libvips-'))).toHaveLength(10);
    expect(dev.filter((name) => name.startsWith('@img/sharp-win32-'))).toHaveLength(3);
    expect(dev.filter((name) => name.includes('wasm32'))).toHaveLength(1);
    expect(dev).toHaveLength(14);
  });

  it('package-lock: version 1 tells production from development, but not what is direct', () => {
    const document = read(real.tap);
    const expected = truth[real.tap.file]!;
    expect(document.formatVersion).toBe(String(expected.lockfileVersion));
    expect(document.counts).toEqual({
      entryCount: expected.installed_nodes, packageCount: expected.distinct_name_version, directCount: null, transitiveCount: null,
      prodCount: (expected.installed_nodes as number) - (expected.nodes_dev as number), devCount: expected.nodes_dev, unknownScopeCount: 0,
    });
    expect(document.packages.filter(({ path }) => path!.split('node_modules/').length === 2)).toHaveLength(expected.top_level as number);
    expect(flagged(document, 'OPTIONAL')).toBe(expected.nodes_optional);
    expect(flagged(document, 'BUNDLED')).toBe(expected.nodes_bundled);
  });

  it('yarn 1: aliases are packages of another name', () => {
    const document = read(real.excalidraw);
    const expected = truth[real.excalidraw.file]!;
    const aliases = document.packages.filter(({ alias }) => alias !== null);
    expect(document.counts.entryCount).toBe(expected.entries);
    expect(aliases).toHaveLength(expected['aliases(npm:)'] as number);
    // the truth counts the names that entries have; under their real names the three aliases repeat a package each
    expect(new Set(document.packages.map(({ alias, name, version }) => `${alias ?? name}@${version}`)).size).toBe(expected.distinct_name_version);
    expect(new Set(document.packages.map(({ alias, name }) => alias ?? name)).size).toBe(expected.distinct_names);
    expect(document.counts.packageCount).toBe((expected.distinct_name_version as number) - aliases.length);
    expect(document.packages.filter(({ source }) => source.kind !== 'REGISTRY')).toHaveLength(expected.non_registry_resolved as number);
    expect(document.counts).toMatchObject({ directCount: 105, transitiveCount: 1339, prodCount: 473, devCount: 971, unknownScopeCount: 0 });
    expect(document.notices).toMatchObject([{ file: 'dev-docs/package.json', code: 'SKIPPED' }]);
    expect(read(real.excalidraw, false).counts).toMatchObject({ directCount: null, transitiveCount: null, prodCount: null, devCount: null, unknownScopeCount: 1444 });
  });

  it('yarn 1: a lock out of step with its manifest is refused, and every missing range is named', () => {
    const expected = truth[real.xstate.file]!;
    const refused = tryRead(real.xstate);
    const missing = 'problems' in refused ? refused.problems.map(({ path, code }) => (code === 'OUT_OF_STEP' ? path : code)) : [];
    expect(missing).toEqual(expect.arrayContaining(expected.unmatched_patterns as string[]));
    // the truth stops at eight; these two are not in the lock either
    expect(missing.filter((one) => !(expected.unmatched_patterns as string[]).includes(one!))).toEqual(['typescript@^5.9.3', 'vite@^5.4.21']);
    const alone = read(real.xstate, false);
    expect(alone.counts).toMatchObject({ entryCount: expected.entries, packageCount: expected.distinct_name_version, directCount: null, prodCount: null });
    expect(names(alone.packages)).toBe(expected.distinct_names);
  });

  it('yarn berry: patches repeat a package, workspaces are no third party', () => {
    const expected = truth[real.graphqlWs.file]!;
    const protocols = expected.by_protocol as Record<string, number>;
    const document = read(real.graphqlWs);
    expect(document.formatVersion).toBe(expected['__metadata.version']);
    expect(document.counts.entryCount).toBe(expected.entries);
    expect(flagged(document, 'PATCHED')).toBe(protocols.patch);
    expect(third(document).filter(({ source }) => source.kind === 'REGISTRY')).toHaveLength(protocols.npm!);
    expect(third(document).filter(({ source }) => source.kind === 'GIT')).toHaveLength(protocols.https!);
    expect(third(document).length + protocols.patch!).toBe(expected['third_party_incl_patch']);
    expect(names(third(document).filter(({ source }) => source.kind === 'REGISTRY'))).toBe(expected.distinct_npm_names);
    expect(document.packages.filter(({ thirdParty }) => !thirdParty)).toHaveLength(expected.linkType_soft as number);
    expect(document.counts).toMatchObject({ packageCount: 500, directCount: 25, transitiveCount: 475, prodCount: 0, devCount: 500, unknownScopeCount: 0 });
    expect(read(real.graphqlWs, false).counts).toMatchObject({ directCount: 25, prodCount: null, devCount: null, unknownScopeCount: 500 });
  });

  it.each<[string, Real]>([['one package', real.unstorage], ['two documents and 545 importers', real.astro]])('pnpm: %s', (_title, one) => {
    const document = read(one);
    const expected = truth[one.file]!;
    const scoped = (scope: string) => document.packages.filter(({ directScope }) => directScope === scope).length;
    expect(document.formatVersion).toBe(expected.lockfileVersion);
    expect(document.counts.entryCount).toBe(expected.packages);
    expect(document.counts.directCount).toBe(expected.direct_any);
    expect(document.counts.transitiveCount).toBe((expected.packages as number) - (expected.direct_any as number));
    expect([scoped('PROD'), scoped('DEV')]).toEqual([expected['direct_prod(name,version)'], expected.direct_dev_only]);
    expect(document.packages.filter(({ thirdParty }) => !thirdParty)).toHaveLength(expected.importers as number);
    expect(names(third(document))).toBe(expected.distinct_names);
    expect(document.counts.unknownScopeCount).toBe(0);
  });

  it.each<[string, Real]>([['groups and forks', real.flask], ['a workspace with extras and git sources', real.pydanticAi]])('uv: %s', (_title, one) => {
    const document = read(one);
    const expected = truth[one.file]!;
    const packages = third(document);
    expect(document.counts).toEqual({
      entryCount: expected.package_entries, packageCount: expected.third_party_entries, directCount: expected.direct_any, transitiveCount: expected.transitive,
      prodCount: expected['closure_prod_plus_all_extras'], devCount: expected['dev_only(dev minus prod+extras)'], unknownScopeCount: 0,
    });
    expect(document.formatVersion).toBe(String(expected.version));
    expect(names(packages)).toBe(expected.third_party_distinct_names);
    expect(document.packages.filter(({ thirdParty }) => !thirdParty).map(({ name }) => name).toSorted()).toEqual(expected.local_packages);
    expect([...Map.groupBy(packages, ({ name }) => name)].filter(([, same]) => same.length > 1).map(([name]) => name).toSorted()).toEqual(expected.names_with_several_versions);
    expect(packages.filter(({ scope, flags }) => scope === 'PROD' && !flags.includes('OPTIONAL'))).toHaveLength(expected['closure_prod(dependencies only)'] as number);
    expect(packages.filter(({ directScope }) => directScope === 'PROD')).toHaveLength((expected.direct_prod as number) + (expected['direct_extras(not already prod)'] as number));
    expect(packages.filter(({ directScope }) => directScope === 'DEV')).toHaveLength(expected['direct_dev(not prod/extras)'] as number);
    const sources = { registry: 'REGISTRY', editable: 'WORKSPACE', git: 'GIT' } as const;
    for (const [key, count] of Object.entries(expected.by_source as Record<keyof typeof sources, number>)) {
      expect(document.packages.filter(({ source }) => source.kind === sources[key as keyof typeof sources])).toHaveLength(count);
    }
  });

  it('cargo: own packages name what is direct, not for what', () => {
    const document = read(real.ripgrep);
    const expected = truth[real.ripgrep.file]!;
    const direct = expected['direct(edges from local members; includes dev+build, lock does not say which)'] as number;
    expect(document.formatVersion).toBe(String(expected.version));
    expect(document.counts).toEqual({ entryCount: expected.packages, packageCount: expected.third_party, directCount: direct, transitiveCount: (expected.third_party as number) - direct, prodCount: null, devCount: null, unknownScopeCount: expected.third_party });
    expect(names(third(document))).toBe(expected.distinct_third_party_names);
    expect(third(document).filter(({ integrity }) => integrity !== null)).toHaveLength(expected.with_checksum as number);
    expect(document.packages.filter(({ thirdParty }) => !thirdParty)).toHaveLength((expected.by_source as { local: number }).local);
  });

  it('go: modules with a hash of their code are taken in, direct ones are those of the go.mod', () => {
    const document = read(real.archivista);
    const expected = truth[real.archivista.file]!;
    const text = bytes(real.archivista.file).toString();
    const built = expected['modules_with_h1(zip)'] as number;
    const direct = [...bytes('manifests/in-toto__archivista__go.mod').toString().matchAll(/^\t\S+ v\S+$/gm)].length;
    expect(document.counts).toEqual({ entryCount: expected.lines, packageCount: built, directCount: direct, transitiveCount: built - direct, prodCount: null, devCount: null, unknownScopeCount: built });
    expect(new Set(text.trim().split('\n').map((line) => line.split(' ')[0])).size).toBe(expected.distinct_module_paths);
    expect(document.packages.every(({ dependsOn, scope }) => dependsOn === null && scope === null)).toBe(true);
    expect(document.packages.find(({ name }) => name === 'github.com/DATA-DOG/go-sqlmock')?.purl).toBe('pkg:golang/github.com/data-dog/go-sqlmock@v1.5.2');
    expect(read(real.archivista, false).counts).toMatchObject({ directCount: null, transitiveCount: null });
  });

  it('requirements: hashes, extras and who asked for what', () => {
    const document = read(real.warehouseMain);
    const expected = truth[real.warehouseMain.file]!;
    const text = bytes(real.warehouseMain.file).toString();
    const asked = [...bytes('manifests/pypi__warehouse__requirements--main.in').toString().matchAll(/^\w.*$/gm)].length;
    expect(document.counts).toEqual({ entryCount: expected.requirements, packageCount: expected.requirements, directCount: asked, transitiveCount: (expected.requirements as number) - asked, prodCount: null, devCount: null, unknownScopeCount: expected.requirements });
    expect([...text.matchAll(/--hash=/g)]).toHaveLength(expected.hashes as number);
    expect(document.packages.every(({ integrity }) => /^sha256:[0-9a-f]{64}$/.test(integrity ?? ''))).toBe(true);
    // the comments of pip-compile alone tell the same
    expect(read(real.warehouseMain, false).counts).toEqual(document.counts);
    const kombu = document.packages.find(({ name }) => name === 'kombu')!;
    expect(kombu.dependsOn).toContain(document.packages.find(({ name }) => name === 'amqp')!.key);
  });
});

function pick(from: Truth, keys: readonly string[]): Truth {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}
