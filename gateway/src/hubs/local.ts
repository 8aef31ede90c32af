import type { Hub } from '@hubgraph/kit/hub';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { DEFAULT_DEADLINES, deadlineOf, type Deadlines, type HubCall, type HubCaller } from './caller.ts';
import { outOfTime, unavailable } from './unavailable.ts';

/** Enough for the operations of two thousand plans; a forgotten one costs a parse, nothing else. */
const DOCUMENTS = 4_000;

/** Calls a hub in the same process: its executable schema directly, each operation text parsed once. */
export function localCaller(hub: Hub, deadlines: Deadlines = DEFAULT_DEADLINES): HubCaller {
  const name = hub.definition.manifest.name;
  const documents = new LRUCache<string, DocumentNode>({ max: DOCUMENTS });
  let closed = false;

  return {
    hub: name,
    async call(call) {
      if (closed) throw unavailable(name, 'the gateway is closing');
      let document = documents.get(call.query);
      if (!document) documents.set(call.query, (document = parse(call.query, { noLocation: true })));
      return inTime(name, call, deadlineOf(call, deadlines), (signal) =>
        hub.execute({
          document: document as DocumentNode,
          operationName: call.operationName,
          variables: call.variables,
          identity: call.identity,
          requestId: call.requestId,
          traceparent: call.traceparent,
          signal,
        }),
      );
    },
    async close() {
      closed = true;
    },
  };
}

/** Runs `work` with a signal that ends with the caller's or after `milliseconds`; work that ignores it is left behind. */
async function inTime(hub: string, call: HubCall, milliseconds: number, work: (signal: AbortSignal) => Promise<ExecutionResult>): Promise<ExecutionResult> {
  if (call.signal.aborted) throw outOfTime(call.signal.reason);
  const own = new AbortController();
  let giveUp: (error: Error) => void = () => {};
  const given = new Promise<never>((_, reject) => (giveUp = reject));
  const late = setTimeout(() => (giveUp(unavailable(hub, `no answer within ${milliseconds} ms`)), own.abort()), milliseconds);
  const gone = (): void => (giveUp(outOfTime(call.signal.reason)), own.abort(call.signal.reason));
  call.signal.addEventListener('abort', gone, { once: true });
  try {
    return await Promise.race([work(own.signal), given]);
  } finally {
    clearTimeout(late);
    call.signal.removeEventListener('abort', gone);
  }
}
