import type { PackageFlag, PackageSource, SbomProblem, Scope } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, isTable, own, tableOf, textOf } from './fields.ts';
import type { Table } from './fields.ts';
import { outOfStep } from './manifest/model.ts';
import type { Manifest, Placed } from './manifest/model.ts';
import { forcedName } from './manifest/package-json.ts';
import { npmSource, splitAt } from './npm-source.ts';
import { markReached } from './reach.ts';
import { Refusal, quote, refuse } from './refusal.ts';
import { locate, normalisePath } from './text.ts';
import type { SourceText } from './text.ts';
import { parseYaml } from './yaml.ts';

const SECTIONS: readonly (readonly [string, Scope])[] = [
  ['dependencies', 'PROD'],
  ['optionalDependencies', 'PROD'],
  ['devDependencies', 'DEV'],
];

/** Kept apart by pnpm 11: what installs the packages, which the project itself neither names nor ships. */
const TOOL_SECTIONS = ['configDependencies', 'packageManagerDependencies'];

/**
 * Reads a pnpm-lock.yaml of lockfile version 9, which pnpm 9, 10 and 11 write. The variants that a package has for
 * different peers are one entry with the edges of all.
 * @throws Refusal
 */
export function readPnpmLock(source: SourceText, manifests: readonly Placed[]): Reading {
  const documents = parseYaml(source).filter((one) => one !== null);
  if (documents.length === 0) refuse(source.name, 'MALFORMED', 'The file holds no lock.');
  const drafts: Draft[] = [];
  const notices: SbomProblem[] = [];
  let entryCount = 0;
  for (const [index, value] of documents.entries()) {
    const document = asTable(source, value, '');
    const version = textOf(document, 'lockfileVersion') ?? '';
    if (!/^9\.\d+$/.test(version)) refuse(source.name, 'UNSUPPORTED_VERSION', `The lockfileVersion ${quote(version)} is not read: version 9 is, which pnpm 9 to 11 write.`, locate(source, 'lockfileVersion'));
    const isLast = index === documents.length - 1;
    const prefix = isLast ? '' : `document ${index + 1}:`;
    const lock = new Lock(source, document, prefix);
    if (isLast) lock.checkStep(manifests);
    lock.mark(notices);
    entryCount += lock.entryCount;
    drafts.push(...lock.drafts);
    checkCount(source, 'packages', drafts.length);
  }
  return { kind: 'PNPM_LOCK', formatVersion: '9.0', entryCount, drafts, notices };
}

/** One document of the file. */
class Lock {
  readonly drafts: Draft[] = [];
  readonly entryCount: number;
  private readonly source: SourceText;
  private readonly document: Table;
  private readonly importers: Table;
  private readonly packages = new Map<string, Draft>();
  private readonly folders = new Map<string, Draft>();

  constructor(source: SourceText, document: Table, prefix: string) {
    this.source = source;
    this.document = document;
    this.importers = tableOf(source, document, 'importers', 'importers');
    for (const folder of Object.keys(this.importers)) {
      const one = draft({ id: `${prefix}importer:${folder}`, ecosystem: 'npm', name: folder === '.' ? '' : folder, version: null, source: { kind: 'WORKSPACE', location: folder }, thirdParty: false, path: folder, edges: new Set(), needles: [`  ${folder}:`] });
      this.folders.set(normalisePath(folder), one);
    }
    const entries = Object.entries(tableOf(source, document, 'packages', 'packages'));
    checkCount(source, 'packages', entries.length + this.folders.size);
    for (const [key, entry] of entries) this.packages.set(key, draftOf(source, prefix, key, asTable(source, entry, `packages[${quote(key)}]`, `  ${key}:`, `'${key}'`)));
    this.entryCount = this.packages.size;
    this.drafts.push(...this.folders.values(), ...this.packages.values());
  }

  /** Every specifier that a manifest names stands in its importer. */
  checkStep(manifests: readonly Placed[]): void {
    const problems: SbomProblem[] = [];
    const forced = new Set(Object.keys(tableOf(this.source, this.document, 'overrides', 'overrides')).map(forcedName));
    for (const { manifest, folder } of manifests) {
      const key = Object.keys(this.importers).find((one) => normalisePath(one) === folder);
      const importer = key === undefined ? undefined : own(this.importers, key);
      if (isTable(importer)) problems.push(...this.missing(importer, manifest, forced));
    }
    if (problems.length > 0) throw new Refusal(problems);
  }

  private missing(importer: Table, manifest: Manifest, forced: ReadonlySet<string>): SbomProblem[] {
    const specifiers = new Map(this.wantedOf(importer, '').map(({ name, specifier }) => [name, specifier]));
    const problems: SbomProblem[] = [];
    for (const wanted of manifest.wanted) {
      const specifier = specifiers.get(wanted.name);
      if (wanted.group === 'PEER' || forced.has(wanted.name) || specifier === wanted.range) continue;
      problems.push(outOfStep(this.source, manifest, wanted, specifier === undefined ? 'is missing' : `is ${specifier} there`));
    }
    return problems;
  }

