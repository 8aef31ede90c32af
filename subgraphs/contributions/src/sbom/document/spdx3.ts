import type { Scope } from '../model.ts';
import { isTable, own, textOf } from '../lockfile/fields.ts';
import type { Table } from '../lockfile/fields.ts';
import { refuse } from '../lockfile/refusal.ts';
import type { SourceText } from '../lockfile/text.ts';
import type { PlaceOf } from './assemble.ts';
import { joinLicences } from './component.ts';
import type { Component, Contents, Edge } from './component.ts';
import { rootsOf } from './spdx.ts';

interface Relationship {
  readonly type: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly scope: string | undefined;
}

/**
 * Reads an SPDX 3.0 document in its JSON-LD form, as far as packages, their licences and dependencies go. The compact form
 * with the official context is read, not JSON-LD at large; every element is checked for what is read of it.
 * @throws Refusal INVALID.
 */
export function readSpdx3(source: SourceText, document: Table, placeOf: PlaceOf): { readonly version: string; readonly contents: Contents } {
  const graph = own(document, '@graph');
  if (!Array.isArray(graph)) refuse(source.name, 'INVALID', 'Not valid by SPDX 3.0: the document has no list @graph.', { ...placeOf([]), path: '@graph' });
  const elements = graph.map((element, n) => {
    const fault = faultOf(element);
    if (fault !== null) refuse(source.name, 'INVALID', `Not valid by SPDX 3.0: @graph[${n}] ${fault}.`, { ...placeOf(['@graph', n]), path: `@graph[${n}]` });
    return { element: element as Table, n };
  });
  const relationships = elements.filter(({ element }) => isRelationship(element)).map(({ element }): Relationship => ({ type: textOf(element, 'relationshipType') ?? '', from: textOf(element, 'from') ?? '', to: textsAt(element, 'to'), scope: textOf(element, 'scope') }));
  const licences = licenceTexts(elements.map(({ element }) => element));
  const stated = (id: string, type: string) => joinLicences(relationships.filter((one) => one.type === type && one.from === id).flatMap(({ to }) => to.map((ref) => licences.get(ref) ?? nameOfListed(ref)).filter((text) => text !== 'NOASSERTION')), () => true);
  const declaredOf = byFrom(relationships, stated, 'hasDeclaredLicense');
  const concludedOf = byFrom(relationships, stated, 'hasConcludedLicense');
  const components = elements.filter(({ element }) => textOf(element, 'type') === 'software_Package').map(({ element, n }) => componentOf(element, n, declaredOf, concludedOf));
  const roots = new Set([
    ...elements.filter(({ element }) => ['SpdxDocument', 'software_Sbom', 'Bom'].includes(textOf(element, 'type') ?? '')).flatMap(({ element }) => textsAt(element, 'rootElement')),
    ...relationships.filter(({ type }) => type === 'describes').flatMap(({ to }) => to),
  ]);
  return {
    version: elements.map(({ element }) => textOf(element, 'specVersion')).find((one) => one !== undefined) ?? '3.0',
    contents: { components, roots: rootsOf(components, roots), edges: edgesOf(components, relationships), others: new Set(elements.map(({ element }) => textOf(element, 'spdxId') ?? '')), entryCount: components.length, skipped: 0 },
  };
}

function isRelationship(element: Table): boolean {
  return textOf(element, 'type') === 'Relationship' || textOf(element, 'type') === 'LifecycleScopedRelationship';
}

function faultOf(element: unknown): string | null {
  if (!isTable(element)) return 'must be an object';
  if (textOf(element, 'type') === undefined) return 'lacks its type';
  if (textOf(element, 'type') === 'software_Package' && (!textOf(element, 'spdxId') || !textOf(element, 'name'))) return 'is a package without spdxId or name';
  if (isRelationship(element) && (!textOf(element, 'from') || !textOf(element, 'relationshipType') || textsAt(element, 'to').length === 0)) return 'is a relationship without from, to or relationshipType';
  return null;
}

