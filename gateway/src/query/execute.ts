import { executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { PlanNode, QueryPlan } from '@apollo/query-planner';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Errand } from '../hubs/sources.ts';
import type { Prepared } from './prepared.ts';
import type { Variables } from './variables.ts';
import { refusalsOf, unmark, WITHHELD_MARK } from './withheld.ts';

/** What execution needs besides the operation. */
export interface Execution {
  readonly sources: ServiceMap;
  readonly variables: Variables;
  readonly errand: Errand;
}

/** Runs the plan and completes the response by the shape of what was asked. Errors are not masked yet. */
export async function execute(prepared: Prepared, execution: Execution): Promise<ExecutionResult> {
  const result = await runPlan(prepared, prepared.plan, execution);
  return prepared.withheld.length === 0 ? result : withRefusals(prepared, result, execution.variables);
}

/**
 * Answers one event of a subscription: `primaryData` is what the event's own subgraph would have answered, the rest of
 * the plan fetches what the other hubs add.
 */
export async function executeEvent(prepared: Prepared, primaryData: Readonly<Record<string, unknown>>, execution: Execution): Promise<ExecutionResult> {
  const { node } = prepared.plan;
  if (node?.kind !== 'Subscription') throw new Error('executeEvent needs a subscription operation');
  const nodes: PlanNode[] = node.rest ? [node.primary, node.rest] : [node.primary];
  const sources: ServiceMap = Object.create(execution.sources);
  // The executor writes into what it gets, and one event goes to many subscribers.
  sources[node.primary.serviceName] = { process: async () => ({ data: structuredClone(primaryData) as Record<string, any> }) };
  const result = await runPlan(prepared, { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } }, { ...execution, sources });
  return prepared.withheld.length === 0 ? result : withRefusals(prepared, result, execution.variables);
}

async function runPlan(prepared: Prepared, plan: QueryPlan, { sources, variables, errand }: Execution): Promise<ExecutionResult> {
  const { graph, shape, fragments } = prepared;
  // The executor reads only these of the request context of Apollo Server, which is not here.
  const context = { request: { variables: variables.given, operationName: prepared.operationName }, context: { errand }, metrics: {}, logger: console } as unknown as Parameters<typeof executeQueryPlan>[2];
  const operationContext = { schema: graph.schema, operation: shape, fragments: { ...fragments } };
  const result = await executeQueryPlan(plan, sources, context, operationContext, graph.supergraphSchema, graph.api);
  const errors = [...(result.errors ?? []), ...invalidValues(result, errand.noticed.unknownKey)];
  return errors.length > 0 ? { data: result.data, errors } : { data: result.data };
}

/**
 * What the executor reports of null or wrong values that no hub gave an error for; it puts them into extensions. Where a
 * hub did not know a key that another named, nulls are left at that unless they take the whole answer along: hubs name each
 * other's nouns by keys, and a key that nobody knows is no fault.
 */
function invalidValues(result: ExecutionResult, unknownKey: boolean): readonly GraphQLError[] {
  const errors = (result.extensions?.valueCompletion ?? []) as readonly GraphQLError[];
  const absorbed = ({ message }: GraphQLError) => unknownKey && result.data != null && message.startsWith('Cannot return null for non-nullable');
  return errors.filter((error) => !absorbed(error) && !error.path?.some((name) => typeof name === 'string' && name.startsWith(WITHHELD_MARK)));
}

function withRefusals(prepared: Prepared, result: ExecutionResult, variables: Variables): ExecutionResult {
  const errors = [...refusalsOf(prepared.withheld, variables.coerced), ...(result.errors ?? [])];
  const data = unmark(result.data, prepared.withheld) as ExecutionResult['data'];
  return errors.length > 0 ? { data, errors } : { data };
}
