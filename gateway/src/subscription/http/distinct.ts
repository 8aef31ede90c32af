import type { GraphQLError } from 'graphql';
import type { Prepared } from '../../query/engine.ts';
import { begin, errorsOf, type Parameters } from '../begin.ts';
import type { Operation } from '../operation.ts';
import { createSession, type Session } from '../session.ts';
import type { Client } from '../clients.ts';
import type { Dialect } from './dialect.ts';
import { openResponse, type OpenResponse } from './response.ts';
import { runOperation } from './run.ts';
import { TOKEN_HEADER, type Surroundings, type Visit } from './visit.ts';

/** One operation over one response. */
export interface DistinctStream extends Client {
  /** Tells the client its place, after other rights have changed it. */
  moved(): void;
}

/** The one operation of a session that has no other. */
const ONLY = '';

/**
 * Serves one operation over one response, which stays open until the operation ends or the client goes.
 *
 * @returns the client, or the errors of an operation that is refused while the response is not begun
 */
export function serveDistinct(surroundings: Surroundings, dialect: Dialect, visit: Visit, prepared: Prepared, parameters: Parameters): DistinctStream | readonly GraphQLError[] {
  const { ground } = surroundings;
  let out: OpenResponse | undefined;
  // the place that the client was told last
  let told: string | undefined;
  const session = createSession({
    sink: () => ({
      transport: dialect.transport,
      get open() { return out?.roomy === true; },
      ready: async () => (await out?.ready()) ?? true,
      write(frame) {
        told = frame.cursor;
        out?.write(dialect.event(frame));
      },
      current: (cursor) => out?.write(dialect.heartbeat((told = cursor), true)),
    }),
    farewell: (cursors, retryAfter) => out?.write(dialect.farewell(cursors[ONLY], retryAfter)),
    close: () => out?.end(),
  }, ground);

  let operation: Operation;
  try {
    session.identity = visit.identity;
    operation = begin(ground, session, ONLY, prepared, { ...parameters, requestId: visit.requestId, traceparent: visit.traceparent });
  } catch (error) {
    session.gone();
    return errorsOf(error, ground.log, visit.requestId);
  }
  const open = (out = openFor(surroundings, dialect, visit, session));
  /** The place that the client was not told yet. */
  const news = (): string | undefined => {
    const cursor = session.subscribers.get(ONLY)?.cursor();
    return cursor === told ? undefined : (told = cursor);
  };
  const answers = { result: async (result: object) => open.send(dialect.result(result)), failure: async (errors: readonly GraphQLError[]) => open.send(dialect.failure(errors)) };
  void runOperation(operation, answers, ground.log, visit.requestId).then(() => open.end(dialect.ending));
  return {
    session,
    transport: dialect.transport,
    closed: open.closed,
    beat: () => open.beat(() => dialect.heartbeat(news())),
    moved: () => open.write(dialect.heartbeat(news())),
    cut: () => open.cut(),
  };
}

/** Answers with a refusal as the stream itself: an EventSource shows its page nothing else. */
export function refuseDistinct(surroundings: Surroundings, dialect: Dialect, visit: Visit, errors: readonly GraphQLError[]): void {
  openFor(surroundings, dialect, visit).end(dialect.failure(errors) + dialect.ending);
}

/** Opens the response and ends the session with it. */
function openFor({ ground, reporter }: Surroundings, { transport, contentType, opening }: Dialect, visit: Visit, session?: Session): OpenResponse {
  const socket = session?.name ?? '';
  const headers = visit.token === undefined ? visit.headers : { ...visit.headers, [TOKEN_HEADER]: visit.token };
  const out = openResponse(visit.request, visit.take(), { contentType, opening, headers, settings: ground.settings, blocked: (bytes) => reporter.report('socket.blocked', { socket, bytes }) });
  if (session) {
    reporter.report('response.opened', { socket, transport, sub: session.identity?.sub });
    void out.closed.then(() => {
      session.gone();
      reporter.report('response.closed', { socket, transport });
    });
  }
  return out;
}
