import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request, type Dispatcher } from 'undici';
import { createHasher } from '../content/digest.ts';
import type { Manifest, ManifestFile } from '../content/manifest.ts';
import { RESERVED_FOLDER } from '../content/path.ts';
import { ArtifactsError, byteDispatcher, inParallel, type Connection, type Progress } from './connection.ts';
import { hashFile, MANIFEST_PATH, walk, type FoundFile } from './files.ts';
import { packageSource, type PackageSource } from './graph.ts';
import { manifestOf, urlBelow } from './verify.ts';

const PARTIAL = `${RESERVED_FOLDER}/partial`;

/** A manifest as the hub has it, and as what it reads. */
export interface FetchedManifest {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  readonly digest: string;
  readonly source: PackageSource;
}

/** What a download did. */
export interface Downloaded {
  readonly manifestDigest: string;
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already with their bytes. */
  readonly kept: number;
}

/** Fetches the manifest of a finalized (or deleted) package. @throws ArtifactsError when there is none, or it has not the digest that the graph tells */
export async function fetchManifest(connection: Connection, id: string): Promise<FetchedManifest> {
  const source = await packageSource(connection, id);
  if (source === null) throw new ArtifactsError([`There is no artifact package ${id}.`]);
  if (source.manifestUrl === null || source.manifestDigest === null) throw new ArtifactsError([`Package ${id} is ${source.status}: it has no manifest.`]);
  const answer = await request(source.manifestUrl, { dispatcher: connection.dispatcher ?? byteDispatcher() });
  const bytes = new Uint8Array(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) throw new ArtifactsError([`The manifest of ${id} was answered with status ${answer.statusCode}.`]);
  return { bytes, manifest: manifestOf(bytes, source.manifestDigest), digest: source.manifestDigest, source };
}

/**
 * Writes all files of a package below a folder, and the manifest to {@link MANIFEST_PATH} there. Bytes are hashed while they are
 * written and take their place only when they are right; the same again goes on after an interruption.
 *
 * @throws ArtifactsError before anything is written when the folder holds other files at paths of the package, or links
 */
export async function downloadPackage(connection: Connection, id: string, folder: string, { onProgress = () => undefined }: { readonly onProgress?: (progress: Progress) => void } = {}): Promise<Downloaded> {
  const { bytes: manifestBytes, manifest, digest, source } = await fetchManifest(connection, id);
  const base = source.downloadUrl;
  if (base === null) throw new ArtifactsError([`Package ${id} is ${source.status}: its files are gone.`]);
  await mkdir(folder, { recursive: true });
  const walked = await walk(folder);
  const there = new Map<string, FoundFile>(walked.files.map((file) => [file.path, file]));
  const problems = walked.others.filter(({ path }) => path === RESERVED_FOLDER || path.startsWith(`${RESERVED_FOLDER}/`) || manifest.files.some((file) => file.path === path || file.path.startsWith(`${path}/`))).map(({ path, what }) => `${path} is ${what}, through which nothing is written.`);
  const kept = new Set<string>();
  await inParallel(manifest.files, async (file) => {
    const found = there.get(file.path);
    if (found === undefined) return;
    const same = found.size === file.size && (await hashFile(found)).blake3 === file.blake3;
    if (same) kept.add(file.path);
    else problems.push(`${file.path} is there with other content; it is not overwritten.`);
  }, 4);
  if (problems.length > 0) throw new ArtifactsError(problems.sort());

  const totalBytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  let [done, bytes] = [0, 0];
  const tell = () => onProgress({ phase: 'download', files: done, totalFiles: manifest.files.length, bytes, totalBytes });
  await safeFolder(folder, PARTIAL);
  const dispatcher = connection.dispatcher ?? byteDispatcher();
  const wanted = Map.groupBy(manifest.files, ({ blake3 }) => blake3); // the same content under two names would share one partial file
  await inParallel(wanted.values(), async (same) => {
    for (const file of same) {
      if (kept.has(file.path)) bytes += file.size;
      else await fetchFile(dispatcher, base, folder, file, (more) => {
        bytes += more;
        tell();
      });
      done += 1;
      tell();
    }
  });
  await writeFile(join(folder, MANIFEST_PATH), manifestBytes);
  await rm(join(folder, PARTIAL), { recursive: true, force: true });
  return { manifestDigest: digest, files: manifest.files.length, bytes: totalBytes, kept: kept.size };
}

async function fetchFile(dispatcher: Dispatcher, base: string, folder: string, file: ManifestFile, onBytes: (bytes: number) => void): Promise<void> {
  const partial = join(folder, PARTIAL, file.blake3.slice('blake3:'.length));
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o644);
  try {
    const hasher = createHasher();
    if ((await handle.stat()).size > 0) for await (const piece of handle.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>) hasher.update(piece);
    if (hasher.size > file.size) throw wrong(file);
    onBytes(hasher.size);
    if (hasher.size < file.size) {
      const from = hasher.size;
      const answer = await request(urlBelow(base, file.path), { dispatcher, headers: from === 0 ? {} : { range: `bytes=${from}-` } });
      if (answer.statusCode !== (from === 0 ? 200 : 206)) {
        await answer.body.dump();
        throw new ArtifactsError([`${file.path} was answered with status ${answer.statusCode}.`]);
      }
      for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
        if (hasher.size + piece.length > file.size) throw wrong(file);
        await handle.write(piece, 0, piece.length, hasher.size);
        hasher.update(piece);
        onBytes(piece.length);
      }
    }
    const { sha256, blake3 } = hasher.digest();
    if (hasher.size < file.size) throw new ArtifactsError([`${file.path} broke off after ${hasher.size} of ${file.size} bytes; the same again goes on.`]);
    if (sha256 !== file.sha256 || blake3 !== file.blake3) throw wrong(file);
  } catch (error) {
    if (error instanceof WrongBytes) await rm(partial, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await safeFolder(folder, file.path.split('/').slice(0, -1).join('/'));
  await rename(partial, join(folder, file.path));
}

class WrongBytes extends ArtifactsError {}

function wrong({ path }: ManifestFile): WrongBytes {
  return new WrongBytes([`${path} came with other bytes than the manifest says; they were thrown away.`]);
}

/** Makes a folder below another, one step after the other, so that none leads out by a link. */
async function safeFolder(root: string, path: string): Promise<void> {
  let at = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    at = join(at, name);
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(at)).isDirectory()) throw new ArtifactsError([`${at} is no folder.`]);
  }
}
