import type { FragmentDefinitionNode, OperationDefinitionNode, SelectionNode } from 'graphql';
import type { Passage, Stage } from './passage.ts';
import { tooLarge } from './refused.ts';

/** How large an operation may be. Fragments count at every use. */
export interface Limits {
  /** Tokens of the document. */
  readonly tokens: number;
  /** Fields within fields. */
  readonly depth: number;
  /** Fields with an alias. */
  readonly aliases: number;
  /** Fields at the root. */
  readonly rootFields: number;
  /** Directives at fields, fragments and the operation. */
  readonly directives: number;
  /** All fields. Guards planning and execution against fragments that multiply. */
  readonly fields: number;
  /** Lists and objects within each other in the variables. */
  readonly variablesDepth: number;
}

export const DEFAULT_LIMITS: Limits = { tokens: 2_000, depth: 10, aliases: 20, rootFields: 20, directives: 50, fields: 4_000, variablesDepth: 32 };

/** What is counted of an operation; a limit of the same name bounds it. */
type Count = Pick<Limits, 'depth' | 'aliases' | 'rootFields' | 'directives' | 'fields'>;
const ORDER = ['rootFields', 'depth', 'aliases', 'directives', 'fields'] as const satisfies readonly (keyof Count)[];

/** Refuses an operation that is larger than the limits, before anything is spent on understanding it. */
export const limit: Stage = (passage, { limits }) => {
  const counted = count(passage);
  for (const what of ORDER) if (counted[what] > limits[what]) throw tooLarge(what, limits[what], counted[what]);
};

/** Counts in one visit of every definition: what a fragment adds is kept and added at each use. */
export function count(passage: Pick<Passage, 'operation' | 'fragments'>): Count {
  const counts = new Map<FragmentDefinitionNode, Count>();

  const countAll = (selections: readonly SelectionNode[]): Count => {
    const total = { depth: 0, aliases: 0, rootFields: 0, directives: 0, fields: 0 };
    for (const selection of selections) {
      const part = countOne(selection);
      total.depth = Math.max(total.depth, part.depth);
      total.aliases += part.aliases;
      total.rootFields += part.rootFields;
      total.directives += part.directives + (selection.directives?.length ?? 0);
      total.fields += part.fields;
    }
    return total;
  };

  const countOne = (selection: SelectionNode): Count => {
    if (selection.kind === 'InlineFragment') return countAll(selection.selectionSet.selections);
    if (selection.kind === 'FragmentSpread') return countFragment(passage.fragments[selection.name.value]);
    const alias = selection.alias && selection.alias.value !== selection.name.value ? 1 : 0;
    const below = countAll(selection.selectionSet?.selections ?? []);
    // Introspection is deep by nature; graphql-js bounds it by a validation rule of its own.
    const depth = selection.name.value === '__schema' || selection.name.value === '__type' ? 1 : below.depth + 1;
    return { depth, aliases: below.aliases + alias, rootFields: 1, directives: below.directives, fields: below.fields + 1 };
  };

  const countFragment = (fragment: FragmentDefinitionNode | undefined): Count => {
    if (!fragment) return countAll([]);
    let known = counts.get(fragment);
    if (!known) {
      // A fragment that uses itself adds nothing here; validation refuses it.
      counts.set(fragment, countAll([]));
      counts.set(fragment, (known = countAll(fragment.selectionSet.selections)));
    }
    return known;
  };

  const total = countAll(passage.operation.selectionSet.selections);
  return { ...total, directives: total.directives + directivesOf(passage.operation) };
}

function directivesOf(operation: OperationDefinitionNode): number {
  const ofVariables = (operation.variableDefinitions ?? []).reduce((sum, definition) => sum + (definition.directives?.length ?? 0), 0);
  return (operation.directives?.length ?? 0) + ofVariables;
}

/** How deep lists and objects of `value` nest, counted no further than `most` + 1 and without recursion. */
export function nesting(value: unknown, most: number): number {
  let level: unknown[] = [value];
  let depth = 0;
  for (;;) {
    level = level.flatMap((item) => (Array.isArray(item) ? item : typeof item === 'object' && item !== null ? Object.values(item) : []));
    const nested = level.length > 0;
    if (!nested || depth > most) return depth;
    depth++;
  }
}
