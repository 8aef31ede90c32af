import { sbomLimits } from '../model.ts';
import type { PackageSource, SbomProblem, Scope } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, isTable, listOf, needText, own, tableOf, textOf, textsOf } from './fields.ts';
import type { Table } from './fields.ts';
import { outOfStep } from './manifest/model.ts';
import type { Placed } from './manifest/model.ts';
import { pypiName } from './names.ts';
import { markReached } from './reach.ts';
import { Refusal } from './refusal.ts';
import { locate } from './text.ts';
import type { SourceText } from './text.ts';
import { parseToml } from './toml.ts';

interface Entry {
  readonly table: Table;
  readonly draft: Draft;
}

/**
 * Reads a poetry.lock. Poetry 2 and Poetry before 1.5 mark the groups of each package; what lies between, and what is
 * direct, takes the pyproject.toml.
 * @throws Refusal
 */
export function readPoetryLock(source: SourceText, manifests: readonly Placed[]): Reading {
  const root = asTable(source, parseToml(source), '');
  const list = listOf(source, root, 'package', 'package');
  checkCount(source, 'packages', list.length);
  const entries = list.map((value, index) => entryOf(source, asTable(source, value, `package[${index}]`, '[[package]]'), index));
  const byName = Map.groupBy(entries, (entry) => pypiName(entry.draft.name));
  const notices: SbomProblem[] = [];
  let edges = 0;
  for (const { table, draft: from } of entries) {
    for (const [name, spec] of Object.entries(tableOf(source, table, 'dependencies', `${from.id}.dependencies`))) {
      const found = byName.get(pypiName(name));
      edges += found?.length ?? 0;
      checkCount(source, 'edges', edges);
      for (const to of found ?? []) from.edges!.add(to.draft.id);
      if (found === undefined && !isLoose(spec) && notices.length < sbomLimits.problems) notices.push({ file: source.name, ...locate(source, ...from.needles), path: from.id, reason: `${from.id} needs ${name}, which the lock does not hold; an extra or a marker may leave it out.`, code: 'DANGLING_EDGE' });
    }
  }
  const manifest = manifests.find(({ folder }) => folder === '')?.manifest;
  if (manifest !== undefined) nameDirect(source, manifest, byName, entries.map((entry) => entry.draft));
  for (const { table, draft: one } of entries) one.scope = statedScope(table) ?? one.scope;
  const metadata = tableOf(source, root, 'metadata', 'metadata');
  return { kind: 'POETRY_LOCK', formatVersion: textOf(metadata, 'lock-version') ?? null, entryCount: entries.length, drafts: entries.map((entry) => entry.draft), notices };
}

/** Extras and markers can leave a dependency out of the lock. */
function isLoose(spec: unknown): boolean {
  return Array.isArray(spec) ? spec.every(isLoose) : isTable(spec) && (own(spec, 'optional') === true || own(spec, 'markers') !== undefined);
}

function statedScope(table: Table): Scope | null {
  const groups = textsOf(own(table, 'groups'));
  if (groups.length > 0) return groups.includes('main') ? 'PROD' : 'DEV';
  const category = textOf(table, 'category');
  return category === undefined ? null : category === 'main' ? 'PROD' : 'DEV';
}

function entryOf(source: SourceText, table: Table, index: number): Entry {
  const name = needText(source, table, 'name', `package[${index}]`, '[[package]]');
  const needle = `name = "${name}"`;
  const version = needText(source, table, 'version', `package[${index}]`, needle);
  const stated = tableOf(source, table, 'source', `package ${name}.source`);
  const from = sourceOf(stated);
  const [file] = listOf(source, table, 'files', `package ${name}.files`);
  const isOwn = textOf(stated, 'type') === 'directory';
  const one = draft({
    id: `${name}@${version}${from.kind === 'REGISTRY' ? '' : `#${from.location ?? ''}`}`,
    ecosystem: 'pypi',
    name: pypiName(name),
    version,
    source: isOwn ? { ...from, kind: 'WORKSPACE' } : from,
    thirdParty: !isOwn,
    integrity: isTable(file) ? textOf(file, 'hash') ?? null : null,
    edges: new Set(),
    needles: [needle],
  });
  if (own(table, 'optional') === true) one.flags.add('OPTIONAL');
  return { table, draft: one };
}

function sourceOf(stated: Table): PackageSource {
  const url = textOf(stated, 'url');
  switch (textOf(stated, 'type')) {
    case 'git': return { kind: 'GIT', location: `${url ?? ''}#${textOf(stated, 'resolved_reference') ?? textOf(stated, 'reference') ?? ''}` };
    case 'url': return { kind: 'URL', location: url };
    case 'file': case 'directory': return { kind: 'PATH', location: url };
    default: return url === undefined ? { kind: 'REGISTRY' } : { kind: 'REGISTRY', location: url };
  }
}

function nameDirect(source: SourceText, manifest: Placed['manifest'], byName: ReadonlyMap<string, Entry[]>, drafts: readonly Draft[]): void {
  const prod = new Set<string>();
  const dev = new Set<string>();
  const problems: SbomProblem[] = [];
  for (const wanted of manifest.wanted) {
    const found = byName.get(wanted.name);
    if (found === undefined && wanted.name !== manifest.name) problems.push(outOfStep(source, manifest, wanted));
    for (const { draft: one } of found ?? []) (wanted.group === 'PROD' ? prod : dev).add(one.id);
  }
  if (problems.length > 0) throw new Refusal(problems);
  markReached(drafts, { prod, dev });
}
