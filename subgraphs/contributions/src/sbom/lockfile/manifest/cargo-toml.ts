import type { Scope } from '../../model.ts';
import { asTable, isTable, own, textOf } from '../fields.ts';
import type { Table } from '../fields.ts';
import type { SourceText } from '../text.ts';
import { parseToml } from '../toml.ts';
import type { Manifest, Wanted } from './model.ts';

/** What builds the package is part of what it ships. */
const SECTIONS: readonly (readonly [string, Scope])[] = [
  ['dependencies', 'PROD'],
  ['build-dependencies', 'PROD'],
  ['build_dependencies', 'PROD'],
  ['dev-dependencies', 'DEV'],
  ['dev_dependencies', 'DEV'],
];

/**
 * Reads a Cargo.toml; dependencies are named by their real name, not by the one they are renamed to.
 * @throws Refusal
 */
export function readCargoToml(source: SourceText): Manifest {
  const root = asTable(source, parseToml(source), '');
  const targets = Object.values(child(root, 'target')).filter(isTable);
  const shared = child(child(root, 'workspace'), 'dependencies');
  return {
    source,
    kind: 'CARGO_TOML',
    name: textOf(child(root, 'package'), 'name') ?? null,
    wanted: [root, ...targets].flatMap((table) => wantedOf(table, shared)),
    workspaces: null,
    forced: new Set(),
  };
}

function wantedOf(table: Table, shared: Table): Wanted[] {
  return SECTIONS.flatMap(([section, group]) => Object.entries(child(table, section)).map(([key, value]) => {
    const told = isTable(value) && own(value, 'workspace') === true && Object.hasOwn(shared, key) ? own(shared, key) : value;
    const facts = isTable(told) ? told : {};
    return { name: textOf(facts, 'package') ?? key, range: typeof told === 'string' ? told : textOf(facts, 'version') ?? '', group };
  }));
}

function child(table: Table, key: string): Table {
  const value = own(table, key);
  return isTable(value) ? value : {};
}
