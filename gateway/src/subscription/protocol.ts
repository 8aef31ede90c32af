import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { newId } from '@hubgraph/kit/ids';
import { maskErrors } from '@hubgraph/kit/mask';
import { GraphQLError, Kind, type ExecutionArgs } from 'graphql';
import { makeServer, type Context, type Server, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import { Refused, type Engine, type Prepared } from '../query/engine.ts';
import { readVariables } from '../query/variables.ts';
import { closing } from './closing.ts';
import { createOperation, type Operation } from './operation.ts';
import type { SubscriptionPath } from './pipeline.ts';
import type { SubscriptionSettings } from './settings.ts';
import { textOf, type Connection } from './socket.ts';

/** What the protocol needs. */
export interface ProtocolOptions {
  readonly engine: Engine;
  readonly path: SubscriptionPath;
  /** Reads an `Authorization` header or the same text from `connection_init`; undefined or a rejection refuse it. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
  readonly settings: SubscriptionSettings;
  readonly acknowledged: (socket: string, sub: string) => void;
  readonly log: Logger;
}

type Params = Readonly<Record<string, unknown>> | undefined;

/** Characters of an operation's id; it travels with every message. */
const LONGEST_ID = 128;

/**
 * graphql-transport-ws for sockets: graphql-ws keeps the rules of the protocol, operations run through the engine and
 * the subscription path. Events do not pass through graphql-ws, which would write each of them anew for every client.
 */
export function createProtocol(options: ProtocolOptions): { serve(connection: Connection): void } {
  const { log } = options;
  const server = makeServer<Record<string, unknown> | undefined, Connection>({
    connectionInitWaitTimeout: options.settings.HUBGRAPH_WS_INIT_TIMEOUT,
    onConnect: (context) => welcome(options, context),
    onSubscribe: (context, id, payload) => begin(options, context, id, payload),
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
    onMessage(handle) {
      socket.on('message', (data) => {
        if (socket.readyState !== socket.OPEN) return;
        handle(textOf(data)).catch((error: unknown) => {
          // the library's own answer to `next` or `connection_ack` from a client
          if (error instanceof Error && error.message.startsWith('Unexpected message')) return connection.close(closing.badRequest);
          log.error({ socket: connection.name, err: error }, 'a message could not be handled');
          connection.close(closing.internal);
        });
      });
    },
  }, connection);
  socket.once('close', (code, reason) => void closed(code, String(reason)));
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
  connection.identity = identity;
  acknowledged(connection.name, identity.sub);
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
async function begin(options: ProtocolOptions, { extra: connection, subscriptions }: Context<Params, Connection>, id: string, payload: SubscribePayload): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { engine, settings, log } = options;
  const most = settings.HUBGRAPH_WS_MAX_OPERATIONS;
  try {
    if (id.length > LONGEST_ID) {
      connection.close(closing.badRequest);
      throw new PublicError('BAD_USER_INPUT', `An id may have ${LONGEST_ID} characters.`);
    }
    if (connection.ending) throw new PublicError('UNAUTHENTICATED', 'The socket is about to close.');
    if (Object.keys(subscriptions).length > most) throw new PublicError('RATE_LIMITED', `A socket may have ${most} operations at once.`, { limit: most });
    const prepared = await engine.prepare({ source: payload.query, operationName: payload.operationName, identity: connection.identity });
    if (prepared instanceof Refused) return prepared.errors;
    const operation = prepared.kind === 'subscription' ? subscription(options, connection, id, prepared, payload) : single(options, connection, prepared, payload);
    connection.operations.set(id, operation);
    void operation.finished.then(() => {
      if (connection.operations.get(id) === operation) connection.operations.delete(id);
    });
    return { schema: engine.schema, document: { kind: Kind.DOCUMENT, definitions: [prepared.operation] }, operationName: payload.operationName, contextValue: operation };
  } catch (error) {
    if (error instanceof Refused) return error.errors;
    return maskErrors([wrapped(error)], { log });
  }
}

function single({ engine }: ProtocolOptions, connection: Connection, prepared: Prepared, { variables }: SubscribePayload): Operation {
  return createOperation(prepared.kind, (signal) => engine.execute(prepared, { variables, identity: connection.identity, requestId: newId(), signal }));
}

function subscription({ engine, path }: ProtocolOptions, connection: Connection, id: string, prepared: Prepared, payload: SubscribePayload): Operation {
  const { identity } = connection;
  if (!prepared.subscription || !identity) throw new PublicError('UNAUTHENTICATED', 'A valid bearer token is needed.');
  const variables = readVariables(prepared, payload.variables, engine.limits);
  const prefix = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const cursor = payload.extensions?.cursor;
  const subscriber = path.subscribe(
    { prepared, variables: variables.given, arguments: prepared.subscription.arguments(variables.coerced), identity, cursor: typeof cursor === 'string' ? cursor : undefined, socket: connection.name, id },
    { ready: () => connection.ready(), write: (frame) => connection.write(prefix, frame) },
  );
  return createOperation('subscription', async (signal) => {
    connection.subscribers.set(id, subscriber);
    signal.addEventListener('abort', () => subscriber.end('complete'), { once: true });
    try {
      await subscriber.run();
    } finally {
      if (connection.subscribers.get(id) === subscriber) connection.subscribers.delete(id);
    }
    return undefined;
  });
}

function wrapped(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(cause.message, { originalError: cause });
}
