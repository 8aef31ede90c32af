import type { Logger } from 'pino';
import type { StartSettings } from '../config.ts';
import type { DataDir } from '../data-dir/folder.ts';
import type { Secrets } from '../data-dir/secrets.ts';
import { startServers } from '../embedded/servers.ts';
import { checkNats } from './nats.ts';
import { prepareDatabase } from './database.ts';
import { embeddedUrls } from './embedded-urls.ts';
import type { Progress } from './progress.ts';

/** The servers that hubs and gateway need, ours or given by URL. */
export interface Backing {
  /** Resolves with the URL that each hub connects with, once its schema and role are there. */
  readonly databases: Promise<ReadonlyMap<string, string>>;
  /** Resolves with the URL of NATS, or undefined when there is none. */
  readonly nats: Promise<string | undefined>;
  /** Resolves with a sentence when an embedded server is gone for good; never when all are external. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

/** What {@link openBacking} works with. */
export interface BackingOptions {
  readonly settings: StartSettings;
  readonly dir: DataDir;
  readonly secrets: Secrets;
  readonly hubs: readonly string[];
  /** Text of PATH. */
  readonly path?: string;
  readonly progress: Progress;
  readonly log: Logger;
}

/** Starts what is embedded and checks what is not; returns at once, the promises say when and whether each is there. */
export async function openBacking(options: BackingOptions): Promise<Backing> {
  const { settings, dir, secrets, hubs, progress, log } = options;
  const { DATABASE_URL, NATS_URL } = settings;
  const ownUrl = (hub: string): string | undefined => settings.hub(hub).databaseUrl;
  const embeddedPostgres = DATABASE_URL === undefined && !hubs.every(ownUrl);
  const embeddedNats = NATS_URL === undefined;
  const servers = embeddedPostgres || embeddedNats
    ? await startServers({
        dir, postgres: embeddedPostgres ? secrets.databasePassword : undefined, nats: embeddedNats ? secrets.natsPassword : undefined, path: options.path,
        onIncident: (sentence) => log.warn(sentence),
      })
    : undefined;

  const databases = async (): Promise<ReadonlyMap<string, string>> => {
    if (!embeddedPostgres || !servers) {
      const urls = await prepareDatabase({ url: DATABASE_URL ?? '', hubs, ownUrl });
      progress.step('PostgreSQL answers');
      return urls;
    }
    const { port } = await servers.postgres;
    progress.step(`PostgreSQL is up (embedded, 127.0.0.1:${port})`);
    return prepareDatabase({ ...embeddedUrls(port, secrets.databasePassword), hubs, ownUrl });
  };
  const nats = async (): Promise<string | undefined> => {
    if (NATS_URL === 'none') return undefined;
    if (NATS_URL !== undefined) {
      await checkNats(NATS_URL);
      progress.step('NATS answers');
      return NATS_URL;
    }
    const { port } = await servers!.nats;
    progress.step(`NATS JetStream is up (embedded, 127.0.0.1:${port})`);
    return `nats://hubgraph:${encodeURIComponent(secrets.natsPassword)}@127.0.0.1:${port}`;
  };
  return {
    databases: databases(), nats: nats(), lost: servers?.lost ?? new Promise<string>(() => undefined),
    stop: async () => servers?.stop(),
  };
}
