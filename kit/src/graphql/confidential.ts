import SchemaBuilder, { BasePlugin, type PothosTypeConfig, type SchemaTypes } from '@pothos/core';
import type { Scope } from '../identity.ts';
import { SHARED_TYPES } from './shared.ts';

/** What a hub whose data is confidential asks for on each of its object types, whatever field leads to one. */
export interface Confidential {
  /** OR of ANDs, as in `@requiresScopes`. */
  readonly scopes: Scope[][];
  /** The types that ask for nothing: nouns of other hubs, which ask on the fields that are added, and what shows nothing of the hub's data. */
  readonly open: readonly string[];
}

declare global {
  export namespace PothosSchemaTypes {
    interface SchemaBuilderOptions<Types extends SchemaTypes> {
      confidential?: Confidential;
    }
    interface Plugins<Types extends SchemaTypes> {
      confidential: ConfidentialPlugin<Types>;
    }
  }
}

/** A type that nobody thought of is withheld, not shown. Payloads stay open, so that whoever may change something learns why it was refused. */
class ConfidentialPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    const { confidential } = this.builder.options;
    if (confidential === undefined || config.kind !== 'Object' || SHARED_TYPES.has(config.name) || config.name.endsWith('Payload') || confidential.open.includes(config.name)) return config;
    return { ...config, pothosOptions: { ...config.pothosOptions, requiresScopes: confidential.scopes } } as PothosTypeConfig;
  }
}

/** Name of the plugin; it stands behind that of federation, which writes the directive, as plugins see types from the last to the first. */
export const CONFIDENTIAL = 'confidential' as const;
SchemaBuilder.registerPlugin(CONFIDENTIAL, ConfidentialPlugin);
