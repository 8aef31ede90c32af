import { jsonProblems, decodeCanonical, encodeCanonical } from './canonical.ts';
import { BLAKE3, SHA256, blake3Of, type BlobDigests } from './digest.ts';
import { pathConflict, pathProblem } from './path.ts';

/** Names the form of a manifest, within it. */
export const MANIFEST_FORMAT = 'hubgraph.artifact-manifest.v1';

/** A file as a manifest tells of it. */
export interface ManifestFile extends BlobDigests {
  /** Logical path. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** What a package consists of. No ids, times or order of upload, so that the same content has the same digest every time. */
export interface Manifest {
  /** Key of the metadata schema, such as `guide-board.run.v1`. */
  readonly schema: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly files: readonly ManifestFile[];
}

/** Bytes that are no manifest, or content that can have none; the message says why in one sentence. */
export class ManifestError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ManifestError';
  }
}

/**
 * The canonical bytes of a manifest, whatever the order of files and of keys in the metadata.
 *
 * @throws ManifestError when a path, size or digest is none, two files cannot be in one folder, or the metadata have no canonical form
 */
export function encodeManifest({ schema, metadata, files }: Manifest): Uint8Array {
  const [problem] = jsonProblems(metadata, '/metadata');
  if (problem !== undefined) throw new ManifestError(problem);
  const sorted = files.map((file) => ({ ...file, bytes: Buffer.from(file.path) })).sort((one, other) => one.bytes.compare(other.bytes));
  const conflict = pathConflict(files.map(({ path }) => path));
  if (conflict !== null) throw new ManifestError(conflict);
  // One file at a time, since the encoder makes many objects of each: `files` is the shortest key, so it comes first, and a
  // list begins like an integer of another major type.
  const rest = encodeCanonical({ format: MANIFEST_FORMAT, schema, metadata });
  const list = encodeCanonical(sorted.length).slice();
  list[0] = (list[0] as number) | ARRAY;
  return Buffer.concat([Uint8Array.of((rest[0] as number) + 1), encodeCanonical('files'), list, ...sorted.map((file) => encodeCanonical(entryOf(file))), rest.subarray(1)]);
}

/** Major type 4 of CBOR. */
const ARRAY = 4 << 5;


function entryOf({ path, size, sha256, blake3 }: ManifestFile) {
  const problem = pathProblem(path);
  if (problem !== null) throw new ManifestError(`${JSON.stringify(path)} is no logical path: ${problem}.`);
  if (!Number.isSafeInteger(size) || size < 0) throw new ManifestError(`${path} has no possible size.`);
  if (!SHA256.test(sha256) || !BLAKE3.test(blake3)) throw new ManifestError(`${path} lacks a digest.`);
  return { path, size, sha256: Buffer.from(sha256, 'hex'), blake3: Buffer.from(blake3.slice('blake3:'.length), 'hex') };
}

/** `blake3:<hex>` of the bytes of a manifest. */
export function manifestDigest(bytes: Uint8Array): string {
  return blake3Of(bytes);
}

/** Reads a manifest. @throws ManifestError when the bytes are not the one canonical form of a manifest of this version */
export function decodeManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = decodeCanonical(bytes);
  } catch (error) {
    throw new ManifestError(`This is not the CBOR of a manifest (${(error as Error).message}).`, { cause: error });
  }
  const manifest = manifestOf(value);
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).equals(encodeManifest(manifest))) throw new ManifestError('The manifest is not in canonical form.');
  return manifest;
}

function manifestOf(value: unknown): Manifest {
  const { format, schema, metadata, files } = record(value);
  if (format !== MANIFEST_FORMAT) throw new ManifestError(`This is no manifest of the form ${MANIFEST_FORMAT}.`);
  if (schema !== null && typeof schema !== 'string') throw new ManifestError('The schema of the manifest is neither a key nor null.');
  if (!Array.isArray(files)) throw new ManifestError('The manifest has no list of files.');
  return { schema, metadata: record(metadata), files: files.map(fileOf) };
}

function fileOf(value: unknown): ManifestFile {
  const { path, size, sha256, blake3 } = record(value);
  if (typeof path !== 'string' || typeof size !== 'number' || !(sha256 instanceof Uint8Array) || !(blake3 instanceof Uint8Array)) throw new ManifestError('A file of the manifest lacks path, size or digests.');
  return { path, size, sha256: Buffer.from(sha256).toString('hex'), blake3: `blake3:${Buffer.from(blake3).toString('hex')}` };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) throw new ManifestError('The manifest is not of the form that it names.');
  return value as Record<string, unknown>;
}
