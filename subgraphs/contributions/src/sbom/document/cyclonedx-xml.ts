import { SaxesParser } from 'saxes';
import { sbomLimits } from '../model.ts';
import type { Table } from '../lockfile/fields.ts';
import { refuse } from '../lockfile/refusal.ts';
import type { SourceText } from '../lockfile/text.ts';
import type { PlaceOf } from './assemble.ts';

/** An element without its namespace prefix. */
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
  readonly line: number;
  readonly column: number;
}

/** A CycloneDX document in the JSON form of its version, and where its parts stand in the XML. */
export interface XmlDocument {
  readonly version: string;
  readonly document: Table;
  readonly placeOf: PlaceOf;
}

const NAMESPACE = /^http:\/\/cyclonedx\.org\/schema\/bom\/(\d+\.\d+)$/;

/**
 * Reads the parts of a CycloneDX XML document that the hub keeps into their JSON form.
 * @throws Refusal MALFORMED, LIMIT, or INVALID for a document type declaration: nothing is ever expanded or fetched.
 */
export function readCycloneDxXml(source: SourceText): XmlDocument {
  const { root, namespace } = readElements(source);
  const version = NAMESPACE.exec(namespace)?.[1];
  if (root.name !== 'bom' || version === undefined) refuse(source.name, 'UNKNOWN_FORMAT', 'The XML is no CycloneDX document: its first element is not bom of a CycloneDX namespace.', { line: root.line, column: root.column });
  const places = new Map<object, Element>();
  const document = bomOf(root, version, places);
  return {
    version,
    document,
    placeOf: (steps) => {
      let value: unknown = document;
      let found = root;
      for (const step of steps) {
        value = typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
        found = (typeof value === 'object' && value !== null ? places.get(value) : undefined) ?? found;
      }
      return { line: found.line, column: found.column };
    },
  };
}

function readElements(source: SourceText): { readonly root: Element; readonly namespace: string } {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const here = () => ({ line: parser.line, column: Math.max(1, parser.column) });
  const open: Element[] = [];
  let root: Element | undefined;
  let namespace = '';
  let start = { line: 1, column: 1 };
  parser.on('error', (error) => refuse(source.name, 'MALFORMED', `Not well-formed XML: ${error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')}.`, here()));
  parser.on('doctype', () => refuse(source.name, 'INVALID', 'A document type declaration is not allowed: it could expand or fetch entities.', here()));
  parser.on('opentagstart', () => void (start = here()));
  parser.on('opentag', (tag) => {
    if (open.length >= sbomLimits.depth) refuse(source.name, 'LIMIT', `Elements are nested more than ${sbomLimits.depth} deep.`, start);
    const attributes = Object.fromEntries(Object.values(tag.attributes).filter(({ prefix }) => prefix === '' ).map(({ local, value }) => [local, value]));
    const element: Element = { name: root === undefined || tag.uri === namespace ? tag.local : `{${tag.uri}}${tag.local}`, attributes, children: [], text: '', ...start };
    if (root === undefined) {
      root = element;
      namespace = tag.uri;
    }
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  const addText = (text: string) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(source.text).close();
  if (root === undefined) refuse(source.name, 'MALFORMED', 'The XML has no element.');
  return { root, namespace };
}

type Places = Map<object, Element>;

function bomOf(root: Element, version: string, places: Places): Table {
  const metadata = child(root, 'metadata');
  const subject = child(metadata, 'component');
  const dependencies = child(root, 'dependencies');
  return keep(places, root, {
    bomFormat: 'CycloneDX',
    specVersion: version,
    version: Number(root.attributes.version ?? 1),
    serialNumber: root.attributes.serialNumber,
    metadata: metadata && keep(places, metadata, { timestamp: textIn(metadata, 'timestamp'), component: subject && componentOf(subject, places) }),
    components: listOf(root, 'components', 'component', (one) => componentOf(one, places), places),
    dependencies: dependencies && keep(places, dependencies, dependenciesOf(dependencies)),
  });
}

function componentOf(element: Element, places: Places): object {
  const evidence = child(element, 'evidence');
  return keep(places, element, {
    type: element.attributes.type,
    'bom-ref': element.attributes['bom-ref'],
    ...Object.fromEntries(['group', 'name', 'version', 'scope', 'purl'].map((name) => [name, textIn(element, name)])),
    hashes: listOf(element, 'hashes', 'hash', (one) => keep(places, one, { alg: one.attributes.alg, content: one.text.trim() }), places),
    licenses: licencesOf(child(element, 'licenses'), places),
    externalReferences: listOf(element, 'externalReferences', 'reference', (one) => keep(places, one, { type: one.attributes.type, url: textIn(one, 'url') }), places),
    properties: listOf(element, 'properties', 'property', (one) => keep(places, one, { name: one.attributes.name, value: one.text.trim() }), places),
    evidence: evidence && child(evidence, 'licenses') && keep(places, evidence, { licenses: licencesOf(child(evidence, 'licenses'), places) }),
    components: listOf(element, 'components', 'component', (one) => componentOf(one, places), places),
  });
}

function licencesOf(element: Element | undefined, places: Places): object[] | undefined {
  return element?.children.flatMap((one): object[] => {
    const { acknowledgement } = one.attributes;
    if (one.name === 'expression') return [keep(places, one, { expression: one.text.trim(), acknowledgement })];
    return one.name === 'license' ? [keep(places, one, { license: strip({ id: textIn(one, 'id'), name: textIn(one, 'name'), acknowledgement }) })] : [];
  });
}

/** XML nests what a component depends on, JSON lists it; `provides` is no dependency. */
function dependenciesOf(element: Element): object[] {
  return element.children.filter(({ name }) => name === 'dependency').map((one) => ({ ref: one.attributes.ref, dependsOn: [...new Set(one.children.filter(({ name }) => name === 'dependency').map(({ attributes }) => attributes.ref))] }));
}

function listOf(element: Element, list: string, item: string, read: (one: Element) => object, places: Places): object[] | undefined {
  const found = child(element, list);
  return found && keep(places, found, found.children.filter(({ name }) => name === item).map(read));
}

function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((one) => one.name === name);
}

/** Text of a child; the schema's strings are normalized, so that a line end is a space. */
function textIn(element: Element, name: string): string | undefined {
  return child(element, name)?.text.replaceAll(/\s+/g, ' ').trim();
}

function keep<T extends object>(places: Places, element: Element, value: T): T {
  const kept = Array.isArray(value) ? value : strip(value);
  places.set(kept, element);
  return kept as T;
}

function strip<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
