import type { QueryPlan } from '@apollo/query-planner';
import type { Identity } from '@hubgraph/kit/identity';
import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql';
import type { Graph } from '../supergraph/supergraph.ts';
import type { Limits } from './limit.ts';
import type { Withheld } from './authorise.ts';

/** What the stages before execution may use. */
export interface Surroundings {
  readonly graph: Graph;
  readonly limits: Limits;
  /** Whether introspection answers and messages make suggestions: in development only. */
  readonly development: boolean;
  /** Whether callers without an identity get more than `__typename` and introspection. */
  readonly anonymous: boolean;
}

/** One operation on its way through the stages. Each field is set by the stage named beside it and never changed after. */
export interface Passage {
  readonly source: string;
  readonly operationName?: string;
  readonly identity?: Identity;
  /** parse */
  document: DocumentNode;
  /** parse */
  operation: OperationDefinitionNode;
  /** parse */
  fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** authorise: the part of the operation that the caller may see; the operation itself when that is all of it. */
  permitted: DocumentNode;
  /** authorise: the operation that the response is completed by, withheld fields under names that no hub answers. */
  shape: OperationDefinitionNode;
  /** authorise */
  withheld: readonly Withheld[];
  /** plan */
  plan: QueryPlan;
}

/** One step before execution. It throws `Refused` to end the passage. */
export type Stage = (passage: Passage, surroundings: Surroundings) => void;
