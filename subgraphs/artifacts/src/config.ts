import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The artifacts hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_ARTIFACTS_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the artifacts hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
  HUBGRAPH_ARTIFACTS_STORAGE: { schema: kinds.list().refine((names) => names.length > 0 && names.every((name) => name === 'local' || name === 's3') && new Set(names).size === names.length, 'must be local, s3 or both, divided by a comma'), default: 'local', about: 'Where bytes are stored: `local`, `s3` or both. The first takes uploads; the others get copies, by which damage is repaired.' },
  HUBGRAPH_ARTIFACTS_ROOT: { schema: kinds.text(), about: 'Folder of the local storage; `hubs/artifacts` in the data folder when not set.' },
  HUBGRAPH_ARTIFACTS_PUBLIC_URL: { schema: kinds.url('http:', 'https:'), about: 'Origin that clients reach the hub\'s uploads and downloads by, such as https://artifacts.example.org; the address that the hub listens on when not set.' },
  HUBGRAPH_ARTIFACTS_URL_MINUTES: { schema: kinds.integer(1, 1_440), default: '60', about: 'Minutes that a signed URL of an upload or a download is good for. An upload that has begun goes on.' },
  HUBGRAPH_ARTIFACTS_MAX_FILE: { schema: kinds.integer(1, 5_000), default: '1024', about: 'Largest file in GiB.' },
  HUBGRAPH_ARTIFACTS_MAX_FILES: { schema: kinds.integer(1, 1_000_000), default: '100000', about: 'Most files of a package.' },
  HUBGRAPH_ARTIFACTS_SCRUB_CRON: { schema: kinds.text(), default: '29 1 * * *', about: 'When stored bytes are read again and compared with their digests: a cron expression in UTC.' },
  HUBGRAPH_ARTIFACTS_SCRUB_RATE: { schema: kinds.integer(1, 100_000), default: '50', about: 'MiB per second that a scrub reads at most.' },
  HUBGRAPH_ARTIFACTS_SCRUB_DAYS: { schema: kinds.integer(0, 3_650), default: '30', about: 'Days after which stored bytes are due to be read again by the scheduled scrub.' },
  HUBGRAPH_S3_ENDPOINT: { schema: kinds.url('http:', 'https:'), about: 'S3-compatible service; AWS when not set.' },
  HUBGRAPH_S3_REGION: { schema: kinds.text(), default: 'us-east-1', about: 'Region of the bucket.' },
  HUBGRAPH_S3_BUCKET: { schema: kinds.text(), about: 'Bucket of the S3 storage; it must exist.' },
  HUBGRAPH_S3_PREFIX: { schema: kinds.text(), default: 'hubgraph/', about: 'What every key in the bucket begins with.' },
  HUBGRAPH_S3_ACCESS_KEY: { schema: kinds.text(), secret: true, about: 'Access key id; the AWS SDK\'s own sources (environment, files, roles) when not set.' },
  HUBGRAPH_S3_SECRET_KEY: { schema: kinds.text(), secret: true, about: 'Secret access key.' },
  HUBGRAPH_S3_PATH_STYLE: { schema: kinds.yesNo(), default: 'yes', about: 'Put the bucket into the path of URLs and not into the host name, as services other than AWS want it.' },
  HUBGRAPH_S3_DIRECT: { schema: kinds.yesNo(), default: 'no', about: 'Give clients URLs that S3 itself signed, when S3 is the first storage: bytes then do not pass the hub, which reads them back to compute the digests.' },
  HUBGRAPH_S3_OBJECT_LOCK: { schema: kinds.yesNo(), default: 'no', about: 'Set S3\'s own legal hold on the objects of held packages; the bucket must have object lock.' },
});
