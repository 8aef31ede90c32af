import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  CopyObjectCommand, DeleteObjectCommand, GetBucketVersioningCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListMultipartUploadsCommand,
  ListObjectVersionsCommand, paginateListObjectsV2, PutObjectCommand, PutObjectLegalHoldCommand, type ListMultipartUploadsCommandOutput, type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { StorageError, type ByteRange } from '../backend.ts';
import { isMissing, s3Fault, statusOf } from './fault.ts';

/** Where the bucket is, and what every key begins with. */
export interface BucketAt {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
}

/** An object or a multipart upload, as lists have it. */
export interface Listed {
  /** Without the prefix. */
  readonly key: string;
  readonly at: Date;
  readonly uploadId?: string;
}

/** Objects of one bucket by their keys below the prefix. Errors are those of the contract of storage. */
export type Bucket = ReturnType<typeof openBucket>;

/** Sends a request; its error is one of the contract. */
export async function asked<Answer>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request;
  } catch (error) {
    throw s3Fault(error);
  }
}

/** For requests about something that may not be there: undefined then. */
export async function orNone<Answer>(request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Base64 of the MD5, which every S3 compares with what it received; newer checksums are ignored by Ceph. */
export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}

export function openBucket({ client, bucket, prefix }: BucketAt) {
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const bare = (key: string | undefined): string => (key ?? '').slice(prefix.length);
  /** What `CopySource` wants: bucket and key, encoded. */
  const source = (key: string): string => `${bucket}/${prefix + key}`.split('/').map(encodeURIComponent).join('/');
  let conditional = true;
  let versions: Promise<boolean> | undefined;

  /** Deleting in a bucket that keeps versions only hides an object; whoever may not ask has none. */
  const keepsVersions = (): Promise<boolean> => (versions ??= client.send(new GetBucketVersioningCommand({ Bucket: bucket })).then(({ Status }) => Status !== undefined, () => {
    versions = undefined;
    return false;
  }));

  return {
    client, at, source,
    /** @throws StorageError `unavailable` when the bucket is not there or not for us */
    async reach(): Promise<void> {
      if ((await orNone(asked(client.send(new HeadBucketCommand({ Bucket: bucket }))))) === undefined) throw new StorageError('unavailable', 'the bucket does not exist');
    },
    /** Size of an object; undefined when there is none. */
    async size(key: string): Promise<number | undefined> {
      return (await orNone(asked(client.send(new HeadObjectCommand(at(key))))))?.ContentLength;
    },
    async get(key: string, range?: ByteRange): Promise<Readable> {
      const { Body } = await asked(client.send(new GetObjectCommand({ ...at(key), ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }) })));
      return Body as Readable;
    },
    put: (key: string, bytes: Uint8Array) => asked(client.send(new PutObjectCommand({ ...at(key), Body: bytes, ContentMD5: md5Of(bytes) }))),
    /** Puts only when there is no such object yet, where the service knows how; false when there is one. */
    async putNew(key: string, bytes: Uint8Array): Promise<boolean> {
      if (!conditional) return this.put(key, bytes).then(() => true);
      try {
        await client.send(new PutObjectCommand({ ...at(key), Body: bytes, ContentMD5: md5Of(bytes), IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        const status = statusOf(error);
        // 409: another is putting the same bytes right now
        if (status === 412 || status === 409) return false;
        if (status !== 501) throw s3Fault(error);
        conditional = false;
        return this.putNew(key, bytes);
      }
    },
    copy: (from: string, to: string) => asked(client.send(new CopyObjectCommand({ ...at(to), CopySource: source(from) }))),
    /** Removes an object with all its versions; safe when there is none. */
    async drop(key: string): Promise<void> {
      if (!(await keepsVersions())) return void (await orNone(asked(client.send(new DeleteObjectCommand(at(key))))));
      for (;;) {
        const page = await asked(client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix + key })));
        const own = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].filter(({ Key }) => Key === prefix + key);
        for (const { VersionId } of own) await orNone(asked(client.send(new DeleteObjectCommand({ ...at(key), VersionId }))));
        if (own.length === 0 || !page.IsTruncated) return;
      }
    },
    async *objects(below: string): AsyncGenerator<Listed> {
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix + below });
      for (let page = await asked(pages.next()); !page.done; page = await asked(pages.next())) {
        for (const { Key, LastModified } of page.value.Contents ?? []) yield { key: bare(Key), at: LastModified ?? new Date(0) };
      }
    },
    async *uploads(below: string): AsyncGenerator<Listed & { readonly uploadId: string }> {
      let from: { readonly KeyMarker?: string | undefined; readonly UploadIdMarker?: string | undefined } | undefined = {};
      while (from !== undefined) {
        const page: ListMultipartUploadsCommandOutput = await asked(client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix + below, ...from })));
        for (const { Key, Initiated, UploadId } of page.Uploads ?? []) yield { key: bare(Key), at: Initiated ?? new Date(0), uploadId: UploadId ?? '' };
        from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
      }
    },
    hold: (key: string, on: boolean) => asked(client.send(new PutObjectLegalHoldCommand({ ...at(key), LegalHold: { Status: on ? 'ON' : 'OFF' } }))),
    /** A URL that takes exactly so many bytes by PUT. */
    presign: (key: string, size: number, seconds: number) => asked(getSignedUrl(client, new PutObjectCommand({ ...at(key), ContentLength: size }), { expiresIn: seconds, signableHeaders: new Set(['content-length', 'host']) })),
  };
}
