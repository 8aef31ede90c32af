import type { Hub, HubDefinition, PartHealth } from '@hubgraph/kit/hub';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import type { LogOptions } from '@hubgraph/kit/log';
import type { HubCaller } from '@hubgraph/gateway/hubs/caller';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Environment, StartSettings } from '../config.ts';
import type { SampleRecord } from '../data-dir/sample.ts';
import type { AuthorityWiring } from './authority.ts';
import { startHubProcess } from './hub-processes.ts';
import { runHub, type HubWiring } from './hub-runner.ts';
import type { Progress } from './progress.ts';

/** What the wiring of all hubs needs. */
export interface HubsOptions {
  readonly definitions: readonly HubDefinition[];
  /** Database URL per hub. */
  readonly urls: ReadonlyMap<string, string>;
  readonly natsUrl?: string;
  readonly cursorKeys: readonly string[];
  readonly serviceKey: string;
  readonly settings: StartSettings;
  readonly env: Environment;
  readonly log: Logger;
  /** Where hubs in this process put their metrics. */
  readonly metrics: Registry;
  /** Folder for what a hub keeps in files. */
  filesDir(hub: string): string;
  /** Whose tokens hubs believe of those who come to them directly. */
  readonly authority: AuthorityWiring;
  /** How a hub that is a process of its own logs. */
  logFor(hub: string): LogOptions;
  readonly progress: Progress;
  readonly sample: 'yes' | 'none';
  readonly record: SampleRecord;
}

/** All hubs, running, and the gateway's way to each. */
export interface Hubs {
  readonly callers: ReadonlyMap<string, HubCaller>;
  /** What the hubs in this process say about themselves; those that are processes are asked by their callers. */
  health(): Promise<PartHealth[]>;
  stop(): Promise<void>;
}

/** Starts every hub in the topology that was asked for; when one fails, those that run are stopped again. */
export async function openHubs(options: HubsOptions): Promise<Hubs> {
  const { definitions, progress, settings } = options;
  await using stack = new AsyncDisposableStack();
  const callers = new Map<string, HubCaller>();
  const health: (() => Promise<PartHealth[]>)[] = [];
  // one after the other: sample data of a hub refers to that of the hubs before it
  for (const definition of definitions) {
    const { name } = definition.manifest;
    const settled = options.record.isSettled(name);
    const wiring: HubWiring = {
      databaseUrl: options.urls.get(name) ?? '', natsUrl: options.natsUrl, cursorKeys: options.cursorKeys, filesDir: options.filesDir(name), authority: options.authority,
      sample: !settled && options.sample === 'yes' && settings.hub(name).url === undefined,
    };
    const open = settings.HUBGRAPH_TOPOLOGY === 'processes' ? openProcess : openLocal;
    const opened = await open(definition, wiring, options);
    stack.defer(() => opened.stop());
    callers.set(name, opened.caller);
    health.push(opened.health);
    if (!settled) options.record.settle(name, options.sample);
    progress.step(`Hub ${name} is up${wiring.sample ? ', with sample data' : ''}${opened.where}`);
  }
  const moved = stack.move();
  return { callers, health: async () => (await Promise.all(health.map((ask) => ask()))).flat(), stop: () => moved.disposeAsync() };
}

interface Opened {
  readonly caller: HubCaller;
  /** For the progress line. */
  readonly where: string;
  health(): Promise<PartHealth[]>;
  stop(): Promise<void>;
}

async function openLocal(definition: HubDefinition, wiring: HubWiring, options: HubsOptions): Promise<Opened> {
  const { localCaller } = await import('@hubgraph/gateway/hubs/local');
  const { HOST: host } = options.settings;
  let door: HubDoor | undefined;
  const hub = await runHub(definition, wiring, options.env, options.log, () => door?.url ?? `http://${host}:${definition.manifest.port}`, options.metrics);
  if (hub.http) door = await openDoorNear(hub, host, definition.manifest.port).catch(async (error: unknown) => (await hub.stop(), Promise.reject(error)));
  const caller = localCaller(hub);
  return { caller, where: door ? ` (bytes at ${door.url})` : '', health: () => hub.health(), stop: async () => (await caller.close(), await door?.close(), hub.stop()) };
}

/** On the manifest's port, which is a preference: two installations on one machine must not get into each other's way. */
async function openDoorNear(hub: Hub, host: string, port: number): Promise<HubDoor> {
  try {
    return await openDoor(hub, { host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return openDoor(hub, { host, port: 0 });
  }
}

async function openProcess(definition: HubDefinition, wiring: HubWiring, options: HubsOptions): Promise<Opened> {
  const { name, port } = definition.manifest;
  const { remoteCaller } = await import('@hubgraph/gateway/hubs/remote');
  const { settings, serviceKey, log } = options;
  const external = settings.hub(name).url;
  const caller = (url: string): HubCaller => remoteCaller({ hub: name, url, key: serviceKey });
  if (external !== undefined) {
    const remote = caller(external);
    return { caller: remote, where: ` (at ${external})`, health: async () => [], stop: () => remote.close() };
  }
  const hub = await startHubProcess({
    order: { hub: name, wiring, serviceKeys: [serviceKey], log: options.logFor(name) },
    port, log, onIncident: (sentence) => log.warn(sentence),
  });
  const remote = caller(hub.url);
  return { caller: remote, where: ` (process ${hub.pid()}, ${hub.url})`, health: async () => [], stop: async () => (await remote.close(), hub.stop()) };
}
