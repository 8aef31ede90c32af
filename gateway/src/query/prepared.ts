import type { QueryPlan } from '@apollo/query-planner';
import { getArgumentValues, parse, type DocumentNode, type FieldNode, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import type { Graph } from '../supergraph/supergraph.ts';
import type { Passage } from './passage.ts';
import type { Withheld } from './withheld.ts';

/** An operation that may run, for callers of one authorisation class. Immutable and shared. */
export interface Prepared {
  readonly kind: `${OperationDefinitionNode['operation']}`;
  readonly operationName?: string;
  /** The document and the name of the operation, as they came: another supergraph prepares them anew. */
  readonly asked: { readonly source: string; readonly operationName?: string };
  /** The operation as it was asked. */
  readonly operation: OperationDefinitionNode;
  /** The operation that the response is completed by; see the stage authorise. */
  readonly shape: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly plan: QueryPlan;
  /** Fields asked for that these callers may not see. */
  readonly withheld: readonly Withheld[];
  /** The graph that it was prepared for; it stays valid when the gateway loads another. */
  readonly graph: Graph;
  /** Only of a subscription. */
  readonly subscription?: PreparedSubscription;
}

/** What the subscription path needs to know of a subscription operation. */
export interface PreparedSubscription {
  /** Subgraph that the plan asks for the event itself, `events` in our graph. */
  readonly subgraph: string;
  /** Subscription field, such as `workstreamChanged`. */
  readonly field: string;
  /** Its name in the response. */
  readonly responseName: string;
  /** The operation that the plan puts to `subgraph`: its answer is the `primaryData` of `executeEvent`. */
  readonly primary: DocumentNode;
  /** Names of the operation's variables that `primary` uses. */
  readonly variables: readonly string[];
  /** The field's arguments, coerced. */
  arguments(variables: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/** What the stages have made of an operation. */
export function preparedOf(passage: Passage, graph: Graph): Prepared {
  return {
    kind: passage.operation.operation,
    operationName: passage.operation.name?.value,
    asked: { source: passage.source, operationName: passage.operationName },
    operation: passage.operation,
    shape: passage.shape,
    fragments: passage.fragments,
    plan: passage.plan,
    withheld: passage.withheld,
    graph,
    subscription: passage.operation.operation === 'subscription' ? subscriptionOf(passage, graph) : undefined,
  };
}

function subscriptionOf(passage: Passage, graph: Graph): PreparedSubscription | undefined {
  const { node } = passage.plan;
  const root = graph.schema.getSubscriptionType();
  const field = firstField(passage.operation.selectionSet, passage);
  const definition = field && root?.getFields()[field.name.value];
  if (node?.kind !== 'Subscription' || !field || !definition) return undefined;
  return {
    subgraph: node.primary.serviceName,
    field: field.name.value,
    responseName: field.alias?.value ?? field.name.value,
    primary: parse(node.primary.operation, { noLocation: true }),
    variables: node.primary.variableUsages ?? [],
    arguments: (variables) => getArgumentValues(definition, field, variables),
  };
}

// Validation allows exactly one root field, but it may stand in a fragment.
function firstField(selectionSet: SelectionSetNode, passage: Passage): FieldNode | undefined {
  for (const selection of selectionSet.selections) {
    if (selection.kind === 'Field') return selection;
    const inner = selection.kind === 'InlineFragment' ? selection : passage.fragments[selection.name.value];
    const found = inner && firstField(inner.selectionSet, passage);
    if (found) return found;
  }
  return undefined;
}