  private wantedOf(importer: Table, folder: string): { name: string; specifier: string; version: string; group: Scope }[] {
    return SECTIONS.flatMap(([section, group]) => Object.entries(tableOf(this.source, importer, section, `importers[${quote(folder)}].${section}`)).map(([name, value]) => {
      const entry = asTable(this.source, value, `importers[${quote(folder)}].${section}[${quote(name)}]`, `  ${folder}:`);
      return { name, group, specifier: textOf(entry, 'specifier') ?? '', version: textOf(entry, 'version') ?? '' };
    }));
  }

  /** Reads the edges and what is direct, and follows them. */
  mark(notices: SbomProblem[]): void {
    this.connect(notices);
    const prod = new Set<string>();
    const dev = new Set<string>();
    const problems: SbomProblem[] = [];
    for (const [folder, value] of Object.entries(this.importers)) {
      const importer = asTable(this.source, value, `importers[${quote(folder)}]`, `  ${folder}:`);
      const from = this.folders.get(normalisePath(folder))!;
      for (const { name, version, specifier, group } of this.wantedOf(importer, folder)) {
        const to = this.find(name, version, folder);
        if (to !== null) from.edges!.add(to.id);
        if (to?.thirdParty) (group === 'PROD' ? prod : dev).add(to.id);
        else if (to === null && !version.startsWith('link:')) {
          problems.push({ file: this.source.name, ...locate(this.source, `  ${folder}:`), path: `importers[${quote(folder)}]`, reason: `${folder} asks for ${name}@${specifier}, but the lock does not hold its version ${quote(version)}.`, code: 'OUT_OF_STEP' });
        }
      }
    }
    if (problems.length > 0) throw new Refusal(problems);
    markReached(this.drafts, { prod, dev });
    this.markTools();
  }

  /** What only installs the project counts as development, and is not direct. */
  private markTools(): void {
    const isToolDocument = Object.values(this.importers).some((importer) => isTable(importer) && TOOL_SECTIONS.some((section) => own(importer, section) !== undefined));
    if (!isToolDocument) return;
    for (const one of this.packages.values()) one.scope ??= 'DEV';
  }

  private connect(notices: SbomProblem[]): void {
    const snapshots = tableOf(this.source, this.document, 'snapshots', 'snapshots');
    for (const [key, value] of Object.entries(snapshots)) {
      const one = this.packages.get(base(key));
      if (one === undefined) refuse(this.source.name, 'INVALID', `The snapshot ${quote(key)} belongs to no package.`, { ...locate(this.source, key), path: `snapshots[${quote(key)}]` });
      const snapshot = asTable(this.source, value, `snapshots[${quote(key)}]`, key);
      if (textOf(snapshot, 'optional') === 'true') one.flags.add('OPTIONAL');
      if (key.includes('(patch_hash=')) one.flags.add('PATCHED');
      for (const section of ['dependencies', 'optionalDependencies']) {
        for (const [name, version] of Object.entries(tableOf(this.source, snapshot, section, `snapshots[${quote(key)}].${section}`))) {
          const to = this.find(name, String(version), '.');
          if (to !== null) one.edges!.add(to.id);
          else if (section === 'dependencies' && !String(version).startsWith('link:')) notices.push({ file: this.source.name, path: `snapshots[${quote(key)}]`, reason: `${key} asks for ${name} ${String(version)}, which the lock does not hold.`, code: 'DANGLING_EDGE' });
        }
      }
    }
  }

  /** A version is that of a package of this name, the key of another one (an alias), or a link to a folder. */
  private find(name: string, version: string, folder: string): Draft | null {
    if (version.startsWith('link:')) return this.folders.get(normalisePath(`${folder}/${version.slice('link:'.length)}`)) ?? null;
    const key = base(version);
    return this.packages.get(key) ?? this.packages.get(`${name}@${key}`) ?? null;
  }
}

/** A key without the peers that it was built with. */
function base(key: string): string {
  const peers = key.indexOf('(');
  return peers < 0 ? key : key.slice(0, peers);
}

function draftOf(source: SourceText, prefix: string, key: string, entry: Table): Draft {
  const [name, place] = splitAt(key) ?? refuse(source.name, 'INVALID', `The key ${quote(key)} names no version.`, { ...locate(source, key), path: `packages[${quote(key)}]` });
  const resolution = tableOf(source, entry, 'resolution', `packages[${quote(key)}].resolution`);
  const isPlace = /[:/]/.test(place);
  const flags = new Set<PackageFlag>();
  if (textOf(entry, 'deprecated') !== undefined) flags.add('DEPRECATED');
  return draft({
    id: `${prefix}${key}`,
    ecosystem: 'npm',
    name: textOf(entry, 'name') ?? name,
    version: textOf(entry, 'version') ?? (isPlace ? null : place),
    source: sourceOf(isPlace ? place : null, resolution),
    thirdParty: true,
    integrity: textOf(resolution, 'integrity') ?? null,
    flags,
    edges: new Set(),
    needles: [`  ${key}:`, `'${key}'`],
  });
}

function sourceOf(place: string | null, resolution: Table): PackageSource {
  const repo = textOf(resolution, 'repo');
  if (repo !== undefined) return { kind: 'GIT', location: `${repo}#${textOf(resolution, 'commit') ?? ''}` };
  const folder = textOf(resolution, 'directory');
  if (folder !== undefined) return { kind: 'PATH', location: folder };
  const tarball = textOf(resolution, 'tarball');
  return npmSource(tarball ?? place ?? undefined);
}
