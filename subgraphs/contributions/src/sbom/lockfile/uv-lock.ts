import type { PackageSource, SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, isTable, listOf, needText, own, tableOf, textOf, textsOf } from './fields.ts';
import type { Table } from './fields.ts';
import type { Placed } from './manifest/model.ts';
import { pypiName } from './names.ts';
import { reach } from './reach.ts';
import { Refusal, refuse } from './refusal.ts';
import { locate } from './text.ts';
import type { SourceText } from './text.ts';
import { parseToml } from './toml.ts';
import { uvStepProblems } from './uv-step.ts';

/** A package of the lock: what it needs itself, what each of its extras needs, and what each group of an own one does. */
export interface UvEntry {
  readonly table: Table;
  readonly draft: Draft;
  readonly needs: readonly Table[];
  readonly extras: ReadonlyMap<string, readonly Table[]>;
  readonly groups: ReadonlyMap<string, readonly Table[]>;
}

/** A package, or one with an extra: what an edge reaches. */
interface Point {
  readonly entry: UvEntry;
  readonly extra: string | null;
}

/** `["id"]` or `["id", "extra"]` as text, to compare points. */
type PointKey = string;

/**
 * Reads a uv.lock. Extras of own packages count as production, their dependency groups as development.
 * @throws Refusal
 */
export function readUvLock(source: SourceText, manifests: readonly Placed[]): Reading {
  const root = asTable(source, parseToml(source), '');
  const version = own(root, 'version');
  if (version !== 1) refuse(source.name, 'UNSUPPORTED_VERSION', 'The version of a uv.lock must be 1.', locate(source, 'version ='));
  const list = listOf(source, root, 'package', 'package');
  checkCount(source, 'packages', list.length);
  const ids = new Set<string>();
  const entries = list.map((value, index) => entryOf(source, asTable(source, value, `package[${index}]`, '[[package]]'), index, ids));
  const problems = uvStepProblems(source, entries, manifests);
  if (problems.length > 0) throw new Refusal(problems);
  const notices: SbomProblem[] = [];
  mark(new Graph(source, entries, notices), root);
  return { kind: 'UV_LOCK', formatVersion: String(version), entryCount: entries.length, drafts: entries.map((entry) => entry.draft), notices };
}

function entryOf(source: SourceText, table: Table, index: number, ids: Set<string>): UvEntry {
  const name = needText(source, table, 'name', `package[${index}]`, '[[package]]');
  const needle = `name = "${name}"`;
  const path = `package ${name}`;
  // own packages whose version is worked out have none
  const version = textOf(table, 'version') ?? null;
  const stated = tableOf(source, table, 'source', `${path}.source`);
  const isOwn = ['editable', 'virtual', 'directory'].some((key) => own(stated, key) !== undefined);
  const from = sourceOf(stated);
  let id = `${name}@${version ?? 'none'}`;
  const whole = `${id}#${JSON.stringify(stated)}`;
  if (ids.has(whole)) refuse(source.name, 'INVALID', `${id} stands in the lock twice.`, { ...locate(source, needle), path: id });
  if (ids.has(id)) id = whole;
  ids.add(id).add(whole);
  const lists = (key: string) => new Map(Object.entries(tableOf(source, table, key, `${path}.${key}`)).map(([group, value]) => [group, tablesOf(value)]));
  return {
    table,
    needs: tablesOf(listOf(source, table, 'dependencies', `${path}.dependencies`)),
    extras: lists('optional-dependencies'),
    groups: lists('dev-dependencies'),
    draft: draft({
      id, ecosystem: 'pypi', name, version, source: from, thirdParty: !isOwn, needles: [needle], edges: new Set(),
      integrity: hashOf(own(table, 'sdist')) ?? tablesOf(own(table, 'wheels')).map(hashOf).find((hash) => hash !== null) ?? null,
      path: isOwn ? from.location ?? null : null,
    }),
  };
}

