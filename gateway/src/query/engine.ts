import type { ServiceMap } from '@apollo/gateway';
import type { Identity } from '@hubgraph/kit/identity';
import { newId } from '@hubgraph/kit/ids';
import { inSpan } from '@hubgraph/kit/trace/trace';
import { GraphQLError, print, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { HubCaller } from '../hubs/caller.ts';
import { startDeadline } from '../hubs/deadline.ts';
import { gathered } from '../hubs/gather.ts';
import { sourcesOf, type Errand } from '../hubs/sources.ts';
import { outcomeOf } from '../observe/outcome.ts';
import { silentReporter, type Reporter } from '../observe/reporter.ts';
import { loadSupergraph, type Graph } from '../supergraph/supergraph.ts';
import { classOf } from './authorise.ts';
import { execute, executeEvent, type Execution } from './execute.ts';
import { DEFAULT_LIMITS, type Limits } from './limit.ts';
import { mask } from './mask.ts';
import type { Passage } from './passage.ts';
import { preparation } from './pipeline.ts';
import { preparedOf, type Prepared } from './prepared.ts';
import { Refused } from './refused.ts';
import { readVariables } from './variables.ts';

export type { Prepared, PreparedSubscription } from './prepared.ts';
export { Refused } from './refused.ts';

export interface EngineOptions {
  readonly supergraphSdl: string;
  /** By subgraph name. A subgraph without one answers `HUB_UNAVAILABLE`. */
  readonly callers: ReadonlyMap<string, HubCaller>;
  readonly log: Logger;
  /** Introspection and suggestions; off by default. */
  readonly development?: boolean;
  /** Serve callers without an identity as far as the supergraph allows; off by default. */
  readonly anonymous?: boolean;
  readonly limits?: Partial<Limits>;
  /** Longest time for one request over all its hubs, in milliseconds; default 35,000. */
  readonly deadline?: number;
  readonly reporter?: Reporter;
}

/** What is asked: a document, the name of its operation, and who asks. */
export interface Asked {
  readonly source: string | DocumentNode;
  readonly operationName?: string | null;
  readonly identity?: Identity;
  /** Of the request that asks, for the log. */
  readonly requestId?: string;
}

/** One run of a prepared operation. */
export interface Run {
  readonly variables?: Readonly<Record<string, unknown>> | null;
  /** Of the same authorisation class as the identity that the operation was prepared for. */
  readonly identity?: Identity;
  readonly requestId?: string;
  readonly traceparent?: string;
  /** Aborted when nobody waits for the answer any longer. */
  readonly signal?: AbortSignal;
}

/** The query path without a transport: HTTP and sockets ask it the same way. */
export interface Engine {
  /** What clients see of the supergraph. */
  readonly schema: GraphQLSchema;
  readonly limits: Limits;
  /**
   * Makes an operation ready to run; the outcome is kept.
   *
   * @returns Refused with codes `GRAPHQL_PARSE_FAILED`, `OPERATION_TOO_LARGE`, `GRAPHQL_VALIDATION_FAILED`,
   * `UNAUTHENTICATED`, `FORBIDDEN` or, for a fault of ours, `INTERNAL`; never throws
   */
  prepare(asked: Asked): Promise<Prepared | Refused>;
  /** Runs a query or mutation. Never throws; errors are fit to be seen. Wrong variables give a result without data. */
  execute(prepared: Prepared, run: Run): Promise<ExecutionResult>;
  /**
   * Answers one event of a subscription. `primaryData` is the answer to `prepared.subscription.primary`; it is not changed.
   * Never throws; errors are fit to be seen.
   */
  executeEvent(prepared: Prepared, primaryData: Readonly<Record<string, unknown>>, run: Run): Promise<ExecutionResult>;
  /** The part of an identity that decides what operations may see; equal classes get equal answers of the plan. */
  classOf(identity: Identity | undefined): string;
  /**
   * Reads another supergraph and prepares the operations seen most for it, beside the present one.
   *
   * @throws when it cannot be served; nothing has changed then
   */
  stage(supergraphSdl: string): Promise<Staged>;
}

/** A supergraph that is ready to be gone over to. */
export interface Staged {
  readonly schema: GraphQLSchema;
  /** How many operations are ready for it. */
  readonly warmed: number;
  /** As {@link Engine.prepare} will answer, without waiting; a fault of ours is not masked. */
  prepare(asked: Asked): Prepared | Refused;
  /** Goes over; operations under way end on the supergraph that they were prepared for. */
  enter(): void;
}

/** In characters of document text: about what the plans of as much text take many times over in memory. */
const CACHED_TEXT = 8 * 1024 * 1024;
const CACHED_OPERATIONS = 4_000;
const DEADLINE = 35_000;

/** Operations that are prepared anew before another supergraph is gone over to, and the milliseconds that it may take. */
const WARMED = 500;
const WARMING_MS = 15_000;

/** A prepared operation and what it takes to prepare it for another supergraph. */
interface Kept {
  readonly prepared: Prepared;
  readonly asked: Asked;
  uses: number;
}

/** A supergraph with what was prepared for it. */
interface State {
  readonly graph: Graph;
  readonly kept: LRUCache<string, Kept>;
}

/** Builds the query path. @throws when the supergraph cannot be served. */
export function createEngine(options: EngineOptions): Engine {
  const { log, callers, development = false, anonymous = false, deadline = DEADLINE, reporter = silentReporter } = options;
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  let state = stateOf(options.supergraphSdl);

  function stateOf(sdl: string): State {
    return { graph: loadSupergraph(sdl), kept: new LRUCache({ max: CACHED_OPERATIONS, maxSize: CACHED_TEXT, sizeCalculation: (_, key) => key.length }) };
  }

  /** Operations that were made ready so far. */
  let made = 0;
  const prepareFor = ({ graph, kept }: State, asked: Asked): Prepared | Refused => {
    const { source, operationName, identity } = asked;
    const text = typeof source === 'string' ? source : print(source);
    const key = `${classOf(identity, graph.requirements)}\n${operationName ?? ''}\n${text}`;
    const known = kept.get(key);
    if (known) {
      known.uses++;
      return known.prepared;
    }
    try {
      // The missing fields are set by the stages, in the order of the list.
      const passage = { source: text, operationName: operationName ?? undefined, identity } as Passage;
      for (const stage of preparation) stage(passage, { graph, limits, development, anonymous });
      const prepared = preparedOf(passage, graph);
      made++;
      kept.set(key, { prepared, asked: { source: text, operationName, identity }, uses: 1 });
      return prepared;
    } catch (error) {
      return refusedBy(error);
    }
  };

  /** What was asked most is the first to be asked again; others get their turn between two. */
  const warm = async (next: State): Promise<void> => {
    const deadlineAt = performance.now() + WARMING_MS;
    const most = [...state.kept.values()].sort((one, other) => other.uses - one.uses).slice(0, WARMED);
    for (const { asked } of most) {
      if (performance.now() > deadlineAt) return;
      prepareFor(next, asked);
      await turn();
    }
  };

  const sources = sourcesFor(callers, log);
  // many events come at once and ask the same of the hubs
  const eventSources = sourcesFor(new Map([...callers].map(([hub, caller]) => [hub, gathered(caller)])), log);

  /** Runs `work` with what every run needs and turns whatever it throws into errors fit to be seen. */
  const run = async (prepared: Prepared, { variables, identity, requestId = newId(), traceparent, signal }: Run, work: (execution: Execution) => Promise<ExecutionResult>, from = sources, noticed: Errand['noticed'] = { unknownKey: false, calls: [] }): Promise<ExecutionResult> => {
    using time = startDeadline(deadline, signal);
    try {
      const errand = { identity, requestId, traceparent, signal: time.signal, noticed };
      const result = await work({ sources: from(prepared.graph), variables: readVariables(prepared, variables, limits), errand });
      return mask(result, log, requestId);
    } catch (error) {
      return mask({ errors: refusedBy(error).errors }, log, requestId);
    }
  };

  /** A query or mutation of a client, from beginning to end. */
  const request = async (prepared: Prepared, { requestId = newId(), ...asked }: Run): Promise<ExecutionResult> => {
    const { kind, operationName } = prepared;
    const begun = performance.now();
    const noticed = { unknownKey: false, calls: [] };
    reporter.report('operation.begun', { kind });
    const result = await inSpan(() => ({ name: `${kind} ${operationName ?? ''}`.trim(), parent: asked.traceparent, attributes: { 'graphql.operation.type': kind, 'graphql.operation.name': operationName } }), (span) =>
      run(prepared, { ...asked, requestId, traceparent: span?.traceparent ?? asked.traceparent }, (execution) => execute(prepared, execution), sources, noticed));
    reporter.report('operation.ended', { prepared, requestId, milliseconds: performance.now() - begun, code: outcomeOf(result.errors), calls: noticed.calls });
    return result;
  };

  return {
    get schema() {
      return state.graph.schema;
    },
    limits,
    async prepare(asked) {
      const begun = performance.now();
      const before = made;
      const prepared = prepareFor(state, asked);
      reporter.report('operation.prepared', { known: made === before, milliseconds: performance.now() - begun, code: prepared instanceof Refused ? (prepared.code ?? 'INTERNAL') : undefined });
      if (!(prepared instanceof Refused)) return prepared;
      const { errors } = mask({ errors: prepared.errors }, log, asked.requestId ?? newId());
      return new Refused(errors ?? []);
    },
    execute: (prepared, asked) => request(prepared, asked),
    executeEvent: (prepared, primaryData, asked) => run(prepared, asked, (execution) => executeEvent(prepared, primaryData, execution), eventSources),
    classOf: (identity) => classOf(identity, state.graph.requirements),
    async stage(supergraphSdl) {
      const next = stateOf(supergraphSdl);
      await warm(next);
      return {
        schema: next.graph.schema,
        warmed: next.kept.size,
        prepare: (asked) => prepareFor(next, asked),
        enter() {
          state = next;
        },
      };
    },
  };
}

/** The data sources of a graph, made once for each. */
function sourcesFor(callers: ReadonlyMap<string, HubCaller>, log: Logger): (graph: Graph) => ServiceMap {
  const byGraph = new WeakMap<Graph, ServiceMap>();
  return (graph) => {
    let known = byGraph.get(graph);
    if (!known) byGraph.set(graph, (known = sourcesOf(graph.subgraphs, callers, log)));
    return known;
  };
}

function refusedBy(error: unknown): Refused {
  if (error instanceof Refused) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return new Refused([cause instanceof GraphQLError ? cause : new GraphQLError(cause.message, { originalError: cause })]);
}
