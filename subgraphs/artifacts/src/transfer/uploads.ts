import { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { createHasher, digestsOf, type Hasher } from '../content/digest.ts';
import type { ArtifactFile } from '../model.ts';
import { keyOf, type BlobFacts, type StagedUpload } from '../storage/backend.ts';
import { files } from '../store/index.ts';
import type { TransferFile } from '../store/file.ts';
import { complete, damaged, dropped, finish, stagedOf, type CompletionDeps } from './completion.ts';
import { leased, leasedWhole, type Lease } from './lease.ts';
import { TransferProblem } from './problem.ts';

/** Bytes that a client sends for one file. */
export interface Sent {
  /** Where they begin; null: they are the whole file, and what arrived before is dropped. */
  readonly at: number | null;
  /** How many there will be; null when the client does not say. */
  readonly length: number | null;
  /** Them, and a `TOO_LARGE` when there are more than `most`. */
  bytes(most: number): AsyncIterable<Uint8Array>;
  /** All of them, when they are in memory already. */
  readonly content?: Buffer;
  /** Cuts the client off. */
  abort(): void;
}

/** Where a file stands. */
export interface Standing {
  readonly path: string;
  readonly offset: number;
  /** Its content when it is complete. */
  readonly done: BlobFacts | null;
}

/** Writes files; one per hub process. */
export interface Uploads {
  /** Bytes of a pending file that are safe. */
  received(file: ArtifactFile): Promise<number>;
  /** Where a file stands; one that has all its bytes is completed first, in case that was interrupted. */
  standing(file: TransferFile): Promise<Standing>;
  /**
   * Takes bytes. Of the same file, one request writes at a time: a newer one of this process ends the older, because
   * that is how a client looks that lost its connection. What arrived stays when it breaks off.
   */
  write(id: string, sent: Sent): Promise<Standing>;
}

/** Bytes of a file that, sent as a whole, is taken into memory and stored in one step instead of being staged before. */
export const SMALL = 65_536;

/** Computations of digests that wait for the rest of their file: each a few kilobytes. */
const MOST_WAITING = 2_000;

/** A computation of the bytes that the writer with this lease left. */
interface Waiting {
  readonly hasher: Hasher;
  readonly lease: string;
}

export function createUploads(deps: CompletionDeps): Uploads {
  const { sql, backend } = deps;
  const running = new Map<string, { abort(): void; readonly done: Promise<void> }>();
  // Lost with the process, or when there are too many: the staged bytes are then read again at the end.
  const waiting = new LRUCache<string, Waiting>({ max: MOST_WAITING });

  /** Waits for older writers of this process, after cutting them off, and is the one that runs until `work` ends. */
  async function alone<Result>(id: string, abort: () => void, work: () => Promise<Result>): Promise<Result> {
    for (let older = running.get(id); older !== undefined; older = running.get(id)) {
      older.abort();
      await older.done;
    }
    const end = Promise.withResolvers<void>();
    running.set(id, { abort, done: end.promise });
    try {
      return await work();
    } finally {
      running.delete(id);
      end.resolve();
    }
  }

  /** The computation of what has arrived; undefined when it has to be read again. */
  function resumed(lease: Lease, received: number): Hasher | undefined {
    const kept = waiting.get(lease.file.id);
    waiting.delete(lease.file.id);
    if (received === 0) return createHasher();
    return kept?.lease === lease.previous && kept.hasher.size === received ? kept.hasher : undefined;
  }

  async function append(lease: Lease, upload: StagedUpload, offset: number, sent: Sent): Promise<Standing> {
    const { path } = lease.file;
    const hasher = resumed(lease, offset);
    let at = offset;
    try {
      at = await backend.append(upload, offset, passing(sent.bytes(upload.size - offset), hasher));
    } catch (error) {
      if (sent.at === null && error instanceof TransferProblem) await dropped(backend, upload);
      else if (hasher !== undefined && (await backend.received(upload).catch(() => -1)) === hasher.size) waiting.set(lease.file.id, { hasher, lease: lease.id });
      throw error;
    }
    if (at < upload.size) {
      if (sent.at === null) {
        await dropped(backend, upload);
        throw new TransferProblem('SIZE_MISMATCH', `The file has ${upload.size} bytes; ${at} arrived.`);
      }
      if (hasher?.size === at) waiting.set(lease.file.id, { hasher, lease: lease.id });
      return { path, offset: at, done: null };
    }
    return { path, offset: at, done: await complete(deps, lease, upload, hasher?.digest()) };
  }

  /** Takes a whole small file that nobody wrote before, by two statements in place of three; null when it is not such a one. */
  function storeNew(id: string, bytes: Buffer): Promise<Standing | null> {
    const blob = { ...digestsOf(bytes), size: bytes.length };
    return leasedWhole(deps, id, blob, backend.name, async (lease, copy) => {
      const replace = damaged(copy);
      await backend.store(blob, Readable.from([bytes]), { replace });
      await finish(deps, lease, blob.blake3, replace);
      return { path: lease.file.path, offset: blob.size, done: blob };
    });
  }

  /** Takes a whole small file: a third of the work on a disk, and one request to S3 instead of several. */
  async function store(lease: Lease, upload: StagedUpload, sent: Sent): Promise<Standing> {
    const bytes = sent.content ?? (await gathered(sent.bytes(upload.size)));
    if (bytes.length < upload.size) throw new TransferProblem('SIZE_MISMATCH', `The file has ${upload.size} bytes; ${bytes.length} arrived.`);
    // what nobody wrote before has nothing staged
    if (lease.previous !== null || upload.state !== null) await dropped(backend, upload);
    const done = await complete(deps, lease, upload, digestsOf(bytes), (blob, options) => backend.store(blob, Readable.from([bytes]), options));
    return { path: lease.file.path, offset: upload.size, done };
  }

  /** Completes a file whose bytes are all there; answers where it stands when they are not. */
  async function settled(lease: Lease): Promise<Standing> {
    const { file } = lease;
    const { path } = file;
    const upload = stagedOf(sql, file);
    const offset = await backend.received(upload);
    if (offset === upload.size) {
      const hasher = resumed(lease, offset);
      return { path, offset, done: await complete(deps, lease, upload, hasher?.digest()) };
    }
    // stopped between the commit and its last step: nothing is staged any more, and what is stored was compared
    if (offset === 0 && file.blake3 !== null && file.sha256 !== null && (await backend.stat(keyOf(file.blake3)))?.size === upload.size) {
      await finish(deps, lease, file.blake3);
      return { path, offset: upload.size, done: { sha256: file.sha256, blake3: file.blake3, size: upload.size } };
    }
    return { path, offset, done: null };
  }

  return {
    received: (file) => backend.received(stagedOf(sql, file)),

    async standing(file) {
      if (file.status === 'COMPLETE') return { path: file.path, offset: Number(file.size), done: { sha256: file.sha256!, blake3: file.blake3!, size: Number(file.size) } };
      const offset = await backend.received(stagedOf(sql, file));
      const older = running.get(file.id);
      // whole is only what is complete: a client that is told of the last byte asks no more
      const ending = offset === Number(file.size) || (offset === 0 && file.blake3 !== null && older === undefined);
      if (!ending) return { path: file.path, offset, done: null };
      if (older === undefined) return alone(file.id, () => {}, () => leased(deps, file.id, settled));
      await older.done;
      const now = await files.forTransfer(sql, file.id);
      if (now === null) throw new TransferProblem('NOT_FOUND', 'There is no such file, or no longer.');
      return this.standing(now);
    },

    write: (id, sent) =>
      alone(id, sent.abort, async () =>
        (sent.at === null && sent.content !== undefined ? await storeNew(id, sent.content) : null) ?? leased(deps, id, async (lease) => {
          const upload = stagedOf(sql, lease.file);
          checkLength(sent, upload.size);
          if (sent.at === null && upload.size <= SMALL) return store(lease, upload, sent);
          const offset = await backend.received(upload);
          if (sent.at === null) {
            if (offset > 0 || upload.state !== null) await dropped(backend, upload);
            return append(lease, upload, 0, sent);
          }
          if (sent.at !== offset) throw new TransferProblem('WRONG_OFFSET', `The upload stands at ${offset} bytes; these begin at ${sent.at}.`, { 'upload-offset': String(offset) });
          return offset === upload.size ? settled(lease) : append(lease, upload, offset, sent);
        }, sent.abort),
      ),
  };
}

/** All bytes of a small source. */
export async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Refuses before anything is read what can be seen to have another size. */
function checkLength({ at, length }: Sent, size: number): void {
  if (length === null) return;
  const end = (at ?? 0) + length;
  if (end > size) throw new TransferProblem('TOO_LARGE', `The file has ${size} bytes; with these it would have ${end}.`);
  if (at === null && end < size) throw new TransferProblem('SIZE_MISMATCH', `The file has ${size} bytes; the request has ${length}.`);
}

async function* passing(source: AsyncIterable<Uint8Array>, hasher: Hasher | undefined): AsyncIterable<Uint8Array> {
  for await (const bytes of source) {
    hasher?.update(bytes);
    yield bytes;
  }
}
