import { PublicError } from '@hubgraph/kit/errors';
import { newId } from '@hubgraph/kit/ids';
import { maskErrors } from '@hubgraph/kit/mask';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { Refused, type Engine, type Prepared } from '../query/engine.ts';
import { readVariables } from '../query/variables.ts';
import { createOperation, type Operation } from './operation.ts';
import type { SubscriptionPath } from './pipeline.ts';
import type { Session } from './session.ts';
import type { SubscriptionSettings } from './settings.ts';
import type { Tenures } from './tenure.ts';

/** What operations of all transports run on. */
export interface Ground {
  readonly engine: Engine;
  readonly path: SubscriptionPath;
  readonly settings: SubscriptionSettings;
  readonly tenures: Tenures;
  readonly log: Logger;
}

/** What was asked, besides the document. */
export interface Parameters {
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: Readonly<Record<string, unknown>> | null;
  /** `Last-Event-ID`: younger than any cursor inside of the request, which stays the same over reconnections. */
  readonly lastEventId?: string;
  readonly requestId?: string;
  readonly traceparent?: string;
}

/** Characters of an operation's id; it travels with every message. */
export const LONGEST_ID = 128;

/**
 * Begins an operation of `session`: the same for all transports. Nothing runs before the first result is taken.
 *
 * @throws PublicError or Refused when it is refused; {@link errorsOf} makes errors of either.
 */
export function begin(ground: Ground, session: Session, id: string, prepared: Prepared, parameters: Parameters): Operation {
  const most = ground.settings.HUBGRAPH_WS_MAX_OPERATIONS;
  if (session.ending) throw new PublicError('UNAUTHENTICATED', 'The connection is about to close.');
  if (session.operations.size >= most) throw new PublicError('RATE_LIMITED', `A connection may have ${most} operations at once.`, { limit: most });
  const operation = prepared.kind === 'subscription' ? subscription(ground, session, id, prepared, parameters) : single(ground, session, prepared, parameters);
  session.operations.set(id, operation);
  void operation.finished.then(() => {
    if (session.operations.get(id) === operation) session.operations.delete(id);
  });
  return operation;
}

function single({ engine }: Ground, session: Session, prepared: Prepared, { variables, requestId = newId(), traceparent }: Parameters): Operation {
  return createOperation(prepared.kind, (signal) => engine.execute(prepared, { variables, identity: session.identity, requestId, traceparent, signal }));
}

function subscription({ engine, path }: Ground, session: Session, id: string, prepared: Prepared, { variables: given, extensions, lastEventId, traceparent }: Parameters): Operation {
  const { identity, subscribers, wire } = session;
  if (!prepared.subscription || !identity) throw new PublicError('UNAUTHENTICATED', 'A valid bearer token is needed.');
  const variables = readVariables(prepared, given, engine.limits);
  const beside = extensions?.cursor ?? undefined;
  // one that were passed over would begin at the tail, and nobody would know what was missed
  if (beside !== undefined && typeof beside !== 'string') throw new PublicError('CURSOR_INVALID', 'extensions.cursor is not an event cursor: it must be a text.', { reason: 'malformed' });
  const cursor = lastEventId || beside;
  const subscriber = path.subscribe(
    { prepared, variables: variables.given, arguments: prepared.subscription.arguments(variables.coerced), identity, cursor, socket: session.name, id, traceparent },
    wire.sink(id),
  );
  return createOperation('subscription', async (signal) => {
    subscribers.set(id, subscriber);
    signal.addEventListener('abort', () => subscriber.end('complete'), { once: true });
    try {
      await subscriber.run();
    } finally {
      if (subscribers.get(id) === subscriber) subscribers.delete(id);
    }
    return undefined;
  });
}

/** What was thrown, as errors that a client may see. */
export function errorsOf(error: unknown, log: Logger, requestId?: string): readonly GraphQLError[] {
  if (error instanceof Refused) return error.errors;
  return maskErrors([error instanceof GraphQLError ? error : wrapped(error)], { log, requestId });
}

function wrapped(error: unknown): GraphQLError {
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(cause.message, { originalError: cause });
}
