import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HubDefinition } from '@hubgraph/kit/hub';

const FOLDER = fileURLToPath(new URL('../subgraphs', import.meta.url));

/** Names of all hubs: the folders under `subgraphs/` that are packages. Nothing lists hubs by hand. */
export function hubNames(folder = FOLDER): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'package.json')))
    .map((entry) => entry.name)
    .sort();
}

/** Loads one hub's definition; its Prisma client must have been generated. */
export async function loadHub(name: string): Promise<HubDefinition> {
  const { definition } = await import(new URL(`../subgraphs/${name}/src/subgraph.ts`, import.meta.url).href) as { definition: HubDefinition };
  if (definition.manifest.name !== name) throw new Error(`subgraphs/${name} calls itself ${definition.manifest.name}; the folder and the manifest must agree`);
  return definition;
}

/** Loads every hub, sorted by name. */
export async function loadHubs(): Promise<HubDefinition[]> {
  return Promise.all(hubNames().map(loadHub));
}

/** How a hub is called in names of settings: `<HUB>_DATABASE_URL`, `HUBGRAPH_<HUB>_URL`. */
export function settingName(hub: string): string {
  return hub.toUpperCase().replaceAll('-', '_');
}
