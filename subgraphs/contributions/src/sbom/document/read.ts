import type { DocumentKind, SbomProblem } from '../model.ts';
import { isTable, own, textOf } from '../lockfile/fields.ts';
import { parseJson } from '../lockfile/json.ts';
import { refuse, Refusal, shorten } from '../lockfile/refusal.ts';
import { decode, positionOf } from '../lockfile/text.ts';
import type { InputFile, SourceText } from '../lockfile/text.ts';
import { assemble } from './assemble.ts';
import type { ImportedDocument, PlaceOf } from './assemble.ts';
import { readCycloneDx } from './cyclonedx.ts';
import { readCycloneDxXml } from './cyclonedx-xml.ts';
import { placeOf } from './json-place.ts';
import { readTagValue } from './spdx-tag-value.ts';
import { readSpdx } from './spdx.ts';
import { readSpdx3 } from './spdx3.ts';

/** The kinds of documents that are read, told apart by their content. */
export type ExchangeKind = Extract<DocumentKind, 'CYCLONEDX_JSON' | 'CYCLONEDX_XML' | 'SPDX_JSON' | 'SPDX_TAG_VALUE'>;

/** What a document gives: its packages, or every reason why it is refused. */
export type ReadDocument = { readonly document: ImportedDocument } | { readonly problems: readonly [SbomProblem, ...SbomProblem[]] };

/**
 * Tells what kind of exchange document the bytes are, by their content alone; null when they are none. A kind is no promise
 * that the document can be read. Cheap: nothing is parsed.
 */
export function detectDocument(bytes: Uint8Array): { readonly kind: ExchangeKind; readonly version: string | null } | null {
  const text = new TextDecoder('utf-8').decode(bytes);
  const [first] = /\S/.exec(text) ?? [''];
  if (first === '{') {
    // the fields may stand anywhere in the object; the marks are unlikely enough inside another document
    if (/"bomFormat"\s*:\s*"CycloneDX"/.test(text)) return { kind: 'CYCLONEDX_JSON', version: /"specVersion"\s*:\s*"([\d.]{1,10})"/.exec(text)?.[1] ?? null };
    const spdx = /"spdxVersion"\s*:\s*"SPDX-([\d.]{1,10})"/.exec(text);
    if (spdx !== null) return { kind: 'SPDX_JSON', version: spdx[1] ?? null };
    if (/"@context"\s*:\s*\[?\s*"https?:\/\/spdx\.(?:org|github\.io)\/[^"]{0,200}"/.test(text)) return { kind: 'SPDX_JSON', version: /"specVersion"\s*:\s*"([\d.]{1,10})"/.exec(text)?.[1] ?? '3.0' };
    return null;
  }
  if (first === '<') {
    const [, version] = /<(?:[\w.-]+:)?bom\b[^>]{0,2000}["']http:\/\/cyclonedx\.org\/schema\/bom\/([\d.]{1,10})["']/.exec(text.slice(0, 65_536)) ?? [];
    return version === undefined ? null : { kind: 'CYCLONEDX_XML', version };
  }
  const [, version] = /^\s*SPDXVersion:\s*SPDX-([\d.]{1,10})\s*$/m.exec(text.slice(0, 65_536)) ?? [];
  return version === undefined ? null : { kind: 'SPDX_TAG_VALUE', version };
}

/**
 * Reads a CycloneDX 1.2 to 1.7 (JSON, XML), SPDX 2.2 or 2.3 (JSON, tag-value) or SPDX 3.0 (JSON-LD) document. Pure: it
 * fetches and expands nothing and never throws for what stands in the file.
 */
export function readDocument(file: InputFile): ReadDocument {
  try {
    return { document: read(decode(file), file) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const [first, ...others] = shorten(error.problems);
    if (first === undefined) throw error;
    return { problems: [first, ...others] };
  }
}

function read(source: SourceText, file: InputFile): ImportedDocument {
  const detected = detectDocument(file.bytes);
  if (detected === null) refuse(source.name, 'UNKNOWN_FORMAT', 'The file is no CycloneDX and no SPDX document.');
  if (detected.kind === 'CYCLONEDX_XML') {
    const { version, document, placeOf: place } = readCycloneDxXml(source);
    return assemble(source, detected.kind, version, readCycloneDx(source, version, document, place), place);
  }
  if (detected.kind === 'SPDX_TAG_VALUE') {
    const { document, placeOf: place } = readTagValue(source);
    const { version, contents } = readSpdx(source, document, place);
    return assemble(source, detected.kind, version, contents, place);
  }
  return readJson(source, detected.kind);
}

function readJson(source: SourceText, kind: ExchangeKind): ImportedDocument {
  const hidden = /"__proto__"\s*:/.exec(source.text);
  if (hidden !== null) refuse(source.name, 'INVALID', 'No document has a field __proto__.', positionOf(source.text, hidden.index));
  const document = parseJson(source);
  if (!isTable(document)) refuse(source.name, 'INVALID', 'The document is no object.', { line: 1, column: 1 });
  const place: PlaceOf = (steps) => placeOf(source.text, steps);
  if (kind === 'CYCLONEDX_JSON') {
    const version = textOf(document, 'specVersion') ?? '';
    return assemble(source, kind, version, readCycloneDx(source, version, document, place), place);
  }
  const { version, contents } = own(document, '@graph') !== undefined || own(document, '@context') !== undefined ? readSpdx3(source, document, place) : readSpdx(source, document, place);
  return assemble(source, kind, version, contents, place);
}
