import { fulfils, type Identity } from '@hubgraph/kit/identity';
import { getNamedType, isCompositeType, isListType, isNonNullType, type FieldNode, type GraphQLCompositeType, type GraphQLOutputType, type SelectionNode } from 'graphql';
import type { Requirement, Requirements } from '../supergraph/requirements.ts';
import type { Passage, Stage, Surroundings } from './passage.ts';
import { refuse, Refused } from './refused.ts';
import { refusalOf, WITHHELD_MARK, type Condition, type Withheld } from './withheld.ts';

export type { Withheld } from './withheld.ts';

/** What an operation without an identity may select at its root. */
const OPEN_FIELDS: ReadonlySet<string> = new Set(['__typename', '__schema', '__type']);

/**
 * Takes out of the operation what the caller may not see.
 *
 * A query goes on without those fields; the response has null in their place and one `FORBIDDEN` error each. A mutation
 * or subscription whose own field is forbidden does not run at all: half of what was asked to be done is not what was asked.
 */
export const authorise: Stage = (passage, surroundings) => {
  refuseStrangers(passage, surroundings);
  const { permitted, shaped, withheld } = separate(passage, surroundings);
  if (withheld.length === 0) {
    Object.assign(passage, { permitted: passage.document, shape: passage.operation, withheld });
    return;
  }
  const ownFields = withheld.filter(({ path }) => path.length === 1);
  if (passage.operation.operation !== 'query' && ownFields.length > 0) throw new Refused(ownFields.map((field) => refusalOf(field)));
  passage.withheld = withheld;
  passage.shape = { ...passage.operation, selectionSet: { ...passage.operation.selectionSet, selections: shaped } };
  passage.permitted = {
    ...passage.document,
    definitions: [{ ...passage.operation, selectionSet: { ...passage.operation.selectionSet, selections: permitted } }],
  };
};

/**
 * The part of an identity that decides what an operation may see, as a text. Callers of one class share plans.
 */
export function classOf(identity: Identity | undefined, requirements: Requirements): string {
  if (!identity) return 'nobody';
  return `identity ${requirements.scopes.filter((scope) => identity.scopes.includes(scope)).join(' ')}`;
}

function refuseStrangers(passage: Passage, surroundings: Surroundings): void {
  if (passage.identity || surroundings.anonymous) return;
  const open = (selections: readonly SelectionNode[]): boolean =>
    selections.every((selection) => {
      if (selection.kind === 'Field') return OPEN_FIELDS.has(selection.name.value);
      if (selection.kind === 'InlineFragment') return open(selection.selectionSet.selections);
      const fragment = passage.fragments[selection.name.value];
      return fragment === undefined || open(fragment.selectionSet.selections);
    });
  if (!open(passage.operation.selectionSet.selections)) throw refuse('UNAUTHENTICATED', 'A valid bearer token is needed.');
}

interface Parts {
  readonly permitted: SelectionNode[];
  readonly shaped: SelectionNode[];
}

