import type { Scope } from '../model.ts';
import { isTable, own, textOf } from '../lockfile/fields.ts';
import type { Table } from '../lockfile/fields.ts';
import { refuse, Refusal, shorten } from '../lockfile/refusal.ts';
import type { SourceText } from '../lockfile/text.ts';
import type { PlaceOf } from './assemble.ts';
import type { Component, Contents, Edge } from './component.ts';
import type { Facts } from './facts.ts';
import { writeSteps } from './json-place.ts';
import { checkSpdx } from './spdx-check.ts';

/** Versions of SPDX 2 that are read. */
export const spdxVersions: readonly string[] = ['2.2', '2.3'];

/** Who writes the annotations in which our exports keep what SPDX has no field for. */
export const ANNOTATOR = 'Tool: hubgraph';

/** What relationships say of the use of the package they lead to. A is the element, B the related one. */
const dependencies: ReadonlyMap<string, { readonly from: 'A' | 'B'; readonly scope: Scope | null; readonly optional?: true }> = new Map([
  ['DEPENDS_ON', { from: 'A', scope: null }],
  ['HAS_PREREQUISITE', { from: 'A', scope: null }],
  ['DYNAMIC_LINK', { from: 'A', scope: null }],
  ['STATIC_LINK', { from: 'A', scope: null }],
  ['DEPENDENCY_OF', { from: 'B', scope: null }],
  ['PREREQUISITE_FOR', { from: 'B', scope: null }],
  ['PROVIDED_DEPENDENCY_OF', { from: 'B', scope: null }],
  ['RUNTIME_DEPENDENCY_OF', { from: 'B', scope: 'PROD' }],
  ['OPTIONAL_DEPENDENCY_OF', { from: 'B', scope: null, optional: true }],
  ['DEV_DEPENDENCY_OF', { from: 'B', scope: 'DEV' }],
  ['TEST_DEPENDENCY_OF', { from: 'B', scope: 'DEV' }],
  ['BUILD_DEPENDENCY_OF', { from: 'B', scope: 'DEV' }],
  ['DEV_TOOL_OF', { from: 'B', scope: 'DEV' }],
  ['TEST_TOOL_OF', { from: 'B', scope: 'DEV' }],
  ['BUILD_TOOL_OF', { from: 'B', scope: 'DEV' }],
]);

/**
 * Reads an SPDX 2 document in its JSON form.
 * @throws Refusal UNSUPPORTED_VERSION or INVALID.
 */
export function readSpdx(source: SourceText, document: Table, placeOf: PlaceOf): { readonly version: string; readonly contents: Contents } {
  const version = textOf(document, 'spdxVersion')?.replace(/^SPDX-/, '') ?? '';
  if (!spdxVersions.includes(version)) refuse(source.name, 'UNSUPPORTED_VERSION', `SPDX ${version} is not read; ${spdxVersions.join(', ')} and 3.0 are.`, placeOf(['spdxVersion']));
  const faults = checkSpdx(document, { strict: false });
  if (faults.length > 0) throw new Refusal(shorten(faults.map(({ steps, reason }) => ({ file: source.name, ...placeOf(steps), path: writeSteps(steps), reason: `Not valid by SPDX ${version}: ${writeSteps(steps) || 'the document'} ${reason}.`, code: 'INVALID' as const }))));
  return { version, contents: contentsOf(document) };
}

