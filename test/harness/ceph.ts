import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import type { S3Service } from './ceph-cluster.ts';
import type { CephAnswer } from './ceph-door.ts';

/** A real S3 service for tests, or why there is none. */
export type S3ForTests = { readonly service: S3Service; readonly reason?: undefined } | { readonly service?: undefined; readonly reason: string };

/**
 * The run's Ceph, started when the first test file asks. To be awaited at the top of a file, for `describe.skipIf(s3.reason)`: where Debian's packages
 * cannot be had, the file says on stderr that S3 was not tested and why.
 *
 * @throws Error when there is a Ceph that does not start, or none at all although HUBGRAPH_TEST_S3 is `required`.
 */
export async function s3Service(): Promise<S3ForTests> {
  const answer = (await (await fetch(inject('cephDoor'))).json()) as CephAnswer;
  if ('failed' in answer) throw new Error(answer.failed);
  if (!('none' in answer)) return { service: answer };
  if (process.env.HUBGRAPH_TEST_S3 === 'required') throw new Error(`HUBGRAPH_TEST_S3=required, but there is no Ceph: ${answer.none}`);
  // past the reporter, which keeps back what passing files print
  writeSync(2, `\nNOT RUN: the tests of S3 storage, because there is no Ceph here: ${answer.none}\n`);
  return { reason: answer.none };
}

/** The environment of a hub that stores in a bucket of its own, which is made. `lock`: with S3's object lock, hence with versions. */
export async function s3Bucket({ endpoint, accessKey, secretKey }: S3Service, { lock = false } = {}): Promise<Readonly<Record<string, string>>> {
  const bucket = `test-${randomUUID()}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: accessKey, secretAccessKey: secretKey }, requestChecksumCalculation: 'WHEN_REQUIRED' });
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: lock }));
  client.destroy();
  return {
    HUBGRAPH_ARTIFACTS_STORAGE: 's3', HUBGRAPH_S3_ENDPOINT: endpoint, HUBGRAPH_S3_BUCKET: bucket, HUBGRAPH_S3_ACCESS_KEY: accessKey, HUBGRAPH_S3_SECRET_KEY: secretKey,
    ...(lock ? { HUBGRAPH_S3_OBJECT_LOCK: 'yes' } : {}),
  };
}
