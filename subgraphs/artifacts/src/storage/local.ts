import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { keyOf, StorageError, type BlobFacts, type StorageBackend } from './backend.ts';
import { checked } from './checked.ts';
import { fileFault } from './fault.ts';
import { foldersBelow, openPlain, syncFolder, writeAll } from './folder.ts';
import { batches, bounded, forEachAhead } from './gather.ts';
import { checkedKey, isStagedName, stagedName } from './names.ts';

const STAGING = 'staging';
const OBJECTS = 'blake3';
/** Bytes that are written by one system call. */
const BATCH = 1_048_576;
const READ_AHEAD = 262_144;

/**
 * Bytes in files of one folder: `staging/<id>` while they arrive, `blake3/ab/cd/<hex>` for good. What was told to be stored is on the
 * disk and not only on its way there.
 *
 * @throws the error of Node when the folder can be neither found nor made.
 */
export async function openLocal(root: string): Promise<StorageBackend> {
  await mkdir(resolve(root), { recursive: true, mode: 0o700 });
  const folders = foldersBelow(await realpath(root));
  await Promise.all([folders.made(STAGING), folders.made(OBJECTS)]);

  // when the staging area is not there, nothing is: a disk that is not mounted must not look like lost objects
  const staging = (): Promise<string> => folders.existing(STAGING).catch((error: unknown) => {
    absent(error);
    throw new StorageError('unavailable', 'the folder of the local storage is gone', { cause: error });
  });
  const stagedPath = async (id: string): Promise<string> => join(await staging(), stagedName(id));
  const objectPath = async (key: string): Promise<string> => join(await folders.existing(dirname(checkedKey(key))), key.slice(key.lastIndexOf('/') + 1));

  /** Bytes until the source ends, none beyond `size`; keeps what is safe when source or disk fail. */
  async function write(file: FileHandle, offset: number, size: number, source: AsyncIterable<Uint8Array>): Promise<number> {
    let at = offset;
    try {
      await forEachAhead(batches(bounded(source, size - offset), BATCH), async (batch) => {
        await writeAll(file, batch.chunks, at);
        at += batch.size;
      });
    } finally {
      await file.sync().catch(async (error: unknown) => {
        // after a failed fsync nobody knows which of the new bytes are on the disk: only those from before count
        await file.truncate(offset);
        throw error;
      });
    }
    return at;
  }

  /** Moves a staged file of the right size to its place, or drops it when the object is there already. */
  async function settle(staged: string, blob: BlobFacts, replace: boolean): Promise<void> {
    const key = checkedKey(keyOf(blob.blake3));
    const folder = await folders.made(dirname(key));
    const target = join(folder, key.slice(key.lastIndexOf('/') + 1));
    const present = replace ? undefined : await lstat(target).catch(absent);
    // an object of another size is damaged
    if (present?.isFile() && present.size === blob.size) return unlink(staged);
    // one step; were both names there after a power cut, the staged one would be found by stagedBefore
    await rename(staged, target);
    await syncFolder(folder);
  }

  const backend: StorageBackend = {
    name: 'local',

    async received(upload) {
      const found = await lstat(await stagedPath(upload.id)).catch(absent);
      return found?.isFile() ? found.size : 0;
    },

    async append(upload, offset, source) {
      const path = await stagedPath(upload.id);
      await using file = await openPlain(path, offset === 0 ? 'create' : 'write').catch((error: unknown) => {
        absent(error);
        throw new StorageError('offset', 'nothing has been received of the upload', { cause: error });
      });
      const { size } = await file.stat();
      if (size !== offset) throw new StorageError('offset', `the upload stands at ${size} bytes and not at ${offset}`);
      if (offset === 0) await syncFolder(dirname(path));
      return await write(file, offset, upload.size, source);
    },

    async *readStaged(upload) {
      if (upload.size === 0) return;
      const file = await openPlain(await stagedPath(upload.id), 'read');
      const { size } = await file.stat();
      if (size === upload.size) return yield* file.createReadStream({ highWaterMark: BATCH }) as AsyncIterable<Uint8Array>;
      await file.close();
      throw new StorageError('offset', `the upload has ${size} of ${upload.size} bytes`);
    },

    async commit(upload, blob, { replace = false } = {}) {
      const path = await stagedPath(upload.id);
      const file = await openPlain(path, blob.size === 0 ? 'create' : 'read').catch(absent);
      if (file === undefined) {
        // a crash came after the rename and before anybody heard of it
        if ((await backend.stat(keyOf(blob.blake3)))?.size === blob.size) return;
        throw new StorageError('missing', 'the upload is not in the local storage');
      }
      try {
        const { size } = await file.stat();
        if (size !== blob.size) throw new StorageError('offset', `the upload has ${size} of ${blob.size} bytes`);
        await file.sync();
      } finally {
        await file.close();
      }
      await settle(path, blob, replace);
    },

    async discard(upload) {
      await rm(await stagedPath(upload.id), { force: true });
    },

    async stagedBefore(before) {
      const folder = await staging();
      const old: string[] = [];
      for (const name of (await readdir(folder)).filter(isStagedName)) {
        const found = await lstat(join(folder, name)).catch(absent);
        if (found !== undefined && found.mtime < before) old.push(name);
      }
      return old;
    },

    async read(key, range) {
      const file = await objectPath(key).then((path) => openPlain(path, 'read')).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') await staging();
        throw error.code === 'ELOOP' ? new StorageError('missing', 'a symbolic link is in the place of the object', { cause: error }) : error;
      });
      const { size } = await file.stat();
      // no larger buffers than there are bytes: of very many small files they would be garbage of a quarter of a megabyte each
      return file.createReadStream({ highWaterMark: Math.min(READ_AHEAD, Math.max(size, 1)), ...range });
    },

    async stat(key) {
      const found = await objectPath(key).then((path) => lstat(path)).catch(absent);
      if (found === undefined) await staging();
      return found?.isFile() ? { size: found.size } : null;
    },

    async store(blob, source, { replace = false } = {}) {
      // a name like an upload's, so that stagedBefore finds what a crash leaves
      const path = await stagedPath(`store-${randomUUID()}`);
      try {
        await using file = await openPlain(path, 'create');
        // both wait for the disk, so they wait together: a folder that is made and not used does no harm
        const [folder, written] = await Promise.allSettled([folders.made(dirname(checkedKey(keyOf(blob.blake3)))), write(file, 0, blob.size, checked(blob, source))]);
        if (written.status === 'rejected') throw written.reason;
        if (folder.status === 'rejected') throw folder.reason;
        await settle(path, blob, replace);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },

    async remove(key) {
      const path = await objectPath(key).catch(absent);
      if (path === undefined) return;
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    },

    async health() {
      try {
        const folder = await staging();
        const { bavail, bsize } = await statfs(folder);
        const probe = join(folder, `.probe-${process.pid}`);
        // some bytes: an empty file fits on a full disk
        await using file = await openPlain(probe, 'create');
        await writeAll(file, [Buffer.alloc(4_096, 'x')], 0);
        await file.sync();
        await rm(probe, { force: true });
        return { ready: true, freeBytes: bavail * bsize };
      } catch (error) {
        const fault = fileFault(error);
        if (!(fault instanceof StorageError)) throw error;
        return { ready: false, reason: fault.message, ...(fault.kind === 'full' ? { freeBytes: 0 } : {}) };
      }
    },

    async close() {},
  };
  return translated(backend);
}

/** For `catch`: undefined when nothing is there, else the error again. */
function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** The same backend whose errors are those of the contract. */
function translated(backend: StorageBackend): StorageBackend {
  const rethrow = (error: unknown): never => {
    throw fileFault(error);
  };
  return {
    ...backend,
    received: (...given) => backend.received(...given).catch(rethrow),
    append: (...given) => backend.append(...given).catch(rethrow),
    async *readStaged(upload) {
      try {
        yield* backend.readStaged(upload);
      } catch (error) {
        rethrow(error);
      }
    },
    commit: (...given) => backend.commit(...given).catch(rethrow),
    discard: (...given) => backend.discard(...given).catch(rethrow),
    stagedBefore: (...given) => backend.stagedBefore(...given).catch(rethrow),
    read: (...given) => backend.read(...given).catch(rethrow),
    stat: (...given) => backend.stat(...given).catch(rethrow),
    store: (...given) => backend.store(...given).catch(rethrow),
    remove: (...given) => backend.remove(...given).catch(rethrow),
  };
}
