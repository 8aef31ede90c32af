import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig } from '@hubgraph/kit/config';
import { environment, startSettings } from '../config.ts';
import { dataDirAt } from '../data-dir/folder.ts';

/**
 * Where NATS is for a command that works on the streams directly: NATS_URL, else the embedded nats-server of the data
 * folder, as long as a start runs it.
 *
 * @returns undefined when neither is there
 */
export function runningNatsUrl(): string | undefined {
  const { NATS_URL, HUBGRAPH_DATA_DIR } = readConfig(startSettings, environment());
  if (NATS_URL && NATS_URL !== 'none') return NATS_URL;
  const dir = dataDirAt(resolve(HUBGRAPH_DATA_DIR));
  try {
    const port = /listen: "127\.0\.0\.1:(\d+)"/.exec(readFileSync(join(dir.nats, 'nats.conf'), 'utf8'))?.[1];
    const { natsPassword } = JSON.parse(readFileSync(dir.file('secrets.json'), 'utf8')) as { natsPassword: string };
    return port === undefined ? undefined : `nats://hubgraph:${encodeURIComponent(natsPassword)}@127.0.0.1:${port}`;
  } catch {
    return undefined;
  }
}
