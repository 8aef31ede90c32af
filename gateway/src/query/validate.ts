import { NoSchemaIntrospectionCustomRule, specifiedRules, validate as validateDocument } from 'graphql';
import type { Stage } from './passage.ts';
import { refuseAll } from './refused.ts';

/** Enough for a person to mend the document; a hostile one could have thousands. */
const MOST_ERRORS = 50;
const PRODUCTION_RULES = [...specifiedRules, NoSchemaIntrospectionCustomRule];

/** Checks the document against what clients may see of the supergraph. */
export const validate: Stage = (passage, { graph, development }) => {
  const rules = development ? specifiedRules : PRODUCTION_RULES;
  const errors = validateDocument(graph.schema, passage.document, rules, { maxErrors: MOST_ERRORS, hideSuggestions: !development });
  if (errors.length > 0) throw refuseAll('GRAPHQL_VALIDATION_FAILED', errors);
};
