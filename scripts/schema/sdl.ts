import { printSubgraphSchema } from '@apollo/subgraph';
import { ONE_OF_TAG, oneOfInputs } from '@hubgraph/kit/graphql/one-of';
import { type DefinitionNode, Kind, lexicographicSortSchema, parse, print, type ConstDirectiveNode, type GraphQLSchema } from 'graphql';

/** First line of every generated GraphQL file. */
export const GENERATED = '# Written by `npm run schema`. Do not edit.\n';

/** What `@apollo/subgraph` adds so that a gateway can ask for entities; composition adds it by itself. */
const FEDERATION_TYPES = new Set(['_Any', '_Entity', '_Service']);
const FEDERATION_FIELDS = new Set(['_entities', '_service']);

/** A hub's schema as SDL with its federation directives: sorted, so that the same code always prints the same text. */
export function printHubSdl(schema: GraphQLSchema): string {
  const document = parse(printSubgraphSchema(lexicographicSortSchema(schema)), { noLocation: true });
  const oneOf = new Set(oneOfInputs(schema));
  const definitions = document.definitions.map(withoutFederation).filter((definition) => definition !== undefined).map((definition) => withOneOf(definition, oneOf));
  return `${GENERATED}\n${print({ kind: Kind.DOCUMENT, definitions })}\n`;
}

function withoutFederation(definition: DefinitionNode): DefinitionNode | undefined {
  if ('name' in definition && definition.name !== undefined && FEDERATION_TYPES.has(definition.name.value)) return undefined;
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Query') return definition;
  const fields = definition.fields?.filter((field) => !FEDERATION_FIELDS.has(field.name.value)) ?? [];
  return fields.length === 0 ? undefined : { ...definition, fields };
}

const TAG = parse(`input I @tag(name: "${ONE_OF_TAG}") { a: Int }`, { noLocation: true }).definitions[0] as { directives?: readonly ConstDirectiveNode[] };

/** Tags one-of inputs, which composition would not carry otherwise, and imports the tag. */
function withOneOf(definition: DefinitionNode, oneOf: ReadonlySet<string>): DefinitionNode {
  if (oneOf.size === 0) return definition;
  if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && oneOf.has(definition.name.value)) {
    return { ...definition, directives: [...(definition.directives ?? []).filter((directive) => directive.name.value !== 'oneOf'), ...(TAG.directives ?? [])] };
  }
  if (definition.kind !== Kind.SCHEMA_EXTENSION) return definition;
  const directives = definition.directives?.map((link): ConstDirectiveNode => ({
    ...link,
    arguments: link.arguments?.map((argument) =>
      argument.name.value === 'import' && argument.value.kind === Kind.LIST ? { ...argument, value: { ...argument.value, values: [...argument.value.values, { kind: Kind.STRING, value: '@tag' }] } } : argument),
  }));
  return { ...definition, directives };
}
