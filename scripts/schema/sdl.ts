import { printSubgraphSchema } from '@apollo/subgraph';
import { type DefinitionNode, Kind, lexicographicSortSchema, parse, print, type GraphQLSchema } from 'graphql';

/** First line of every generated GraphQL file. */
export const GENERATED = '# Written by `npm run schema`. Do not edit.\n';

/** What `@apollo/subgraph` adds so that a gateway can ask for entities; composition adds it by itself. */
const FEDERATION_TYPES = new Set(['_Any', '_Entity', '_Service']);
const FEDERATION_FIELDS = new Set(['_entities', '_service']);

/** A hub's schema as SDL with its federation directives: sorted, so that the same code always prints the same text. */
export function printHubSdl(schema: GraphQLSchema): string {
  const document = parse(printSubgraphSchema(lexicographicSortSchema(schema)), { noLocation: true });
  const definitions = document.definitions.map(withoutFederation).filter((definition) => definition !== undefined);
  return `${GENERATED}\n${print({ kind: Kind.DOCUMENT, definitions })}\n`;
}

function withoutFederation(definition: DefinitionNode): DefinitionNode | undefined {
  if ('name' in definition && definition.name !== undefined && FEDERATION_TYPES.has(definition.name.value)) return undefined;
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Query') return definition;
  const fields = definition.fields?.filter((field) => !FEDERATION_FIELDS.has(field.name.value)) ?? [];
  return fields.length === 0 ? undefined : { ...definition, fields };
}
