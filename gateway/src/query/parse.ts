import { GraphQLError, parse as parseDocument, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';
import type { Stage } from './passage.ts';
import { refuse, refuseAll, tooLarge } from './refused.ts';

/** Reads the text, never more than `limits.tokens` of it, and finds the operation that is meant. */
export const parse: Stage = (passage, { limits }) => {
  passage.document = read(passage.source, limits.tokens);
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  const operations: OperationDefinitionNode[] = [];
  for (const definition of passage.document.definitions) {
    if (definition.kind === 'FragmentDefinition') fragments[definition.name.value] = definition;
    if (definition.kind === 'OperationDefinition') operations.push(definition);
  }
  passage.fragments = fragments;
  passage.operation = chosen(operations, passage.operationName);
};

function read(source: string, tokens: number): DocumentNode {
  try {
    return parseDocument(source, { maxTokens: tokens });
  } catch (error) {
    // The parser counts while it reads and tells only by its message that it stopped for that reason.
    if (error instanceof GraphQLError && error.message.includes('Parsing aborted')) throw tooLarge('tokens', tokens, tokens + 1);
    if (error instanceof GraphQLError) throw refuseAll('GRAPHQL_PARSE_FAILED', [error]);
    // A RangeError: nested so deep that the recursive parser ran out of stack.
    throw refuse('GRAPHQL_PARSE_FAILED', 'The document cannot be read.');
  }
}

function chosen(operations: readonly OperationDefinitionNode[], name: string | undefined): OperationDefinitionNode {
  const named = name ? operations.find((operation) => operation.name?.value === name) : operations[0];
  if (!named) throw refuse('GRAPHQL_VALIDATION_FAILED', name ? 'There is no operation of that name in the document.' : 'The document has no operation.');
  if (!name && operations.length > 1) throw refuse('GRAPHQL_VALIDATION_FAILED', 'The document has several operations; operationName must say which.');
  return named;
}
