import type { Table } from '../lockfile/fields.ts';
import { quote, refuse } from '../lockfile/refusal.ts';
import type { SourceText } from '../lockfile/text.ts';
import type { PlaceOf } from './assemble.ts';

type Target = Record<string, unknown>;

/** Fields with one text, by the section they stand in. Sections that the hub does not keep are read over. */
const documentFields: ReadonlyMap<string, string> = new Map([['SPDXVersion', 'spdxVersion'], ['DataLicense', 'dataLicense'], ['SPDXID', 'SPDXID'], ['DocumentName', 'name'], ['DocumentNamespace', 'documentNamespace'], ['DocumentComment', 'comment']]);
const packageFields: ReadonlyMap<string, string> = new Map([
  ['SPDXID', 'SPDXID'], ['PackageVersion', 'versionInfo'], ['PackageFileName', 'packageFileName'], ['PackageSupplier', 'supplier'], ['PackageOriginator', 'originator'],
  ['PackageDownloadLocation', 'downloadLocation'], ['PackageHomePage', 'homepage'], ['PackageSourceInfo', 'sourceInfo'], ['PackageLicenseConcluded', 'licenseConcluded'],
  ['PackageLicenseDeclared', 'licenseDeclared'], ['PackageLicenseComments', 'licenseComments'], ['PackageCopyrightText', 'copyrightText'], ['PackageSummary', 'summary'],
  ['PackageDescription', 'description'], ['PackageComment', 'comment'], ['PrimaryPackagePurpose', 'primaryPackagePurpose'],
]);
/** Tags that begin a section of their own. */
const sections: ReadonlySet<string> = new Set(['PackageName', 'FileName', 'SnippetSPDXID', 'SnippetSPDXIdentifier', 'LicenseID', 'Annotator', 'Reviewer', 'ExternalDocumentRef']);

/**
 * Reads SPDX 2 tag-value into the JSON form.
 * @throws Refusal MALFORMED for a line that is no tag, an open `<text>`, or a tag outside its section.
 */
export function readTagValue(source: SourceText): { readonly document: Table; readonly placeOf: PlaceOf } {
  const reader = new Reader(source);
  for (const tag of tagsOf(source)) reader.read(tag);
  return { document: reader.document, placeOf: (steps) => reader.placeOf(steps) };
}

interface Tag {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

function* tagsOf(source: SourceText): Generator<Tag> {
  const lines = source.text.split(/\r\n|\r|\n/);
  for (let n = 0; n < lines.length; n += 1) {
    const line = lines[n] as string;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, rest] = /^\s*([A-Za-z]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) refuse(source.name, 'MALFORMED', `${quote(line.trim())} is no line of tag and value.`, { line: n + 1, column: 1 });
    const start = n + 1;
    let value = rest;
    if (value.startsWith('<text>')) {
      const parts = [value.slice(6)];
      while (!(parts.at(-1) as string).includes('</text>')) {
        n += 1;
        if (n >= lines.length) refuse(source.name, 'MALFORMED', `The <text> of ${name} is never closed: the file is truncated.`, { line: start, column: 1 });
        parts.push(lines[n] as string);
      }
      value = parts.join('\n').replace(/<\/text>[^]*$/, '');
    }
    yield { name, value: value.trim(), line: start };
  }
}

class Reader {
  readonly document: Target = { packages: [], relationships: [], files: [], hasExtractedLicensingInfos: [], creationInfo: { creators: [] } };
  readonly #source: SourceText;
  readonly #lines = new Map<object, number>();
  #package: Target | undefined;
  #section = 'Document';
  #licence: Target | undefined;
  #annotation: Target | undefined;

  constructor(source: SourceText) {
    this.#source = source;
  }

