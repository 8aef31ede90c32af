import type { Scope } from '../../model.ts';
import { asTable, isTable, own, tableOf, textOf, textsOf } from '../fields.ts';
import type { Table } from '../fields.ts';
import { parseJson } from '../json.ts';
import type { SourceText } from '../text.ts';
import type { Manifest, Wanted } from './model.ts';

const SECTIONS: readonly (readonly [string, Scope | 'PEER'])[] = [
  ['dependencies', 'PROD'],
  ['optionalDependencies', 'PROD'],
  ['devDependencies', 'DEV'],
  ['peerDependencies', 'PEER'],
];

/**
 * Reads a package.json.
 * @throws Refusal
 */
export function readPackageJson(source: SourceText): Manifest {
  const root = asTable(source, parseJson(source), '');
  const workspaces = own(root, 'workspaces');
  return {
    source,
    kind: 'PACKAGE_JSON',
    name: textOf(root, 'name') ?? null,
    wanted: wantedOf(source, root),
    workspaces: workspaces === undefined ? null : textsOf(isTable(workspaces) ? own(workspaces, 'packages') : workspaces),
    forced: new Set([...namesOf(own(root, 'resolutions')), ...namesOf(own(root, 'overrides')), ...pnpmOverrides(root)]),
  };
}

/** Dependencies in the sections of a package.json, which the lock of npm repeats for every member. */
export function wantedOf(source: SourceText, root: Table, path = ''): Wanted[] {
  const wanted: Wanted[] = [];
  for (const [section, group] of SECTIONS) {
    for (const [name, range] of Object.entries(tableOf(source, root, section, path === '' ? section : `${path}.${section}`))) {
      wanted.push({ name, range: typeof range === 'string' ? range : '', group });
    }
  }
  return wanted;
}

function pnpmOverrides(root: Table): string[] {
  const pnpm = own(root, 'pnpm');
  return isTable(pnpm) ? namesOf(own(pnpm, 'overrides')) : [];
}

/** A path such as `x/b`, `a>b@1` and `b@npm:^1` all force b. */
function namesOf(overrides: unknown): string[] {
  return isTable(overrides) ? Object.keys(overrides).map(forcedName) : [];
}

/** The package that the key of an override is about. */
export function forcedName(key: string): string {
  const last = key.split('>').at(-1)!.trim();
  const parts = last.split('/');
  const name = parts.length > 1 && parts.at(-2)!.startsWith('@') ? parts.slice(-2).join('/') : parts.at(-1)!;
  const at = name.indexOf('@', 1);
  return at < 0 ? name : name.slice(0, at);
}
