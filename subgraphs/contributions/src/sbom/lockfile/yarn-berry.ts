import type { PackageSource, SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, needText, own, tableOf, textOf } from './fields.ts';
import type { Table } from './fields.ts';
import { forcedNames } from './manifest/merge.ts';
import { outOfStep } from './manifest/model.ts';
import type { Placed } from './manifest/model.ts';
import { npmSource, splitAt } from './npm-source.ts';
import { markReached } from './reach.ts';
import { Refusal, quote, refuse } from './refusal.ts';
import { locate, normalisePath } from './text.ts';
import type { SourceText } from './text.ts';
import { parseYaml } from './yaml.ts';

interface Entry {
  readonly table: Table;
  readonly draft: Draft;
}

/**
 * Reads a yarn.lock of yarn 2 or later. The lock holds the workspaces with what they ask for, but only their package.json
 * files tell development from production.
 * @throws Refusal
 */
export function readYarnBerry(source: SourceText, manifests: readonly Placed[]): Reading {
  // the parser of yarn reads this too, but does not limit aliases
  const root = asTable(source, parseYaml(source)[0], '');
  const formatVersion = needText(source, tableOf(source, root, '__metadata', '__metadata'), 'version', '__metadata', '__metadata');
  const keys = Object.keys(root).filter((key) => key !== '__metadata');
  checkCount(source, 'packages', keys.length);
  const byPattern = new Map<string, Entry>();
  const drafts = new Map<string, Draft>();
  const entries: Entry[] = [];
  for (const key of keys) {
    const entry = entryOf(source, key, asTable(source, own(root, key), quote(key), key), drafts);
    entries.push(entry);
    for (const pattern of key.split(', ')) byPattern.set(pattern, entry);
  }
  const byName = Map.groupBy(entries, (entry) => entry.draft.alias ?? entry.draft.name);
  const forced = forcedNames(manifests);
  const find: Find = (name, range) => {
    const exact = byPattern.get(`${name}@${range}`) ?? byPattern.get(`${name}@npm:${range}`);
    if (exact !== undefined) return exact;
    const same = byName.get(name) ?? [];
    return forced.has(name) && new Set(same.map((entry) => entry.draft)).size === 1 ? same[0]! : null;
  };
  const notices: SbomProblem[] = [];
  for (const entry of entries) connect(source, entry, find, notices);
  mark(source, entries, [...drafts.values()], manifests, find);
  return { kind: 'YARN_BERRY', formatVersion, entryCount: entries.length, drafts: [...drafts.values()], notices };
}

/** `patch:` entries repeat the package that they patch: both become one. */
function entryOf(source: SourceText, key: string, table: Table, drafts: Map<string, Draft>): Entry {
  const resolution = needText(source, table, 'resolution', quote(key), key);
  if (resolution.length > 8192) refuse(source.name, 'LIMIT', 'The resolution is longer than any of yarn.', { ...locate(source, key), path: key.slice(0, 200) });
  const [name, locator] = splitAt(resolution) ?? refuse(source.name, 'INVALID', `The resolution ${quote(resolution)} says no place.`, { ...locate(source, resolution), path: key });
  const version = needText(source, table, 'version', quote(key), key);
  const installedAs = splitAt(key.split(', ')[0]!)?.[0] ?? name;
  const isPatch = locator.startsWith('patch:');
  const isWorkspace = locator.startsWith('workspace:');
  const isOwn = isWorkspace || textOf(table, 'linkType') === 'soft';
  const from = sourceOf(locator, isWorkspace);
  const id = isOwn ? `${name}@${locator}` : `${name}@${version}${from.kind === 'REGISTRY' || isPatch ? '' : `#${locator}`}`;
  let one = drafts.get(id);
  if (one === undefined) {
    one = draft({
      id,
      ecosystem: 'npm',
      name,
      version: isWorkspace && version === '0.0.0-use.local' ? null : version,
      source: from,
      thirdParty: !isOwn,
      alias: installedAs === name ? null : installedAs,
      path: isWorkspace ? from.location! : null,
      edges: new Set(),
      needles: [`"${key}"`, key],
    });
    drafts.set(id, one);
  }
  if (isPatch) one.flags.add('PATCHED');
  // of the package as published, unless there is nothing but the patched one
  if (!isPatch || one.integrity === null) one.integrity = textOf(table, 'checksum') ?? one.integrity;
  return { table, draft: one };
}

function sourceOf(locator: string, isWorkspace: boolean): PackageSource {
  if (isWorkspace) return { kind: 'WORKSPACE', location: locator.slice('workspace:'.length).replace(/::.*$/, '') };
  if (/^(?:npm|patch):/.test(locator)) {
    const archive = /::.*__archiveUrl=([^&]*)/.exec(locator)?.[1];
    return archive === undefined ? { kind: 'REGISTRY' } : { kind: 'REGISTRY', location: decode(archive) };
  }
  return /#commit=/.test(locator) ? { kind: 'GIT', location: locator } : npmSource(locator.replace(/::.*$/, ''));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Find = (name: string, range: string) => Entry | null;

function connect(source: SourceText, { table, draft: from }: Entry, find: Find, notices: SbomProblem[]): void {
  for (const [name, range] of Object.entries(tableOf(source, table, 'dependencies', `${from.id}.dependencies`))) {
    const to = find(name, String(range));
    if (to === null) notices.push({ file: source.name, path: from.id, reason: `${from.id} asks for ${name}@${String(range)}, which the lock does not hold.`, code: 'DANGLING_EDGE' });
    else if (to.draft !== from) from.edges!.add(to.draft.id);
  }
}

function mark(source: SourceText, entries: readonly Entry[], drafts: readonly Draft[], manifests: readonly Placed[], find: Find): void {
  const own = entries.filter((entry) => entry.draft.source.kind === 'WORKSPACE');
  const prod = new Set<string>();
  const dev = new Set<string>();
  const problems: SbomProblem[] = [];
  const unread = new Set(own);
  for (const { manifest, folder } of manifests) {
    const entry = own.find((one) => normalisePath(one.draft.path!) === folder) ?? own.find((one) => one.draft.name === manifest.name);
    if (entry === undefined) continue;
    unread.delete(entry);
    const locked = tableOf(source, entry.table, 'dependencies', `${entry.draft.id}.dependencies`);
    for (const wanted of manifest.wanted) {
      if (wanted.group === 'PEER') continue;
      const range = textOf(locked, wanted.name);
      const isSame = range === wanted.range || range === `npm:${wanted.range}` || manifest.forced.has(wanted.name) || wanted.range.startsWith('catalog:');
      const found = range === undefined ? null : find(wanted.name, range);
      if (!isSame || found === null) problems.push(outOfStep(source, manifest, wanted, range === undefined || isSame ? 'is missing' : `is ${range} there`));
      else (wanted.group === 'PROD' ? prod : dev).add(found.draft.id);
    }
  }
  if (problems.length > 0) throw new Refusal(problems);
  if (own.length === 0) return;
  // a workspace without its manifest: all that it asks for is direct, for whom is not known
  const direct = own.flatMap((entry) => [...entry.draft.edges!]);
  markReached(drafts, unread.size === 0 ? { prod, dev } : { prod: direct, dev: null });
}