  read(tag: Tag): void {
    const { name, value } = tag;
    if (name === 'Relationship') return this.#relationship(tag);
    if (sections.has(name)) this.#section = name;
    if (name === 'PackageName') {
      this.#package = this.#add('packages', tag, { name: value });
    } else if (name === 'LicenseID') {
      this.#licence = this.#add('hasExtractedLicensingInfos', tag, { licenseId: value });
    } else if (name === 'ExtractedText' && this.#licence !== undefined) {
      this.#licence.extractedText = value;
    } else if (name === 'Annotator') {
      this.#annotation = { annotator: value };
    } else if (this.#section === 'Annotator' && this.#annotation !== undefined && name.startsWith('Annotation')) {
      this.#annotation[name === 'AnnotationComment' ? 'comment' : name === 'AnnotationDate' ? 'annotationDate' : 'annotationType'] = value;
    } else if (this.#section === 'Annotator' && name === 'SPDXREF') {
      this.#annotate(value);
    } else if (this.#section === 'Document') {
      this.#documentField(tag);
    } else if (this.#section === 'PackageName' && this.#package !== undefined) {
      this.#packageField(this.#package, tag);
    } else if (name === 'SPDXID' && this.#section === 'FileName') {
      this.#add('files', tag, { SPDXID: value });
    } else if (name === 'Creator' || name === 'Created') {
      this.#documentField(tag);
    } else if (/^Package[A-Z]/.test(name)) {
      refuse(this.#source.name, 'MALFORMED', `${name} stands outside a package; PackageName must come first.`, { line: tag.line, column: 1 });
    }
  }

  placeOf(steps: readonly (string | number)[]): { line: number; column: number } {
    let value: unknown = this.document;
    let line = 1;
    for (const step of steps) {
      value = typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Target)[step] : undefined;
      line = (typeof value === 'object' && value !== null ? this.#lines.get(value) : undefined) ?? line;
    }
    return { line, column: 1 };
  }

  #add(list: string, { line }: Tag, value: Target): Target {
    (this.document[list] as Target[]).push(value);
    this.#lines.set(value, line);
    return value;
  }

  #relationship(tag: Tag): void {
    const [, a, type, b] = /^(\S+)\s+(\S+)\s+(\S+)$/.exec(tag.value) ?? [];
    if (b === undefined) refuse(this.#source.name, 'MALFORMED', `${quote(tag.value)} is no relationship; write such as "SPDXRef-A DEPENDS_ON SPDXRef-B".`, { line: tag.line, column: 1 });
    this.#add('relationships', tag, { spdxElementId: a, relationshipType: type, relatedSpdxElement: b });
  }

  /** SPDXREF comes after the annotation's other tags or between them: it is only tied here. */
  #annotate(ref: string): void {
    const found = (this.document.packages as Target[]).find(({ SPDXID }) => SPDXID === ref);
    if (found === undefined || this.#annotation === undefined) return;
    if (Array.isArray(found.annotations)) found.annotations.push(this.#annotation);
    else found.annotations = [this.#annotation];
  }

  #documentField({ name, value }: Tag): void {
    const creation = this.document.creationInfo as { creators: string[]; created?: string; licenseListVersion?: string };
    const field = documentFields.get(name);
    if (field !== undefined) this.document[field] = value;
    else if (name === 'Creator') creation.creators.push(value);
    else if (name === 'Created') creation.created = value;
    else if (name === 'LicenseListVersion') creation.licenseListVersion = value;
  }

  #packageField(target: Target, tag: Tag): void {
    const field = packageFields.get(tag.name);
    if (field !== undefined) target[field] = tag.value;
    else if (tag.name === 'FilesAnalyzed') target.filesAnalyzed = /^true$/i.test(tag.value);
    else if (tag.name === 'PackageChecksum') this.#push(target, 'checksums', tag, /^(\S+?):\s*(\S+)$/, (all) => ({ algorithm: all[1], checksumValue: all[2]?.toLowerCase() }));
    else if (tag.name === 'ExternalRef') this.#push(target, 'externalRefs', tag, /^(\S+)\s+(\S+)\s+(\S+)$/, (all) => ({ referenceCategory: all[1], referenceType: all[2], referenceLocator: all[3] }));
  }

  #push(target: Target, list: string, { name, value, line }: Tag, pattern: RegExp, make: (all: RegExpExecArray) => Target): void {
    const all = pattern.exec(value);
    if (all === null) refuse(this.#source.name, 'MALFORMED', `${quote(value)} is no value of ${name}.`, { line, column: 1 });
    const made = make(all);
    this.#lines.set(made, line);
    if (Array.isArray(target[list])) target[list].push(made);
    else target[list] = [made];
  }
}
