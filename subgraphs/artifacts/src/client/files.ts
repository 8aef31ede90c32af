import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BigIntStats } from 'node:fs';
import { createHasher, digestsOf, type BlobDigests } from '../content/digest.ts';
import { pathConflict, pathProblem, RESERVED_FOLDER } from '../content/path.ts';
import { ArtifactsError, inParallel, type Progress } from './connection.ts';

/** The manifest of a package, where its files lie; it is no file of the package itself. */
export const MANIFEST_PATH = `${RESERVED_FOLDER}/manifest.cbor`;

const PIECE = 1024 * 1024;
/** Files of at most so many bytes are read without giving others a turn. */
const SMALL = 128 * 1024;
/** Small files after which others get a turn. */
const TURN = 64;

/** A file below a folder. */
export interface FoundFile {
  /** Logical path: relative to the folder, with `/`, in NFC. */
  readonly path: string;
  /** Where it lies. */
  readonly location: string;
  readonly size: number;
  /** Changes when the file does. */
  readonly stamp: string;
}

/** A file whose digests are known. */
export interface HashedFile extends FoundFile, BlobDigests {}

/** What lies below a folder. */
export interface Walked {
  /** In the order of their paths' bytes. */
  readonly files: readonly FoundFile[];
  /** What is neither file nor folder, and was not followed or opened; `what` is such as `a symbolic link`. */
  readonly others: readonly { readonly path: string; readonly what: string }[];
}

/** Finds everything below a folder, hidden files too, without following a symbolic link. @throws ArtifactsError when it is no folder or cannot be read */
export async function walk(root: string): Promise<Walked> {
  const files: FoundFile[] = [];
  const others: { path: string; what: string }[] = [];
  const about = await stat(root).catch((error: NodeJS.ErrnoException) => {
    throw new ArtifactsError([error.code === 'ENOENT' ? `There is no folder ${root}.` : `${root} cannot be read (${error.code}).`], { cause: error });
  });
  if (!about.isDirectory()) throw new ArtifactsError([`${root} is no folder.`]);
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const at = folder;
    const entries = await readdir(join(root, at), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      throw new ArtifactsError([`The folder ${join(root, at)} cannot be read (${error.code}).`], { cause: error });
    });
    for (const [index, entry] of entries.entries()) {
      const relative = at + entry.name;
      const path = relative.normalize('NFC'); // some systems keep names in another form
      if (entry.isDirectory()) folders.push(`${relative}/`);
      else if (!entry.isFile()) others.push({ path, what: entry.isSymbolicLink() ? 'a symbolic link' : 'neither file nor folder' });
      else if (path !== MANIFEST_PATH) {
        const location = join(root, relative);
        const found = lstatSync(location, { bigint: true, throwIfNoEntry: false });
        if (found === undefined) others.push({ path, what: 'gone meanwhile, or its name is not valid UTF-8' });
        else files.push({ path, location, size: Number(found.size), stamp: stampOf(found) });
        if (index % TURN === 0) await nextTurn();
      }
    }
  }
  return { files: sortByPath(files), others: sortByPath(others) };
}

