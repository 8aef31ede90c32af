import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig } from '@hubgraph/kit/config';
import { environment, hubUrlSettings, startSettings } from '../config.ts';
import { dataDirAt } from '../data-dir/folder.ts';
import { hubRoleUrl } from './database.ts';
import { settingName } from '../hubs.ts';
import { embeddedUrls } from './embedded-urls.ts';

/**
 * Where the database of a hub is for a command that works on it directly: as the environment says,
 * else the embedded PostgreSQL of the data folder, as long as a start runs it.
 *
 * @returns undefined when neither is there
 */
export function hubDatabaseUrl(hub: string): string | undefined {
  const env = environment();
  const own = readConfig(hubUrlSettings, env) as Record<string, string | undefined>;
  const { DATABASE_URL, HUBGRAPH_DATA_DIR } = readConfig(startSettings, env);
  return own[`${settingName(hub)}_DATABASE_URL`] ?? DATABASE_URL ?? runningEmbedded(hub, resolve(HUBGRAPH_DATA_DIR));
}

function runningEmbedded(hub: string, path: string): string | undefined {
  const dir = dataDirAt(path);
  try {
    // the fourth line of postmaster.pid is the port
    const port = Number(readFileSync(join(dir.postgres, 'postmaster.pid'), 'utf8').split('\n')[3]);
    const { databasePassword } = JSON.parse(readFileSync(dir.file('secrets.json'), 'utf8')) as { databasePassword: string };
    return hubRoleUrl(embeddedUrls(port, databasePassword).url, hub);
  } catch {
    return undefined;
  }
}
