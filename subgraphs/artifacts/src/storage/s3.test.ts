import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { AbortMultipartUploadCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '@hubgraph/kit/config';
import { s3Bucket, s3Service } from '../../../../test/harness/ceph.ts';
import { config } from '../config.ts';
import { keyOf } from './backend.ts';
import { backendContract, chunked, factsOf, testUpload } from './backend.contract.ts';
import { openS3, type S3Sizes } from './s3.ts';

const MIB = 1_048_576;
const s3 = await s3Service();

describe.skipIf(s3.reason)(`S3 by Ceph${s3.reason === undefined ? '' : ` (not run: ${s3.reason})`}`, () => {
  let env: Readonly<Record<string, string>>;
  let client: S3Client;
  beforeAll(async () => {
    const { endpoint, accessKey, secretKey } = s3.service!;
    env = await s3Bucket(s3.service!);
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: accessKey, secretAccessKey: secretKey }, requestChecksumCalculation: 'WHEN_REQUIRED' });
    return () => client.destroy();
  });
  const opened = (more: Readonly<Record<string, string>> = {}, sizes?: S3Sizes) => openS3(readConfig(config, { ...env, ...more }), sizes);

  backendContract('a bucket', async () => opened({ HUBGRAPH_S3_PREFIX: 'contract/' }), { runs: 6, unit: MIB });

  test('what is too large to be copied at once is copied by parts', async () => {
    const backend = opened({ HUBGRAPH_S3_PREFIX: '' }, { oneCopy: 6 * MIB, copyPart: 5 * MIB });
    const bytes = randomBytes(19 * MIB + 1);
    const upload = testUpload(bytes.length);
    await backend.append(upload, 0, chunked(bytes));
    await backend.commit(upload, factsOf(bytes));
    expect((await backend.read(keyOf(factsOf(bytes).blake3)).then(buffer)).equals(bytes)).toBe(true);
    expect(await backend.stagedBefore(new Date(Date.now() + 60_000))).toEqual([]);
  });

  test('an upload that S3 itself gave up begins anew', async () => {
    const backend = opened();
    const bytes = randomBytes(17 * MIB);
    const upload = testUpload(bytes.length);
    await backend.append(upload, 0, chunked(bytes.subarray(0, 10 * MIB)));
    await client.send(new AbortMultipartUploadCommand({ Bucket: env.HUBGRAPH_S3_BUCKET, Key: `hubgraph/staging/${upload.id}.whole`, UploadId: upload.state! }));
    expect(await backend.received(upload)).toBe(0);
    await backend.append(upload, 0, chunked(bytes));
    await backend.commit(upload, factsOf(bytes));
    expect(await backend.stat(keyOf(factsOf(bytes).blake3))).toEqual({ size: bytes.length });
  });

  test('a damaged object is replaced when somebody says so', async () => {
    const backend = opened();
    const bytes = randomBytes(100);
    const blob = factsOf(bytes);
    await client.send(new PutObjectCommand({ Bucket: env.HUBGRAPH_S3_BUCKET, Key: `hubgraph/${keyOf(blob.blake3)}`, Body: randomBytes(100) }));
    await backend.store(blob, chunked(bytes));
    expect((await backend.read(keyOf(blob.blake3)).then(buffer)).equals(bytes)).toBe(false);
    await backend.store(blob, chunked(bytes), { replace: true });
    expect((await backend.read(keyOf(blob.blake3)).then(buffer)).equals(bytes)).toBe(true);
  });

  test('a client puts directly what was announced, and cannot change it once it was read', async () => {
    const backend = opened({ HUBGRAPH_S3_DIRECT: 'yes' });
    const [bytes, others] = [randomBytes(9 * MIB), randomBytes(9 * MIB)];
    const upload = testUpload(bytes.length);
    const { url, method } = (await backend.presign!(upload, 60))!;
    const put = (body: Uint8Array) => fetch(url, { method, body: body as BodyInit }).then(async (response) => (await response.arrayBuffer(), response.status));
    expect(await put(bytes.subarray(1))).toBe(403);
    expect(await backend.received(upload)).toBe(0);
    expect(await put(others)).toBe(200);
    expect(await put(bytes)).toBe(200);
    expect(await backend.received(upload)).toBe(bytes.length);
    expect((await buffer(backend.readStaged(upload))).equals(bytes)).toBe(true);
    expect(await put(others)).toBe(200);
    await backend.commit(upload, factsOf(bytes));
    expect((await backend.read(keyOf(factsOf(bytes).blake3)).then(buffer)).equals(bytes)).toBe(true);
    expect(await backend.stagedBefore(new Date(Date.now() + 60_000))).not.toContain(upload.id);
    expect(await backend.presign!(testUpload(6 * 1_024 * MIB), 60)).toBeNull();
    expect(opened().presign).toBeUndefined();
  });

  test('a held object stays until the hold is lifted, then goes with all its versions', async () => {
    const locked = await s3Bucket(s3.service!, { lock: true });
    const backend = opened(locked);
    const bytes = randomBytes(10);
    const key = keyOf(factsOf(bytes).blake3);
    await backend.store(factsOf(bytes), chunked(bytes));
    await backend.store(factsOf(bytes), chunked(bytes), { replace: true });
    await backend.legalHold!(key, true);
    await expect(backend.remove(key)).rejects.toMatchObject({ kind: 'unavailable', message: 'S3 denies access' });
    expect((await backend.read(key).then(buffer)).equals(bytes)).toBe(true);
    await backend.legalHold!(key, false);
    await backend.remove(key);
    const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket: locked.HUBGRAPH_S3_BUCKET }));
    expect([Versions ?? [], DeleteMarkers ?? []]).toEqual([[], []]);
    expect(opened().legalHold).toBeUndefined();
  });

  test('says what is wrong without secrets', async () => {
    const reasonOf = async (more: Readonly<Record<string, string>>) => {
      const backend = opened(more);
      await expect(backend.stat(keyOf('a'.repeat(64)))).rejects.toMatchObject({ name: 'StorageError', kind: 'unavailable' });
      return (await backend.health()).reason;
    };
    expect(await reasonOf({ HUBGRAPH_S3_SECRET_KEY: 'wrong' })).toBe('S3 denies access');
    expect(await reasonOf({ HUBGRAPH_S3_ENDPOINT: 'http://127.0.0.1:1' })).toBe('S3 cannot be reached');
    expect(await reasonOf({ HUBGRAPH_S3_BUCKET: 'no-such-bucket' })).toBe('the bucket does not exist');
    await expect(opened({ HUBGRAPH_S3_BUCKET: 'no-such-bucket' }).append(testUpload(1), 0, chunked(randomBytes(1)))).rejects.toMatchObject({ kind: 'unavailable', message: 'the bucket does not exist' });
  });
});