function tablesOf(value: unknown): Table[] {
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function hashOf(value: unknown): string | null {
  return isTable(value) ? textOf(value, 'hash') ?? null : null;
}

function sourceOf(stated: Table): PackageSource {
  for (const [key, kind] of [['editable', 'WORKSPACE'], ['virtual', 'WORKSPACE'], ['directory', 'PATH'], ['path', 'PATH'], ['git', 'GIT'], ['url', 'URL'], ['registry', 'REGISTRY']] as const) {
    const location = textOf(stated, key);
    if (location !== undefined) return { kind, location };
  }
  return { kind: 'REGISTRY' };
}

/** Resolves edges, with the extras they carry. */
class Graph {
  readonly entries: readonly UvEntry[];
  private readonly source: SourceText;
  private readonly notices: SbomProblem[];
  private readonly byName: ReadonlyMap<string, UvEntry[]>;
  private readonly points = new Map<PointKey, Point>();
  private readonly missing = new Set<string>();
  private looked = 0;

  constructor(source: SourceText, entries: readonly UvEntry[], notices: SbomProblem[]) {
    this.source = source;
    this.entries = entries;
    this.notices = notices;
    this.byName = Map.groupBy(entries, (entry) => pypiName(entry.draft.name));
  }

  /** What a list of requirements reaches at once: each package, and each extra asked of it. */
  follow(needs: readonly Table[], from: string): PointKey[] {
    const reached: PointKey[] = [];
    for (const need of needs) {
      const found = this.find(need);
      if (found.length === 0) this.note(from, textOf(need, 'name') ?? 'something without a name');
      for (const entry of found) {
        reached.push(this.point({ entry, extra: null }));
        for (const extra of [...textsOf(own(need, 'extra')), ...textsOf(own(need, 'extras'))]) reached.push(this.point({ entry, extra }));
      }
    }
    return reached;
  }

  /** What a package, or one extra of it, needs. */
  next(key: PointKey): PointKey[] {
    const { entry, extra } = this.points.get(key)!;
    return this.follow(extra === null ? entry.needs : entry.extras.get(extra) ?? [], entry.draft.id);
  }

  draftsOf(keys: Iterable<PointKey>): Set<Draft> {
    return new Set(Array.from(keys, (key) => this.points.get(key)!.entry.draft));
  }

  private note(from: string, name: string): void {
    const reason = `${from} needs ${name}, which the lock does not hold.`;
    if (this.missing.has(reason)) return;
    this.missing.add(reason);
    this.notices.push({ file: this.source.name, path: from, reason, code: 'DANGLING_EDGE' });
  }

  private point(point: Point): PointKey {
    const key = point.extra === null ? point.entry.draft.id : JSON.stringify([point.entry.draft.id, point.extra]);
    if (!this.points.has(key)) this.points.set(key, point);
    return key;
  }

  /** A name that forks by platform says which version or source is meant; several are meant when it does not. */
  private find(need: Table): UvEntry[] {
    const named = this.byName.get(pypiName(textOf(need, 'name') ?? '')) ?? [];
    // one name at ten thousand versions, asked for by each: the file is refused before that is walked
    this.looked += Math.max(0, named.length - 1);
    checkCount(this.source, 'edges', this.looked);
    const version = textOf(need, 'version');
    const from = own(need, 'source');
    if (named.length === 1) return version === undefined || named[0]!.draft.version === version ? named : [];
    return named.filter((entry) => (version === undefined || entry.draft.version === version) && (from === undefined || JSON.stringify(own(entry.table, 'source')) === JSON.stringify(from)));
  }
}

function mark(graph: Graph, root: Table): void {
  const all = (lists: Iterable<readonly Table[]>) => [...lists].flat();
  const ownNeeds = { base: [] as PointKey[], extras: [] as PointKey[], groups: [] as PointKey[] };
  for (const entry of graph.entries) {
    const { draft: one, needs, extras, groups } = entry;
    const base = graph.follow(needs, one.id);
    const optional = graph.follow(all(extras.values()), one.id);
    const grouped = graph.follow(all(groups.values()), one.id);
    for (const to of graph.draftsOf([...base, ...optional, ...grouped])) if (to !== one) one.edges!.add(to.id);
    if (one.thirdParty) continue;
    ownNeeds.base.push(...base);
    ownNeeds.extras.push(...optional);
    ownNeeds.groups.push(...grouped);
  }
  // a project that is no package, and a script, keep what they need here
  const manifest = own(root, 'manifest');
  if (isTable(manifest)) {
    const groups = own(manifest, 'dependency-groups');
    ownNeeds.base.push(...graph.follow(held(own(manifest, 'requirements')), 'manifest'));
    ownNeeds.groups.push(...graph.follow(isTable(groups) ? Object.values(groups).flatMap(held) : [], 'manifest'));
  }
  const next = (key: PointKey) => graph.next(key);
  const base = graph.draftsOf(reach(ownNeeds.base, next));
  const prod = graph.draftsOf(reach([...ownNeeds.base, ...ownNeeds.extras], next));
  const dev = graph.draftsOf(reach(ownNeeds.groups, next));
  const named = { prod: graph.draftsOf([...ownNeeds.base, ...ownNeeds.extras]), dev: graph.draftsOf(ownNeeds.groups) };
  for (const { draft: one } of graph.entries) {
    if (!one.thirdParty) continue;
    one.direct = named.prod.has(one) || named.dev.has(one);
    if (one.direct) one.directScope = named.prod.has(one) ? 'PROD' : 'DEV';
    one.scope = prod.has(one) ? 'PROD' : dev.has(one) ? 'DEV' : null;
    if (prod.has(one) && !base.has(one)) one.flags.add('OPTIONAL');
  }
}

function held(value: unknown): Table[] {
  return tablesOf(value);
}
