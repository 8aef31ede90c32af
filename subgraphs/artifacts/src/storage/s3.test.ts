import { describe } from 'vitest';
import { readConfig } from '@hubgraph/kit/config';
import { s3Bucket, s3Service } from '../../../../test/harness/ceph.ts';
import { config } from '../config.ts';
import { backendContract } from './backend.contract.ts';
import { openS3 } from './s3.ts';

const s3 = await s3Service();

describe.skipIf(s3.reason)(`S3 by Ceph${s3.reason === undefined ? '' : ` (not run: ${s3.reason})`}`, () => {
  backendContract('S3 storage', async () => openS3(readConfig(config, await s3Bucket(s3.service!))));
});