/** Walks the operation with fragments in place: the same fragment may be seen at one use and not at another. */
function separate(passage: Passage, { graph }: Surroundings): Parts & { readonly withheld: Withheld[] } {
  const { identity, fragments } = passage;
  const withheld = new Map<string, Withheld>();

  const walk = (selections: readonly SelectionNode[], parent: GraphQLCompositeType, path: readonly string[], conditions: readonly Condition[]): Parts => {
    const parts: Parts = { permitted: [], shaped: [] };
    for (const selection of selections) {
      const inner = [...conditions, ...conditionsOf(selection)];
      if (selection.kind === 'Field') walkField(selection, parent, path, inner, parts);
      else walkFragment(selection, parent, path, inner, parts);
    }
    // A selection may not be empty, and the object around a withheld field is still asked for.
    if (parts.permitted.length === 0) parts.permitted.push({ kind: 'Field' as never, name: { kind: 'Name' as never, value: '__typename' } });
    return parts;
  };

  const walkField = (field: FieldNode, parent: GraphQLCompositeType, path: readonly string[], conditions: readonly Condition[], parts: Parts): void => {
    const definition = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined;
    if (!definition) {
      parts.permitted.push(field);
      parts.shaped.push(field);
      return;
    }
    const name = field.alias?.value ?? field.name.value;
    const missing = graph.requirements.of(parent.name, field.name.value).filter((requirement) => !identity || !fulfils(identity, requirement));
    if (missing.length > 0) {
      const here: Withheld = { path: [...path, name], conditions, missingScopes: missingScopes(identity, missing), authenticated: identity !== undefined };
      withheld.set(JSON.stringify([here.path, conditions]), here);
      parts.shaped.push({ ...field, alias: { kind: 'Name' as never, value: WITHHELD_MARK + name } });
      return;
    }
    const type = getNamedType(definition.type);
    if (!field.selectionSet || !isCompositeType(type)) {
      parts.permitted.push(field);
      parts.shaped.push(field);
      return;
    }
    const below = walk(field.selectionSet.selections, type, [...path, name, ...lists(definition.type)], conditions);
    parts.permitted.push({ ...field, selectionSet: { ...field.selectionSet, selections: below.permitted } });
    parts.shaped.push({ ...field, selectionSet: { ...field.selectionSet, selections: below.shaped } });
  };

  const walkFragment = (selection: Exclude<SelectionNode, FieldNode>, parent: GraphQLCompositeType, path: readonly string[], conditions: readonly Condition[], parts: Parts): void => {
    const fragment = selection.kind === 'FragmentSpread' ? fragments[selection.name.value] : selection;
    if (!fragment) return;
    const { typeCondition } = fragment;
    const named = typeCondition ? graph.schema.getType(typeCondition.name.value) : undefined;
    const type = named && isCompositeType(named) ? named : parent;
    const below = walk(fragment.selectionSet.selections, type, path, conditions);
    const inline = (selections: SelectionNode[]): SelectionNode => ({
      kind: 'InlineFragment' as never,
      typeCondition,
      directives: selection.directives,
      selectionSet: { kind: 'SelectionSet' as never, selections },
    });
    parts.permitted.push(inline(below.permitted));
    parts.shaped.push(inline(below.shaped));
  };

  const root = graph.schema.getRootType(passage.operation.operation);
  if (!root) throw refuse('GRAPHQL_VALIDATION_FAILED', `There is no ${passage.operation.operation} in this graph.`);
  const parts = walk(passage.operation.selectionSet.selections, root, [], []);
  return { ...parts, withheld: [...withheld.values()] };
}

/** What is lacking for the alternative that lacks least, over all unmet requirements. */
function missingScopes(identity: Identity | undefined, unmet: readonly Requirement[]): string[] {
  const missing = new Set<string>();
  for (const alternatives of unmet) {
    const lacks = alternatives.map((all) => all.filter((scope) => !identity?.scopes.includes(scope)));
    const [least = []] = lacks.sort((one, other) => one.length - other.length);
    for (const scope of least) missing.add(scope);
  }
  return [...missing].sort();
}

function conditionsOf(selection: SelectionNode): Condition[] {
  const conditions: Condition[] = [];
  for (const directive of selection.directives ?? []) {
    const name = directive.name.value;
    const value = directive.arguments?.find((argument) => argument.name.value === 'if')?.value;
    if (!value || (name !== 'skip' && name !== 'include')) continue;
    if (value.kind === 'Variable') conditions.push({ variable: value.name.value, included: name === 'include' });
    if (value.kind === 'BooleanValue') conditions.push({ value: value.value, included: name === 'include' });
  }
  return conditions;
}

function lists(type: GraphQLOutputType): string[] {
  if (isNonNullType(type)) return lists(type.ofType);
  return isListType(type) ? ['@', ...lists(type.ofType)] : [];
}
