import type { Hub, HubDefinition } from '@hubgraph/kit/hub';
import { systemClock } from '@hubgraph/kit/clock';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Environment } from '../config.ts';
import { hubVerifier, type AuthorityWiring } from './authority.ts';

/** What the wiring gives to one hub, wherever it runs. */
export interface HubWiring {
  readonly databaseUrl: string;
  readonly natsUrl?: string;
  readonly cursorKeys: readonly string[];
  /** Folder for what the hub keeps in files. */
  readonly filesDir: string;
  /** Whose tokens the hub believes of those who come to it directly. */
  readonly authority: AuthorityWiring;
  /** Put the hub's sample data in after its start. */
  readonly sample: boolean;
}

/** Creates a hub, starts it, and gives it its sample data when that is wanted. `publicUrl` is asked when the hub needs its own address; its metrics go to `metrics`. */
export async function runHub(definition: HubDefinition, wiring: HubWiring, env: Environment, log: Logger, publicUrl: () => string, metrics?: Registry): Promise<Hub> {
  const { databaseUrl, natsUrl, cursorKeys, filesDir, authority } = wiring;
  const { name } = definition.manifest;
  const hub = await definition.create({ databaseUrl, natsUrl, cursorKeys, filesDir, publicUrl, verifier: hubVerifier(authority, env), clock: systemClock, log: log.child({ hub: name }), env, metrics });
  try {
    await hub.start();
    if (wiring.sample) await definition.sample?.(hub);
    return hub;
  } catch (error) {
    await hub.stop();
    throw error;
  }
}
