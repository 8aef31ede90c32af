import { isTracing } from '@hubgraph/kit/trace/trace';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { HubCall, HubCaller } from './caller.ts';

/** Entities that one gathered call may ask for. A single call that asks for more goes as it is. */
const MOST = 500;

interface Part {
  readonly call: HubCall;
  readonly references: readonly unknown[];
  settle(result: ExecutionResult | Promise<ExecutionResult>): void;
}

/**
 * Puts calls that ask the same of entities, for the same caller and in the same turn of the event loop, to the hub as one:
 * what a burst of events needs of a hub costs one call, not one for each. Every caller gets its own entities and the errors
 * below them; an error of the whole call goes to all. An answer without entities says nothing about whose fault it is, so
 * then each call is put alone. The signal and the trace are those of the last and the first call.
 */
export function gathered(caller: HubCaller): HubCaller {
  const waiting = new Map<string, Part[]>();

  const flush = (): void => {
    const all = [...waiting.values()];
    waiting.clear();
    for (const parts of all) for (const batch of batchesOf(parts)) void put(batch);
  };
  const put = async (parts: readonly Part[]): Promise<void> => {
    const [first] = parts;
    if (!first) return;
    if (parts.length === 1) return first.settle(caller.call(first.call));
    const representations = parts.flatMap(({ references }) => references);
    const signal = parts.at(-1)?.call.signal ?? first.call.signal;
    try {
      const links = isTracing() ? parts.slice(1).map(({ call }) => call.traceparent) : undefined;
      const result = await caller.call({ ...first.call, links, signal, variables: { ...first.call.variables, representations } });
      const entities = result.data?._entities;
      if (!Array.isArray(entities) || entities.length !== representations.length) for (const part of parts) part.settle(caller.call(part.call));
      else share(parts, entities, result.errors ?? []);
    } catch (error) {
      for (const part of parts) part.settle(Promise.reject(error));
    }
  };

  return {
    hub: caller.hub,
    call(call) {
      const references = call.variables.representations;
      if (!Array.isArray(references)) return caller.call(call);
      const { representations: _, ...others } = call.variables;
      const key = JSON.stringify([call.query, others, call.identity?.sub, call.identity?.roles, call.identity?.scopes]);
      return new Promise((resolve) => {
        if (waiting.size === 0) setImmediate(flush);
        const parts = waiting.get(key);
        const part: Part = { call, references, settle: resolve };
        if (parts) parts.push(part);
        else waiting.set(key, [part]);
      });
    },
    health: caller.health && (() => caller.health?.() ?? Promise.resolve([])),
    close: () => caller.close(),
  };
}

function batchesOf(parts: readonly Part[]): Part[][] {
  const batches: Part[][] = [];
  let size = 0;
  for (const part of parts) {
    const last = batches.at(-1);
    if (last && size + part.references.length <= MOST) last.push(part);
    else {
      batches.push([part]);
      size = 0;
    }
    size += part.references.length;
  }
  return batches;
}

/** Deals out one answer. Errors name their entity by its index; those that do not are everybody's. */
function share(parts: readonly Part[], entities: readonly unknown[], errors: readonly GraphQLError[]): void {
  let from = 0;
  for (const { references, settle } of parts) {
    const to = from + references.length;
    const begin = from;
    const mine = errors.flatMap((error) => {
      const [root, index, ...below] = error.path ?? [];
      if (root !== '_entities' || typeof index !== 'number') return [error];
      return index >= begin && index < to ? [{ ...plain(error), path: ['_entities', index - begin, ...below] } as unknown as GraphQLError] : [];
    });
    settle({ data: { _entities: entities.slice(from, to) }, ...(mine.length > 0 && { errors: mine }) });
    from = to;
  }
}

/** The facts of an error, whether it came over the network or from a hub in this process. */
function plain({ message, locations, extensions }: GraphQLError) {
  return { message, ...(locations && { locations }), extensions };
}