function sortByPath<Item extends { readonly path: string }>(items: readonly Item[]): Item[] {
  return items.map((item) => ({ item, bytes: Buffer.from(item.path) })).sort((one, other) => one.bytes.compare(other.bytes)).map(({ item }) => item);
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** Why found files cannot be the files of one package, one sentence each. */
export function packageProblems(files: readonly { readonly path: string }[]): string[] {
  const problems = files.flatMap(({ path }) => {
    const problem = pathProblem(path);
    return problem === null ? [] : [`${JSON.stringify(path)} cannot be in a package: ${problem}.`];
  });
  const conflict = pathConflict(files.map(({ path }) => path));
  return conflict === null ? problems : [...problems, conflict];
}

const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Opens a file that was found, without following a link. @throws ArtifactsError when it is not the same any more */
export async function openFound(file: FoundFile): Promise<FileHandle> {
  const handle = await open(file.location, READ).catch((error: NodeJS.ErrnoException) => {
    throw unread(file, error);
  });
  try {
    await assertUnchanged(file, handle);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws ArtifactsError when the open file has changed since it was found */
export async function assertUnchanged(file: FoundFile, handle: FileHandle): Promise<void> {
  if (stampOf(await handle.stat({ bigint: true })) !== file.stamp) throw changed(file);
}

function unread(file: FoundFile, error: NodeJS.ErrnoException): ArtifactsError {
  return error.code === 'ENOENT' || error.code === 'ELOOP' ? changed(file) : new ArtifactsError([`${file.path} cannot be read (${error.code}).`], { cause: error });
}

function changed(file: FoundFile): ArtifactsError {
  return new ArtifactsError([`${file.path} changed while it was being read: let whatever writes it end, then try again.`]);
}

/** Computes both digests of a file in constant memory. @throws ArtifactsError when it changes meanwhile or cannot be read */
export async function hashFile(file: FoundFile, onBytes: (bytes: number) => void = () => undefined): Promise<BlobDigests> {
  try {
    return file.size <= SMALL ? hashSmall(file, onBytes) : await hashLarge(file, onBytes);
  } catch (error) {
    // what a disk answers that cannot read what it holds
    throw (error as NodeJS.ErrnoException).syscall === 'read' ? unread(file, error as NodeJS.ErrnoException) : error;
  }
}

async function hashLarge(file: FoundFile, onBytes: (bytes: number) => void): Promise<BlobDigests> {
  const handle = await openFound(file);
  try {
    const hasher = createHasher();
    // while one piece is hashed, the next is read
    const pieces = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)] as const;
    let turn: 0 | 1 = 0;
    let reading = handle.read(pieces[turn], 0, pieces[turn].length, 0);
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) break;
      const piece = pieces[turn].subarray(0, bytesRead);
      turn = turn === 0 ? 1 : 0;
      reading = handle.read(pieces[turn], 0, pieces[turn].length, hasher.size + bytesRead);
      hasher.update(piece);
      onBytes(bytesRead);
    }
    await assertUnchanged(file, handle);
    return hasher.digest();
  } finally {
    await handle.close();
  }
}

let scratch: Buffer | undefined;

/** A small file is read before a thread could be told to: of very many, that is several times as fast. */
function hashSmall(file: FoundFile, onBytes: (bytes: number) => void): BlobDigests {
  scratch ??= Buffer.allocUnsafeSlow(SMALL + 1);
  let opened: number;
  try {
    opened = openSync(file.location, READ);
  } catch (error) {
    throw unread(file, error as NodeJS.ErrnoException);
  }
  try {
    if (stampOf(fstatSync(opened, { bigint: true })) !== file.stamp) throw changed(file);
    let size = 0;
    for (let read = -1; read !== 0 && size < scratch.length; size += read) read = readSync(opened, scratch, size, scratch.length - size, null);
    if (size !== file.size || stampOf(fstatSync(opened, { bigint: true })) !== file.stamp) throw changed(file);
    onBytes(size);
    return digestsOf(scratch.subarray(0, size));
  } finally {
    closeSync(opened);
  }
}

/** Hashes files a few at a time, in their order in the answer. */
export async function hashFiles(files: readonly FoundFile[], phase: Progress['phase'], onProgress: (progress: Progress) => void = () => undefined, signal?: AbortSignal): Promise<HashedFile[]> {
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let [done, bytes] = [0, 0];
  const tell = () => onProgress({ phase, files: done, totalFiles: files.length, bytes, totalBytes });
  const hashed: HashedFile[] = new Array(files.length);
  await inParallel(files.entries(), async ([index, file]) => {
    signal?.throwIfAborted();
    hashed[index] = { ...file, ...(await hashFile(file, (more) => {
      bytes += more;
      tell();
    })) };
    done += 1;
    tell();
    if (done % TURN === 0) await nextTurn();
  }, 4);
  return hashed;
}
