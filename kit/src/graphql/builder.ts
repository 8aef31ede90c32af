import SchemaBuilder from '@pothos/core';
import DirectivesPlugin from '@pothos/plugin-directives';
import FederationPlugin from '@pothos/plugin-federation';
import type { Caller } from '../change.ts';
import type { Identity, Scope } from '../identity.ts';
import { CONFIDENTIAL, type Confidential } from './confidential.ts';
import type { Loaders } from './loaders.ts';
import { addScalars } from './scalars.ts';
import { addSharedTypes } from './shared.ts';

/** What every resolver of every hub has in hand. Hubs extend it by their store and commands. */
export interface HubContext {
  readonly identity: Identity;
  readonly caller: Caller;
  readonly loaders: Loaders;
  /** The cursor of a change: waits at most 250 ms for the stream to confirm its last event; null when it did not. */
  cursorOf(outboxIds: readonly number[]): Promise<string | null>;
}

/** The types that a hub's builder knows. */
export interface HubTypes<Context extends HubContext> {
  Context: Context;
  FederationScopes: Scope;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
    Decimal: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    EventCursor: { Input: string; Output: string };
    Sha256: { Input: string; Output: string };
    Blake3: { Input: string; Output: string };
    Purl: { Input: string; Output: string };
  };
}

export type HubBuilder<Context extends HubContext = HubContext> = PothosSchemaTypes.SchemaBuilder<PothosSchemaTypes.ExtendDefaultTypes<HubTypes<Context>>>;

/** Federation spec version that every subgraph links: the first with all directives that we use, `@cost` among them. */
export const FEDERATION_LINK = 'https://specs.apollo.dev/federation/v2.9';

/**
 * Makes a hub's schema builder: federation and directive plugins, the scalars, and the types that all hubs share
 * (`MutationError` and its kinds, `AllowedTransition`, `TransitionRecord`, `RecordedEvent`, `PageInfo`). A hub that is
 * `confidential` has scopes on all its own object types.
 */
export function createHubBuilder<Context extends HubContext>({ confidential }: { readonly confidential?: Confidential } = {}): HubBuilder<Context> {
  const builder = new SchemaBuilder<HubTypes<Context>>({ plugins: [DirectivesPlugin, FederationPlugin, CONFIDENTIAL], defaultFieldNullability: false, confidential });
  // The shared types use only what HubContext has; a builder of a wider context is one of the narrower for them.
  const narrow = builder as unknown as HubBuilder;
  builder.queryType({ description: 'What can be asked.' });
  builder.mutationType({ description: 'What can be changed: one mutation per verb. A refusal is data in the payload, with every reason at once.' });
  addScalars(narrow);
  addSharedTypes(narrow);
  return builder as unknown as HubBuilder<Context>;
}
