import { operationFromDocument } from '@apollo/federation-internals';
import type { Stage } from './passage.ts';

/** Plans the permitted part: which hub is asked what, in which order. */
export const plan: Stage = (passage, { graph }) => {
  // Validated by the stage before; the planner's own validation would repeat it.
  const operation = operationFromDocument(graph.api, passage.permitted, { operationName: passage.operation.name?.value, validate: false });
  passage.plan = graph.planner.buildQueryPlan(operation);
};
