import type { Scope } from '../../model.ts';
import { asTable, isTable, own, textOf, textsOf } from '../fields.ts';
import type { Table } from '../fields.ts';
import { pypiName } from '../names.ts';
import type { SourceText } from '../text.ts';
import { parseToml } from '../toml.ts';
import type { Manifest, Wanted } from './model.ts';

/**
 * Reads a pyproject.toml: the tables of PEP 621 and PEP 735, those of Poetry and the older one of uv. Extras count as
 * production, like npm's optional dependencies; every group but Poetry's `main` as development.
 * @throws Refusal
 */
export function readPyproject(source: SourceText): Manifest {
  const root = asTable(source, parseToml(source), '');
  const project = child(root, 'project');
  const poetry = child(child(root, 'tool'), 'poetry');
  const name = textOf(project, 'name') ?? textOf(poetry, 'name');
  const dynamic = new Set(textsOf(own(project, 'dynamic')));
  const wanted = [
    ...textsOf(own(project, 'dependencies')).map((text) => requirement(text, 'PROD')),
    ...Object.values(child(project, 'optional-dependencies')).flatMap((list) => textsOf(list).map((text) => requirement(text, 'PROD'))),
    ...Object.values(child(root, 'dependency-groups')).flatMap((list) => textsOf(list).map((text) => requirement(text, 'DEV'))),
    ...textsOf(own(child(child(root, 'tool'), 'uv'), 'dev-dependencies')).map((text) => requirement(text, 'DEV')),
    // Poetry 2 adds sources and markers to what PEP 621 names already
    ...(dynamic.has('dependencies') || Object.keys(project).length === 0 ? poetryTable(child(poetry, 'dependencies'), 'PROD') : []),
    ...poetryTable(child(poetry, 'dev-dependencies'), 'DEV'),
    ...Object.entries(child(poetry, 'group')).flatMap(([group, table]) => (isTable(table) ? poetryTable(child(table, 'dependencies'), group === 'main' ? 'PROD' : 'DEV') : [])),
  ];
  return {
    source,
    kind: 'PYPROJECT',
    name: name === undefined ? null : pypiName(name),
    wanted: wanted.filter((one) => one !== null),
    workspaces: null,
    forced: new Set(),
  };
}

function child(table: Table, key: string): Table {
  const value = own(table, key);
  return isTable(value) ? value : {};
}

function requirement(text: string, group: Scope): Wanted | null {
  const read = readRequirement(text);
  return read === null ? null : { name: read.name, range: read.range, group };
}

function poetryTable(table: Table, group: Scope): Wanted[] {
  return Object.entries(table).filter(([name]) => name !== 'python').map(([name, value]) => ({
    name: pypiName(name),
    range: typeof value === 'string' ? value : isTable(value) ? textOf(value, 'version') ?? '' : '',
    group,
  }));
}

/** One requirement of PEP 508. */
export interface Requirement {
  /** As PyPI compares it. */
  readonly name: string;
  readonly extras: readonly string[];
  /** Version specifiers without spaces, in one order; empty when there are none. */
  readonly range: string;
  readonly url: string | null;
  readonly marker: string | null;
}

/** Characters of one requirement: what is longer is none. */
const LONGEST = 4096;

const REQUIREMENT = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?\s*(.*)$/s;

/** Reads `name[extra]>=1 ; marker` and `name @ url`; null when it is none. */
export function readRequirement(text: string): Requirement | null {
  const match = text.length > LONGEST ? null : REQUIREMENT.exec(text);
  if (match === null) return null;
  const [, written, extras = '', rest = ''] = match as unknown as [string, string, string | undefined, string | undefined];
  const name = pypiName(written);
  if (rest.startsWith('@')) {
    const [, url = '', marker] = /^@\s*(\S+)\s*(?:;(.*))?$/s.exec(rest) ?? [];
    return { name, extras: listed(extras), range: '', url, marker: marker?.trim() ?? null };
  }
  const at = rest.indexOf(';');
  const specifiers = (at < 0 ? rest : rest.slice(0, at)).replace(/^\s*\((.*)\)\s*$/s, '$1').replaceAll(/\s+/g, '');
  const ranges = specifiers.split(',').filter((one) => one !== '');
  if (ranges.some((one) => !/^[<>=!~]{1,3}[^<>=!~]/.test(one))) return null;
  return { name, extras: listed(extras), range: ranges.toSorted().join(','), url: null, marker: at < 0 ? null : rest.slice(at + 1).trim() };
}

function listed(extras: string): string[] {
  return extras.split(',').map((extra) => extra.trim()).filter((extra) => extra !== '');
}
