import { existsSync } from 'node:fs';
import { defineConfig, kinds, readConfig, refuseUnknown, type ConfigOf, type ConfigTable } from '@hubgraph/kit/config';
import { metricsSettings } from '@hubgraph/kit/metrics/settings';
import { eventSettings } from '@hubgraph/kit/relay/settings';
import { traceSettings } from '@hubgraph/kit/trace/settings';
import { z } from 'zod';
import { hubNames, settingName } from './hubs.ts';

/** Names and texts, as a process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment that this process was started with; the only place in scripts/ that reads it. */
export function environment(): Environment {
  return process.env;
}

const postgresUrl = () => kinds.url('postgresql:', 'postgres:');
const natsUrl = z.string().refine(
  (text) => text === 'none' || text.split(',').every((one) => URL.canParse(one.trim()) && ['nats:', 'tls:'].includes(new URL(one.trim()).protocol)),
  'must be URLs that start with nats:// or tls://, separated by commas, or the word none',
);

/** What the start, the commands and the wiring can be told. */
export const startSettings = defineConfig({
  PORT: { schema: kinds.integer(0, 65_535), default: '4000', about: 'Port of the gateway; 0 takes a free one.' },
  HOST: { schema: kinds.text(), default: '127.0.0.1', about: 'Address that the gateway listens on. Development tokens exist only on the loopback.' },
  DATABASE_URL: { schema: postgresUrl(), secret: true, about: 'PostgreSQL for all hubs; the embedded one when not set. Each hub gets a schema of its own, and a role of its own when this login may create roles.' },
  NATS_URL: { schema: natsUrl, secret: true, about: 'NATS with JetStream, URLs separated by commas; the embedded one when not set. `none`: no NATS, events stay in the outbox until there is one.' },
  HUBGRAPH_DATA_DIR: { schema: kinds.text(), default: './.hubgraph', about: 'Folder of everything that this installation keeps: databases, streams, keys, logs. Held by one start at a time.' },
  HUBGRAPH_TOPOLOGY: { schema: kinds.oneOf(['single', 'processes']), default: 'single', about: '`single`: gateway and hubs in one process. `processes`: every hub its own process.' },
  HUBGRAPH_SAMPLE: { schema: kinds.oneOf(['yes', 'none']), about: 'Sample data on the first start: `yes` by default for the embedded database, `none` for an external one.' },
  HUBGRAPH_SERVICE_KEY: { schema: z.string().min(32, 'must have at least 32 characters'), secret: true, about: 'Key that the gateway proves itself with to hubs; made up and kept in the data folder when not set.' },
  HUBGRAPH_CURSOR_KEYS: { schema: kinds.list().refine((keys) => keys.length > 0 && keys.every((key) => key.length >= 32), 'must be keys of at least 32 characters, separated by commas'), secret: true, about: 'Keys of event cursors, separated by commas: the first signs, all verify. Made up and kept in the data folder when not set.' },
  HUBGRAPH_LOG_LEVEL: { schema: kinds.oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']), about: 'Level of the JSON log on stderr; when not set, warnings and worse go there and everything from info to the log file in the data folder.' },
  HUBGRAPH_ENV: { schema: kinds.oneOf(['development', 'production']), about: '`development` allows introspection and the explorer page; the default when the database is embedded and the gateway listens on the loopback, else `production`.' },
});
export type StartConfig = ConfigOf<typeof startSettings>;

/** What every hub can be told. */
export { eventSettings, metricsSettings, traceSettings };

/** What the commands that talk to a running graph can be told. */
export const clientSettings = defineConfig({
  HUBGRAPH_ENDPOINT: { schema: kinds.url('http:', 'https:'), default: 'http://127.0.0.1:4000/graphql', about: 'Graph that commands talk to; --endpoint comes first.' },
  HUBGRAPH_TOKEN: { schema: kinds.text(), secret: true, about: 'Token that commands send; --token comes first.' },
});

/** Settings whose names hold a hub's name. */
export const hubUrlSettings: ConfigTable = Object.fromEntries(hubNames().flatMap((hub) => [
  [`${settingName(hub)}_DATABASE_URL`, { schema: postgresUrl(), secret: true, about: `PostgreSQL of the hub ${hub} alone; DATABASE_URL when not set.` }],
  [`HUBGRAPH_${settingName(hub)}_URL`, { schema: kinds.url('http:', 'https:'), about: `Where the hub ${hub} already runs, in the topology processes; it is not started then.` }],
]));

/** Settings of one hub. */
export interface HubUrls {
  readonly databaseUrl?: string;
  readonly url?: string;
}

/** Everything that the start was told, checked. */
export interface StartSettings extends StartConfig {
  hub(name: string): HubUrls;
}

/**
 * Reads the settings of the start and checks those of hubs and gateway too; the first thing a start does.
 *
 * @throws UsageError (2) naming every wrong or unknown variable.
 */
export async function startConfig(env: Environment): Promise<StartSettings> {
  const tables = [startSettings, clientSettings, hubUrlSettings, eventSettings, metricsSettings, traceSettings, ...(await otherTables())];
  readConfig(Object.assign({}, ...tables) as ConfigTable, env);
  refuseUnknown(tables, env);
  const values = readConfig(startSettings, env);
  const perHub = readConfig(hubUrlSettings, env) as Record<string, string | undefined>;
  return {
    ...values,
    hub: (name) => ({ databaseUrl: perHub[`${settingName(name)}_DATABASE_URL`], url: perHub[`HUBGRAPH_${settingName(name)}_URL`] }),
  };
}

/** What gateway and hubs export from their `config.ts`; those files load quickly, unlike what uses them. */
async function otherTables(): Promise<ConfigTable[]> {
  const files = ['../gateway/src/config.ts', ...hubNames().map((hub) => `../subgraphs/${hub}/src/config.ts`)]
    .map((file) => new URL(file, import.meta.url)).filter((url) => existsSync(url));
  const modules = await Promise.all(files.map((url) => import(url.href) as Promise<Record<string, unknown>>));
  return modules.flatMap((module) => Object.values(module).filter(isTable));
}

function isTable(value: unknown): value is ConfigTable {
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).every((setting: unknown) => setting !== null && typeof setting === 'object' && 'schema' in setting && 'about' in setting);
}
