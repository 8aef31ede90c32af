import { topLevelCodes, type TopLevelCode } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';
import type { Prepared } from '../../query/engine.ts';
import { Refused } from '../../query/engine.ts';
import { errorsOf, LONGEST_ID, type Parameters } from '../begin.ts';
import type { Client, Clients } from '../clients.ts';
import { multipartDialect } from '../multipart/parts.ts';
import { sseDialect } from '../sse/events.ts';
import { keepReservations, newToken, type Reservation } from '../sse/reservations.ts';
import type { Transport } from './accept.ts';
import { refuseDistinct, serveDistinct, type DistinctStream } from './distinct.ts';
import type { Surroundings, Visit } from './visit.ts';

/** What a request is answered with that is not a stream. */
export interface Answer {
  readonly status: number;
  readonly text?: string;
  readonly errors?: readonly GraphQLError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Streams over HTTP: each method answers, or takes the response of the visit and returns undefined. */
export interface Streams {
  /** One operation over one response. `token` is that of a reservation, for callers that cannot say who they are. */
  distinct(transport: Transport, visit: Visit, prepared: Prepared | Refused, parameters: Parameters): Answer | undefined;
  /** Refuses a mutation by GET. */
  needsPost(): Answer;
  /** Who a reservation was made for; undefined when there is none that `identity` may use. */
  holder(token: string, identity: Identity | undefined): Identity | undefined;
  /** PUT: a place for an event stream. */
  reserve(identity: Identity | undefined): Answer;
  /** GET with the token: the event stream of a reservation. */
  attach(token: string, visit: Visit): Answer | undefined;
  /** POST with the token: an operation whose answers go over the event stream. */
  operate(token: string, visit: Visit, prepared: Prepared | Refused, parameters: Parameters): Answer;
  /** POST with the token and without a body: the stream goes on with the token of `visit`'s `Authorization`. */
  renew(token: string, visit: Visit): Promise<Answer>;
  /** DELETE with the token: the end of an operation. */
  complete(token: string, identity: Identity | undefined, operationId: string | null): Answer;
}

const DIALECTS = { sse: sseDialect, multipart: multipartDialect } as const;

const refusal = (status: number, code: TopLevelCode, message: string, more: { readonly facts?: GraphQLErrorExtensions; readonly headers?: Readonly<Record<string, string>> } = {}): Answer => ({
  status, headers: more.headers, errors: [new GraphQLError(message, { extensions: { code, ...more.facts } })],
});
const unauthenticated = (): Answer => refusal(401, 'UNAUTHENTICATED', 'A valid bearer token is needed.', { headers: { 'www-authenticate': 'Bearer realm="hubgraph"' } });
const nowhere = (): Answer => refusal(404, 'BAD_USER_INPUT', 'There is no such reservation; make one with PUT.');

/** Streams among the connections that `clients` keeps. */
export function createStreams(surroundings: Surroundings, clients: Clients, isStopping: () => boolean): Streams {
  const { ground } = surroundings;
  const { HUBGRAPH_WS_MAX_SOCKETS: mostConnections, HUBGRAPH_HTTP_STREAMS: mostOfOne } = ground.settings;
  const reservations = keepReservations(surroundings, clients);
  const seats = new Map<string, number>();
  // streams that are no reservation's, by the token that they were given to be renewed by
  const streams = new Map<string, DistinctStream>();

  /** Whether there is room for one more of `identity`. */
  const noRoom = (identity: Identity | undefined): Answer | undefined => {
    if (isStopping() || clients.size >= mostConnections) return refusal(503, 'HUB_UNAVAILABLE', 'This gateway takes no more connections.', { facts: { hub: 'gateway' }, headers: { 'retry-after': '1' } });
    if ((seats.get(identity?.sub ?? '') ?? 0) < mostOfOne) return undefined;
    return refusal(429, 'RATE_LIMITED', `A caller may have ${mostOfOne} streams at once.`, { facts: { limit: mostOfOne, retryAfter: 1_000 }, headers: { 'retry-after': '1' } });
  };
  const seat = (client: Client, identity: Identity | undefined): void => {
    const sub = identity?.sub ?? '';
    seats.set(sub, (seats.get(sub) ?? 0) + 1);
    void client.closed.then(() => {
      const left = (seats.get(sub) ?? 1) - 1;
      if (left > 0) seats.set(sub, left);
      else seats.delete(sub);
    });
  };
  /** What an operation is refused with, told. */
  const refused = (transport: Transport, errors: readonly GraphQLError[]): Answer => {
    surroundings.reporter.report('subscription.refused', { transport, code: String(errors[0]?.extensions.code ?? 'INTERNAL') });
    return { status: statusOf(errors), errors };
  };
  const find = (token: string, identity: Identity | undefined): Reservation | undefined => {
    const reservation = reservations.find(token);
    return reservation?.belongsTo(identity) ? reservation : undefined;
  };

  return {
    needsPost: () => refusal(405, 'BAD_USER_INPUT', 'Mutations need POST.', { headers: { allow: 'POST' } }),
    holder: (token, identity) => find(token, identity)?.connection.session.identity,

    distinct(transport, visit, prepared, parameters) {
      if (prepared instanceof Refused && prepared.code === 'UNAUTHENTICATED') return { ...unauthenticated(), errors: prepared.errors };
      const full = noRoom(visit.identity);
      if (full) return full;
      const dialect = DIALECTS[transport];
      const token = visit.token ?? newToken();
      const outcome = prepared instanceof Refused ? prepared.errors : serveDistinct(surroundings, dialect, { ...visit, token }, prepared, parameters);
      if ('session' in outcome) {
        clients.add(outcome);
        seat(outcome, visit.identity);
        if (visit.token !== undefined) reservations.find(token)?.lend(outcome);
        streams.set(token, outcome);
        void outcome.closed.then(() => {
          if (streams.get(token) === outcome) streams.delete(token);
        });
      } else {
        const answer = refused(transport, outcome);
        if (transport !== 'sse') return answer;
        refuseDistinct(surroundings, dialect, visit, outcome);
      }
      return undefined;
    },

    reserve(identity) {
      if (!identity) return unauthenticated();
      const full = noRoom(identity);
      if (full) return full;
      const { token, connection } = reservations.make(identity);
      seat(connection, identity);
      return { status: 201, text: token };
    },

    attach(token, visit) {
      const reservation = find(token, visit.identity);
      if (!reservation) return nowhere();
      if (reservation.connection.attached || reservation.lent) return refusal(409, 'BAD_USER_INPUT', 'The event stream of this reservation is open already.');
      reservation.connection.attach(visit);
      return undefined;
    },

    operate(token, visit, prepared, parameters) {
      const id = parameters.extensions?.operationId;
      if (!visit.identity) return unauthenticated();
      const reservation = find(token, visit.identity);
      if (!reservation) return nowhere();
      if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) return refusal(400, 'BAD_USER_INPUT', `extensions.operationId is needed, a text of at most ${LONGEST_ID} characters.`);
      if (reservation.connection.session.operations.has(id)) return refusal(409, 'BAD_USER_INPUT', 'This operationId is in use.');
      if (prepared instanceof Refused) return refused('sse', prepared.errors);
      try {
        reservation.connection.operate(id, prepared, { ...parameters, requestId: visit.requestId, traceparent: visit.traceparent });
      } catch (error) {
        return refused('sse', errorsOf(error, ground.log, visit.requestId));
      }
      return { status: 202 };
    },

    async renew(token, { identity, authorization }) {
      if (!identity) return unauthenticated();
      const stream = streams.get(token);
      const sessions = [stream?.session, find(token, identity)?.connection.session].filter((session) => session !== undefined);
      if (!sessions.some((session) => session.identity?.sub === identity.sub)) return nowhere();
      const [renewal] = await Promise.all(sessions.map((session) => session.renew(authorization)));
      if (!renewal?.renewed) return refusal(401, 'UNAUTHENTICATED', 'The token was not taken.', { facts: { reason: renewal?.reason } });
      if (renewal.cursors) stream?.moved();
      return { status: 200, text: JSON.stringify(renewal) };
    },

    complete(token, identity, operationId) {
      if (!identity) return unauthenticated();
      const reservation = find(token, identity);
      if (!reservation) return nowhere();
      if (!operationId) return refusal(400, 'BAD_USER_INPUT', 'operationId is needed in the query string.');
      // one that has just ended by itself is as good
      reservation.connection.session.operations.get(operationId)?.stop();
      return { status: 200 };
    },
  };
}

/** The status of an operation that did not run. */
function statusOf([error]: readonly GraphQLError[]): number {
  const code = error?.extensions.code as TopLevelCode | undefined;
  if (code === 'UNAUTHENTICATED') return 401;
  if (code === 'FORBIDDEN') return 403;
  if (code === 'RATE_LIMITED') return 429;
  if (code === undefined || topLevelCodes[code].kind === 'invalid') return 400;
  return topLevelCodes[code].kind === 'fault' ? 500 : 503;
}
