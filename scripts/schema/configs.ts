import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigTable } from '@hubgraph/kit/config';
import type { NamedConfig } from './references.ts';

/** Files with settings besides the hubs' own `config.ts`, and who reads them. */
const SETTINGS_FILES = [
  { part: 'start', path: 'scripts/config.ts' },
  { part: 'gateway', path: 'gateway/src/config.ts' },
  { part: 'every hub', path: 'kit/src/relay/settings.ts' },
  { part: 'every hub', path: 'kit/src/metrics/settings.ts' },
  { part: 'every hub', path: 'kit/src/trace/settings.ts' },
] as const;

/** The tables that the gateway and the commands export: whatever looks like one, so that their names are theirs. */
export async function loadConfigs(root: string): Promise<NamedConfig[]> {
  const found: NamedConfig[] = [];
  for (const { part, path } of SETTINGS_FILES) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    const exported = await import(pathToFileURL(full).href) as Record<string, unknown>;
    for (const value of Object.values(exported)) if (isTable(value)) found.push({ part, config: value });
  }
  return found;
}

function isTable(value: unknown): value is ConfigTable {
  if (value === null || typeof value !== 'object') return false;
  const settings = Object.values(value as Record<string, unknown>);
  return settings.length > 0 && settings.every((setting) => setting !== null && typeof setting === 'object' && 'schema' in setting && 'about' in setting);
}
