import { isTable, own } from '../lockfile/fields.ts';
import type { Steps } from './json-place.ts';

/** A place where a document breaks the rules of SPDX. */
export interface SpdxFault {
  readonly steps: Steps;
  readonly reason: string;
}

type Rule = (value: unknown, steps: Steps, faults: SpdxFault[]) => void;

const MOST_FAULTS = 100;

const text = (what: string, pattern?: RegExp): Rule => (value, steps, faults) => {
  if (typeof value !== 'string') faults.push({ steps, reason: `must be ${what}, a text` });
  else if (pattern !== undefined && !pattern.test(value)) faults.push({ steps, reason: `must be ${what}` });
};
const flag: Rule = (value, steps, faults) => {
  if (typeof value !== 'boolean') faults.push({ steps, reason: 'must be true or false' });
};
const word = (words: readonly string[]): Rule => (value, steps, faults) => {
  if (typeof value !== 'string' || !words.includes(value)) faults.push({ steps, reason: `must be one of ${words.length > 8 ? `the ${words.length} words of the specification` : words.join(', ')}` });
};
const list = (rule: Rule, least = 0): Rule => (value, steps, faults) => {
  if (!Array.isArray(value) || value.length < least) return void faults.push({ steps, reason: least > 0 ? `must be a list of at least ${least}` : 'must be a list' });
  for (let n = 0; n < value.length && faults.length < MOST_FAULTS; n += 1) rule(value[n], [...steps, n], faults);
};
const object = (required: Readonly<Record<string, Rule>>, optional: Readonly<Record<string, Rule>> = {}, isClosed = true): Rule => (value, steps, faults) => {
  if (!isTable(value)) return void faults.push({ steps, reason: 'must be an object' });
  for (const [key, rule] of Object.entries(required)) {
    if (own(value, key) === undefined) faults.push({ steps, reason: `lacks ${key}` });
    else rule(own(value, key), [...steps, key], faults);
  }
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(required, key)) continue;
    const rule = Object.hasOwn(optional, key) ? optional[key] : undefined;
    if (rule !== undefined) rule(own(value, key), [...steps, key], faults);
    else if (isClosed) faults.push({ steps: [...steps, key], reason: 'is not known to the specification' });
  }
};

