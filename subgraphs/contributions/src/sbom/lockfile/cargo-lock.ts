import { sbomLimits } from '../model.ts';
import type { PackageSource, SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, listOf, needText, own, tableOf, textOf, textsOf } from './fields.ts';
import type { Table } from './fields.ts';
import { outOfStep } from './manifest/model.ts';
import type { Placed } from './manifest/model.ts';
import { markReached } from './reach.ts';
import { Refusal, quote, refuse } from './refusal.ts';
import { locate } from './text.ts';
import type { SourceText } from './text.ts';
import { parseToml } from './toml.ts';

interface Entry {
  readonly draft: Draft;
  readonly source: string | undefined;
  readonly wanted: readonly string[];
}

/**
 * Reads a Cargo.lock of version 1 to 4. The lock does not say what an own package needs for its tests only: that takes the
 * Cargo.toml of every own package.
 * @throws Refusal
 */
export function readCargoLock(source: SourceText, manifests: readonly Placed[]): Reading {
  const root = asTable(source, parseToml(source), '');
  const version = own(root, 'version') ?? 1;
  if (typeof version !== 'number' || ![1, 2, 3, 4].includes(version)) refuse(source.name, 'UNSUPPORTED_VERSION', 'The version of a Cargo.lock must be 1 to 4.', locate(source, 'version ='));
  const list = listOf(source, root, 'package', 'package');
  checkCount(source, 'packages', list.length);
  const checksums = tableOf(source, root, 'metadata', 'metadata');
  const entries = list.map((value, index) => entryOf(source, asTable(source, value, `package[${index}]`, '[[package]]'), index, checksums));
  const index = indexed(entries);
  const notices: SbomProblem[] = [];
  for (const entry of entries) connect(source, entry, index, notices);
  mark(source, entries, index, manifests);
  return { kind: 'CARGO_LOCK', formatVersion: String(version), entryCount: entries.length, drafts: entries.map((entry) => entry.draft), notices };
}

function entryOf(source: SourceText, table: Table, index: number, checksums: Table): Entry {
  const name = needText(source, table, 'name', `package[${index}]`, '[[package]]');
  const needle = `name = "${name}"`;
  const version = needText(source, table, 'version', `package[${index}]`, needle);
  const from = textOf(table, 'source');
  return {
    source: from,
    wanted: textsOf(own(table, 'dependencies')),
    draft: draft({
      id: `${name}@${version}${from === undefined || isRegistry(from) ? '' : `#${from}`}`,
      ecosystem: 'cargo',
      name,
      version,
      source: sourceOf(from),
      thirdParty: from !== undefined,
      integrity: textOf(table, 'checksum') ?? textOf(checksums, `checksum ${name} ${version} (${from ?? ''})`) ?? null,
      edges: new Set(),
      needles: [needle],
    }),
  };
}

function isRegistry(from: string): boolean {
  return /^(?:registry|sparse)\+/.test(from);
}

function sourceOf(from: string | undefined): PackageSource {
  if (from === undefined) return { kind: 'WORKSPACE' };
  if (from.startsWith('git+')) return { kind: 'GIT', location: from };
  return { kind: isRegistry(from) ? 'REGISTRY' : 'URL', location: from.replace(/^(?:registry|sparse)\+/, '') };
}

/** Dependencies are named as briefly as they can be: name, name and version, or those and the source. */
function indexed(entries: readonly Entry[]): Map<string, Entry[]> {
  const index = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { name, version } = entry.draft;
    for (const key of [name, `${name} ${version}`, `${name} ${version} (${entry.source ?? ''})`]) {
      const same = index.get(key);
      if (same === undefined) index.set(key, [entry]);
      else same.push(entry);
    }
  }
  return index;
}

function connect(source: SourceText, { draft: from, wanted }: Entry, index: ReadonlyMap<string, Entry[]>, notices: SbomProblem[]): void {
  for (const name of wanted) {
    const found = index.get(name);
    if (found?.length === 1) from.edges!.add(found[0]!.draft.id);
    else if (notices.length < sbomLimits.problems) notices.push({ file: source.name, ...locate(source, ...from.needles), path: from.id, reason: `${from.id} needs ${quote(name)}, which the lock holds ${found === undefined ? 'not at all' : 'more than once'}.`, code: 'DANGLING_EDGE' });
  }
}

function mark(source: SourceText, entries: readonly Entry[], index: ReadonlyMap<string, Entry[]>, manifests: readonly Placed[]): void {
  const drafts = entries.map((entry) => entry.draft);
  const byId = new Map(drafts.map((one) => [one.id, one]));
  const own = entries.filter((entry) => !entry.draft.thirdParty);
  const prod = new Set<string>();
  const dev = new Set<string>();
  const problems: SbomProblem[] = [];
  const read = new Set<Entry>();
  for (const { manifest } of manifests) {
    const entry = manifest.name === null ? undefined : index.get(manifest.name)?.find((one) => !one.draft.thirdParty);
    if (entry === undefined) {
      if (manifest.name !== null) problems.push(outOfStep(source, manifest, { name: manifest.name, range: '' }));
      continue;
    }
    read.add(entry);
    const needed = Map.groupBy([...entry.draft.edges!].map((id) => byId.get(id)!), (one) => one.name);
    for (const wanted of manifest.wanted) {
      const found = needed.get(wanted.name);
      if (found === undefined && wanted.name !== manifest.name) problems.push(outOfStep(source, manifest, wanted));
      for (const { id } of found ?? []) (wanted.group === 'PROD' ? prod : dev).add(id);
    }
  }
  if (problems.length > 0) throw new Refusal(problems);
  // without the manifests of all own packages it is known who is direct, but not for what
  const direct = own.flatMap((entry) => [...entry.draft.edges!]);
  if (own.length > 0) markReached(drafts, own.every((entry) => read.has(entry)) ? { prod, dev } : { prod: direct, dev: null });
}
