import { applyOneOf } from '@hubgraph/kit/graphql/one-of';
import { composeServices } from '@apollo/composition';
import { lexicographicSortSchema, parse, printSchema, type GraphQLSchema } from 'graphql';
import { GENERATED } from './sdl.ts';

/** HintLevel.WARN: the level that says something is probably not meant. */
const WARN = 60;

/** What composition makes of the subgraphs. */
export interface Composed {
  /** The supergraph SDL, with joins and security directives. */
  readonly supergraph: string;
  /** What clients see. */
  readonly api: GraphQLSchema;
  /** The same as SDL, with descriptions. */
  readonly apiSdl: string;
  /** What composition finds odd but not wrong. */
  readonly hints: readonly string[];
}

/**
 * Composes subgraphs, by name, offline.
 *
 * @throws Error with one line per composition error, each with its code and the subgraphs it is about.
 */
export function compose(subgraphs: Readonly<Record<string, string>>): Composed {
  const services = Object.keys(subgraphs).sort().map((name) => ({ name, typeDefs: parse(subgraphs[name] as string) }));
  const result = composeServices(services);
  if (result.errors !== undefined) {
    const lines = result.errors.map((error) => `${String(error.extensions.code ?? 'ERROR')}: ${error.message}`);
    throw new Error(`the subgraphs do not compose:\n${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n')}`);
  }
  const plain = result.schema.toAPISchema().toGraphQLJSSchema();
  applyOneOf(plain, result.schema.toGraphQLJSSchema());
  const api = lexicographicSortSchema(plain);
  return {
    supergraph: `${GENERATED}\n${result.supergraphSdl.trimEnd()}\n`,
    api,
    apiSdl: `${GENERATED}\n${printSchema(api)}\n`,
    hints: result.hints.filter((hint) => hint.definition.level.value >= WARN).map((hint) => `${hint.definition.code}: ${hint.message}`),
  };
}
