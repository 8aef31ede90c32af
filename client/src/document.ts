import type { DocumentTypeDecoration, TypedDocumentNode } from '@graphql-typed-document-node/core';
import { Kind, parse, print, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import type { Operation } from './transport/transport.ts';

/**
 * What to ask: a typed document, as code generators make them from `.graphql` files (nodes or strings), or plain text, whose
 * data is of any type.
 */
export type Document<Data, Variables> = TypedDocumentNode<Data, Variables> | (DocumentTypeDecoration<Data, Variables> & { toString(): string }) | string;

/** Variables, which may be left out where a document has none that must be given. */
export type VariablesArgument<Variables> = Partial<Variables> extends Variables ? [variables?: Variables] : [variables: Variables];

const texts = new WeakMap<object, string>();
const trees = new Map<string, DocumentNode>();
/** Texts whose trees are kept; an application has about as many documents as it has pages. */
const MOST_TREES = 500;

/** The operation as it is sent. */
export function operationOf(document: Document<any, any>, variables: unknown, operationName?: string): Operation { // any: whatever it asks for, it is text
  return { query: textOf(document), ...(operationName !== undefined && { operationName }), ...(variables !== undefined && { variables: variables as Record<string, unknown> }) };
}

function textOf(document: Document<any, any>): string { // any: as above
  if (!isNode(document)) return String(document);
  let text = texts.get(document);
  if (text === undefined) texts.set(document, (text = print(document)));
  return text;
}

/** The operation of a document that is meant. @throws GraphQLError when it cannot be parsed, TypeError when there is none or more than one. */
export function definitionOf({ query, operationName }: Operation): OperationDefinitionNode {
  let tree = trees.get(query);
  if (!tree) {
    if (trees.size >= MOST_TREES) trees.clear();
    trees.set(query, (tree = parse(query, { noLocation: true })));
  }
  const all = tree.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const meant = operationName === undefined ? all : all.filter(({ name }) => name?.value === operationName);
  const [only] = meant;
  if (!only || meant.length > 1) throw new TypeError(operationName === undefined ? 'The document must have one operation, or operationName must say which is meant.' : `The document has no operation ${operationName}.`);
  return only;
}

function isNode(document: Document<any, any>): document is TypedDocumentNode { // any: as above
  return typeof document === 'object' && 'kind' in document;
}
