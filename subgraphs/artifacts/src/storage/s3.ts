import { PassThrough, type Readable } from 'node:stream';
import type { ConfigOf } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import type { config } from '../config.ts';
import { keyOf, StorageError, type BlobFacts, type StorageBackend } from './backend.ts';
import { checked } from './checked.ts';
import { checkedKey, isStagedName } from './names.ts';
import { openBucket } from './s3/bucket.ts';
import { s3Client } from './s3/client.ts';
import { s3Fault } from './s3/fault.ts';
import { multipartsOf, type Multipart, type Part } from './s3/multipart.ts';
import { partSizeOf, pieces } from './s3/parts.ts';
import { stagedIn, directKey } from './s3/staged.ts';

const GIB = 1_073_741_824;
/** S3's own limit of what one request copies or puts. */
const ONE_REQUEST = 5 * GIB;
const COPIES_AT_ONCE = 4;

/** For tests: sizes that are too large to be tried. */
export interface S3Sizes {
  /** Most bytes that one request copies. */
  readonly oneCopy?: number;
  /** Bytes of each part when an object is copied by parts. */
  readonly copyPart?: number;
}

/**
 * Bytes in a bucket of an S3-compatible service. Makes no request.
 *
 * @throws UsageError when the settings name no bucket.
 */
