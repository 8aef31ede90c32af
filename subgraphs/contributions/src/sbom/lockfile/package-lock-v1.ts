import type { LockfileKind, PackageSource, SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { asTable, isTable, own, tableOf, textOf } from './fields.ts';
import type { Table } from './fields.ts';
import { outOfStep } from './manifest/model.ts';
import type { Placed } from './manifest/model.ts';
import { npmSource, splitAt } from './npm-source.ts';
import { Refusal } from './refusal.ts';
import type { SourceText } from './text.ts';

interface Node {
  readonly entry: Table;
  readonly draft: Draft;
  readonly parent: Node | null;
  readonly children: Map<string, Node>;
}

/**
 * Reads version 1: a tree of nested `dependencies`, each entry under the package in whose folder it lies. It does not say
 * what the manifest names; that takes the package.json.
 * @throws Refusal
 */
export function readPackageLockV1(source: SourceText, root: Table, kind: LockfileKind, manifests: readonly Placed[]): Reading {
  const top = new Map<string, Node>();
  const nodes: Node[] = [];
  plant(source, root, '', null, top, nodes);
  for (const node of nodes) plant(source, node.entry, node.draft.id, node, node.children, nodes);
  const notices: SbomProblem[] = [];
  for (const node of nodes) connect(source, node, top, notices);
  const manifest = manifests.find(({ folder }) => folder === '')?.manifest;
  if (manifest !== undefined) nameDirect(source, manifest, top, nodes);
  const drafts = nodes.map((node) => node.draft);
  return { kind, formatVersion: '1', entryCount: drafts.filter((one) => one.thirdParty).length, drafts, notices };
}

function plant(source: SourceText, table: Table, folder: string, parent: Node | null, into: Map<string, Node>, nodes: Node[]): void {
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const [name, value] of Object.entries(tableOf(source, table, 'dependencies', `${prefix}dependencies`))) {
    const path = `${prefix}node_modules/${name}`;
    const entry = asTable(source, value, path, JSON.stringify(name));
    const node: Node = { entry, parent, children: new Map(), draft: draftOf(name, entry, path) };
    into.set(name, node);
    nodes.push(node);
  }
  checkCount(source, 'packages', nodes.length);
}

function draftOf(installedAs: string, entry: Table, path: string): Draft {
  const stated = textOf(entry, 'version') ?? '';
  const [name, version, source] = identify(installedAs, stated, textOf(entry, 'resolved'));
  const isLink = /^(?:file|link):/.test(stated) && !/\.(?:tgz|tar\.gz)$/.test(stated);
  const is = (key: string) => own(entry, key) === true;
  const one = draft({
    id: path,
    ecosystem: 'npm',
    name,
    version,
    source: isLink ? { kind: 'WORKSPACE', location: stated.replace(/^(?:file|link):/, '') } : source,
    thirdParty: !isLink,
    needles: [`${JSON.stringify(installedAs)}: {`, JSON.stringify(installedAs)],
    alias: installedAs === name ? null : installedAs,
    integrity: textOf(entry, 'integrity') ?? null,
    path,
    edges: new Set(),
    scope: is('dev') ? 'DEV' : 'PROD',
  });
  if (is('optional')) one.flags.add('OPTIONAL');
  if (is('bundled')) one.flags.add('BUNDLED');
  return one;
}

/** `version` holds a version, or where the package comes from instead of one. */
function identify(installedAs: string, stated: string, resolved: string | undefined): [name: string, version: string | null, source: PackageSource] {
  if (stated.startsWith('npm:')) {
    const [name, version] = splitAt(stated.slice(4)) ?? [stated.slice(4), ''];
    return [name, version || null, npmSource(resolved)];
  }
  if (/[:/]/.test(stated)) return [installedAs, null, npmSource(stated)];
  return [installedAs, stated || null, npmSource(resolved)];
}

function connect(source: SourceText, node: Node, top: ReadonlyMap<string, Node>, notices: SbomProblem[]): void {
  // `requires: true` stands at the top of the file and says nothing of an entry
  const requires = own(node.entry, 'requires');
  for (const [name, range] of Object.entries(isTable(requires) ? requires : {})) {
    const to = resolve(node, name, top);
    if (to !== null) node.draft.edges!.add(to.draft.id);
    else if (!node.draft.flags.has('BUNDLED')) {
      notices.push({ file: source.name, path: node.draft.id, reason: `${node.draft.id} asks for ${name}@${String(range)}, which the lock does not hold; an optional package may be left out.`, code: 'DANGLING_EDGE' });
    }
  }
}

function resolve(from: Node, name: string, top: ReadonlyMap<string, Node>): Node | null {
  for (let node: Node | null = from; node !== null; node = node.parent) {
    const found = node.children.get(name);
    if (found !== undefined) return found;
  }
  return top.get(name) ?? null;
}

function nameDirect(source: SourceText, manifest: Placed['manifest'], top: ReadonlyMap<string, Node>, nodes: readonly Node[]): void {
  for (const { draft: one } of nodes) one.direct = false;
  const problems: SbomProblem[] = [];
  for (const wanted of manifest.wanted) {
    if (wanted.group === 'PEER') continue;
    const found = top.get(wanted.name)?.draft;
    if (found === undefined) problems.push(outOfStep(source, manifest, wanted));
    else {
      found.direct = true;
      if (found.directScope !== 'PROD') found.directScope = wanted.group;
    }
  }
  if (problems.length > 0) throw new Refusal(problems);
}
