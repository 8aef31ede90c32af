import { ENVIRONMENT_KINDS, SERVICE_TIERS, type EnvironmentKind, type ServiceTier } from '../model.ts';
import type { InventoryEnvironment, InventoryPlace, InventoryReporter, InventoryService, Section } from './model.ts';

/** What a file may say of an entry of each part; `!` marks what it must. */
export const FIELDS: Readonly<Record<Section, readonly string[]>> = {
  environments: ['slug!', 'kind!', 'name', 'url', 'description'],
  services: ['slug!', 'name', 'domain!', 'repo', 'owner!', 'tier', 'description', 'environments'],
  hubs: ['slug!', 'name', 'owner', 'service', 'url', 'manifest'],
  apiConsumers: ['slug!', 'name', 'owner', 'service', 'url', 'manifest'],
  widgets: ['slug!', 'name', 'owner', 'service', 'url', 'manifest'],
};

/** One entry as texts, and what is not text. */
export interface RawEntry {
  readonly texts: Readonly<Record<string, string | undefined>>;
  readonly environments?: readonly InventoryPlace[];
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Notes what is wrong with a field, or with the entry when it has no such field. */
  report(field: string | null, reason: string): void;
}

/** Makes an entry of its texts; undefined after having reported what is wrong. */
export function entryOf(section: Section, raw: RawEntry): InventoryEnvironment | InventoryService | InventoryReporter | undefined {
  const missing = FIELDS[section].filter((field) => field.endsWith('!') && !raw.texts[field.slice(0, -1)]).map((field) => field.slice(0, -1));
  for (const field of missing) raw.report(field, `${field} is missing.`);
  const { tier, kind, ...texts } = raw.texts;
  const said = Object.fromEntries(Object.entries(texts).filter(([, text]) => text));
  const tierRead = tier ? tierOf(tier) : undefined;
  if (tier && tierRead === undefined) raw.report('tier', `A tier is 1 to 4, and not ${tier}.`);
  const kindRead = kind ? kindOf(kind) : undefined;
  if (kind && kindRead === undefined) raw.report('kind', `A kind of environment is ${ENVIRONMENT_KINDS.join(', ')}, and not ${kind}.`);
  if (missing.length > 0 || (tier && !tierRead) || (kind && !kindRead)) return undefined;
  return { ...said, ...(tierRead && { tier: tierRead }), ...(kindRead && { kind: kindRead }), ...(raw.environments && { environments: raw.environments }), ...(raw.manifest && { manifest: raw.manifest }) } as InventoryService;
}

function tierOf(text: string): ServiceTier | undefined {
  const [, digit] = /^(?:tier[ _-]?)?([1-4])$/i.exec(text) ?? [];
  return SERVICE_TIERS.find((tier) => tier === `TIER_${digit}`);
}

const KIND_WORDS: Readonly<Record<string, EnvironmentKind>> = { prod: 'PRODUCTION', live: 'PRODUCTION', stage: 'STAGING', dev: 'LOCAL', development: 'LOCAL', ci: 'LOCAL' };

function kindOf(text: string): EnvironmentKind | undefined {
  return ENVIRONMENT_KINDS.find((kind) => kind === text.toUpperCase()) ?? KIND_WORDS[text.toLowerCase()];
}
