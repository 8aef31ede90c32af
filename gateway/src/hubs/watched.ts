import { PublicError } from '@hubgraph/kit/errors';
import { inSpan } from '@hubgraph/kit/trace/trace';
import { outcomeOf } from '../observe/outcome.ts';
import type { Reporter } from '../observe/reporter.ts';
import type { HubCaller } from './caller.ts';

/** Reports every call of `caller` and makes it a step of its trace. */
export function watched(caller: HubCaller, reporter: Reporter): HubCaller {
  const { hub } = caller;
  return {
    hub,
    call(call) {
      const begun = performance.now();
      reporter.report('hub.asked', { hub });
      const told = (outcome: string): string => {
        reporter.report('hub.answered', { hub, kind: call.kind, outcome, milliseconds: performance.now() - begun });
        return outcome;
      };
      return inSpan(() => ({ name: `call ${hub}`, kind: 'client', parent: call.traceparent, links: call.links, attributes: { 'hubgraph.hub': hub, 'graphql.operation.type': call.kind } }), async (span) => {
        try {
          const result = await caller.call(span ? { ...call, traceparent: span.traceparent } : call);
          const outcome = told(outcomeOf(result.errors));
          if (outcome !== 'ok') span?.fail(outcome);
          return result;
        } catch (error) {
          told(error instanceof PublicError ? error.code : 'INTERNAL');
          throw error;
        }
      });
    },
    health: caller.health && (() => caller.health?.() ?? Promise.resolve([])),
    close: () => caller.close(),
  };
}
