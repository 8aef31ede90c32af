import { GraphQLError, NoSchemaIntrospectionCustomRule, specifiedRules, validate as validateDocument, type SelectionSetNode } from 'graphql';
import type { Passage, Stage } from './passage.ts';
import { refuseAll } from './refused.ts';

/** Enough for a person to mend the document; a hostile one could have thousands. */
const MOST_ERRORS = 50;
const PRODUCTION_RULES = [...specifiedRules, NoSchemaIntrospectionCustomRule];

/** Checks the document against what clients may see of the supergraph. */
export const validate: Stage = (passage, { graph, development }) => {
  if (passage.operation.operation === 'subscription') requireUnconditional(passage.operation.selectionSet, passage);
  const rules = development ? specifiedRules : PRODUCTION_RULES;
  const errors = validateDocument(graph.schema, passage.document, rules, { maxErrors: MOST_ERRORS, hideSuggestions: !development });
  if (errors.length > 0) throw refuseAll('GRAPHQL_VALIDATION_FAILED', errors);
};

/** A subscription without its field is none; the GraphQL specification forbids the condition, graphql-js 16 does not yet. */
function requireUnconditional({ selections }: SelectionSetNode, { fragments }: Pick<Passage, 'fragments'>, seen = new Set<SelectionSetNode>()): void {
  for (const selection of selections) {
    const condition = selection.directives?.find(({ name }) => name.value === 'skip' || name.value === 'include');
    if (condition) throw refuseAll('GRAPHQL_VALIDATION_FAILED', [new GraphQLError(`@${condition.name.value} cannot stand at the root of a subscription.`, { nodes: condition })]);
    const inner = selection.kind === 'InlineFragment' ? selection : selection.kind === 'FragmentSpread' ? fragments[selection.name.value] : undefined;
    if (!inner || seen.has(inner.selectionSet)) continue;
    seen.add(inner.selectionSet);
    requireUnconditional(inner.selectionSet, { fragments }, seen);
  }
}