const any = text('a text');
const id = text('an id such as SPDXRef-Package-1', /^SPDXRef-[A-Za-z0-9.-]+$/);
const target = text('an id such as SPDXRef-Package-1, NONE or NOASSERTION', /^(?:(?:DocumentRef-[A-Za-z0-9.+-]+:)?SPDXRef-[A-Za-z0-9.-]+|NONE|NOASSERTION)$/);
const date = text('a time such as 2026-01-31T10:00:00Z', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const agent = text('an agent such as "Tool: hubgraph-1"', /^(?:Person|Organization|Tool): ?\S/);
const loose = object({}, {}, false);
const checksums = list(object({ algorithm: word('SHA1 BLAKE3 SHA3-384 SHA256 SHA384 BLAKE2b-512 BLAKE2b-256 SHA3-512 MD2 ADLER32 MD4 SHA3-256 BLAKE2b-384 SHA512 MD6 MD5 SHA224'.split(' ')), checksumValue: text('lower-case hex', /^[0-9a-f]+$/) }));
const annotations = list(object({ annotationDate: date, annotationType: word(['OTHER', 'REVIEW']), annotator: agent, comment: any }));

const relationship = 'VARIANT_OF COPY_OF PATCH_FOR TEST_DEPENDENCY_OF CONTAINED_BY DATA_FILE_OF OPTIONAL_COMPONENT_OF ANCESTOR_OF GENERATES CONTAINS OPTIONAL_DEPENDENCY_OF FILE_ADDED REQUIREMENT_DESCRIPTION_FOR DEV_DEPENDENCY_OF DEPENDENCY_OF BUILD_DEPENDENCY_OF DESCRIBES PREREQUISITE_FOR HAS_PREREQUISITE PROVIDED_DEPENDENCY_OF DYNAMIC_LINK DESCRIBED_BY METAFILE_OF DEPENDENCY_MANIFEST_OF PATCH_APPLIED RUNTIME_DEPENDENCY_OF TEST_OF TEST_TOOL_OF DEPENDS_ON SPECIFICATION_FOR FILE_MODIFIED DISTRIBUTION_ARTIFACT AMENDS DOCUMENTATION_OF GENERATED_FROM STATIC_LINK OTHER BUILD_TOOL_OF TEST_CASE_OF PACKAGE_OF DESCENDANT_OF FILE_DELETED EXPANDED_FROM_ARCHIVE DEV_TOOL_OF EXAMPLE_OF'.split(' ');

const packageRequired = { SPDXID: id, downloadLocation: any, name: any };
const packageOptional = {
  annotations, attributionTexts: list(any), builtDate: date, checksums, comment: any, copyrightText: any, description: any,
  externalRefs: list(object({ referenceCategory: word(['OTHER', 'PERSISTENT-ID', 'PERSISTENT_ID', 'SECURITY', 'PACKAGE-MANAGER', 'PACKAGE_MANAGER']), referenceLocator: text('a locator without space', /^\S+$/), referenceType: any }, { comment: any })),
  filesAnalyzed: flag, hasFiles: list(target), homepage: any, licenseComments: any, licenseConcluded: any, licenseDeclared: any, licenseInfoFromFiles: list(any),
  originator: any, packageFileName: any, packageVerificationCode: loose,
  primaryPackagePurpose: word('OTHER INSTALL ARCHIVE FIRMWARE APPLICATION FRAMEWORK LIBRARY CONTAINER SOURCE DEVICE OPERATING_SYSTEM OPERATING-SYSTEM FILE'.split(' ')),
  releaseDate: date, sourceInfo: any, summary: any, supplier: any, validUntilDate: date, versionInfo: any,
};
const document = (isClosed: boolean) => object(
  { SPDXID: text('SPDXRef-DOCUMENT', /^SPDXRef-DOCUMENT$/), creationInfo: object({ created: date, creators: list(agent, 1) }, { comment: any, licenseListVersion: any }, isClosed), dataLicense: any, name: any, spdxVersion: text('a version such as SPDX-2.3', /^SPDX-2\.\d+$/) },
  {
    annotations, comment: any, documentNamespace: text('a URI without fragment', /^[a-z][a-z0-9+.-]*:[^\s#]+$/i), documentDescribes: list(target),
    externalDocumentRefs: list(loose), revieweds: list(loose), files: list(loose), snippets: list(loose),
    hasExtractedLicensingInfos: list(object({ extractedText: any, licenseId: text('an id such as LicenseRef-1', /^LicenseRef-[A-Za-z0-9.-]+$/) }, { comment: any, crossRefs: list(loose), name: any, seeAlsos: list(any) }, isClosed)),
    packages: list(object(packageRequired, packageOptional, isClosed)),
    relationships: list(object({ spdxElementId: target, relatedSpdxElement: target, relationshipType: word(relationship) }, { comment: any }, isClosed)),
  },
  isClosed,
);

const strict = document(true);
const open = document(false);

/**
 * Checks an SPDX 2 document in its JSON form: what the official 2.3 schema demands of everything but files and snippets, and
 * beyond it the forms of ids, times and agents that only the specification's text demands. `strict` is for what we write:
 * it also refuses unknown fields, and edges to what the document does not have.
 */
export function checkSpdx(value: unknown, options: { readonly strict: boolean }): readonly SpdxFault[] {
  const faults: SpdxFault[] = [];
  (options.strict ? strict : open)(value, [], faults);
  if (options.strict && faults.length === 0) checkReferences(value as SpdxShape, faults);
  return faults;
}

interface SpdxShape {
  readonly SPDXID: string;
  readonly documentNamespace?: string;
  readonly packages?: readonly { readonly SPDXID: string; readonly filesAnalyzed?: boolean; readonly licenseDeclared?: string }[];
  readonly relationships?: readonly { readonly spdxElementId: string; readonly relatedSpdxElement: string }[];
  readonly hasExtractedLicensingInfos?: readonly { readonly licenseId: string }[];
}

function checkReferences(document: SpdxShape, faults: SpdxFault[]): void {
  if (document.documentNamespace === undefined) faults.push({ steps: [], reason: 'lacks documentNamespace' });
  const ids = new Set([document.SPDXID]);
  const licences = new Set(document.hasExtractedLicensingInfos?.map(({ licenseId }) => licenseId));
  for (const [n, { SPDXID, licenseDeclared }] of (document.packages ?? []).entries()) {
    if (ids.has(SPDXID)) faults.push({ steps: ['packages', n, 'SPDXID'], reason: 'is given twice' });
    ids.add(SPDXID);
    for (const [used] of (licenseDeclared ?? '').matchAll(/(?<!:)LicenseRef-[A-Za-z0-9.-]+/g)) if (!licences.has(used)) faults.push({ steps: ['packages', n, 'licenseDeclared'], reason: `names ${used}, which hasExtractedLicensingInfos lacks` });
  }
  for (const [n, { spdxElementId, relatedSpdxElement }] of (document.relationships ?? []).entries()) {
    for (const [key, one] of [['spdxElementId', spdxElementId], ['relatedSpdxElement', relatedSpdxElement]] as const) if (one.startsWith('SPDXRef-') && !ids.has(one)) faults.push({ steps: ['relationships', n, key], reason: `names ${one}, which the document lacks` });
  }
}
