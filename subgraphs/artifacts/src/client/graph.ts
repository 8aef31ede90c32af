import { createHash, randomUUID } from 'node:crypto';
import type { PackageStatus } from '../model.ts';
import { ArtifactsError, type Connection } from './connection.ts';

/** A refusal in a payload. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** What producers write of a package. */
export interface PackageInput {
  readonly producer: string;
  readonly subject: string;
  /** Slug. */
  readonly retentionClass: string;
  /** Slugs and codes of what it belongs to. */
  readonly domain?: string | null;
  readonly repo?: string | null;
  readonly workstream?: string | null;
  readonly task?: string | null;
  readonly service?: string | null;
  /** Commit by slug of the repo. */
  readonly sourceCommits?: Readonly<Record<string, string>>;
  /** Key. */
  readonly metadataSchema?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A package as the client looks at it. */
export interface PackageFacts {
  readonly id: string;
  readonly status: PackageStatus;
  readonly manifestDigest: string | null;
  readonly producer: string;
  readonly subject: string;
  readonly retention: { readonly class: string } | null;
  readonly domain: { readonly slug: string } | null;
  readonly repo: { readonly slug: string } | null;
  readonly workstream: { readonly code: string } | null;
  readonly task: { readonly code: string } | null;
  readonly service: { readonly slug: string } | null;
  readonly sourceCommits: readonly { readonly repo: { readonly slug: string } | null; readonly commit: string }[];
}

/** A file that the hub knows of now, and where its bytes go. */
export interface AnnouncedFile {
  readonly file: { readonly id: string; readonly path: string; readonly status: 'PENDING' | 'COMPLETE' };
  /** Null when the hub has all its bytes. */
  readonly url: string | null;
  /** Whether the bytes go to the storage itself: in one request with these headers, and the hub is told afterwards. */
  readonly direct: boolean;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly expiresAt: string | null;
}

const FACTS = 'id status manifestDigest producer subject retention { class } domain { slug } repo { slug } workstream { code } task { code } service { slug } sourceCommits { repo { slug } commit }';
const ERRORS = 'errors { code message path }';

/** Packages whose manifest was expected to have a digest, deleted ones too, newest first; at most 50. */
export async function packagesClaiming(connection: Connection, digest: string): Promise<readonly PackageFacts[]> {
  const { artifactPackages } = await connection.graphql<{ artifactPackages: { nodes: PackageFacts[] } | null }>(
    `query PackagesClaiming($digest: Blake3!) { artifactPackages(filter: { claimedManifestDigest: $digest, statuses: [CREATED, UPLOADING, FAILED, FINALIZED, DELETED] }, first: 50) { nodes { ${FACTS} } } }`, { digest });
  return artifactPackages?.nodes ?? [];
}

/**
 * Begins a package; answers its id, the same one to all calls that saw the same packages before them.
 *
 * @param seen ids of packages for the same content that are others, or cannot be gone on with
 * @throws ArtifactsError with every reason why not
 */
export async function createPackage(connection: Connection, { sourceCommits = {}, ...input }: PackageInput, claimedManifestDigest: string, seen: readonly string[]): Promise<string> {
  const fields = { ...input, claimedManifestDigest, sourceCommits: Object.entries(sourceCommits).map(([repo, commit]) => ({ repo, commit })) };
  const { package: made } = await change<{ package: { id: string } }>(connection, 'createArtifactPackage', 'package { id }', {
    ...fields, idempotencyKey: `artifacts-ingest-${createHash('sha256').update(JSON.stringify([fields, seen.toSorted()])).digest('hex')}`,
  });
  return made.id;
}

/** Takes up a failed package. @throws ArtifactsError */
export async function resumePackage(connection: Connection, id: string): Promise<void> {
  await change(connection, 'resumeArtifactPackage', 'package { id }', { id });
}

/** The document of a metadata schema. @throws ArtifactsError when the hub knows none of this key */
export async function schemaOf(connection: Connection, key: string): Promise<object | boolean> {
  const { metadataSchema } = await connection.graphql<{ metadataSchema: { schema: object | boolean } | null }>('query SchemaOf($key: String!) { metadataSchema(key: $key) { schema } }', { key });
  if (metadataSchema === null) throw new ArtifactsError([`There is no metadata schema ${key}.`]);
  return metadataSchema.schema;
}

/** Announces files of a package, at most a thousand, new or known. @throws ArtifactsError */
export async function announceFiles(connection: Connection, packageId: string, files: readonly { readonly path: string; readonly size: number; readonly sha256: string; readonly blake3: string }[]): Promise<readonly AnnouncedFile[]> {
  const { uploads } = await change<{ uploads: readonly AnnouncedFile[] }>(connection, 'requestUpload', 'uploads { file { id path status } url direct headers { name value } expiresAt }', {
    packageId, files: files.map(({ path, size, sha256, blake3 }) => ({ path, size, sha256, blake3 })),
  });
  return uploads;
}

/** Says that all bytes of a file went to the storage itself. @throws ArtifactsError when they are not what was claimed */
export async function completeUpload(connection: Connection, fileId: string): Promise<void> {
  await change(connection, 'completeUpload', 'file { id }', { fileId });
}

/** Finalizes a package; answers its manifest digest. @throws ArtifactsError */
export async function finalizePackage(connection: Connection, id: string): Promise<string> {
  const { package: made } = await change<{ package: { manifestDigest: string } }>(connection, 'finalizeArtifactPackage', 'package { manifestDigest }', { id });
  return made.manifestDigest;
}

const EVENT_TYPE = 'artifacts.ingested';

/** Whether the journal of a workstream can be written, by a try. @throws ArtifactsError when not, as for an unknown workstream */
export async function assertJournal(connection: Connection, workstream: string): Promise<void> {
  await change(connection, 'recordProgress', 'progress { id }', { subject: { workstream }, eventType: EVENT_TYPE, summary: 'A package of evidence is about to come.', dryRun: true });
}

/** Writes into the journal of a workstream that a package is there, unless it is written already. @throws ArtifactsError */
export async function recordIngest(connection: Connection, workstream: string, entry: { readonly packageId: string; readonly manifestDigest: string; readonly subject: string; readonly files: number; readonly bytes: number }): Promise<void> {
  const { packageId, manifestDigest, subject, files, bytes } = entry;
  const known = await connection.graphql<{ workstream: { progress: { totalCount: number } } | null }>(
    'query IngestInJournal($code: String!, $types: [String!]!, $text: String!) { workstream(code: $code) { progress(filter: { eventTypes: $types, text: $text }, first: 1) { totalCount } } }', { code: workstream, types: [EVENT_TYPE], text: packageId });
  if ((known.workstream?.progress.totalCount ?? 0) > 0) return;
  const summary = `Evidence preserved: ${subject.slice(0, 500)}; artifact package ${packageId}, manifest ${manifestDigest}, ${files} files, ${bytes} bytes.`;
  await change(connection, 'recordProgress', 'progress { id }', { subject: { workstream }, eventType: EVENT_TYPE, summary, details: { packageId, manifestDigest, files, bytes }, idempotencyKey: `artifacts-ingest-${packageId}` });
}

/** Where the bytes of a finalized package are. */
export interface PackageSource {
  readonly id: string;
  readonly status: PackageStatus;
  readonly manifestDigest: string | null;
  readonly manifestUrl: string | null;
  /** The logical paths follow behind it. */
  readonly downloadUrl: string | null;
}

/** Signed URLs of a package; null when there is none of this id. */
export async function packageSource(connection: Connection, id: string): Promise<PackageSource | null> {
  const { artifactPackage } = await connection.graphql<{ artifactPackage: PackageSource | null }>('query PackageSource($id: ID!) { artifactPackage(id: $id) { id status manifestDigest manifestUrl downloadUrl } }', { id });
  return artifactPackage;
}

async function change<Payload>(connection: Connection, verb: string, fields: string, input: Readonly<Record<string, unknown>>): Promise<Payload> {
  const type = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`;
  const { answer } = await connection.graphql<{ answer: Payload & { readonly errors: readonly Refusal[] } }>(
    `mutation ${type}ByClient($input: ${type}Input!) { answer: ${verb}(input: $input) { ${fields} ${ERRORS} } }`, { input: { idempotencyKey: randomUUID(), ...input } });
  if (answer.errors.length > 0) throw new ArtifactsError(answer.errors.map(({ message, path }) => (path.length > 1 ? `${path.slice(1).join('.')}: ${message}` : message)));
  return answer;
}
