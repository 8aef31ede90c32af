import { evaluateLicence } from '../../licence/evaluate.ts';
import type { PackageFlag, Scope } from '../model.ts';
import { isTable, own, textOf } from '../lockfile/fields.ts';
import type { Table } from '../lockfile/fields.ts';
import { refuse } from '../lockfile/refusal.ts';
import type { SourceText } from '../lockfile/text.ts';
import type { PlaceOf } from './assemble.ts';
import { joinLicences } from './component.ts';
import type { Component, Contents, Edge } from './component.ts';
import { cycloneDxVersions, validateCycloneDx } from './cyclonedx-schema.ts';
import { FACT_PREFIX } from './facts.ts';
import { writeSteps } from './json-place.ts';
import type { Steps } from './json-place.ts';

/**
 * Reads a CycloneDX document given as the JSON form of its version.
 * @throws Refusal UNSUPPORTED_VERSION, or INVALID when the official schema refuses it.
 */
export function readCycloneDx(source: SourceText, version: string, document: Table, placeOf: PlaceOf): Contents {
  if (!cycloneDxVersions.includes(version)) refuse(source.name, 'UNSUPPORTED_VERSION', `CycloneDX ${version} is not read; ${cycloneDxVersions.join(', ')} are.`, placeOf(['specVersion']));
  const fault = validateCycloneDx(version, document);
  if (fault !== null) refuse(source.name, 'INVALID', `Not valid by the schema of CycloneDX ${version}: ${writeSteps(fault.steps) || 'the document'} ${fault.reason}.`, { ...placeOf(fault.steps), path: writeSteps(fault.steps) });
  return contentsOf(document);
}

function contentsOf(document: Table): Contents {
  const metadata = tableAt(document, 'metadata');
  const subject = tableAt(metadata, 'component');
  const subjectFacts = factsIn(subject);
  const found: { readonly table: Table; readonly at: Steps }[] = [];
  collect(own(document, 'components'), ['components'], found);
  const isSynthetic = subjectFacts.get('subject') === 'true';
  const entryCount = Number(subjectFacts.get('entryCount') ?? found.length);
  const nested: typeof found = [];
  collect(own(subject, 'components'), ['metadata', 'component', 'components'], nested);
  const all = [...(Object.keys(subject).length > 0 && !isSynthetic ? [{ table: subject, at: ['metadata', 'component'] }] : []), ...nested, ...found];
  const packages = all.filter(({ table }) => isPackage(table));
  // "required" is what a missing scope means, but only a tool that writes scopes at all can have meant it
  const saysScope = packages.some(({ table }) => textOf(table, 'scope') !== undefined);
  return {
    components: packages.map(({ table, at }) => componentOf(table, at, saysScope)),
    roots: new Set(Object.keys(subject).length > 0 ? [refOf(subject, ['metadata', 'component'])] : []),
    edges: edgesOf(document),
    others: new Set([...all.filter(({ table }) => !isPackage(table)).map(({ table, at }) => refOf(table, at)), ...servicesOf(own(document, 'services'))]),
    entryCount: Number.isSafeInteger(entryCount) && entryCount >= 0 ? entryCount : found.length,
    skipped: all.length - packages.length,
  };
}

function collect(list: unknown, at: Steps, found: { table: Table; at: Steps }[]): void {
  if (!Array.isArray(list)) return;
  for (const [index, table] of list.entries()) {
    if (!isTable(table)) continue;
    found.push({ table, at: [...at, index] });
    collect(own(table, 'components'), [...at, index, 'components'], found);
  }
}

function servicesOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter(isTable).flatMap((one) => [textOf(one, 'bom-ref') ?? '', ...servicesOf(own(one, 'services'))]) : [];
}

function isPackage(table: Table): boolean {
  return !['file', 'cryptographic-asset', 'data', 'machine-learning-model', 'device', 'device-driver'].includes(textOf(table, 'type') ?? 'library');
}

function refOf(table: Table, at: Steps): string {
  return textOf(table, 'bom-ref') || writeSteps(at);
}

