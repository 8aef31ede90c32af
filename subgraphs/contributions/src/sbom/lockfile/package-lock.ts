import { sbomLimits } from '../model.ts';
import type { LockfileKind, SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, own, tableOf, textOf } from './fields.ts';
import type { Table } from './fields.ts';
import { parseJson } from './json.ts';
import { outOfStep } from './manifest/model.ts';
import type { Placed, Wanted } from './manifest/model.ts';
import { wantedOf } from './manifest/package-json.ts';
import { npmSource } from './npm-source.ts';
import { readPackageLockV1 } from './package-lock-v1.ts';
import { Refusal, refuse } from './refusal.ts';
import { baseOf, locate, normalisePath } from './text.ts';
import type { SourceText } from './text.ts';

/** Longest place of a package: deeper trees cannot be installed, and looking up in them would take long. */
const LONGEST_KEY = 1024;
const DEEPEST_KEY = 100;

interface Node {
  readonly key: string;
  readonly entry: Table;
  /** The own folder or package that stands there; for a link, the folder it leads to. */
  readonly draft: Draft | null;
  readonly link: string | null;
}

/**
 * Reads a package-lock.json or npm-shrinkwrap.json of any version. Versions 2 and 3 are read from `packages` alone: what
 * version 2 repeats under `dependencies` is for old programs.
 * @throws Refusal
 */
export function readPackageLock(source: SourceText, manifests: readonly Placed[]): Reading {
  const root = asTable(source, parseJson(source), '');
  const stated = own(root, 'lockfileVersion');
  const kind: LockfileKind = baseOf(source.name).includes('shrinkwrap') ? 'NPM_SHRINKWRAP' : 'PACKAGE_LOCK';
  if (own(root, 'packages') !== undefined && (stated === 2 || stated === 3)) return readPackages(source, root, kind, String(stated), manifests);
  // shrinkwraps of npm before 5 state no version and are built like version 1
  if (stated === 1 || (stated === undefined && own(root, 'dependencies') !== undefined)) return readPackageLockV1(source, root, kind, manifests);
  refuse(source.name, stated === 2 || stated === 3 ? 'INVALID' : 'UNSUPPORTED_VERSION', stated === 2 || stated === 3 ? 'The lock has no "packages".' : 'The lockfileVersion must be 1, 2 or 3.', locate(source, '"lockfileVersion"'));
}

function readPackages(source: SourceText, root: Table, kind: LockfileKind, formatVersion: string, manifests: readonly Placed[]): Reading {
  const entries = Object.entries(tableOf(source, root, 'packages', 'packages'));
  checkCount(source, 'packages', entries.length);
  const nodes = new Map<string, Node>();
  for (const [key, value] of entries) nodes.set(key, nodeOf(source, key, asTable(source, value, `packages[${JSON.stringify(key)}]`, JSON.stringify(key))));
  if (!nodes.has('')) refuse(source.name, 'INVALID', 'The lock has no entry "" for its own package.', locate(source, '"packages"'));
  const problems = stepProblems(source, nodes, manifests);
  if (problems.length > 0) throw new Refusal(problems);
  const notices: SbomProblem[] = [];
  const tree = new Tree(nodes);
  let edges = 0;
  for (const node of nodes.values()) {
    edges = connect(source, tree, node, edges, problems, notices);
  }
  if (problems.length > 0) throw new Refusal(problems);
  const drafts = Array.from(nodes.values(), (node) => node.draft).filter((one) => one !== null);
  return { kind, formatVersion, entryCount: drafts.filter((one) => one.thirdParty).length, drafts, notices };
}

function nodeOf(source: SourceText, key: string, entry: Table): Node {
  const needle = JSON.stringify(key);
  if (key.length > LONGEST_KEY) refuse(source.name, 'LIMIT', `The place of a package has ${key.length} characters; at most ${LONGEST_KEY} are read.`, locate(source, needle));
  if (key.split('/').length > DEEPEST_KEY) refuse(source.name, 'LIMIT', `The place of a package is more than ${DEEPEST_KEY} folders deep.`, locate(source, needle));
  if (own(entry, 'link') === true) {
    const target = textOf(entry, 'resolved');
    if (target === undefined) refuse(source.name, 'INVALID', 'A link must say in "resolved" where it leads.', { ...locate(source, needle), path: `packages[${needle}]` });
    return { key, entry, link: normalisePath(target), draft: null };
  }
  const at = key.lastIndexOf('node_modules/');
  const isOwn = at < 0;
  const installedAs = isOwn ? baseOf(key) : key.slice(at + 'node_modules/'.length);
  const name = textOf(entry, 'name') ?? installedAs;
  const one = draft({
    id: key === '' ? '.' : key,
    ecosystem: 'npm',
    name,
    version: textOf(entry, 'version') || null,
    source: isOwn ? { kind: 'WORKSPACE', location: key === '' ? '.' : key } : npmSource(textOf(entry, 'resolved')),
    thirdParty: !isOwn,
    needles: [needle],
    alias: !isOwn && installedAs !== name ? installedAs : null,
    integrity: textOf(entry, 'integrity') ?? null,
    path: key === '' ? '.' : key,
    licence: licenceOf(entry),
    edges: new Set(),
  });
  if (!isOwn) mark(one, entry);
  return { key, entry, draft: one, link: null };
}

/** Old packages give their licence as `{ type }` or as a list of those, of which any may be chosen. */
function licenceOf(entry: Table): string | null {
  const stated = own(entry, 'license') ?? own(entry, 'licenses');
  const types = (Array.isArray(stated) ? stated : [stated]).map((one: unknown) => (typeof one === 'object' && one !== null ? textOf(one as Table, 'type') : one)).filter((one) => typeof one === 'string' && one !== '');
  if (types.length === 0) return null;
  return types.length === 1 ? types[0] as string : `(${types.join(' OR ')})`;
}

