import { createGateway, type Gateway } from '@hubgraph/gateway';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { fileURLToPath } from 'node:url';
import type { Environment, StartSettings } from '../config.ts';
import type { DataDir } from '../data-dir/folder.ts';
import type { Hubs } from './hubs.ts';
import { listenError } from './port.ts';

/** What the wiring of the gateway needs. */
export interface GatewayWiring {
  readonly settings: StartSettings;
  readonly environment: 'development' | 'production';
  readonly dir: DataDir;
  readonly hubs: Hubs;
  readonly natsUrl?: string;
  readonly cursorKeys: readonly string[];
  readonly env: Environment;
  readonly log: Logger;
  /** Has the metrics of the hubs in this process, too. */
  readonly metrics: Registry;
}

const schemaFile = (name: string): string => fileURLToPath(new URL(`../../schema/${name}`, import.meta.url));

/**
 * Opens the gateway on the committed schema.
 *
 * @throws UsageError (4) when somebody took the port since it was checked.
 */
export async function openGateway(wiring: GatewayWiring): Promise<Gateway> {
  const { settings } = wiring;
  try {
    return await createGateway({
      supergraphPath: schemaFile('supergraph.graphql'), eventsPath: schemaFile('events.json'),
      callers: wiring.hubs.callers, health: wiring.hubs.health, host: settings.HOST, port: settings.PORT,
      devIssuerPath: wiring.dir.devIssuer, natsUrl: wiring.natsUrl, cursorKeys: wiring.cursorKeys,
      // hubs in this process have the schema that it began with
      watch: settings.HUBGRAPH_TOPOLOGY === 'processes',
      development: wiring.environment === 'development', env: wiring.env, log: wiring.log, metrics: wiring.metrics,
      operationsPath: schemaFile('operations'),
    });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code && syscall === 'listen') throw listenError(settings.HOST, settings.PORT, code);
    throw error;
  }
}