function contentsOf(document: Table): Contents {
  const packages = tablesAt(document, 'packages');
  const texts = new Map(tablesAt(document, 'hasExtractedLicensingInfos').map((one) => [textOf(one, 'licenseId') ?? '', textOf(one, 'extractedText') ?? '']));
  const components = packages.map((one, n) => componentOf(one, n, texts));
  const relationships = tablesAt(document, 'relationships').map((one) => ({ a: textOf(one, 'spdxElementId') ?? '', type: textOf(one, 'relationshipType') ?? '', b: textOf(one, 'relatedSpdxElement') ?? '' }));
  const self = textOf(document, 'SPDXID') ?? '';
  const described = new Set([
    ...listOfTexts(own(document, 'documentDescribes')),
    ...relationships.flatMap(({ a, type, b }) => (type === 'DESCRIBES' && a === self ? [b] : type === 'DESCRIBED_BY' && b === self ? [a] : [])),
  ]);
  const roots = rootsOf(components, described);
  const synthetic = new Set(components.filter(({ facts }) => facts.get('subject') === 'true').map(({ ref }) => ref));
  const entryCount = Number(components.find(({ ref }) => synthetic.has(ref))?.facts.get('entryCount') ?? components.length);
  return {
    components: components.filter(({ ref }) => !synthetic.has(ref)),
    roots,
    edges: edgesOf(components, relationships),
    others: new Set([...synthetic, ...['files', 'snippets'].flatMap((key) => tablesAt(document, key)).map((one) => textOf(one, 'SPDXID') ?? '')]),
    entryCount: Number.isSafeInteger(entryCount) && entryCount >= 0 ? entryCount : components.length,
    skipped: 0,
  };
}

/** A document that describes everything it lists is a plain list; then nothing in it is its subject. */
export function rootsOf(components: readonly Component[], described: ReadonlySet<string>): ReadonlySet<string> {
  const roots = components.filter(({ ref }) => described.has(ref)).map(({ ref }) => ref);
  return new Set(roots.length === components.length && components.length > 1 ? [] : roots);
}

function edgesOf(components: readonly Component[], relationships: readonly { readonly a: string; readonly type: string; readonly b: string }[]): Contents['edges'] {
  const edges = new Map<string, Edge[]>(components.map(({ ref }) => [ref, []]));
  let isGraph = false;
  for (const { a, type, b } of relationships) {
    const rule = dependencies.get(type);
    if (rule === undefined) continue;
    isGraph = true;
    const [from, to] = rule.from === 'A' ? [a, b] : [b, a];
    if (to === 'NONE' || to === 'NOASSERTION') continue;
    edges.get(from)?.push({ to, scope: rule.scope, ...(rule.optional ? { optional: true } : {}) });
  }
  return isGraph ? edges : null;
}

function componentOf(one: Table, n: number, texts: ReadonlyMap<string, string>): Component {
  const refs = tablesAt(one, 'externalRefs');
  const [checksum] = tablesAt(one, 'checksums');
  const location = textOf(one, 'downloadLocation') ?? '';
  return {
    ref: textOf(one, 'SPDXID') ?? '',
    at: ['packages', n],
    name: (textOf(one, 'name') ?? '').trim(),
    version: textOf(one, 'versionInfo')?.trim() || null,
    purl: refs.find((ref) => textOf(ref, 'referenceType') === 'purl')?.referenceLocator as string | undefined ?? null,
    licence: licenceOf(textOf(one, 'licenseDeclared'), texts),
    concluded: licenceOf(textOf(one, 'licenseConcluded'), texts),
    scope: null,
    flags: [],
    integrity: checksum === undefined ? null : `${(textOf(checksum, 'algorithm') ?? '').toLowerCase()}:${textOf(checksum, 'checksumValue') ?? ''}`,
    location: /^https?:\/\//.test(location) ? location : null,
    path: null,
    facts: factsIn(one),
  };
}

/** References of our own exports stand for what is no expression; all others stay what they are. */
function licenceOf(text: string | undefined, texts: ReadonlyMap<string, string>): string | null {
  if (text === undefined || text.trim() === '' || text === 'NOASSERTION') return null;
  return (text.startsWith('LicenseRef-hubgraph-') ? texts.get(text) : undefined) ?? text;
}

function factsIn(one: Table): Facts {
  const annotation = tablesAt(one, 'annotations').find((each) => textOf(each, 'annotator') === ANNOTATOR);
  try {
    const facts: unknown = annotation === undefined ? {} : JSON.parse(textOf(annotation, 'comment') ?? '');
    return new Map(Object.entries(isTable(facts) ? facts : {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return new Map();
  }
}

function tablesAt(table: Table, key: string): readonly Table[] {
  const value = own(table, key);
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function listOfTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
