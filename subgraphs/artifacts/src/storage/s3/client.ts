import type { ConfigOf } from '@hubgraph/kit/config';
import { S3Client } from '@aws-sdk/client-s3';
import type { config } from '../../config.ts';

/** In milliseconds: until a connection stands, and without a byte on one (a server copies gigabytes before it answers). */
const CONNECT = 5_000;
const SILENCE = 120_000;
const SOCKETS = 64;

/** The SDK's client as services other than AWS need it too. */
export function s3Client(settings: ConfigOf<typeof config>): S3Client {
  const { HUBGRAPH_S3_ENDPOINT: endpoint, HUBGRAPH_S3_ACCESS_KEY: accessKeyId, HUBGRAPH_S3_SECRET_KEY: secretAccessKey } = settings;
  const agent = { keepAlive: true, maxSockets: SOCKETS };
  return new S3Client({
    region: settings.HUBGRAPH_S3_REGION,
    forcePathStyle: settings.HUBGRAPH_S3_PATH_STYLE,
    // the default frames streamed bodies by checksums that other services store as part of the object or refuse
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT, socketTimeout: SILENCE, httpAgent: agent, httpsAgent: agent },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } }),
  });
}
