import { applyOneOf } from '@hubgraph/kit/graphql/one-of';
import { DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import { completeIntrospection } from './introspection.ts';
import { readRequirements, type Requirements } from './requirements.ts';

/** A supergraph as the query path needs it. Immutable: another supergraph is another graph. */
export interface Graph {
  /** What clients see; operations are validated and introspected against it. */
  readonly schema: GraphQLSchema;
  /** The same in the planner's own representation. */
  readonly api: Schema;
  /** The whole supergraph, with what clients do not see. */
  readonly supergraphSchema: GraphQLSchema;
  readonly planner: QueryPlanner;
  readonly requirements: Requirements;
  /** Names of the subgraphs, in the order of the supergraph. */
  readonly subgraphs: readonly string[];
}

/**
 * Features whose meaning we carry out, besides those of the stock gateway. `@policy` and `@fromContext` are not among
 * them: a supergraph that relies on them is refused, because serving it would drop its protection silently.
 */
const ENFORCED = ['https://specs.apollo.dev/authenticated/v0.1', 'https://specs.apollo.dev/requiresScopes/v0.1', 'https://specs.apollo.dev/cost/v0.1', 'https://specs.apollo.dev/cacheTag/v0.1'];
const SUPPORTED: ReadonlySet<string> = new Set([...DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, ...ENFORCED]);

/**
 * Reads a composed supergraph.
 *
 * @throws when it is not one, is invalid, or asks for a security or execution feature that this gateway does not enforce.
 */
export function loadSupergraph(sdl: string): Graph {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: new Set(SUPPORTED) });
  const api = supergraph.apiSchema();
  const schema = api.toGraphQLJSSchema();
  const supergraphSchema = supergraph.schema.toGraphQLJSSchema();
  applyOneOf(schema, supergraphSchema);
  completeIntrospection(api);
  return {
    schema,
    api,
    supergraphSchema,
    planner: new QueryPlanner(supergraph),
    requirements: readRequirements(supergraph.schema),
    subgraphs: supergraph.subgraphsMetadata().map(({ name }) => name),
  };
}