function mark(one: Draft, entry: Table): void {
  const is = (key: string) => own(entry, key) === true;
  if (is('optional')) one.flags.add('OPTIONAL');
  if (is('peer')) one.flags.add('PEER');
  if (is('inBundle')) one.flags.add('BUNDLED');
  if (is('extraneous')) one.flags.add('EXTRANEOUS');
  if (is('hasInstallScript')) one.flags.add('INSTALL_SCRIPT');
  if (typeof own(entry, 'deprecated') === 'string') one.flags.add('DEPRECATED');
  if (is('devOptional')) one.flags.add('DEV_OPTIONAL');
  one.direct = false;
  // npm's own marks: devOptional is wanted by both sides and neither must have it, so its scope stays open
  if (!is('devOptional') && !is('extraneous')) one.scope = is('dev') ? 'DEV' : 'PROD';
}

/** Adds the edges of a node; answers how many there are now. */
function connect(source: SourceText, tree: Tree, { key, entry, draft: from }: Node, before: number, problems: SbomProblem[], notices: SbomProblem[]): number {
  if (from === null) return before;
  const path = `packages[${JSON.stringify(key)}]`;
  const optional = new Set(Object.keys(tableOf(source, entry, 'optionalDependencies', `${path}.optionalDependencies`)));
  const all = wantedOf(source, entry, path);
  checkCount(source, 'edges', before + all.length);
  const folders = all.length === 0 ? [] : tree.folders(key);
  for (const wanted of all) {
    // an installed package brings no development dependencies
    if (wanted.group === 'DEV' && from.thirdParty) continue;
    const to = tree.find(folders, wanted.name);
    if (to !== null) {
      from.edges!.add(to.id);
      if (!from.thirdParty && wanted.group !== 'PEER' && to.thirdParty) nameDirect(to, wanted);
    } else if (wanted.group !== 'PEER' && !optional.has(wanted.name)) {
      const reason = `${path} asks for ${wanted.name}@${wanted.range}, which the lock does not hold.`;
      const into = from.thirdParty ? notices : problems;
      // looking for the place takes time, and only so many are listed
      const at = into.length < sbomLimits.problems ? locate(source, `${JSON.stringify(key)}: {`) : {};
      into.push({ file: source.name, ...at, path, reason, code: from.thirdParty ? 'DANGLING_EDGE' : 'OUT_OF_STEP' });
    }
  }
  return before + all.length;
}

function nameDirect(to: Draft, { group }: Wanted): void {
  to.direct = true;
  if (group === 'PROD' || to.directScope === null) to.directScope = group === 'PROD' ? 'PROD' : 'DEV';
}

/** What lies in which folder's `node_modules`. */
class Tree {
  private readonly nodes: ReadonlyMap<string, Node>;
  private readonly contents = new Map<string, Map<string, Node>>();
  /** Lengths of the folders that have contents: most folders above need no look. */
  private readonly lengths = new Set<number>();

  constructor(nodes: ReadonlyMap<string, Node>) {
    this.nodes = nodes;
    for (const node of nodes.values()) {
      const at = node.key.lastIndexOf('node_modules/');
      if (at < 0) continue;
      const folder = node.key.slice(0, Math.max(0, at - 1));
      this.lengths.add(folder.length);
      const content = this.contents.get(folder);
      const name = node.key.slice(at + 'node_modules/'.length);
      if (content === undefined) this.contents.set(folder, new Map([[name, node]]));
      else content.set(name, node);
    }
  }

  /** Where Node looks a package up: in `node_modules` of the folder, then of every folder above. */
  folders(key: string): ReadonlyMap<string, Node>[] {
    const found: ReadonlyMap<string, Node>[] = [];
    for (let end = key.length; ; end = Math.max(0, key.lastIndexOf('/', end - 1))) {
      const content = this.lengths.has(end) ? this.contents.get(key.slice(0, end)) : undefined;
      if (content !== undefined) found.push(content);
      if (end === 0) return found;
    }
  }

  find(folders: readonly ReadonlyMap<string, Node>[], name: string): Draft | null {
    for (const content of folders) {
      const node = content.get(name);
      if (node !== undefined) return node.link === null ? node.draft : this.nodes.get(node.link)?.draft ?? null;
    }
    return null;
  }
}

/** The lock repeats the manifest of its root and of every member: it is in step when they say the same. */
function stepProblems(source: SourceText, nodes: ReadonlyMap<string, Node>, manifests: readonly Placed[]): SbomProblem[] {
  const problems: SbomProblem[] = [];
  for (const { manifest, folder } of manifests) {
    const node = nodes.get(folder);
    if (node === undefined) continue;
    const locked = new Map(wantedOf(source, node.entry).map(({ name: key, range, group }) => [`${group} ${key}`, range]));
    for (const wanted of manifest.wanted) {
      // a name in two sections is kept in the one that counts more
      const range = locked.get(`${wanted.group} ${wanted.name}`) ?? (wanted.group === 'PEER' ? wanted.range : locked.get(`PROD ${wanted.name}`) ?? locked.get(`DEV ${wanted.name}`));
      if (range !== wanted.range) problems.push(outOfStep(source, manifest, wanted, range === undefined ? 'is missing' : `is ${range} there`));
      locked.delete(`${wanted.group} ${wanted.name}`);
    }
    const named = new Set(manifest.wanted.map((wanted) => wanted.name));
    for (const [key, range] of locked) {
      const [, extra] = key.split(' ') as [string, string];
      if (!named.has(extra)) problems.push(outOfStep(source, manifest, { name: extra, range }, 'is no longer in the manifest'));
    }
  }
  return problems;
}