/** Texts of licence elements by their id. */
function licenceTexts(elements: readonly Table[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const element of elements) {
    const id = textOf(element, 'spdxId');
    const type = textOf(element, 'type') ?? '';
    if (id === undefined) continue;
    if (type === 'simplelicensing_LicenseExpression') texts.set(id, textOf(element, 'simplelicensing_licenseExpression') ?? 'NOASSERTION');
    else if (type === 'expandedlicensing_ListedLicense') texts.set(id, nameOfListed(id));
    else if (type.includes('CustomLicense') || type === 'simplelicensing_SimpleLicensingText') texts.set(id, `LicenseRef-${(textOf(element, 'name') ?? id.replace(/^.*[/#]/, '')).replaceAll(/[^A-Za-z0-9.]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'unnamed'}`);
  }
  return texts;
}

/** A licence of SPDX's list is named by its URL, and so are the two words for none. */
function nameOfListed(ref: string): string {
  const last = ref.replace(/^.*[/#]/, '');
  if (/^(?:expandedlicensing_)?(?:NoAssertion|NoAssertionLicense)$/i.test(last)) return 'NOASSERTION';
  return /^(?:expandedlicensing_)?(?:None|NoneLicense)$/i.test(last) ? 'NONE' : /^https?:\/\/spdx\.org\/licenses\//.test(ref) ? last : 'NOASSERTION';
}

function byFrom(relationships: readonly Relationship[], stated: (id: string, type: string) => string | null, type: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { type: one, from } of relationships) {
    if (one !== type || found.has(from)) continue;
    const text = stated(from, type);
    if (text !== null) found.set(from, text);
  }
  return found;
}

function componentOf(element: Table, n: number, declaredOf: ReadonlyMap<string, string>, concludedOf: ReadonlyMap<string, string>): Component {
  const ref = textOf(element, 'spdxId') ?? '';
  const identifier = tablesAt(element, 'externalIdentifier').find((one) => textOf(one, 'externalIdentifierType') === 'packageUrl');
  const hash = tablesAt(element, 'verifiedUsing').find((one) => textOf(one, 'type') === 'Hash');
  const location = textOf(element, 'software_downloadLocation') ?? '';
  return {
    ref,
    at: ['@graph', n],
    name: (textOf(element, 'name') ?? '').trim(),
    version: textOf(element, 'software_packageVersion')?.trim() || null,
    purl: textOf(element, 'software_packageUrl') ?? (identifier === undefined ? null : textOf(identifier, 'identifier') ?? null),
    licence: declaredOf.get(ref) ?? null,
    concluded: concludedOf.get(ref) ?? null,
    scope: null,
    flags: [],
    integrity: hash === undefined ? null : `${textOf(hash, 'algorithm') ?? ''}:${textOf(hash, 'hashValue') ?? ''}`,
    location: /^https?:\/\//.test(location) ? location : null,
    path: null,
    facts: new Map(),
  };
}

const scopes: ReadonlyMap<string, Scope> = new Map([['runtime', 'PROD'], ['development', 'DEV'], ['test', 'DEV'], ['build', 'DEV']]);

function edgesOf(components: readonly Component[], relationships: readonly Relationship[]): Contents['edges'] {
  const edges = new Map<string, Edge[]>(components.map(({ ref }) => [ref, []]));
  let isGraph = false;
  for (const { type, from, to, scope } of relationships) {
    if (!['dependsOn', 'hasOptionalDependency', 'hasProvidedDependency', 'hasPrerequisite', 'hasDynamicLink', 'hasStaticLink'].includes(type)) continue;
    isGraph = true;
    edges.get(from)?.push(...to.filter((ref) => !/\/(?:NoneElement|NoAssertionElement)$/.test(ref)).map((ref) => ({ to: ref, scope: scopes.get(scope ?? '') ?? null, ...(type === 'hasOptionalDependency' ? { optional: true } : {}) })));
  }
  return isGraph ? edges : null;
}

function tablesAt(table: Table, key: string): readonly Table[] {
  const value = own(table, key);
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function textsAt(table: Table, key: string): readonly string[] {
  const value = own(table, key);
  return typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
