import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, paginateListParts, UploadPartCommand, UploadPartCopyCommand, type CompletedPart,
} from '@aws-sdk/client-s3';
import { asked, md5Of, orNone, type Bucket } from './bucket.ts';
import { s3Fault, statusOf } from './fault.ts';

/** A multipart upload that has begun. */
export interface Multipart {
  readonly key: string;
  readonly uploadId: string;
}

/** A part that S3 has. */
export interface Part extends CompletedPart {
  readonly ETag: string;
  readonly PartNumber: number;
  readonly size: number;
}

/** Large objects of a bucket, made of parts. */
export type Multiparts = ReturnType<typeof multipartsOf>;

export function multipartsOf({ client, at, source }: Bucket) {
  const of = ({ key, uploadId }: Multipart) => ({ ...at(key), UploadId: uploadId });
  return {
    async create(key: string): Promise<Multipart> {
      const { UploadId } = await asked(client.send(new CreateMultipartUploadCommand(at(key))));
      return { key, uploadId: UploadId ?? '' };
    },
    async put(upload: Multipart, PartNumber: number, bytes: Uint8Array): Promise<Part> {
      const { ETag } = await asked(client.send(new UploadPartCommand({ ...of(upload), PartNumber, Body: bytes, ContentMD5: md5Of(bytes) })));
      return { PartNumber, ETag: ETag ?? '', size: bytes.length };
    },
    async copy(upload: Multipart, PartNumber: number, from: string, start: number, end: number): Promise<Part> {
      const { CopyPartResult } = await asked(client.send(new UploadPartCopyCommand({ ...of(upload), PartNumber, CopySource: source(from), CopySourceRange: `bytes=${start}-${end}` })));
      return { PartNumber, ETag: CopyPartResult?.ETag ?? '', size: end - start + 1 };
    },
    /** The parts that S3 has, from the first on without a gap; undefined when there is no such upload any more. */
    async parts(upload: Multipart): Promise<Part[] | undefined> {
      const found: Part[] = [];
      const pages = paginateListParts({ client }, of(upload));
      for (let page = await orNone(asked(pages.next())); page?.done !== true; page = await asked(pages.next())) {
        if (page === undefined) return undefined;
        for (const { PartNumber = 0, ETag = '', Size = 0 } of page.value.Parts ?? []) {
          if (PartNumber !== found.length + 1) return found;
          found.push({ PartNumber, ETag, size: Size });
        }
      }
      return found;
    },
    /** Makes the parts one object; with `onlyNew` not over another, where the service knows how. False when there is one already. */
    async complete(upload: Multipart, parts: readonly Part[], onlyNew = false): Promise<boolean> {
      const command = (condition: { IfNoneMatch?: '*' }) => new CompleteMultipartUploadCommand({ ...of(upload), MultipartUpload: { Parts: parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber })) }, ...condition });
      try {
        await client.send(command(onlyNew ? { IfNoneMatch: '*' } : {}));
      } catch (error) {
        const status = statusOf(error);
        if (onlyNew && (status === 412 || status === 409)) return false;
        if (!onlyNew || status !== 501) throw s3Fault(error);
        await asked(client.send(command({})));
      }
      return true;
    },
    /** Safe when there is no such upload any more. */
    async abort(upload: Multipart): Promise<void> {
      await orNone(asked(client.send(new AbortMultipartUploadCommand(of(upload)))));
    },
  };
}
