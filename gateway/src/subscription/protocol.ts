import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { maskErrors } from '@hubgraph/kit/mask';
import { traceparentOf } from '@hubgraph/kit/request-id';
import { Kind, type ExecutionArgs, type GraphQLError } from 'graphql';
import { makeServer, type Context, type Server, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import { Refused } from '../query/engine.ts';
import { begin, errorsOf, LONGEST_ID, type Ground } from './begin.ts';
import { closing } from './closing.ts';
import type { Operation } from './operation.ts';
import { textOf, type Connection } from './socket.ts';
import { inTurns } from './turns.ts';

/** What the protocol needs. */
export interface ProtocolOptions extends Ground {
  /** Reads an `Authorization` header or the same text from `connection_init`; undefined or a rejection refuse it. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
  readonly acknowledged: (socket: string, sub: string) => void;
  /** An operation was refused with this code. */
  readonly refused: (code: string) => void;
}

type Params = Readonly<Record<string, unknown>> | undefined;

/**
 * graphql-transport-ws for sockets: graphql-ws keeps the rules of the protocol, operations run through the engine and
 * the subscription path. Events do not pass through graphql-ws, which would write each of them anew for every client.
 */
export function createProtocol(options: ProtocolOptions): { serve(connection: Connection): void } {
  const { log } = options;
  const server = makeServer<Record<string, unknown> | undefined, Connection>({
    connectionInitWaitTimeout: options.settings.HUBGRAPH_WS_INIT_TIMEOUT,
    onConnect: (context) => welcome(options, context),
    onSubscribe: (context, id, payload) => subscribe(options, context, id, payload),
    execute: (args) => args.contextValue as Operation,
    subscribe: (args) => args.contextValue as Operation,
    onError: (_context, _id, _payload, errors) => maskErrors(errors, { log }).map((error) => error.toJSON()),
  });
  return { serve: (connection) => serve(server, connection, log) };
}

function serve(server: Server<Connection>, connection: Connection, log: Logger): void {
  const { socket } = connection;
  const closed = server.opened({
    protocol: socket.protocol,
    send: (text) => connection.send(text),
    close: (code = closing.internal[0], reason = '') => connection.close([code, reason]),
    onPing: (payload) => answerPing(connection, payload),
    onMessage(take) {
      const handle = inTurns(take, () => connection.close(closing.idInUse));
      socket.on('message', (data, isBinary) => {
        if (socket.readyState !== socket.OPEN) return;
        // messages are text
        if (isBinary) return connection.close(closing.badRequest);
        handle(textOf(data)).catch((error: unknown) => {
          // the library's own answer to `next` or `connection_ack` from a client
          if (error instanceof Error && error.message.startsWith('Unexpected message')) return connection.close(closing.badRequest);
          log.error({ socket: connection.session.name, err: error }, 'a message could not be handled');
          connection.close(closing.internal);
        });
      });
    },
  }, connection);
  socket.once('close', (code, reason) => void closed(code, String(reason)));
}

/** A ping with a token renews the one that the socket lives by; what became of it is in the pong. Any other is answered with itself. */
async function answerPing(connection: Connection, payload: Params): Promise<void> {
  const authorization = authorizationIn(payload);
  const answer = authorization === undefined ? payload : await connection.session.renew(authorization);
  await connection.send(JSON.stringify({ type: 'pong', ...(answer && { payload: answer }) }));
}

/** `connection_init`: who is it? */
async function welcome({ identify, acknowledged }: ProtocolOptions, { extra: connection, connectionParams }: Context<Params, Connection>): Promise<boolean> {
  const authorization = authorizationIn(connectionParams) ?? connection.authorization;
  if (authorization === undefined) {
    connection.close(closing.unauthorized);
    return false;
  }
  const identity = await identify(authorization).catch((error: unknown) => {
    if (error instanceof PublicError) return undefined;
    throw error;
  });
  // the code tells apart what another token can mend from what it cannot
  if (!identity) {
    connection.close(closing.forbidden);
    return false;
  }
  connection.session.identity = identity;
  acknowledged(connection.session.name, identity.sub);
  return true;
}

/** Browsers cannot set headers on a socket, so the token comes in the first message; its key in any case of letters. */
function authorizationIn(params: Params): string | undefined {
  for (const [key, value] of Object.entries(params ?? {})) {
    if (key.toLowerCase() === 'authorization' && typeof value === 'string') return value;
  }
  return undefined;
}

/** `subscribe`: the same stages as over HTTP, then an operation that graphql-ws takes results from. */
async function subscribe(options: ProtocolOptions, { extra: connection }: Context<Params, Connection>, id: string, { query, operationName, ...parameters }: SubscribePayload): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { engine, log, refused } = options;
  const { session } = connection;
  const errors = (found: readonly GraphQLError[]): readonly GraphQLError[] => {
    refused(String(found[0]?.extensions.code ?? 'INTERNAL'));
    return found;
  };
  try {
    if (id.length > LONGEST_ID) {
      connection.close(closing.badRequest);
      throw new PublicError('BAD_USER_INPUT', `An id may have ${LONGEST_ID} characters.`);
    }
    const prepared = await engine.prepare({ source: query, operationName, identity: session.identity });
    if (prepared instanceof Refused) return errors(prepared.errors);
    const traceparent = traceparentOf(parameters.extensions?.traceparent as string | undefined);
    const operation = begin(options, session, id, prepared, { ...parameters, traceparent });
    return { schema: engine.schema, document: { kind: Kind.DOCUMENT, definitions: [prepared.operation] }, operationName, contextValue: operation };
  } catch (error) {
    return errors(errorsOf(error, log));
  }
}
