import type { Hub } from '@hubgraph/kit/hub';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { DEFAULT_DEADLINES, deadlineOf, type Deadlines, type HubCall, type HubCaller } from './caller.ts';
import { startDeadline } from './deadline.ts';
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

/** Runs `work` until its deadline; work that ignores its signal is left behind. */
async function inTime(hub: string, call: HubCall, milliseconds: number, work: (signal: AbortSignal) => Promise<ExecutionResult>): Promise<ExecutionResult> {
  using deadline = startDeadline(milliseconds, call.signal);
  const { signal } = deadline;
  if (signal.aborted) throw outOfTime(signal.reason);
  const over = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => over.reject(deadline.late ? unavailable(hub, `no answer within ${milliseconds} ms`) : outOfTime(signal.reason)), { once: true });
  return await Promise.race([work(signal), over.promise]);
}
