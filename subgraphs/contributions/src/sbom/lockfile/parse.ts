import { countPackages, sbomLimits } from '../model.ts';
import type { DocumentKind, Ecosystem, LockfileKind, ManifestKind, ParsedDocument, ParsedFile, SbomPackage, SbomProblem } from '../model.ts';
import { readCargoLock } from './cargo-lock.ts';
import { kindOf } from './detect.ts';
import { finish } from './draft.ts';
import type { Reading } from './draft.ts';
import { readGoSum } from './go-sum.ts';
import { readCargoToml } from './manifest/cargo-toml.ts';
import { readGoMod } from './manifest/go-mod.ts';
import type { Manifest, Placed } from './manifest/model.ts';
import { readPackageJson } from './manifest/package-json.ts';
import { readPyproject } from './manifest/pyproject.ts';
import { readPackageLock } from './package-lock.ts';
import { readPnpmLock } from './pnpm-lock.ts';
import { readPoetryLock } from './poetry-lock.ts';
import { Refusal, refuse, shorten } from './refusal.ts';
import { readRequirements, readRequirementsIn } from './requirements.ts';
import { baseOf, decode, normalisePath } from './text.ts';
import type { InputFile, SourceText } from './text.ts';
import { readUvLock } from './uv-lock.ts';
import { readYarnBerry } from './yarn-berry.ts';
import { readYarnV1 } from './yarn-v1.ts';

export type { InputFile } from './text.ts';

/** A file is refused, or none is worth reading; nothing was read. */
export interface RefusedFiles {
  readonly problems: readonly SbomProblem[];
}

interface Known {
  readonly source: SourceText;
  readonly kind: LockfileKind | ManifestKind;
}

const ECOSYSTEM: Record<LockfileKind | ManifestKind, Ecosystem> = {
  UV_LOCK: 'pypi', POETRY_LOCK: 'pypi', REQUIREMENTS: 'pypi', PYPROJECT: 'pypi', REQUIREMENTS_IN: 'pypi',
  PACKAGE_LOCK: 'npm', NPM_SHRINKWRAP: 'npm', YARN_V1: 'npm', YARN_BERRY: 'npm', PNPM_LOCK: 'npm', PACKAGE_JSON: 'npm',
  CARGO_LOCK: 'cargo', CARGO_TOML: 'cargo', GO_SUM: 'golang', GO_MOD: 'golang',
};

const MANIFESTS: ReadonlySet<string> = new Set<ManifestKind>(['PACKAGE_JSON', 'PYPROJECT', 'CARGO_TOML', 'GO_MOD', 'REQUIREMENTS_IN']);

/**
 * Reads the lockfiles of one repository into one snapshot. `files` are the locks, `manifests` the files beside them that say
 * what is direct and for what; names are paths in the repository and tell which manifest belongs to which lock. A manifest
 * among `files` is taken as one. Either everything is read or, with problems, nothing; hostile content is a problem too.
 */
export function parseLockfiles(files: readonly InputFile[], manifests: readonly InputFile[] = []): ParsedDocument | RefusedFiles {
  try {
    return parse(files, manifests);
  } catch (error) {
    if (error instanceof Refusal) return { problems: error.problems };
    throw error;
  }
}

function parse(files: readonly InputFile[], manifests: readonly InputFile[]): ParsedDocument {
  const [locks, beside] = sort(files, manifests);
  const given = new Set([...locks, ...beside].map(({ source }) => source.name));
  const packages: SbomPackage[] = [];
  const notices: SbomProblem[] = [];
  const problems: SbomProblem[] = [];
  const readings: Reading[] = [];
  const placed = place(locks, beside, notices);
  for (const lock of locks) {
    try {
      const reading = read(lock, placed.get(lock) ?? [], given);
      readings.push(reading);
      for (const one of finish(lock.source, reading).packages) packages.push(one);
      for (const notice of reading.notices) notices.push(notice);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(...error.problems);
    }
  }
  if (packages.length > sbomLimits.packages) refuse(locks[0]!.source.name, 'LIMIT', `The files have ${packages.length} packages together; at most ${sbomLimits.packages} make one snapshot.`);
  if (problems.length > 0) throw new Refusal(problems);
  return {
    kind: single(readings.map((one) => one.kind)) ?? 'LOCKFILES',
    formatVersion: single(readings.map((one) => one.formatVersion)),
    files: [...readings.map((one, index) => fileOf(locks[index]!, one.formatVersion)), ...beside.map((one) => fileOf(one, null))],
    packages,
    counts: countPackages(packages, readings.reduce((sum, one) => sum + one.entryCount, 0)),
    notices: shorten(notices),
  };
}

/** Decodes the files and tells locks from manifests. */
function sort(files: readonly InputFile[], manifests: readonly InputFile[]): [locks: Known[], beside: Known[]] {
  const all = [...files, ...manifests];
  const [first] = all;
  if (first === undefined) refuse('', 'USAGE', 'There is no file to read.');
  if (all.length > sbomLimits.files) refuse(first.name, 'LIMIT', `There are ${all.length} files; at most ${sbomLimits.files} make one snapshot.`);
  const total = all.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total > sbomLimits.totalBytes) refuse(first.name, 'LIMIT', `The files have ${total} bytes together; at most ${sbomLimits.totalBytes} make one snapshot.`);
  const names = new Set<string>();
  const problems: SbomProblem[] = [];
  const locks: Known[] = [];
  const beside: Known[] = [];
  for (const [index, file] of all.entries()) {
    try {
      const known = know(file, index >= files.length, names);
      (MANIFESTS.has(known.kind) ? beside : locks).push(known);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length === 0 && locks.length === 0) refuse(first.name, 'UNKNOWN_FORMAT', 'This is a manifest, not a lockfile: it names ranges and not the versions that are used. Hand in the lockfile, and this beside it.');
  if (problems.length > 0) throw new Refusal(problems);
  return [locks, beside];
}

