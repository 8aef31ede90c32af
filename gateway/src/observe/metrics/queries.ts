import type { Registry } from 'prom-client';
import type { Ears } from './metrics.ts';
import { makeIn } from './make.ts';

/** Methods that a request is counted by; a client may write any word there. */
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']);

/** Metrics of queries and mutations, of calls to hubs, and of HTTP. */
export function queryMetrics(registry: Registry, operations: ReadonlySet<string>): Ears {
  const { counter, gauge, histogram } = makeIn(registry);
  const requests = counter('http_requests_total', 'HTTP requests answered, by the pattern of their path; a stream counts when it ends.', ['route', 'method', 'status']);
  const prepared = counter('operations_prepared_total', 'Operations looked up before they run, by whether the plan was known (hit), made (miss), or the operation refused.', ['outcome']);
  const planning = histogram('operation_prepare_seconds', 'Time to parse, check and plan an operation whose plan was not known.');
  const refused = counter('operations_refused_total', 'Operations refused before they ran.', ['code']);
  const inFlight = gauge('operations_in_flight', 'Queries and mutations that run at present.');
  const answered = counter('operations_total', 'Queries and mutations answered, by operation (of schema/operations, else other) and outcome: ok, or the code of the first error.', ['operation', 'kind', 'outcome']);
  const seconds = histogram('operation_seconds', 'How long queries and mutations took.', ['operation', 'kind']);
  const calls = counter('hub_calls_total', 'Calls to hubs, for requests and for events, by outcome: ok, or the code of the first error.', ['hub', 'kind', 'outcome']);
  const callSeconds = histogram('hub_call_seconds', 'How long calls to hubs took, as the gateway saw it.', ['hub']);
  const callsInFlight = gauge('hub_calls_in_flight', 'Calls to hubs that are not answered yet.', ['hub']);
  const nameOf = (name: string | undefined): string => (name !== undefined && operations.has(name) ? name : 'other');

  return {
    'http.answered': ({ route, method, status }) => requests.inc({ route, method: METHODS.has(method) ? method : 'other', status: String(status) }),
    'operation.prepared'({ known, milliseconds, code }) {
      prepared.inc({ outcome: code !== undefined ? 'refused' : known ? 'hit' : 'miss' });
      if (code !== undefined) refused.inc({ code });
      else if (!known) planning.observe(milliseconds / 1_000);
    },
    'operation.begun': () => inFlight.inc(),
    'operation.ended'({ prepared: { kind, operationName }, code, milliseconds }) {
      const operation = nameOf(operationName);
      inFlight.dec();
      answered.inc({ operation, kind, outcome: code });
      seconds.observe({ operation, kind }, milliseconds / 1_000);
    },
    'hub.asked': ({ hub }) => callsInFlight.inc({ hub }),
    'hub.answered'({ hub, kind, outcome, milliseconds }) {
      callsInFlight.dec({ hub });
      calls.inc({ hub, kind, outcome });
      callSeconds.observe({ hub }, milliseconds / 1_000);
    },
  };
}
