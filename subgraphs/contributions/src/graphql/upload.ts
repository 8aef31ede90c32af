import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { ingestSbom, type IngestReport, type IngestSbomInput } from '../commands/sbom.ts';
import type { SbomFile } from '../commands/sbom-input.ts';
import type { SbomPackageInput as PackageFacts } from '../sbom/input.ts';
import type { SbomFileInput as Upload } from '../commands/sbom-files.ts';
import type { SbomProblem as Problem } from '../sbom/model.ts';
import { builder } from './builder.ts';
import { LicenceSource } from './package-licence.ts';
import { PackageFlag, PackageScope, SourceKind } from './package-words.ts';
import { Sbom } from './refs.ts';
import { sbomById } from './sbom.ts';

const Notice = builder.objectRef<Problem>('SbomNotice').implement({
  description: 'Something about a file that is worth knowing and no reason to refuse it.',
  fields: (t) => ({
    file: t.exposeString('file', { description: 'Name of the file.' }),
    line: t.int({ nullable: true, description: 'Line, from 1.', resolve: (notice) => notice.line ?? null }),
    column: t.int({ nullable: true, description: 'Column, from 1.', resolve: (notice) => notice.column ?? null }),
    path: t.string({ nullable: true, description: 'Where in its structure.', resolve: (notice) => notice.path ?? null }),
    code: t.exposeString('code', { description: 'Stable code.' }),
    reason: t.exposeString('reason', { description: 'What there is to know.' }),
  }),
});
const Ingest = builder.objectRef<IngestReport>('SbomIngest').implement({
  description: 'What an ingest did.',
  fields: (t) => ({
    unchanged: t.exposeBoolean('unchanged', { description: 'The repo\'s current bill of materials holds the same already: nothing was written and no event recorded.' }),
    previous: t.field({ type: Sbom, nullable: true, description: 'What was current before.', resolve: (report, _args, context) => (report.previousId === null ? null : sbomById(context, report.previousId)) }),
    added: t.exposeInt('added', { description: 'Packages, or further versions of them, that are new.' }),
    removed: t.exposeInt('removed', { description: 'Packages, or versions of them beside others, that are gone.' }),
    changed: t.exposeInt('changed', { description: 'Packages that are at other versions, and versions that declare another licence.' }),
    licenceRiskCount: t.exposeInt('licenceRiskCount', { description: 'Packages that violate the licence policy now.' }),
    notices: t.field({ type: [Notice], description: 'What is worth knowing about the documents.', resolve: (report) => [...report.notices] }),
  }),
});

const SourceInput = builder.inputRef<NonNullable<PackageFacts['source']>>('PackageSourceInput').implement({
  description: 'Where the bytes of a package come from.',
  fields: (t) => ({
    kind: t.field({ type: SourceKind, required: true, description: 'What kind of place it is.' }),
    location: t.string({ description: 'URL, folder or repository with commit; without passwords and tokens.' }),
  }),
});
const PackageInput = builder.inputRef<PackageFacts>('SbomPackageInput').implement({
  description: 'One entry of a bill of materials. What is left out is not known.',
  fields: (t) => ({
    purl: t.field({ type: 'Purl', required: true, description: 'Its package URL.' }),
    key: t.string({ description: 'Unique within the call; the purl when left out. Edges name it.' }),
    name: t.string({ description: 'Real name with its namespace; that of the purl when left out.' }),
    version: t.string({ description: 'That of the purl when left out.' }),
    alias: t.string({ description: 'The name it is installed under, when that is another.' }),
    direct: t.boolean({ description: 'Whether a manifest names it.' }),
    scope: t.field({ type: PackageScope, description: 'Who needs it.' }),
    flags: t.field({ type: [PackageFlag], description: 'Marks of the lockfile.' }),
    source: t.field({ type: SourceInput, description: 'Where its bytes come from; a registry when left out.' }),
    integrity: t.string({ description: 'Hash as the file writes it.' }),
    path: t.string({ description: 'Place in the tree of installed packages, or the folder of an own package.' }),
    thirdParty: t.boolean({ description: 'False for what belongs to the repo itself; when left out, what the source says.' }),
    declaredLicence: t.string({ description: 'Licence as the file states it, unread.' }),
    licenceSource: t.field({ type: LicenceSource, description: 'LOCKFILE or DOCUMENT, which it is when left out.' }),
    dependsOn: t.stringList({ description: 'Keys of the entries that it depends on; left out when the format has no edges.' }),
  }),
});
const FileInput = builder.inputRef<SbomFile>('SbomFileFactsInput').implement({
  description: 'A file that packages were read from.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name.' }),
    kind: t.string({ required: true, description: 'What it is, such as PACKAGE_LOCK.' }),
    sha256: t.field({ type: 'Sha256', required: true, description: 'Digest of its bytes.' }),
  }),
});
const UploadInput = builder.inputRef<Upload>('SbomFileInput').implement({
  description: 'A file to be read: its bytes as text or as base64.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name as in the repo, such as web/package-lock.json.' }),
    text: t.string({ description: 'Its content, when it is text.' }),
    base64: t.string({ description: 'Its bytes in base64.' }),
  }),
});

addMutation(builder, {
  verb: 'ingestSbom',
  description: 'Makes packages, or what documents (lockfiles, CycloneDX, SPDX) hold, the current bill of materials of a repo, in one transaction; past ones stay. The same content again is recognised: the current one is answered, nothing is written. Refuses files that are truncated, unknown, out of step with their manifest or larger than sense, with the position. Requests beyond the usual size need the header `x-hubgraph-ingest: 1`. Normally called by `hubgraph sbom ingest`.',
  scopes: [['sbom:ingest']],
  input: builder.inputRef<IngestSbomInput>('IngestSbomInput').implement({
    description: 'Packages or documents, and whose.',
    fields: (t) => ({
      repo: t.string({ required: true, description: 'Slug of the repo.' }),
      domain: t.string({ description: 'Slug of its domain, for those who listen by domain.' }),
      packages: t.field({ type: [PackageInput], description: 'The whole bill of materials, at most 20,000 entries; or give documents.' }),
      files: t.field({ type: [FileInput], description: 'What the packages were read from.' }),
      entryCount: t.int({ description: 'Records of the files; the number of packages when left out, null when it cannot be told.' }),
      documents: t.field({ type: [UploadInput], description: 'Lockfiles, which together make one bill of materials, or one CycloneDX or SPDX document; what they are is seen from their content.' }),
      manifests: t.field({ type: [UploadInput], description: 'Manifests (package.json, pyproject.toml and so on) beside the lockfiles, for formats that do not say themselves what is direct.' }),
      ...changeFields(t),
    }),
  }),
  payload: { sbom: Sbom, ingest: Ingest },
  run: (input: IngestSbomInput, verb, context) => context.changes.run(context.caller, verb, (work) => ingestSbom(work, input, context.policy)),
});