export function openS3(settings: ConfigOf<typeof config>, { oneCopy = ONE_REQUEST, copyPart = GIB }: S3Sizes = {}): StorageBackend {
  const { HUBGRAPH_S3_BUCKET: name, HUBGRAPH_S3_ACCESS_KEY: accessKey, HUBGRAPH_S3_SECRET_KEY: secretKey } = settings;
  if (name === undefined) throw new UsageError('Set HUBGRAPH_S3_BUCKET to the bucket of the S3 storage.');
  if ((accessKey === undefined) !== (secretKey === undefined)) throw new UsageError('Set both of HUBGRAPH_S3_ACCESS_KEY and HUBGRAPH_S3_SECRET_KEY, or neither.');
  const client = s3Client(settings);
  const bucket = openBucket({ client, bucket: name, prefix: settings.HUBGRAPH_S3_PREFIX });
  const multiparts = multipartsOf(bucket);
  const staged = stagedIn(bucket, multiparts, settings.HUBGRAPH_S3_DIRECT);

  /** Makes an object of parts; when that fails, nothing is left of it. */
  async function assemble(key: string, onlyNew: boolean, make: (upload: Multipart) => Promise<Part[]>): Promise<boolean> {
    const upload = await multiparts.create(key);
    let made = false;
    try {
      return (made = await multiparts.complete(upload, await make(upload), onlyNew));
    } finally {
      // what went wrong before matters more than this
      if (!made) await multiparts.abort(upload).catch(() => undefined);
    }
  }

  async function copy(from: string, to: string, size: number): Promise<void> {
    if (size <= oneCopy) return void (await bucket.copy(from, to));
    const step = Math.max(copyPart, partSizeOf(size));
    const starts = Array.from({ length: Math.ceil(size / step) }, (_, index) => index * step);
    await assemble(to, false, async (upload) => {
      const parts: Part[] = [];
      for (let first = 0; first < starts.length; first += COPIES_AT_ONCE) {
        const some = starts.slice(first, first + COPIES_AT_ONCE);
        parts.push(...(await Promise.all(some.map((start, index) => multiparts.copy(upload, first + index + 1, from, start, Math.min(start + step, size) - 1)))));
      }
      return parts;
    });
  }

  /** Puts all bytes under a key, by one request or by parts; false when `onlyNew` and there is something already. */
  async function put(key: string, size: number, source: AsyncIterable<Uint8Array>, onlyNew: boolean): Promise<boolean> {
    const partSize = partSizeOf(size);
    const cut = pieces(source, { start: 0, head: new Uint8Array(), size, partSize });
    if (size > partSize) {
      return assemble(key, onlyNew, async (upload) => {
        const parts: Part[] = [];
        for await (const { bytes } of cut) parts.push(await multiparts.put(upload, parts.length + 1, bytes));
        return parts;
      });
    }
    let all: Uint8Array = new Uint8Array();
    for await (const { bytes } of cut) all = bytes;
    if (onlyNew) return bucket.putNew(key, all);
    await bucket.put(key, all);
    return true;
  }

  const isThere = async (blob: BlobFacts): Promise<boolean> => (await bucket.size(keyOf(blob.blake3))) === blob.size;

  return {
    name: 's3',
    received: (upload) => staged.received(upload).catch(rethrow),
    append: (upload, offset, source) => staged.append(upload, offset, source).catch(rethrow),
    async *readStaged(upload) {
      if (upload.size > 0) yield* guarded(await staged.read(upload));
    },

    async commit(upload, blob, { replace = false } = {}) {
      const key = checkedKey(keyOf(blob.blake3));
      const present = !replace && (await isThere(blob));
      const from = present ? undefined : await staged.find(upload);
      if (from !== undefined) {
        if (from.size !== blob.size) throw new StorageError('offset', `the upload has ${from.size} of ${blob.size} bytes`);
        await copy(from.key, key, from.size);
      } else if (!present) {
        if (blob.size === 0) await bucket.put(key, new Uint8Array());
        // a crash came after the copy and before anybody heard of it
        else if (!(await isThere(blob))) throw new StorageError('missing', 'the upload is not in the S3 storage');
      }
      await staged.clear(upload);
    },

    discard: ({ id }) => staged.discard(id),

    async stagedBefore(before) {
      // copies by parts that a crash cut off have no id: they only cost space, and end here
      for await (const { key, at, uploadId } of bucket.uploads('blake3/')) if (at < before) await multiparts.abort({ key, uploadId });
      return (await staged.before(before)).filter(isStagedName);
    },

    read: async (key, range) => guarded(await bucket.get(checkedKey(key), range)),

    async stat(key) {
      const size = await bucket.size(checkedKey(key));
      if (size !== undefined) return { size };
      // a bucket that is not there must not look like a lost object
      await bucket.reach();
      return null;
    },

    async store(blob, source, { replace = false } = {}) {
      const key = checkedKey(keyOf(blob.blake3));
      const bytes = checked(blob, source);
      const made = await put(key, blob.size, bytes, !replace).catch(rethrow);
      // what is there and has another size is damaged; the source has been read, and its owner may come again with `replace`
      if (!made && !(await isThere(blob))) throw new StorageError('unavailable', 'a damaged object is in the place of the bytes');
    },

    remove: async (key) => bucket.drop(checkedKey(key)),

    async health() {
      try {
        await bucket.reach();
        return { ready: true };
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        return { ready: false, reason: error.message };
      }
    },

    ...(settings.HUBGRAPH_S3_DIRECT ? {
      async presign({ id, size }, seconds) {
        if (size > ONE_REQUEST) return null;
        return { url: await bucket.presign(directKey(id), size, seconds), method: 'PUT', headers: { 'content-length': String(size) } };
      },
    } satisfies Partial<StorageBackend> : {}),
    ...(settings.HUBGRAPH_S3_OBJECT_LOCK ? {
      async legalHold(key, on) {
        await bucket.hold(checkedKey(key), on);
      },
    } satisfies Partial<StorageBackend> : {}),

    async close() {
      client.destroy();
    },
  };
}

/** For `catch`: what the source threw stays as it is, and what S3 did becomes an error of the contract. */
function rethrow(error: unknown): never {
  throw s3Fault(error);
}

/** The same bytes; a connection that breaks in the middle of them is an error of the contract. */
function guarded(body: Readable): Readable {
  const passed = new PassThrough();
  body.once('error', (error) => passed.destroy(s3Fault(error) as Error));
  passed.once('close', () => body.destroy());
  return body.pipe(passed);
}
