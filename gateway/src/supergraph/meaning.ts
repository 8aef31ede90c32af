import { getArgumentValues, getNamedType, getVariableValues, isCompositeType, type GraphQLCompositeType, type SelectionSetNode } from 'graphql';
import type { Prepared } from '../query/prepared.ts';

/**
 * What an operation means in the graph that it was prepared for, to the caller that it was prepared for: the type of every
 * field that it selects, the value of every argument as the graph reads it, and which fields the caller is refused. Equal
 * texts for one operation in two graphs: nothing that it uses differs. What is only added does not show, nor what moved
 * from one hub to another, since the answer is the same.
 *
 * @returns undefined when the variables do not fit the graph
 */
export function meaningOf({ graph: { schema }, operation, fragments, withheld }: Prepared, variables: Readonly<Record<string, unknown>>): string | undefined {
  const root = schema.getRootType(operation.operation);
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (!root || !coerced) return undefined;
  const lines: string[] = [];

  const walk = ({ selections }: SelectionSetNode, parent: GraphQLCompositeType): void => {
    for (const selection of selections) {
      if (selection.kind === 'Field') {
        const field = 'getFields' in parent ? parent.getFields()[selection.name.value] : undefined;
        // `__typename` and introspection mean the same everywhere
        if (!field) continue;
        const type = getNamedType(field.type);
        lines.push(`${parent.name}.${field.name}(${JSON.stringify(getArgumentValues(field, selection, coerced))}): ${field.type} ${type.constructor.name}`);
        if (selection.selectionSet && isCompositeType(type)) walk(selection.selectionSet, type);
      } else {
        const fragment = selection.kind === 'FragmentSpread' ? fragments[selection.name.value] : selection;
        const named = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value);
        const type = isCompositeType(named) ? named : parent;
        lines.push(`... on ${type.name}`);
        if (fragment) walk(fragment.selectionSet, type);
      }
    }
  };

  try {
    walk(operation.selectionSet, root);
  } catch {
    // an argument that the graph cannot read
    return undefined;
  }
  return JSON.stringify([lines, withheld]);
}