function know({ name: given, bytes }: InputFile, isManifest: boolean, names: Set<string>): Known {
  const name = normalisePath(given);
  if (names.has(name)) refuse(name, 'USAGE', 'The file was handed in twice.');
  names.add(name);
  const source = decode({ name, bytes });
  const kind = kindOf(name, source.text);
  if (kind === null) refuse(name, 'UNKNOWN_FORMAT', 'The content is that of no lockfile or manifest that is read: package-lock.json, npm-shrinkwrap.json, yarn.lock, pnpm-lock.yaml, uv.lock, poetry.lock, requirements.txt, Cargo.lock or go.sum.', { line: 1, column: 1 });
  // what a project asks for can stand in a requirements.txt as well
  if (isManifest && kind === 'REQUIREMENTS') return { source, kind: 'REQUIREMENTS_IN' };
  return { source, kind };
}

/** Gives every manifest to the locks of its ecosystem in the nearest folder above it. */
function place(locks: readonly Known[], beside: readonly Known[], notices: SbomProblem[]): Map<Known, Known[]> {
  const placed = new Map<Known, Known[]>();
  for (const manifest of beside) {
    const fitting = locks.filter((lock) => fits(lock, manifest));
    const nearest = Math.max(...fitting.map((lock) => lock.source.folder.length));
    for (const lock of fitting) if (lock.source.folder.length === nearest) placed.set(lock, [...(placed.get(lock) ?? []), manifest]);
    if (fitting.length === 0) notices.push({ file: manifest.source.name, reason: 'The manifest is passed over: no lockfile of its kind stands beside or above it.', code: 'SKIPPED' });
  }
  return placed;
}

function fits(lock: Known, manifest: Known): boolean {
  if (ECOSYSTEM[lock.kind] !== ECOSYSTEM[manifest.kind] || (lock.kind === 'REQUIREMENTS') !== (manifest.kind === 'REQUIREMENTS_IN')) return false;
  if (lock.kind === 'REQUIREMENTS') return lock.source.folder === manifest.source.folder && isCompiledFrom(lock.source, manifest.source);
  return isBelow(manifest.source.folder, lock.source.folder);
}

/** pip-compile names its sources; otherwise `main.txt` comes from `main.in`. */
function isCompiledFrom(lock: SourceText, manifest: SourceText): boolean {
  const sources = Array.from(lock.text.matchAll(/^[ \t]*#.*?-r[ \t]+(\S+)[ \t\r]*$/gm), ([, path]) => baseOf(path!));
  if (sources.length > 0) return sources.includes(baseOf(manifest.name));
  return baseOf(lock.name).replace(/\.\w+$/, '') === baseOf(manifest.name).replace(/\.\w+$/, '');
}

function isBelow(folder: string, above: string): boolean {
  return above === '' || folder === above || folder.startsWith(`${above}/`);
}

function read(lock: Known, beside: readonly Known[], given: ReadonlySet<string>): Reading {
  const { source } = lock;
  // A manifest that comes alone is the root's, wherever it was kept: a member's without the root's would tell nothing.
  const folderOf = (one: Known) => (beside.length === 1 ? '' : normalisePath(one.source.folder.slice(source.folder.length)));
  const placed = (reader: (source: SourceText) => Manifest): Placed[] => beside.map((one) => ({ manifest: reader(one.source), folder: folderOf(one) }));
  switch (lock.kind) {
    case 'PACKAGE_LOCK': case 'NPM_SHRINKWRAP': return readPackageLock(source, placed(readPackageJson));
    case 'YARN_V1': return readYarnV1(source, placed(readPackageJson));
    case 'YARN_BERRY': return readYarnBerry(source, placed(readPackageJson));
    case 'PNPM_LOCK': return readPnpmLock(source, placed(readPackageJson));
    case 'UV_LOCK': return readUvLock(source, placed(readPyproject));
    case 'POETRY_LOCK': return readPoetryLock(source, placed(readPyproject));
    case 'CARGO_LOCK': return readCargoLock(source, placed(readCargoToml));
    case 'REQUIREMENTS': return readRequirements(source, placed(readRequirementsIn).map(({ manifest }) => manifest), given);
    case 'GO_SUM': return readGoSum(source, goModBeside(lock, beside));
    default: throw new Error(`${lock.kind} is no lockfile`);
  }
}

/** Every module has a go.sum of its own. */
function goModBeside(lock: Known, beside: readonly Known[]): ReturnType<typeof readGoMod> | null {
  const found = beside.find(({ source }) => source.folder === lock.source.folder);
  return found === undefined ? null : readGoMod(found.source);
}

function single<T extends DocumentKind | string | null>(values: readonly T[]): T | null {
  return new Set(values).size === 1 ? values[0]! : null;
}

function fileOf({ source: { name, sha256, size }, kind }: Known, formatVersion: string | null): ParsedFile {
  return { name, kind, formatVersion, sha256, size };
}
