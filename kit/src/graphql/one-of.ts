import { isInputObjectType, type GraphQLSchema } from 'graphql';

/**
 * The federation `@tag` that says `@oneOf` of an input type. Composition refuses `@oneOf` itself or drops it; a tag is what
 * federation carries from a subgraph's input type into the supergraph.
 */
export const ONE_OF_TAG = 'oneOf';

/** Names of the input types of a schema that take exactly one of their fields. */
export function oneOfInputs(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).filter((type) => isInputObjectType(type) && type.isOneOf).map((type) => type.name);
}

/**
 * Makes the input types that `supergraph` tags {@link ONE_OF_TAG} one-of in the public schema, in place: validation,
 * coercion and introspection then treat them so.
 */
export function applyOneOf(api: GraphQLSchema, supergraph: GraphQLSchema): void {
  for (const tagged of Object.values(supergraph.getTypeMap())) {
    if (!isInputObjectType(tagged)) continue;
    const isOneOf = tagged.astNode?.directives?.some((directive) => directive.name.value === 'tag' && directive.arguments?.some((argument) => argument.value.kind === 'StringValue' && argument.value.value === ONE_OF_TAG));
    const type = api.getType(tagged.name);
    if (isOneOf && isInputObjectType(type)) type.isOneOf = true;
  }
}
