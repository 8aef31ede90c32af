import type { Identity } from '@hubgraph/kit/identity';
import type { GraphQLError } from 'graphql';
import { begin, type Parameters } from '../begin.ts';
import type { Client } from '../clients.ts';
import { stopped } from '../closing.ts';
import { openResponse, type OpenResponse } from '../http/response.ts';
import { runOperation } from '../http/run.ts';
import type { Surroundings, Visit } from '../http/visit.ts';
import type { Prepared } from '../../query/engine.ts';
import { createSession } from '../session.ts';
import { COMMENT, eventText, SSE_TYPE } from './events.ts';

/** Single connection mode: operations come by requests of their own, all their answers go over one event stream. */
export interface SingleConnection extends Client {
  /** Whether its event stream was opened: it is opened once. */
  readonly attached: boolean;
  /** Opens the event stream in the response of `visit`. */
  attach(visit: Visit): void;
  /**
   * Begins an operation; what it answers before the event stream is there waits for it.
   *
   * @throws PublicError or Refused when it is refused
   */
  operate(id: string, prepared: Prepared, parameters: Parameters): void;
}

/** A connection of `identity` whose event stream is not there yet. */
export function createSingleConnection({ ground, reporter }: Surroundings, identity: Identity): SingleConnection {
  const opened = Promise.withResolvers<OpenResponse | undefined>();
  const closed = Promise.withResolvers<void>();
  let out: OpenResponse | undefined;

  const payload = (id: string, json: string): string => eventText('next', `{"id":${JSON.stringify(id)},"payload":${json}}`);
  const complete = (id: string): string => eventText('complete', JSON.stringify({ id }));
  const failure = (id: string, errors: readonly GraphQLError[]): string => payload(id, JSON.stringify({ errors }));
  const gone = (): void => {
    session.gone();
    opened.resolve(undefined);
    closed.resolve();
  };

  const session = createSession({
    sink(id) {
      const prefix = `event: next\ndata: {"id":${JSON.stringify(id)},"payload":`;
      return {
        transport: 'sse',
        get open() { return out?.roomy === true; },
        ready: async () => (await (out ?? (await opened.promise))?.ready()) ?? true,
        write: ({ json }) => out?.write(`${prefix}${json}}\n\n`),
      };
    },
    farewell(cursors, retryAfter) {
      for (const [id, cursor] of Object.entries(cursors)) out?.write(failure(id, [stopped(cursor, retryAfter)]) + complete(id));
    },
    close() {
      if (out) out.end();
      else gone();
    },
  }, ground);
  session.identity = identity;

  return {
    session,
    transport: 'sse',
    closed: closed.promise,
    get attached() { return out !== undefined; },
    attach(visit) {
      const { name } = session;
      out = openResponse(visit.request, visit.take(), { contentType: SSE_TYPE, opening: COMMENT, headers: visit.headers, settings: ground.settings, blocked: (bytes) => reporter.report('socket.blocked', { socket: name, bytes }) });
      opened.resolve(out);
      reporter.report('response.opened', { socket: name, transport: 'sse', sub: identity.sub });
      void out.closed.then(() => {
        gone();
        reporter.report('response.closed', { socket: name, transport: 'sse' });
      });
    },
    operate(id, prepared, parameters) {
      const operation = begin(ground, session, id, prepared, parameters);
      const send = async (text: string): Promise<void> => (out ?? (await opened.promise))?.send(text);
      const answers = { result: (result: object) => send(payload(id, JSON.stringify(result))), failure: (errors: readonly GraphQLError[]) => send(failure(id, errors)) };
      void runOperation(operation, answers, ground.log, parameters.requestId).then(() => send(complete(id)));
    },
    beat: () => out?.beat(() => COMMENT),
    cut() {
      if (out) out.cut();
      else gone();
    },
  };
}
