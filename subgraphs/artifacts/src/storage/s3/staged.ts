import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { StorageError, type StagedUpload } from '../backend.ts';
import { bounded, forEachAhead } from '../gather.ts';
import { stagedName } from '../names.ts';
import { orNone, type Bucket } from './bucket.ts';
import type { Multipart, Multiparts } from './multipart.ts';
import { partSizeOf, pieces, type Piece } from './parts.ts';

/*
 * Of a staged upload there are in the bucket:
 * - `staging/<id>.whole`, a multipart upload, and the object that it becomes; none for an upload of one part;
 * - `staging/<id>.<n>`, the bytes from n on that do not fill a part yet, because the source ended or failed there. It counts only
 *   when the parts end at n, so that one which is left over from before does no harm;
 * - `direct/<id>`, what a client put by a presigned URL. It moves before it is read, out of reach of that URL.
 */
export const STAGING = 'staging/';
export const DIRECT = 'direct/';
const wholeKey = (id: string): string => `${STAGING}${stagedName(id)}.whole`;
const tailKey = (id: string, at: number): string => `${STAGING}${stagedName(id)}.${at}`;
export const directKey = (id: string): string => DIRECT + stagedName(id);

/** With parts larger than this, only one is in memory at a time. */
const AHEAD = 33_554_432;

/** How far an upload is. */
interface Standing {
  /** Where the parts end. */
  readonly base: number;
  /** Bytes behind them that lie in an object of their own. */
  readonly tail: number;
  readonly multipart?: Multipart;
  /** The one object that holds all. */
  readonly whole?: string;
}

/** A complete upload, before it is committed. */
export interface Sealed {
  readonly key: string;
  readonly size: number;
}

/** Uploads that are not committed yet. `direct`: whether clients get presigned URLs. */
export type Staged = ReturnType<typeof stagedIn>;

export function stagedIn(bucket: Bucket, multiparts: Multiparts, direct: boolean) {
  const multipartOf = ({ id, state }: StagedUpload): Multipart | undefined => (state === null ? undefined : { key: wholeKey(id), uploadId: state });

  async function standing(upload: StagedUpload): Promise<Standing> {
    const { id, size } = upload;
    const multipart = multipartOf(upload);
    const parts = multipart && (await multiparts.parts(multipart));
    const base = (parts ?? []).reduce((sum, part) => sum + part.size, 0);
    if (multipart !== undefined && parts !== undefined) return { base, multipart, tail: base === size ? 0 : (await bucket.size(tailKey(id, base))) ?? 0 };
    // completed already, or given up by S3
    if (multipart !== undefined) return (await bucket.size(wholeKey(id))) === size ? { base: size, tail: 0, whole: wholeKey(id) } : { base: 0, tail: 0 };
    const tail = await bucket.size(tailKey(id, 0));
    if (tail !== undefined) return { base: 0, tail, ...(tail === size ? { whole: tailKey(id, 0) } : {}) };
    if (direct && (await bucket.size(directKey(id))) === size) return { base: size, tail: 0, whole: directKey(id) };
    return { base: 0, tail: 0 };
  }

  /** The one object that holds the whole upload, and that nobody can change any more. */
  async function sealed(upload: StagedUpload): Promise<Sealed> {
    const { size } = upload;
    const { base, tail, multipart, whole } = await standing(upload);
    if (whole === directKey(upload.id)) {
      const key = tailKey(upload.id, 0);
      await bucket.copy(whole, key);
      await bucket.drop(whole);
      return { key, size };
    }
    if (whole !== undefined) return { key: whole, size };
    if (multipart === undefined && base + tail === 0) throw new StorageError('missing', 'the upload is not in the S3 storage');
    if (multipart === undefined || base !== size) throw new StorageError('offset', `the upload has ${base + tail} of ${size} bytes`);
    await multiparts.complete(multipart, (await multiparts.parts(multipart)) ?? []);
    return { key: multipart.key, size };
  }

  return {
    async received(upload: StagedUpload): Promise<number> {
      const { base, tail } = await standing(upload);
      return base + tail;
    },

    async append(upload: StagedUpload, offset: number, source: AsyncIterable<Uint8Array>): Promise<number> {
      const { id, size } = upload;
      const partSize = partSizeOf(size);
      const found = await standing(upload);
      const { base, tail } = found;
      if (offset !== base + tail) throw new StorageError('offset', `the upload stands at ${base + tail} bytes and not at ${offset}`);
      let { multipart } = found;
      let at = offset;
      async function keep({ start, bytes }: Piece): Promise<void> {
        const end = start + bytes.length;
        if (size <= partSize || (bytes.length < partSize && end < size)) await bucket.put(tailKey(id, start), bytes);
        else {
          if (multipart === undefined) {
            multipart = await multiparts.create(wholeKey(id));
            await upload.save(multipart.uploadId);
          }
          await multiparts.put(multipart, start / partSize + 1, bytes);
          if (start === base && tail > 0) await bucket.drop(tailKey(id, start));
        }
        at = end;
      }
      const head = tail === 0 ? new Uint8Array() : await buffer(await bucket.get(tailKey(id, base)));
      const cut = pieces(bounded(source, size - offset), { start: base, head, size, partSize });
      if (partSize <= AHEAD) await forEachAhead(cut, keep);
      else for await (const piece of cut) await keep(piece);
      return at;
    },

    async read(upload: StagedUpload): Promise<Readable> {
      return bucket.get((await sealed(upload)).key);
    },

    async discard(id: string): Promise<void> {
      const below = `${STAGING}${stagedName(id)}.`;
      for await (const { key, uploadId } of bucket.uploads(below)) await multiparts.abort({ key, uploadId });
      for await (const { key } of bucket.objects(below)) await bucket.drop(key);
      await bucket.drop(directKey(id));
    },

    async before(date: Date): Promise<string[]> {
      const ids = new Set<string>();
      for await (const { key, at } of bucket.objects(STAGING)) if (at < date) ids.add(key.slice(STAGING.length).split('.')[0]!);
      for await (const { key, at } of bucket.uploads(STAGING)) if (at < date) ids.add(key.slice(STAGING.length).split('.')[0]!);
      for await (const { key, at } of bucket.objects(DIRECT)) if (at < date) ids.add(key.slice(DIRECT.length));
      return [...ids];
    },

    /** The complete upload; undefined when nothing of it is there. @throws StorageError `offset` when it is not complete */
    find: (upload: StagedUpload): Promise<Sealed | undefined> => orNone(sealed(upload)),

    /** Removes what was committed, and what is left beside it. */
    async clear(upload: StagedUpload): Promise<void> {
      if (upload.state !== null) return this.discard(upload.id);
      await bucket.drop(tailKey(upload.id, 0));
      if (direct) await bucket.drop(directKey(upload.id));
    },
  };
}
