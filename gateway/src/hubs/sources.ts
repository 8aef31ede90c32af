import type { GraphQLDataSource, ServiceMap } from '@apollo/gateway';
import type { Identity } from '@hubgraph/kit/identity';
import { PublicError } from '@hubgraph/kit/errors';
import type { Logger } from 'pino';
import { parse, type FieldNode, type GraphQLFormattedError } from 'graphql';
import { outcomeOf } from '../observe/outcome.ts';
import type { CallMade } from '../observe/reporter.ts';
import type { HubCaller } from './caller.ts';
import { unavailable } from './unavailable.ts';

/** What travels with one request through the executor to the hubs. */
export interface Errand {
  readonly identity?: Identity;
  readonly requestId: string;
  readonly traceparent?: string;
  readonly signal: AbortSignal;
  /** What was noticed on the way. */
  readonly noticed: {
    /** A hub knew nothing of a key that another hub named: a null that is no fault. */
    unknownKey: boolean;
    /** The calls that were made, in the order of their answers. */
    readonly calls: CallMade[];
  };
}

/** A data source of the executor for every subgraph; one that has no caller is a hub that is never available. */
export function sourcesOf(subgraphs: readonly string[], callers: ReadonlyMap<string, HubCaller>, log: Logger): ServiceMap {
  const sources: ServiceMap = Object.create(null);
  for (const hub of subgraphs) sources[hub] = sourceOf(hub, callers.get(hub), log);
  return sources;
}

function sourceOf(hub: string, caller: HubCaller | undefined, log: Logger): GraphQLDataSource {
  return {
    async process(options) {
      const { request } = options;
      const errand = (options.context as { errand: Errand }).errand;
      const query = request.query ?? '';
      const begun = performance.now();
      const made = (outcome: string): void => void errand.noticed.calls.push({ hub, milliseconds: performance.now() - begun, outcome });
      const path = 'pathInIncomingRequest' in options ? options.pathInIncomingRequest : undefined;
      try {
        if (!caller) throw unavailable(hub, 'no caller is configured for it');
        const result = await caller.call({ ...errand, query, operationName: request.operationName, kind: kindOf(query), variables: request.variables ?? {} });
        const entities = result.data?._entities;
        if (Array.isArray(entities) && entities.includes(null)) errand.noticed.unknownKey = true;
        made(outcomeOf(result.errors));
        return { data: result.data, errors: result.errors };
      } catch (error) {
        made(error instanceof PublicError ? error.code : 'INTERNAL');
        if (!(error instanceof PublicError)) throw error;
        log.warn({ hub, requestId: errand.requestId, err: error.cause ?? error }, error.message);
        return { data: null, errors: failures(error, query, path) };
      }
    },
  };
}

// The planner writes the operation's kind as its first word, and always for mutations.
function kindOf(query: string): 'query' | 'mutation' {
  return query.startsWith('mutation') ? 'mutation' : 'query';
}

/**
 * One error at the place whose data is missing: below an entity the path with `@` for "every element", at the root one
 * per field. The executor puts `path` of the fetch in front.
 */
function failures(error: PublicError, query: string, path: readonly (string | number)[] | undefined): GraphQLFormattedError[] {
  const failure = { message: error.message, extensions: error.extensions };
  if (path && path.length > 0) return [{ ...failure, path: [] }];
  return rootNames(query).map((name) => ({ ...failure, path: [name] }));
}

function rootNames(query: string): string[] {
  const [operation] = parse(query, { noLocation: true }).definitions;
  const selections = operation && 'selectionSet' in operation ? operation.selectionSet.selections : [];
  const fields = selections.filter((selection): selection is FieldNode => selection.kind === 'Field');
  return fields.map((field) => field.alias?.value ?? field.name.value);
}
