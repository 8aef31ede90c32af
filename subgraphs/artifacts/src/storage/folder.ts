import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StorageError } from './backend.ts';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
/** Only we read what is stored; downloads go through the hub. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Folders and files below one root, which no symbolic link leads out of. */
export interface Folders {
  readonly root: string;
  /** The path of a folder below the root, proved to be reached without a symbolic link. @throws ENOENT of Node; StorageError `unavailable` for a link */
  existing(name: string): Promise<string>;
  /** The same, made when missing and safe on the disk. */
  made(name: string): Promise<string>;
}

/** `root` must exist and be without symbolic links itself, as `realpath` gives it. */
export function foldersBelow(root: string): Folders {
  async function existing(name: string): Promise<string> {
    const path = join(root, name);
    if ((await realpath(path)) !== path) throw new StorageError('unavailable', 'a symbolic link is in the way in the local storage');
    return path;
  }
  async function made(name: string): Promise<string> {
    try {
      return await existing(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const above = dirname(name);
    const parent = above === '.' ? root : await made(above);
    const path = join(root, name);
    // another request may make it at the same time
    await mkdir(path, { mode: FOLDER_MODE }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(path)).isDirectory()) throw new StorageError('unavailable', 'something else is in the place of a folder of the local storage');
    await syncFolder(parent);
    return path;
  }
  return { root, existing, made };
}

/** Makes what happened to the names in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  await folder.sync();
}

/** Opens a plain file without following a link. @throws the error of Node; StorageError `unavailable` when it is something else */
export function openPlain(path: string, access: 'read' | 'write' | 'create'): Promise<FileHandle> {
  const flags = access === 'read' ? O_RDONLY : access === 'write' ? O_RDWR : O_RDWR | O_CREAT;
  return open(path, flags | O_NOFOLLOW, FILE_MODE).then(async (file) => {
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new StorageError('unavailable', 'something else is in the place of a file of the local storage');
  });
}

/** Writes all chunks from `position` on: the system may take fewer at a time. */
export async function writeAll(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let rest = [...chunks];
  let at = position;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest, at);
    at += bytesWritten;
    while (rest[0] !== undefined && bytesWritten >= rest[0].length) bytesWritten -= rest.shift()!.length;
    if (bytesWritten > 0) rest = [rest[0]!.subarray(bytesWritten), ...rest.slice(1)];
  }
}
