import { defineConfig, kinds, readConfig, refuseUnknown, type ConfigOf, type ConfigTable } from '@hubgraph/kit/config';
import { z } from 'zod';
import { hubNames, settingName } from './hubs.ts';

/** The environment that this process was started with. The only place outside of hubs and gateway that reads it. */
export function environment(): Readonly<Record<string, string | undefined>> {
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

/** What the commands that talk to a running graph can be told. */
export const clientSettings = defineConfig({
  HUBGRAPH_ENDPOINT: { schema: kinds.url('http:', 'https:'), default: 'http://127.0.0.1:4000/graphql', about: 'Graph that commands talk to; --endpoint comes first.' },
  HUBGRAPH_TOKEN: { schema: kinds.text(), secret: true, about: 'Token that commands send; --token comes first.' },
});

/** Settings whose names hold a hub's name. */
export function hubSettings(hubs: readonly string[] = hubNames()): ConfigTable {
  return Object.fromEntries(hubs.flatMap((hub) => [
    [`${settingName(hub)}_DATABASE_URL`, { schema: postgresUrl(), secret: true, about: `PostgreSQL of the hub ${hub} alone; DATABASE_URL when not set.` }],
    [`HUBGRAPH_${settingName(hub)}_URL`, { schema: kinds.url('http:', 'https:'), about: `Where the hub ${hub} already runs, in the topology processes; it is not started then.` }],
  ]));
}

/** Names that the gateway reads for itself; the wiring only has to know that they exist. */
const gatewaySettings = defineConfig({
  HUBGRAPH_AUTH: { schema: kinds.oneOf(['oidc', 'development']), about: '`oidc`: tokens of HUBGRAPH_OIDC_ISSUER. `development`: tokens of the local issuer, only on the loopback. By default what the other settings allow.' },
  HUBGRAPH_OIDC_ISSUER: { schema: kinds.url('http:', 'https:'), about: 'Issuer of the tokens that are accepted.' },
  HUBGRAPH_OIDC_JWKS_URL: { schema: kinds.url('http:', 'https:'), about: 'Keys of that issuer, when its discovery document does not say where they are.' },
});

/** Every table of the start, for docs/config.md and for refusing what no table knows. */
export function allTables(more: readonly ConfigTable[] = []): readonly ConfigTable[] {
  return [startSettings, clientSettings, gatewaySettings, hubSettings(), ...more];
}

/** Settings of one hub, as text. */
export interface HubUrls {
  readonly databaseUrl?: string;
  readonly url?: string;
}

/** Everything that the start was told, checked. */
export interface StartSettings extends StartConfig {
  readonly oidcIssuer?: string;
  hub(name: string): HubUrls;
}

/**
 * Reads and checks the settings of the start. Call it before anything slow.
 *
 * @throws UsageError (2) naming every wrong or unknown variable.
 */
export function startConfig(env: Readonly<Record<string, string | undefined>>): StartSettings {
  const values = readConfig(startSettings, env);
  const { HUBGRAPH_OIDC_ISSUER } = readConfig(gatewaySettings, env);
  const perHub = readConfig(hubSettings(), env) as Record<string, string | undefined>;
  return {
    ...values,
    oidcIssuer: HUBGRAPH_OIDC_ISSUER,
    hub: (name) => ({ databaseUrl: perHub[`${settingName(name)}_DATABASE_URL`], url: perHub[`HUBGRAPH_${settingName(name)}_URL`] }),
  };
}

/**
 * Refuses variables with our prefix that nobody reads.
 *
 * @param more tables of hubs and gateway, once they are loaded
 * @throws UsageError (2) naming them.
 */
export function refuseUnknownSettings(env: Readonly<Record<string, string | undefined>>, more: readonly ConfigTable[]): void {
  refuseUnknown(allTables(more), env);
}