function componentOf(table: Table, at: Steps, saysScope: boolean): Component {
  const group = textOf(table, 'group') ?? '';
  const name = textOf(table, 'name') ?? '';
  const properties = propertiesOf(table);
  const licences = listAt(table, 'licenses').map(licenceOf);
  const evidence = listAt(tableAt(table, 'evidence'), 'licenses').map(licenceOf);
  const [hash] = listAt(table, 'hashes');
  const scope = textOf(table, 'scope');
  return {
    ref: refOf(table, at),
    at,
    name: group === '' ? name : `${group}/${name}`,
    version: textOf(table, 'version')?.trim() || null,
    purl: textOf(table, 'purl') || null,
    licence: join(licences.filter(({ concluded }) => !concluded)),
    concluded: join([...licences.filter(({ concluded }) => concluded), ...evidence]),
    scope: scopeOf(scope, properties, saysScope),
    flags: flagsOf(scope, properties),
    integrity: hash === undefined ? null : `${(textOf(hash, 'alg') ?? '').toLowerCase().replace(/^sha-(?=\d)/, 'sha')}:${textOf(hash, 'content') ?? ''}`,
    location: listAt(table, 'externalReferences').map((one) => (textOf(one, 'type') === 'distribution' ? textOf(one, 'url') : undefined)).find((url) => url !== undefined && /^https?:\/\//.test(url)) ?? null,
    path: properties.get('cdx:npm:package:path') ?? null,
    facts: factsIn(table),
  };
}

function scopeOf(scope: string | undefined, properties: ReadonlyMap<string, string>, saysScope: boolean): Scope | null {
  if (properties.get('cdx:npm:package:development') === 'true' || scope === 'excluded') return 'DEV';
  if (scope === 'required' || (scope === undefined && saysScope)) return 'PROD';
  return null;
}

function flagsOf(scope: string | undefined, properties: ReadonlyMap<string, string>): PackageFlag[] {
  const flags: PackageFlag[] = scope === 'optional' ? ['OPTIONAL'] : [];
  for (const [name, flag] of [['bundled', 'BUNDLED'], ['extraneous', 'EXTRANEOUS'], ['peer', 'PEER']] as const) if (properties.get(`cdx:npm:package:${name}`) === 'true') flags.push(flag);
  return flags;
}

interface StatedLicence { readonly text: string; readonly concluded: boolean }

function licenceOf(choice: Table): StatedLicence {
  const licence = tableAt(choice, 'license');
  const text = textOf(choice, 'expression') ?? textOf(licence, 'id') ?? textOf(licence, 'name') ?? '';
  return { text, concluded: (textOf(choice, 'acknowledgement') ?? textOf(licence, 'acknowledgement')) === 'concluded' };
}

function join(licences: readonly StatedLicence[]): string | null {
  return joinLicences(licences.map(({ text }) => text), (text) => evaluateLicence(text).expression !== null);
}

function edgesOf(document: Table): Contents['edges'] {
  if (!Array.isArray(own(document, 'dependencies'))) return null;
  const edges = new Map<string, Edge[]>();
  for (const row of listAt(document, 'dependencies')) {
    const ref = textOf(row, 'ref') ?? '';
    const targets = (own(row, 'dependsOn') as unknown[] | undefined ?? []).filter((to) => typeof to === 'string').map((to) => ({ to, scope: null }));
    const before = edges.get(ref);
    if (before === undefined) edges.set(ref, targets);
    else before.push(...targets);
  }
  return edges;
}

function propertiesOf(table: Table): ReadonlyMap<string, string> {
  return new Map(listAt(table, 'properties').map((one) => [textOf(one, 'name') ?? '', textOf(one, 'value') ?? '']));
}

function factsIn(table: Table): ReadonlyMap<string, string> {
  return new Map([...propertiesOf(table)].filter(([name]) => name.startsWith(FACT_PREFIX)).map(([name, value]) => [name.slice(FACT_PREFIX.length), value]));
}

function tableAt(table: Table, key: string): Table {
  const value = own(table, key);
  return isTable(value) ? value : {};
}

function listAt(table: Table, key: string): readonly Table[] {
  const value = own(table, key);
  return Array.isArray(value) ? value.filter(isTable) : [];
}

