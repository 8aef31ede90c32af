import type { EnvironmentKind, ServiceTier } from '../model.ts';

/** Where a service runs, as a file says it. */
export interface InventoryPlace {
  readonly environment: string;
  readonly url?: string | null;
}

export interface InventoryEnvironment {
  readonly slug: string;
  readonly kind: EnvironmentKind;
  readonly name?: string | null;
  readonly url?: string | null;
  readonly description?: string | null;
}

export interface InventoryService {
  readonly slug: string;
  readonly name?: string | null;
  readonly domain: string;
  readonly repo?: string | null;
  readonly owner: string;
  readonly tier?: ServiceTier | null;
  readonly description?: string | null;
  /** Exactly these, when the file says any. */
  readonly environments?: readonly InventoryPlace[] | null;
}

/** A hub, an API consumer or a widget. */
export interface InventoryReporter {
  readonly slug: string;
  readonly name?: string | null;
  readonly owner?: string | null;
  readonly service?: string | null;
  readonly url?: string | null;
  /** Scalars are texts, as the file has them. */
  readonly manifest?: unknown;
}

/** What an inventory file tells of. */
export interface Inventory {
  readonly environments: readonly InventoryEnvironment[];
  readonly services: readonly InventoryService[];
  readonly hubs: readonly InventoryReporter[];
  readonly apiConsumers: readonly InventoryReporter[];
  readonly widgets: readonly InventoryReporter[];
}

/** The parts of a file, in the order in which they are brought in: services name environments, widgets name services. */
export const SECTIONS = ['environments', 'services', 'hubs', 'apiConsumers', 'widgets'] as const satisfies readonly (keyof Inventory)[];
export type Section = (typeof SECTIONS)[number];

/** Entries of all parts together that a file may have: one file is one transaction. */
export const MOST_ENTRIES = 2_000;

/** What becomes of one entry. */
export interface InventoryChange {
  readonly section: Section;
  readonly slug: string;
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'RETIRED' | 'MISSING';
}
