import { request, type Dispatcher } from 'undici';
import { hashStream, type BlobDigests } from '../content/digest.ts';
import { decodeManifest, manifestDigest, ManifestError, type ManifestFile } from '../content/manifest.ts';
import { ArtifactsError, byteDispatcher, inParallel, type Progress } from './connection.ts';
import { hashFile, walk, type FoundFile } from './files.ts';

/** How something is not as the manifest says. */
export interface Difference {
  readonly path: string;
  readonly kind: 'missing' | 'extra' | 'size' | 'sha256' | 'blake3' | 'unreadable' | 'link';
  /** In one clause. */
  readonly message: string;
}

/** What a verification found. */
export interface Verified {
  /** Of the manifest that was given. */
  readonly manifestDigest: string;
  /** Files that the manifest names, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** In the order of paths; empty when everything is as the manifest says. */
  readonly differences: readonly Difference[];
}

export interface VerifyOptions {
  /** A folder, or a URL below which the logical paths are served. Of a URL, files that the manifest does not name cannot be seen. */
  readonly source: string;
  /** The bytes of the manifest. */
  readonly manifest: Uint8Array;
  /** What the manifest's digest must be, where it is known from elsewhere. */
  readonly expectedDigest?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly dispatcher?: Dispatcher;
}

/** Recomputes every digest of a package from its files, without the hub. @throws ArtifactsError when the manifest is none or another than expected, or nothing can be read from the source */
export async function verify({ source, manifest, expectedDigest, onProgress = () => undefined, dispatcher }: VerifyOptions): Promise<Verified> {
  const { files } = manifestOf(manifest, expectedDigest);
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let [done, bytes] = [0, 0];
  const differences: Difference[] = [];
  const reader = /^https?:\/\//i.test(source) ? overHttp(source, dispatcher ?? byteDispatcher()) : await inFolder(source, files, differences);
  await inParallel(files, async (file) => {
    const found = await reader(file, (more) => {
      bytes += more;
      onProgress({ phase: 'verify', files: done, totalFiles: files.length, bytes, totalBytes });
    });
    differences.push(...('kind' in found ? [found] : compare(file, found)));
    done += 1;
    onProgress({ phase: 'verify', files: done, totalFiles: files.length, bytes, totalBytes });
  }, 4);
  return { manifestDigest: manifestDigest(manifest), files: files.length, bytes: totalBytes, differences: differences.sort((one, other) => Buffer.from(one.path).compare(Buffer.from(other.path))) };
}

/** Reads a manifest, and compares its digest with one known from elsewhere. @throws ArtifactsError */
export function manifestOf(bytes: Uint8Array, expectedDigest?: string): ReturnType<typeof decodeManifest> {
  const digest = manifestDigest(bytes);
  if (expectedDigest !== undefined && digest !== expectedDigest) throw new ArtifactsError([`The manifest has the digest ${digest}, not ${expectedDigest}.`]);
  try {
    return decodeManifest(bytes);
  } catch (error) {
    throw error instanceof ManifestError ? new ArtifactsError([error.message], { cause: error }) : error;
  }
}

type Found = BlobDigests & { readonly size: number };
type Reader = (file: ManifestFile, onBytes: (bytes: number) => void) => Promise<Found | Difference>;

function compare({ path, size, sha256, blake3 }: ManifestFile, found: Found): Difference[] {
  if (found.size !== size) return [{ path, kind: 'size', message: `has ${found.size} bytes, not ${size}` }];
  return [
    ...(found.sha256 === sha256 ? [] : [{ path, kind: 'sha256' as const, message: `has the SHA-256 ${found.sha256}, not ${sha256}` }]),
    ...(found.blake3 === blake3 ? [] : [{ path, kind: 'blake3' as const, message: `has the BLAKE3 ${found.blake3}, not ${blake3}` }]),
  ];
}

/** Links are never followed; what the manifest does not name is told. */
async function inFolder(folder: string, files: readonly ManifestFile[], differences: Difference[]): Promise<Reader> {
  const walked = await walk(folder);
  const named = new Set(files.map(({ path }) => path));
  const there = new Map<string, FoundFile>(walked.files.map((file) => [file.path, file]));
  for (const { path, what } of walked.others) differences.push({ path, kind: 'link', message: `is ${what}, which is not followed` });
  for (const path of there.keys()) if (!named.has(path)) differences.push({ path, kind: 'extra', message: 'is not in the manifest' });
  return async ({ path, size }, onBytes) => {
    const file = there.get(path);
    if (file === undefined) return { path, kind: 'missing', message: 'is missing' };
    if (file.size !== size) return { path, kind: 'size', message: `has ${file.size} bytes, not ${size}` };
    try {
      return { size: file.size, ...(await hashFile(file, onBytes)) };
    } catch (error) {
      return { path, kind: 'unreadable', message: (error as Error).message };
    }
  };
}

/** The URL of a file below a base, whose query stays. */
export function urlBelow(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}`;
  return url;
}

function overHttp(base: string, dispatcher: Dispatcher): Reader {
  return async ({ path }, onBytes) => {
    const answer = await request(urlBelow(base, path), { dispatcher }).catch((error: NodeJS.ErrnoException) => {
      throw new ArtifactsError([`${new URL(base).origin} does not answer (${error.code ?? error.message}).`], { cause: error });
    });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      if (answer.statusCode === 401 || answer.statusCode === 403) throw new ArtifactsError([`${new URL(base).origin} refuses to serve files (${answer.statusCode}): signed URLs expire, ask for a new one.`]);
      return answer.statusCode === 404 || answer.statusCode === 410 ? { path, kind: 'missing', message: 'is missing' } : { path, kind: 'unreadable', message: `was answered with status ${answer.statusCode}` };
    }
    async function* counted() {
      for await (const bytes of answer.body as AsyncIterable<Uint8Array>) {
        onBytes(bytes.length);
        yield bytes;
      }
    }
    try {
      return await hashStream(counted());
    } catch (error) {
      return { path, kind: 'unreadable', message: `broke off: ${(error as Error).message}` };
    }
  };
}
